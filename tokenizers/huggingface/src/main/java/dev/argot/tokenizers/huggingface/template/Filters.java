package dev.argot.tokenizers.huggingface.template;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** What can stand behind {@code |} (Jinja documentation, "List of Builtin Filters"; {@code tojson} as Hugging Face defines it). */
final class Filters {
    static final Set<String> NAMES = Collections.unmodifiableSet(new TreeSet<>(Set.of(
            "upper",
            "lower",
            "title",
            "capitalize",
            "trim",
            "replace",
            "length",
            "count",
            "join",
            "first",
            "last",
            "list",
            "map",
            "select",
            "reject",
            "selectattr",
            "rejectattr",
            "default",
            "d",
            "tojson",
            "string",
            "int",
            "float",
            "round",
            "abs",
            "sort",
            "reverse",
            "unique",
            "indent",
            "items",
            "dictsort",
            "sum",
            "min",
            "max",
            "safe",
            "escape",
            "e",
            "wordcount",
            "attr")));

    private final int limit;

    /**
     * Filters.
     *
     * @param limit the most characters or items of a result
     */
    Filters(int limit) {
        this.limit = limit;
    }

    Value apply(String name, Value value, Arguments arguments) {
        return switch (name) {
            case "upper" -> none(name, arguments, value.text().upper());
            case "lower" -> none(name, arguments, value.text().lower());
            case "title" -> none(name, arguments, Methods.title(value.text()));
            case "capitalize" -> none(name, arguments, Methods.capitalized(value.text()));
            case "string", "safe" -> none(name, arguments, value.text());
            case "escape", "e" -> none(name, arguments, escaped(value.text()));
            case "trim" -> {
                Arguments a = arguments.check(name, 0, "chars");
                yield value.text()
                        .strip(
                                a.find("chars")
                                                .filter(c -> c != Value.None.NONE)
                                                .isPresent()
                                        ? a.text("chars").value()
                                        : null,
                                true,
                                true);
            }
            case "replace" -> {
                Arguments a = arguments.check(name, 2, "old", "new", "count");
                yield value.text().replace(a.get("old").text(), a.get("new").text(), a.whole("count", -1), limit);
            }
            case "length", "count" -> none(name, arguments, new Value.Whole(size(value)));
            case "wordcount" ->
                none(
                        name,
                        arguments,
                        new Value.Whole(
                                value.text().value().isBlank()
                                        ? 0
                                        : value.text().value().strip().split("\\s+").length));
            case "join" -> {
                Arguments a = arguments.check(name, 0, "d", "attribute");
                List<Value> items = Operators.items(value);
                if (a.find("attribute").isPresent()) {
                    items = items.stream()
                            .map(i -> Methods.attribute(i, a.get("attribute")))
                            .toList();
                }
                yield Methods.joined(items, a.find("d").map(Value::text).orElse(Text.EMPTY), limit);
            }
            case "first" -> end(name, arguments, value, true);
            case "last" -> end(name, arguments, value, false);
            case "list" -> none(name, arguments, new Value.Sequence(Operators.items(value)));
            case "map" -> map(value, arguments);
            case "select", "reject" -> select(name, value, arguments);
            case "selectattr", "rejectattr" -> selectAttribute(name, value, arguments);
            case "default", "d" -> {
                Arguments a = arguments.check(name, 0, "default_value", "boolean");
                boolean absent = value instanceof Value.Undefined || (a.flag("boolean") && !value.isTrue());
                yield absent ? a.find("default_value").orElse(Text.EMPTY) : value;
            }
            case "tojson" -> json(value, arguments);
            case "int" -> integer(value, arguments.check(name, 0, "default", "base"));
            case "float" -> real(value, arguments.check(name, 0, "default"));
            case "round" -> round(value, arguments.check(name, 0, "precision", "method"));
            case "abs" ->
                none(
                        name,
                        arguments,
                        value instanceof Value.Whole whole
                                ? new Value.Whole(Math.absExact(whole.value()))
                                : new Value.Real(Math.abs(Operators.number(value))));
            case "sort" -> sort(value, arguments.check(name, 0, "reverse", "case_sensitive", "attribute"));
            case "unique" -> unique(value, arguments.check(name, 0, "case_sensitive", "attribute"));
            case "reverse" -> none(name, arguments, reversed(value));
            case "indent" -> indent(value.text(), arguments.check(name, 0, "width", "first", "blank"));
            case "items" -> none(name, arguments, pairs(value));
            case "dictsort" -> dictionarySort(value, arguments.check(name, 0, "case_sensitive", "by", "reverse"));
            case "sum" -> sum(value, arguments.check(name, 0, "attribute", "start"));
            case "min", "max" -> extreme(name, value, arguments.check(name, 0, "case_sensitive", "attribute"));
            case "attr" ->
                Methods.attribute(value, arguments.check(name, 1, "name").get("name"));
            default -> throw new TemplateError("unknown filter '" + name + "'");
        };
    }

