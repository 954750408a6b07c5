package dev.argot.core.constraint;

import dev.argot.core.constraint.Pattern.Range;
import dev.argot.core.constraint.Pattern.Symbols;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntPredicate;

/**
 * Reads regular expressions in the notation of Java, JavaScript and Python, as far as they describe regular sets: literals, classes,
 * groups, alternatives and counts. {@code \d}, {@code \w} and {@code \s} are ASCII, the dot is anything but a line break, and the whole text
 * must match. General
 * categories and scripts are those of Java's Unicode. Look-around, back references and word boundaries are refused.
 */
final class RegexParser {
    private static final int MAX_COUNT = 10_000;
    private static final int MAX_DEPTH = 200;
    private static final Symbols DIGITS = Pattern.symbols(List.of(new Range('0', '9')));
    private static final Symbols WORD = Pattern.symbols(
            List.of(new Range('0', '9'), new Range('A', 'Z'), new Range('_', '_'), new Range('a', 'z')));
    private static final Symbols SPACE = Pattern.symbols(List.of(new Range('\t', '\r'), new Range(' ', ' ')));
    private static final Symbols LINE_BREAKS = Pattern.symbols(
            List.of(new Range('\n', '\n'), new Range('\r', '\r'), new Range(0x85, 0x85), new Range(0x2028, 0x2029)));

    /** General categories by the number that {@link Character#getType(int)} gives them. */
    private static final List<String> CATEGORIES = List.of(
            "Cn", "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Me", "Mc", "Nd", "Nl", "No", "?", "Zs", "Zl", "Zp", "Cc", "Cf",
            "?", "Co", "Cs", "Pd", "Ps", "Pe", "Pc", "Po", "Sm", "Sc", "Sk", "So", "Pi", "Pf");

    private final int[] regex;
    private final Map<String, Symbols> properties = new HashMap<>();
    private int at;
    private int depth;

    private RegexParser(String regex) {
        this.regex = regex.codePoints().toArray();
    }

    /**
     * Reads an expression.
     *
     * @param regex the expression
     * @throws IllegalArgumentException if it is malformed or describes no regular set; the message names the place
     */
    static Pattern parse(String regex) {
        var parser = new RegexParser(regex);
        parser.skip('^');
        Pattern pattern = parser.alternatives();
        if (parser.at < parser.regex.length) {
            throw parser.error("unexpected '" + Character.toString(parser.regex[parser.at]) + "'");
        }
        return pattern;
    }

    private Pattern alternatives() {
        if (++depth > MAX_DEPTH) {
            throw error("nested deeper than " + MAX_DEPTH);
        }
        var options = new ArrayList<Pattern>();
        do {
            options.add(sequence());
        } while (skip('|'));
        depth--;
        return Pattern.choice(options);
    }

    private Pattern sequence() {
        var parts = new ArrayList<Pattern>();
        while (at < regex.length && regex[at] != '|' && regex[at] != ')') {
            if (regex[at] == '$' && (at + 1 == regex.length)) {
                at++;
                break;
            }
            parts.add(counted(atom()));
        }
        return parts.size() == 1 ? parts.get(0) : new Pattern.Sequence(parts);
    }

    private Pattern counted(Pattern atom) {
        Pattern result = atom;
        for (int counts = 0; at < regex.length; counts++) {
            if (counts > MAX_DEPTH) {
                throw error("more than " + MAX_DEPTH + " counts in a row");
            }
            int start = at;
            if (skip('*')) {
                result = new Pattern.Repeat(result, 0, -1);
            } else if (skip('+')) {
                result = new Pattern.Repeat(result, 1, -1);
            } else if (skip('?')) {
                result = new Pattern.Repeat(result, 0, 1);
            } else if (regex[at] == '{') {
                result = braces(result);
            } else {
                return result;
            }
            skip('?'); // a reluctant count describes the same set
            if (at < regex.length && at > start && regex[at] == '+' && regex[at - 1] != '?') {
                throw error("possessive counts are not supported");
            }
        }
        return result;
    }

