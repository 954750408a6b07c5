package dev.argot.core.evaluation;

import dev.argot.api.ArgotException;
import dev.argot.api.CancellationToken;
import dev.argot.api.CausalModel;
import dev.argot.api.Completion;
import dev.argot.api.ContextLengthException;
import dev.argot.api.Decoding;
import dev.argot.api.EncodeOptions;
import dev.argot.api.GenerativeModel;
import dev.argot.api.Model;
import dev.argot.api.evaluation.Estimate;
import dev.argot.api.evaluation.Evaluation;
import dev.argot.api.evaluation.Evaluation.InstructionItem;
import dev.argot.api.evaluation.Evaluation.InstructionResult;
import dev.argot.api.evaluation.Evaluation.ItemResult;
import dev.argot.api.evaluation.Evaluation.Parts;
import dev.argot.api.evaluation.Evaluation.TaskResult;
import dev.argot.api.evaluation.Evaluation.TextResult;
import dev.argot.api.evaluation.EvaluationListener;
import dev.argot.api.evaluation.EvaluationProgress;
import dev.argot.api.evaluation.EvaluationSpec;
import dev.argot.api.evaluation.HeldOutText;
import dev.argot.api.evaluation.HiddenTokens;
import dev.argot.api.evaluation.Metric;
import dev.argot.api.evaluation.Perplexity;
import dev.argot.api.evaluation.Perplexity.Window;
import dev.argot.api.evaluation.Task;
import dev.argot.api.prompt.AnswerFormat;
import dev.argot.api.prompt.ChoiceAnswer;
import dev.argot.api.prompt.Example;
import dev.argot.api.prompt.GiveWay;
import dev.argot.api.prompt.PromptSpec;
import dev.argot.api.prompt.Prompter;
import dev.argot.api.prompt.RenderedPrompt;
import dev.argot.api.prompt.SeveralAnswer;
import dev.argot.api.prompt.TextAnswer;
import dev.argot.core.evaluation.AnswerParts.Apart;
import dev.argot.core.evaluation.Instructions.Instruction;
import dev.argot.core.prompt.ChatPrompts;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * Measures a model: held-out texts, tasks, plain instructions; of a model that continues no text, hidden tokens of held-out texts. One
 * object measures once.
 *
 * <p>Tasks are put to the model as an application would, by a {@link Prompter}.
 */
public final class Evaluator {
    /** Prompts completed at once. */
    private static final int BATCH = 8;

    private static final int INSTRUCTION_TOKENS = 64;

    private final Model model;
    private final EvaluationSpec spec;
    private final List<Task> tasks;
    private final List<String> terms;
    private final BiFunction<GenerativeModel, PromptSpec, Prompter> prompters;
    private final EvaluationListener listener;
    private final CancellationToken cancellation;

    /**
     * An evaluation to be made.
     *
     * @param model the model
     * @param spec what is measured
     * @param tasks the tasks the spec asks for, those of its domain included
     * @param terms terms of the domain, of which the rare ones are hidden from an encoder
     * @param prompters makes what puts a task to the model
     * @param listener is told how far it is
     * @param cancellation looked at before each document and batch of items
     */
    public Evaluator(
            Model model,
            EvaluationSpec spec,
            List<Task> tasks,
            List<String> terms,
            BiFunction<GenerativeModel, PromptSpec, Prompter> prompters,
            EvaluationListener listener,
            CancellationToken cancellation) {
        this.model = model;
        this.spec = spec;
        this.tasks = List.copyOf(tasks);
        this.terms = List.copyOf(terms);
        this.prompters = prompters;
        this.listener = listener;
        this.cancellation = cancellation;
        var names = new TreeSet<String>();
        for (Task task : this.tasks) {
            if (!names.add(task.name())) {
                throw new ArgotException(
                        "Two tasks to evaluate have the name '" + task.name() + "'; names must differ.");
            }
            if (task.items().isEmpty()) {
                throw new ArgotException("The task '" + task.name() + "' has no items to measure on.");
            }
        }
    }

    /**
     * Measures.
     *
     * @throws ArgotException if a held-out text has no document of two tokens, or the model is of a kind that the spec does not fit
     * @throws CancellationException if it was cancelled
     */
    public Evaluation evaluate() {
        return model instanceof CausalModel causal ? evaluate(causal) : hidden();
    }

    private Evaluation evaluate(CausalModel causal) {
        var texts = new ArrayList<TextResult>();
        for (HeldOutText text : spec.texts()) {
            texts.add(measure(causal, text));
        }
        var results = new ArrayList<TaskResult>();
        for (Task task : tasks) {
            var shots = new TreeSet<Integer>();
            spec.shots()
                    .forEach(count -> shots.add(Math.min(count, task.exemplars().size())));
            for (int count : shots) {
                results.add(measure(causal, task, count));
            }
        }
        Optional<InstructionResult> instructions =
                spec.instructions() ? Optional.of(instructions(causal)) : Optional.empty();
        return new Evaluation(
                model.description().name(), model.engine(), texts, List.of(), results, instructions, spec.seed());
    }

