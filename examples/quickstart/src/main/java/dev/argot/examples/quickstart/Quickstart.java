package dev.argot.examples.quickstart;

import dev.argot.api.Argot;
import dev.argot.api.ArgotException;
import dev.argot.api.ArgotOptions;
import dev.argot.api.CausalModel;
import dev.argot.api.Completion;
import dev.argot.api.CompletionRequest;
import dev.argot.api.Decoding;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/**
 * Obtains a model and completes three prompts while a person watches.
 *
 * <p>The only argument, which may be left out, is the model's name; without it the default model is used.
 */
public final class Quickstart {
    private static final List<String> PROMPTS =
            List.of("The capital of France is", "A contract is", "Once upon a time");

    private Quickstart() {}

    /**
     * Runs the program.
     *
     * @param arguments the model's name, or nothing
     */
    public static void main(String[] arguments) {
        try {
            run(arguments.length == 0 ? "default" : arguments[0], System.out);
        } catch (ArgotException e) {
            System.err.println(e.getMessage());
            System.exit(1);
        }
    }

    static void run(String name, PrintStream out) {
        ArgotOptions options = ArgotOptions.DEFAULT.withNotices(out::println);
        Decoding decoding = Decoding.builder().maxTokens(48).build();
        try (Argot argot = Argot.open(options);
                CausalModel model = argot.load(CausalModel.class, name)) {
            for (String prompt : PROMPTS) {
                out.print("\n" + prompt);
                Completion completion =
                        model.complete(CompletionRequest.of(prompt, decoding).withSink(token -> {
                            out.print(token.text());
                            out.flush();
                        }));
                out.printf(
                        Locale.ROOT, "%n  (%.1f tokens/s)%n", completion.usage().tokensPerSecond());
            }
        }
    }
}