    private static Value none(String name, Arguments arguments, Value result) {
        arguments.check("the filter '" + name + "'", 0);
        return result;
    }

    private static Text escaped(Text text) {
        var result = new Text.Builder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.value().charAt(i);
            String written =
                    switch (c) {
                        case '&' -> "&amp;";
                        case '<' -> "&lt;";
                        case '>' -> "&gt;";
                        case '"' -> "&#34;";
                        case '\'' -> "&#39;";
                        default -> "" + c;
                    };
            result.add(written, text.isForeign(i));
        }
        return result.build();
    }

    private static long size(Value value) {
        return switch (value) {
            case Text text -> text.size();
            case Value.Sequence sequence -> sequence.items().size();
            case Value.Mapping mapping -> mapping.entries().size();
            case Value.Undefined undefined -> 0;
            default -> throw new TemplateError(value.kind() + " has no length");
        };
    }

    private static Value end(String name, Arguments arguments, Value value, boolean first) {
        arguments.check("the filter '" + name + "'", 0);
        List<Value> items = Operators.items(value);
        return items.isEmpty() ? new Value.Undefined(name) : first ? items.getFirst() : items.getLast();
    }

    private Value map(Value value, Arguments arguments) {
        List<Value> items = Operators.items(value);
        Optional<Value> attribute = arguments.find("attribute");
        if (attribute.isPresent()) {
            Optional<Value> absent = arguments.find("default");
            return new Value.Sequence(items.stream()
                    .map(item -> {
                        Value found = Methods.attribute(item, attribute.get());
                        return found instanceof Value.Undefined && absent.isPresent() ? absent.get() : found;
                    })
                    .toList());
        }
        if (arguments.positional().isEmpty() || !(arguments.positional().get(0) instanceof Text filter)) {
            throw new TemplateError("map needs the name of a filter, or attribute=");
        }
        known(NAMES, "filter", filter.value());
        var rest = new Arguments(
                arguments.positional().subList(1, arguments.positional().size()), arguments.named());
        return new Value.Sequence(
                items.stream().map(item -> apply(filter.value(), item, rest)).toList());
    }

    private static void known(Set<String> names, String what, String name) {
        if (!names.contains(name)) {
            throw new TemplateError("unknown " + what + " '" + name + "'. Known: " + names);
        }
    }

    private static Value select(String name, Value value, Arguments arguments) {
        boolean wanted = name.equals("select");
        List<Value> given = arguments.positional();
        return new Value.Sequence(Operators.items(value).stream()
                .filter(item -> holds(item, given) == wanted)
                .toList());
    }

    private static Value selectAttribute(String name, Value value, Arguments arguments) {
        boolean wanted = name.equals("selectattr");
        List<Value> given = arguments.positional();
        if (given.isEmpty()) {
            throw new TemplateError(name + " needs the name of an attribute");
        }
        return new Value.Sequence(Operators.items(value).stream()
                .filter(item -> holds(Methods.attribute(item, given.get(0)), given.subList(1, given.size())) == wanted)
                .toList());
    }

    private static boolean holds(Value value, List<Value> test) {
        if (test.isEmpty()) {
            return value.isTrue();
        }
        String name = test.get(0).text().value();
        String known =
                switch (name) {
                    case "==" -> "eq";
                    case "!=" -> "ne";
                    case "<" -> "lt";
                    case "<=" -> "le";
                    case ">" -> "gt";
                    case ">=" -> "ge";
                    default -> name;
                };
        known(Tests.NAMES, "test", known);
        return Tests.test(known, value, test.subList(1, test.size()));
    }

    private Value json(Value value, Arguments arguments) {
        Arguments a = arguments.check("tojson", 0, "indent", "ensure_ascii", "separators", "sort_keys");
        int indent = a.find("indent").filter(i -> i != Value.None.NONE).isPresent()
                ? Math.clamp(a.whole("indent", 0), 0, 100)
                : -1;
        String item = indent >= 0 ? "," : ", ";
        String key = ": ";
        Optional<Value> separators = a.find("separators").filter(s -> s != Value.None.NONE);
        if (separators.isPresent()) {
            List<Value> both = Operators.items(separators.get());
            if (both.size() != 2) {
                throw new TemplateError("separators must be two strings");
            }
            item = both.get(0).text().value();
            key = both.get(1).text().value();
        }
        var out = new Text.Builder(limit);
        Representation.json(value, indent, item, key, a.flag("ensure_ascii"), a.flag("sort_keys"), 0, out);
        return out.build();
    }

    private static Value integer(Value value, Arguments a) {
        long absent = a.whole("default", 0);
        int base = Math.clamp(a.whole("base", 10), 2, 36);
        try {
            return switch (value) {
                case Text text -> {
                    String digits = text.value().strip().replace("_", "");
                    yield new Value.Whole(
                            digits.indexOf('.') >= 0
                                    ? (long) Double.parseDouble(digits)
                                    : Long.parseLong(digits, base));
                }
                case Value.Whole whole -> whole;
                case Value.Real real -> new Value.Whole((long) real.value());
                case Value.Truth truth -> new Value.Whole(truth.isTrue() ? 1 : 0);
                default -> new Value.Whole(absent);
            };
        } catch (NumberFormatException e) {
            return new Value.Whole(absent);
        }
    }

    private static Value real(Value value, Arguments a) {
        Value absent = a.find("default").orElse(new Value.Real(0));
        try {
            return value instanceof Text text
                    ? new Value.Real(Double.parseDouble(text.value().strip()))
                    : Operators.isNumber(value) ? new Value.Real(Operators.number(value)) : absent;
        } catch (NumberFormatException e) {
            return absent;
        }
    }

    private static Value round(Value value, Arguments a) {
        int precision = Math.clamp(a.whole("precision", 0), 0, 15);
        String method = a.text("method", "common").value();
        double number = Operators.number(value);
        double factor = Math.pow(10, precision);
        return new Value.Real(
                switch (method) {
                    case "common" ->
                        new java.math.BigDecimal(number)
                                .setScale(precision, java.math.RoundingMode.HALF_EVEN)
                                .doubleValue();
                    case "ceil" -> Math.ceil(number * factor) / factor;
                    case "floor" -> Math.floor(number * factor) / factor;
                    default -> throw new TemplateError("round knows common, ceil and floor, not '" + method + "'");
                });
    }

    /** What items are ordered by: an attribute where one is named, strings without case unless asked otherwise. */
    private static Value orderedBy(Value item, Arguments a) {
        Value value = a.find("attribute").filter(x -> x != Value.None.NONE).isPresent()
                ? Methods.attribute(item, a.get("attribute"))
                : item;
        return a.flag("case_sensitive") ? value : withoutCase(value);
    }

    private static Value withoutCase(Value value) {
        return switch (value) {
            case Text text -> text.lower();
            default -> value;
        };
    }

    private static Value sort(Value value, Arguments a) {
        Comparator<Value> order = (left, right) -> Operators.compare(orderedBy(left, a), orderedBy(right, a));
        var items = new ArrayList<>(Operators.items(value));
        items.sort(a.flag("reverse") ? order.reversed() : order);
        return new Value.Sequence(items);
    }

    private static Value unique(Value value, Arguments a) {
        var seen = new LinkedHashSet<Value>();
        var items = new ArrayList<Value>();
        for (Value item : Operators.items(value)) {
            if (seen.add(orderedBy(item, a))) {
                items.add(item);
            }
        }
        return new Value.Sequence(items);
    }

    private static Value reversed(Value value) {
        List<Value> items = Operators.items(value).reversed();
        if (!(value instanceof Text)) {
            return new Value.Sequence(items);
        }
        return Methods.joined(items, Text.EMPTY, Integer.MAX_VALUE);
    }

    private Value indent(Text text, Arguments a) {
        Text by = a.find("width").orElse(new Value.Whole(4)) instanceof Text given
                ? given
                : Text.own(" ".repeat(Math.clamp(a.whole("width", 4), 0, 1000)));
        List<Value> lines = Methods.split(text, Text.own("\n"), -1, false);
        var result = new Text.Builder(limit);
        for (int i = 0; i < lines.size(); i++) {
            Text line = lines.get(i).text();
            boolean indented =
                    i == 0 ? a.flag("first") : a.flag("blank") || !line.value().isBlank();
            result.add(i == 0 ? Text.EMPTY : Text.own("\n"))
                    .add(indented ? by : Text.EMPTY)
                    .add(line);
        }
        return result.build();
    }

    private static Value pairs(Value value) {
        return switch (value) {
            case Value.Undefined undefined -> new Value.Sequence(List.of());
            case Value.Mapping mapping ->
                new Value.Sequence(
                        mapping.entries().entrySet().stream().map(Methods::pair).toList());
            default -> throw new TemplateError("items needs a mapping, found " + value.kind());
        };
    }

    private static Value dictionarySort(Value value, Arguments a) {
        if (!(value instanceof Value.Mapping mapping)) {
            throw new TemplateError("dictsort needs a mapping, found " + value.kind());
        }
        boolean byValue = a.text("by", "key").value().equals("value");
        Comparator<Map.Entry<Value, Value>> order = (left, right) -> {
            Value l = byValue ? left.getValue() : left.getKey();
            Value r = byValue ? right.getValue() : right.getKey();
            return a.flag("case_sensitive")
                    ? Operators.compare(l, r)
                    : Operators.compare(withoutCase(l), withoutCase(r));
        };
        var entries = new ArrayList<>(mapping.entries().entrySet());
        entries.sort(a.flag("reverse") ? order.reversed() : order);
        return new Value.Sequence(entries.stream().map(Methods::pair).toList());
    }

    private Value sum(Value value, Arguments a) {
        Value total = a.find("start").orElse(new Value.Whole(0));
        for (Value item : Operators.items(value)) {
            Value part = a.find("attribute").isPresent() ? Methods.attribute(item, a.get("attribute")) : item;
            total = Operators.binary("+", total, part, limit);
        }
        return total;
    }

    private static Value extreme(String name, Value value, Arguments a) {
        Comparator<Value> order = (left, right) -> Operators.compare(orderedBy(left, a), orderedBy(right, a));
        return Operators.items(value).stream()
                .min(name.equals("min") ? order : order.reversed())
                .orElse(new Value.Undefined(name));
    }

    /** The mapping of {@code dict(a=b)}. */
    static Value mapping(Arguments arguments) {
        var entries = new LinkedHashMap<Value, Value>();
        for (Value given : arguments.positional()) {
            if (!(given instanceof Value.Mapping mapping)) {
                throw new TemplateError("dict needs a mapping, found " + given.kind());
            }
            entries.putAll(mapping.entries());
        }
        arguments.named().forEach((name, value) -> entries.put(Text.own(name), value));
        return new Value.Mapping(entries);
    }
}
