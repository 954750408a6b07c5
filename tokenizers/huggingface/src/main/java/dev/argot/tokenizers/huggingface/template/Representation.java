package dev.argot.tokenizers.huggingface.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

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
                out.add("[", false);
                for (int i = 0; i < sequence.items().size(); i++) {
                    out.add(i == 0 ? "" : ", ", false);
                    write(sequence.items().get(i), out);
                }
                out.add("]", false);
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
            case Value.Namespace namespace -> throw new TemplateError("a namespace has no text");
            case Value.Loop loop -> throw new TemplateError("a loop has no text");
            case Value.Callable callable -> throw new TemplateError("the function " + callable.name() + " has no text");
        }
    }

    private static void quoted(Text text, Text.Builder out) {
        boolean doubled = text.value().indexOf('\'') >= 0 && text.value().indexOf('"') < 0;
        char quote = doubled ? '"' : '\'';
        out.add("" + quote, false);
        for (int i = 0; i < text.length(); i++) {
            char c = text.value().charAt(i);
            String written =
                    switch (c) {
                        case '\n' -> "\\n";
                        case '\r' -> "\\r";
                        case '\t' -> "\\t";
                        case '\\' -> "\\\\";
                        default -> c == quote ? "\\" + c : c < 0x20 || c == 0x7f ? hex("\\x%02x", c) : "" + c;
                    };
            out.add(written, text.isForeign(i));
        }
        out.add("" + quote, false);
    }

    private static String hex(String format, char c) {
        return String.format(java.util.Locale.ROOT, format, (int) c);
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
     * @param indent blanks of each level, or -1 for a single line
     * @param item between items
     * @param key between key and value
     */
    static void json(
            Value value,
            int indent,
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
            case Value.Sequence sequence -> {
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
                    jsonString(name instanceof Text text ? text : name.text(), ascii, out);
                    out.add(key, false);
                    Value one = mapping.entries().getOrDefault(name, Value.None.NONE);
                    json(one, indent, item, key, ascii, sorted, level + 1, out);
                }
                close(first, indent, level, "}", out);
            }
            case Value.Undefined undefined -> throw notJson(value);
            case Value.Namespace namespace -> throw notJson(value);
            case Value.Loop loop -> throw notJson(value);
            case Value.Callable callable -> throw notJson(value);
        }
    }

    private static TemplateError notJson(Value value) {
        return new TemplateError("tojson cannot write " + value.kind());
    }

    private static String jsonNumber(double value) {
        return Double.isNaN(value)
                ? "NaN"
                : Double.isInfinite(value) ? (value > 0 ? "" : "-") + "Infinity" : number(value);
    }

    private static void separate(boolean first, int indent, String item, int level, Text.Builder out) {
        if (!first) {
            out.add(item, false);
        }
        if (indent >= 0) {
            out.add("\n" + " ".repeat(indent * level), false);
        }
    }

    private static void close(boolean empty, int indent, int level, String bracket, Text.Builder out) {
        out.add((empty || indent < 0 ? "" : "\n" + " ".repeat(indent * level)) + bracket, false);
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
