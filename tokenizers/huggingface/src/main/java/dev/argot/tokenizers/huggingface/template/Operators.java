package dev.argot.tokenizers.huggingface.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Operators, with Python's meaning. */
final class Operators {
    private Operators() {}

    static Value unary(String operator, Value given) {
        Value value = arithmetic(given);
        return switch (value) {
            case Value.Whole whole ->
                new Value.Whole(operator.equals("-") ? Math.negateExact(whole.value()) : whole.value());
            case Value.Real real -> new Value.Real(operator.equals("-") ? -real.value() : real.value());
            default -> throw new TemplateError("'" + operator + "' needs a number, found " + value.kind());
        };
    }

    static Value binary(String operator, Value left, Value right, int limit) {
        if (operator.equals("~")) {
            return new Text.Builder(limit).add(left.text()).add(right.text()).build();
        }
        if (operator.equals("+") && left instanceof Text a && right instanceof Text b) {
            return Text.joined(a, b, limit);
        }
        if (operator.equals("+")
                && left instanceof Value.Sequence a
                && right instanceof Value.Sequence b
                && a.isIndexed()
                && a.form() == b.form()) {
            bounded((long) a.items().size() + b.items().size(), limit);
            var items = new ArrayList<>(a.items());
            items.addAll(b.items());
            return new Value.Sequence(items, a.form());
        }
        if (operator.equals("*") && isRepeatable(left) && arithmetic(right) instanceof Value.Whole times) {
            return repeated(left, times.value(), limit);
        }
        if (operator.equals("*") && isRepeatable(right) && arithmetic(left) instanceof Value.Whole times) {
            return repeated(right, times.value(), limit);
        }
        if (arithmetic(left) instanceof Value.Whole a && arithmetic(right) instanceof Value.Whole b) {
            try {
                return whole(operator, a.value(), b.value());
            } catch (ArithmeticException e) {
                throw new TemplateError(
                        "a number is too large, or divided by zero: " + a.value() + " " + operator + " " + b.value());
            }
        }
        if (isNumber(left) && isNumber(right)) {
            return real(operator, number(left), number(right));
        }
        throw new TemplateError("'" + operator + "' cannot be applied to " + left.kind() + " and " + right.kind());
    }

    private static boolean isRepeatable(Value value) {
        return value instanceof Text || (value instanceof Value.Sequence sequence && sequence.isIndexed());
    }

    /** Truth values count as 0 and 1. */
    static Value arithmetic(Value value) {
        return value instanceof Value.Truth truth ? new Value.Whole(truth.isTrue() ? 1 : 0) : value;
    }

    static Value repeated(Value value, long times, int limit) {
        long count = Math.max(0, times);
        if (value instanceof Text text) {
            bounded(
                    count == 0 || text.isEmpty()
                            ? 0
                            : Math.multiplyHigh(count, text.length()) != 0 ? Long.MAX_VALUE : count * text.length(),
                    limit);
            var result = new Text.Builder(limit);
            for (long i = 0; i < count && !text.isEmpty(); i++) {
                result.add(text);
            }
            return text.isMarkup() ? result.build().asMarkup() : result.build();
        }
        List<Value> items = items(value);
        bounded(
                items.isEmpty()
                        ? 0
                        : Math.multiplyHigh(count, items.size()) != 0 ? Long.MAX_VALUE : count * items.size(),
                limit);
        var result = new ArrayList<Value>();
        for (long i = 0; i < count && !items.isEmpty(); i++) {
            result.addAll(items);
        }
        return new Value.Sequence(result, ((Value.Sequence) value).form());
    }

    static void bounded(long size, int limit) {
        if (size > limit) {
            throw new TemplateError("a value is longer than " + limit);
        }
    }

    private static Value whole(String operator, long a, long b) {
        return switch (operator) {
            case "+" -> new Value.Whole(Math.addExact(a, b));
            case "-" -> new Value.Whole(Math.subtractExact(a, b));
            case "*" -> new Value.Whole(Math.multiplyExact(a, b));
            case "//" -> new Value.Whole(Math.floorDiv(a, b));
            case "%" -> new Value.Whole(Math.floorMod(a, b));
            case "/" -> real(operator, (double) a, (double) b);
            case "**" -> power(a, b);
            default -> throw new TemplateError("unknown operator '" + operator + "'");
        };
    }

