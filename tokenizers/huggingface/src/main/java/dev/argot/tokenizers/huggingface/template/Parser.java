package dev.argot.tokenizers.huggingface.template;

import dev.argot.tokenizers.huggingface.template.Lexer.Kind;
import dev.argot.tokenizers.huggingface.template.Lexer.Token;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads a template: the statements and expressions of Jinja that chat templates use. What it does not know is an error, now and not when the
 * template runs.
 */
final class Parser {
    /** Deeper nesting is no chat template. */
    private static final int MAX_DEPTH = 100;

    private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", ">", "<=", ">=");

    private final List<Token> tokens;
    private int at;
    private int depth;
    private int loops;
    /** Filters and tests that are not known; where a condition decides whether they are needed, only then an error. */
    private final List<TemplateError> unknown = new ArrayList<>();

    private Parser(List<Token> tokens) {
        this.tokens = tokens;
    }

    static List<Statement> parse(String template) {
        var parser = new Parser(Lexer.tokens(template));
        List<Statement> statements = parser.body(Set.of());
        parser.refuseUnknown(0);
        if (parser.peek().kind() != Kind.END) {
            throw parser.unexpected("a statement");
        }
        return statements;
    }

    // ---- statements

    /** Statements up to a block that begins with one of the words, which is left to be read. */
    private List<Statement> body(Set<String> ends) {
        nest();
        var statements = new ArrayList<Statement>();
        while (true) {
            Token token = peek();
            if (token.kind() == Kind.DATA) {
                at++;
                statements.add(new Statement.Data(Text.own(token.text())));
            } else if (token.kind() == Kind.OUTPUT_BEGIN) {
                at++;
                statements.add(new Statement.Output(tuple()));
                take(Kind.OUTPUT_END);
            } else if (token.kind() == Kind.BLOCK_BEGIN) {
                Token word = tokens.get(at + 1);
                if (ends.contains(word.text())) {
                    break;
                }
                at++;
                statements.add(statement());
            } else {
                if (!ends.isEmpty()) {
                    throw unexpected("one of " + ends.stream().sorted().toList());
                }
                break;
            }
        }
        depth--;
        return List.copyOf(statements);
    }

    private Statement statement() {
        Token word = take(Kind.NAME);
        return switch (word.text()) {
            case "if" -> conditional();
            case "for" -> loop();
            case "set" -> assignment();
            case "macro" -> macro();
            case "call" -> callBlock();
            case "filter" -> {
                List<Expression.Filter> filters = blockFilters(true);
                endBlock();
                yield new Statement.FilterBlock(filters, bodyUpTo("endfilter"));
            }
            case "with" -> with();
            case "generation" -> {
                endBlock();
                yield new Statement.Generation(bodyUpTo("endgeneration"));
            }
            case "break", "continue" -> {
                if (loops == 0) {
                    throw error(word, "'" + word.text() + "' outside of a loop");
                }
                endBlock();
                yield new Statement.Jump(word.text().equals("break"));
            }
            default -> throw error(word, "unknown statement '" + word.text() + "'");
        };
    }

    private List<Statement> bodyUpTo(String end) {
        List<Statement> body = body(Set.of(end));
        take(Kind.BLOCK_BEGIN);
        take(Kind.NAME);
        endBlock();
        return body;
    }

    private void endBlock() {
        take(Kind.BLOCK_END);
    }

    private void refuseUnknown(int since) {
        if (unknown.size() > since) {
            throw unknown.get(since);
        }
    }

    private void forgetUnknown(int since) {
        unknown.subList(since, unknown.size()).clear();
    }

