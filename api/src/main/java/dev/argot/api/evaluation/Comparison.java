package dev.argot.api.evaluation;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;

/**
 * Two evaluations of the same spec side by side, such as a model before and after its adaptation.
 *
 * @param before what is compared with
 * @param after what is compared
 * @param texts the held-out texts both have
 * @param hiddenTokens the held-out texts both have, for encoders and encoder-decoders; without those of which other tokens were hidden,
 *     since the tokenizers differ
 * @param tasks each task, number of shots and metric both have
 * @param instructions change of the share of instructions followed; empty where one evaluation has none
 */
public record Comparison(
        Evaluation before,
        Evaluation after,
        List<TextChange> texts,
        List<HiddenTokensChange> hiddenTokens,
        List<TaskChange> tasks,
        Optional<Estimate> instructions) {
    /** Copies the lists. */
    public Comparison {
        texts = List.copyOf(texts);
        hiddenTokens = List.copyOf(hiddenTokens);
        tasks = List.copyOf(tasks);
    }

    /**
     * What was gained: by which part bits per byte (of encoders and encoder-decoders the loss of hidden tokens) fell on the domain's texts,
     * all together; 0.05 is 5 % fewer. Empty where there is no such text.
     */
    public OptionalDouble domainGain() {
        OptionalDouble ratio = ratio(HeldOutText.Role.DOMAIN);
        return ratio.isPresent() ? OptionalDouble.of(1 - ratio.getAsDouble()) : ratio;
    }

    /**
     * Retention: by which part bits per byte (or the loss of hidden tokens) rose on general texts, all together; 0.02 is 2 % more, hence
     * something forgotten; 0 or less is full retention. Empty where there is no such text.
     */
    public OptionalDouble generalChange() {
        OptionalDouble ratio = ratio(HeldOutText.Role.GENERAL);
        return ratio.isPresent() ? OptionalDouble.of(ratio.getAsDouble() - 1) : ratio;
    }

    private OptionalDouble ratio(HeldOutText.Role role) {
        Optional<Perplexity> first = before.total(role);
        Optional<Perplexity> second = after.total(role);
        OptionalDouble loss = loss(role, HiddenTokensChange::before);
        if (loss.isPresent()) {
            return OptionalDouble.of(loss(role, HiddenTokensChange::after).orElseThrow() / loss.getAsDouble());
        }
        return first.isPresent() && second.isPresent()
                ? OptionalDouble.of(second.get().bitsPerByte() / first.get().bitsPerByte())
                : OptionalDouble.empty();
    }

    private OptionalDouble loss(HeldOutText.Role role, Function<HiddenTokensChange, HiddenTokens> which) {
        List<HiddenTokens> texts = hiddenTokens.stream()
                .filter(text -> text.role() == role)
                .map(which)
                .toList();
        return texts.isEmpty()
                ? OptionalDouble.empty()
                : OptionalDouble.of(texts.stream().mapToDouble(HiddenTokens::nats).sum()
                        / texts.stream().mapToLong(HiddenTokens::tokens).sum());
    }

    /**
     * A held-out text in both evaluations.
     *
     * @param name the text's name
     * @param role what it stands for
     * @param before how well it was predicted
     * @param after how well it is predicted
     */
    public record TextChange(String name, HeldOutText.Role role, Perplexity before, Perplexity after) {
        /** Relative change of bits per byte; below 0 is better. Comparable also where the tokenizer changed. */
        public double bitsPerByteChange() {
            return after.bitsPerByte() / before.bitsPerByte() - 1;
        }

        /** Relative change of perplexity; below 0 is better. Comparable only where the tokenizer is the same. */
        public double perplexityChange() {
            return after.perplexity() / before.perplexity() - 1;
        }
    }

    /**
     * A held-out text of which tokens were hidden in both evaluations.
     *
     * @param name the text's name
     * @param role what it stands for
     * @param before how well they were guessed
     * @param after how well they are guessed
     * @param rareTerms change of the share of rare terms' tokens that are guessed right; its interval is the paired bootstrap's, which draws
     *     the same occurrences for both. Empty where one evaluation has none, or other ones
     */
    public record HiddenTokensChange(
            String name, HeldOutText.Role role, HiddenTokens before, HiddenTokens after, Optional<Estimate> rareTerms) {
        /** Relative change of the loss; below 0 is better. Comparable only where the tokenizer is the same. */
        public double lossChange() {
            return after.loss() / before.loss() - 1;
        }
    }

    /**
     * A metric of a task in both evaluations.
     *
     * @param task the task's name
     * @param title its name for a reader
     * @param shots exemplars in each prompt
     * @param metric how answers are judged
     * @param before the first evaluation's
     * @param after the second evaluation's
     * @param difference after minus before; its interval is the paired bootstrap's, which draws the same items for both
     */
    public record TaskChange(
            String task,
            String title,
            int shots,
            Metric metric,
            Estimate before,
            Estimate after,
            Estimate difference) {}
}
