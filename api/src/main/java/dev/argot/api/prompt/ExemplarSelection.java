package dev.argot.api.prompt;

import dev.argot.api.Embedder;
import java.util.Optional;

/**
 * Which exemplars of a pool are shown for an item. Whatever the selection, an exemplar that would tell the item's answer is left out: one
 * whose inputs are the item's own, case, punctuation and blanks aside, also where one has something added to a text of 40 characters or
 * more; others come in its place. A pool of fewer exemplars than asked for is shown whole. The same pool, item and settings give the same
 * exemplars.
 */
public sealed interface ExemplarSelection {
    /** The first ones of the pool, in its order: the same for every item. */
    record Fixed() implements ExemplarSelection {}

    /**
     * Drawn at random, the same for every item, so that all prompts begin alike.
     *
     * @param seed decides the draw; a larger number of shots draws the same ones and more
     */
    record Random(long seed) implements ExemplarSelection {}

    /**
     * The most similar ones by BM25 (Robertson and Zaragoza 2009) over the words of their inputs, the most similar last. Where too few have a
     * word in common with the item, the first ones of the pool fill up.
     *
     * @param domain name of the domain whose terms are kept whole and whose abbreviations are expanded; empty: words alone
     */
    record Similar(Optional<String> domain) implements ExemplarSelection {
        /** By words alone. */
        public Similar() {
            this(Optional.empty());
        }
    }

    /**
     * The nearest ones by the cosine between embeddings of their inputs, the nearest last (Liu et al. 2022).
     *
     * @param embedder embeds inputs: a causal model's pooled hidden states, an encoder or an embedding model; not closed here
     */
    record Nearest(Embedder embedder) implements ExemplarSelection {}

    /**
     * Similar to the item and unlike each other: maximal marginal relevance (Carbonell and Goldstein 1998), the most relevant last. BM25 scores
     * are divided by the item's best, and between exemplars by that of an exemplar with itself, so that both lie between 0 and 1.
     *
     * @param base how similarity is measured: {@link Similar} or {@link Nearest}
     * @param lambda weight of the similarity to the item against that to exemplars chosen before, 0 to 1; default 0.7
     */
    record Diverse(ExemplarSelection base, double lambda) implements ExemplarSelection {
        /**
         * Checks the values.
         *
         * @throws IllegalArgumentException if the base measures no similarity, or lambda is outside 0 to 1
         */
        public Diverse {
            if (!(base instanceof Similar) && !(base instanceof Nearest)) {
                throw new IllegalArgumentException("expected a selection that measures similarity, found " + base);
            }
            if (!(lambda >= 0 && lambda <= 1)) {
                throw new IllegalArgumentException("lambda must be between 0 and 1: " + lambda);
            }
        }

        /**
         * With the default weight.
         *
         * @param base how similarity is measured
         */
        public Diverse(ExemplarSelection base) {
            this(base, 0.7);
        }
    }

    /**
     * Each answer as often as the others, as far as the pool has them; which ones of an answer, the base says. Answers take turns.
     *
     * @param base chooses among exemplars of the same answer; not itself balanced
     */
    record Balanced(ExemplarSelection base) implements ExemplarSelection {
        /** Checks the base. */
        public Balanced {
            if (base instanceof Balanced) {
                throw new IllegalArgumentException("a balanced selection cannot be balanced again");
            }
        }
    }
}
