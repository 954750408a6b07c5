package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.argot.api.Argot;
import dev.argot.api.CausalModel;
import dev.argot.api.Completion;
import dev.argot.api.Document;
import dev.argot.api.Domain;
import dev.argot.api.EmbeddingModel;
import dev.argot.api.EmbeddingOptions;
import dev.argot.api.MaskedModel;
import dev.argot.api.SequenceClassifier;
import dev.argot.api.TokenCandidate;
import dev.argot.api.adaptation.AdaptationResult;
import dev.argot.api.adaptation.AdaptationSpec;
import dev.argot.api.corpus.CorpusSource;
import dev.argot.api.finetuning.FineTuningSpec;
import dev.argot.api.finetuning.FineTuningTask;
import dev.argot.api.finetuning.LabelledData;
import dev.argot.api.finetuning.LabelledText;
import dev.argot.api.prompt.ChoiceAnswer;
import dev.argot.api.prompt.PromptSpec;
import dev.argot.api.prompt.PromptTemplate;
import dev.argot.api.prompt.Prompter;
import dev.argot.api.prompt.SlotType;
import dev.argot.api.prompt.TextAnswer;
import dev.argot.api.retrieval.Retriever;
import dev.argot.api.retrieval.RetrieverSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The examples shown in Javadoc; they run as tests. */
class Snippets {
    @Test
    void complete() {
        // @start region="complete"
        try (Argot argot = Argot.open();
                CausalModel model = argot.load(CausalModel.class, "stories260k")) {
            Completion completion = model.complete("Once upon a time");
            // @end
            assertThat(completion.text()).isNotBlank();
        }
    }

    @Test
    void fillMask() {
        String bert = golden("pipeline-fill-mask-wordpiece");
        try (Argot argot = Argot.open()) {
            // @start region="fill-mask"
            try (MaskedModel model = argot.load(MaskedModel.class, bert)) {
                for (TokenCandidate candidate : model.fillMask("Diabetes is a [MASK] disease.", 5)
                        .get(0)
                        .candidates()) {
                    System.out.printf("%.3f %s%n", candidate.probability(), candidate.text());
                }
                // @end
                assertThat(model.fillMask("Diabetes is a [MASK] disease.", 5)).hasSize(1);
            }
        }
    }

    @Test
    void embed() {
        String minilm = golden("pipeline-fill-mask-wordpiece");
        try (Argot argot = Argot.open()) {
            // @start region="embed"
            try (EmbeddingModel model = argot.load(EmbeddingModel.class, minilm)) {
                List<String> texts = List.of("The goods were not delivered.", "The ship sank.");
                float[] question = model.embed("Was the contract fulfilled?");
                for (float[] text : model.embedAll(texts, EmbeddingOptions.DEFAULT)) {
                    double cosine = 0; // the vectors have length 1
                    for (int i = 0; i < text.length; i++) {
                        cosine += text[i] * question[i];
                    }
                    System.out.println(cosine);
                }
                // @end
                assertThat(question).hasSize(model.embeddingSize());
            }
        }
    }

    @Test
    void retrieval(@TempDir Path handbook) throws IOException {
        Files.writeString(
                handbook.resolve("cards.txt"),
                "A lost card must be frozen at once. It can be thawed when it is found.");
        try (Argot argot = Argot.open();
                CausalModel model = argot.load(CausalModel.class, "stories260k")) {
            // @start region="retrieval"
            List<Document> documents = argot.documents(CorpusSource.of(handbook)); // a folder of texts
            PromptTemplate template =
                    PromptTemplate.of("Context:\n{{passages}}\n\nQuestion: {{question}}\nAnswer: {{answer}}");
            try (Retriever retriever = argot.retriever(RetrieverSpec.of(documents));
                    Prompter prompter = argot.prompter(
                            model,
                            PromptSpec.builder(template).retrieval(retriever, 3).build())) {
                TextAnswer answer = prompter.answer(Map.of("question", "What must be done with a lost card?"));
                answer.prompt().passages().forEach(passage -> System.out.println(passage.id()));
                // @end
                assertThat(answer.prompt().passages()).hasSize(1);
            }
        }
    }

    private static String golden(String name) {
        return Path.of(System.getProperty("argot.golden", "golden"))
                .resolve(name)
                .toString();
    }

