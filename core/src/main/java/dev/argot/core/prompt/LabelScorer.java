package dev.argot.core.prompt;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.argot.api.GenerativeModel;
import dev.argot.api.prompt.AnswerFormat;
import dev.argot.api.prompt.ChoiceAnswer;
import dev.argot.api.prompt.ChoiceAnswer.Ranked;
import dev.argot.api.prompt.Example;
import dev.argot.api.prompt.ExemplarOrder;
import dev.argot.api.prompt.ExemplarSelection;
import dev.argot.api.prompt.LabelScoring;
import dev.argot.api.prompt.LabelScoring.Normalisation;
import dev.argot.api.prompt.PromptSettings;
import dev.argot.api.prompt.PromptSpec;
import dev.argot.api.prompt.PromptSpec.Retrieval;
import dev.argot.api.prompt.RenderedPrompt;
import dev.argot.api.prompt.SeveralAnswer;
import dev.argot.api.prompt.SlotType;
import dev.argot.api.retrieval.Passage;
import dev.argot.api.retrieval.Retriever;
import dev.argot.core.prompt.AnswerLikelihood.Answer;
import dev.argot.core.prompt.AnswerLikelihood.Likelihood;
import dev.argot.core.prompt.AnswerLikelihood.Question;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Ranks labels by how likely a model finds them, under a {@link LabelScoring}. What calibration and mutual information need is computed
 * once for prompts that differ only in the item. Thread-safe.
 */
final class LabelScorer {
    private static final int KEPT = 1024;

    private final GenerativeModel model;
    private final PromptSpec spec;
    private final LabelScoring scoring;
    private final PromptRenderer renderer;
    private final AnswerLikelihood likelihood;
    private final Cache<List<String>, List<Likelihood>> premises =
            Caffeine.newBuilder().maximumSize(KEPT).build();
    private final Cache<Context, double[]> priors =
            Caffeine.newBuilder().maximumSize(KEPT).build();

    /**
     * For a model.
     *
     * @param model the model
     * @param spec what is asked
     * @param renderer renders its prompts
     */
    LabelScorer(GenerativeModel model, PromptSpec spec, PromptRenderer renderer) {
        this.model = model;
        this.spec = spec;
        this.scoring = spec.settings().scoring();
        this.renderer = renderer;
        this.likelihood = new AnswerLikelihood(model, spec, renderer.continuation(""));
    }

    /**
     * What prompts with the same bias have in common.
     *
     * @param exemplars shown, in order
     * @param inputs of slots that take no free text
     * @param options what is chosen from
     */
    private record Context(List<Example> exemplars, Map<String, String> inputs, List<String> options) {}

    /**
     * An item put to the model.
     *
     * @param prompt its prompt
     * @param context what its prompt has in common with others
     */
    private record Item(RenderedPrompt prompt, Context context) {
        List<String> options() {
            return context.options();
        }
    }

    /**
     * What the options have in their favour whatever the item is.
     *
     * @param premise log-probability of each behind the premise alone; zeros without mutual information
     * @param prior logarithm of each one's share behind inputs without content; zeros without calibration
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Bias(double[] premise, double[] prior) {}

    /**
     * Ranks options.
     *
     * @param items what fills the template's slots, for each
     * @param options what is chosen from, for each
     * @return one for each, in order
     * @throws IllegalArgumentException if there are not as many lists of options as items, or an item has no options, or one twice
     */
    List<ChoiceAnswer> rank(List<Map<String, String>> items, List<List<String>> options) {
        if (options.size() != items.size()) {
            throw new IllegalArgumentException(
                    "expected options for each of " + items.size() + " items, found " + options.size() + " lists");
        }
        options.forEach(LabelScorer::check);
        List<RenderedPrompt> prompts = renderer.renderAll(items, options);
        var asked = new ArrayList<Item>();
        for (int i = 0; i < items.size(); i++) {
            asked.add(item(prompts.get(i), items.get(i), options.get(i)));
        }
        List<Bias> biases = biases(asked);
        List<List<Likelihood>> found = likelihood.score(asked.stream()
                .map(item -> question(item.prompt(), item.options()))
                .toList());
        var answers = new ArrayList<ChoiceAnswer>();
        for (int i = 0; i < asked.size(); i++) {
            Item item = asked.get(i);
            List<Ranked> ranked = ranked(item.options(), all(item.options()), found.get(i), biases.get(i));
            answers.add(new ChoiceAnswer(ranked, item.prompt()));
        }
        return answers;
    }

