package dev.argot.tokenizers.huggingface.template;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Splits a template into tokens, as Jinja 3 does with {@code trim_blocks} and {@code lstrip_blocks} on (Jinja documentation, "Whitespace
 * Control"): a line break behind a block is dropped, and so are blanks before one at the start of a line; {@code -} drops all white
 * space, {@code +} keeps it.
 */
final class Lexer {
    /** Kinds of tokens. */
    enum Kind {
        /** Text between tags. */
        DATA,
        /** <code>{{</code>. */
        OUTPUT_BEGIN,
        /** <code>}}</code>. */
        OUTPUT_END,
        /** <code>{%</code>. */
        BLOCK_BEGIN,
        /** <code>%}</code>. */
        BLOCK_END,
        /** A name or word. */
        NAME,
        /** A string in quotes. */
        STRING,
        /** A whole number. */
        WHOLE,
        /** A number with a fraction or exponent. */
        REAL,
        /** Everything else. */
        OPERATOR,
        /** The template's end. */
        END
    }

    /**
     * A token.
     *
     * @param kind which
     * @param text what it reads like; of strings what they stand for
     * @param line from 1
     */
    record Token(Kind kind, String text, int line) {
        boolean is(Kind wanted, String wantedText) {
            return kind == wanted && text.equals(wantedText);
        }
    }

    private static final Pattern TOKEN = Pattern.compile(
            "(?<space>\\s+)|(?<real>\\d[\\d_]*(?:\\.\\d[\\d_]*(?:[eE][+-]?\\d+)?|[eE][+-]?\\d+))|(?<whole>\\d[\\d_]*)"
                    + "|(?<name>[\\p{L}_][\\p{L}\\p{N}_]*)"
                    + "|(?<string>'(?:[^'\\\\]|\\\\.)*+'|\"(?:[^\"\\\\]|\\\\.)*+\")"
                    + "|(?<operator>//|\\*\\*|==|!=|>=|<=|[-+*/%~()\\[\\]{},:.|<>=])",
            Pattern.DOTALL);
    private static final Pattern RAW_END = Pattern.compile("\\{%([-+]?)\\s*endraw\\s*([-+]?)%}");
    private static final Pattern RAW_BEGIN = Pattern.compile("\\{%[-+]?\\s*raw\\s*([-+]?)%}");

    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private int at;
    private int line = 1;
    /** Whether what was read last ended with a line break. */
    private boolean lineStart = true;

    private Lexer(String source) {
        this.source = source;
    }

    static List<Token> tokens(String template) {
        String lines = template.replace("\r\n", "\n").replace('\r', '\n');
        return new Lexer(lines.endsWith("\n") ? lines.substring(0, lines.length() - 1) : lines).run();
    }

    private List<Token> run() {
        while (at < source.length()) {
            int tag = nextTag();
            if (tag < 0) {
                data(source.substring(at));
                at = source.length();
            } else {
                tag(tag);
            }
        }
        tokens.add(new Token(Kind.END, "the end of the template", line));
        return tokens;
    }

    private int nextTag() {
        for (int i = source.indexOf('{', at); i >= 0 && i + 1 < source.length(); i = source.indexOf('{', i + 1)) {
            char second = source.charAt(i + 1);
            if (second == '{' || second == '%' || second == '#') {
                return i;
            }
        }
        return -1;
    }

    private void tag(int tag) {
        String before = source.substring(at, tag);
        char second = source.charAt(tag + 1);
        char control = tag + 2 < source.length() ? source.charAt(tag + 2) : ' ';
        if (control == '-') {
            data(stripEnd(before));
        } else if (second != '{' && control != '+') {
            data(withoutIndent(before));
        } else {
            data(before);
        }
        line += before.length() - before.replace("\n", "").length() - dataLines(before, control, second);
        boolean controlled = control == '-' || control == '+';
        at = tag + 2 + (controlled ? 1 : 0);
        switch (second) {
            case '#' -> comment();
            case '%' -> {
                Matcher raw = RAW_BEGIN.matcher(source).region(tag, source.length());
                if (raw.lookingAt()) {
                    at = raw.end();
                    if (raw.group(1).equals("-")) {
                        skipSpace();
                    }
                    raw();
                } else {
                    tokens.add(new Token(Kind.BLOCK_BEGIN, "{%", line));
                    inside(Kind.BLOCK_END, "%}");
                }
            }
            default -> {
                tokens.add(new Token(Kind.OUTPUT_BEGIN, "{{", line));
                inside(Kind.OUTPUT_END, "}}");
            }
        }
    }

    /** Line breaks that {@link #data} has counted already. */
    private int dataLines(String before, char control, char second) {
        String kept =
                control == '-' ? stripEnd(before) : second != '{' && control != '+' ? withoutIndent(before) : before;
        return kept.length() - kept.replace("\n", "").length();
    }

    private void data(String text) {
        if (!text.isEmpty()) {
            tokens.add(new Token(Kind.DATA, text, line));
            line += text.length() - text.replace("\n", "").length();
        }
    }

    /** Without the blanks between a line's start and its end. */
    private String withoutIndent(String before) {
        int start = before.lastIndexOf('\n') + 1;
        if (start == 0 && !lineStart) {
            return before;
        }
        return before.substring(start).isBlank() ? before.substring(0, start) : before;
    }

    private static String stripEnd(String text) {
        return Text.own(text).strip(null, false, true).value();
    }

    private void comment() {
        int end = source.indexOf("#}", at);
        if (end < 0) {
            throw error("a comment is not closed: expected '#}'");
        }
        String comment = source.substring(at, end);
        line += comment.length() - comment.replace("\n", "").length();
        at = end + 2;
        char control = end > 0 ? source.charAt(end - 1) : ' ';
        afterBlock(control == '-' || control == '+' ? "" + control : "");
    }

    private void raw() {
        Matcher end = RAW_END.matcher(source);
        if (!end.find(at)) {
            throw error("a raw block is not closed: expected 'endraw'");
        }
        String text = source.substring(at, end.start());
        data(end.group(1).equals("-") ? stripEnd(text) : end.group(1).isEmpty() ? withoutIndent(text) : text);
        at = end.end();
        afterBlock(end.group(2));
    }

    /** Drops what does not count behind a block or comment. */
    private void afterBlock(String control) {
        lineStart = false;
        if (control.equals("-")) {
            skipSpace();
        } else if (control.isEmpty() && at < source.length() && source.charAt(at) == '\n') {
            at++;
            line++;
            lineStart = true;
        }
    }

    private void skipSpace() {
        while (at < source.length() && Text.isSpace(source.charAt(at))) {
            if (source.charAt(at) == '\n') {
                line++;
            }
            lineStart = source.charAt(at) == '\n';
            at++;
        }
    }

    private void inside(Kind endKind, String end) {
        Deque<Character> open = new ArrayDeque<>();
        Matcher matcher = TOKEN.matcher(source);
        while (at < source.length()) {
            char c = source.charAt(at);
            if (open.isEmpty()) {
                boolean controlled =
                        (c == '-' || (c == '+' && endKind == Kind.BLOCK_END)) && source.startsWith(end, at + 1);
                if (controlled || source.startsWith(end, at)) {
                    tokens.add(new Token(endKind, end, line));
                    at += end.length() + (controlled ? 1 : 0);
                    if (endKind == Kind.BLOCK_END) {
                        afterBlock(controlled ? "" + c : "");
                    } else {
                        lineStart = false;
                        if (controlled) {
                            skipSpace();
                        }
                    }
                    return;
                }
            }
            if (!matcher.find(at) || matcher.start() != at) {
                throw error("unexpected '" + Character.toString(source.codePointAt(at)) + "'");
            }
            token(matcher, open);
            String text = matcher.group();
            line += text.length() - text.replace("\n", "").length();
            at = matcher.end();
        }
        throw error("a tag is not closed: expected '" + end + "'");
    }

    private void token(Matcher matcher, Deque<Character> open) {
        String text = matcher.group();
        if (matcher.group("space") != null) {
            return;
        }
        if (matcher.group("string") != null) {
            tokens.add(new Token(Kind.STRING, unescaped(text.substring(1, text.length() - 1)), line));
        } else if (matcher.group("name") != null) {
            tokens.add(new Token(Kind.NAME, text, line));
        } else if (matcher.group("real") != null) {
            tokens.add(new Token(Kind.REAL, text.replace("_", ""), line));
        } else if (matcher.group("whole") != null) {
            tokens.add(new Token(Kind.WHOLE, text.replace("_", ""), line));
        } else {
            balance(text.charAt(0), open);
            tokens.add(new Token(Kind.OPERATOR, text, line));
        }
    }

    private void balance(char bracket, Deque<Character> open) {
        switch (bracket) {
            case '(' -> open.push(')');
            case '[' -> open.push(']');
            case '{' -> open.push('}');
            case ')', ']', '}' -> {
                if (open.isEmpty() || open.pop() != bracket) {
                    throw error("unexpected '" + bracket + "'");
                }
            }
            default -> {}
        }
    }

    /** What the escapes of a Python string stand for; unknown ones stay. */
    private String unescaped(String text) {
        if (text.indexOf('\\') < 0) {
            return text;
        }
        var result = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '\\' || i + 1 == text.length()) {
                result.append(c);
                continue;
            }
            char escaped = text.charAt(++i);
            switch (escaped) {
                case 'n' -> result.append('\n');
                case 't' -> result.append('\t');
                case 'r' -> result.append('\r');
                case 'b' -> result.append('\b');
                case 'f' -> result.append('\f');
                case 'a' -> result.append('\u0007');
                case 'v' -> result.append('\u000b');
                case '0' -> result.append('\0');
                case '\\', '\'', '"' -> result.append(escaped);
                case '\n' -> {}
                case 'x' -> i = hexadecimal(text, i, 2, result);
                case 'u' -> i = hexadecimal(text, i, 4, result);
                case 'U' -> i = hexadecimal(text, i, 8, result);
                default -> result.append('\\').append(escaped);
            }
        }
        return result.toString();
    }

    private int hexadecimal(String text, int at, int digits, StringBuilder result) {
        try {
            result.appendCodePoint(Integer.parseInt(text.substring(at + 1, at + 1 + digits), 16));
            return at + digits;
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            throw error("a string has a wrong escape: \\" + text.charAt(at), e);
        }
    }

    private TemplateError error(String message) {
        return new TemplateError("line " + line + ": " + message);
    }

    private TemplateError error(String message, Exception cause) {
        TemplateError error = error(message);
        error.initCause(cause);
        return error;
    }
}
