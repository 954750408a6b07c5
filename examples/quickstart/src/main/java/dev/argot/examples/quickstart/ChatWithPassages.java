package dev.argot.examples.quickstart;

import dev.argot.api.Argot;
import dev.argot.api.CausalModel;
import dev.argot.api.Document;
import dev.argot.api.prompt.AnswerFormat;
import dev.argot.api.prompt.GiveWay;
import dev.argot.api.prompt.PromptLayout;
import dev.argot.api.prompt.PromptSettings;
import dev.argot.api.prompt.PromptSpec;
import dev.argot.api.prompt.PromptTemplate;
import dev.argot.api.prompt.Prompter;
import dev.argot.api.prompt.TextAnswer;
import dev.argot.api.retrieval.Retriever;
import dev.argot.api.retrieval.RetrieverSpec;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Answers questions, a line of standard input each, from documents of its own, and says which passages it was shown.
 *
 * <p>Argument, which may be left out: the model's name, without which the default model is used.
 */
public final class ChatWithPassages {
    private static final List<Document> HANDBOOK = List.of(
            new Document(
                    "leave",
                    "Employees have 28 days of leave a year. Up to 5 days may be kept for the next year.",
                    "handbook",
                    ""),
            new Document(
                    "travel",
                    "Trains are booked in second class. Flights need the consent of the head of the team.",
                    "handbook",
                    ""),
            new Document(
                    "equipment",
                    "Each employee may choose a laptop. It is replaced after four years.",
                    "handbook",
                    ""));

    private ChatWithPassages() {}

    /**
     * Runs the program.
     *
     * @param arguments see above
     */
    public static void main(String[] arguments) {
        var questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        answer(arguments.length > 0 ? arguments[0] : "default", questions.lines(), System.out);
    }

    static void answer(String modelName, Stream<String> questions, PrintStream out) {
        PromptTemplate template = PromptTemplate.builder("{{passages}}\n\nQuestion: {{question}}\nAnswer: {{answer}}")
                .instruction("Answer from the passages alone, in one sentence.")
                .build();
        try (Argot argot = Argot.open();
                CausalModel model = argot.load(CausalModel.class, modelName);
                Retriever retriever = argot.retriever(RetrieverSpec.of(HANDBOOK))) {
            boolean chats = model.tokenizer().chatTemplate().isPresent();
            PromptSpec spec = PromptSpec.builder(template)
                    .format(new AnswerFormat.Text(64))
                    .retrieval(retriever, 2)
                    .settings(PromptSettings.DEFAULT
                            .withLayout(chats ? PromptLayout.MESSAGE : PromptLayout.TEXT)
                            .withGiveWay(GiveWay.PASSAGES))
                    .build();
            try (Prompter prompter = argot.prompter(model, spec)) {
                questions.filter(question -> !question.isBlank()).forEach(question -> {
                    TextAnswer answer = prompter.answer(Map.of("question", question), token -> out.print(token.text()));
                    out.println();
                    answer.prompt().passages().forEach(passage -> out.println("  shown: " + passage.id()));
                });
            }
        }
    }
}