    /**
     * Chooses labels one after the other, each behind those chosen before, until the end of the answer is at least as likely as each label left.
     *
     * @param inputs what fills the template's slots
     * @throws IllegalStateException if the format does not take several labels
     */
    SeveralAnswer several(Map<String, String> inputs) {
        if (!(spec.format() instanceof AnswerFormat.Several(List<String> labels, String separator))) {
            throw new IllegalStateException("expected an answer of several labels, found " + spec.format());
        }
        Item item = item(renderer.render(inputs, labels), inputs, labels);
        Bias bias = biases(List.of(item)).get(0);
        boolean ended = nested(labels);
        var left = new ArrayList<>(all(labels));
        var chosen = new ArrayList<Ranked>();
        var written = new StringBuilder();
        while (!left.isEmpty()) {
            String between = chosen.isEmpty() ? "" : separator;
            var answers = new ArrayList<Answer>();
            left.forEach(label -> answers.add(answer(between + labels.get(label), ended)));
            if (!chosen.isEmpty()) {
                answers.add(new Answer("", Optional.of(likelihood.ends())));
            }
            List<Likelihood> found = likelihood
                    .score(List.of(new Question(item.prompt(), written.toString(), answers)))
                    .get(0);
            List<Likelihood> further = found.subList(0, left.size());
            if (!chosen.isEmpty()) {
                double end = found.get(left.size()).logProbability();
                if (further.stream().allMatch(label -> end >= label.logProbability())) {
                    break;
                }
            }
            Ranked best = ranked(labels, left, further, bias).get(0);
            written.append(between).append(best.label());
            chosen.add(best);
            left.remove((Integer) labels.indexOf(best.label()));
        }
        return new SeveralAnswer(chosen, item.prompt());
    }

    private static void check(List<String> options) {
        if (options.isEmpty()
                || options.stream().anyMatch(String::isBlank)
                || new HashSet<>(options).size() < options.size()) {
            throw new IllegalArgumentException(
                    "expected options that differ, at least one and none blank; found " + options);
        }
    }

    private Item item(RenderedPrompt prompt, Map<String, String> inputs, List<String> options) {
        Map<String, String> given = new HashMap<>(inputs);
        given.keySet().removeAll(freeSlots());
        return new Item(prompt, new Context(prompt.exemplars(), given, List.copyOf(options)));
    }

    private static List<Integer> all(List<String> options) {
        return IntStream.range(0, options.size()).boxed().toList();
    }

    // ---- what is asked

    private Question question(RenderedPrompt prompt, List<String> options) {
        boolean ended = nested(options);
        return new Question(
                prompt,
                "",
                options.stream().map(option -> answer(option, ended)).toList());
    }

    /** Whether an option begins another, so that an option alone does not say where the answer ends. */
    static boolean nested(List<String> options) {
        return options.stream().anyMatch(shorter -> options.stream()
                .anyMatch(o -> o.length() > shorter.length() && o.startsWith(shorter)));
    }

    private Answer answer(String text, boolean ended) {
        if (!ended) {
            return Answer.open(text);
        }
        var ends = new ArrayList<>(likelihood.ends());
        if (spec.format() instanceof AnswerFormat.Several(List<String> ignored, String separator)
                && !separator.isBlank()) {
            ends.add(separator.stripTrailing());
        }
        return new Answer(text, Optional.of(ends));
    }

    // ---- comparing

    /** Options by their share, the first of equals first. */
    private List<Ranked> ranked(List<String> all, List<Integer> options, List<Likelihood> found, Bias bias) {
        double[] values = normalised(all, options, found, bias.premise());
        double[] shares = LogProbabilities.shares(values);
        for (int i = 0; i < shares.length; i++) {
            shares[i] = LogProbabilities.quotient(shares[i], bias.prior()[options.get(i)]);
        }
        shares = LogProbabilities.shares(shares);
        var ranked = new ArrayList<Ranked>();
        for (int i = 0; i < shares.length; i++) {
            Likelihood one = found.get(i);
            ranked.add(new Ranked(all.get(options.get(i)), Math.exp(shares[i]), one.logProbability(), one.tokens()));
        }
        ranked.sort(Comparator.comparingDouble(Ranked::probability).reversed());
        return ranked;
    }

    private double[] normalised(List<String> all, List<Integer> options, List<Likelihood> found, double[] premise) {
        double[] values = new double[found.size()];
        for (int i = 0; i < values.length; i++) {
            double value = found.get(i).logProbability();
            int option = options.get(i);
            values[i] = switch (scoring.normalisation()) {
                case NONE -> value;
                case TOKENS -> value / found.get(i).tokens();
                case BYTES -> value / all.get(option).getBytes(StandardCharsets.UTF_8).length;
                case MUTUAL_INFORMATION -> LogProbabilities.quotient(value, premise[option]);
            };
        }
        return values;
    }

    // ---- what does not depend on the item

    private List<Bias> biases(List<Item> items) {
        Map<List<String>, List<Likelihood>> premises = premises(items);
        Map<Context, double[]> priors = priors(items, premises);
        return items.stream()
                .map(item -> new Bias(premise(premises, item.options()), prior(priors, item.context())))
                .toList();
    }

    private static double[] premise(Map<List<String>, List<Likelihood>> premises, List<String> options) {
        List<Likelihood> found = premises.get(options);
        return found == null
                ? new double[options.size()]
                : found.stream().mapToDouble(Likelihood::logProbability).toArray();
    }