    /** Of a model that continues no text: hidden tokens. */
    private Evaluation hidden() {
        if (!tasks.isEmpty() || spec.instructions()) {
            throw new ArgotException("Tasks and instructions are put to models that continue texts; "
                    + model.description().name() + " is a "
                    + model.description().architecture()
                    + ". Held-out texts can be measured of it.");
        }
        var measure = new HiddenTokenMeasure(model, spec);
        var texts = new ArrayList<HiddenTokens>();
        for (HeldOutText text : spec.texts()) {
            String part = "text " + text.name();
            int total = text.documents().size();
            texts.add(measure.measure(text, terms, done -> proceed(part, Math.min(done, total - 1), total)));
            listener.progress(new EvaluationProgress(part, total, total));
        }
        return new Evaluation(
                model.description().name(), model.engine(), List.of(), texts, List.of(), Optional.empty(), spec.seed());
    }

    // ---- held-out texts

    private TextResult measure(CausalModel model, HeldOutText text) {
        String part = "text " + text.name();
        int total = text.documents().size();
        Perplexity sum = new Perplexity(0, 0, 0);
        int scored = 0;
        int left = spec.window().limit().orElse(Integer.MAX_VALUE);
        for (int i = 0; i < total && left >= 2; i++) {
            proceed(part, i, total);
            String document = text.documents().get(i);
            int tokens = model.tokenizer().encode(document, EncodeOptions.PLAIN).size();
            if (tokens >= 2) {
                var window = new Window(spec.window().context(), spec.window().stride(), OptionalInt.of(left));
                Perplexity found = model.perplexity(document, window);
                sum = new Perplexity(
                        sum.tokens() + found.tokens(), sum.nats() + found.nats(), sum.bytes() + found.bytes());
                scored++;
                left -= Math.min(tokens, left);
            }
        }
        if (scored == 0) {
            throw new ArgotException("The held-out text '" + text.name()
                    + "' has no document of at least two tokens; the first token of a document is not scored.");
        }
        listener.progress(new EvaluationProgress(part, total, total));
        return new TextResult(text.name(), text.role(), scored, sum);
    }

    // ---- tasks

    private TaskResult measure(CausalModel model, Task task, int shots) {
        String part = task.name() + ", " + shots + (shots == 1 ? " shot" : " shots");
        List<Example> items = chosen(task.items());
        PromptSpec asked = PromptSpec.builder(task)
                .shots(shots)
                .settings(spec.prompting())
                .build();
        List<ItemResult> results;
        try (Prompter prompter = prompters.apply(model, asked)) {
            results = inBatches(part, items, BATCH, batch -> answers(prompter, task, batch));
        }
        Map<Metric, Estimate> scores = new EnumMap<>(Metric.class);
        for (Metric metric : task.answer().metrics()) {
            scores.put(metric, Bootstrap.estimate(results.size(), spec.seed(), Answers.statistic(metric, results)));
        }
        return new TaskResult(task.name(), task.title(), shots, scores, baseline(task, items), results);
    }

    /** As many items as asked for, at random, in their order. */
    private List<Example> chosen(List<Example> items) {
        if (items.size() <= spec.items()) {
            return items;
        }
        var indices = new ArrayList<Integer>();
        for (int i = 0; i < items.size(); i++) {
            indices.add(i);
        }
        Collections.shuffle(indices, new Random(spec.seed()));
        return indices.subList(0, spec.items()).stream()
                .sorted()
                .map(items::get)
                .toList();
    }

    private <T, R> List<R> inBatches(String part, List<T> items, int size, Function<List<T>, List<R>> work) {
        var results = new ArrayList<R>();
        for (int from = 0; from < items.size(); from += size) {
            proceed(part, from, items.size());
            results.addAll(work.apply(items.subList(from, Math.min(from + size, items.size()))));
        }
        listener.progress(new EvaluationProgress(part, items.size(), items.size()));
        return results;
    }

    /** Answers to several items at once; where one of them does not fit, one by one. */
    private static List<ItemResult> answers(Prompter prompter, Task task, List<Example> items) {
        try {
            return answer(prompter, task, items);
        } catch (ContextLengthException e) {
            if (items.size() == 1) {
                return List.of(result(task, items.get(0), Optional.empty(), 0));
            }
            return items.stream()
                    .flatMap(item -> answers(prompter, task, List.of(item)).stream())
                    .toList();
        }
    }

    private static List<ItemResult> answer(Prompter prompter, Task task, List<Example> items) {
        List<Map<String, String>> inputs = items.stream().map(Example::inputs).toList();
        return switch (task.answer()) {
            case AnswerFormat.Choice(List<String> labels) ->
                results(
                        task,
                        items,
                        labels.isEmpty()
                                ? items.stream()
                                        .map(item -> prompter.choose(item.inputs(), task.options(item)))
                                        .toList()
                                : prompter.chooseAll(inputs),
                        ChoiceAnswer::best,
                        ChoiceAnswer::prompt);
            case AnswerFormat.Several(List<String> ignored, String separator) ->
                results(
                        task,
                        items,
                        inputs.stream().map(prompter::chooseSeveral).toList(),
                        answer -> answer.labels().stream()
                                .map(ChoiceAnswer.Ranked::label)
                                .collect(Collectors.joining(separator)),
                        SeveralAnswer::prompt);
            case AnswerFormat.Text ignored -> written(prompter, task, items, inputs);
            case AnswerFormat.Passage ignored -> written(prompter, task, items, inputs);
            case AnswerFormat.Json ignored -> written(prompter, task, items, inputs);
        };
    }

