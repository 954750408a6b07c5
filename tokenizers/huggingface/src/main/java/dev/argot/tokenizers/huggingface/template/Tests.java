package dev.argot.tokenizers.huggingface.template;

import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What can stand behind {@code is} (Jinja documentation, "List of Builtin Tests"). */
final class Tests {
    static final Set<String> NAMES = Collections.unmodifiableSet(new TreeSet<>(Set.of(
            "defined",
            "undefined",
            "none",
            "string",
            "number",
            "integer",
            "float",
            "boolean",
            "true",
            "false",
            "mapping",
            "sequence",
            "iterable",
            "callable",
            "even",
            "odd",
            "divisibleby",
            "lower",
            "upper",
            "in",
            "eq",
            "equalto",
            "ne",
            "lt",
            "lessthan",
            "le",
            "gt",
            "greaterthan",
            "ge",
            "sameas")));

    private Tests() {}

    static boolean test(String name, Value value, List<Value> arguments) {
        return switch (name) {
            case "defined" -> !(value instanceof Value.Undefined);
            case "undefined" -> value instanceof Value.Undefined;
            case "none" -> value == Value.None.NONE;
            case "string" -> value instanceof Text;
            case "number" -> Operators.isNumber(value);
            case "integer" -> value instanceof Value.Whole;
            case "float" -> value instanceof Value.Real;
            case "boolean" -> value instanceof Value.Truth;
            case "true" -> value == Value.Truth.TRUE;
            case "false" -> value == Value.Truth.FALSE;
            case "mapping" -> value instanceof Value.Mapping;
            case "sequence" ->
                value instanceof Value.Sequence sequence
                        ? sequence.isIndexed()
                        : value instanceof Value.Mapping || value instanceof Text || value instanceof Value.Undefined;
            case "iterable" ->
                value instanceof Value.Sequence
                        || value instanceof Value.Stream
                        || value instanceof Value.Mapping
                        || value instanceof Text
                        || value instanceof Value.Undefined;
            case "callable" -> value instanceof Value.Callable || value instanceof Value.Undefined;
            case "even" -> remainder(value, new Value.Whole(2)) == 0;
            case "odd" -> remainder(value, new Value.Whole(2)) == 1;
            case "divisibleby" -> remainder(value, argument(name, arguments)) == 0;
            case "lower" -> cased(value.text().value(), false);
            case "upper" -> cased(value.text().value(), true);
            case "in" -> Operators.contains(argument(name, arguments), value);
            case "eq", "equalto" -> Operators.equal(value, argument(name, arguments));
            case "sameas" -> value.equals(argument(name, arguments));
            case "ne" -> !Operators.equal(value, argument(name, arguments));
            case "lt", "lessthan" -> Operators.compare(value, argument(name, arguments)) < 0;
            case "le" -> Operators.compare(value, argument(name, arguments)) <= 0;
            case "gt", "greaterthan" -> Operators.compare(value, argument(name, arguments)) > 0;
            case "ge" -> Operators.compare(value, argument(name, arguments)) >= 0;
            default -> throw new TemplateError("unknown test '" + name + "'");
        };
    }

    private static boolean cased(String text, boolean upper) {
        return text.codePoints().anyMatch(Character::isLetter)
                && text.equals(
                        upper ? text.toUpperCase(java.util.Locale.ROOT) : text.toLowerCase(java.util.Locale.ROOT));
    }

    private static Value argument(String name, List<Value> arguments) {
        if (arguments.size() != 1) {
            throw new TemplateError("the test '" + name + "' takes one argument");
        }
        return arguments.get(0);
    }

    private static double remainder(Value value, Value divisor) {
        return Operators.number(Operators.binary("%", value, divisor, 0));
    }
}