    private static double[] prior(Map<Context, double[]> priors, Context context) {
        double[] found = priors.get(context);
        return found == null ? new double[context.options().size()] : found;
    }

    /** Likelihoods of options behind the domain premise, for mutual information (Holtzman et al. 2021). */
    private Map<List<String>, List<Likelihood>> premises(List<Item> items) {
        if (scoring.normalisation() != Normalisation.MUTUAL_INFORMATION) {
            return Map.of();
        }
        var found = new HashMap<List<String>, List<Likelihood>>();
        var missing = new LinkedHashSet<List<String>>();
        for (Item item : items) {
            List<Likelihood> kept = premises.getIfPresent(item.options());
            if (kept == null) {
                missing.add(item.options());
            } else {
                found.put(item.options(), kept);
            }
        }
        List<List<String>> order = List.copyOf(missing);
        List<List<Likelihood>> scored = likelihood.score(order.stream()
                .map(options -> question(premise(options), options))
                .toList());
        for (int i = 0; i < order.size(); i++) {
            premises.put(order.get(i), scored.get(i));
            found.put(order.get(i), scored.get(i));
        }
        return found;
    }

    /** The prompt of nothing but the template's line before the answer. */
    private RenderedPrompt premise(List<String> options) {
        var premiseSpec = new PromptSpec(
                spec.template().premise(),
                spec.format(),
                List.of(),
                0,
                given(),
                spec.decoding(),
                Optional.empty(),
                spec.tenant());
        return new PromptRenderer(model, premiseSpec, ExemplarSelector.showing(List.of())).render(Map.of(), options);
    }

    /** Logarithms of the mean shares of options behind inputs without content (Zhao et al. 2021). */
    private Map<Context, double[]> priors(List<Item> items, Map<List<String>, List<Likelihood>> premises) {
        if (scoring.contentFree().isEmpty()) {
            return Map.of();
        }
        var found = new HashMap<Context, double[]>();
        var missing = new LinkedHashSet<Context>();
        for (Item item : items) {
            double[] kept = priors.getIfPresent(item.context());
            if (kept == null) {
                missing.add(item.context());
            } else {
                found.put(item.context(), kept);
            }
        }
        var questions = new ArrayList<Question>();
        for (Context context : missing) {
            var contentFree = contentFree(context);
            for (String text : scoring.contentFree()) {
                Map<String, String> inputs = new HashMap<>(context.inputs());
                freeSlots().forEach(slot -> inputs.put(slot, text));
                questions.add(question(contentFree.render(inputs, context.options()), context.options()));
            }
        }
        List<List<Likelihood>> scored = likelihood.score(questions);
        int at = 0;
        for (Context context : missing) {
            List<List<Likelihood>> ofContext =
                    scored.subList(at, at + scoring.contentFree().size());
            at += ofContext.size();
            double[] prior = meanShares(context.options(), ofContext, premise(premises, context.options()));
            priors.put(context, prior);
            found.put(context, prior);
        }
        return found;
    }

    private double[] meanShares(List<String> options, List<List<Likelihood>> scored, double[] premise) {
        List<double[]> shares = scored.stream()
                .map(found -> LogProbabilities.shares(normalised(options, all(options), found, premise)))
                .toList();
        return IntStream.range(0, options.size())
                .mapToDouble(option -> LogProbabilities.sum(
                                shares.stream().mapToDouble(one -> one[option]).toArray())
                        - Math.log(shares.size()))
                .toArray();
    }

    /** Renders inputs without content behind the exemplars of an item; passages, which belong to the item, are left out. */
    private PromptRenderer contentFree(Context context) {
        var contentFreeSpec = new PromptSpec(
                spec.template(),
                spec.format(),
                context.exemplars(),
                context.exemplars().size(),
                given(),
                spec.decoding(),
                spec.retrieval().map(retrieval -> new Retrieval(new NoPassages(), retrieval.count())),
                spec.tenant());
        return new PromptRenderer(model, contentFreeSpec, ExemplarSelector.showing(context.exemplars()));
    }

    /** The settings for exemplars that are there already. */
    private PromptSettings given() {
        return spec.settings().withOrder(ExemplarOrder.AS_SELECTED).withSelection(new ExemplarSelection.Fixed());
    }

    /** Slots that take any text. */
    private Set<String> freeSlots() {
        return spec.template().types().entrySet().stream()
                .filter(slot -> isFree(slot.getValue()))
                .map(Map.Entry::getKey)
                .collect(Collectors.toUnmodifiableSet());
    }

    private static boolean isFree(SlotType type) {
        return switch (type) {
            case SlotType.Text ignored -> true;
            case SlotType.Line ignored -> true;
            case SlotType.Decimal ignored -> false;
            case SlotType.OneOf ignored -> false;
        };
    }

    /** Finds nothing. */
    private record NoPassages() implements Retriever {
        @Override
        public List<Passage> retrieve(String query, int count) {
            return List.of();
        }

        @Override
        public void close() {} // holds nothing
    }
}
