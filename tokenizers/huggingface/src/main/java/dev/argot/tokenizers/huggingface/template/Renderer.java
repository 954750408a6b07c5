package dev.argot.tokenizers.huggingface.template;

import java.time.Clock;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Runs a template once. Steps, depth and output are bounded. Not thread-safe. */
final class Renderer {
    private static final int MAX_DEPTH = 64;
    private static final long MAX_RANGE = 100_000;

    private final JinjaTemplate.Limits limits;
    private final Clock clock;
    private final Filters filters;
    private final List<int[]> generated = new ArrayList<>();
    private long steps;
    private int depth;

    Renderer(JinjaTemplate.Limits limits, Clock clock) {
        this.limits = limits;
        this.clock = clock;
        this.filters = new Filters(limits.characters());
        this.written = new Text.Builder(limits.characters());
    }

    /** Variables, those of the enclosing scope in reach. */
    private static final class Scope {
        private final @Nullable Scope outer;
        private final Map<String, Value> values = new HashMap<>();

        Scope(@Nullable Scope outer) {
            this.outer = outer;
        }

        Value get(String name) {
            for (Scope scope = this; scope != null; scope = scope.outer) {
                Value value = scope.values.get(name);
                if (value != null) {
                    return value;
                }
            }
            return new Value.Undefined(name);
        }

        void set(String name, Value value) {
            values.put(name, value);
        }
    }

    /** What a statement leads to. */
    private enum Flow {
        ON,
        BREAK,
        CONTINUE
    }

    private final Text.Builder written;

    JinjaTemplate.Rendering render(List<Statement> template, Map<String, Value> variables) {
        var scope = new Scope(null);
        functions().forEach(scope::set);
        variables.forEach(scope::set);
        run(template, new Scope(scope), written);
        Text text = written.build();
        return new JinjaTemplate.Rendering(text.value(), text.foreign(), List.copyOf(generated));
    }

    private Map<String, Value> functions() {
        var functions = new LinkedHashMap<String, Value>();
        add(functions, "raise_exception", arguments -> {
            throw TemplateError.raised(arguments
                    .check("raise_exception", 1, "message")
                    .get("message")
                    .text()
                    .value());
        });
        add(functions, "namespace", arguments -> {
            var attributes = new LinkedHashMap<String, Value>();
            if (Filters.mapping(arguments) instanceof Value.Mapping mapping) {
                mapping.entries()
                        .forEach((name, value) -> attributes.put(
                                Value.Namespace.checked(name.text().value()), value));
            }
            return new Value.Namespace(attributes);
        });
        add(functions, "dict", Filters::mapping);
        add(functions, "range", this::range);
        add(
                functions,
                "strftime_now",
                arguments -> Text.own(time(arguments
                        .check("strftime_now", 1, "format")
                        .text("format")
                        .value())));
        return functions;
    }

    private static void add(Map<String, Value> functions, String name, Value.Callable.Function function) {
        functions.put(name, new Value.Callable(name, function));
    }

    private Value range(Arguments arguments) {
        List<Value> given = arguments.positional();
        if (given.isEmpty() || given.size() > 3 || !arguments.named().isEmpty()) {
            throw new TemplateError("range takes one to three numbers");
        }
        long[] numbers = new long[given.size()];
        for (int i = 0; i < numbers.length; i++) {
            if (!(given.get(i) instanceof Value.Whole whole)) {
                throw new TemplateError(
                        "range needs whole numbers, found " + given.get(i).kind());
            }
            numbers[i] = whole.value();
        }
        long from = numbers.length > 1 ? numbers[0] : 0;
        long to = numbers.length > 1 ? numbers[1] : numbers[0];
        long by = numbers.length > 2 ? numbers[2] : 1;
        if (by == 0) {
            throw new TemplateError("the step of a range is 0");
        }
        var items = new ArrayList<Value>();
        for (long i = from; by > 0 ? i < to : i > to; i += by) {
            if (items.size() >= MAX_RANGE) {
                throw new TemplateError("a range is longer than " + MAX_RANGE);
            }
            items.add(new Value.Whole(i));
        }
        return new Value.Sequence(items);
    }

