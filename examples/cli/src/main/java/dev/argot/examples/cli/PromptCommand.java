package dev.argot.examples.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.argot.api.Argot;
import dev.argot.api.ArgotException;
import dev.argot.api.CancellationToken;
import dev.argot.api.Completion;
import dev.argot.api.Document;
import dev.argot.api.GenerativeModel;
import dev.argot.api.TokenSink;
import dev.argot.api.evaluation.Task;
import dev.argot.api.prompt.AnswerFormat;
import dev.argot.api.prompt.ChoiceAnswer;
import dev.argot.api.prompt.ChoiceAnswer.Ranked;
import dev.argot.api.prompt.Example;
import dev.argot.api.prompt.PromptSpec;
import dev.argot.api.prompt.PromptTemplate;
import dev.argot.api.prompt.Prompter;
import dev.argot.api.prompt.RenderedPrompt;
import dev.argot.api.prompt.SeveralAnswer;
import dev.argot.api.prompt.TextAnswer;
import dev.argot.api.retrieval.Passage;
import dev.argot.api.retrieval.Retriever;
import dev.argot.api.retrieval.RetrieverSpec;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code argot prompt}: puts items to a model, zero-, one- or few-shot. */
@Command(
        name = "prompt",
        description =
                "Put an item to a model, zero-, one- or few-shot: a task of a domain, or a template of your own. Labels come ranked with"
                        + " their probabilities, other answers as text.")
final class PromptCommand implements Callable<Integer> {
    /** Items put to the model at once. */
    private static final int BATCH = 8;

    @Mixin
    private ModelOption model = new ModelOption();

    @Option(names = "--domain", paramLabel = "NAME", description = "The domain of the --task, such as legal.")
    private @Nullable String domain;

    @Option(names = "--task", paramLabel = "NAME", description = "The task of the domain.")
    private @Nullable String task;

    @Option(
            names = "--template",
            paramLabel = "FILE",
            description =
                    "Instead of a task: a text with the sections [item] and, where wanted, [instruction], [exemplar], [slots] and"
                            + " [settings]. A slot is {{name}}, that of the answer {{answer}}.")
    private @Nullable Path template;

    @ArgGroup
    private @Nullable Form form;

    /** What the answer to a template looks like. */
    static final class Form {
        @Option(
                names = "--choices",
                paramLabel = "TEXT",
                split = ",",
                description =
                        "The answer is one of these, parted by commas; also for a task whose items bring their own options.")
        private @Nullable List<String> choices;

        @Option(
                names = "--several",
                paramLabel = "TEXT",
                split = ",",
                description = "With --template: the answer is some of these, parted by commas.")
        private @Nullable List<String> several;

        @Option(
                names = "--json-schema",
                paramLabel = "FILE",
                description = "With --template: the answer is JSON of this schema.")
        private @Nullable Path schema;

        @Option(names = "--passage", description = "With --template: the answer is a text of several lines.")
        private boolean passage;
    }

    @Option(
            names = "--max-tokens",
            paramLabel = "N",
            defaultValue = "128",
            description = "With --template: the most tokens of a written answer. Default: ${DEFAULT-VALUE}.")
    private int maxTokens;

    @Option(
            names = "--exemplars",
            paramLabel = "FILE",
            description = "With --template: exemplars, as JSON objects with the slots and the answer.")
    private @Nullable String exemplars;

    @Option(
            names = "--shots",
            paramLabel = "K",
            description =
                    "Exemplars shown. Where a task has fewer, its training items are shown too. Default: all exemplars there are.")
    private @Nullable Integer shots;

    @ArgGroup(multiplicity = "1")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Source source;

    /** Where items come from. */
    static final class Source {
        @Option(names = "--input", paramLabel = "SLOT=TEXT", description = "What fills a slot; repeated for each slot.")
        private @Nullable Map<String, String> inputs;

        @Option(
                names = "--file",
                paramLabel = "FILE",
                description =
                        "Items as JSON objects with the slots, one a line; - is standard input. A list \"options\" is what the answer"
                                + " is one of.")
        private @Nullable String file;

