package dev.argot.tokenizers.huggingface.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Methods of Python's strings and dictionaries, those that change nothing. */
final class Methods {
    private Methods() {}

    /** The method of a name, if the value has it. */
    static Optional<Value> find(Value of, String name, int limit) {
        Value.Callable.@Nullable Function method =
                switch (of) {
                    case Text text -> ofText(text, name, limit);
                    case Value.Mapping mapping -> ofMapping(mapping, name);
                    case Value.Sequence sequence when sequence.isIndexed() -> ofSequence(sequence, name);
                    default -> null;
                };
        return method == null ? Optional.empty() : Optional.of(new Value.Callable(name, method));
    }

    private static Value.Callable.@Nullable Function ofMapping(Value.Mapping mapping, String name) {
        return switch (name) {
            case "items" ->
                arguments -> {
                    arguments.check(name, 0);
                    var items = new ArrayList<Value>();
                    mapping.entries().forEach((k, v) -> items.add(Value.Sequence.tuple(k, v)));
                    return new Value.Sequence(items, Value.Sequence.Form.ITEMS);
                };
            case "keys" ->
                arguments -> {
                    arguments.check(name, 0);
                    return new Value.Sequence(List.copyOf(mapping.entries().keySet()), Value.Sequence.Form.KEYS);
                };
            case "values" ->
                arguments -> {
                    arguments.check(name, 0);
                    return new Value.Sequence(List.copyOf(mapping.entries().values()), Value.Sequence.Form.VALUES);
                };
            case "get" ->
                arguments -> {
                    Arguments a = arguments.check(name, 1, "key", "default");
                    Value found = mapping.entries().get(a.get("key"));
                    return found != null ? found : a.find("default").orElse(Value.None.NONE);
                };
            case "copy" -> arguments -> mapping;
            default -> null;
        };
    }

    private static Value.Callable.@Nullable Function ofSequence(Value.Sequence sequence, String name) {
        return switch (name) {
            case "index" ->
                arguments -> {
                    Value wanted = arguments.check(name, 1, "value").get("value");
                    for (int i = 0; i < sequence.items().size(); i++) {
                        if (Operators.equal(sequence.items().get(i), wanted)) {
                            return new Value.Whole(i);
                        }
                    }
                    throw new TemplateError("the list has no such item");
                };
            case "count" ->
                arguments -> {
                    Value wanted = arguments.check(name, 1, "value").get("value");
                    return new Value.Whole(sequence.items().stream()
                            .filter(item -> Operators.equal(item, wanted))
                            .count());
                };
            case "copy" -> arguments -> sequence;
            default -> null;
        };
    }

