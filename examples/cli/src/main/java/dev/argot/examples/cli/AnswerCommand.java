package dev.argot.examples.cli;

import dev.argot.api.AnswerOptions;
import dev.argot.api.Argot;
import dev.argot.api.QuestionAnswerer;
import dev.argot.api.QuestionAnswerer.FoundAnswer;
import dev.argot.api.QuestionAnswerer.Question;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Finds answers in a passage with a question answerer. */
@Command(
        name = "answer",
        description = "Find the answer to a question in a passage with a model that has such a head: score, start, end and"
                + " text, one a line.")
final class AnswerCommand implements Callable<Integer> {
    @Option(
            names = "--model",
            paramLabel = "MODEL",
            required = true,
            description = "A model for extractive question answering: a path or a Hub id.")
    private String model = "";

    @Option(names = "--question", paramLabel = "TEXT", required = true, description = "The question.")
    private String question = "";

    @ArgGroup(multiplicity = "1")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Source source;

    /** Where the passage comes from. */
    static final class Source {
        @Option(names = "--text", paramLabel = "TEXT", description = "The passage itself.")
        private @Nullable String text;

        @Option(
                names = "--file",
                paramLabel = "FILE",
                description = "A UTF-8 file with the passage, of any length; - is standard input.")
        private @Nullable String file;
    }

    @Option(
            names = "--top",
            paramLabel = "N",
            defaultValue = "1",
            description = "Answers shown; none overlaps a better one. Default: ${DEFAULT-VALUE}.")
    private int top;

    @Option(
            names = "--max-answer-tokens",
            paramLabel = "N",
            defaultValue = "15",
            description = "The most tokens of an answer. Default: ${DEFAULT-VALUE}.")
    private int maxAnswerTokens;

    @Option(
            names = "--unanswerable",
            description = "The passage may hold no answer; an empty text says so. For models trained so (SQuAD 2).")
    private boolean unanswerable;

    @Option(names = "--json", description = "Print one JSON object as the last line.")
    private boolean json;

    @Mixin
    private Setup setup = new Setup();

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        Numbers.atLeastOne(spec, "--top", top);
        Numbers.atLeastOne(spec, "--max-answer-tokens", maxAnswerTokens);
        String passage = source.text != null ? source.text : Texts.read(source.file == null ? "-" : source.file);
        try (Argot argot = setup.open(spec.commandLine().getErr());
                QuestionAnswerer loaded = setup.load(argot, QuestionAnswerer.class, model)) {
            List<FoundAnswer> answers = loaded.answerAll(
                            List.of(new Question(question, passage)),
                            new AnswerOptions(top, maxAnswerTokens, unanswerable))
                    .get(0);
            if (!json) {
                for (FoundAnswer answer : answers) {
                    out.printf(
                            Locale.ROOT,
                            "%.4f\t%d\t%d\t%s%n",
                            answer.score(),
                            answer.start(),
                            answer.end(),
                            answer.text().replaceAll("\\s+", " "));
                }
                return 0;
            }
            Json.print(out, j -> {
                j.writeStringField("model", model);
                j.writeStringField("engine", loaded.engine());
                j.writeArrayFieldStart("answers");
                for (FoundAnswer answer : answers) {
                    j.writeStartObject();
                    j.writeStringField("text", answer.text());
                    j.writeNumberField("start", answer.start());
                    j.writeNumberField("end", answer.end());
                    j.writeNumberField("score", answer.score());
                    j.writeEndObject();
                }
                j.writeEndArray();
            });
        }
        return 0;
    }
}
