package dev.argot.spi;

import java.util.Map;
import java.util.function.Supplier;

/**
 * Looks at documents one by one and says whether each is kept.
 *
 * <p>Documents are judged by several threads at once and in any order, and some although a step before turns out to drop them: a
 * judgement depends on nothing but the document. A step that compares documents answers {@link Verdict.InOrder} and decides there.
 */
public interface CurationStep {
    /**
     * Judges a document. Takes time and memory proportional to its length at most.
     *
     * @param document what is judged
     */
    Verdict judge(CurationDocument document);

    /** What a reader of the report is to know of this step, such as a threshold that follows from its settings; may be empty. */
    default String note() {
        return "";
    }

    /** What becomes of a document. */
    sealed interface Verdict {
        /** Kept as it is, and nothing was counted. */
        Verdict KEEP = new Keep(Map.of());

        /**
         * Kept as it is.
         *
         * @param counts what was found in it, by name; added up for the report
         */
        record Keep(Map<String, Long> counts) implements Verdict {}

        /**
         * Kept with another text. One that is blank drops the document.
         *
         * @param text the text from here on
         * @param counts what was changed, by name; added up for the report
         */
        record Change(String text, Map<String, Long> counts) implements Verdict {}

        /**
         * Dropped.
         *
         * @param reason the kind of reason, one of a few for each step, such as {@code "too short"}
         * @param detail what was found and what was expected, such as {@code "12 words, at least 20"}; may be empty
         */
        record Drop(String reason, String detail) implements Verdict {}

        /**
         * To be decided when all documents before have been: by one thread, in the order of the corpus, and only for documents which all
         * steps before have kept.
         *
         * @param decision gives {@link Keep} or {@link Drop}
         */
        record InOrder(Supplier<Verdict> decision) implements Verdict {}
    }
}