    private static Value.Callable.@Nullable Function ofText(Text text, String name, int limit) {
        return switch (name) {
            case "strip", "lstrip", "rstrip" ->
                arguments -> {
                    Arguments a = arguments.check(name, 0, "chars");
                    return text.strip(
                            a.find("chars").filter(c -> c != Value.None.NONE).isPresent()
                                    ? a.text("chars").value()
                                    : null,
                            !name.equals("rstrip"),
                            !name.equals("lstrip"));
                };
            case "upper" -> none(name, text::upper);
            case "lower" -> none(name, text::lower);
            case "title" -> none(name, () -> title(text));
            case "capitalize" -> none(name, () -> capitalized(text));
            case "startswith", "endswith" ->
                arguments -> {
                    Arguments a = arguments.check(name, 1, "affix", "start", "end");
                    Value affix = a.get("affix");
                    List<Value> all =
                            affix instanceof Value.Sequence several && several.form() == Value.Sequence.Form.TUPLE
                                    ? several.items()
                                    : List.of(affix);
                    String of = within(text, a).value();
                    boolean any = false;
                    for (Value one : all) {
                        String part = one instanceof Text t ? t.value() : affixMustBeText(one);
                        any |= name.equals("startswith") ? of.startsWith(part) : of.endsWith(part);
                    }
                    return Value.Truth.of(any);
                };
            case "split", "rsplit" ->
                arguments -> {
                    Arguments a = arguments.check(name, 0, "sep", "maxsplit");
                    Optional<Value> separator = a.find("sep").filter(s -> s != Value.None.NONE);
                    long most = a.whole("maxsplit", -1);
                    return new Value.Sequence(
                            separator.isEmpty()
                                    ? words(text, most, name.equals("rsplit"))
                                    : split(text, a.text("sep"), most, name.equals("rsplit")));
                };
            case "splitlines" ->
                arguments -> {
                    arguments.check(name, 0, "keepends");
                    return new Value.Sequence(
                            lines(text, arguments.check(name, 0, "keepends").flag("keepends")));
                };
            case "replace" ->
                arguments -> {
                    Arguments a = arguments.check(name, 2, "old", "new", "count");
                    return text.replace(a.text("old"), a.text("new"), a.whole("count", -1), limit);
                };
            case "find", "rfind", "index", "rindex" ->
                arguments -> {
                    Arguments a = arguments.check(name, 1, "sub", "start", "end");
                    String part = a.text("sub").value();
                    String of = within(text, a).value();
                    int at = name.startsWith("r") ? of.lastIndexOf(part) : of.indexOf(part);
                    if (at < 0 && name.endsWith("index")) {
                        throw new TemplateError("the string does not hold '" + part + "'");
                    }
                    long from = Operators.bound(a.find("start"), text.size(), 0, 1);
                    return new Value.Whole(at < 0 ? -1 : from + of.codePointCount(0, at));
                };
            case "count" ->
                arguments -> {
                    Arguments a = arguments.check(name, 1, "sub", "start", "end");
                    Text part = a.text("sub");
                    Text of = within(text, a);
                    return new Value.Whole(
                            part.isEmpty()
                                    ? of.size() + 1L
                                    : split(of, part, -1, false).size() - 1L);
                };
            case "partition", "rpartition" ->
                arguments -> {
                    Text separator = arguments.check(name, 1, "sep").text("sep");
                    boolean last = name.startsWith("r");
                    List<Value> parts = split(text, separator, 1, last);
                    return parts.size() == 2
                            ? Value.Sequence.tuple(parts.get(0), separator, parts.get(1))
                            : last
                                    ? Value.Sequence.tuple(Text.EMPTY, Text.EMPTY, text)
                                    : Value.Sequence.tuple(text, Text.EMPTY, Text.EMPTY);
                };
            case "ljust", "rjust", "center" ->
                arguments -> {
                    Arguments a = arguments.check(name, 1, "width", "fillchar");
                    Text fill = a.text("fillchar", " ");
                    long missing = Math.max(0, a.whole("width", 0) - text.size());
                    if (fill.size() != 1) {
                        throw new TemplateError(name + " needs a single character to fill with");
                    }
                    // where the halves differ, Python puts the larger one in front of an odd width
                    long before = name.equals("ljust")
                            ? 0
                            : name.equals("rjust") ? missing : missing / 2 + (missing & a.whole("width", 0) & 1);
                    return Operators.repeated(fill, before, limit)
                            .text()
                            .plus(text)
                            .plus(Operators.repeated(fill, missing - before, limit)
                                    .text());
                };
            case "format" -> arguments -> formatted(text, arguments, limit);
            case "join" ->
                arguments -> {
                    List<Value> items =
                            Operators.items(arguments.check(name, 1, "items").get("items"));
                    return joined(items, text, limit);
                };
            case "removeprefix" ->
                arguments -> {
                    String part =
                            arguments.check(name, 1, "prefix").text("prefix").value();
                    return text.value().startsWith(part) ? text.part(part.length(), text.length()) : text;
                };
            case "removesuffix" ->
                arguments -> {
                    String part =
                            arguments.check(name, 1, "suffix").text("suffix").value();
                    return text.value().endsWith(part) && !part.isEmpty()
                            ? text.part(0, text.length() - part.length())
                            : text;
                };
            case "isdigit" -> none(name, () -> Value.Truth.of(every(text, Character::isDigit)));
            case "isalpha" -> none(name, () -> Value.Truth.of(every(text, Character::isLetter)));
            case "isalnum" -> none(name, () -> Value.Truth.of(every(text, Character::isLetterOrDigit)));
            case "isspace" -> none(name, () -> Value.Truth.of(every(text, Text::isSpace)));
            case "isupper" -> none(name, () -> Value.Truth.of(Tests.test("upper", text, List.of())));
            case "islower" -> none(name, () -> Value.Truth.of(Tests.test("lower", text, List.of())));
            default -> null;
        };
    }

    /** The part from {@code start} to {@code end}. */
    private static Text within(Text text, Arguments a) {
        int size = text.size();
        long from = Operators.bound(a.find("start"), size, 0, 1);
        long to = Operators.bound(a.find("end"), size, size, 1);
        return text.part(text.offset((int) from), text.offset((int) Math.max(from, to)));
    }