    private static Value power(long a, long b) {
        if (b < 0) {
            return real("**", (double) a, (double) b);
        }
        long result = 1;
        for (long i = 0; i < b && result != 0 && !(a == 1 || (a == -1 && i >= 2)); i++) {
            result = Math.multiplyExact(result, a);
        }
        return new Value.Whole(a == -1 && b > 2 ? (b % 2 == 0 ? 1 : -1) : result);
    }

    private static Value real(String operator, double a, double b) {
        boolean divides = operator.equals("/") || operator.equals("//") || operator.equals("%");
        if (divides ? b == 0 : operator.equals("**") && a == 0 && b < 0) {
            throw new TemplateError("a number is divided by zero");
        }
        return new Value.Real(
                switch (operator) {
                    case "+" -> a + b;
                    case "-" -> a - b;
                    case "*" -> a * b;
                    case "/" -> a / b;
                    case "//" -> Math.copySign(Math.floor((a - remainder(a, b)) / b + 0.5), a / b);
                    case "%" -> remainder(a, b);
                    case "**" -> Math.pow(a, b);
                    default -> throw new TemplateError("unknown operator '" + operator + "'");
                });
    }

    /** With the sign of the divisor. */
    private static double remainder(double a, double b) {
        double remainder = a % b;
        return remainder == 0 ? Math.copySign(remainder, b) : remainder < 0 != b < 0 ? remainder + b : remainder;
    }

    static boolean isNumber(Value value) {
        return value instanceof Value.Whole || value instanceof Value.Real || value instanceof Value.Truth;
    }

    static double number(Value value) {
        return switch (value) {
            case Value.Whole whole -> (double) whole.value();
            case Value.Real real -> real.value();
            case Value.Truth truth -> truth.isTrue() ? 1 : 0;
            default -> throw new TemplateError("expected a number, found " + value.kind());
        };
    }

    static boolean compare(String operator, Value left, Value right) {
        return switch (operator) {
            case "==" -> equal(left, right);
            case "!=" -> !equal(left, right);
            case "<" -> compare(left, right) < 0;
            case "<=" -> compare(left, right) <= 0;
            case ">" -> compare(left, right) > 0;
            case ">=" -> compare(left, right) >= 0;
            case "in" -> contains(right, left);
            case "not in" -> !contains(right, left);
            default -> throw new TemplateError("unknown operator '" + operator + "'");
        };
    }

    static boolean equal(Value left, Value right) {
        if (isNumber(left) && isNumber(right)) {
            boolean exact = left instanceof Value.Whole && right instanceof Value.Whole;
            return exact ? left.equals(right) : number(left) == number(right);
        }
        if (left instanceof Value.Sequence a && right instanceof Value.Sequence b) {
            boolean same = a.form() == b.form() && a.items().size() == b.items().size();
            for (int i = 0; same && i < a.items().size(); i++) {
                same = equal(a.items().get(i), b.items().get(i));
            }
            return same;
        }
        if (left instanceof Value.Undefined && right instanceof Value.Undefined) {
            return true;
        }
        return left.equals(right);
    }

    /** Orders numbers, strings and lists. */
    static int compare(Value left, Value right) {
        if (left instanceof Text a && right instanceof Text b) {
            return a.compareTo(b);
        }
        if (isNumber(left) && isNumber(right)) {
            return left instanceof Value.Whole a && right instanceof Value.Whole b
                    ? Long.compare(a.value(), b.value())
                    : number(left) < number(right) ? -1 : number(left) == number(right) ? 0 : 1;
        }
        if (left instanceof Value.Sequence a && right instanceof Value.Sequence b && a.form() == b.form()) {
            for (int i = 0; i < Math.min(a.items().size(), b.items().size()); i++) {
                if (!equal(a.items().get(i), b.items().get(i))) {
                    return compare(a.items().get(i), b.items().get(i));
                }
            }
            return Integer.compare(a.items().size(), b.items().size());
        }
        throw new TemplateError(left.kind() + " and " + right.kind() + " have no order");
    }

