package dev.argot.tokenizers.huggingface.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Values as text: as Python's {@code repr} writes them, and as JSON. */
final class Representation {
    private Representation() {}

    /** Python's {@code repr}; a string stands in quotes inside lists and mappings only. */
    static void write(Value value, Text.Builder out) {
        switch (value) {
            case Text text -> quoted(text, out);
            case Value.Whole whole -> out.add("" + whole.value(), false);
            case Value.Real real -> out.add(number(real.value()), false);
            case Value.Truth truth -> out.add(truth == Value.Truth.TRUE ? "True" : "False", false);
            case Value.None none -> out.add("None", false);
            case Value.Undefined undefined -> out.add("Undefined", false);
            case Value.Sequence sequence -> {
                out.add(sequence.form().open(), false);
                for (int i = 0; i < sequence.items().size(); i++) {
                    out.add(i == 0 ? "" : ", ", false);
                    write(sequence.items().get(i), out);
                }
                boolean single = sequence.form() == Value.Sequence.Form.TUPLE
                        && sequence.items().size() == 1;
                out.add((single ? "," : "") + sequence.form().close(), false);
            }
            case Value.Mapping mapping -> {
                out.add("{", false);
                boolean first = true;
                for (Map.Entry<Value, Value> entry : mapping.entries().entrySet()) {
                    out.add(first ? "" : ", ", false);
                    first = false;
                    write(entry.getKey(), out);
                    out.add(": ", false);
                    write(entry.getValue(), out);
                }
                out.add("}", false);
            }
            case Value.Stream stream -> throw new TemplateError("a stream of values has no text: make a list of it");
            case Value.Namespace namespace -> throw new TemplateError("a namespace has no text");
            case Value.Loop loop -> throw new TemplateError("a loop has no text");
            case Value.Callable callable -> throw new TemplateError("the function " + callable.name() + " has no text");
        }
    }

    private static void quoted(Text text, Text.Builder out) {
        boolean doubled = text.value().indexOf('\'') >= 0 && text.value().indexOf('"') < 0;
        char quote = doubled ? '"' : '\'';
        out.add("" + quote, false);
        for (int i = 0; i < text.length(); ) {
            int c = text.value().codePointAt(i);
            String written =
                    switch (c) {
                        case '\n' -> "\\n";
                        case '\r' -> "\\r";
                        case '\t' -> "\\t";
                        case '\\' -> "\\\\";
                        default -> c == quote ? "\\" + quote : isPrinted(c) ? Character.toString(c) : escaped(c);
                    };
            out.add(written, text.isForeign(i));
            i += Character.charCount(c);
        }
        out.add("" + quote, false);
    }

