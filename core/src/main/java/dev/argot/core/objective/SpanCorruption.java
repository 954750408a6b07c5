package dev.argot.core.objective;

import dev.argot.api.ArgotException;
import dev.argot.api.Model;
import dev.argot.api.Seq2SeqModel;
import dev.argot.api.Tokenizer;
import dev.argot.api.adaptation.ObjectiveSettings;
import dev.argot.spi.Objective;
import dev.argot.spi.ObjectiveContext;
import dev.argot.spi.ObjectiveProvider;
import dev.argot.spi.Settings;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * Span corruption (Raffel et al. 2020): spans of a text are replaced by sentinels, and the decoder writes each sentinel with what stood
 * there. Numbers of tokens and spans, lengths and layout are those of the reference implementation (t5, {@code random_spans_helper} and
 * {@code random_spans_noise_mask}). A text with a prompt is not corrupted: the encoder reads the prompt, the decoder writes the rest.
 *
 * <ul>
 *   <li>{@code noise-density}: the share of tokens that is replaced; default 0.15
 *   <li>{@code mean-span}: the mean length of a span in tokens; default 3
 * </ul>
 */
public final class SpanCorruption implements ObjectiveProvider {
    /** For the service loader. */
    public SpanCorruption() {}

    @Override
    public String name() {
        return ObjectiveSettings.SPAN_CORRUPTION;
    }

    @Override
    public Objective open(Settings settings, ObjectiveContext context) {
        double density = settings.number("noise-density", 0.15, 0.001, 0.9);
        double meanSpan = settings.number("mean-span", 3, 1, 1000);
        Tokenizer tokenizer = context.tokenizer();
        int[] sentinels = IntStream.iterate(0, i -> i + 1)
                .mapToObj(i -> tokenizer.id("<extra_id_" + i + ">"))
                .takeWhile(OptionalInt::isPresent)
                .mapToInt(OptionalInt::getAsInt)
                .toArray();
        if (sentinels.length == 0) {
            throw new ArgotException("Span corruption needs the sentinel tokens <extra_id_0>, <extra_id_1> …; the tokenizer has"
                    + " none. Models of the T5 family have them.");
        }
        int end = tokenizer
                .specialTokens()
                .eos()
                .orElseThrow(() -> new ArgotException("Span corruption needs a token that ends a text; the tokenizer has none."));
        return new Corruption(density, meanSpan, sentinels, end);
    }

    /**
     * The objective.
     *
     * @param density the share of tokens that is replaced; above 0 and below 1
     * @param meanSpan mean length of a span; at least 1
     * @param sentinels what stands for the first span, the second …
     * @param end ends inputs and targets
     */
    record Corruption(double density, double meanSpan, int[] sentinels, int end) implements Objective {
        @Override
        public Class<? extends Model> kind() {
            return Seq2SeqModel.class;
        }

        /** Tokens that are replaced. */
        int noiseTokens(int length) {
            return (int) Math.max(1, Math.min(length - 1, Math.rint(length * density)));
        }

        /** Spans they make up. */
        int noiseSpans(int length) {
            int noise = noiseTokens(length);
            return (int) Math.max(1, Math.rint(Math.min(noise, length - noise) / meanSpan));
        }

        /** Tokens the encoder reads. */
        int inputsLength(int length) {
            return length - noiseTokens(length) + noiseSpans(length) + 1;
        }

        /** Tokens the decoder writes. */
        int targetsLength(int length) {
            return noiseTokens(length) + noiseSpans(length) + 1;
        }

        @Override
        public int fitting(int tokens, int prompt, int inputs, int targets) {
            if (prompt > 0) {
                return prompt + 1 <= inputs && tokens - prompt + 1 <= targets ? tokens : 0;
            }
            int least = 2; // one to keep, one to replace
            if (tokens < least || !fits(least, inputs, targets)) {
                return 0;
            }
            int most = (int) Math.min(tokens, (inputs + 2.0) / (1 - density) + 2);
            while (least < most) { // both lengths grow with the number of tokens
                int middle = (least + most + 1) >>> 1;
                if (fits(middle, inputs, targets)) {
                    least = middle;
                } else {
                    most = middle - 1;
                }
            }
            return least;
        }

        private boolean fits(int length, int inputs, int targets) {
            return inputsLength(length) <= inputs
                    && targetsLength(length) <= targets
                    && noiseSpans(length) <= sentinels.length;
        }

        @Override
        public int targetTokens(int inputs) {
            int tokens = documentTokens(inputs);
            return tokens == 0 ? 0 : targetsLength(tokens);
        }

        @Override
        public Example example(int[] tokens, int prompt, RandomGenerator random) {
            if (prompt > 0) {
                return new Example(ended(tokens, 0, prompt), ended(tokens, prompt, tokens.length));
            }
            return corrupted(tokens, noise(tokens.length, random));
        }

        private int[] ended(int[] tokens, int from, int to) {
            int[] result = Arrays.copyOfRange(tokens, from, to + 1); // one more
            result[result.length - 1] = end;
            return result;
        }

        /** A mask that starts with kept tokens, alternates, and ends with a span of noise; every run has at least one token. */
        boolean[] noise(int length, RandomGenerator random) {
            int noiseTokens = noiseTokens(length);
            int spans = noiseSpans(length);
            int[] noise = runs(noiseTokens, spans, random);
            int[] kept = runs(length - noiseTokens, spans, random);
            var mask = new boolean[length];
            int at = 0;
            for (int i = 0; i < spans; i++) {
                at += kept[i];
                Arrays.fill(mask, at, at + noise[i], true);
                at += noise[i];
            }
            return mask;
        }

        /** Items in so many runs, none empty, each way as likely as another. */
        private static int[] runs(int items, int runs, RandomGenerator random) {
            var lengths = new int[runs];
            int run = 0;
            int left = runs - 1; // ends still to be placed among the items but the last
            for (int i = 0; i < items; i++) {
                lengths[run]++;
                if (i < items - 1 && random.nextInt(items - 1 - i) < left) {
                    run++;
                    left--;
                }
            }
            return lengths;
        }

        /** Inputs and targets of a text whose noise is chosen. */
        Example corrupted(int[] tokens, boolean[] noise) {
            return new Example(marked(tokens, noise, true), marked(tokens, noise, false));
        }

        /** The text with one sentinel for each run of the mask's tokens that are {@code hidden}. */
        private int[] marked(int[] tokens, boolean[] noise, boolean hidden) {
            var result = new int[tokens.length + 1];
            int size = 0;
            int next = 0;
            for (int i = 0; i < tokens.length; i++) {
                if (noise[i] != hidden) {
                    result[size++] = tokens[i];
                } else if (i == 0 || noise[i - 1] != hidden) {
                    result[size++] = sentinels[next++];
                }
            }
            result[size++] = end;
            return Arrays.copyOf(result, size);
        }
    }
}