    static boolean contains(Value container, Value item) {
        return switch (container) {
            case Text text -> {
                if (!(item instanceof Text part)) {
                    throw new TemplateError("a string cannot hold " + item.kind());
                }
                yield text.value().contains(part.value());
            }
            case Value.Mapping mapping -> mapping.entries().containsKey(item);
            case Value.Stream stream -> {
                Optional<Value> next = stream.next();
                while (next.isPresent() && !equal(next.get(), item)) {
                    next = stream.next();
                }
                yield next.isPresent();
            }
            default -> items(container).stream().anyMatch(one -> equal(one, item));
        };
    }

    /** What a loop runs over. */
    static List<Value> items(Value value) {
        return switch (value) {
            case Value.Sequence sequence -> sequence.items();
            case Value.Stream stream -> stream.rest();
            case Value.Mapping mapping -> List.copyOf(mapping.entries().keySet());
            case Text text -> {
                var characters = new ArrayList<Value>();
                for (int at = 0; at < text.length(); ) {
                    int next = at + Character.charCount(text.value().codePointAt(at));
                    characters.add(text.part(at, next));
                    at = next;
                }
                yield characters;
            }
            case Value.Undefined undefined -> List.of();
            default -> throw new TemplateError("there is nothing to run over in " + value.kind());
        };
    }

    static Value subscript(Value of, Value index) {
        return switch (of) {
            case Value.Mapping mapping -> {
                Value found = mapping.entries().get(index);
                yield found != null ? found : new Value.Undefined(index.text().value());
            }
            case Value.Sequence sequence
            when sequence.isIndexed() -> {
                if (!(arithmetic(index) instanceof Value.Whole whole)) {
                    yield new Value.Undefined(index.text().value());
                }
                long at = whole.value() < 0 ? whole.value() + sequence.items().size() : whole.value();
                yield at >= 0 && at < sequence.items().size()
                        ? sequence.items().get((int) at)
                        : new Value.Undefined("" + whole.value());
            }
            case Text text -> {
                if (!(arithmetic(index) instanceof Value.Whole whole)) {
                    yield new Value.Undefined(index.text().value());
                }
                long at = whole.value() < 0 ? whole.value() + text.size() : whole.value();
                yield at >= 0 && at < text.size() ? text.at((int) at) : new Value.Undefined("" + whole.value());
            }
            case Value.Namespace namespace ->
                namespace
                        .attributes()
                        .getOrDefault(
                                index.text().value(),
                                new Value.Undefined(index.text().value()));
            default -> new Value.Undefined(index instanceof Text name ? name.value() : "an item");
        };
    }

    static Value slice(Value of, Optional<Value> from, Optional<Value> to, Optional<Value> step) {
        long by = step.map(Operators::position).orElse(1L);
        if (by == 0) {
            throw new TemplateError("the step of a slice is 0");
        }
        if (!isRepeatable(of)) {
            throw new TemplateError(of.kind() + " has no slices");
        }
        List<Value> items = items(of);
        int size = items.size();
        long start = bound(from, size, by > 0 ? 0 : size - 1, by);
        long end = bound(to, size, by > 0 ? size : -1, by);
        var part = new ArrayList<Value>();
        for (long i = start; by > 0 ? i < end : i > end; i += by) {
            part.add(items.get((int) i));
        }
        if (of instanceof Value.Sequence sequence) {
            return new Value.Sequence(part, sequence.form());
        }
        var text = new Text.Builder();
        part.forEach(one -> text.add(one.text()));
        return ((Text) of).isMarkup() ? text.build().asMarkup() : text.build();
    }

    private static long position(Value value) {
        if (arithmetic(value) instanceof Value.Whole whole) {
            return whole.value();
        }
        throw new TemplateError("a slice needs whole numbers, found " + value.kind());
    }

    static long bound(Optional<Value> given, int size, long absent, long by) {
        if (given.isEmpty() || given.get() == Value.None.NONE) {
            return absent;
        }
        long at = position(given.get());
        at = at < 0 ? at + size : at;
        return by > 0 ? Math.clamp(at, 0, (long) size) : Math.clamp(at, -1L, size - 1L);
    }
}
