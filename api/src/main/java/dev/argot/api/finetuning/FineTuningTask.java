package dev.argot.api.finetuning;

import dev.argot.api.Model;
import dev.argot.api.QuestionAnswerer;
import dev.argot.api.SequenceClassifier;
import dev.argot.api.TokenClassifier;
import dev.argot.api.evaluation.Metric;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** What a head shall learn, with the data to learn it from. */
public sealed interface FineTuningTask {
    /** The items. */
    LabelledData<? extends LabelledItem> data();

    /** The kind of model that comes out. */
    Class<? extends Model> kind();

    /** Names of the classes, in the order of the head's outputs; empty for question answering. */
    List<String> labels();

    /** What is measured; the first is what the best epoch is chosen by, unless the spec says otherwise. */
    List<Metric> metrics();

    /**
     * Judging a text as a whole: one class, several at once, or numbers.
     *
     * @param outputs what the outputs mean
     * @param labels names of the classes or numbers; at least one, for a single class at least two
     * @param data the items
     */
    record Classification(SequenceClassifier.Kind outputs, List<String> labels, LabelledData<LabelledText> data)
            implements FineTuningTask {
        /**
         * Copies the list and checks the items.
         *
         * @throws IllegalArgumentException if labels are missing or there twice, or an item's targets do not fit; the message names it
         */
        public Classification {
            labels = List.copyOf(labels);
            checkLabels(labels, outputs == SequenceClassifier.Kind.SINGLE_LABEL ? 2 : 1);
            boolean pairs = data.training().getFirst().second().isPresent();
            for (LabelledText item : (Iterable<LabelledText>) all(data)::iterator) {
                String found = item.id() + ": found " + item.targets();
                if (!labels.containsAll(item.targets().keySet())) {
                    throw new IllegalArgumentException(found + ", expected labels among " + labels);
                }
                if (item.second().isPresent() != pairs) {
                    throw new IllegalArgumentException(item.id() + ": expected pairs of texts, or single texts, throughout");
                }
                boolean fits =
                        switch (outputs) {
                            case SINGLE_LABEL ->
                                item.targets().size() == 1
                                        && item.targets().values().contains(1.0);
                            case MULTI_LABEL ->
                                item.targets().values().stream().allMatch(v -> v >= 0 && v <= 1);
                            case REGRESSION -> item.targets().size() == labels.size();
                        };
                if (!fits) {
                    throw new IllegalArgumentException(found + ", expected "
                            + switch (outputs) {
                                case SINGLE_LABEL -> "one class";
                                case MULTI_LABEL -> "values from 0 to 1";
                                case REGRESSION -> "a number for each of " + labels;
                            });
                }
            }
        }

        /**
         * One class for each text; the classes are those of all items, in alphabetical order.
         *
         * @param data the items
         */
        public static Classification of(LabelledData<LabelledText> data) {
            return of(SequenceClassifier.Kind.SINGLE_LABEL, data);
        }

        /**
         * The classes or numbers are those of all items, in alphabetical order.
         *
         * @param outputs what the outputs mean
         * @param data the items
         */
        public static Classification of(SequenceClassifier.Kind outputs, LabelledData<LabelledText> data) {
            var labels = new TreeSet<String>();
            all(data).forEach(item -> labels.addAll(item.targets().keySet()));
            return new Classification(outputs, List.copyOf(labels), data);
        }

        @Override
        public Class<? extends Model> kind() {
            return SequenceClassifier.class;
        }

        @Override
        public List<Metric> metrics() {
            return switch (outputs) {
                case SINGLE_LABEL -> List.of(Metric.ACCURACY, Metric.MACRO_F1, Metric.MATTHEWS);
                case MULTI_LABEL -> List.of(Metric.MICRO_F1, Metric.MACRO_F1, Metric.ACCURACY);
                case REGRESSION -> List.of(Metric.PEARSON, Metric.SPEARMAN, Metric.R_SQUARED);
            };
        }
    }