    private static List<ItemResult> written(
            Prompter prompter, Task task, List<Example> items, List<Map<String, String>> inputs) {
        return results(task, items, prompter.answerAll(inputs), TextAnswer::text, TextAnswer::prompt);
    }

    private static <A> List<ItemResult> results(
            Task task,
            List<Example> items,
            List<A> answers,
            Function<A, String> text,
            Function<A, RenderedPrompt> prompt) {
        var results = new ArrayList<ItemResult>();
        for (int i = 0; i < items.size(); i++) {
            A answer = answers.get(i);
            long dropped = prompt.apply(answer).dropped().stream()
                    .filter(left -> left.what() == GiveWay.EXEMPLARS)
                    .count();
            results.add(result(task, items.get(i), Optional.of(text.apply(answer)), Math.toIntExact(dropped)));
        }
        return results;
    }

    private static ItemResult result(Task task, Example item, Optional<String> answer, int dropped) {
        return switch (task.answer()) {
            case AnswerFormat.Several(List<String> ignored, String separator) ->
                apart(item, answer, dropped, text -> AnswerParts.labels(text, separator));
            case AnswerFormat.Json ignored -> apart(item, answer, dropped, AnswerParts::json);
            case AnswerFormat.Choice ignored -> new ItemResult(item.id(), item.answer(), answer, dropped);
            case AnswerFormat.Text ignored -> new ItemResult(item.id(), item.answer(), answer, dropped);
            case AnswerFormat.Passage ignored -> new ItemResult(item.id(), item.answer(), answer, dropped);
        };
    }

    private static ItemResult apart(Example item, Optional<String> answer, int dropped, Function<String, Apart> taken) {
        Apart expected = taken.apply(item.answer());
        Optional<Apart> answered = answer.map(taken);
        var parts = new Parts(expected.parts(), answered.map(Apart::parts).orElse(List.of()));
        return new ItemResult(
                item.id(), expected.canonical(), answered.map(Apart::canonical), dropped, Optional.of(parts));
    }

    private static OptionalDouble baseline(Task task, List<Example> items) {
        return switch (task.answer()) {
            case AnswerFormat.Choice(List<String> labels) ->
                labels.isEmpty()
                        ? items.stream()
                                .mapToDouble(item -> 1.0 / task.options(item).size())
                                .average()
                        : OptionalDouble.of(mostFrequent(items) / (double) items.size());
            case AnswerFormat.Several ignored -> OptionalDouble.empty();
            case AnswerFormat.Text ignored -> OptionalDouble.empty();
            case AnswerFormat.Passage ignored -> OptionalDouble.empty();
            case AnswerFormat.Json ignored -> OptionalDouble.empty();
        };
    }

    private static int mostFrequent(List<Example> items) {
        Map<String, Integer> counts = new HashMap<>();
        items.forEach(item -> counts.merge(item.answer(), 1, Integer::sum));
        return Collections.max(counts.values());
    }

    // ---- instructions

    private InstructionResult instructions(CausalModel model) {
        var chat = new ChatPrompts(model.tokenizer());
        Decoding decoding =
                chat.ending(Decoding.builder().maxTokens(INSTRUCTION_TOKENS).build());
        List<InstructionItem> items =
                inBatches("instructions", Instructions.load(), BATCH, batch -> follow(model, chat, decoding, batch));
        Estimate followed = Bootstrap.estimate(items.size(), spec.seed(), followed(items));
        return new InstructionResult(chat.name(), followed, items);
    }

    private List<InstructionItem> follow(
            CausalModel model, ChatPrompts chat, Decoding decoding, List<Instruction> batch) {
        List<Completion> completions = model.completeTokens(
                batch.stream()
                        .map(instruction -> chat.prompt(instruction.text()))
                        .toList(),
                decoding);
        var items = new ArrayList<InstructionItem>();
        for (int i = 0; i < batch.size(); i++) {
            Instruction instruction = batch.get(i);
            String text = completions.get(i).text();
            items.add(new InstructionItem(
                    instruction.id(), instruction.text(), instruction.rule(), text, instruction.isFollowedBy(text)));
        }
        return items;
    }

    /** The share of instructions that were followed. */
    static ToDoubleFunction<int[]> followed(List<InstructionItem> items) {
        return Answers.mean(items, item -> item.followed() ? 1 : 0);
    }

    private void proceed(String part, int done, int total) {
        if (cancellation.isCancellationRequested()) {
            throw new CancellationException("the evaluation was cancelled at " + part + ", " + done + " of " + total);
        }
        listener.progress(new EvaluationProgress(part, done, total));
    }
}