    /** Python's {@code strftime} in English. */
    private String time(String format) {
        ZonedDateTime now = ZonedDateTime.now(clock);
        var result = new StringBuilder();
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            if (c != '%' || i + 1 == format.length()) {
                result.append(c);
                continue;
            }
            char directive = format.charAt(++i);
            boolean padded = directive != '-' || i + 1 == format.length();
            directive = padded ? directive : format.charAt(++i);
            String pattern =
                    switch (directive) {
                        case 'Y' -> "yyyy";
                        case 'y' -> "yy";
                        case 'm' -> padded ? "MM" : "M";
                        case 'd' -> padded ? "dd" : "d";
                        case 'B' -> "MMMM";
                        case 'b' -> "MMM";
                        case 'A' -> "EEEE";
                        case 'a' -> "EEE";
                        case 'H' -> padded ? "HH" : "H";
                        case 'I' -> padded ? "hh" : "h";
                        case 'M' -> padded ? "mm" : "m";
                        case 'S' -> padded ? "ss" : "s";
                        case 'p' -> "a";
                        case 'j' -> padded ? "DDD" : "D";
                        case '%' -> "'%'";
                        default -> throw new TemplateError("strftime_now does not know %" + directive);
                    };
            result.append(DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH).format(now));
        }
        return result.toString();
    }

    // ---- statements

    private Flow run(List<Statement> statements, Scope scope, Text.Builder out) {
        for (Statement statement : statements) {
            step();
            Flow flow = run(statement, scope, out);
            if (flow != Flow.ON) {
                return flow;
            }
        }
        return Flow.ON;
    }

    private void step() {
        if (++steps > limits.steps()) {
            throw new TemplateError("more than " + limits.steps() + " steps");
        }
    }

    private Flow run(Statement statement, Scope scope, Text.Builder out) {
        switch (statement) {
            case Statement.Data data -> out.add(data.text());
            case Statement.Output output ->
                out.add(evaluate(output.value(), scope).text());
            case Statement.If choice -> {
                for (Map.Entry<Expression, List<Statement>> branch : choice.branches()) {
                    if (evaluate(branch.getKey(), scope).isTrue()) {
                        return run(branch.getValue(), scope, out);
                    }
                }
                return run(choice.otherwise(), scope, out);
            }
            case Statement.For loop -> loop(loop, evaluate(loop.over(), scope), scope, out, 0);
            case Statement.Jump jump -> {
                return jump.leaves() ? Flow.BREAK : Flow.CONTINUE;
            }
            case Statement.Assign assign -> assign(assign.names(), evaluate(assign.value(), scope), scope);
            case Statement.Capture capture ->
                assign(
                        List.of(capture.name()),
                        filtered(captured(capture.body(), new Scope(scope)), capture.filters(), scope),
                        scope);
            case Statement.Macro macro -> scope.set(macro.name(), callable(macro, scope));
            case Statement.CallBlock block -> {
                var caller = new Statement.Macro("caller", block.parameters(), Map.of(), block.body());
                var inner = new Scope(scope);
                inner.set("caller", callable(caller, scope));
                Arguments given =
                        arguments(block.call().positional(), block.call().named(), scope);
                var named = new LinkedHashMap<>(given.named());
                named.put("caller", inner.get("caller"));
                out.add(call(evaluate(block.call().function(), scope), new Arguments(given.positional(), named))
                        .text());
            }
            case Statement.FilterBlock block ->
                out.add(filtered(captured(block.body(), new Scope(scope)), block.filters(), scope)
                        .text());
            case Statement.With with -> {
                var inner = new Scope(scope);
                with.values().forEach((name, value) -> inner.set(name, evaluate(value, scope)));
                return run(with.body(), inner, out);
            }
            case Statement.Generation generation -> {
                // counted as the reference does: within a macro from where the macro's text begins
                int start = written.length();
                int before = out.length();
                Flow flow = run(generation.body(), new Scope(scope), out);
                generated.add(new int[] {start, start + out.length() - before});
                return flow;
            }
        }
        return Flow.ON;
    }

    private Text captured(List<Statement> body, Scope scope) {
        var out = new Text.Builder(limits.characters());
        run(body, scope, out);
        return out.build();
    }

    private Value filtered(Value value, List<Expression.Filter> chain, Scope scope) {
        Value result = value;
        for (Expression.Filter filter : chain) {
            result = filters.apply(filter.name(), result, arguments(filter.positional(), filter.named(), scope));
        }
        return result;
    }

    private void assign(List<String> names, Value value, Scope scope) {
        List<Value> values = names.size() == 1 ? List.of(value) : unpacked(value, names.size());
        for (int i = 0; i < names.size(); i++) {
            int dot = names.get(i).indexOf('.');
            if (dot < 0) {
                scope.set(names.get(i), values.get(i));
            } else if (scope.get(names.get(i).substring(0, dot)) instanceof Value.Namespace namespace) {
                namespace.attributes().put(Value.Namespace.checked(names.get(i).substring(dot + 1)), values.get(i));
            } else {
                throw new TemplateError("only a namespace's attributes can be set, not '" + names.get(i) + "'");
            }
        }
    }

    private static List<Value> unpacked(Value value, int count) {
        List<Value> items = Operators.items(value);
        if (items.size() != count) {
            throw new TemplateError("expected " + count + " values, found " + items.size());
        }
        return items;
    }

    private void loop(Statement.For loop, Value over, Scope scope, Text.Builder out, int recursion) {
        enter();
        if (over instanceof Value.Undefined undefined && undefined.name().isEmpty()) {
            throw new TemplateError("there is nothing to run over");
        }
        List<Value> items = Operators.items(over);
        if (loop.condition().isPresent()) {
            var kept = new ArrayList<Value>();
            for (Value item : items) {
                step();
                var inner = new Scope(scope);
                assign(loop.names(), item, inner);
                if (evaluate(loop.condition().get(), inner).isTrue()) {
                    kept.add(item);
                }
            }
            items = kept;
        }
        var seen = new ArrayList<Value>();
        // Jinja's "else" follows unless the body once ran to its end
        boolean ended = false;
        for (int i = 0; i < items.size(); i++) {
            step();
            var inner = new Scope(scope);
            assign(loop.names(), items.get(i), inner);
            inner.set("loop", new Value.Loop(items, i, recursion, seen));
            if (loop.recursive()) {
                inner.set("loop()", recursive(loop, scope, recursion));
            }
            Flow flow = run(loop.body(), inner, out);
            ended |= flow == Flow.ON;
            if (flow == Flow.BREAK) {
                break;
            }
        }
        if (!ended) {
            run(loop.otherwise(), new Scope(scope), out);
        }
        depth--;
    }

    private Value.Callable recursive(Statement.For loop, Scope scope, int recursion) {
        return new Value.Callable("loop", arguments -> {
            var out = new Text.Builder(limits.characters());
            loop(loop, arguments.check("loop", 1, "items").get("items"), scope, out, recursion + 1);
            return out.build();
        });
    }

    private void enter() {
        if (++depth > MAX_DEPTH) {
            throw new TemplateError("nested deeper than " + MAX_DEPTH);
        }
    }

    private Value.Callable callable(Statement.Macro macro, Scope defined) {
        return new Value.Callable(macro.name(), arguments -> {
            enter();
            var scope = new Scope(defined);
            var named = new LinkedHashMap<>(arguments.named());
            Value caller = named.remove("caller");
            if (caller != null) {
                scope.set("caller", caller);
            }
            Arguments given = new Arguments(arguments.positional(), named)
                    .check(macro.name(), 0, macro.parameters().toArray(String[]::new));
            for (String parameter : macro.parameters()) {
                Expression absent = macro.defaults().get(parameter);
                scope.set(
                        parameter,
                        given.find(parameter)
                                .orElseGet(() ->
                                        absent == null ? new Value.Undefined(parameter) : evaluate(absent, scope)));
            }
            Text text = captured(macro.body(), scope);
            depth--;
            return text;
        });
    }

    // ---- expressions

    private Value evaluate(Expression expression, Scope scope) {
        step();
        return switch (expression) {
            case Expression.Literal literal -> literal.value();
            case Expression.Name name -> scope.get(name.name());
            case Expression.Items items ->
                new Value.Sequence(
                        items.items().stream()
                                .map(item -> evaluate(item, scope))
                                .toList(),
                        items.tuple() ? Value.Sequence.Form.TUPLE : Value.Sequence.Form.LIST);
            case Expression.Spread spread -> throw new TemplateError("'*' stands among arguments only");
            case Expression.Entries entries -> {
                var map = new LinkedHashMap<Value, Value>();
                entries.entries()
                        .forEach(entry -> map.put(evaluate(entry.getKey(), scope), evaluate(entry.getValue(), scope)));
                yield new Value.Mapping(map);
            }
            case Expression.Attribute attribute ->
                Methods.attribute(evaluate(attribute.of(), scope), attribute.name(), limits.characters());
            case Expression.Subscript subscript -> {
                Value of = evaluate(subscript.of(), scope);
                Value index = evaluate(subscript.index(), scope);
                yield Methods.item(of, index, limits.characters());
            }
            case Expression.Slice slice ->
                Operators.slice(
                        evaluate(slice.of(), scope),
                        slice.from().map(e -> evaluate(e, scope)),
                        slice.to().map(e -> evaluate(e, scope)),
                        slice.step().map(e -> evaluate(e, scope)));
            case Expression.Call call -> {
                Value function = evaluate(call.function(), scope);
                Value called = function instanceof Value.Loop && call.function() instanceof Expression.Name
                        ? scope.get("loop()")
                        : function;
                yield call(called, arguments(call.positional(), call.named(), scope));
            }
            case Expression.Filter filter ->
                filters.apply(
                        filter.name(),
                        evaluate(filter.of(), scope),
                        arguments(filter.positional(), filter.named(), scope));
            case Expression.Test test ->
                Value.Truth.of(Tests.test(
                        test.name(),
                        evaluate(test.of(), scope),
                        test.arguments().stream().map(a -> evaluate(a, scope)).toList()));
            case Expression.Unary unary -> {
                Value value = evaluate(unary.of(), scope);
                yield unary.operator().equals("not")
                        ? Value.Truth.of(!value.isTrue())
                        : Operators.unary(unary.operator(), value);
            }
            case Expression.Binary binary -> binary(binary, scope);
            case Expression.Comparison comparison -> {
                Value left = evaluate(comparison.first(), scope);
                for (Map.Entry<String, Expression> next : comparison.rest()) {
                    Value right = evaluate(next.getValue(), scope);
                    if (!Operators.compare(next.getKey(), left, right)) {
                        yield Value.Truth.FALSE;
                    }
                    left = right;
                }
                yield Value.Truth.TRUE;
            }
            case Expression.Choice choice ->
                evaluate(choice.condition(), scope).isTrue()
                        ? evaluate(choice.then(), scope)
                        : choice.otherwise()
                                .map(e -> evaluate(e, scope))
                                .orElse(new Value.Undefined("the other choice"));
        };
    }

    private Value binary(Expression.Binary binary, Scope scope) {
        Value left = evaluate(binary.left(), scope);
        return switch (binary.operator()) {
            case "and" -> left.isTrue() ? evaluate(binary.right(), scope) : left;
            case "or" -> left.isTrue() ? left : evaluate(binary.right(), scope);
            default -> Operators.binary(binary.operator(), left, evaluate(binary.right(), scope), limits.characters());
        };
    }

    private Arguments arguments(List<Expression> positional, Map<String, Expression> named, Scope scope) {
        var values = new LinkedHashMap<String, Value>();
        var inOrder = new ArrayList<Value>();
        for (Expression expression : positional) {
            if (!(expression instanceof Expression.Spread spread)) {
                inOrder.add(evaluate(expression, scope));
            } else if (!spread.named()) {
                inOrder.addAll(Operators.items(evaluate(spread.of(), scope)));
            } else if (evaluate(spread.of(), scope) instanceof Value.Mapping mapping) {
                mapping.entries()
                        .forEach((name, value) -> values.put(name.text().value(), value));
            } else {
                throw new TemplateError("'**' needs a mapping");
            }
        }
        named.forEach((name, value) -> values.put(name, evaluate(value, scope)));
        return new Arguments(List.copyOf(inOrder), values);
    }

    private Value call(Value function, Arguments arguments) {
        if (function instanceof Value.Callable callable) {
            return callable.function().call(arguments);
        }
        throw new TemplateError(function.kind() + " cannot be called");
    }
}