    /**
     * A tag for every word, such as for named-entity recognition.
     *
     * @param labels names of the tags; at least two
     * @param data the items
     */
    record Tagging(List<String> labels, LabelledData<TaggedText> data) implements FineTuningTask {
        /**
         * Copies the list and checks the items.
         *
         * @throws IllegalArgumentException if labels are missing or there twice, or an item has a tag that is not among them; the message
         *     names it
         */
        public Tagging {
            labels = List.copyOf(labels);
            checkLabels(labels, 2);
            Set<String> known = Set.copyOf(labels);
            for (TaggedText item : (Iterable<TaggedText>) all(data)::iterator) {
                if (!known.containsAll(item.tags())) {
                    throw new IllegalArgumentException(
                            item.id() + ": found the tags " + new TreeSet<>(item.tags()) + ", expected those of " + labels);
                }
            }
        }

        /**
         * The tags are those of all items, {@code O} first, then in alphabetical order of the entities' types; of each type that has a
         * {@code B-} there is an {@code I-}.
         *
         * @param data the items
         */
        public static Tagging of(LabelledData<TaggedText> data) {
            var found = new TreeSet<String>();
            all(data).forEach(item -> found.addAll(item.tags()));
            if (found.remove("O")) {
                found.stream().filter(tag -> tag.startsWith("B-")).toList().forEach(tag -> found.add("I-" + tag.substring(2)));
                return new Tagging(
                        Stream.concat(
                                        Stream.of("O"),
                                        found.stream()
                                                .sorted(java.util.Comparator.comparing(
                                                                (String tag) -> tag.replaceFirst("^[BIES]-", ""))
                                                        .thenComparing(tag -> tag)))
                                .toList(),
                        data);
            }
            return new Tagging(List.copyOf(found), data);
        }

        /** Whether the tags mark entities: each is {@code O}, or {@code B-}, {@code I-}, {@code E-} or {@code S-} with a type. */
        public boolean marksEntities() {
            return marksEntities(labels);
        }

        /**
         * Whether tags mark entities: each is {@code O}, or {@code B-}, {@code I-}, {@code E-} or {@code S-} with a type, and one is not
         * {@code O}.
         *
         * @param tags names of tags
         */
        public static boolean marksEntities(List<String> tags) {
            return tags.stream().allMatch(tag -> tag.equals("O") || tag.matches("(?s)[BIES]-.+"))
                    && tags.stream().anyMatch(tag -> !tag.equals("O"));
        }

        @Override
        public Class<? extends Model> kind() {
            return TokenClassifier.class;
        }

        @Override
        public List<Metric> metrics() {
            return marksEntities()
                    ? List.of(Metric.ENTITY_F1, Metric.ENTITY_PRECISION, Metric.ENTITY_RECALL, Metric.ACCURACY)
                    : List.of(Metric.ACCURACY, Metric.MACRO_F1);
        }
    }

    /**
     * Marking the answer to a question in a passage. Passages that do not fit a row are read in windows that overlap; in windows without
     * the whole answer, and where there is none, the first token is to be marked (Devlin et al. 2019).
     *
     * @param data the items
     */
    record QuestionAnswering(LabelledData<AnsweredQuestion> data) implements FineTuningTask {
        @Override
        public Class<? extends Model> kind() {
            return QuestionAnswerer.class;
        }

        @Override
        public List<String> labels() {
            return List.of();
        }

        @Override
        public List<Metric> metrics() {
            return List.of(Metric.TOKEN_F1, Metric.EXACT_MATCH);
        }
    }

    private static <T extends LabelledItem> Stream<T> all(LabelledData<T> data) {
        return Stream.of(data.training(), data.validation(), data.test()).flatMap(List::stream);
    }

    private static void checkLabels(List<String> labels, int least) {
        if (labels.size() < least
                || new HashSet<>(labels).size() < labels.size()
                || labels.stream().anyMatch(String::isBlank)) {
            throw new IllegalArgumentException(
                    "expected at least " + least + " labels that differ and are not empty, found " + labels);
        }
    }
}