    /** Python's {@code str.format}, fields by number or name alone. */
    private static Text formatted(Text text, Arguments arguments, int limit) {
        var result = new Text.Builder(limit);
        String value = text.value();
        int next = 0;
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            boolean doubled = i + 1 < value.length() && value.charAt(i + 1) == c;
            if ((c != '{' && c != '}') || doubled) {
                result.add(text.part(i, i + 1));
                i += c == '{' || c == '}' ? 1 : 0;
                continue;
            }
            int end = value.indexOf('}', i);
            if (c == '}' || end < 0) {
                throw new TemplateError("format found a single '" + c + "'");
            }
            String field = value.substring(i + 1, end);
            boolean numbered =
                    !field.isEmpty() && field.length() < 9 && field.chars().allMatch(d -> d >= '0' && d <= '9');
            int number = field.isEmpty() ? next++ : numbered ? Integer.parseInt(field) : -1;
            Value given = number < 0
                    ? arguments.named().get(field)
                    : number < arguments.positional().size()
                            ? arguments.positional().get(number)
                            : null;
            if (given == null) {
                throw new TemplateError("format cannot fill '{" + field + "}'");
            }
            result.add(given.text());
            i = end;
        }
        return text.isMarkup() ? result.build().asMarkup() : result.build();
    }

    private static Value.Callable.Function none(String name, java.util.function.Supplier<Value> method) {
        return arguments -> {
            arguments.check(name, 0);
            return method.get();
        };
    }

    private static boolean every(Text text, java.util.function.IntPredicate test) {
        return !text.isEmpty() && text.value().codePoints().allMatch(test);
    }

    private static String affixMustBeText(Value value) {
        throw new TemplateError("expected a string, found " + value.kind());
    }

    /** Python's {@code str.title}: a letter after anything that is no letter is upper case. */
    static Text title(Text text) {
        var result = new Text.Builder();
        boolean inWord = false;
        for (Value character : Operators.items(text)) {
            Text one = character.text();
            boolean letter = Character.isLetter(one.value().codePointAt(0));
            result.add(letter && !inWord ? one.upper() : one.lower());
            inWord = letter;
        }
        return result.build();
    }

    /** The filter {@code title}: words begin behind blanks, hyphens and opening brackets. */
    static Text titled(Text text) {
        var result = new Text.Builder();
        boolean begins = true;
        for (Value character : Operators.items(text)) {
            Text one = character.text();
            result.add(begins ? one.upper() : one.lower());
            int c = one.value().codePointAt(0);
            begins = Text.isSpace(c) || "-({[<".indexOf(c) >= 0;
        }
        return result.build();
    }

    static Text capitalized(Text text) {
        if (text.isEmpty()) {
            return text;
        }
        int first = Character.charCount(text.value().codePointAt(0));
        return text.part(0, first).upper().plus(text.part(first, text.length()).lower());
    }

    static Text joined(List<Value> items, Text separator, int limit) {
        var result = new Text.Builder(limit);
        for (int i = 0; i < items.size(); i++) {
            if (i > 0) {
                result.add(separator);
            }
            result.add(items.get(i).text());
        }
        return result.build();
    }

    static List<Value> split(Text text, Text separator, long most, boolean fromEnd) {
        if (separator.isEmpty()) {
            throw new TemplateError("a string cannot be split at nothing");
        }
        String value = text.value();
        String part = separator.value();
        var pieces = new ArrayList<Value>();
        long left = most < 0 ? Long.MAX_VALUE : most;
        if (fromEnd) {
            int end = value.length();
            int found = value.lastIndexOf(part, end - part.length());
            while (found >= 0 && left-- > 0) {
                pieces.add(0, text.part(found + part.length(), end));
                end = found;
                found = end - part.length() < 0 ? -1 : value.lastIndexOf(part, end - part.length());
            }
            pieces.add(0, text.part(0, end));
            return pieces;
        }
        int at = 0;
        int found = value.indexOf(part, at);
        while (found >= 0 && left-- > 0) {
            pieces.add(text.part(at, found));
            at = found + part.length();
            found = value.indexOf(part, at);
        }
        pieces.add(text.part(at, value.length()));
        return pieces;
    }

    /** Split at runs of white space. */
    private static List<Value> words(Text text, long most, boolean fromEnd) {
        var words = new ArrayList<Value>();
        Text rest = text.strip(null, !fromEnd, fromEnd);
        long left = most < 0 ? Long.MAX_VALUE : most;
        while (!rest.isEmpty()) {
            int cut = left-- > 0 ? space(rest, fromEnd) : -1;
            if (cut < 0) {
                words.add(fromEnd ? 0 : words.size(), rest.strip(null, fromEnd && left >= 0, !fromEnd && left >= 0));
                break;
            }
            words.add(fromEnd ? 0 : words.size(), fromEnd ? rest.part(cut + 1, rest.length()) : rest.part(0, cut));
            rest = (fromEnd ? rest.part(0, cut) : rest.part(cut, rest.length())).strip(null, !fromEnd, fromEnd);
        }
        return words;
    }

    private static int space(Text text, boolean last) {
        int n = text.length();
        for (int i = 0; i < n; i++) {
            int at = last ? n - 1 - i : i;
            if (Text.isSpace(text.value().charAt(at))) {
                return at;
            }
        }
        return -1;
    }

    static List<Value> lines(Text text, boolean keepEnds) {
        var lines = new ArrayList<Value>();
        int at = 0;
        String value = text.value();
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            boolean end = c == '\n'
                    || c == '\r'
                    || c == 0x0b
                    || c == 0x0c
                    || (c >= 0x1c && c <= 0x1e)
                    || c == 0x85
                    || c == 0x2028
                    || c == 0x2029;
            if (end) {
                int after = c == '\r' && i + 1 < value.length() && value.charAt(i + 1) == '\n' ? i + 2 : i + 1;
                lines.add(text.part(at, keepEnds ? after : i));
                at = after;
                i = after - 1;
            }
        }
        if (at < value.length()) {
            lines.add(text.part(at, value.length()));
        }
        return lines;
    }

    /**
     * Looks up attributes with dots in their names, such as {@code function.name}.
     *
     * @param absent what stands for what is not there; null: nothing does
     */
    static Value attribute(Value of, Value path, @Nullable Value absent, int limit) {
        Value value = of;
        for (Value part : path instanceof Text text ? split(text, Text.own("."), -1, false) : List.of(path)) {
            String name = part.text().value();
            boolean index = part instanceof Value.Whole
                    || (!name.isEmpty() && name.length() < 10 && name.chars().allMatch(c -> c >= '0' && c <= '9'));
            value = item(value, index ? new Value.Whole(Long.parseLong(name)) : part, limit);
            value = value instanceof Value.Undefined && absent != null ? absent : value;
        }
        return value;
    }

    /** {@code a.name}: a method, else what a mapping holds. */
    static Value attribute(Value of, String name, int limit) {
        Optional<Value> method = find(of, name, limit);
        if (method.isPresent()) {
            return method.get();
        }
        if (name.startsWith("__")) {
            throw new TemplateError("'" + name + "' is not within a template's reach");
        }
        return switch (of) {
            case Value.Mapping mapping -> mapping.get(name);
            case Value.Namespace namespace -> namespace.attributes().getOrDefault(name, new Value.Undefined(name));
            case Value.Loop loop -> ofLoop(loop, name);
            case Value.Undefined undefined ->
                throw new TemplateError("'" + undefined.name() + "' is undefined, and so has no '" + name + "'");
            default -> new Value.Undefined(name);
        };
    }

    /** {@code a[index]}: what is there, else a method of that name. */
    static Value item(Value of, Value index, int limit) {
        if (of instanceof Value.Undefined undefined) {
            throw new TemplateError("'" + undefined.name() + "' is undefined, and so has no '"
                    + index.text().value() + "'");
        }
        Value found = Operators.subscript(of, index);
        return found instanceof Value.Undefined && index instanceof Text name
                ? attribute(of, name.value(), limit)
                : found;
    }

    private static Value ofLoop(Value.Loop loop, String name) {
        int size = loop.items().size();
        int i = loop.index();
        return switch (name) {
            case "index" -> new Value.Whole(i + 1L);
            case "index0" -> new Value.Whole(i);
            case "revindex" -> new Value.Whole(size - i);
            case "revindex0" -> new Value.Whole(size - i - 1L);
            case "first" -> Value.Truth.of(i == 0);
            case "last" -> Value.Truth.of(i == size - 1);
            case "length" -> new Value.Whole(size);
            case "depth" -> new Value.Whole(loop.depth() + 1L);
            case "depth0" -> new Value.Whole(loop.depth());
            case "previtem" -> i > 0 ? loop.items().get(i - 1) : new Value.Undefined("loop.previtem");
            case "nextitem" -> i + 1 < size ? loop.items().get(i + 1) : new Value.Undefined("loop.nextitem");
            case "cycle" ->
                new Value.Callable("cycle", arguments -> {
                    if (arguments.positional().isEmpty()) {
                        throw new TemplateError("loop.cycle needs something to choose from");
                    }
                    return arguments.positional().get(i % arguments.positional().size());
                });
            case "changed" ->
                new Value.Callable("changed", arguments -> {
                    var now = new Value.Sequence(arguments.positional());
                    boolean same = !loop.seen().isEmpty()
                            && Operators.equal(now, loop.seen().get(0));
                    loop.seen().clear();
                    loop.seen().add(now);
                    return Value.Truth.of(!same);
                });
            default -> new Value.Undefined(name);
        };
    }
}
