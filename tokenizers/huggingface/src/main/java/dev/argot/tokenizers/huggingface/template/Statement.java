package dev.argot.tokenizers.huggingface.template;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What writes or changes something. */
sealed interface Statement {
    /** Text of the template. */
    record Data(Text text) implements Statement {}

    /** <code>{{ value }}</code>. */
    record Output(Expression value) implements Statement {}

    /** Conditions in order with what they lead to; the last may be always true. */
    record If(List<Map.Entry<Expression, List<Statement>>> branches, List<Statement> otherwise) implements Statement {}

    /** A loop; what it is over may be narrowed, and empty. */
    record For(
            List<String> names,
            Expression over,
            Optional<Expression> condition,
            boolean recursive,
            List<Statement> body,
            List<Statement> otherwise)
            implements Statement {}

    /** Leaves a loop, or goes on with its next item. */
    record Jump(boolean leaves) implements Statement {}

    /** {@code set a, b = value}; a name with a dot is an attribute of a namespace. */
    record Assign(List<String> names, Expression value) implements Statement {}

    /** {@code set a}…{@code endset}, through filters. */
    record Capture(String name, List<Expression.Filter> filters, List<Statement> body) implements Statement {}

    /** A function written in the template. */
    record Macro(String name, List<String> parameters, Map<String, Expression> defaults, List<Statement> body)
            implements Statement {}

    /** {@code call macro()}…{@code endcall}: the body is the macro's {@code caller()}. */
    record CallBlock(List<String> parameters, Expression.Call call, List<Statement> body) implements Statement {}

    /** {@code filter name}…{@code endfilter}. */
    record FilterBlock(List<Expression.Filter> filters, List<Statement> body) implements Statement {}

    /** {@code with a = b}…{@code endwith}. */
    record With(Map<String, Expression> values, List<Statement> body) implements Statement {}

    /** {@code generation}…{@code endgeneration}: what the model is trained to write. */
    record Generation(List<Statement> body) implements Statement {}
}