    private Pattern braces(Pattern of) {
        take('{');
        int least = number();
        int most = least;
        if (skip(',')) {
            most = at < regex.length && regex[at] == '}' ? -1 : number();
        }
        take('}');
        if (most >= 0 && most < least) {
            throw error("the count {" + least + "," + most + "} is empty");
        }
        return new Pattern.Repeat(of, least, most);
    }

    private int number() {
        int start = at;
        int value = 0;
        while (at < regex.length && regex[at] >= '0' && regex[at] <= '9') {
            value = value * 10 + regex[at++] - '0';
            if (value > MAX_COUNT) {
                throw error("a count above " + MAX_COUNT);
            }
        }
        if (at == start) {
            throw error("expected a number");
        }
        return value;
    }

    private Pattern atom() {
        int c = regex[at++];
        return switch (c) {
            case '(' -> group();
            case '[' -> characterClass();
            case '.' -> Pattern.except(LINE_BREAKS);
            case '\\' -> escape();
            case '*', '+', '?', '{' -> throw error("there is nothing to count");
            case '^', '$' -> throw error("'" + (char) c + "' inside the expression");
            default -> symbol(c);
        };
    }

    private static Symbols symbol(int codePoint) {
        return new Symbols(List.of(new Range(codePoint, codePoint)));
    }

    private Pattern group() {
        if (skip('?') && !skip(':')) {
            skip('P'); // Python's way of naming groups
            boolean named = at + 1 < regex.length && regex[at] == '<' && regex[at + 1] != '=' && regex[at + 1] != '!';
            if (!named) {
                throw error("look-around and flags are not supported");
            }
            while (at < regex.length && regex[at] != '>') {
                at++;
            }
            take('>');
        }
        Pattern inner = alternatives();
        take(')');
        return inner;
    }

    private Pattern escape() {
        if (at == regex.length) {
            throw error("the expression ends with '\\'");
        }
        return symbols(regex[at++]);
    }

    /** What an escaped letter stands for. */
    private Symbols symbols(int letter) {
        return switch (letter) {
            case 'd' -> DIGITS;
            case 'D' -> Pattern.except(DIGITS);
            case 'w' -> WORD;
            case 'W' -> Pattern.except(WORD);
            case 's' -> SPACE;
            case 'S' -> Pattern.except(SPACE);
            case 'n' -> symbol('\n');
            case 'r' -> symbol('\r');
            case 't' -> symbol('\t');
            case 'f' -> symbol('\f');
            case 'v' -> symbol(0x0b);
            case 'a' -> symbol(7);
            case 'e' -> symbol(0x1b);
            case '0' -> symbol(0);
            case 'x' -> skip('{') ? braced() : symbol(hexadecimal(2));
            case 'u' -> skip('{') ? braced() : unicode();
            case 'p' -> property();
            case 'P' -> Pattern.except(property());
            default -> {
                if ((letter >= 'a' && letter <= 'z')
                        || (letter >= 'A' && letter <= 'Z')
                        || (letter >= '1' && letter <= '9')) {
                    throw error("'\\" + Character.toString(letter) + "' is not supported");
                }
                yield symbol(letter);
            }
        };
    }

    private int hexadecimal(int digits) {
        int value = 0;
        for (int i = 0; i < digits; i++) {
            int digit = at < regex.length ? Character.digit(regex[at], 16) : -1;
            if (digit < 0) {
                throw error("expected " + digits + " hexadecimal digits");
            }
            value = value * 16 + digit;
            at++;
        }
        return value;
    }

    /** A code point in braces, the opening one read. */
    private Symbols braced() {
        int value = 0;
        int start = at;
        while (at < regex.length && regex[at] != '}' && value <= Character.MAX_CODE_POINT) {
            value = value * 16 + hexadecimal(1);
        }
        take('}');
        if (at - start < 2 || value > Character.MAX_CODE_POINT) {
            throw error("expected a code point in braces");
        }
        return symbol(value);
    }

    /** A UTF-16 unit, or two that are a code point together. */
    private Symbols unicode() {
        int unit = hexadecimal(4);
        if (Character.isHighSurrogate((char) unit)
                && at + 1 < regex.length
                && regex[at] == '\\'
                && regex[at + 1] == 'u') {
            at += 2;
            int low = hexadecimal(4);
            if (Character.isLowSurrogate((char) low)) {
                return symbol(Character.toCodePoint((char) unit, (char) low));
            }
            unit = low;
        }
        if (Character.isSurrogate((char) unit)) {
            throw error("half a character");
        }
        return symbol(unit);
    }

