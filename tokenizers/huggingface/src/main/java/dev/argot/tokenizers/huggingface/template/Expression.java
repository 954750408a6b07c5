package dev.argot.tokenizers.huggingface.template;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What has a value. */
sealed interface Expression {
    /** A value written down. */
    record Literal(Value value) implements Expression {}

    /** A variable. */
    record Name(String name) implements Expression {}

    /** {@code [a, b]} or {@code (a, b)}. */
    record Items(List<Expression> items, boolean tuple) implements Expression {}

    /** <code>{a: b}</code>. */
    record Entries(List<Map.Entry<Expression, Expression>> entries) implements Expression {}

    /** {@code a.name}. */
    record Attribute(Expression of, String name) implements Expression {}

    /** {@code a[b]}. */
    record Subscript(Expression of, Expression index) implements Expression {}

    /** {@code a[from:to:step]}. */
    record Slice(Expression of, Optional<Expression> from, Optional<Expression> to, Optional<Expression> step)
            implements Expression {}

    /** {@code a(b, c=d)}. */
    record Call(Expression function, List<Expression> positional, Map<String, Expression> named)
            implements Expression {}

    /** {@code *a} or {@code **a} among arguments. */
    record Spread(Expression of, boolean named) implements Expression {}

    /** {@code a | name(b)}. */
    record Filter(Expression of, String name, List<Expression> positional, Map<String, Expression> named)
            implements Expression {}

    /** {@code a is name(b)}. */
    record Test(Expression of, String name, List<Expression> arguments) implements Expression {}

    /** {@code not a}, {@code -a}, {@code +a}. */
    record Unary(String operator, Expression of) implements Expression {}

    /** {@code a + b} and so on. */
    record Binary(String operator, Expression left, Expression right) implements Expression {}

    /** {@code a < b < c}: every pair holds. */
    record Comparison(Expression first, List<Map.Entry<String, Expression>> rest) implements Expression {}

    /** {@code a if condition else b}. */
    record Choice(Expression condition, Expression then, Optional<Expression> otherwise) implements Expression {}
}
