package dev.argot.spi;

import java.util.List;
import java.util.stream.Stream;

/**
 * Splits text into words and terms for looking at it (statistics, duplicates, search), not for feeding a model: that is what a
 * {@link dev.argot.api.Tokenizer} is for. Words are those of Unicode Standard Annex #29, in lower case, with a straight apostrophe.
 *
 * <p>Thread-safe.
 */
public interface TextAnalysis {
    /**
     * Splits a text. Terms of several words are one token. An abbreviation is there as it was written, and beside it each of its
     * expansions: the tokens form a graph, in which a token leads from its position to the one {@link Token#positionLength} later.
     *
     * @param text any text
     */
    List<Token> tokens(String text);

    /**
     * The words and terms of a text in a row: as {@link #tokens}, but an abbreviation is replaced with its first expansion.
     *
     * @param text any text
     */
    List<String> terms(String text);

    /**
     * Rewrites a text into words separated by blanks, abbreviations expanded: <i>1 tab po qid</i> becomes <i>1 tablet by mouth 4
     * times a day</i>.
     *
     * @param text any text
     */
    default String normalise(String text) {
        return String.join(" ", terms(text));
    }

    /**
     * Counts the {@link #terms} of documents. Memory grows with the number of different terms, not with the documents.
     *
     * @param documents their texts; consumed on the calling thread
     */
    TermStatistics statistics(Stream<String> documents);

    /**
     * Runs of {@code size} adjacent words, separated by blanks (Broder 1997). Words only: terms are not kept whole, abbreviations not
     * expanded. A text of fewer words is one shingle; one without words has none.
     *
     * @param text any text
     * @param size words in a shingle; at least 1
     * @throws IllegalArgumentException if the size is below 1
     */
    List<String> shingles(String text, int size);

    /**
     * The MinHash signature of the {@link #shingles} of a text, by which {@link MinHash} estimates how much two texts have in common.
     * The same text and parameters give the same signature, on every machine.
     *
     * @param text any text
     * @param parameters number of hash functions, shingle size and seed
     * @return {@code [parameters.hashes()]}; all {@link Integer#MAX_VALUE} for a text without words
     */
    int[] signature(String text, MinHash parameters);

    /**
     * A word or term and its place in the text.
     *
     * @param text what it is, in lower case; a term's words are separated by one blank
     * @param start where it starts in the text, in chars; for an expansion, where the abbreviation starts
     * @param end where it ends in the text, in chars, exclusive; for an expansion, where the abbreviation ends
     * @param positionIncrement positions after the token before: 0 where it is an alternative to that one
     * @param positionLength positions it spans; above 1 only for a token beside which there are several others
     * @param kind what it is
     */
    record Token(String text, int start, int end, int positionIncrement, int positionLength, Kind kind) {}

    /** Kinds of tokens. */
    enum Kind {
        /** As it stands in the text. */
        WORD,
        /** A term of the rules of several words. */
        TERM,
        /** A word of what an abbreviation stands for. */
        EXPANSION
    }
}
