package dev.argot.core.evaluation;

import dev.argot.api.ArgotException;
import dev.argot.api.CancellationToken;
import dev.argot.api.CausalModel;
import dev.argot.api.Completion;
import dev.argot.api.Decoding;
import dev.argot.api.EncodeOptions;
import dev.argot.api.GenerativeModel;
import dev.argot.api.Model;
import dev.argot.api.evaluation.Estimate;
import dev.argot.api.evaluation.Evaluation;
import dev.argot.api.evaluation.Evaluation.InstructionItem;
import dev.argot.api.evaluation.Evaluation.InstructionResult;
import dev.argot.api.evaluation.Evaluation.ItemResult;
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
import dev.argot.api.prompt.Example;
import dev.argot.api.prompt.PromptSettings;
import dev.argot.api.prompt.PromptSpec;
import dev.argot.api.prompt.Prompter;
import dev.argot.core.evaluation.Instructions.Instruction;
import dev.argot.core.prompt.ChatPrompts;
import dev.argot.core.prompt.EmbeddingMemory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

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
    private final PromptSettings prompting;
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
        this.prompting = EmbeddingMemory.of(spec.prompting());
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
        List<Example> items = TaskMeasure.chosen(task.items(), spec.items(), spec.seed());
        PromptSpec asked =
                PromptSpec.builder(task).shots(shots).settings(prompting).build();
        List<ItemResult> results;
        try (Prompter prompter = prompters.apply(model, asked)) {
            results = TaskMeasure.answers(prompter, task, items, done -> proceed(part, done, items.size()));
        }
        listener.progress(new EvaluationProgress(part, items.size(), items.size()));
        Map<Metric, Estimate> scores = TaskMeasure.scores(task, List.of(results), spec.seed());
        return new TaskResult(task.name(), task.title(), shots, scores, baseline(task, items), results);
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
