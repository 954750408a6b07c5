package dev.argot.examples.quickstart;

import dev.argot.api.Argot;
import dev.argot.api.ArgotException;
import dev.argot.api.ArgotOptions;
import dev.argot.api.CausalModel;
import dev.argot.api.Completion;
import dev.argot.api.CompletionRequest;
import dev.argot.api.Decoding;
import dev.argot.api.LoadOptions;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Obtains a model and completes three prompts while a person watches.
 *
 * <p>Arguments, which may be left out: {@code --offline} forbids the network; the model's name, without which the default model is used.
 */
public final class Quickstart {
    private static final List<String> PROMPTS =
            List.of("The capital of France is", "A contract is", "Once upon a time");

    private Quickstart() {}

    /**
     * Runs the program.
     *
     * @param arguments see above
     */
    public static void main(String[] arguments) {
        boolean offline = List.of(arguments).contains("--offline");
        String name = Stream.of(arguments)
                .filter(argument -> !argument.equals("--offline"))
                .findFirst()
                .orElse("default");
        try {
            run(name, offline ? LoadOptions.DEFAULT.withoutNetwork() : LoadOptions.DEFAULT, System.out);
        } catch (ArgotException e) {
            System.err.println(e.getMessage());
            System.exit(1);
        }
    }

    static void run(String name, LoadOptions loading, PrintStream out) {
        ArgotOptions options = ArgotOptions.DEFAULT.withNotices(out::println);
        Decoding decoding = Decoding.builder().maxTokens(48).build();
        try (Argot argot = Argot.open(options);
                CausalModel model = argot.load(CausalModel.class, name, loading)) {
            out.println(model.description().name() + ": " + model.engine());
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
