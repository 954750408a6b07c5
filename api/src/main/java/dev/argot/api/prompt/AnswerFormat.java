package dev.argot.api.prompt;

import dev.argot.api.evaluation.Metric;
import java.util.HashSet;
import java.util.List;

/** What an answer looks like, and how it is judged. */
public sealed interface AnswerFormat {
    /** What answers are judged by, the one to go by first. */
    default List<Metric> metrics() {
        return switch (this) {
            case Choice(List<String> labels) ->
                labels.isEmpty() ? List.of(Metric.ACCURACY) : List.of(Metric.ACCURACY, Metric.MACRO_F1);
            case Several ignored -> List.of(Metric.MICRO_F1, Metric.MACRO_F1, Metric.EXACT_MATCH);
            case Text ignored -> List.of(Metric.EXACT_MATCH, Metric.TOKEN_F1);
            case Passage ignored -> List.of(Metric.ROUGE_L, Metric.TOKEN_F1);
            case Json ignored -> List.of(Metric.MICRO_F1, Metric.EXACT_MATCH);
        };
    }

    /**
     * One of several: the one the model finds most likely. Judged by accuracy and, with labels, macro-F1.
     *
     * @param labels what each item has to be one of; empty where every item brings its own options ({@link Example#distractors})
     */
    record Choice(List<String> labels) implements AnswerFormat {
        /**
         * Copies the list.
         *
         * @throws IllegalArgumentException if a label is blank or there twice
         */
        public Choice {
            labels = distinct(labels);
        }
    }

    /**
     * Some of several, in any order, written as a list. Judged by exact match of the sets, micro-F1 and macro-F1 over labels.
     *
     * @param labels what can be chosen from; at least one, none containing the separator
     * @param separator stands between labels in an answer; default {@code ", "}
     */
    record Several(List<String> labels, String separator) implements AnswerFormat {
        /**
         * Copies the list.
         *
         * @throws IllegalArgumentException if a label is blank, there twice or contains the separator, or there is none
         */
        public Several {
            labels = distinct(labels);
            if (labels.isEmpty() || separator.isEmpty() || labels.stream().anyMatch(l -> l.contains(separator))) {
                throw new IllegalArgumentException(
                        "expected labels without the separator '" + separator + "', found " + labels);
            }
        }

        /**
         * Labels separated by a comma and a blank.
         *
         * @param labels what can be chosen from
         */
        public Several(List<String> labels) {
            this(labels, ", ");
        }
    }

    /**
     * Text up to the end of a line. Judged by exact match and token F1 (Rajpurkar et al. 2016), case, punctuation and articles aside.
     *
     * @param maxTokens the most tokens generated; at least 1
     */
    record Text(int maxTokens) implements AnswerFormat {
        /** Checks the number. */
        public Text {
            requirePositive(maxTokens);
        }
    }

    /**
     * Text of several lines, up to where the model ends it or the next item would begin (an empty line). Judged by token F1 and ROUGE-L
     * (Lin 2004).
     *
     * @param maxTokens the most tokens generated; at least 1
     */
    record Passage(int maxTokens) implements AnswerFormat {
        /** Checks the number. */
        public Passage {
            requirePositive(maxTokens);
        }
    }

    /**
     * JSON of a schema, which the output is held to. Judged by exact match, key order and blanks aside, and by micro-F1 over the values, each
     * with the keys that lead to it, positions in lists aside.
     *
     * @param schema a JSON schema, see {@link dev.argot.api.Constraint.JsonSchema}
     * @param maxTokens the most tokens generated; at least 1
     */
    record Json(String schema, int maxTokens) implements AnswerFormat {
        /** Checks the number. */
        public Json {
            requirePositive(maxTokens);
        }
    }

    private static List<String> distinct(List<String> labels) {
        if (labels.stream().anyMatch(String::isBlank) || new HashSet<>(labels).size() < labels.size()) {
            throw new IllegalArgumentException("labels must differ and not be empty, found " + labels);
        }
        return List.copyOf(labels);
    }

    private static void requirePositive(int maxTokens) {
        if (maxTokens < 1) {
            throw new IllegalArgumentException("the most tokens of an answer must be at least 1: " + maxTokens);
        }
    }
}
