package dev.argot.examples.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.argot.api.Argot;
import dev.argot.api.CausalModel;
import dev.argot.api.TokenCandidate;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;

/** Lists the most probable next tokens after a text. */
@Command(
        name = "next-tokens",
        description = "List the most probable next tokens after a text, with their probabilities.")
final class NextTokensCommand extends TokenListCommand<TokenCandidate> {
    NextTokensCommand() {
        super("nextTokens");
    }

    @Override
    List<TokenCandidate> tokens(Argot argot, Setup setup, String name, String text, int top) {
        try (CausalModel loaded = setup.load(argot, name)) {
            return loaded.nextTokens(text, top);
        }
    }

    @Override
    String line(TokenCandidate token) {
        return String.format(Locale.ROOT, "%.4f  %s", token.probability(), token.token());
    }

    @Override
    void write(JsonGenerator json, TokenCandidate token) throws IOException {
        json.writeNumberField("id", token.id());
        json.writeStringField("token", token.token());
        json.writeStringField("text", token.text());
        json.writeNumberField("probability", token.probability());
    }
}
