package dev.argot.examples.cli;

import dev.argot.api.Argot;
import dev.argot.api.SequenceClassifier;
import dev.argot.api.SequenceClassifier.Classification;
import dev.argot.api.SequenceClassifier.LabelScore;
import dev.argot.api.SequenceClassifier.TextPair;
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

/** Judges texts with a sequence classifier. */
@Command(
        name = "classify",
        description = "Judge texts with a model that has a classification head: label, score and text, one a line.")
final class ClassifyCommand implements Callable<Integer> {
    @Option(
            names = "--model",
            paramLabel = "MODEL",
            required = true,
            description = "A sequence classifier: a path or a Hub id.")
    private String model = "";

    @ArgGroup(multiplicity = "1")
    private TextLines source = new TextLines();

    @Option(
            names = "--second",
            paramLabel = "TEXT",
            description = "A second text, judged together with each, such as a hypothesis or a passage.")
    private @Nullable String second;

    @Option(
            names = "--top",
            paramLabel = "N",
            defaultValue = "1",
            description = "Labels shown of each text. Default: ${DEFAULT-VALUE}. JSON has all.")
    private int top;

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
        List<String> texts = source.read();
        try (Argot argot = setup.open(spec.commandLine().getErr());
                SequenceClassifier loaded = setup.load(argot, SequenceClassifier.class, model)) {
            List<Classification> judged = second == null
                    ? loaded.classifyAll(texts)
                    : loaded.classifyPairs(
                            texts.stream().map(text -> new TextPair(text, second)).toList());
            if (json) {
                print(out, loaded, texts, judged);
                return 0;
            }
            for (int i = 0; i < texts.size(); i++) {
                List<LabelScore> scores = judged.get(i).scores();
                for (LabelScore score : scores.subList(0, Math.min(top, scores.size()))) {
                    out.printf(Locale.ROOT, "%s\t%.4f\t%s%n", score.label(), score.score(), texts.get(i));
                }
            }
        }
        return 0;
    }

    private void print(PrintWriter out, SequenceClassifier loaded, List<String> texts, List<Classification> judged)
            throws IOException {
        Json.print(out, j -> {
            j.writeStringField("model", model);
            j.writeStringField("engine", loaded.engine());
            j.writeStringField("kind", loaded.kind().name().toLowerCase(Locale.ROOT));
            j.writeArrayFieldStart("texts");
            for (int i = 0; i < texts.size(); i++) {
                j.writeStartObject();
                j.writeStringField("text", texts.get(i));
                if (second != null) {
                    j.writeStringField("second", second);
                }
                j.writeArrayFieldStart("scores");
                for (LabelScore score : judged.get(i).scores()) {
                    j.writeStartObject();
                    j.writeStringField("label", score.label());
                    j.writeNumberField("score", score.score());
                    j.writeEndObject();
                }
                j.writeEndArray();
                j.writeEndObject();
            }
            j.writeEndArray();
        });
    }
}
