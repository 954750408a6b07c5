package dev.argot.core.prompt;

import dev.argot.api.prompt.Example;
import dev.argot.api.prompt.PromptTemplate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * The order of exemplars by the entropy of labels: GlobalE of Lu et al. 2022, <i>Fantastically Ordered Prompts and Where to Find Them</i>.
 * After each permutation of the exemplars the model writes a further item, a probe; then it answers all probes after each permutation. The permutation
 * under which the labels it gives are spread most evenly, which have the greatest entropy, is the least biased one.
 *
 * <p>Up to four exemplars have all their permutations tried; of more, {@value #PERMUTATIONS} drawn with a fixed seed, their own order among
 * them. Probes that copy an exemplar or each other count for nothing or once. Among permutations of the same entropy the first tried is
 * taken, hence the exemplars' own order where it is one of the best.
 */
final class LabelEntropyOrder {
    /** The most permutations tried. */
    static final int PERMUTATIONS = 24;

    private static final System.Logger LOGGER = System.getLogger(LabelEntropyOrder.class.getName());
    private static final long SEED = 0;

    private final PromptTemplate template;
    private final Function<List<List<Example>>, List<String>> probes;
    private final BiFunction<List<Example>, List<Map<String, String>>, List<String>> predict;

    /**
     * Takes what a model does.
     *
     * @param template lays out exemplars, and items that a model writes after them
     * @param probes for each permutation of exemplars, a text that the model writes after them
     * @param predict the label that the model finds most likely for each item, after exemplars
     */
    LabelEntropyOrder(
            PromptTemplate template,
            Function<List<List<Example>>, List<String>> probes,
            BiFunction<List<Example>, List<Map<String, String>>, List<String>> predict) {
        this.template = template;
        this.probes = probes;
        this.predict = predict;
    }

    /**
     * Finds the order.
     *
     * @param exemplars in any order
     * @return the permutation with the greatest entropy; the exemplars as they are where the model wrote no probe that can be read
     */
    List<Example> of(List<Example> exemplars) {
        List<List<Example>> permutations = permutations(exemplars);
        if (permutations.size() == 1) {
            return exemplars;
        }
        List<Map<String, String>> items = items(exemplars, probes.apply(permutations));
        if (items.isEmpty()) {
            LOGGER.log(
                    System.Logger.Level.WARNING,
                    "the model wrote no item of the template after the exemplars; they stay in the order in which they were selected");
            return exemplars;
        }
        List<Example> best = exemplars;
        double most = -1;
        for (List<Example> permutation : permutations) {
            double entropy = entropy(predict.apply(permutation, items));
            if (entropy > most + 1e-12) { // sums of the same numbers in another order are the same
                best = permutation;
                most = entropy;
            }
        }
        return best;
    }

    private List<Map<String, String>> items(List<Example> exemplars, List<String> texts) {
        var same = new SameItems(template.slots(), exemplars);
        var items = new LinkedHashSet<Map<String, String>>();
        for (String text : texts) {
            for (Map<String, String> item : template.itemsIn(text)) {
                if (item.keySet().equals(template.slots()) && same.of(item).isEmpty()) {
                    items.add(item);
                }
            }
        }
        return List.copyOf(items);
    }

    /**
     * The entropy of labels, in nats.
     *
     * @param labels any
     */
    static double entropy(Collection<String> labels) {
        var counts = new HashMap<String, Integer>();
        labels.forEach(label -> counts.merge(label, 1, Integer::sum));
        double entropy = 0;
        for (int count : counts.values()) {
            double share = (double) count / labels.size();
            entropy -= share * Math.log(share);
        }
        return entropy;
    }

    /**
     * Permutations to be tried, all different, that of the list itself first.
     *
     * @param <T> of what
     * @param list all different
     */
    static <T> List<List<T>> permutations(List<T> list) {
        if (list.size() <= 4) {
            var all = new ArrayList<List<T>>();
            addPermutations(List.of(), list, all);
            return all;
        }
        var random = new SplittableRandom(SEED);
        var drawn = new ArrayList<List<T>>(List.of(List.copyOf(list)));
        var known = new HashSet<List<T>>(drawn);
        while (drawn.size() < PERMUTATIONS) {
            var permutation = new ArrayList<>(list);
            Collections.shuffle(permutation, random);
            if (known.add(permutation)) {
                drawn.add(permutation);
            }
        }
        return drawn;
    }

    private static <T> void addPermutations(List<T> begun, List<T> rest, List<List<T>> all) {
        if (rest.isEmpty()) {
            all.add(begun);
        }
        for (int i = 0; i < rest.size(); i++) {
            var longer = new ArrayList<>(begun);
            var shorter = new ArrayList<>(rest);
            longer.add(shorter.remove(i));
            addPermutations(longer, shorter, all);
        }
    }
}
