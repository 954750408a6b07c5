package dev.argot.tokenizers.huggingface;

import java.util.Locale;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Translates regular expressions of Oniguruma's Ruby syntax on Unicode text, which {@code tokenizer.json} holds, to the JDK's. The classes
 * {@code \s} and {@code \d} are Unicode's in both ({@link Pattern#UNICODE_CHARACTER_CLASS}); word characters differ in a few; the anchors
 * are those of lines.
 */
final class Oniguruma {
    /** Word characters within brackets; outside, those of Latin-1 are a set of their own, with superscripts and fractions. */
    private static final String WORD = "\\p{IsAlphabetic}\\p{M}\\p{Nd}\\p{Pc}";

    private static final String WORD_OUTSIDE = WORD + "\\u00B2\\u00B3\\u00B9\\u00BC-\\u00BE";

    private static final String BOUNDARY = "(?:(?<=[" + WORD_OUTSIDE + "])(?![" + WORD_OUTSIDE + "])|(?<!["
            + WORD_OUTSIDE + "])(?=[" + WORD_OUTSIDE + "]))";

    private static final String NO_BOUNDARY = "(?:(?<=[" + WORD_OUTSIDE + "])(?=[" + WORD_OUTSIDE + "])|(?<!["
            + WORD_OUTSIDE + "])(?![" + WORD_OUTSIDE + "]))";

    private final String source;
    private final StringBuilder out = new StringBuilder();
    private int at;
    /** How many brackets are open. */
    private int depth;

    private Oniguruma(String source) {
        this.source = source;
    }

    /**
     * Compiles an expression.
     *
     * @throws PatternSyntaxException if it is malformed or uses what the JDK has no counterpart for
     */
    static Pattern compile(String expression) {
        Oniguruma translation = new Oniguruma(expression);
        translation.translate();
        return Pattern.compile(
                translation.out.toString(),
                Pattern.UNICODE_CHARACTER_CLASS | Pattern.UNICODE_CASE | Pattern.MULTILINE | Pattern.UNIX_LINES);
    }

    private void translate() {
        while (at < source.length()) {
            char c = source.charAt(at);
            if (c == '\\') {
                escape();
            } else if (c == '[') {
                depth++;
                bracket();
                if (source.startsWith("[:", at) && depth > 1) {
                    posix();
                    depth--;
                }
            } else if (c == ']' && depth > 0) {
                depth--;
                put(c);
            } else if (c == '{' && depth == 0 && source.startsWith("{,", at)) {
                out.append("{0,");
                at += 2;
            } else if (source.startsWith("(?m", at) && depth == 0) {
                out.append("(?s");
                at += 3;
            } else {
                put(c);
            }
        }
    }

    private void bracket() {
        if (depth > 1 && source.startsWith("[:", at)) {
            return;
        }
        put('[');
        if (at < source.length() && source.charAt(at) == '^') {
            put('^');
        }
        if (at < source.length() && source.charAt(at) == ']') {
            out.append("\\]");
            at++;
        }
    }

    private void posix() {
        int end = source.indexOf(":]", at);
        if (end < 0) {
            throw new PatternSyntaxException("POSIX bracket is not closed", source, at);
        }
        String name = source.substring(at + 2, end);
        boolean negated = name.startsWith("^");
        property(negated ? name.substring(1) : name, negated);
        at = end + 2;
    }

    private void put(char c) {
        out.append(c);
        at++;
    }

    private void escape() {
        if (at + 1 >= source.length()) {
            throw new PatternSyntaxException("expression ends with a backslash", source, at);
        }
        char c = source.charAt(at + 1);
        at += 2;
        switch (c) {
            case 'w' -> out.append('[').append(depth > 0 ? WORD : WORD_OUTSIDE).append(']');
            case 'W' -> out.append("[^").append(depth > 0 ? WORD : WORD_OUTSIDE).append(']');
            case 'b' -> out.append(depth > 0 ? "\\x08" : BOUNDARY);
            case 'B' -> out.append(NO_BOUNDARY);
            case 'h' -> out.append("[0-9a-fA-F]");
            case 'H' -> out.append("[^0-9a-fA-F]");
            case 'p', 'P' -> {
                int end = at < source.length() && source.charAt(at) == '{' ? source.indexOf('}', at) : -1;
                if (end < 0) {
                    throw new PatternSyntaxException("property without braces", source, at);
                }
                String name = source.substring(at + 1, end);
                boolean negated = name.startsWith("^");
                property(negated ? name.substring(1) : name, negated != (c == 'P'));
                at = end + 1;
            }
            default -> out.append('\\').append(c);
        }
    }

    private void property(String name, boolean negated) {
        String plain = name.replace("_", "").replace(" ", "").replace("-", "").toLowerCase(Locale.ROOT);
        String known =
                switch (plain) {
                    case "alnum" -> "[\\p{IsAlphabetic}\\p{Nd}]";
                    case "alpha" -> "\\p{IsAlphabetic}";
                    case "ascii" -> "\\p{ASCII}";
                    case "blank" -> "[\\t\\p{Zs}]";
                    case "cntrl" -> "\\p{Cc}";
                    case "digit" -> "\\p{Nd}";
                    case "graph" -> "[^\\s\\p{Cc}\\p{Cn}\\p{Cs}]";
                    case "lower" -> "\\p{IsLowercase}";
                    case "print" -> "[[^\\s\\p{Cc}\\p{Cn}\\p{Cs}]\\p{Zs}]";
                    case "punct" -> "[\\p{P}$+<=>^`|~]";
                    case "space" -> "\\s";
                    case "upper" -> "\\p{IsUppercase}";
                    case "xdigit" -> "[0-9a-fA-F]";
                    case "word" -> "[" + WORD + "]";
                    case "letter" -> "\\p{L}";
                    case "number" -> "\\p{N}";
                    case "mark" -> "\\p{M}";
                    case "punctuation" -> "\\p{P}";
                    case "symbol" -> "\\p{S}";
                    case "separator" -> "\\p{Z}";
                    case "any" -> "[\\x{0}-\\x{10FFFF}]";
                    default -> name.length() <= 2 ? "\\p{" + name + "}" : "\\p{Is" + name + "}";
                };
        out.append(negated ? "[^" + known + "]" : known);
    }
}
