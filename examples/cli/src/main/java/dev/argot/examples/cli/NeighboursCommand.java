package dev.argot.examples.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.argot.api.Argot;
import dev.argot.api.Model;
import dev.argot.api.TokenNeighbour;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;

/** Lists tokens whose embeddings are close to a text's. */
@Command(
        name = "neighbours",
        description =
                "List the tokens whose input embeddings are closest to a text's. Inside a text a word mostly has a blank before it.")
final class NeighboursCommand extends TokenListCommand<TokenNeighbour> {
    NeighboursCommand() {
        super("neighbours");
    }

    @Override
    List<TokenNeighbour> tokens(Argot argot, Setup setup, String name, String text, int top) {
        try (Model loaded = argot.load(Model.class, name, setup.options(setup.precision()))) {
            return loaded.neighbours(text, top);
        }
    }

    @Override
    String line(TokenNeighbour token) {
        return String.format(Locale.ROOT, "%.4f  %s", token.cosine(), token.token());
    }

    @Override
    void write(JsonGenerator json, TokenNeighbour token) throws IOException {
        json.writeNumberField("id", token.id());
        json.writeStringField("token", token.token());
        json.writeNumberField("cosine", token.cosine());
    }
}