    @Test
    void glossary(@TempDir Path folder) throws IOException {
        Path glossary = Files.writeString(
                folder.resolve("sailing.csv"), "term,definition\nhalyard,A rope that hoists a sail\njib,A headsail\n");
        // @start region="glossary"
        Domain sailing = Domain.builder("sailing", "Sailing")
                .glossary(glossary) // sailing.csv: term,definition
                .exemplar("What hoists a sail?", "A halyard.")
                .exemplar("What is a jib?", "A triangular sail before the mast.")
                .build();
        // @end
        assertThat(sailing.term("Halyard")).isPresent();
        assertThat(sailing.tasks().getFirst().exemplars()).hasSize(2);
    }

    @Test
    void adapt(@TempDir Path folder) throws IOException {
        Path contracts = Files.writeString(
                folder.resolve("contracts.txt"),
                "The party of the first part shall deliver the goods to the buyer, and the buyer shall pay the price agreed. "
                        .repeat(40));
        Path adapted = folder.resolve("adapted");
        // @start region="adapt"
        try (Argot argot = Argot.open()) {
            AdaptationResult result = argot.adapt(AdaptationSpec.builder("stories260k", adapted)
                    .domain("legal")
                    .corpus(contracts)
                    .curate(false) // these texts are clean
                    .tasks(0, List.of()) // and the domain's tasks need not be measured
                    .batch(64, 1, 1)
                    .tokens(1_000)
                    .build());
            try (CausalModel model =
                    argot.load(CausalModel.class, result.bundle().toString())) {
                Completion completion = model.complete("The party of");
                // @end
                assertThat(completion.text()).isNotBlank();
            }
        }
        assertThat(adapted.resolve("report.html")).isRegularFile();
    }

    @Test
    void fineTune(@TempDir Path folder) throws IOException {
        Path encoder = TinyEncoder.write(folder.resolve("encoder"), "bert");
        Path file = folder.resolve("questions.jsonl");
        var lines = new StringBuilder();
        for (int i = 0; i < 40; i++) {
            lines.append(
                    i % 2 == 0
                            ? "{\"text\": \"where is my card\", \"label\": \"card\"}\n"
                            : "{\"text\": \"what is the rate\", \"label\": \"rate\"}\n");
        }
        Files.writeString(file, lines);
        Path tuned = folder.resolve("tuned");
        // @start region="fine-tune"
        try (Argot argot = Argot.open()) {
            List<LabelledText> items = argot.readLabelled(LabelledText.class, file); // {"text": …, "label": …}
            var task = FineTuningTask.Classification.of(LabelledData.split(items, 0.1, 0.2, 42));
            argot.fineTune(FineTuningSpec.builder(encoder.toString(), task, tuned)
                    .maxLength(64)
                    .epochs(4)
                    .build());
            try (SequenceClassifier classifier = argot.load(SequenceClassifier.class, tuned.toString())) {
                String label = classifier.classify("where is my card").label();
                // @end
                assertThat(label).isIn("card", "rate");
            }
        }
    }

    @Test
    void fewShot() {
        try (Argot argot = Argot.open();
                CausalModel model = argot.load(CausalModel.class, "stories260k")) {
            // @start region="few-shot"
            PromptSpec intents = PromptSpec.builder(PromptTemplate.of("Message: {{message}}\nIntent: {{answer}}"))
                    .labels("card lost", "balance")
                    .exemplar("card lost", "message", "I cannot find my card.")
                    .exemplar("balance", "message", "How much do I have?")
                    .build();
            try (Prompter prompter = argot.prompter(model, intents)) {
                ChoiceAnswer answer = prompter.choose(Map.of("message", "My card is gone."));
                System.out.println(answer.best() + " " + answer.ranked().get(0).probability());
                // @end
                assertThat(answer.best()).isIn("card lost", "balance");
                assertThat(answer.prompt().exemplars()).hasSize(2);
                assertThat(prompter.answer(Map.of("message", "My card is gone."))
                                .text())
                        .isIn("card lost", "balance");
            }
        }
    }

    @Test
    void template() {
        // @start region="template"
        PromptTemplate template = PromptTemplate.builder("Code (<<language>>):\n<<code>>\nWhat it does: <<answer>>")
                .instruction("Say in one sentence what each piece of code does.")
                .delimiters("<<", ">>") // so that {{ in code is code
                .slot("language", new SlotType.OneOf(List.of("java", "mustache")))
                .build();
        String prompt = template.render(List.of(), Map.of("language", "mustache", "code", "Hello {{name}}!"));
        // @end
        assertThat(prompt)
                .isEqualTo("Say in one sentence what each piece of code does.\n\nCode (mustache):\nHello {{name}}!\n"
                        + "What it does:");
        assertThat(template.completion("Greets.")).isEqualTo(" Greets.");
    }
}
