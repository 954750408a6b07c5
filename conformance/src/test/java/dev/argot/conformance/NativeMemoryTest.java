package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.argot.api.Argot;
import dev.argot.api.CausalModel;
import dev.argot.api.Decoding;
import dev.argot.api.Precision;
import dev.argot.api.adaptation.Optimizer;
import dev.argot.engine.gpu.PyTorchEngineProvider;
import dev.argot.spi.Architecture;
import dev.argot.spi.CompiledModel;
import dev.argot.spi.Engine;
import dev.argot.spi.EngineProvider;
import dev.argot.spi.Session;
import dev.argot.spi.Tensor;
import dev.argot.spi.Trainer;
import dev.argot.spi.graph.Op;
import dev.argot.testkit.RandomWeights;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Native memory is given back: long runs do not make the process grow. Runs where {@code ps} exists (Linux, macOS). */
class NativeMemoryTest {
    private static final long MEBIBYTE = 1 << 20;
    /** Above what allocators and the JVM keep for themselves, far below what leaking a session or a step would take. */
    private static final long GROWTH = 24 * MEBIBYTE;

    @Test
    void complete_aThousandTimes_keepsResidentMemoryFlat() throws Exception {
        try (Argot argot = Argot.open();
                CausalModel model = argot.load(CausalModel.class, "stories260k")) {
            Decoding decoding = Decoding.builder().maxTokens(6).ignoreEos(true).build();
            for (int i = 0; i < 300; i++) {
                model.complete("Once upon a time", decoding);
            }
            long before = residentBytes();
            for (int i = 0; i < 1000; i++) {
                assertThat(model.complete("Once upon a time", decoding).tokens())
                        .hasSize(6);
            }
            assertThat(residentBytes() - before).as("growth in bytes").isLessThan(GROWTH);
        }
    }

    @Test
    void openSession_ofSourcesAThousandTimes_keepsResidentMemoryFlat() throws Exception {
        Architecture architecture = TinyModels.seq2seq()
                .filter(a -> a.modelType().equals("bart"))
                .findFirst()
                .orElseThrow();
        int[][] sources = {new int[60], new int[40]};
        try (Engine engine = new PyTorchEngineProvider()
                        .open(new EngineProvider.Request(Optional.empty(), OptionalInt.of(1)));
                CompiledModel model = engine.compile(architecture.graph(), new RandomWeights(7), Precision.FLOAT32)) {
            for (int i = 0; i < 200; i++) {
                search(model, sources);
            }
            long before = residentBytes();
            for (int i = 0; i < 1000; i++) {
                search(model, sources);
            }
            assertThat(residentBytes() - before).as("growth in bytes").isLessThan(GROWTH);
        }
    }

    /** Beams that fork, change places and are scored; and calls that fail. */
    private static void search(CompiledModel model, int[][] sources) {
        try (Session session = model.openSession(sources, 8)) {
            session.append(new int[][] {{1}, {2}});
            try (Session fork = session.fork(0, 0, 1, 1)) {
                fork.append(new int[][] {{1}, {2}, {3}, {4}});
                fork.reorder(3, 3, 0, 1);
                fork.score(new int[][] {{1, 2}, {3}, {}, {4}}, new int[][][] {{{}, {1, 2}}, {{3}}, {}, {{}}});
                try (Session copy = fork.copy(0, 2, 6)) {
                    copy.append(new int[][] {{1}});
                }
                assertThatThrownBy(() -> fork.append(new int[][] {{-1}, {}, {}, {}}))
                        .isInstanceOf(IllegalArgumentException.class);
            }
            session.reorder(1, 0);
            session.append(new int[][] {{5}, {6}});
        }
        assertThatThrownBy(() -> model.openSession(new int[][] {{1}, {}}, 8))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void step_twoHundredTimes_keepsResidentMemoryFlat() throws Exception {
        Architecture architecture = TinyModels.all()
                .filter(a -> a.modelType().equals("llama"))
                .findFirst()
                .orElseThrow();
        var batch = Map.<String, Tensor>of("input_ids", ids(8, 48), "labels", ids(8, 48));
        var all = architecture.graph().parameters().stream()
                .map(Op.Parameter::name)
                .collect(Collectors.toSet());
        try (Engine engine = new PyTorchEngineProvider()
                        .open(new EngineProvider.Request(Optional.empty(), OptionalInt.of(1)));
                CompiledModel model = engine.compile(architecture.graph(), new RandomWeights(7), Precision.FLOAT32);
                Trainer trainer = model.openTrainer(new Trainer.Request(all, Optimizer.AdamW.defaults()))) {
            var step = new Trainer.StepRequest(List.of(batch), new Trainer.Update(1e-3, 1));
            var twoParts = new Trainer.StepRequest(List.of(batch, batch), new Trainer.Update(1e-3, 1));
            for (int i = 0; i < 40; i++) {
                trainer.step(i % 2 == 0 ? step : twoParts);
            }
            long before = residentBytes();
            double loss = 0;
            for (int i = 0; i < 200; i++) {
                loss = trainer.step(i % 2 == 0 ? step : twoParts).loss();
            }
            assertThat(loss).isFinite();
            assertThat(residentBytes() - before).as("growth in bytes").isLessThan(GROWTH);
        }
    }

    private static Tensor.Longs ids(int rows, int width) {
        var ids = new long[rows * width];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = i * 7L % 40;
        }
        return new Tensor.Longs(ids, rows, width);
    }

    /** Resident memory of this process, after a collection. */
    private static long residentBytes() throws IOException, InterruptedException {
        System.gc();
        Process ps = new ProcessBuilder(
                        "ps", "-o", "rss=", "-p", "" + ProcessHandle.current().pid())
                .redirectErrorStream(true)
                .start();
        String kibibytes = new String(ps.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
        assertThat(ps.waitFor()).as(kibibytes).isZero();
        return Long.parseLong(kibibytes) * 1024;
    }
}
