package dev.argot.tokenizers.huggingface.template;

import java.util.BitSet;

/**
 * A string that remembers which of its characters come from outside the template, so that control tokens spelled out in a message can be told
 * from those the template wrote. Equal by what it reads like. Immutable.
 */
final class Text implements Value, Comparable<Text> {
    static final Text EMPTY = new Text("", new BitSet());

    private final String value;
    /** Set for each char from outside. */
    private final BitSet foreign;
    /** Whether the filters {@code safe} or {@code escape} were applied: what is added to it gets escaped. */
    private final boolean markup;

    private Text(String value, BitSet foreign) {
        this(value, foreign, false);
    }

    private Text(String value, BitSet foreign, boolean markup) {
        this.value = value;
        this.foreign = foreign;
        this.markup = markup;
    }

    boolean isMarkup() {
        return markup;
    }

    Text asMarkup() {
        return new Text(value, foreign, true);
    }

    /** With what means something in HTML written as entities, unless it is markup; then markup. */
    Text escaped() {
        if (markup) {
            return this;
        }
        var result = new Builder();
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            String written =
                    switch (c) {
                        case '&' -> "&amp;";
                        case '<' -> "&lt;";
                        case '>' -> "&gt;";
                        case '"' -> "&#34;";
                        case '\'' -> "&#39;";
                        default -> "" + c;
                    };
            result.add(written, foreign.get(i));
        }
        return result.build().asMarkup();
    }

    /** One behind the other; if one is markup, the other gets escaped. */
    static Text joined(Text first, Text second, int limit) {
        boolean markup = first.markup || second.markup;
        Text text = new Builder(limit)
                .add(markup ? first.escaped() : first)
                .add(markup ? second.escaped() : second)
                .build();
        return markup ? text.asMarkup() : text;
    }

    /** A string of the template itself. */
    static Text own(String value) {
        return new Text(value, new BitSet());
    }

    /** A string from a message or another argument. */
    static Text foreign(String value) {
        var all = new BitSet(value.length());
        all.set(0, value.length());
        return new Text(value, all);
    }

    /** What it reads like. */
    String value() {
        return value;
    }

    /** Which chars come from outside; a copy. */
    BitSet foreign() {
        return (BitSet) foreign.clone();
    }

    boolean isForeign(int index) {
        return foreign.get(index);
    }

    /** Number of chars. */
    int length() {
        return value.length();
    }

    /** Number of code points, as Python counts. */
    int size() {
        return value.codePointCount(0, value.length());
    }

    boolean isEmpty() {
        return value.isEmpty();
    }

    /**
     * A part.
     *
     * @param from first char
     * @param to char behind the last
     */
    Text part(int from, int to) {
        return from == 0 && to == value.length()
                ? this
                : new Text(value.substring(from, to), foreign.get(from, to), markup);
    }

    /** The char at which a code point begins. */
    int offset(int codePoint) {
        return value.offsetByCodePoints(0, codePoint);
    }

    /** A single code point. */
    Text at(int codePoint) {
        int from = offset(codePoint);
        return part(from, from + Character.charCount(value.codePointAt(from)));
    }

    Text plus(Text other) {
        return isEmpty()
                ? other
                : other.isEmpty() ? this : new Builder().add(this).add(other).build();
    }

    /** Upper case; a code point may become several. */
    Text upper() {
        return cased(true);
    }

    /** Lower case; a code point may become several. */
    Text lower() {
        return cased(false);
    }

    private Text cased(boolean upper) {
        var result = new Builder();
        // what a sigma becomes depends on what stands beside it
        String whole = upper || value.indexOf('\u03a3') < 0 ? "" : value.toLowerCase(java.util.Locale.ROOT);
        int at = 0;
        while (at < value.length()) {
            String one = Character.toString(value.codePointAt(at));
            String changed = upper ? one.toUpperCase(java.util.Locale.ROOT) : one.toLowerCase(java.util.Locale.ROOT);
            int length = result.length();
            result.add(one.equals("\u03a3") && !upper ? whole.substring(length, length + 1) : changed, foreign.get(at));
            at += one.length();
        }
        return markup ? result.build().asMarkup() : result.build();
    }

    /**
     * Without leading or trailing characters.
     *
     * @param characters which; null: white space, as Python's {@code str.strip}
     */
    Text strip(@org.jspecify.annotations.Nullable String characters, boolean start, boolean end) {
        int from = 0;
        int to = value.length();
        while (start && from < to && strips(value.codePointAt(from), characters)) {
            from += Character.charCount(value.codePointAt(from));
        }
        while (end && to > from && strips(value.codePointBefore(to), characters)) {
            to -= Character.charCount(value.codePointBefore(to));
        }
        return part(from, to);
    }

    private static boolean strips(int codePoint, @org.jspecify.annotations.Nullable String characters) {
        return characters == null ? isSpace(codePoint) : characters.indexOf(codePoint) >= 0;
    }

    /** What Python's {@code str.isspace} holds for white space. */
    static boolean isSpace(int codePoint) {
        return Character.isWhitespace(codePoint)
                || Character.isSpaceChar(codePoint)
                || codePoint == 0x85
                || (codePoint >= 0x1c && codePoint <= 0x1f);
    }

    /**
     * Replaces.
     *
     * @param old what; empty: between all characters, as Python does
     * @param with what it becomes
     * @param count the most replacements; negative: all
     */
    Text replace(Text old, Text with, long count, int limit) {
        var result = new Builder(limit);
        long left = count < 0 ? Long.MAX_VALUE : count;
        int at = 0;
        if (old.isEmpty()) {
            while (left-- > 0) {
                result.add(with);
                if (at == value.length()) {
                    return result.build();
                }
                int next = at + Character.charCount(value.codePointAt(at));
                result.add(part(at, next));
                at = next;
            }
            return result.add(part(at, value.length())).build();
        }
        int found = value.indexOf(old.value, at);
        while (found >= 0 && left-- > 0) {
            result.add(part(at, found)).add(with);
            at = found + old.value.length();
            found = value.indexOf(old.value, at);
        }
        return result.add(part(at, value.length())).build();
    }

    @Override
    public int compareTo(Text other) {
        // by code points, as Python
        int at = 0;
        while (at < value.length() && at < other.value.length() && value.charAt(at) == other.value.charAt(at)) {
            at++;
        }
        return at == value.length() || at == other.value.length()
                ? Integer.compare(value.length(), other.value.length())
                : Integer.compare(value.codePointAt(at), other.value.codePointAt(at));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Text text && value.equals(text.value);
    }

    @Override
    public int hashCode() {
        return value.hashCode();
    }

    @Override
    public String toString() {
        return value;
    }

    /** Puts texts together. Not thread-safe. */
    static final class Builder {
        private final StringBuilder value = new StringBuilder();
        private final BitSet foreign = new BitSet();
        private final int limit;

        Builder() {
            this(Integer.MAX_VALUE);
        }

        /**
         * With a limit.
         *
         * @param limit the most chars
         */
        Builder(int limit) {
            this.limit = limit;
        }

        Builder add(Text text) {
            grow(text.length());
            int start = value.length();
            value.append(text.value);
            for (int i = text.foreign.nextSetBit(0); i >= 0; i = text.foreign.nextSetBit(i)) {
                int end = text.foreign.nextClearBit(i);
                foreign.set(start + i, start + end);
                i = end;
            }
            return this;
        }

        Builder add(String text, boolean fromOutside) {
            grow(text.length());
            int start = value.length();
            value.append(text);
            if (fromOutside) {
                foreign.set(start, value.length());
            }
            return this;
        }

        private void grow(int by) {
            if (by > limit - value.length()) {
                throw new TemplateError("the output is longer than " + limit + " characters");
            }
        }

        int length() {
            return value.length();
        }

        Text build() {
            return new Text(value.toString(), foreign);
        }
    }
}
