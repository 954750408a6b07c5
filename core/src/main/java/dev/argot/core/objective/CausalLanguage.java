package dev.argot.core.objective;

import dev.argot.api.CausalModel;
import dev.argot.api.Model;
import dev.argot.api.adaptation.ObjectiveSettings;
import dev.argot.spi.Objective;
import dev.argot.spi.ObjectiveContext;
import dev.argot.spi.ObjectiveProvider;
import dev.argot.spi.Settings;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/** Causal language modelling: each token of a document but its first is predicted from those before it. No settings. */
public final class CausalLanguage implements ObjectiveProvider {
    /** For the service loader. */
    public CausalLanguage() {}

    @Override
    public String name() {
        return ObjectiveSettings.CAUSAL;
    }

    @Override
    public Objective open(Settings settings, ObjectiveContext context) {
        return new Causal();
    }

    /** Needs neither tokenizer nor settings. */
    public record Causal() implements Objective {
        @Override
        public Class<? extends Model> kind() {
            return CausalModel.class;
        }

        @Override
        public int fitting(int tokens, int prompt, int inputs, int targets) {
            return Math.min(tokens, inputs);
        }

        @Override
        public int overlap() {
            return 1;
        }

        @Override
        public Example example(int[] tokens, int prompt, RandomGenerator random) {
            int[] labels = tokens.clone();
            Arrays.fill(labels, 0, Math.min(Math.max(1, prompt), labels.length), Example.IGNORED);
            return new Example(tokens, labels);
        }
    }
}
