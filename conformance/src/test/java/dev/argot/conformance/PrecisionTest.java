package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.argot.api.Argot;
import dev.argot.api.CausalModel;
import dev.argot.api.LoadOptions;
import dev.argot.api.Precision;
import dev.argot.api.evaluation.Perplexity;
import dev.argot.engine.gpu.PyTorchEngineProvider;
import dev.argot.spi.Architecture;
import dev.argot.spi.CompiledModel;
import dev.argot.spi.Engine;
import dev.argot.spi.EngineProvider;
import dev.argot.spi.Session;
import dev.argot.spi.Tensor;
import dev.argot.testkit.RandomWeights;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Weights held in fewer bits give nearly the float32 results. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PrecisionTest {
    private static final String STORY =
            "Once upon a time, there was a little girl named Lily. She loved to play outside in the park."
                    + " One day, she saw a big, red ball. She wanted to play with it, but it was too high. Lily's mom said,"
                    + " \"Don't worry, we can get it down.\" They found a long stick and got the ball. Lily was very happy.";

    private Engine engine;

    @BeforeAll
    void openEngine() {
        engine = new PyTorchEngineProvider().open(new EngineProvider.Request(Optional.empty(), OptionalInt.of(1)));
    }

    @AfterAll
    void closeEngine() {
        engine.close();
    }

    @ParameterizedTest
    @CsvSource({"BFLOAT16, 0.01", "FLOAT16, 0.005", "INT8, 0.02", "INT4, 0.15"})
    void perplexity_ofARealModel_isCloseToFloat32(Precision precision, double relative) {
        double wanted = perplexity(Precision.FLOAT32);
        assertThat(perplexity(precision)).isBetween(wanted * (1 - relative), wanted * (1 + relative));
    }

    private static double perplexity(Precision precision) {
        try (Argot argot = Argot.open();
                CausalModel model =
                        argot.load(CausalModel.class, "stories260k", LoadOptions.DEFAULT.withPrecision(precision))) {
            return model.perplexity(STORY, Perplexity.Window.DEFAULT).perplexity();
        }
    }

    private static Stream<Arguments> familiesAndPrecisions() {
        return TinyModels.all().flatMap(a -> Stream.of(Precision.BFLOAT16, Precision.INT8, Precision.INT4)
                .map(p -> Arguments.of(a.modelType(), p, a)));
    }

    @ParameterizedTest(name = "{0}, {1}")
    @MethodSource("familiesAndPrecisions")
    void append_everyFamily_isCloseToFloat32(String family, Precision precision, Architecture architecture) {
        // a wrong layout gives about 0
        assertThat(cosine(logits(architecture, Precision.FLOAT32), logits(architecture, precision)))
                .as("%s as %s", family, precision)
                .isGreaterThan(0.97);
    }

    private static Stream<Arguments> encodersAndPrecisions() {
        return TinyModels.classifiers()
                .flatMap(a -> Stream.of(Precision.BFLOAT16, Precision.INT8, Precision.INT4)
                        .map(p -> Arguments.of(a.modelType(), p, a)));
    }

    @ParameterizedTest(name = "{0}, {1}")
    @MethodSource("encodersAndPrecisions")
    void run_everyEncoder_isCloseToFloat32(String family, Precision precision, Architecture architecture) {
        assertThat(cosine(classes(architecture, Precision.FLOAT32), classes(architecture, precision)))
                .as("%s as %s", family, precision)
                .isGreaterThan(0.97);
    }

    private float[] classes(Architecture architecture, Precision precision) {
        Map<String, Tensor> inputs = Map.of("input_ids", new Tensor.Longs(new long[] {3, 1, 4, 1, 5, 9, 2, 6}, 2, 4));
        try (CompiledModel model = engine.compile(architecture.graph(), new RandomWeights(3), precision)) {
            return ((Tensor.Floats) model.run(inputs, List.of("logits")).get("logits")).data();
        }
    }

    /** The cosine of the angle between two vectors of logits. */
    private static double cosine(float[] wanted, float[] actual) {
        double product = 0;
        double a = 0;
        double b = 0;
        for (int i = 0; i < wanted.length; i++) {
            product += (double) wanted[i] * actual[i];
            a += (double) wanted[i] * wanted[i];
            b += (double) actual[i] * actual[i];
        }
        return product / Math.sqrt(a * b);
    }

    private float[] logits(Architecture architecture, Precision precision) {
        try (CompiledModel model = engine.compile(architecture.graph(), new RandomWeights(3), precision);
                Session session = model.openSession(1, 16)) {
            session.append(new int[][] {{3, 1, 4, 1, 5}});
            return session.append(new int[][] {{9, 2}})[0];
        }
    }
}
