package dev.argot.examples.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.argot.api.Argot;
import dev.argot.api.Model;
import dev.argot.api.TokenNeighbour;
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

/** Lists tokens whose embeddings are close to a text's. */
@Command(
        name = "neighbours",
        description =
                "List the tokens whose input embeddings are closest to a text's. Inside a text a word mostly has a blank before it.")
final class NeighboursCommand implements Callable<Integer> {
    @Option(
            names = "--model",
            paramLabel = "MODEL",
            defaultValue = "default",
            description = "A path, a Hub id, stories260k or default. Default: ${DEFAULT-VALUE}.")
    private String model = "default";

    @Option(
            names = "--before",
            paramLabel = "MODEL",
            description = "The model before it was adapted: its neighbours are shown beside the other's.")
    private @Nullable String before;

    @Option(names = "--text", paramLabel = "TEXT", required = true, description = "The text itself, such as a term.")
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
            @Nullable List<TokenNeighbour> first = before == null ? null : neighbours(argot, before);
            List<TokenNeighbour> last = neighbours(argot, model);
            if (json) {
                Json.print(out, j -> {
                    j.writeStringField("model", model);
                    j.writeStringField("text", text);
                    write(j, "neighbours", last);
                    if (first != null) {
                        write(j, "before", first);
                    }
                });
            } else if (first == null) {
                last.forEach(n -> out.println(line(n)));
            } else {
                Tables.sideBySide(
                        out,
                        first.stream().map(NeighboursCommand::line).toList(),
                        last.stream().map(NeighboursCommand::line).toList());
            }
        }
        return 0;
    }

    private List<TokenNeighbour> neighbours(Argot argot, String name) {
        try (Model loaded = argot.load(Model.class, name, setup.options(setup.precision()))) {
            return loaded.neighbours(text, top);
        }
    }

    private static String line(TokenNeighbour neighbour) {
        return String.format(Locale.ROOT, "%.4f  %s", neighbour.cosine(), neighbour.token());
    }

    private static void write(JsonGenerator json, String key, List<TokenNeighbour> neighbours) throws IOException {
        json.writeArrayFieldStart(key);
        for (TokenNeighbour neighbour : neighbours) {
            json.writeStartObject();
            json.writeNumberField("id", neighbour.id());
            json.writeStringField("token", neighbour.token());
            json.writeNumberField("cosine", neighbour.cosine());
            json.writeEndObject();
        }
        json.writeEndArray();
    }
}