    private Statement conditional() {
        int since = unknown.size();
        var branches = new ArrayList<Map.Entry<Expression, List<Statement>>>();
        while (true) {
            Expression condition = tuple();
            endBlock();
            branches.add(Map.entry(condition, body(Set.of("elif", "else", "endif"))));
            take(Kind.BLOCK_BEGIN);
            Token word = take(Kind.NAME);
            if (word.text().equals("elif")) {
                continue;
            }
            endBlock();
            var choice = new Statement.If(branches, word.text().equals("else") ? bodyUpTo("endif") : List.of());
            forgetUnknown(since);
            return choice;
        }
    }

    private Statement loop() {
        List<String> names = targets();
        takeWord("in");
        Expression over = tupleWithoutChoice();
        Optional<Expression> condition = skipWord("if") ? Optional.of(expression()) : Optional.empty();
        boolean recursive = skipWord("recursive");
        endBlock();
        int since = unknown.size();
        loops++;
        List<Statement> body = body(Set.of("else", "endfor"));
        loops--;
        refuseUnknown(since);
        take(Kind.BLOCK_BEGIN);
        boolean otherwise = take(Kind.NAME).text().equals("else");
        endBlock();
        return new Statement.For(names, over, condition, recursive, body, otherwise ? bodyUpTo("endfor") : List.of());
    }

    private List<String> targets() {
        boolean bracket = skip("(");
        var names = new ArrayList<String>();
        names.add(take(Kind.NAME).text());
        while (skip(",")) {
            names.add(take(Kind.NAME).text());
        }
        if (bracket) {
            takeOperator(")");
        }
        return List.copyOf(names);
    }

    private Statement assignment() {
        var names = new ArrayList<String>();
        do {
            String name = take(Kind.NAME).text();
            names.add(skip(".") ? name + "." + take(Kind.NAME).text() : name);
        } while (skip(","));
        if (skip("=")) {
            Expression value = tuple();
            endBlock();
            return new Statement.Assign(List.copyOf(names), value);
        }
        if (names.size() > 1) {
            throw unexpected("'='");
        }
        List<Expression.Filter> filters = blockFilters(false);
        endBlock();
        return new Statement.Capture(names.get(0), filters, bodyUpTo("endset"));
    }

    /** Filters of a block; what they are applied to is the block. */
    private List<Expression.Filter> blockFilters(boolean first) {
        var filters = new ArrayList<Expression.Filter>();
        while (first || skip("|")) {
            first = false;
            filters.add(filter(new Expression.Literal(Text.EMPTY)));
        }
        return List.copyOf(filters);
    }

    private Statement macro() {
        String name = take(Kind.NAME).text();
        var defaults = new LinkedHashMap<String, Expression>();
        List<String> parameters = parameters(defaults);
        endBlock();
        int outer = loops;
        loops = 0;
        List<Statement> body = bodyUpTo("endmacro");
        loops = outer;
        return new Statement.Macro(name, parameters, defaults, body);
    }

    private List<String> parameters(Map<String, Expression> defaults) {
        var names = new ArrayList<String>();
        takeOperator("(");
        while (!skip(")")) {
            if (!names.isEmpty()) {
                takeOperator(",");
            }
            String name = take(Kind.NAME).text();
            names.add(name);
            if (skip("=")) {
                defaults.put(name, expression());
            }
        }
        return List.copyOf(names);
    }

    private Statement callBlock() {
        List<String> parameters = peek().is(Kind.OPERATOR, "(") ? parameters(new LinkedHashMap<>()) : List.of();
        Token start = peek();
        if (!(expression() instanceof Expression.Call call)) {
            throw error(start, "expected the call of a macro");
        }
        endBlock();
        return new Statement.CallBlock(parameters, call, bodyUpTo("endcall"));
    }

    private Statement with() {
        var values = new LinkedHashMap<String, Expression>();
        while (peek().kind() == Kind.NAME) {
            String name = take(Kind.NAME).text();
            takeOperator("=");
            values.put(name, expression());
            if (!skip(",")) {
                break;
            }
        }
        endBlock();
        return new Statement.With(values, bodyUpTo("endwith"));
    }

    // ---- expressions, from the weakest binding to the strongest

