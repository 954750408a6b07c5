package dev.argot.examples.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.argot.api.Argot;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Lists tokens that a model gives for a text, with one before it was adapted beside them.
 *
 * @param <T> a token and its number
 */
abstract class TokenListCommand<T> implements Callable<Integer> {
    private final String key;

    /**
     * A command.
     *
     * @param key of the list in the JSON
     */
    TokenListCommand(String key) {
        this.key = key;
    }

    @Mixin
    private ModelOption model = new ModelOption();

    @Option(
            names = "--before",
            paramLabel = "MODEL",
            description = "The model before it was adapted: its tokens are shown beside the other's.")
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
            @Nullable List<T> first = before == null ? null : tokens(argot, before);
            List<T> last = tokens(argot, model.name());
            if (json) {
                Json.print(out, j -> {
                    j.writeStringField("model", model.name());
                    j.writeStringField("text", text);
                    write(j, key, last);
                    if (first != null) {
                        write(j, "before", first);
                    }
                });
            } else if (first == null) {
                last.forEach(token -> out.println(line(token)));
            } else {
                Tables.sideBySide(
                        out,
                        first.stream().map(this::line).toList(),
                        last.stream().map(this::line).toList());
            }
        }
        return 0;
    }

    private List<T> tokens(Argot argot, String name) {
        return tokens(argot, setup, name, text, top);
    }

    private void write(JsonGenerator json, String name, List<T> tokens) throws IOException {
        json.writeArrayFieldStart(name);
        for (T token : tokens) {
            json.writeStartObject();
            write(json, token);
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    /** Asks a model. */
    abstract List<T> tokens(Argot argot, Setup setup, String name, String text, int top);

    /** A token for a reader. */
    abstract String line(T token);

    /** The fields of a token. */
    abstract void write(JsonGenerator json, T token) throws IOException;
}