    /** Python's {@code str.isprintable}. */
    private static boolean isPrinted(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SPACE_SEPARATOR -> c == ' ';
            default -> true;
        };
    }

    private static String escaped(int c) {
        return hex(c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x", c);
    }

    private static String hex(String format, int c) {
        return String.format(java.util.Locale.ROOT, format, c);
    }

    /** Python's {@code repr(float)}: the fewest digits that give the number back. */
    static String number(double value) {
        if (Double.isNaN(value)) {
            return "nan";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        String java = Double.toString(Math.abs(value));
        String sign = Double.doubleToRawLongBits(value) < 0 ? "-" : "";
        int e = java.indexOf('E');
        int exponent = e < 0 ? 0 : Integer.parseInt(java.substring(e + 1));
        String mantissa = e < 0 ? java : java.substring(0, e);
        if (e < 0) {
            return sign + java;
        }
        if (exponent >= -4 && exponent < 16) {
            String plain = new java.math.BigDecimal(java).stripTrailingZeros().toPlainString();
            return sign + plain + (plain.indexOf('.') < 0 ? ".0" : "");
        }
        String digits = mantissa.endsWith(".0") ? mantissa.substring(0, mantissa.length() - 2) : mantissa;
        return sign + digits + "e" + (exponent < 0 ? "-" : "+") + (Math.abs(exponent) < 10 ? "0" : "")
                + Math.abs(exponent);
    }

    /**
     * JSON, as Python's {@code json.dumps}.
     *
     * @param indent what every level adds at a line's start; null: a single line
     * @param item between items
     * @param key between key and value
     */
    static void json(
            Value value,
            @Nullable String indent,
            String item,
            String key,
            boolean ascii,
            boolean sorted,
            int level,
            Text.Builder out) {
        switch (value) {
            case Text text -> jsonString(text, ascii, out);
            case Value.Whole whole -> out.add("" + whole.value(), false);
            case Value.Real real -> out.add(jsonNumber(real.value()), false);
            case Value.Truth truth -> out.add(truth == Value.Truth.TRUE ? "true" : "false", false);
            case Value.None none -> out.add("null", false);
            case Value.Sequence sequence
            when sequence.isIndexed() -> {
                out.add("[", false);
                boolean first = true;
                for (Value one : sequence.items()) {
                    separate(first, indent, item, level + 1, out);
                    first = false;
                    json(one, indent, item, key, ascii, sorted, level + 1, out);
                }
                close(first, indent, level, "]", out);
            }
            case Value.Mapping mapping -> {
                out.add("{", false);
                boolean first = true;
                List<Value> keys = new ArrayList<>(mapping.entries().keySet());
                if (sorted) {
                    keys.sort(Operators::compare);
                }
                for (Value name : keys) {
                    separate(first, indent, item, level + 1, out);
                    first = false;
                    jsonString(jsonKey(name), ascii, out);
                    out.add(key, false);
                    Value one = mapping.entries().getOrDefault(name, Value.None.NONE);
                    json(one, indent, item, key, ascii, sorted, level + 1, out);
                }
                close(first, indent, level, "}", out);
            }
            case Value.Sequence view -> throw notJson(value);
            case Value.Stream stream -> throw notJson(value);
            case Value.Undefined undefined -> throw notJson(value);
            case Value.Namespace namespace -> throw notJson(value);
            case Value.Loop loop -> throw notJson(value);
            case Value.Callable callable -> throw notJson(value);
        }
    }

    private static Text jsonKey(Value name) {
        return switch (name) {
            case Text text -> text;
            case Value.Truth truth -> Text.own(truth.isTrue() ? "true" : "false");
            case Value.None none -> Text.own("null");
            case Value.Whole whole -> whole.text();
            case Value.Real real -> Text.own(jsonNumber(real.value()));
            default -> throw notJson(name);
        };
    }

    private static TemplateError notJson(Value value) {
        return new TemplateError("tojson cannot write " + value.kind());
    }

    private static String jsonNumber(double value) {
        return Double.isNaN(value)
                ? "NaN"
                : Double.isInfinite(value) ? (value > 0 ? "" : "-") + "Infinity" : number(value);
    }

    private static void separate(boolean first, @Nullable String indent, String item, int level, Text.Builder out) {
        if (!first) {
            out.add(item, false);
        }
        if (indent != null) {
            out.add("\n" + indent.repeat(level), false);
        }
    }

    private static void close(boolean empty, @Nullable String indent, int level, String bracket, Text.Builder out) {
        out.add((empty || indent == null ? "" : "\n" + indent.repeat(level)) + bracket, false);
    }

    private static void jsonString(Text text, boolean ascii, Text.Builder out) {
        out.add("\"", false);
        for (int i = 0; i < text.length(); i++) {
            char c = text.value().charAt(i);
            String written =
                    switch (c) {
                        case '"' -> "\\\"";
                        case '\\' -> "\\\\";
                        case '\n' -> "\\n";
                        case '\r' -> "\\r";
                        case '\t' -> "\\t";
                        case '\b' -> "\\b";
                        case '\f' -> "\\f";
                        default -> c < 0x20 || (ascii && c > 0x7e) ? hex("\\u%04x", c) : "" + c;
                    };
            out.add(written, text.isForeign(i));
        }
        out.add("\"", false);
    }
}