    /** {@code a, b} makes a tuple. */
    private Expression tuple() {
        return tuple(expression(), true);
    }

    private Expression tupleWithoutChoice() {
        return tuple(or(), false);
    }

    private Expression tuple(Expression first, boolean choices) {
        if (!peek().is(Kind.OPERATOR, ",")) {
            return first;
        }
        var items = new ArrayList<Expression>(List.of(first));
        while (skip(",") && startsExpression()) {
            items.add(choices ? expression() : or());
        }
        return new Expression.Items(List.copyOf(items), true);
    }

    private boolean startsExpression() {
        Token token = peek();
        return switch (token.kind()) {
            case NAME, STRING, WHOLE, REAL -> true;
            case OPERATOR -> Set.of("(", "[", "{", "-", "+").contains(token.text());
            default -> false;
        };
    }

    private Expression expression() {
        nest();
        int since = unknown.size();
        Expression value = or();
        while (skipWord("if")) {
            Expression condition = or();
            Optional<Expression> otherwise = skipWord("else") ? Optional.of(expression()) : Optional.empty();
            value = new Expression.Choice(condition, value, otherwise);
            forgetUnknown(since);
        }
        depth--;
        return value;
    }

    private Expression or() {
        Expression left = and();
        while (skipWord("or")) {
            left = new Expression.Binary("or", left, and());
        }
        return left;
    }

    private Expression and() {
        Expression left = not();
        while (skipWord("and")) {
            left = new Expression.Binary("and", left, not());
        }
        return left;
    }

    private Expression not() {
        if (!skipWord("not")) {
            return comparison();
        }
        nest();
        Expression negated = new Expression.Unary("not", not());
        depth--;
        return negated;
    }

    private Expression comparison() {
        Expression first = sum();
        var rest = new ArrayList<Map.Entry<String, Expression>>();
        while (true) {
            Token token = peek();
            if (token.kind() == Kind.OPERATOR && COMPARISONS.contains(token.text())) {
                at++;
                rest.add(Map.entry(token.text(), sum()));
            } else if (skipWord("in")) {
                rest.add(Map.entry("in", sum()));
            } else if (token.is(Kind.NAME, "not") && tokens.get(at + 1).is(Kind.NAME, "in")) {
                at += 2;
                rest.add(Map.entry("not in", sum()));
            } else {
                return rest.isEmpty() ? first : new Expression.Comparison(first, List.copyOf(rest));
            }
        }
    }

    private Expression sum() {
        Expression left = concatenation();
        while (peek().is(Kind.OPERATOR, "+") || peek().is(Kind.OPERATOR, "-")) {
            left = new Expression.Binary(tokens.get(at++).text(), left, concatenation());
        }
        return left;
    }

    private Expression concatenation() {
        Expression left = product();
        while (skip("~")) {
            left = new Expression.Binary("~", left, product());
        }
        return left;
    }

    private Expression product() {
        Expression left = power();
        while (peek().kind() == Kind.OPERATOR && Set.of("*", "/", "//", "%").contains(peek().text())) {
            left = new Expression.Binary(tokens.get(at++).text(), left, power());
        }
        return left;
    }

    private Expression power() {
        Expression left = unary(true);
        while (skip("**")) {
            left = new Expression.Binary("**", left, unary(true));
        }
        return left;
    }

    /** Signs bind stronger than filters and tests, and these stronger than a power. */
    private Expression unary(boolean withFilters) {
        nest();
        Expression value;
        if (peek().is(Kind.OPERATOR, "-") || peek().is(Kind.OPERATOR, "+")) {
            value = new Expression.Unary(tokens.get(at++).text(), unary(false));
        } else {
            value = postfix(primary());
        }
        depth--;
        return withFilters ? filtersAndTests(value) : value;
    }

