package dev.argot.examples.quickstart;

import dev.argot.api.Argot;
import dev.argot.api.ArgotOptions;
import dev.argot.api.CausalModel;
import dev.argot.api.Completion;
import dev.argot.api.CompletionRequest;
import dev.argot.api.Decoding;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Obtains the default model, completes three prompts with streaming and prints how fast that was. */
public final class Quickstart {
    private static final List<String> PROMPTS = List.of(
            "The capital of France is",
            "A contract is an agreement between",
            "Once upon a time, there was a little girl who");

    private Quickstart() {}

    /**
     * Runs it.
     *
     * @param args a model's name; without one the default model
     */
    public static void main(String[] args) {
        var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        var options = ArgotOptions.DEFAULT.withNotices(out::println);
        try (Argot argot = Argot.open(options);
                CausalModel model = argot.load(CausalModel.class, args.length > 0 ? args[0] : "default")) {
            out.printf("%s: %,d parameters, %s%n", model.description().name(), model.description().parameters(), model.engine());
            Decoding decoding = Decoding.builder().maxTokens(40).build();
            for (String prompt : PROMPTS) {
                out.printf("%n%s", prompt);
                Completion completion = model.complete(
                        CompletionRequest.of(prompt, decoding).withSink(token -> out.print(token.text())));
                out.printf(
                        "%n[%d tokens, %.1f tokens/s]%n",
                        completion.usage().completionTokens(), completion.usage().tokensPerSecond());
            }
        }
    }
}
