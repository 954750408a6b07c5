package dev.argot.api.prompt;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a prompt is laid out: an instruction, the exemplars, then the item to be answered. Zero-, one- and few-shot prompts are the same
 * template with 0, 1 or k exemplars. A slot is a name in doubled braces, <code>{{question}}</code>; whatever else looks like braces is
 * plain text, and what fills a slot is never read as a template.
 *
 * <p>Immutable and thread-safe.
 *
 * @param instruction stands first; may be empty
 * @param layout one item with its slots; ends with <code>{{answer}}</code>, which exemplars fill and the item leaves open
 * @param separator stands after the instruction and between items
 */
public record PromptTemplate(String instruction, String layout, String separator) {
    /** The slot of the answer. */
    public static final String ANSWER = "answer";

    private static final Pattern SLOT = Pattern.compile("\\{\\{([a-z][a-z0-9_]*)}}");

    /**
     * Checks the layout.
     *
     * @throws IllegalArgumentException if it does not end with the answer's slot, or has it twice
     */
    public PromptTemplate {
        String open = "{{" + ANSWER + "}}";
        if (!layout.endsWith(open) || layout.indexOf(open) != layout.length() - open.length()) {
            throw new IllegalArgumentException(
                    "the layout of a template must have " + open + " once, at its end; found: " + layout);
        }
    }

    /**
     * A template without instruction, items separated by a blank line.
     *
     * @param layout one item with its slots; ends with <code>{{answer}}</code>
     */
    public static PromptTemplate of(String layout) {
        return new PromptTemplate("", layout, "\n\n");
    }

    /** The slots to fill beside the answer, in order of first use. */
    public Set<String> slots() {
        var slots = new LinkedHashSet<String>();
        Matcher matcher = SLOT.matcher(layout);
        while (matcher.find()) {
            slots.add(matcher.group(1));
        }
        slots.remove(ANSWER);
        return slots;
    }

    /**
     * A prompt that ends where the answer begins; without blanks at its end.
     *
     * @param exemplars items with their answers, in the order they are shown
     * @param inputs what fills the slots of the item to be answered
     * @throws IllegalArgumentException if a slot is not filled or an input has no slot; the message names them
     */
    public String render(List<Example> exemplars, Map<String, String> inputs) {
        var parts = new ArrayList<String>();
        if (!instruction.isEmpty()) {
            parts.add(instruction);
        }
        for (Example exemplar : exemplars) {
            parts.add(fill(exemplar.inputs()) + exemplar.answer());
        }
        parts.add(fill(inputs).stripTrailing());
        return String.join(separator, parts);
    }

    /**
     * What follows {@link #render} when the model answers: the blanks of the layout before the answer, which a prompt leaves out, and the
     * answer.
     *
     * @param answer an answer
     */
    public String completion(String answer) {
        String open = layout.substring(0, layout.length() - ANSWER.length() - 4);
        return open.substring(open.stripTrailing().length()) + answer;
    }

    /** The layout up to the answer. */
    private String fill(Map<String, String> inputs) {
        if (!inputs.keySet().equals(slots())) {
            throw new IllegalArgumentException("the template has the slots " + slots() + ", found inputs for "
                    + new LinkedHashSet<>(inputs.keySet()));
        }
        return SLOT.matcher(layout)
                .replaceAll(slot ->
                        slot.group(1).equals(ANSWER) ? "" : Matcher.quoteReplacement(value(inputs, slot.group(1))));
    }

    private static String value(Map<String, String> inputs, String slot) {
        return inputs.getOrDefault(slot, "");
    }
}
