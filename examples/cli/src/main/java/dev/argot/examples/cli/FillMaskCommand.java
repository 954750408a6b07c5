package dev.argot.examples.cli;

import dev.argot.api.Argot;
import dev.argot.api.MaskedModel;
import dev.argot.api.MaskedModel.FilledMask;
import dev.argot.api.TokenCandidate;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Guesses what stands at the masks of texts. */
@Command(
        name = "fill-mask",
        description = "Guess what stands at the masks of a text, each written as [MASK] or as the model's own mask token.")
final class FillMaskCommand implements Callable<Integer> {
    @Option(
            names = "--model",
            paramLabel = "MODEL",
            required = true,
            description = "A masked language model: a path or a Hub id.")
    private String model = "";

    @ArgGroup(multiplicity = "1")
    private TextLines source = new TextLines();

    @Option(
            names = "--top",
            paramLabel = "N",
            defaultValue = "5",
            description = "Candidates for each mask. Default: ${DEFAULT-VALUE}.")
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
                MaskedModel loaded = setup.load(argot, MaskedModel.class, model)) {
            List<List<FilledMask>> filled = loaded.fillMaskAll(texts, top);
            if (json) {
                print(out, loaded.engine(), texts, filled);
                return 0;
            }
            for (int i = 0; i < texts.size(); i++) {
                for (FilledMask mask : filled.get(i)) {
                    for (TokenCandidate candidate : mask.candidates()) {
                        out.printf(
                                Locale.ROOT,
                                "%.4f\t%s\t%s%n",
                                candidate.probability(),
                                candidate.text().strip(),
                                around(texts.get(i), mask, candidate.text()));
                    }
                }
            }
        }
        return 0;
    }

    /** The text with a candidate in the place of its mask. */
    private static String around(String text, FilledMask mask, String candidate) {
        String word = candidate.startsWith("##") ? candidate.substring(2) : candidate.strip();
        String before = text.substring(0, mask.start());
        boolean goesOn = candidate.startsWith("##");
        return (goesOn ? before.stripTrailing() : before) + word + text.substring(mask.end());
    }

    private void print(PrintWriter out, String engine, List<String> texts, List<List<FilledMask>> filled)
            throws IOException {
        Json.print(out, j -> {
            j.writeStringField("model", model);
            j.writeStringField("engine", engine);
            j.writeArrayFieldStart("texts");
            for (int i = 0; i < texts.size(); i++) {
                j.writeStartObject();
                j.writeStringField("text", texts.get(i));
                j.writeArrayFieldStart("masks");
                for (FilledMask mask : filled.get(i)) {
                    j.writeStartObject();
                    j.writeNumberField("start", mask.start());
                    j.writeNumberField("end", mask.end());
                    j.writeArrayFieldStart("candidates");
                    for (TokenCandidate candidate : mask.candidates()) {
                        j.writeStartObject();
                        j.writeNumberField("id", candidate.id());
                        j.writeStringField("token", candidate.token());
                        j.writeStringField("text", candidate.text());
                        j.writeNumberField("probability", candidate.probability());
                        j.writeEndObject();
                    }
                    j.writeEndArray();
                    j.writeEndObject();
                }
                j.writeEndArray();
                j.writeEndObject();
            }
            j.writeEndArray();
        });
    }
}
