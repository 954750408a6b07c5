package dev.argot.core.adaptation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.argot.api.ArgotException;
import dev.argot.api.CancellationToken;
import dev.argot.api.adaptation.AdaptationEvent;
import dev.argot.api.adaptation.AdaptationResult.Outcome;
import dev.argot.api.adaptation.AdaptationSpec;
import dev.argot.api.adaptation.AdaptationSpec.OnAnomaly;
import dev.argot.api.adaptation.Budget;
import dev.argot.api.evaluation.HeldOutScore;
import dev.argot.api.evaluation.Perplexity;
import dev.argot.spi.Checkpoint;
import dev.argot.spi.CheckpointFormatProvider;
import dev.argot.spi.Config;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.Tensor;
import dev.argot.spi.TokenizerData;
import dev.argot.spi.Trainer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the loop does with what a trainer and held-out texts say. */
class TrainingLoopTest {
    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private Path folder;

    private final FakeFormat format = new FakeFormat();
    private final List<AdaptationEvent> events = new ArrayList<>();
    private final List<String> restored = new ArrayList<>();

    /** A trainer whose third step is not finite, if so wished. */
    private final class FakeTrainer implements Trainer {
        private final int broken;
        private int steps;

        FakeTrainer(int broken) {
            this.broken = broken;
        }

        @Override
        public Result step(StepRequest request) {
            steps++;
            return steps == broken ? new Result(Double.NaN, 8, Double.NaN, false) : new Result(2.0 / steps, 8, 1, true);
        }

        @Override
        public Map<String, Tensor> gradients(Map<String, Tensor> inputs) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Applied apply(Map<String, Tensor> gradients, Update update) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Map<String, StoredTensor> state() {
            return Map.of();
        }

        @Override
        public void restore(Map<String, StoredTensor> state) {
            restored.add("step " + format.opened);
        }

        @Override
        public void close() {
            // holds nothing
        }
    }

    /** Keeps configurations in memory; writes a file, or fails. */
    private static final class FakeFormat implements CheckpointFormatProvider {
        private final Map<Path, Map<String, ?>> configs = new HashMap<>();
        private boolean full;
        private String opened = "";

        @Override
        public String name() {
            return "fake";
        }

        @Override
        public boolean recognises(Path path) {
            return true;
        }

