package dev.argot.core.prompt;

import dev.argot.api.Decoding;
import dev.argot.api.EncodeOptions;
import dev.argot.api.GenerativeModel;
import dev.argot.api.prompt.AnswerFormat;
import dev.argot.api.prompt.ChoiceAnswer;
import dev.argot.api.prompt.Example;
import dev.argot.api.prompt.ExemplarOrder;
import dev.argot.api.prompt.PromptSpec;
import dev.argot.api.prompt.PromptTemplate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Shows exemplars that are the same for every item in the order that {@link LabelEntropyOrder} finds, when the first item comes. Where an
 * item has one left out that would tell its answer, what comes in its place stands first. Thread-safe; closing closes the selector.
 */
final class EntropyOrdered implements ExemplarSelector {
    private final GenerativeModel model;
    private final PromptSpec spec;
    private final ExemplarSelector selector;
    private @Nullable Map<Example, Integer> places;

    /**
     * Takes what orders and what is ordered.
     *
     * @param model orders; not closed here
     * @param spec what is asked
     * @param selector selects
     */
    EntropyOrdered(GenerativeModel model, PromptSpec spec, ExemplarSelector selector) {
        this.model = model;
        this.spec = new PromptSpec(
                spec.template(),
                spec.format(),
                spec.exemplars(),
                spec.shots(),
                spec.settings().withOrder(ExemplarOrder.AS_SELECTED),
                spec.decoding(),
                spec.retrieval(),
                spec.tenant());
        this.selector = selector;
    }

    /**
     * Checks that there are labels to go by.
     *
     * @param format what an answer looks like
     * @throws IllegalArgumentException if it has no labels
     */
    static void requireLabels(AnswerFormat format) {
        boolean hasLabels =
                switch (format) {
                    case AnswerFormat.Choice(List<String> labels) -> !labels.isEmpty();
                    case AnswerFormat.Several ignored -> true;
                    case AnswerFormat.Text ignored -> false;
                    case AnswerFormat.Passage ignored -> false;
                    case AnswerFormat.Json ignored -> false;
                };
        if (!hasLabels) {
            throw new IllegalArgumentException(
                    "the order " + ExemplarOrder.LABEL_ENTROPY + " needs a format with labels, found " + format);
        }
    }

    @Override
    public List<Example> select(Map<String, String> inputs, int count) {
        List<Example> selected = selector.select(inputs, count);
        if (selected.size() < 2) {
            return selected;
        }
        Map<Example, Integer> order = places();
        return selected.stream()
                .sorted((a, b) -> Integer.compare(order.getOrDefault(a, -1), order.getOrDefault(b, -1)))
                .toList();
    }

    private synchronized Map<Example, Integer> places() {
        if (places == null) {
            var nothing = new TreeMap<String, String>();
            spec.template().slots().forEach(slot -> nothing.put(slot, ""));
            List<Example> order = new LabelEntropyOrder(spec.template(), this::probes, this::predict)
                    .of(selector.select(nothing, spec.shots()));
            var found = new HashMap<Example, Integer>();
            order.forEach(exemplar -> found.put(exemplar, found.size()));
            places = found;
        }
        return places;
    }

    /** What the model writes where a further item has begun, which is part of the text: one for each permutation. */
    private List<String> probes(List<List<Example>> permutations) {
        PromptTemplate template = spec.template();
        int longest = 0;
        for (Example exemplar : permutations.get(0)) {
            String text = template.question(exemplar) + exemplar.answer();
            longest = Math.max(
                    longest, model.tokenizer().encode(text, EncodeOptions.PLAIN).size());
        }
        Decoding.Builder decoding = Decoding.builder().temperature(1).seed(0).maxTokens(2 * longest + 16);
        if (!template.separator().isEmpty()) {
            decoding.stopStrings(template.separator());
        }
        String beginning = template.exemplarBeginning();
        List<String> prompts = permutations.stream()
                .map(exemplars -> beforeAnItem(exemplars) + beginning)
                .toList();
        return model.completeAll(prompts, decoding.build()).stream()
                .map(completion -> beginning + completion.text())
                .toList();
    }

    /** A prompt up to where the item begins. */
    private String beforeAnItem(List<Example> exemplars) {
        Map<String, String> inputs = exemplars.get(0).inputs();
        String prompt = spec.template().render(exemplars, inputs);
        return prompt.substring(0, prompt.lastIndexOf(spec.template().question(inputs, List.of())));
    }

    private List<String> predict(List<Example> exemplars, List<Map<String, String>> items) {
        var prompter = new CorePrompter(model, spec, ExemplarSelector.showing(exemplars));
        return prompter.chooseAll(items).stream().map(ChoiceAnswer::best).toList();
    }

    @Override
    public void close() {
        selector.close();
    }
}