        List<JsonObjects.Fields> read() throws IOException {
            return file != null
                    ? JsonObjects.read(file)
                    : List.of(new JsonObjects.Fields(inputs == null ? Map.of() : inputs, List.of()));
        }
    }

    @Option(
            names = "--passages",
            paramLabel = "FILE",
            arity = "1..*",
            description =
                    "Search these UTF-8 texts, or JSON lines with a \"text\" (.jsonl), for passages to show; the template says where:"
                            + " {{passages}}.")
    private List<Path> passages = new ArrayList<>();

    @Option(
            names = "--top",
            paramLabel = "N",
            defaultValue = "3",
            description = "With --passages: so many passages. Default: ${DEFAULT-VALUE}.")
    private int top;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "Seeds the draw of exemplars. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(
            names = "--show-prompt",
            description = "Show the prompt, on standard error; with --json it is part of the object.")
    private boolean showPrompt;

    @Option(names = "--stream", description = "Print a written answer as it comes (with --json: to standard error).")
    private boolean stream;

    @Option(names = "--json", description = "Print one JSON object as the last line.")
    private boolean json;

    @Mixin
    private PromptingOptions prompting = new PromptingOptions();

    @Mixin
    private Setup setup = new Setup();

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    /**
     * What is asked.
     *
     * @param template the prompt's layout
     * @param format what an answer looks like
     * @param pool exemplars
     */
    private record Question(PromptTemplate template, AnswerFormat format, List<Example> pool) {}

    /**
     * An answer of any format.
     *
     * @param text the answer
     * @param ranked labels, best first; empty where it was written
     * @param completion how it was written; empty where it was chosen
     * @param prompt what was asked
     */
    private record Answered(String text, List<Ranked> ranked, Optional<Completion> completion, RenderedPrompt prompt) {
        static Answered of(TextAnswer answer) {
            return new Answered(answer.text(), List.of(), Optional.of(answer.completion()), answer.prompt());
        }

        static Answered of(ChoiceAnswer answer) {
            return new Answered(answer.best(), answer.ranked(), Optional.empty(), answer.prompt());
        }

        boolean isWhole() {
            return completion
                    .filter(written -> written.finishReason() == Completion.FinishReason.CANCELLED)
                    .isEmpty();
        }

        static Answered of(SeveralAnswer answer, String separator) {
            return new Answered(
                    answer.labels().stream().map(Ranked::label).collect(Collectors.joining(separator)),
                    answer.labels(),
                    Optional.empty(),
                    answer.prompt());
        }
    }

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        check();
        try (Argot argot = setup.open(err);
                var interrupts = new Interrupts()) {
            CancellationToken cancellation = interrupts.cancellation();
            Question question = question(argot);
            List<JsonObjects.Fields> items = source.read();
            for (int i = 0; i < items.size(); i++) {
                check(question, items.get(i), source.file == null ? "" : source.file + ", object " + (i + 1) + ": ");
            }
            try (GenerativeModel loaded = setup.load(argot, GenerativeModel.class, model.name());
                    PromptingOptions.Chosen chosen =
                            prompting.choose(argot, setup, loaded, "fixed", Optional.ofNullable(domain), seed);
                    Search search = search(argot);
                    Prompter prompter = argot.prompter(loaded, asked(question, chosen, search))) {
                var answers = new ArrayList<Answered>();
                for (int from = 0; from < items.size() && !cancellation.isCancellationRequested(); from += BATCH) {
                    List<JsonObjects.Fields> batch = items.subList(from, Math.min(from + BATCH, items.size()));
                    for (Answered answer : ask(prompter, question, batch, cancellation)) {
                        remark(err, answer.prompt());
                        if (!json) {
                            print(out, question, answer, answers.isEmpty());
                        }
                        answers.add(answer);
                    }
                }
                if (json) {
                    write(out, loaded.engine(), answers);
                }
                out.flush();
                if (cancellation.isCancellationRequested()) {
                    err.println("argot: interrupted: "
                            + answers.stream().filter(Answered::isWhole).count() + " of " + items.size()
                            + " items are answered");
                }
            }
        }
        return 0;
    }

    private void check() {
        prompting.check(spec);
        if ((template == null) == (task == null)) {
            throw wrong("expected either --domain with --task, or --template");
        }
        if ((domain == null) != (task == null)) {
            throw wrong("expected --domain and --task together");
        }
        if (template == null) {
            if (exemplars != null || (form != null && form.choices == null)) {
                throw wrong(
                        "--exemplars, --several, --json-schema and --passage belong to a --template; a task has its own");
            }
        }
        if (shots != null && shots < 0) {
            throw wrong("--shots must not be negative: " + shots);
        }
        Numbers.atLeastOne(spec, "--max-tokens", maxTokens);
        Numbers.atLeastOne(spec, "--top", top);
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    // ---- what is asked

    private Question question(Argot argot) throws IOException {
        if (template != null) {
            PromptTemplate read = PromptTemplate.read(template);
            if (read.showsPassages() == passages.isEmpty()) {
                throw wrong(
                        passages.isEmpty()
                                ? "the template shows passages: give texts to search with --passages"
                                : "--passages needs a template that says where they are shown: {{passages}}");
            }
            return new Question(read, format(), exemplars == null ? List.of() : exemplars(read, exemplars));
        }
        Task found = Tasks.find(argot.domain(String.valueOf(domain)), String.valueOf(task));
        if (!passages.isEmpty() && !found.template().showsPassages()) {
            throw wrong("the template of the task '" + found.name() + "' shows no passages; leave out --passages");
        }
        boolean ownOptions = found.answer().equals(new AnswerFormat.Choice(List.of()));
        if (form != null && !ownOptions) {
            throw wrong("the task '" + found.name() + "' has its own answers; leave out --choices");
        }
        List<Example> pool = shots == null || shots <= found.exemplars().size()
                ? found.exemplars()
                : Stream.concat(found.exemplars().stream(), found.training().stream())
                        .toList();
        return new Question(found.template(), found.answer(), pool);
    }

    private AnswerFormat format() throws IOException {
        try {
            if (form == null) {
                return new AnswerFormat.Text(maxTokens);
            } else if (form.choices != null) {
                return new AnswerFormat.Choice(stripped(form.choices));
            } else if (form.several != null) {
                return new AnswerFormat.Several(stripped(form.several));
            } else if (form.schema != null) {
                return new AnswerFormat.Json(Texts.read(form.schema.toString()), maxTokens);
            }
            return form.passage ? new AnswerFormat.Passage(maxTokens) : new AnswerFormat.Text(maxTokens);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    private static List<String> stripped(List<String> labels) {
        return labels.stream().map(String::strip).toList();
    }

    private List<Example> exemplars(PromptTemplate read, String file) throws IOException {
        var examples = new ArrayList<Example>();
        for (JsonObjects.Fields fields : JsonObjects.read(file)) {
            var inputs = new LinkedHashMap<>(fields.texts());
            String answer = inputs.remove(read.answerSlot());
            int number = examples.size() + 1;
            try {
                if (answer == null) {
                    throw new IllegalArgumentException("expected the key '" + read.answerSlot() + "', found none");
                }
                read.check(inputs);
                examples.add(new Example("exemplar-" + number, inputs, answer));
            } catch (IllegalArgumentException e) {
                throw new ParameterException(
                        spec.commandLine(), file + ", object " + number + ": " + e.getMessage(), e);
            }
        }
        return examples;
    }

    private void check(Question question, JsonObjects.Fields item, String place) {
        try {
            question.template().check(item.texts());
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), place + e.getMessage(), e);
        }
        if (question.format().equals(new AnswerFormat.Choice(List.of()))
                && options(item).isEmpty()) {
            throw wrong(
                    "every item of this task brings its own options: give them with --choices, or as \"options\" in the --file");
        }
        if (stream && isLabels(question.format())) {
            throw wrong("--stream is for answers that are written, not chosen");
        }
    }

    private List<String> options(JsonObjects.Fields item) {
        return item.options().isEmpty() && form != null && form.choices != null
                ? stripped(form.choices)
                : item.options();
    }

    private static boolean isLabels(AnswerFormat format) {
        return switch (format) {
            case AnswerFormat.Choice ignored -> true;
            case AnswerFormat.Several ignored -> true;
            case AnswerFormat.Text ignored -> false;
            case AnswerFormat.Passage ignored -> false;
            case AnswerFormat.Json ignored -> false;
        };
    }

    /** The search for passages, where one is wanted. */
    private record Search(Optional<Retriever> retriever) implements AutoCloseable {
        @Override
        public void close() {
            retriever.ifPresent(Retriever::close);
        }
    }

    private Search search(Argot argot) throws IOException {
        if (passages.isEmpty()) {
            return new Search(Optional.empty());
        }
        var documents = new ArrayList<Document>();
        for (Path file : passages) {
            if (!file.toString().endsWith(".jsonl")) {
                documents.add(new Document(file.toString(), Texts.read(file.toString()), file.toString(), ""));
                continue;
            }
            for (JsonObjects.Fields fields : JsonObjects.read(file.toString())) {
                String text = fields.texts().get("text");
                if (text == null) {
                    throw wrong(file + ": expected the key 'text' in every object, found "
                            + fields.texts().keySet());
                }
                documents.add(new Document(
                        fields.texts().getOrDefault("id", file + "-" + (documents.size() + 1)),
                        text,
                        file.toString(),
                        fields.texts().getOrDefault("licence", "")));
            }
        }
        RetrieverSpec wanted = RetrieverSpec.of(documents);
        return new Search(Optional.of(argot.retriever(domain == null ? wanted : wanted.withDomain(domain))));
    }

    private PromptSpec asked(Question question, PromptingOptions.Chosen chosen, Search search) {
        PromptSpec.Builder builder = PromptSpec.builder(question.template())
                .format(question.format())
                .exemplars(question.pool())
                .settings(chosen.settings());
        if (shots != null) {
            builder.shots(Math.min(shots, question.pool().size()));
        }
        search.retriever().ifPresent(retriever -> builder.retrieval(retriever, top));
        try {
            return builder.build();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    // ---- answers

    /** Answers; where it is cancelled, as far as they came. */
    private List<Answered> ask(
            Prompter prompter, Question question, List<JsonObjects.Fields> items, CancellationToken cancellation) {
        List<Map<String, String>> inputs =
                items.stream().map(JsonObjects.Fields::texts).toList();
        return switch (question.format()) {
            case AnswerFormat.Choice(List<String> labels) ->
                (labels.isEmpty()
                                ? prompter.chooseAll(
                                        inputs,
                                        items.stream().map(this::options).toList())
                                : prompter.chooseAll(inputs))
                        .stream().map(Answered::of).toList();
            case AnswerFormat.Several(List<String> ignored, String separator) ->
                inputs.stream()
                        .map(item -> Answered.of(prompter.chooseSeveral(item), separator))
                        .toList();
            case AnswerFormat.Text ignored -> written(prompter, inputs, cancellation);
            case AnswerFormat.Passage ignored -> written(prompter, inputs, cancellation);
            case AnswerFormat.Json ignored -> written(prompter, inputs, cancellation);
        };
    }

    private List<Answered> written(
            Prompter prompter, List<Map<String, String>> inputs, CancellationToken cancellation) {
        try {
            return stream
                    ? streamed(prompter, inputs, cancellation)
                    : prompter.answerAll(inputs, cancellation).stream()
                            .map(Answered::of)
                            .toList();
        } catch (IllegalArgumentException e) {
            throw form == null || form.schema == null ? e : new ArgotException(form.schema + ": " + e.getMessage(), e);
        }
    }

    private List<Answered> streamed(
            Prompter prompter, List<Map<String, String>> inputs, CancellationToken cancellation) {
        PrintWriter target =
                json ? spec.commandLine().getErr() : spec.commandLine().getOut();
        var answers = new ArrayList<Answered>();
        for (Map<String, String> item : inputs) {
            if (cancellation.isCancellationRequested()) {
                break;
            }
            TokenSink sink = token -> {
                target.print(token.text());
                target.flush();
            };
            answers.add(Answered.of(prompter.answer(item, sink, cancellation)));
            target.println();
        }
        return answers;
    }

    private void print(PrintWriter out, Question question, Answered answer, boolean first) {
        if (stream) {
            return; // printed as it came
        }
        if (!(question.format() instanceof AnswerFormat.Choice)) {
            out.println(answer.text());
            return;
        }
        if (!first) {
            out.println();
        }
        answer.ranked().forEach(ranked -> out.printf(Locale.ROOT, "%.4f\t%s%n", ranked.probability(), ranked.label()));
    }

    /** What there is to know of a prompt, on standard error. */
    private void remark(PrintWriter err, RenderedPrompt prompt) {
        if (showPrompt && !json) {
            err.println(prompt.text());
            err.println("argot: exemplars shown: " + prompt.exemplars().size()
                    + prompt.exemplars().stream()
                            .map(Example::id)
                            .collect(Collectors.joining(", ", prompt.exemplars().isEmpty() ? "" : ": ", "")));
        }
        for (int i = 0; i < prompt.passages().size(); i++) {
            Passage passage = prompt.passages().get(i);
            err.println("argot: [" + (i + 1) + "] is " + passage.id() + " of " + passage.source());
        }
        if (!prompt.dropped().isEmpty()) {
            err.println("argot: left out for want of room: "
                    + prompt.dropped().stream()
                            .map(part -> lower(part.what()) + " " + part.name() + " (" + part.chars() + " characters)")
                            .collect(Collectors.joining(", ")));
        }
    }

    private void write(PrintWriter out, String engine, List<Answered> answers) throws IOException {
        Json.print(out, j -> {
            j.writeStringField("model", model.name());
            j.writeStringField("engine", engine);
            j.writeArrayFieldStart("items");
            for (Answered answer : answers) {
                j.writeStartObject();
                write(j, answer);
                j.writeEndObject();
            }
            j.writeEndArray();
        });
    }

    private void write(JsonGenerator j, Answered answer) throws IOException {
        j.writeStringField("answer", answer.text());
        if (answer.completion().isEmpty()) {
            j.writeArrayFieldStart("ranked");
            for (Ranked ranked : answer.ranked()) {
                j.writeStartObject();
                j.writeStringField("label", ranked.label());
                j.writeNumberField("probability", ranked.probability());
                j.writeNumberField("logProbability", ranked.logProbability());
                j.writeNumberField("tokens", ranked.tokens());
                j.writeEndObject();
            }
            j.writeEndArray();
        } else {
            Completion completion = answer.completion().get();
            j.writeStringField("finishReason", lower(completion.finishReason()));
            j.writeNumberField("completionTokens", completion.usage().completionTokens());
        }
        RenderedPrompt prompt = answer.prompt();
        if (showPrompt) {
            j.writeStringField("prompt", prompt.text());
        }
        if (prompt.ids().length > 0) {
            j.writeNumberField("promptTokens", prompt.ids().length);
        }
        j.writeArrayFieldStart("exemplars");
        for (Example exemplar : prompt.exemplars()) {
            j.writeString(exemplar.id());
        }
        j.writeEndArray();
        SearchCommand.write(j, prompt.passages());
        j.writeArrayFieldStart("dropped");
        for (RenderedPrompt.Dropped dropped : prompt.dropped()) {
            j.writeStartObject();
            j.writeStringField("what", lower(dropped.what()));
            j.writeStringField("name", dropped.name());
            j.writeNumberField("chars", dropped.chars());
            j.writeEndObject();
        }
        j.writeEndArray();
    }

    private static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
