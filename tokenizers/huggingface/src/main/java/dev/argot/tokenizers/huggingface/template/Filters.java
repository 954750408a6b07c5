package dev.argot.tokenizers.huggingface.template;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

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

    private static final Pattern WORD = Pattern.compile("(?U)\\w+");
    private static final Pattern REAL =
            Pattern.compile("[+-]?(\\d+(_\\d+)*)?\\.?(\\d+(_\\d+)*)?([eE][+-]?\\d+(_\\d+)*)?");
    private static final Pattern WHOLE = Pattern.compile("[+-]?\\p{Alnum}+(_\\p{Alnum}+)*");

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
            case "title" -> none(name, arguments, Methods.titled(value.text()));
            case "capitalize" -> none(name, arguments, Methods.capitalized(value.text()));
            case "string" -> none(name, arguments, value.text());
            case "safe" -> none(name, arguments, value.text().asMarkup());
            case "escape", "e" -> none(name, arguments, value.text().escaped());
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
                                WORD.matcher(value.text().value()).results().count()));
            case "join" -> {
                Arguments a = arguments.check(name, 0, "d", "attribute");
                List<Value> items = Operators.items(value);
                if (a.find("attribute").isPresent()) {
                    items = items.stream()
                            .map(i -> Methods.attribute(i, a.get("attribute"), null, limit))
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
            case "int" -> integer(defined(value), arguments.check(name, 0, "default", "base"));
            case "float" -> real(defined(value), arguments.check(name, 0, "default"));
            case "round" -> round(value, arguments.check(name, 0, "precision", "method"));
            case "abs" ->
                none(
                        name,
                        arguments,
                        Operators.arithmetic(value) instanceof Value.Whole whole
                                ? new Value.Whole(Math.absExact(whole.value()))
                                : new Value.Real(Math.abs(Operators.number(value))));
            case "sort" -> sort(value, arguments.check(name, 0, "reverse", "case_sensitive", "attribute"));
            case "unique" -> unique(value, arguments.check(name, 0, "case_sensitive", "attribute"));
            case "reverse" -> none(name, arguments, reversed(value));
            case "indent" -> indent(text(name, value), arguments.check(name, 0, "width", "first", "blank"));
            case "items" -> none(name, arguments, pairs(value));
            case "dictsort" -> dictionarySort(value, arguments.check(name, 0, "case_sensitive", "by", "reverse"));
            case "sum" -> sum(value, arguments.check(name, 0, "attribute", "start"));
            case "min", "max" -> extreme(name, value, arguments.check(name, 0, "case_sensitive", "attribute"));
            case "attr" ->
                ofObject(value, arguments.check(name, 1, "name").text("name").value());
            default -> throw new TemplateError("unknown filter '" + name + "'");
        };
    }

    private static Text text(String name, Value value) {
        if (value instanceof Text text) {
            return text;
        }
        throw new TemplateError(name + " needs a string, found " + value.kind());
    }

    private static Value defined(Value value) {
        if (value instanceof Value.Undefined) {
            throw new TemplateError(value.kind() + ", is no number");
        }
        return value;
    }

    private static Value none(String name, Arguments arguments, Value result) {
        arguments.check("the filter '" + name + "'", 0);
        return result;
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
        if (value instanceof Value.Stream stream) {
            if (first) {
                return stream.next().orElse(new Value.Undefined(name));
            }
            throw new TemplateError("a stream of values has no last one");
        }
        List<Value> items = Operators.items(value);
        return items.isEmpty() ? new Value.Undefined(name) : first ? items.getFirst() : items.getLast();
    }

    /** {@code attr}: methods and attributes, not what a mapping holds. */
    private Value ofObject(Value value, String name) {
        return value instanceof Value.Mapping
                ? Methods.find(value, name, limit).orElse(new Value.Undefined(name))
                : Methods.attribute(value, name, limit);
    }

    /** None for what is false, as in {@code none | map('upper')}. */
    private static List<Value> itemsOrNone(Value value) {
        return value.isTrue() ? Operators.items(value) : List.of();
    }

    private Value map(Value value, Arguments arguments) {
        List<Value> items = itemsOrNone(value);
        Optional<Value> attribute = arguments.find("attribute");
        if (attribute.isPresent()) {
            Optional<Value> absent = arguments.find("default");
            return new Value.Stream(items.stream()
                    .map(item -> Methods.attribute(item, attribute.get(), absent.orElse(null), limit))
                    .toList());
        }
        if (arguments.positional().isEmpty() || !(arguments.positional().get(0) instanceof Text filter)) {
            throw new TemplateError("map needs the name of a filter, or attribute=");
        }
        known(NAMES, "filter", filter.value());
        var rest = new Arguments(
                arguments.positional().subList(1, arguments.positional().size()), arguments.named());
        return new Value.Stream(
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
        return new Value.Stream(itemsOrNone(value).stream()
                .filter(item -> holds(item, given) == wanted)
                .toList());
    }

    private Value selectAttribute(String name, Value value, Arguments arguments) {
        boolean wanted = name.equals("selectattr");
        List<Value> given = arguments.positional();
        if (given.isEmpty()) {
            throw new TemplateError(name + " needs the name of an attribute");
        }
        return new Value.Stream(itemsOrNone(value).stream()
                .filter(item ->
                        holds(Methods.attribute(item, given.get(0), null, limit), given.subList(1, given.size()))
                                == wanted)
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
        Value width = a.find("indent").orElse(Value.None.NONE);
        String indent = width == Value.None.NONE
                ? null
                : width instanceof Text text ? text.value() : " ".repeat(Math.clamp(a.whole("indent", 0), 0, 100));
        String item = indent != null ? "," : ", ";
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

    /** Python's {@code int}; what is no number becomes the default. */
    private static Value integer(Value value, Arguments a) {
        Value absent = a.find("default").orElse(new Value.Whole(0));
        int base = Math.clamp(a.whole("base", 10), 2, 36);
        return switch (value) {
            case Text text -> {
                String digits = text.value().strip();
                try {
                    if (WHOLE.matcher(digits).matches()) {
                        yield new Value.Whole(Long.parseLong(withoutPrefix(digits.replace("_", ""), base), base));
                    }
                } catch (NumberFormatException e) {
                    // perhaps a number with a fraction or exponent
                    yield real(digits).map(Filters::whole).orElse(absent);
                }
                yield real(digits).map(Filters::whole).orElse(absent);
            }
            case Value.Real real -> whole(real.value());
            default -> Operators.arithmetic(value) instanceof Value.Whole whole ? whole : absent;
        };
    }

    private static String withoutPrefix(String digits, int base) {
        String prefix = base == 16 ? "0x" : base == 8 ? "0o" : base == 2 ? "0b" : "";
        String sign = digits.startsWith("-") || digits.startsWith("+") ? digits.substring(0, 1) : "";
        String rest = digits.substring(sign.length());
        return !prefix.isEmpty() && rest.regionMatches(true, 0, prefix, 0, 2) ? sign + rest.substring(2) : digits;
    }

    private static Value whole(double value) {
        if (!(Math.abs(value) < 0x1p63)) {
            throw new TemplateError("the number " + Representation.number(value) + " is too large");
        }
        return new Value.Whole((long) value);
    }

    private static Optional<Double> real(String text) {
        String word = text.toLowerCase(Locale.ROOT).replaceFirst("^[+-]", "");
        if (word.equals("nan")) {
            return Optional.of(Double.NaN);
        }
        if (word.equals("inf") || word.equals("infinity")) {
            return Optional.of(text.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY);
        }
        boolean number = REAL.matcher(text).matches() && text.matches("[+-]?\\.?\\d.*");
        return number ? Optional.of(Double.parseDouble(text.replace("_", ""))) : Optional.empty();
    }

    private static Value real(Value value, Arguments a) {
        Value absent = a.find("default").orElse(new Value.Real(0));
        return value instanceof Text text
                ? real(text.value().strip()).<Value>map(Value.Real::new).orElse(absent)
                : Operators.isNumber(value) ? new Value.Real(Operators.number(value)) : absent;
    }

    private static Value round(Value value, Arguments a) {
        int precision = Math.clamp(a.whole("precision", 0), -300, 300);
        String method = a.text("method", "common").value();
        double number = Operators.number(value);
        BigDecimal factor = BigDecimal.TEN.pow(Math.abs(precision));
        double scale = precision < 0 ? 1 / factor.doubleValue() : factor.doubleValue();
        return switch (method) {
            case "common" -> {
                if (Operators.arithmetic(value) instanceof Value.Whole whole) {
                    yield new Value.Whole(BigDecimal.valueOf(whole.value())
                            .setScale(Math.min(0, precision), RoundingMode.HALF_EVEN)
                            .longValueExact());
                }
                yield new Value.Real(
                        Double.isInfinite(number) || Double.isNaN(number)
                                ? number
                                : Math.copySign(
                                        new BigDecimal(number)
                                                .setScale(precision, RoundingMode.HALF_EVEN)
                                                .doubleValue(),
                                        number));
            }
            case "ceil" -> new Value.Real(Math.ceil(number * scale) / scale);
            case "floor" -> new Value.Real(Math.floor(number * scale) / scale);
            default -> throw new TemplateError("round knows common, ceil and floor, not '" + method + "'");
        };
    }

    /** What items are ordered by: an attribute where one is named, strings without case unless asked otherwise. */
    private Value orderedBy(Value item, Arguments a) {
        Value attribute = a.find("attribute").orElse(Value.None.NONE);
        return withoutCase(attribute == Value.None.NONE ? item : Methods.attribute(item, attribute, null, limit), a);
    }

    /** Several attributes may stand with commas between them. */
    private Value sortedBy(Value item, Arguments a) {
        return a.find("attribute").orElse(Value.None.NONE) instanceof Text names
                ? new Value.Sequence(Methods.split(names, Text.own(","), -1, false).stream()
                        .map(name -> withoutCase(Methods.attribute(item, name, null, limit), a))
                        .toList())
                : orderedBy(item, a);
    }

    private static Value withoutCase(Value value, Arguments a) {
        return value instanceof Text text && !a.flag("case_sensitive") ? text.lower() : value;
    }

    private Value sort(Value value, Arguments a) {
        Comparator<Value> order = (left, right) -> Operators.compare(sortedBy(left, a), sortedBy(right, a));
        var items = new ArrayList<>(Operators.items(value));
        items.sort(a.flag("reverse") ? order.reversed() : order);
        return new Value.Sequence(items);
    }

    private Value unique(Value value, Arguments a) {
        var seen = new LinkedHashSet<Value>();
        var items = new ArrayList<Value>();
        for (Value item : Operators.items(value)) {
            if (seen.add(orderedBy(item, a))) {
                items.add(item);
            }
        }
        return new Value.Stream(items);
    }

    private static Value reversed(Value value) {
        List<Value> items = Operators.items(value).reversed();
        if (!(value instanceof Text)) {
            return value instanceof Value.Stream ? new Value.Sequence(items) : new Value.Stream(items);
        }
        return Methods.joined(items, Text.EMPTY, Integer.MAX_VALUE);
    }

    private Value indent(Text text, Arguments a) {
        Text by = a.find("width").orElse(new Value.Whole(4)) instanceof Text given
                ? given
                : Text.own(" ".repeat(Math.clamp(a.whole("width", 4), 0, 1000)));
        List<Value> lines = Methods.lines(text.plus(Text.own("\n")), false);
        var result = new Text.Builder(limit);
        for (int i = 0; i < lines.size(); i++) {
            Text line = lines.get(i).text();
            boolean indented = i == 0 ? a.flag("first") : a.flag("blank") || !line.isEmpty();
            result.add(i == 0 ? Text.EMPTY : Text.own("\n"))
                    .add(indented ? by : Text.EMPTY)
                    .add(line);
        }
        return result.build();
    }

    private static Value pairs(Value value) {
        return switch (value) {
            case Value.Undefined undefined -> new Value.Stream(List.of());
            case Value.Mapping mapping ->
                new Value.Stream(
                        mapping.entries().entrySet().stream().map(Filters::pair).toList());
            default -> throw new TemplateError("items needs a mapping, found " + value.kind());
        };
    }

    private static Value pair(Map.Entry<Value, Value> entry) {
        return Value.Sequence.tuple(entry.getKey(), entry.getValue());
    }

    private static Value dictionarySort(Value value, Arguments a) {
        if (!(value instanceof Value.Mapping mapping)) {
            throw new TemplateError("dictsort needs a mapping, found " + value.kind());
        }
        boolean byValue = a.text("by", "key").value().equals("value");
        Comparator<Map.Entry<Value, Value>> order = (left, right) -> {
            Value l = byValue ? left.getValue() : left.getKey();
            Value r = byValue ? right.getValue() : right.getKey();
            return Operators.compare(withoutCase(l, a), withoutCase(r, a));
        };
        var entries = new ArrayList<>(mapping.entries().entrySet());
        entries.sort(a.flag("reverse") ? order.reversed() : order);
        return new Value.Sequence(entries.stream().map(Filters::pair).toList());
    }

    private Value sum(Value value, Arguments a) {
        Value total = a.find("start").orElse(new Value.Whole(0));
        for (Value item : Operators.items(value)) {
            Value part =
                    a.find("attribute").isPresent() ? Methods.attribute(item, a.get("attribute"), null, limit) : item;
            total = Operators.binary("+", total, part, limit);
        }
        return total;
    }

    private Value extreme(String name, Value value, Arguments a) {
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
