package dev.argot.examples.customdomain;

import dev.argot.api.MaskedModel;
import dev.argot.api.Model;
import dev.argot.api.Tokenizer;
import dev.argot.spi.Objective;
import dev.argot.spi.ObjectiveContext;
import dev.argot.spi.ObjectiveProvider;
import dev.argot.spi.Settings;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * The objective {@code "log-readings"} for encoders: readings of a log entry (course, speed, depth: whatever has a digit) are hidden, to be
 * guessed from the words around them.
 *
 * <ul>
 *   <li>{@code probability}: the share of readings that is hidden; default 0.5
 * </ul>
 */
public final class LogReadings implements ObjectiveProvider {
    /** Called by {@link java.util.ServiceLoader}. */
    public LogReadings() {}

    @Override
    public String name() {
        return "log-readings";
    }

    @Override
    public Objective open(Settings settings, ObjectiveContext context) {
        Tokenizer tokenizer = context.tokenizer();
        int mask = tokenizer
                .specialTokens()
                .mask()
                .orElseThrow(() -> new IllegalArgumentException("the tokenizer has no mask"));
        return new Hiding(tokenizer, mask, settings.share("probability", 0.5));
    }

    private record Hiding(Tokenizer tokenizer, int mask, double probability) implements Objective {
        @Override
        public Class<? extends Model> kind() {
            return MaskedModel.class;
        }

        @Override
        public int fitting(int tokens, int prompt, int inputs, int targets) {
            return Math.min(tokens, inputs); // no special tokens around
        }

        @Override
        public Example example(int[] tokens, int prompt, RandomGenerator random) {
            int[] inputs = tokens.clone();
            int[] labels = new int[tokens.length];
            Arrays.fill(labels, Example.IGNORED);
            for (int i = prompt; i < tokens.length; i++) {
                if (isReading(tokens[i]) && random.nextDouble() < probability) {
                    inputs[i] = mask;
                    labels[i] = tokens[i];
                }
            }
            return new Example(inputs, labels);
        }

        private boolean isReading(int token) {
            return !tokenizer.isSpecial(token) && tokenizer.token(token).chars().anyMatch(Character::isDigit);
        }
    }
}
