package dev.argot.api;

import java.util.List;

/** An encoder with a head that judges a text as a whole: one class of several, several classes at once, or a number. */
public non-sealed interface SequenceClassifier extends Model {
    /** Names of the classes, in the order of the head's outputs. */
    List<String> labels();

    /** What the head's outputs mean. */
    Kind kind();

    /**
     * Judges a text.
     *
     * @param text untrusted text; what does not fit is cut at its end
     */
    default Classification classify(String text) {
        return classifyAll(List.of(text)).get(0);
    }

    /**
     * Judges texts, computed in batches of similar length.
     *
     * @param texts untrusted texts; what does not fit is cut at the end
     * @return one result for each text, in order
     */
    List<Classification> classifyAll(List<String> texts);

    /**
     * Judges pairs of texts, such as premise and hypothesis or question and passage, computed in batches of similar length.
     *
     * @param pairs untrusted texts; of what does not fit the longer text of a pair is cut at its end
     * @return one result for each pair, in order
     */
    List<Classification> classifyPairs(List<TextPair> pairs);

    /**
     * Two texts judged together.
     *
     * @param first the first text
     * @param second the second text
     */
    record TextPair(String first, String second) {}

    /** What a head's outputs mean ({@code problem_type} of Hugging Face). */
    enum Kind {
        /** Exactly one class applies; scores are probabilities that sum to one (softmax). */
        SINGLE_LABEL,
        /** Any number of classes apply; scores are probabilities, each for itself (sigmoid). A single output of no stated type is one. */
        MULTI_LABEL,
        /** Scores are numbers. */
        REGRESSION
    }

    /**
     * What a text was judged to be.
     *
     * @param scores one score for each class; highest first, for regression in the order of the outputs
     */
    record Classification(List<LabelScore> scores) {
        /** Copies the list. */
        public Classification {
            scores = List.copyOf(scores);
        }

        /** The class with the highest score. */
        public String label() {
            return scores.get(0).label();
        }

        /** The highest score. */
        public double score() {
            return scores.get(0).score();
        }
    }

    /**
     * A class and its score.
     *
     * @param label the class
     * @param score probability, or the number for regression
     */
    record LabelScore(String label, double score) {}
}