    private Expression filtersAndTests(Expression value) {
        while (true) {
            if (skip("|")) {
                value = postfix(filter(value));
            } else if (skipWord("is")) {
                value = test(value);
            } else {
                return value;
            }
        }
    }

    private Expression.Filter filter(Expression of) {
        Token name = take(Kind.NAME);
        if (!Filters.NAMES.contains(name.text())) {
            unknown.add(error(name, "unknown filter '" + name.text() + "'. Known: " + Filters.NAMES));
        }
        var positional = new ArrayList<Expression>();
        var named = new LinkedHashMap<String, Expression>();
        if (skip("(")) {
            arguments(positional, named);
        }
        return new Expression.Filter(of, name.text(), positional, named);
    }

    private Expression test(Expression of) {
        boolean negated = skipWord("not");
        Token name = take(Kind.NAME);
        if (!Tests.NAMES.contains(name.text())) {
            unknown.add(error(name, "unknown test '" + name.text() + "'. Known: " + Tests.NAMES));
        }
        var arguments = new ArrayList<Expression>();
        if (skip("(")) {
            var named = new LinkedHashMap<String, Expression>();
            arguments(arguments, named);
            if (!named.isEmpty()) {
                throw error(name, "a test takes no named arguments");
            }
        } else if (startsArgument()) {
            arguments.add(postfix(primary()));
        }
        Expression test = new Expression.Test(of, name.text(), arguments);
        return negated ? new Expression.Unary("not", test) : test;
    }

    private boolean startsArgument() {
        Token token = peek();
        return switch (token.kind()) {
            case STRING, WHOLE, REAL -> true;
            case NAME -> !Set.of("else", "or", "and", "is", "if", "not", "in").contains(token.text());
            case OPERATOR -> Set.of("[", "{").contains(token.text());
            default -> false;
        };
    }

    private Expression postfix(Expression value) {
        while (true) {
            if (skip(".")) {
                Token name = peek();
                at++;
                if (name.kind() == Kind.WHOLE) {
                    value = new Expression.Subscript(value, literal(name));
                } else if (name.kind() == Kind.NAME) {
                    value = new Expression.Attribute(value, name.text());
                } else {
                    throw error(name, "expected a name after '.', found '" + name.text() + "'");
                }
            } else if (skip("[")) {
                value = subscript(value);
            } else if (skip("(")) {
                var positional = new ArrayList<Expression>();
                var named = new LinkedHashMap<String, Expression>();
                arguments(positional, named);
                value = new Expression.Call(value, positional, named);
            } else {
                return value;
            }
        }
    }

    private Expression subscript(Expression of) {
        Optional<Expression> first = peek().is(Kind.OPERATOR, ":") ? Optional.empty() : Optional.of(tuple());
        if (skip("]")) {
            return new Expression.Subscript(of, first.orElseThrow(() -> unexpected("an index")));
        }
        takeOperator(":");
        Optional<Expression> to = slicePart();
        Optional<Expression> step = skip(":") ? slicePart() : Optional.empty();
        takeOperator("]");
        return new Expression.Slice(of, first, to, step);
    }

    private Optional<Expression> slicePart() {
        return peek().is(Kind.OPERATOR, ":") || peek().is(Kind.OPERATOR, "]")
                ? Optional.empty()
                : Optional.of(expression());
    }

    private void arguments(List<Expression> positional, Map<String, Expression> named) {
        boolean first = true;
        while (!skip(")")) {
            if (!first) {
                takeOperator(",");
                if (skip(")")) {
                    return;
                }
            }
            first = false;
            Token token = peek();
            if (skip("*") || skip("**")) {
                positional.add(new Expression.Spread(expression(), token.text().equals("**")));
            } else if (token.kind() == Kind.NAME && tokens.get(at + 1).is(Kind.OPERATOR, "=")) {
                at += 2;
                if (named.put(token.text(), expression()) != null) {
                    throw error(token, "the argument '" + token.text() + "' is there twice");
                }
            } else {
                boolean behind = !named.isEmpty() || positional.stream().anyMatch(p -> p instanceof Expression.Spread);
                if (behind) {
                    throw error(token, "an argument without name stands after one with a name");
                }
                positional.add(expression());
            }
        }
    }