    /** A general category ({@code \pL}, <code>\p{Lu}</code>) or a script (<code>\p{Script=Greek}</code>, <code>\p{IsGreek}</code>). */
    private Symbols property() {
        var name = new StringBuilder();
        if (skip('{')) {
            while (at < regex.length && regex[at] != '}') {
                name.appendCodePoint(regex[at++]);
            }
            take('}');
        } else if (at < regex.length) {
            name.appendCodePoint(regex[at++]);
        }
        return properties.computeIfAbsent(name.toString(), this::property);
    }

    private Symbols property(String name) {
        IntPredicate is = isOf(name);
        var ranges = new ArrayList<Range>();
        int first = -1;
        for (int c = 0; c <= Character.MAX_CODE_POINT + 1; c++) {
            boolean in = c <= Character.MAX_CODE_POINT && is.test(c);
            if (in && first < 0) {
                first = c;
            } else if (!in && first >= 0) {
                ranges.add(new Range(first, c - 1));
                first = -1;
            }
        }
        return new Symbols(ranges);
    }

    private IntPredicate isOf(String name) {
        int types = 0;
        for (int type = 0; type < CATEGORIES.size(); type++) {
            boolean of = name.length() <= 2
                    && !name.isEmpty()
                    && CATEGORIES.get(type).startsWith(name);
            types |= of ? 1 << type : 0;
        }
        if (types != 0) {
            int wanted = types;
            return c -> (wanted >> Character.getType(c) & 1) != 0;
        }
        String script = name.replaceFirst("^(?:Script=|sc=|Is)", "");
        if (!script.equals(name)) {
            try {
                var wanted = Character.UnicodeScript.forName(script);
                return c -> Character.UnicodeScript.of(c) == wanted;
            } catch (IllegalArgumentException e) {
                throw error("no script is called '" + script + "'");
            }
        }
        throw error("'\\p{" + name + "}' is not supported: expected a general category or a script");
    }

    private Symbols characterClass() {
        boolean negated = skip('^');
        var ranges = new ArrayList<Range>();
        boolean first = true;
        while (first || at >= regex.length || regex[at] != ']') {
            if (at >= regex.length) {
                throw error("a class is not closed: expected ']'");
            }
            first = false;
            if (regex[at] == '[' || (regex[at] == '&' && at + 1 < regex.length && regex[at + 1] == '&')) {
                throw error("'[' and '&&' inside a class must be escaped");
            }
            Symbols from = member();
            boolean single = from.ranges().size() == 1
                    && from.ranges().get(0).first() == from.ranges().get(0).last();
            if (single && at + 1 < regex.length && regex[at] == '-' && regex[at + 1] != ']') {
                at++;
                Symbols to = member();
                int start = from.ranges().get(0).first();
                int end = to.ranges().get(0).last();
                if (to.ranges().size() != 1 || to.ranges().get(0).first() != end || end < start) {
                    throw error("a range in a class is empty or ends with a class");
                }
                ranges.add(new Range(start, end));
            } else {
                ranges.addAll(from.ranges());
            }
        }
        take(']');
        Symbols symbols = Pattern.symbols(ranges);
        return negated ? Pattern.except(symbols) : symbols;
    }

    private Symbols member() {
        int c = regex[at++];
        if (c != '\\') {
            return symbol(c);
        }
        if (at == regex.length) {
            throw error("the expression ends with '\\'");
        }
        int letter = regex[at++];
        return letter == 'b' ? symbol('\b') : symbols(letter);
    }

    private boolean skip(int symbol) {
        boolean there = at < regex.length && regex[at] == symbol;
        at += there ? 1 : 0;
        return there;
    }

    private void take(int symbol) {
        if (!skip(symbol)) {
            throw error("expected '" + Character.toString(symbol) + "'");
        }
    }

    private IllegalArgumentException error(String problem) {
        return new IllegalArgumentException(String.format(
                Locale.ROOT, "regular expression, character %d: %s", Math.min(at, regex.length), problem));
    }
}
