package dev.argot.examples.cli;

import dev.argot.api.Argot;
import dev.argot.api.CausalModel;
import dev.argot.api.Completion;
import dev.argot.api.ContextLengthException;
import dev.argot.api.Decoding;
import dev.argot.api.chat.ChatMessage;
import dev.argot.api.chat.ChatOptions;
import dev.argot.api.chat.Conversation;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code argot chat}: a conversation, a line of standard input at a time. */
@Command(name = "chat", description = "Talk to a model; each line of standard input is a message.")
final class ChatCommand implements Callable<Integer> {
    @Option(
            names = "--model",
            paramLabel = "MODEL",
            description = "The model. Default: ${DEFAULT-VALUE}.",
            defaultValue = "default")
    private String model = "default";

    @Option(names = "--system", paramLabel = "TEXT", description = "What the model is told before.")
    private @Nullable String system;

    @Option(names = "--max-tokens", paramLabel = "N", description = "The most tokens of an answer. Default: 256.")
    private int maxTokens = 256;

    @Option(names = "--temperature", paramLabel = "T", description = "Divides the logits; 0 is greedy.")
    private @Nullable Double temperature;

    @Option(names = "--seed", paramLabel = "SEED", description = "The same seed gives the same answers. Default: 0.")
    private long seed;

    @Mixin
    private Setup setup = new Setup();

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        Numbers.atLeastOne(spec, "--max-tokens", maxTokens);
        boolean refused = false;
        try (Argot argot = setup.open(err);
                CausalModel loaded = setup.load(argot, CausalModel.class, model)) {
            Decoding.Builder decoding =
                    loaded.defaultDecoding().toBuilder().maxTokens(maxTokens).seed(seed);
            if (temperature != null) {
                decoding.temperature(temperature).beams(1);
            }
            var conversation = new Conversation(loaded, decoding.build(), ChatOptions.DEFAULT);
            if (system != null) {
                conversation.add(ChatMessage.system(system));
            }
            var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.isBlank()) {
                    continue;
                }
                int before = conversation.dropped();
                Completion answer;
                try {
                    answer = conversation.say(line, token -> {
                        out.print(token.text());
                        out.flush();
                    });
                } catch (ContextLengthException e) { // a shorter message may follow
                    err.println("argot: " + Errors.oneLine(String.valueOf(e.getMessage())));
                    refused = true;
                    continue;
                }
                out.println();
                out.flush();
                if (conversation.dropped() > before) {
                    err.println("argot: the conversation no longer fits: its first " + conversation.dropped()
                            + " messages are left out");
                }
                if (answer.finishReason() == Completion.FinishReason.LENGTH) {
                    err.println("argot: the answer was cut after " + maxTokens + " tokens");
                }
            }
        }
        return refused ? CommandLine.ExitCode.SOFTWARE : CommandLine.ExitCode.OK;
    }
}