        @Override
        public void save(SaveRequest request) {
            try {
                Files.writeString(request.folder().resolve("state"), "" + request.config());
                if (full) {
                    throw new ArgotException("No space left on device");
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            configs.put(
                    Path.of(""
                            + ((Map<?, ?>) Objects.requireNonNull(
                                            request.config().get("state")))
                                    .get("step")),
                    request.config());
        }

        @Override
        public Checkpoint open(Path path) {
            opened = path.getFileName().toString();
            Map<String, ?> config = configs.get(Path.of("" + Long.parseLong(opened.substring(5))));
            return new Checkpoint() {
                @Override
                public String format() {
                    return "fake";
                }

                @Override
                public Path location() {
                    return path;
                }

                @Override
                public Config config() {
                    return new Config(path, new HashMap<>(config));
                }

                @Override
                public Optional<Config> generationConfig() {
                    return Optional.empty();
                }

                @Override
                public Map<String, StoredTensor> tensors() {
                    return Map.of();
                }

                @Override
                public TokenizerData tokenizer() {
                    return new TokenizerData.Folder(path);
                }

                @Override
                public String licence() {
                    return "";
                }

                @Override
                public void close() {
                    // holds nothing
                }
            };
        }
    }

    private AdaptationSpec.Builder spec() {
        return AdaptationSpec.builder("tiny", folder.resolve("out"))
                .batch(4, 1, 2)
                .budget(new Budget.Steps(6))
                .checkpoints(2, 1);
    }

    private TrainingLoop loop(AdaptationSpec spec, int broken, double... heldOut) throws IOException {
        try (var writer = new TokenStore.Writer(folder, "domain")) {
            writer.add("contract-7", new int[] {1, 2, 3, 4, 5, 6, 7, 8, 9}, 0);
        }
        TokenStore store = TokenStore.open(folder, "domain");
        Iterator<Double> losses = DoubleStream.of(heldOut).iterator();
        return new TrainingLoop(
                spec,
                new FakeTrainer(broken),
                () -> new RowStream(List.of(store), new double[] {1}, RowLayout.causal(spec.sequenceLength()), 1),
                List.of(store),
                new RunFolder(folder.resolve("run"), format),
                "fingerprint",
                false,
                false,
                () -> Map.of("domain", HeldOutScore.of(new Perplexity(10, 10 * losses.next(), 30))),
                events::add,
                CancellationToken.never(),
                InstantSource.system(),
                new TrainingLoop.Progress(6));
    }

    private List<Long> checkpoints() {
        return new RunFolder(folder.resolve("run"), format).steps();
    }

    @Test
    void run_tellsEachStepAndKeepsTheNewestCheckpoint() throws IOException {
        assertThat(loop(spec().build(), 0).run()).isEqualTo(Outcome.FINISHED);
        assertThat(events).filteredOn(AdaptationEvent.Step.class::isInstance).hasSize(6);
        assertThat(checkpoints()).containsExactly(6L);
    }

    @Test
    void run_lossThatIsNotFinite_stopsAndNamesTheDocuments() throws IOException {
        TrainingLoop loop = loop(spec().build(), 3);
        assertThatThrownBy(loop::run)
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining("Step 3 was not applied: loss NaN")
                .hasMessageContaining("contract-7");
        assertThat(checkpoints()).containsExactly(2L);
    }

    @Test
    void run_lossThatIsNotFiniteSkipped_goesOnAndTells() throws IOException {
        TrainingLoop loop =
                loop(spec().onAnomaly(OnAnomaly.SKIP, Double.POSITIVE_INFINITY).build(), 3);
        assertThat(loop.run()).isEqualTo(Outcome.FINISHED);
        assertThat(events)
                .filteredOn(AdaptationEvent.Anomaly.class::isInstance)
                .singleElement()
                .satisfies(e ->
                        assertThat(((AdaptationEvent.Anomaly) e).documents()).containsExactly("contract-7"));
    }

    @Test
    void run_heldOutLossThatRisesTwice_goesBackToTheBest() throws IOException {
        TrainingLoop loop = loop(spec().evaluateEvery(1, 2).build(), 0, 3.0, 2.0, 2.5, 2.6);
        assertThat(loop.run()).isEqualTo(Outcome.STOPPED_EARLY);
        assertThat(restored).containsExactly("step step-00000001");
        assertThat(checkpoints()).contains(1L);
    }

    @Test
    void run_heldOutLossThatOnlyRises_goesBackToTheStart() throws IOException {
        TrainingLoop loop = loop(spec().evaluateEvery(1, 2).build(), 0, 2.0, 2.5, 2.6);
        assertThat(loop.run()).isEqualTo(Outcome.STOPPED_EARLY);
        assertThat(restored).containsExactly("step step-00000000");
    }

    @Test
    void run_diskFull_saysSoAndKeepsTheLastCheckpoint() throws IOException {
        assertThat(loop(spec().budget(new Budget.Steps(6)).build(), 0).run()).isEqualTo(Outcome.FINISHED);
        format.full = true;
        TrainingLoop loop = loop(spec().checkpoints(1, 1).build(), 0);
        assertThatThrownBy(loop::run)
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining("step-00000001")
                .hasMessageContaining("No space left on device")
                .hasMessageContaining("Those before it are intact");
        assertThat(checkpoints()).containsExactly(6L);
        try (var inside = Files.list(folder.resolve("run/checkpoints"))) {
            assertThat(inside.map(p -> p.getFileName().toString())).containsExactly("step-00000006");
        }
    }

    @Test
    void resume_damagedCheckpoint_takesTheOneBefore() throws IOException {
        loop(spec().checkpoints(2, 2).build(), 0).run();
        assertThat(checkpoints()).containsExactly(4L, 6L);
        Files.writeString(folder.resolve("run/checkpoints/step-00000006/state"), "cut off");
        loop(spec().build(), 0).resume();
        assertThat(restored).containsExactly("step step-00000004");
    }

    @Test
    void resume_checkpointOfAnotherRun_isRefused() throws IOException {
        loop(spec().build(), 0).run();
        format.configs.replaceAll((step, config) -> {
            var other = new HashMap<String, Object>(config);
            var state = new HashMap<String, Object>();
            ((Map<?, ?>) Objects.requireNonNull(config.get("state"))).forEach((k, v) -> state.put("" + k, v));
            state.put("fingerprint", "another");
            other.put("state", state);
            return other;
        });
        TrainingLoop loop = loop(spec().build(), 0);
        assertThatThrownBy(loop::resume)
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining("belongs to another run");
        assertThat(restored).isEmpty();
    }
}
