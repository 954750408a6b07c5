package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.argot.api.Argot;
import dev.argot.api.CancellationToken;
import dev.argot.api.adaptation.AdaptationEvent;
import dev.argot.api.adaptation.AdaptationSpec;
import dev.argot.api.adaptation.Budget;
import dev.argot.api.adaptation.Lora;
import dev.argot.api.adaptation.Method;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A run that is killed at any moment and resumed gives the weights of one that was never stopped. */
class KilledRunTest {
    private static final int KILLS = 20;
    private static final int STEPS = 45;

    @TempDir
    Path folder;

    /** What is run: dropout, accumulation and replay, so that every random state counts. */
    static AdaptationSpec spec(Path out, Method method, int steps) {
        return AdaptationSpec.builder("stories260k", out)
                .domain("legal")
                .method(method)
                .batch(32, 1, 2)
                .budget(new Budget.Steps(steps))
                .checkpoints(1, 2)
                .heldOutTokens(32)
                .tasks(0, List.of())
                .prompts("The court")
                .replayShare(0.2)
                .resume(true)
                .build();
    }

    static Lora lora() {
        return new Lora(4, 8, 0.1, Set.of(Lora.ALL_LINEAR), false, false, Map.of(), Map.of());
    }

    /** The process that is killed. */
    static final class Child {
        private Child() {}

        /** Adapts into the folder named, saying which step it has done. */
        @SuppressWarnings("SystemOut") // read by the test
        public static void main(String[] arguments) {
            try (Argot argot = Argot.open()) {
                argot.adapt(
                        spec(Path.of(arguments[0]), lora(), STEPS),
                        event -> {
                            if (event instanceof AdaptationEvent.Step step) {
                                System.out.println("step " + step.step());
                            }
                        },
                        CancellationToken.never());
            }
            System.out.println("done");
        }
    }

    @Test
    void killedAndResumed_givesTheSameWeights() throws Exception {
        long seed = System.nanoTime();
        var random = new Random(seed);
        Path whole = folder.resolve("whole");
        Path killed = folder.resolve("killed");
        try (Argot argot = Argot.open()) {
            argot.adapt(spec(whole, lora(), STEPS));
        }
        int kills = 0;
        while (kills < KILLS) {
            Process process = child(killed);
            try (BufferedReader output = process.inputReader()) {
                int steps = random.nextInt(3); // 0: while it starts, or reads the corpus
                if (steps == 0) {
                    Thread.sleep(random.nextInt(2500));
                }
                for (int i = 0; i < steps; ) {
                    String line = output.readLine();
                    if (line == null) {
                        break;
                    }
                    i += line.startsWith("step ") ? 1 : 0;
                }
                Thread.sleep(random.nextInt(60)); // while a checkpoint is written, or the next step computed
                process.destroyForcibly();
                assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
            }
            assertThat(process.exitValue())
                    .as("seed %d: killed, not ended", seed)
                    .isNotZero();
            kills++;
        }
        Process last = child(killed);
        List<String> output;
        try (BufferedReader reader = last.inputReader()) {
            output = reader.lines().toList();
        }
        assertThat(last.waitFor()).as("seed %d: %s", seed, output).isZero();
        assertThat(Files.readAllBytes(killed.resolve("adapter_model.safetensors")))
                .as("seed %d", seed)
                .isEqualTo(Files.readAllBytes(whole.resolve("adapter_model.safetensors")));
        assertThat(killed.resolveSibling("killed.run")).doesNotExist();
    }

    private static Process child(Path out) throws IOException {
        String path = Stream.of("jdk.module.path", "java.class.path")
                .map(System::getProperty)
                .filter(p -> p != null && !p.isEmpty())
                .collect(Collectors.joining(File.pathSeparator));
        return new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        path,
                        Child.class.getName(),
                        out.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void cancelledAndResumed_givesTheSameWeights(boolean full) throws Exception {
        Method method = full ? Method.full() : lora();
        String file = full ? "model.safetensors" : "adapter_model.safetensors";
        Path whole = folder.resolve("whole");
        Path parts = folder.resolve("parts");
        try (Argot argot = Argot.open()) {
            argot.adapt(spec(whole, method, 6));
            for (int part = 0; part < 3; part++) {
                CancellationToken cancellation = CancellationToken.create();
                var seen = new ArrayList<Long>();
                argot.adapt(
                        spec(parts, method, 6),
                        event -> {
                            if (event instanceof AdaptationEvent.Step step) {
                                seen.add(step.step());
                                if (seen.size() == 2) {
                                    cancellation.cancel();
                                }
                            }
                        },
                        cancellation);
                assertThat(seen).hasSize(2).first().isEqualTo(2L * part + 1);
            }
            if (!Files.exists(parts)) {
                argot.adapt(spec(parts, method, 6));
            }
        }
        assertThat(Files.readAllBytes(parts.resolve(file))).isEqualTo(Files.readAllBytes(whole.resolve(file)));
    }
}
