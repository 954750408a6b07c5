package dev.argot.examples.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.argot.api.Argot;
import dev.argot.api.CausalModel;
import dev.argot.api.TokenCandidate;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Lists the most probable next tokens after a text. */
@Command(name = "next-tokens", description = "List the most probable next tokens after a text, with their probabilities.")
final class NextTokensCommand implements Callable<Integer> {
    @Option(
            names = "--model",
            paramLabel = "MODEL",
            defaultValue = "default",
            description = "A path, a Hub id, stories260k or default. Default: ${DEFAULT-VALUE}.")
    private String model = "default";

    @Option(
            names = "--before",
            paramLabel = "MODEL",
            description = "The model before it was adapted: its tokens are shown beside the other's.")
    private @Nullable String before;

    @Option(names = "--text", paramLabel = "TEXT", required = true, description = "The text itself.")
    private String text = "";

    @Option(
            names = "--top",
            paramLabel = "N",
            defaultValue = "10",
            description = "How many. Default: ${DEFAULT-VALUE}.")
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
        Tables.checkTop(spec, top);
        try (Argot argot = setup.open(spec.commandLine().getErr())) {
            @Nullable List<TokenCandidate> first = before == null ? null : candidates(argot, before);
            List<TokenCandidate> last = candidates(argot, model);
            if (json) {
                Json.print(out, j -> {
                    j.writeStringField("model", model);
                    j.writeStringField("text", text);
                    write(j, "nextTokens", last);
                    if (first != null) {
                        write(j, "before", first);
                    }
                });
            } else if (first == null) {
                last.forEach(candidate -> out.println(line(candidate)));
            } else {
                Tables.sideBySide(
                        out,
                        first.stream().map(NextTokensCommand::line).toList(),
                        last.stream().map(NextTokensCommand::line).toList());
            }
        }
        return 0;
    }

    private List<TokenCandidate> candidates(Argot argot, String name) {
        try (CausalModel loaded = setup.load(argot, name)) {
            return loaded.nextTokens(text, top);
        }
    }

    private static String line(TokenCandidate candidate) {
        return String.format(Locale.ROOT, "%.4f  %s", candidate.probability(), candidate.token());
    }

    private static void write(JsonGenerator json, String key, List<TokenCandidate> candidates) throws IOException {
        json.writeArrayFieldStart(key);
        for (TokenCandidate candidate : candidates) {
            json.writeStartObject();
            json.writeNumberField("id", candidate.id());
            json.writeStringField("token", candidate.token());
            json.writeStringField("text", candidate.text());
            json.writeNumberField("probability", candidate.probability());
            json.writeEndObject();
        }
        json.writeEndArray();
    }
}