    private Expression primary() {
        Token token = peek();
        at++;
        return switch (token.kind()) {
            case NAME ->
                switch (token.text()) {
                    case "true", "True" -> new Expression.Literal(Value.Truth.TRUE);
                    case "false", "False" -> new Expression.Literal(Value.Truth.FALSE);
                    case "none", "None" -> new Expression.Literal(Value.None.NONE);
                    default -> new Expression.Name(token.text());
                };
            case STRING -> {
                var text = new StringBuilder(token.text());
                while (peek().kind() == Kind.STRING) {
                    text.append(tokens.get(at++).text());
                }
                yield new Expression.Literal(Text.own(text.toString()));
            }
            case WHOLE, REAL -> literal(token);
            case OPERATOR ->
                switch (token.text()) {
                    case "(" -> bracketed();
                    case "[" -> new Expression.Items(items(), false);
                    case "{" -> new Expression.Entries(entries());
                    default -> throw error(token, "unexpected '" + token.text() + "'");
                };
            default -> throw error(token, "unexpected '" + token.text() + "'");
        };
    }

    private static Expression literal(Token token) {
        try {
            return new Expression.Literal(
                    token.kind() == Kind.WHOLE
                            ? new Value.Whole(Long.parseLong(token.text()))
                            : new Value.Real(Double.parseDouble(token.text())));
        } catch (NumberFormatException e) {
            throw error(token, "the number " + token.text() + " is too large");
        }
    }

    private Expression bracketed() {
        if (skip(")")) {
            return new Expression.Items(List.of(), true);
        }
        Expression value = tuple();
        takeOperator(")");
        return value;
    }

    private List<Expression> items() {
        var items = new ArrayList<Expression>();
        while (!skip("]")) {
            if (!items.isEmpty()) {
                takeOperator(",");
                if (skip("]")) {
                    break;
                }
            }
            items.add(expression());
        }
        return List.copyOf(items);
    }

    private List<Map.Entry<Expression, Expression>> entries() {
        var entries = new ArrayList<Map.Entry<Expression, Expression>>();
        while (!skip("}")) {
            if (!entries.isEmpty()) {
                takeOperator(",");
                if (skip("}")) {
                    break;
                }
            }
            Expression key = expression();
            takeOperator(":");
            entries.add(Map.entry(key, expression()));
        }
        return List.copyOf(entries);
    }

    // ---- tokens

    private void nest() {
        if (++depth > MAX_DEPTH) {
            throw error(peek(), "nested deeper than " + MAX_DEPTH);
        }
    }

    private Token peek() {
        return tokens.get(Math.min(at, tokens.size() - 1));
    }

    private Token take(Kind kind) {
        Token token = peek();
        if (token.kind() != kind) {
            throw unexpected(kind.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' '));
        }
        at++;
        return token;
    }

    private void takeOperator(String operator) {
        if (!skip(operator)) {
            throw unexpected("'" + operator + "'");
        }
    }

    private void takeWord(String word) {
        if (!skipWord(word)) {
            throw unexpected("'" + word + "'");
        }
    }

    private boolean skip(String operator) {
        boolean there = peek().is(Kind.OPERATOR, operator);
        at += there ? 1 : 0;
        return there;
    }

    private boolean skipWord(String word) {
        boolean there = peek().is(Kind.NAME, word);
        at += there ? 1 : 0;
        return there;
    }

    private TemplateError unexpected(String expected) {
        return error(peek(), "expected " + expected + ", found '" + peek().text() + "'");
    }

    private static TemplateError error(Token token, String message) {
        return new TemplateError("line " + token.line() + ": " + message);
    }
}
