package dev.argot.api.finetuning;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Labelled items by what they are for.
 *
 * @param <T> the kind of item
 * @param training to learn from; at least one
 * @param validation measured after each epoch, to keep the best; may be empty, then the last epoch is kept
 * @param test measured once at the end; may be empty
 */
public record LabelledData<T extends LabelledItem>(List<T> training, List<T> validation, List<T> test) {
    /**
     * Copies the lists.
     *
     * @throws IllegalArgumentException if there is nothing to learn from
     */
    public LabelledData {
        training = List.copyOf(training);
        validation = List.copyOf(validation);
        test = List.copyOf(test);
        if (training.isEmpty()) {
            throw new IllegalArgumentException("there is nothing to learn from: no item for training");
        }
    }

    /**
     * Deals items out at random, the same ones for the same seed.
     *
     * @param <T> the kind of item
     * @param items all items
     * @param validation share held out to keep the best epoch; 0 to below 1
     * @param test share held out for the end; 0 to below 1, both together below 1
     * @param seed where randomness starts
     * @throws IllegalArgumentException if the shares leave nothing to learn from
     */
    public static <T extends LabelledItem> LabelledData<T> split(
            List<T> items, double validation, double test, long seed) {
        if (!(validation >= 0 && test >= 0 && validation + test < 1)) {
            throw new IllegalArgumentException("shares held out must be 0 or more, and below 1 together: validation "
                    + validation + ", test " + test);
        }
        var shuffled = new ArrayList<>(items);
        var random = new SplittableRandom(seed);
        for (int i = shuffled.size() - 1; i > 0; i--) { // Fisher and Yates
            int j = random.nextInt(i + 1);
            T other = shuffled.get(j);
            shuffled.set(j, shuffled.get(i));
            shuffled.set(i, other);
        }
        int tested = (int) Math.round(test * items.size());
        int validated = (int) Math.round(validation * items.size());
        return new LabelledData<>(
                shuffled.subList(tested + validated, shuffled.size()),
                shuffled.subList(tested, tested + validated),
                shuffled.subList(0, tested));
    }
}
