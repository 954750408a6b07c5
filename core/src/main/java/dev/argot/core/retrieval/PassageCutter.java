package dev.argot.core.retrieval;

import dev.argot.spi.TextIndex;
import java.text.BreakIterator;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cuts a text into passages of whole sentences, as many as have at most so many words; a sentence that has more is cut between words. A
 * last passage of less than a quarter of the words belongs to the one before. Sentences end where {@link BreakIterator} says and at empty lines; words are those of
 * {@link TextIndex}. Passages do not overlap, and what has no word in it is in none.
 */
final class PassageCutter {
    private static final Pattern EMPTY_LINE = Pattern.compile("\\R\\h*\\R\\s*");

    private final String text;
    private final TextIndex index;
    private final int most;

    private PassageCutter(String text, int most) {
        this.text = text;
        this.index = TextIndex.of(text);
        this.most = most;
    }

    /**
     * Where a passage is.
     *
     * @param start in chars
     * @param end in chars, exclusive
     * @param words how many it has
     */
    record Span(int start, int end, int words) {}

    /**
     * Cuts a text.
     *
     * @param text any text
     * @param most the most words of a passage; at least 1
     * @return passages without blanks around them, in order
     */
    static List<Span> cut(String text, int most) {
        return new PassageCutter(text, most).cut();
    }

    private List<Span> cut() {
        var passages = new ArrayList<Span>();
        int start = 0;
        int words = 0;
        for (Span sentence : sentences()) {
            if (words > 0 && words + sentence.words() > most) {
                passages.add(new Span(start, sentence.start(), words));
                start = sentence.start();
                words = 0;
            }
            words += sentence.words();
        }
        if (words > 0) {
            if (!passages.isEmpty() && words * 4 < most) {
                Span last = passages.removeLast();
                passages.add(new Span(last.start(), text.length(), last.words() + words));
            } else {
                passages.add(new Span(start, text.length(), words));
            }
        }
        return passages.stream().map(this::trimmed).toList();
    }

    /** Sentences of at most so many words, one behind the other. */
    private List<Span> sentences() {
        var sentences = new ArrayList<Span>();
        int start = 0;
        int word = 0; // the first at or behind the start
        for (int end : ends()) {
            int first = word;
            while (word < index.words() && index.start(word) < end) {
                if (word - first == most) {
                    sentences.add(new Span(start, index.start(word), most));
                    start = index.start(word);
                    first = word;
                }
                word++;
            }
            sentences.add(new Span(start, end, word - first));
            start = end;
        }
        return sentences;
    }

    private List<Integer> ends() {
        var ends = new ArrayList<Integer>();
        Matcher emptyLine = EMPTY_LINE.matcher(text);
        int start = 0;
        while (emptyLine.find()) {
            addEnds(start, emptyLine.end(), ends);
            start = emptyLine.end();
        }
        addEnds(start, text.length(), ends);
        return ends;
    }

    private void addEnds(int start, int end, List<Integer> ends) {
        BreakIterator sentences = BreakIterator.getSentenceInstance(Locale.ROOT);
        sentences.setText(text.substring(start, end));
        sentences.first();
        for (int at = sentences.next(); at != BreakIterator.DONE; at = sentences.next()) {
            ends.add(start + at);
        }
    }

    private Span trimmed(Span span) {
        int start = span.start();
        int end = span.end();
        while (Character.isWhitespace(text.charAt(start))) { // a passage has a word, hence ends before the text does
            start++;
        }
        while (Character.isWhitespace(text.charAt(end - 1))) {
            end--;
        }
        return new Span(start, end, span.words());
    }
}
