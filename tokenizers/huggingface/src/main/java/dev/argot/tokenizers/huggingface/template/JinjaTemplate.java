package dev.argot.tokenizers.huggingface.template;

import java.time.Clock;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A chat template as Hugging Face ships them: the part of Jinja 3 that real templates use, with {@code trim_blocks}, {@code lstrip_blocks},
 * loop controls, {@code generation} blocks, {@code tojson}, {@code raise_exception} and {@code strftime_now}. Meaning and white space are
 * Jinja's (documentation of Jinja 3.1; Hugging Face {@code transformers.utils.chat_template_utils}).
 *
 * <p>A template computes with texts, numbers, lists and mappings alone: nothing of the JVM is within its reach, it reads and changes
 * nothing outside, and steps, depth, and the size of what it makes are bounded. What it does not know is an error, mostly when it is read.
 *
 * <p>Immutable, hence thread-safe.
 */
public final class JinjaTemplate {
    private final List<Statement> statements;
    private final Limits limits;

    private JinjaTemplate(List<Statement> statements, Limits limits) {
        this.statements = statements;
        this.limits = limits;
    }

    /**
     * How far a template may go.
     *
     * @param steps statements and expressions evaluated
     * @param characters of what is written, or of any text on the way
     */
    public record Limits(long steps, int characters) {
        /** Two million steps, 32 million characters. */
        public static final Limits DEFAULT = new Limits(2_000_000, 1 << 25);
    }

    /**
     * An argument, or a part of one, whose strings count as the template's own.
     *
     * @param value as for arguments
     */
    public record Own(Object value) {}

    /**
     * What a template wrote.
     *
     * @param text the text
     * @param foreign which chars come from arguments instead of the template
     * @param generated where {@code generation} blocks are: pairs of first char and char behind the last
     */
    public record Rendering(String text, BitSet foreign, List<int[]> generated) {}

    /**
     * Reads a template.
     *
     * @param source the template
     * @param limits how far it may go
     * @throws TemplateException if it is malformed or uses what is not known
     */
    public static JinjaTemplate parse(String source, Limits limits) {
        try {
            return new JinjaTemplate(Parser.parse(source), limits);
        } catch (TemplateError e) {
            throw new TemplateException(e.getMessage(), false, e);
        }
    }

    /**
     * Runs it.
     *
     * @param foreign arguments whose strings come from outside, such as messages: strings, whole and other numbers, booleans, null, lists
     *     and maps of these
     * @param own arguments whose strings are the model's, such as {@code bos_token}
     * @param clock tells the time
     * @throws TemplateException if it fails, goes too far, or refuses by {@code raise_exception}
     */
    public Rendering render(Map<String, ? extends @Nullable Object> foreign, Map<String, String> own, Clock clock) {
        var variables = new LinkedHashMap<String, Value>();
        try {
            foreign.forEach((name, value) -> variables.put(name, Value.of(value)));
            own.forEach((name, value) -> variables.put(name, Text.own(value)));
            return new Renderer(limits, clock).render(statements, variables);
        } catch (TemplateError e) {
            throw new TemplateException(e.getMessage(), e.isRaised(), e);
        } catch (ArithmeticException e) {
            throw new TemplateException("a number is too large", false, e);
        } catch (StackOverflowError e) {
            throw new TemplateException("nested too deep", false, e);
        }
    }
}
