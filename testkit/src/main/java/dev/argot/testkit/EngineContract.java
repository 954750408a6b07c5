package dev.argot.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.argot.api.EngineException;
import dev.argot.api.FileFormatException;
import dev.argot.api.Precision;
import dev.argot.api.Seq2SeqModel;
import dev.argot.api.adaptation.Lora;
import dev.argot.api.adaptation.Optimizer;
import dev.argot.spi.Architecture;
import dev.argot.spi.CompiledModel;
import dev.argot.spi.Engine;
import dev.argot.spi.EngineProvider;
import dev.argot.spi.GraphInputs;
import dev.argot.spi.LoraLayer;
import dev.argot.spi.LoraRewrite;
import dev.argot.spi.Session;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.Tensor;
import dev.argot.spi.Trainer;
import dev.argot.spi.graph.Activation;
import dev.argot.spi.graph.Graph;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.Op;
import dev.argot.spi.graph.Rewrites;
import dev.argot.spi.graph.Type;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.DoubleBinaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What every engine promises: sessions compute what a plain run computes, however the tokens arrive; rows and threads do not disturb each
 * other; errors leave things as they were; and, where the engine trains, gradients are gradients. Weights and tokens are random with a
 * fixed seed.
 *
 * <p>A test of an engine extends this class and supplies the provider and some small architectures, best one for each kind of layer the
 * engine should run.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class EngineContract {
    private static final int SEED = 7;

    private Engine engine;

    /** For subclasses. */
    protected EngineContract() {}

    /** The engine's provider. */
    protected abstract EngineProvider provider();

    /**
     * Causal models the engine is tried with; small (a few thousand weights), with a vocabulary of 16 or more and a context of 32 or
     * more tokens.
     */
    protected abstract Stream<Architecture> architectures();

    /**
     * Encoder-decoders the engine is tried with, for running and training; as small as the causal models. Their graphs have the inputs
     * {@code decoder_input_ids} and {@code labels}.
     */
    protected abstract Stream<Architecture> seq2seqArchitectures();

    /** Causal models whose training is tried; all by default. Not asked where the engine does not train. */
    protected Stream<Architecture> trainedArchitectures() {
        return architectures();
    }

    /** The largest distance allowed between two ways to compute the same logit in float32. */
    protected double tolerance() {
        return 2e-4;
    }

    @BeforeAll
    void openEngine() {
        engine = provider().open(new EngineProvider.Request(Optional.empty(), OptionalInt.empty()));
    }

    @AfterAll
    void closeEngine() {
        engine.close();
    }

    final Stream<Named<Architecture>> models() {
        return architectures().map(a -> Named.of(a.modelType(), a));
    }

    final Stream<Named<Architecture>> seq2seqModels() {
        return seq2seqArchitectures().map(a -> Named.of(a.modelType(), a));
    }

    final Stream<Named<Architecture>> trainedModels() {
        return (engine.trains()
                        ? Stream.concat(trainedArchitectures(), seq2seqArchitectures())
                        : architectures().limit(1))
                .map(a -> Named.of(a.modelType(), a));
    }

    // ---- the provider

    @Test
    void provider_here_isAvailable() {
        assertThat(provider().name()).matches("[a-z][a-z0-9-]*");
        assertThat(provider().availability()).isInstanceOf(EngineProvider.Availability.Available.class);
        assertThat(engine.name()).isEqualTo(provider().name());
        assertThat(engine.precisions()).contains(Precision.FLOAT32);
    }

    @Test
    void close_twice_isHarmless() {
        Engine other = provider().open(new EngineProvider.Request(Optional.empty(), OptionalInt.of(1)));
        CompiledModel model = compile(other, architectures().findFirst().orElseThrow());
        Session session = model.openSession(1, 4);
        session.close();
        session.close();
        model.close();
        model.close();
        other.close();
        other.close();
    }

    // ---- compiling

    @ParameterizedTest
    @MethodSource("models")
    void weights_ofCompiledModel_areThoseRead(Architecture architecture) {
        var weights = new RandomWeights(SEED);
        try (CompiledModel model = engine.compile(architecture.graph(), weights, Precision.FLOAT32)) {
            for (Op.Parameter parameter : architecture.graph().parameters()) {
                assertThat(read(model, parameter)).as(parameter.name()).isEqualTo(weights.values(parameter));
            }
            assertThat(model.program()).isNotBlank();
            assertThat(model.graph()).isSameAs(architecture.graph());
        }
    }

    @Test
    void compile_missingWeight_throwsWhatTheSourceThrows() {
        Graph graph = architectures().findFirst().orElseThrow().graph();
        assertThatThrownBy(() -> engine.compile(
                        graph,
                        parameter -> {
                            throw new FileFormatException(Path.of("m"), "tensor '" + parameter.name() + "' is missing");
                        },
                        Precision.FLOAT32))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("is missing");
    }

    @Test
    void compile_precisionNotOffered_throwsEngineException() {
        Graph graph = architectures().findFirst().orElseThrow().graph();
        for (Precision precision : Precision.values()) {
            if (!engine.precisions().contains(precision)) {
                assertThatThrownBy(() -> engine.compile(graph, new RandomWeights(SEED), precision))
                        .isInstanceOf(EngineException.class)
                        .hasMessageContaining(precision.name());
            }
        }
    }

    // ---- running

    @ParameterizedTest
    @MethodSource("models")
    void run_paddedRow_equalsTheRowAlone(Architecture architecture) {
        int[][] rows = {tokens(architecture, 1, 9), tokens(architecture, 2, 5)};
        int vocabulary = architecture.vocabularySize();
        long[] ids = new long[18];
        long[] mask = new long[18];
        for (int row = 0; row < 2; row++) {
            for (int i = 0; i < rows[row].length; i++) {
                ids[9 * row + i] = rows[row][i];
                mask[9 * row + i] = 1;
            }
        }
        try (CompiledModel model = compile(engine, architecture)) {
            float[] together = floats(
                    model.run(
                            Map.of(
                                    "input_ids", new Tensor.Longs(ids, 2, 9),
                                    "attention_mask", new Tensor.Longs(mask, 2, 9)),
                            List.of("logits")),
                    "logits");
            for (int row = 0; row < 2; row++) {
                float[] alone = logits(model, rows[row]);
                assertClose(
                        Arrays.copyOfRange(together, 9 * row * vocabulary, 9 * row * vocabulary + alone.length), alone);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void run_loss_isTheMeanOverLabelsScored(Architecture architecture) {
        int[] tokens = tokens(architecture, 3, 8);
        long[] labels = Arrays.stream(tokens).asLongStream().toArray();
        labels[4] = -100;
        try (CompiledModel model = compile(engine, architecture)) {
            float[] loss = floats(
                    model.run(
                            Map.of("input_ids", row(tokens), "labels", new Tensor.Longs(labels, 1, 8)),
                            List.of("loss")),
                    "loss");
            double[] scores = logProbabilities(logits(model, tokens), tokens);
            double mean = -(scores[1] + scores[2] + scores[3] + scores[5] + scores[6] + scores[7]) / 6;
            assertThat((double) loss[0]).isCloseTo(mean, within(tolerance()));
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void run_documentsPackedInOneRow_equalEachAlone(Architecture architecture) {
        int[] first = tokens(architecture, 4, 5);
        int[] second = tokens(architecture, 5, 4);
        int[] both = concat(first, second);
        try (CompiledModel model = compile(engine, architecture);
                CompiledModel packed = model.derive(Rewrites.packed(model.graph()))) {
            float[] together = floats(
                    packed.run(
                            Map.of(
                                    "input_ids", row(both),
                                    "position_ids", row(0, 1, 2, 3, 4, 0, 1, 2, 3),
                                    "document_ids", row(0, 0, 0, 0, 0, 1, 1, 1, 1)),
                            List.of("logits")),
                    "logits");
            int cut = 5 * architecture.vocabularySize();
            assertClose(Arrays.copyOf(together, cut), logits(model, first));
            assertClose(Arrays.copyOfRange(together, cut, together.length), logits(model, second));
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void run_capturedAttention_sumsToOneAndLooksBack(Architecture architecture) {
        int[] tokens = tokens(architecture, 6, 7);
        try (CompiledModel model = compile(engine, architecture);
                CompiledModel captured = model.derive(Rewrites.captureAttention(model.graph(), name -> true))) {
            List<String> names = captured.graph().outputs().keySet().stream()
                    .filter(name -> name.startsWith("attention:"))
                    .toList();
            assertThat(names).hasSize(architecture.layers());
            Map<String, Tensor> outputs = captured.run(Map.of("input_ids", row(tokens)), concat(names, "logits"));
            for (String name : names) {
                float[] weights = floats(outputs, name); // [1, n, 7, 7]
                for (int query = 0; query < weights.length / 7; query++) {
                    float[] keys = Arrays.copyOfRange(weights, 7 * query, 7 * query + 7);
                    double sum = 0;
                    for (int key = 0; key < 7; key++) {
                        sum += keys[key];
                        assertThat(key <= query % 7 || keys[key] == 0)
                                .as("%s: query %d does not see key %d", name, query % 7, key)
                                .isTrue();
                    }
                    assertThat(sum).isCloseTo(1, within(1e-5));
                }
            }
            assertClose(floats(outputs, "logits"), logits(model, tokens));
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void run_selectedTokens_givesTheirLogits(Architecture architecture) {
        int[] tokens = tokens(architecture, 7, 8);
        try (CompiledModel model = compile(engine, architecture);
                CompiledModel selecting = model.derive(Rewrites.selectTokens(model.graph()))) {
            float[] selected = floats(
                    selecting.run(Map.of("input_ids", row(tokens), "selected", row(2, 5)), List.of("logits")),
                    "logits");
            float[] all = logits(model, tokens);
            assertClose(at(selected, 0, architecture), at(all, 2, architecture));
            assertClose(at(selected, 1, architecture), at(all, 5, architecture));
        }
    }

    @Test
    void run_wrongInput_throwsAndSaysWhy() {
        Architecture architecture = architectures().findFirst().orElseThrow();
        try (CompiledModel model = compile(engine, architecture)) {
            assertThatThrownBy(() -> model.run(Map.of(), List.of("logits")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("input_ids");
            assertThatThrownBy(() -> model.run(Map.of("input_ids", row(1, 2)), List.of("no such output")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("no such output");
            assertThatThrownBy(() -> model.run(Map.of("input_ids", row(1, 2)), List.of("loss")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("labels");
            assertThatThrownBy(() -> model.run(
                            Map.of("input_ids", row(1, 2), "attention_mask", row(1, 1, 1)), List.of("logits")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("attention_mask");
        }
    }

    @Test
    void derive_originalClosed_stillRuns() {
        Architecture architecture = architectures().findFirst().orElseThrow();
        int[] tokens = tokens(architecture, 8, 4);
        CompiledModel model = compile(engine, architecture);
        float[] before = logits(model, tokens);
        try (CompiledModel derived = model.derive(Rewrites.captureAttention(model.graph(), name -> true))) {
            model.close();
            assertClose(logits(derived, tokens), before);
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void run_fromSeveralThreads_givesWhatOneThreadGets(Architecture architecture) throws Exception {
        int[][] rows = new int[8][];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = tokens(architecture, 100 + i, 3 + i);
        }
        try (CompiledModel model = compile(engine, architecture);
                ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<float[]> alone =
                    Arrays.stream(rows).map(row -> logits(model, row)).toList();
            List<Callable<float[]>> tasks = new ArrayList<>();
            for (int[] row : rows) {
                tasks.add(() -> logits(model, row));
                tasks.add(() -> appended(model, row));
            }
            List<Future<float[]>> results = threads.invokeAll(tasks);
            int vocabulary = architecture.vocabularySize();
            for (int i = 0; i < rows.length; i++) {
                float[] expected = alone.get(i);
                assertClose(results.get(2 * i).get(), expected);
                assertClose(
                        results.get(2 * i + 1).get(),
                        Arrays.copyOfRange(expected, expected.length - vocabulary, expected.length));
            }
        }
    }

    // ---- adapters

    @ParameterizedTest
    @MethodSource("models")
    void derive_withAdapter_computesWhatMergedWeightsCompute(Architecture architecture) {
        int[] tokens = tokens(architecture, 40, 6);
        for (boolean dora : new boolean[] {false, true}) {
            Graph base = architecture.graph();
            List<LoraLayer> layers = LoraRewrite.layers(base, lora(dora));
            Graph adapted = LoraRewrite.apply(base, layers, 0);
            var adapter = new RandomWeights(SEED + 1);
            var merged = new RandomWeights(SEED);
            for (LoraLayer layer : layers) {
                merge(layer, base, merged, adapted, adapter);
            }
            try (CompiledModel model = compile(engine, architecture);
                    CompiledModel derived = model.derive(adapted, adapter);
                    CompiledModel expected = engine.compile(base, merged, Precision.FLOAT32)) {
                assertClose(logits(derived, tokens), logits(expected, tokens));
                assertClose(appended(derived, tokens), last(expected, tokens, architecture));
                for (Op.Parameter parameter : adapted.parameters()) {
                    assertThat(read(derived, parameter))
                            .as(parameter.name())
                            .isEqualTo((parameter.name().contains(".lora_") ? adapter : new RandomWeights(SEED))
                                    .values(parameter));
                }
            }
        }
    }

    private static Lora lora(boolean dora) {
        return new Lora(3, 5, 0, Set.of(Lora.ALL_LINEAR), dora, dora, Map.of(), Map.of());
    }

    /** Adds scale·B·A to a layer's weight and, with DoRA, gives each output's weights the length of the magnitude. */
    private static void merge(
            LoraLayer layer, Graph base, RandomWeights weights, Graph adapted, RandomWeights adapter) {
        Node node = base.nodes().stream()
                .filter(n -> n.op() instanceof Op.Linear linear && linear.name().equals(layer.module()))
                .findFirst()
                .orElseThrow();
        boolean inOut = ((Op.Linear) node.op()).inOut();
        float[] weight = weights.values((Op.Parameter) node.inputs().get(1).op());
        float[] a = adapter.values(parameter(adapted, layer.a()));
        float[] b = adapter.values(parameter(adapted, layer.b()));
        int in = a.length / layer.rank();
        int out = b.length / layer.rank();
        for (int o = 0; o < out; o++) {
            double squares = 0;
            for (int i = 0; i < in; i++) {
                double sum = 0;
                for (int r = 0; r < layer.rank(); r++) {
                    sum += (double) b[o * layer.rank() + r] * a[r * in + i];
                }
                int at = inOut ? i * out + o : o * in + i;
                weight[at] += (float) (layer.scale() * sum);
                squares += (double) weight[at] * weight[at];
            }
            for (int i = 0; layer.dora() && i < in; i++) {
                float magnitude = adapter.values(parameter(adapted, layer.magnitude()))[o];
                weight[inOut ? i * out + o : o * in + i] *= (float) (magnitude / Math.sqrt(squares));
            }
        }
    }

    private static Op.Parameter parameter(Graph graph, String name) {
        return graph.parameters().stream()
                .filter(p -> p.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void derive_withAdapter_outlivesTheBaseAndFreesOnlyItsOwn() {
        Architecture architecture = architectures().findFirst().orElseThrow();
        int[] tokens = tokens(architecture, 41, 4);
        Graph adapted = adapted(architecture, 0);
        CompiledModel model = compile(engine, architecture);
        float[] plain = logits(model, tokens);
        model.derive(adapted, new RandomWeights(SEED + 1)).close();
        assertClose(logits(model, tokens), plain);
        try (CompiledModel derived = model.derive(adapted, new RandomWeights(SEED + 1))) {
            float[] before = logits(derived, tokens);
            model.close();
            assertClose(logits(derived, tokens), before);
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void derive_withAdapterOnSmallerPrecisions_staysClose(Architecture architecture) {
        int[] tokens = tokens(architecture, 43, 6);
        Graph adapted = adapted(architecture, 0);
        float[] exact;
        try (CompiledModel model = compile(engine, architecture);
                CompiledModel derived = model.derive(adapted, new RandomWeights(SEED + 1))) {
            exact = logits(derived, tokens);
        }
        for (Precision precision : engine.precisions()) {
            try (CompiledModel model = engine.compile(architecture.graph(), new RandomWeights(SEED), precision);
                    CompiledModel derived = model.derive(adapted, new RandomWeights(SEED + 1))) {
                float[] rounded = logits(derived, tokens);
                double product = 0;
                double squares = 0;
                double exactSquares = 0;
                for (int i = 0; i < exact.length; i++) {
                    product += (double) rounded[i] * exact[i];
                    squares += (double) rounded[i] * rounded[i];
                    exactSquares += (double) exact[i] * exact[i];
                }
                assertThat(product / Math.sqrt(squares * exactSquares))
                        .as("cosine of the logits in %s", precision)
                        .isGreaterThan(0.9);
            }
        }
    }

    @Test
    void derive_parameterNobodyHas_throwsAndLeavesTheBaseUsable() {
        Architecture architecture = architectures().findFirst().orElseThrow();
        Graph adapted = adapted(architecture, 0);
        try (CompiledModel model = compile(engine, architecture)) {
            assertThatThrownBy(() -> model.derive(adapted))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("lora_A");
            assertThatThrownBy(() -> model.derive(adapted, parameter -> {
                        throw new FileFormatException(Path.of("m"), "tensor '" + parameter.name() + "' is missing");
                    }))
                    .isInstanceOf(FileFormatException.class)
                    .hasMessageContaining("is missing");
            assertThat(logits(model, tokens(architecture, 42, 3))).isNotEmpty();
        }
    }

    private static Graph adapted(Architecture architecture, double dropout) {
        return LoraRewrite.apply(architecture.graph(), LoraRewrite.layers(architecture.graph(), lora(false)), dropout);
    }

    @RepeatedTest(5)
    void run_dropout_leavesOutWhatTheFormulaSays(RepetitionInfo repetition) {
        int seed = repetition.getCurrentRepetition();
        var random = new Random(seed);
        int width = 40 + random.nextInt(40);
        double probability = 0.05 + 0.9 * random.nextDouble();
        int salt = random.nextInt(1000);
        long dropoutSeed = random.nextLong();
        var b = new GraphBuilder();
        Node x = b.embedding(b.parameter("table", 16, width), b.inputIds());
        Node given = b.apply(new Op.Input("dropout_seed", new Type(Type.Kind.INTEGER, List.of(1L))), List.of());
        b.output("dropped", b.block("first", () -> b.apply(new Op.Dropout(probability, salt), List.of(x, given))));
        b.output("other", b.block("second", () -> b.apply(new Op.Dropout(probability, salt + 1), List.of(x, given))));
        Graph graph = b.build();
        var ones = new RandomWeights(SEED);
        Arrays.fill(ones.values(parameter(graph, "table")), 1);
        int[] tokens = random.ints(3 * 50, 0, 16).toArray();
        try (CompiledModel model = engine.compile(graph, ones, Precision.FLOAT32)) {
            Map<String, Tensor> inputs = Map.of(
                    "input_ids",
                            new Tensor.Longs(
                                    Arrays.stream(tokens).asLongStream().toArray(), 3, 50),
                    "dropout_seed", new Tensor.Longs(new long[] {dropoutSeed}, 1));
            Map<String, Tensor> outputs = model.run(inputs, List.of("dropped", "other"));
            float[] dropped = floats(outputs, "dropped");
            float[] other = floats(outputs, "other");
            assertThat(floats(model.run(inputs, List.of("dropped")), "dropped")).isEqualTo(dropped);
            int out = 0;
            int both = 0;
            for (int i = 0; i < dropped.length; i++) {
                boolean expected = leftOut(dropoutSeed, salt, i / width, i % width, probability);
                assertThat(dropped[i])
                        .as("seed %d: element %d", seed, i)
                        .isEqualTo(expected ? 0 : (float) (1 / (1 - probability)));
                assertThat(other[i] == 0)
                        .as("seed %d: element %d of the other", seed, i)
                        .isEqualTo(leftOut(dropoutSeed, salt + 1, i / width, i % width, probability));
                out += dropped[i] == 0 ? 1 : 0;
                both += dropped[i] == 0 && other[i] == 0 ? 1 : 0;
            }
            double n = dropped.length;
            double together = probability * probability;
            assertThat(out / n)
                    .as("seed %d: share left out", seed)
                    .isCloseTo(probability, within(5 * Math.sqrt(probability * (1 - probability) / n)));
            assertThat(both / n)
                    .as("seed %d: share left out by both", seed)
                    .isCloseTo(together, within(5 * Math.sqrt(together * (1 - together) / n)));
        }
    }

    /** {@code W·x + b + (m/n - 1)·W·d + m/n · s·B·A·d} with d = drop(x) and, without DoRA, m/n = 1. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void run_adapterWithDropout_followsTheFormula(boolean dora) {
        int in = 6;
        int out = 5;
        int rank = 2;
        double probability = 0.4;
        long seed = -77;
        var b = new GraphBuilder();
        Node table = b.parameter("table", 16, in);
        b.output("y", b.linear("proj", b.embedding(table, b.inputIds()), out, true));
        var layer = new LoraLayer("proj", rank, 1.5, dora);
        Graph plain = b.build();
        Graph graph = LoraRewrite.apply(plain, List.of(layer), probability);
        int[] tokens = {3, 1, 4, 1, 5, 9, 2, 6};
        var base = new RandomWeights(SEED);
        var adapter = new RandomWeights(SEED + 1);
        float[] actual;
        try (CompiledModel model = engine.compile(plain, base, Precision.FLOAT32);
                CompiledModel derived = model.derive(graph, adapter)) {
            actual = floats(
                    derived.run(
                            Map.of("input_ids", row(tokens), "dropout_seed", new Tensor.Longs(new long[] {seed}, 1)),
                            List.of("y")),
                    "y");
        }
        float[] w = base.values(parameter(graph, "proj.weight"));
        float[] bias = base.values(parameter(graph, "proj.bias"));
        float[] down = adapter.values(parameter(graph, layer.a()));
        float[] up = adapter.values(parameter(graph, layer.b()));
        for (int t = 0; t < tokens.length; t++) {
            for (int o = 0; o < out; o++) {
                double whole = 0;
                double product = 0;
                double delta = 0;
                double squares = 0;
                for (int i = 0; i < in; i++) {
                    double x = base.values(parameter(graph, "table"))[tokens[t] * in + i];
                    double d = leftOut(seed, 0, t, i, probability) ? 0 : x / (1 - probability);
                    double ba = 0;
                    for (int r = 0; r < rank; r++) {
                        ba += (double) up[o * rank + r] * down[r * in + i];
                    }
                    whole += w[o * in + i] * x;
                    product += w[o * in + i] * d;
                    delta += 1.5 * ba * d;
                    squares += Math.pow(w[o * in + i] + 1.5 * ba, 2);
                }
                double share = dora ? adapter.values(parameter(graph, layer.magnitude()))[o] / Math.sqrt(squares) : 1;
                assertThat((double) actual[t * out + o])
                        .as("token %d, output %d", t, o)
                        .isCloseTo(whole + bias[o] + (share - 1) * product + share * delta, within(1e-5));
            }
        }
    }

    /** The formula of {@link Op.Dropout}, with 64-bit numbers cut to 32 bits. */
    private static boolean leftOut(long seed, int salt, int row, int column, double probability) {
        long s = mixed(signed(mixed(signed(mixed(signed(seed)) ^ (seed >> 32))) ^ salt));
        long t = mixed(s ^ 0x5bd1e995L);
        long h = signed(mixed(signed(s + row)) ^ mixed(signed(t + column)));
        h ^= h >> 16;
        h = signed(h * 0x7feb352dL);
        h ^= h >> 15;
        h = signed(h * 0x846ca68bL);
        return h + 0x80000000L < Math.round(probability * 4294967296.0);
    }

    private static long mixed(long value) {
        long h = value ^ (value >> 16);
        h = signed(h * 0x7feb352dL);
        h ^= h >> 15;
        h = signed(h * 0x846ca68bL);
        return h ^ (h >> 16);
    }

    private static long signed(long value) {
        long low = value & 0xFFFFFFFFL;
        return low < 0x80000000L ? low : low - 0x100000000L;
    }

    @Test
    void run_dropoutWithoutSeed_throwsAndNamesIt() {
        Architecture architecture = architectures().findFirst().orElseThrow();
        try (CompiledModel model = compile(engine, architecture);
                CompiledModel derived = model.derive(adapted(architecture, 0.5), new RandomWeights(SEED + 1))) {
            assertThatThrownBy(() -> derived.run(Map.of("input_ids", row(1, 2)), List.of("logits")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("dropout_seed");
            assertThatThrownBy(() ->
                            derived.run(Map.of("input_ids", row(1, 2), "dropout_seed", row(1, 2)), List.of("logits")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("dropout_seed");
        }
    }

    // ---- sessions

    @ParameterizedTest
    @MethodSource("models")
    void append_inPieces_equalsRun(Architecture architecture) {
        int[] tokens = tokens(architecture, 10, 12);
        try (CompiledModel model = compile(engine, architecture);
                Session session = model.openSession(1, 12)) {
            float[] expected = logits(model, tokens);
            int[] ends = {3, 4, 5, 9, 12};
            int from = 0;
            for (int to : ends) {
                float[][] actual = session.append(new int[][] {Arrays.copyOfRange(tokens, from, to)});
                assertClose(actual[0], at(expected, to - 1, architecture));
                assertThat(session.length(0)).isEqualTo(to);
                from = to;
            }
            assertThat(session.rows()).isEqualTo(1);
            assertThat(session.capacity()).isGreaterThanOrEqualTo(12);
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void append_rowsOfDifferentLength_equalsEachAlone(Architecture architecture) {
        int[][] rows = {tokens(architecture, 11, 9), tokens(architecture, 12, 4), tokens(architecture, 13, 7)};
        int[][] cuts = {{5, 5, 9}, {1, 4, 4}, {0, 6, 7}}; // where each row stands after each step
        try (CompiledModel model = compile(engine, architecture);
                Session session = model.openSession(3, 16)) {
            List<float[]> expected =
                    Arrays.stream(rows).map(row -> logits(model, row)).toList();
            int[] from = new int[3];
            for (int step = 0; step < 3; step++) {
                int[][] added = new int[3][];
                for (int row = 0; row < 3; row++) {
                    added[row] = Arrays.copyOfRange(rows[row], from[row], cuts[row][step]);
                }
                float[][] actual = session.append(added);
                for (int row = 0; row < 3; row++) {
                    assertThat(session.length(row)).isEqualTo(cuts[row][step]);
                    if (added[row].length == 0) {
                        assertThat(actual[row])
                                .as("row %d in step %d", row, step)
                                .isEmpty();
                    } else {
                        assertClose(actual[row], at(expected.get(row), cuts[row][step] - 1, architecture));
                    }
                    from[row] = cuts[row][step];
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void score_inPieces_isTheLogSoftmaxOfRun(Architecture architecture) {
        int[][] rows = {tokens(architecture, 14, 9), tokens(architecture, 15, 6)};
        int[] others = tokens(architecture, 16, 3);
        try (CompiledModel model = compile(engine, architecture);
                Session session = model.openSession(2, 16)) {
            int[][][] wanted = following(rows);
            wanted[0][2] = others; // several, one, and none
            wanted[0][8] = others;
            wanted[1][1] = new int[0];
            wanted[1][5] = new int[] {others[0], others[0]};
            double[][][] first = session.score(
                    new int[][] {Arrays.copyOf(rows[0], 4), rows[1]},
                    new int[][][] {Arrays.copyOf(wanted[0], 4), wanted[1]});
            double[][][] second = session.score(
                    new int[][] {Arrays.copyOfRange(rows[0], 4, 9), {}},
                    new int[][][] {Arrays.copyOfRange(wanted[0], 4, 9), {}});
            assertThat(second[1]).isEmpty();
            for (int row = 0; row < 2; row++) {
                float[] logits = logits(model, rows[row]);
                for (int i = 0; i < rows[row].length; i++) {
                    double[] expected = logSoftmax(at(logits, i, architecture));
                    double[] actual = row == 1 ? first[1][i] : i < 4 ? first[0][i] : second[0][i - 4];
                    assertThat(actual).as("row %d, token %d", row, i).hasSameSizeAs(wanted[row][i]);
                    for (int k = 0; k < actual.length; k++) {
                        assertThat(actual[k])
                                .as("row %d, token %d, number %d", row, i, k)
                                .isCloseTo(expected[wanted[row][i][k]], within(tolerance()));
                    }
                }
            }
            int next = rows[0][0];
            assertClose(session.append(new int[][] {{next}, {}})[0], last(model, concat(rows[0], next), architecture));
        }
    }

    /** What a row goes on with after each of its tokens; nothing after the last. */
    private static int[][][] following(int[][] rows) {
        var following = new int[rows.length][][];
        for (int row = 0; row < rows.length; row++) {
            following[row] = new int[rows[row].length][0];
            for (int i = 0; i + 1 < rows[row].length; i++) {
                following[row][i] = new int[] {rows[row][i + 1]};
            }
        }
        return following;
    }

    /** A fork of many rows, and forks of these, as labels of many prompts with one beginning are scored. */
    @ParameterizedTest
    @MethodSource("models")
    void score_forksOfForksOfOnePrefix_isTheLogSoftmaxOfRun(Architecture architecture) {
        int[] prefix = tokens(architecture, 75, 7);
        int[][] prompts = {tokens(architecture, 76, 4), tokens(architecture, 77, 2), tokens(architecture, 78, 4)};
        int[][] labels = {tokens(architecture, 79, 2), tokens(architecture, 80, 3), tokens(architecture, 81, 2)};
        int[] sources = {2, 0, 0};
        try (CompiledModel model = compile(engine, architecture);
                Session session = model.openSession(1, 16)) {
            session.append(new int[][] {prefix});
            try (Session rows = session.fork(0, 0, 0)) {
                rows.score(prompts, following(prompts));
                try (Session forks = rows.fork(sources)) {
                    double[][][] scores = forks.score(labels, following(labels));
                    for (int i = 0; i < labels.length; i++) {
                        int[] whole = concat(concat(prefix, prompts[sources[i]]), labels[i]);
                        double[] expected = logProbabilities(logits(model, whole), whole);
                        for (int k = 1; k < labels[i].length; k++) {
                            assertThat(scores[i][k - 1][0])
                                    .as("label %d, token %d", i, k)
                                    .isCloseTo(expected[whole.length - labels[i].length + k], within(tolerance()));
                        }
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    @SuppressWarnings("try") // the parent is closed before its copies, on purpose
    void copy_beginningOfARow_continuesAsIfItHadBeenAppended(Architecture architecture) {
        int[] a = tokens(architecture, 82, 5);
        int[] b = tokens(architecture, 83, 7);
        int[] more = tokens(architecture, 84, 8);
        try (CompiledModel model = compile(engine, architecture);
                Session parent = model.openSession(2, 10)) {
            parent.append(new int[][] {a, b});
            parent.append(new int[][] {{more[0]}, {}}); // the other row gets a hole
            parent.append(new int[][] {{more[1]}, {more[2]}});
            try (Session whole = parent.copy(1, 8, 16);
                    Session part = parent.copy(1, 4, 16);
                    Session nothing = parent.copy(0, 0, 3);
                    Session fork = whole.fork(0, 0);
                    Session ofFork = copyAfter(fork, more[3])) {
                assertThat(whole.length(0)).isEqualTo(8);
                assertThat(whole.capacity()).isEqualTo(16);
                parent.close();
                int[] row = concat(b, more[2]);
                assertClose(
                        whole.append(new int[][] {{more[4], more[5]}})[0],
                        last(model, concat(row, more[4], more[5]), architecture));
                int[] beginning = Arrays.copyOf(b, 4);
                assertClose(
                        part.append(new int[][] {{more[6], more[7]}})[0],
                        last(model, concat(beginning, more[6], more[7]), architecture));
                part.rewind(0, 2);
                assertClose(
                        part.append(new int[][] {{more[7]}})[0],
                        last(model, concat(Arrays.copyOf(b, 2), more[7]), architecture));
                assertClose(nothing.append(new int[][] {{more[1]}})[0], last(model, new int[] {more[1]}, architecture));
                assertClose(
                        ofFork.append(new int[][] {{more[1]}})[0],
                        last(model, concat(concat(row, more[3]), more[1]), architecture));
                assertThat(ofFork.bytes()).isPositive();
                assertThatThrownBy(() -> whole.copy(0, 11, 16)).isInstanceOf(IllegalArgumentException.class);
                assertThatThrownBy(() -> whole.copy(0, 4, 3)).isInstanceOf(IllegalArgumentException.class);
                assertThatThrownBy(() -> whole.copy(1, 4, 16)).isInstanceOf(IllegalArgumentException.class);
            }
        }
    }

    /** A copy of the second row, taken after it got a token. */
    private static Session copyAfter(Session fork, int token) {
        fork.append(new int[][] {{}, {token}});
        return fork.copy(1, fork.length(1), 12);
    }

    @ParameterizedTest
    @MethodSource("models")
    @SuppressWarnings("try") // the parent is closed before its child, on purpose
    void fork_rowsContinueIndependently(Architecture architecture) {
        int[] a = tokens(architecture, 16, 6);
        int[] b = tokens(architecture, 17, 3);
        int[] more = tokens(architecture, 18, 8);
        try (CompiledModel model = compile(engine, architecture);
                Session parent = model.openSession(2, 16)) {
            parent.append(new int[][] {a, b});
            try (Session child = parent.fork(1, 0, 0)) {
                assertThat(child.rows()).isEqualTo(3);
                assertThat(new int[] {child.length(0), child.length(1), child.length(2)})
                        .containsExactly(3, 6, 6);
                float[][] logits =
                        child.append(new int[][] {{more[0], more[1]}, {more[2]}, {more[3], more[4], more[5]}});
                assertClose(logits[0], last(model, concat(b, more[0], more[1]), architecture));
                assertClose(logits[1], last(model, concat(a, more[2]), architecture));
                assertClose(logits[2], last(model, concat(a, more[3], more[4], more[5]), architecture));
                float[][] own = parent.append(new int[][] {{more[6]}, {}});
                assertClose(own[0], last(model, concat(a, more[6]), architecture));
                parent.close();
                logits = child.append(new int[][] {{}, {more[7]}, {}});
                assertClose(logits[1], last(model, concat(a, more[2], more[7]), architecture));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void reorder_rows_continueWhatTheyBecame(Architecture architecture) {
        int[] a = tokens(architecture, 19, 6);
        int[] b = tokens(architecture, 20, 4);
        int[] more = tokens(architecture, 21, 6);
        try (CompiledModel model = compile(engine, architecture);
                Session session = model.openSession(3, 16)) {
            session.append(new int[][] {a, b, {more[0]}});
            session.reorder(1, 1, 0);
            assertThat(new int[] {session.length(0), session.length(1), session.length(2)})
                    .containsExactly(4, 4, 6);
            float[][] logits = session.append(new int[][] {{more[1]}, {more[2], more[3]}, {more[4]}});
            assertClose(logits[0], last(model, concat(b, more[1]), architecture));
            assertClose(logits[1], last(model, concat(b, more[2], more[3]), architecture));
            assertClose(logits[2], last(model, concat(a, more[4]), architecture));
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void rewind_thenOtherTokens_equalsFresh(Architecture architecture) {
        int[] a = tokens(architecture, 22, 9);
        int[] b = tokens(architecture, 23, 5);
        int[] more = tokens(architecture, 24, 3);
        try (CompiledModel model = compile(engine, architecture);
                Session session = model.openSession(2, 16)) {
            session.append(new int[][] {a, b});
            session.append(new int[][] {{more[0]}, {more[0]}});
            session.rewind(0, 4);
            session.rewind(1, 0);
            assertThat(session.length(0)).isEqualTo(4);
            assertThat(session.length(1)).isZero();
            float[][] logits = session.append(new int[][] {{more[1], more[2]}, {more[2]}});
            assertClose(logits[0], last(model, concat(Arrays.copyOf(a, 4), more[1], more[2]), architecture));
            assertClose(logits[1], last(model, new int[] {more[2]}, architecture));
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void append_wrongTokens_throwsAndLeavesTheSessionAsItWas(Architecture architecture) {
        int[] tokens = tokens(architecture, 25, 4);
        try (CompiledModel model = compile(engine, architecture);
                Session session = model.openSession(2, 6)) {
            session.append(new int[][] {tokens, {tokens[0]}});
            int[][][] wrong = {
                {{1}}, // one row too few
                {{1}, {1}, {1}}, // one too many
                {{1}, {architecture.vocabularySize()}}, // outside the vocabulary
                {{1}, {-1}},
                {{1, 1, 1}, {1}} // beyond the capacity
            };
            for (int[][] bad : wrong) {
                assertThatThrownBy(() -> session.append(bad)).isInstanceOf(IllegalArgumentException.class);
                int[][][] nothing =
                        Arrays.stream(bad).map(row -> new int[row.length][0]).toArray(int[][][]::new);
                assertThatThrownBy(() -> session.score(bad, nothing)).isInstanceOf(IllegalArgumentException.class);
            }
            int[][] good = {{1}, {1}};
            int[][][][] wrongNext = {{{{1}}}, {{{1}}, {}}, {{{1}}, {{-1}}}, {{{1}}, {{architecture.vocabularySize()}}}};
            for (int[][][] next : wrongNext) {
                assertThatThrownBy(() -> session.score(good, next)).isInstanceOf(IllegalArgumentException.class);
            }
            assertThatThrownBy(() -> session.rewind(0, 5)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> session.rewind(0, -1)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> session.fork(2)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> session.reorder(0)).isInstanceOf(IllegalArgumentException.class);
            assertThat(session.length(0)).isEqualTo(4);
            assertThat(session.length(1)).isEqualTo(1);
            float[][] logits = session.append(new int[][] {{tokens[1]}, {}});
            assertClose(logits[0], last(model, concat(tokens, tokens[1]), architecture));
        }
    }

    @Test
    void openSession_noRowsOrRoom_throws() {
        try (CompiledModel model = compile(engine, architectures().findFirst().orElseThrow())) {
            assertThatThrownBy(() -> model.openSession(0, 4)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> model.openSession(1, 0)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    // ---- sessions of encoder and decoder

    @ParameterizedTest
    @MethodSource("seq2seqModels")
    void appendAfterSource_inPieces_equalsRun(Architecture architecture) {
        int[] source = tokens(architecture, 50, 7);
        int[] tokens = tokens(architecture, 51, 9);
        try (CompiledModel model = compile(engine, architecture);
                Session session = model.openSession(new int[][] {source}, 9)) {
            assertThat(session.rows()).isEqualTo(1);
            assertThat(session.length(0)).isZero();
            float[] expected = logits(model, source, tokens);
            int from = 0;
            for (int to : new int[] {1, 2, 5, 8, 9}) {
                float[][] actual = session.append(new int[][] {Arrays.copyOfRange(tokens, from, to)});
                assertClose(actual[0], at(expected, to - 1, architecture));
                assertThat(session.length(0)).isEqualTo(to);
                from = to;
            }
            assertDiffers(expected, logits(model, tokens(architecture, 52, 7), tokens));
        }
    }

    @ParameterizedTest
    @MethodSource("seq2seqModels")
    void appendAfterSources_ofDifferentLengths_equalsEachAlone(Architecture architecture) {
        int[][] sources = {tokens(architecture, 53, 3), tokens(architecture, 54, 8), tokens(architecture, 55, 1)};
        int[][] rows = {tokens(architecture, 56, 5), tokens(architecture, 57, 2), tokens(architecture, 58, 4)};
        try (CompiledModel model = compile(engine, architecture);
                Session session = model.openSession(sources, 8)) {
            float[][] first = session.append(firsts(rows));
            float[][] then = session.append(rests(rows));
            for (int row = 0; row < 3; row++) {
                float[] expected = logits(model, sources[row], rows[row]);
                assertClose(first[row], at(expected, 0, architecture));
                assertClose(then[row], at(expected, rows[row].length - 1, architecture));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("seq2seqModels")
    void scoreAfterSources_ofDifferentLengths_isTheLogSoftmaxOfRun(Architecture architecture) {
        int[][] sources = {tokens(architecture, 59, 4), tokens(architecture, 60, 6)};
        int[][] rows = {tokens(architecture, 61, 7), tokens(architecture, 62, 3)};
        try (CompiledModel model = compile(engine, architecture);
                Session session = model.openSession(sources, 8)) {
            double[][][] scores = session.score(rows, following(rows));
            for (int row = 0; row < 2; row++) {
                double[] expected = logProbabilities(logits(model, sources[row], rows[row]), rows[row]);
                for (int i = 1; i < rows[row].length; i++) {
                    assertThat(scores[row][i - 1][0])
                            .as("row %d, token %d", row, i)
                            .isCloseTo(expected[i], within(tolerance()));
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("seq2seqModels")
    @SuppressWarnings("try") // the parent is closed before its child, on purpose
    void forkAfterSources_rowsKeepWhatTheyRead(Architecture architecture) {
        int[] one = tokens(architecture, 63, 5);
        int[] two = tokens(architecture, 64, 3);
        int[] more = tokens(architecture, 65, 9);
        try (CompiledModel model = compile(engine, architecture);
                Session parent = model.openSession(new int[][] {one, two}, 8)) {
            parent.append(new int[][] {{more[0]}, {more[1], more[2]}});
            try (Session child = parent.fork(1, 0, 1);
                    Session alike = parent.fork(1, 1)) {
                float[][] logits = child.append(new int[][] {{more[3]}, {more[4]}, {more[5]}});
                assertClose(logits[0], last(model, two, architecture, more[1], more[2], more[3]));
                assertClose(logits[1], last(model, one, architecture, more[0], more[4]));
                assertClose(logits[2], last(model, two, architecture, more[1], more[2], more[5]));
                logits = alike.append(new int[][] {{more[6]}, {more[7]}});
                assertClose(logits[0], last(model, two, architecture, more[1], more[2], more[6]));
                assertClose(logits[1], last(model, two, architecture, more[1], more[2], more[7]));
                parent.close();
                logits = child.append(new int[][] {{}, {more[8]}, {}});
                assertClose(logits[1], last(model, one, architecture, more[0], more[4], more[8]));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("seq2seqModels")
    void forkOfOneSource_beams_continueReordered(Architecture architecture) {
        int[] source = tokens(architecture, 66, 6);
        int[] more = tokens(architecture, 67, 7);
        try (CompiledModel model = compile(engine, architecture);
                Session prompt = model.openSession(new int[][] {source}, 8)) {
            prompt.append(new int[][] {{more[0]}});
            try (Session beams = prompt.fork(0, 0, 0)) {
                beams.append(new int[][] {{more[1]}, {more[2]}, {more[3]}});
                beams.reorder(2, 2, 0);
                float[][] logits = beams.append(new int[][] {{more[4]}, {more[5]}, {more[6]}});
                assertClose(logits[0], last(model, source, architecture, more[0], more[3], more[4]));
                assertClose(logits[1], last(model, source, architecture, more[0], more[3], more[5]));
                assertClose(logits[2], last(model, source, architecture, more[0], more[1], more[6]));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("seq2seqModels")
    void reorderAfterSources_rowsReadWhatTheyBecame(Architecture architecture) {
        int[] one = tokens(architecture, 68, 5);
        int[] two = tokens(architecture, 69, 2);
        int[] more = tokens(architecture, 70, 8);
        try (CompiledModel model = compile(engine, architecture);
                Session session = model.openSession(new int[][] {one, two}, 8)) {
            session.reorder(1, 0);
            float[][] logits = session.append(new int[][] {{more[0]}, {more[1]}});
            assertClose(logits[0], last(model, two, architecture, more[0]));
            assertClose(logits[1], last(model, one, architecture, more[1]));
            session.reorder(1, 1);
            logits = session.append(new int[][] {{more[2]}, {more[3], more[4]}});
            assertClose(logits[0], last(model, one, architecture, more[1], more[2]));
            assertClose(logits[1], last(model, one, architecture, more[1], more[3], more[4]));
            session.rewind(1, 0);
            logits = session.append(new int[][] {{more[5]}, {more[6], more[7]}});
            assertClose(logits[0], last(model, one, architecture, more[1], more[2], more[5]));
            assertClose(logits[1], last(model, one, architecture, more[6], more[7]));
        }
    }

    @ParameterizedTest
    @MethodSource("seq2seqModels")
    void openSession_sourcesThatDoNotFit_throws(Architecture architecture) {
        try (CompiledModel model = compile(engine, architecture)) {
            int outside = architecture.vocabularySize();
            for (int[][] sources : new int[][][] {{}, {{1}, {}}, {{1}, {outside}}, {{-1}}}) {
                assertThatThrownBy(() -> model.openSession(sources, 4))
                        .as(Arrays.deepToString(sources))
                        .isInstanceOf(IllegalArgumentException.class);
            }
            assertThatThrownBy(() -> model.openSession(new int[][] {{1}}, 0))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> model.openSession(1, 4))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("encoder");
            try (Session session = model.openSession(new int[][] {{1}}, 2)) {
                assertThatThrownBy(() -> session.append(new int[][] {{outside}}))
                        .isInstanceOf(IllegalArgumentException.class);
                assertThatThrownBy(() -> session.append(new int[][] {{1, 1, 1}}))
                        .isInstanceOf(IllegalArgumentException.class);
                assertThat(session.length(0)).isZero();
            }
        }
        try (CompiledModel decoder = compile(engine, architectures().findFirst().orElseThrow())) {
            assertThatThrownBy(() -> decoder.openSession(new int[][] {{1}}, 4))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @ParameterizedTest
    @MethodSource("seq2seqModels")
    void openSession_sourcesOnSmallerPrecisions_staysClose(Architecture architecture) {
        int[][] sources = {tokens(architecture, 71, 5), tokens(architecture, 72, 3)};
        int[][] rows = {tokens(architecture, 73, 4), tokens(architecture, 74, 4)};
        for (Precision precision : engine.precisions()) {
            try (CompiledModel exact = compile(engine, architecture);
                    CompiledModel model = engine.compile(architecture.graph(), new RandomWeights(SEED), precision);
                    Session session = model.openSession(sources, 8)) {
                session.append(firsts(rows));
                float[][] actual = session.append(rests(rows));
                for (int row = 0; row < 2; row++) {
                    assertThat(correlation(actual[row], last(exact, sources[row], architecture, rows[row])))
                            .as("correlation of logits in %s", precision)
                            .isGreaterThan(0.99);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("seq2seqModels")
    void openSession_withAdapter_equalsRun(Architecture architecture) {
        int[] source = tokens(architecture, 75, 5);
        int[] tokens = tokens(architecture, 76, 4);
        Graph base = architecture.graph();
        Graph adapted = LoraRewrite.apply(base, LoraRewrite.layers(base, lora(false)), 0);
        try (CompiledModel model = compile(engine, architecture);
                CompiledModel derived = model.derive(adapted, new RandomWeights(SEED + 1));
                Session session = derived.openSession(new int[][] {source}, 4)) {
            session.append(firsts(new int[][] {tokens}));
            float[][] actual = session.append(rests(new int[][] {tokens}));
            assertClose(actual[0], last(derived, source, architecture, tokens));
            assertDiffers(actual[0], last(model, source, architecture, tokens));
        }
    }

    private static int[][] firsts(int[][] rows) {
        return Arrays.stream(rows).map(row -> Arrays.copyOf(row, 1)).toArray(int[][]::new);
    }

    private static int[][] rests(int[][] rows) {
        return Arrays.stream(rows)
                .map(row -> Arrays.copyOfRange(row, 1, row.length))
                .toArray(int[][]::new);
    }

    /** Logits [T, V] of a decoder's row, encoder and decoder computed anew. */
    private static float[] logits(CompiledModel model, int[] source, int[] tokens) {
        return floats(
                model.run(Map.of("input_ids", row(source), "decoder_input_ids", row(tokens)), List.of("logits")),
                "logits");
    }

    private static float[] last(CompiledModel model, int[] source, Architecture architecture, int... tokens) {
        return at(logits(model, source, tokens), tokens.length - 1, architecture);
    }

    private void assertDiffers(float[] actual, float[] other) {
        double largest = 0;
        for (int i = 0; i < actual.length; i++) {
            largest = Math.max(largest, Math.abs(actual[i] - other[i]));
        }
        assertThat(largest).as("how much differs").isGreaterThan(10 * tolerance());
    }

    private static double correlation(float[] a, float[] b) {
        double meanA = 0;
        double meanB = 0;
        for (int i = 0; i < a.length; i++) {
            meanA += a[i] / a.length;
            meanB += b[i] / b.length;
        }
        double product = 0;
        double squaresA = 0;
        double squaresB = 0;
        for (int i = 0; i < a.length; i++) {
            product += (a[i] - meanA) * (b[i] - meanB);
            squaresA += (a[i] - meanA) * (a[i] - meanA);
            squaresB += (b[i] - meanB) * (b[i] - meanB);
        }
        return product / Math.sqrt(squaresA * squaresB);
    }

    // ---- training

    @Test
    void openTrainer_engineThatDoesNotTrain_throwsEngineException() {
        try (CompiledModel model = compile(engine, architectures().findFirst().orElseThrow())) {
            if (engine.trains()) {
                model.openTrainer(request(names(model.graph()))).close();
            } else {
                assertThatThrownBy(() -> model.openTrainer(request(names(model.graph()))))
                        .isInstanceOf(EngineException.class);
            }
        }
    }

    /** Moves a parameter along its own gradient, whose length the loss must follow. */
    @ParameterizedTest
    @MethodSource("trainedModels")
    void gradients_fewParameters_equalFiniteDifferences(Architecture architecture) {
        if (!engine.trains()) {
            return;
        }
        Map<String, Tensor> batch = batch(architecture, 30, 2, 8);
        List<Op.Parameter> all = architecture.graph().parameters();
        for (Op.Parameter parameter : List.of(all.getFirst(), all.get(all.size() / 2), all.getLast())) {
            float[] gradient;
            try (CompiledModel model = compile(engine, architecture);
                    Trainer trainer = model.openTrainer(request(Set.of(parameter.name())))) {
                gradient = floats(trainer.gradients(batch), parameter.name());
            }
            double length = 0;
            for (float g : gradient) {
                length += (double) g * g;
            }
            length = Math.sqrt(length);
            double step = 0.001; // small, since the choice of experts jumps
            double slope = (lossAfterMove(architecture.graph(), parameter, gradient, step / length, batch)
                            - lossAfterMove(architecture.graph(), parameter, gradient, -step / length, batch))
                    / (2 * step);
            assertThat(slope)
                    .as("slope along the gradient of %s", parameter.name())
                    .isCloseTo(length, within(2e-3 + 0.02 * length));
        }
    }

    private double lossAfterMove(
            Graph graph, Op.Parameter parameter, float[] direction, double by, Map<String, Tensor> batch) {
        var weights = new RandomWeights(SEED);
        float[] values = weights.values(parameter);
        for (int i = 0; i < values.length; i++) {
            values[i] += (float) (by * direction[i]);
        }
        try (CompiledModel model = engine.compile(graph, weights, Precision.FLOAT32)) {
            return floats(model.run(batch, List.of("loss")), "loss")[0];
        }
    }

    @ParameterizedTest
    @MethodSource("trainedModels")
    void step_microBatches_equalOneLargeBatch(Architecture architecture) {
        if (!engine.trains()) {
            return;
        }
        Map<String, Tensor> whole = batch(architecture, 31, 3, 8);
        List<Map<String, Tensor>> parts = List.of(rows(whole, 0, 1), rows(whole, 1, 3));
        try (CompiledModel one = compile(engine, architecture);
                CompiledModel two = compile(engine, architecture);
                Trainer large = one.openTrainer(request(names(one.graph())));
                Trainer small = two.openTrainer(request(names(two.graph())))) {
            Trainer.Result expected = large.step(new Trainer.StepRequest(List.of(whole), new Trainer.Update(0.01, 1)));
            Trainer.Result actual = small.step(new Trainer.StepRequest(parts, new Trainer.Update(0.01, 1)));
            assertThat(actual.tokens()).isEqualTo(expected.tokens());
            assertThat(actual.loss()).isCloseTo(expected.loss(), within(tolerance()));
            assertThat(actual.gradientNorm())
                    .isCloseTo(expected.gradientNorm(), within(1e-3 * expected.gradientNorm()));
            float[] next = floats(small.gradients(whole), "loss");
            assertThat(next[0]).isCloseTo(floats(large.gradients(whole), "loss")[0], within(1e-3f));
            assertThat((double) next[0]).as("loss after the step").isLessThan(expected.loss());
        }
    }

    /** With plain descent, where weights follow gradients in proportion. */
    @ParameterizedTest
    @MethodSource("trainedModels")
    void step_microBatchesOfUnequalLength_changeWeightsAsOneLargeBatchDoes(Architecture architecture) {
        if (!engine.trains()) {
            return;
        }
        Map<String, Tensor> whole = batch(architecture, 33, 4, 8);
        Tensor.Longs labels = (Tensor.Longs) Objects.requireNonNull(whole.get("labels"));
        Arrays.fill(labels.data(), 3, 8, -100); // the first row has two scored tokens
        List<Map<String, Tensor>> parts = List.of(rows(whole, 0, 1), rows(whole, 1, 3), rows(whole, 3, 4));
        var descent = new Trainer.Request(names(architecture.graph()), Optimizer.Sgd.defaults());
        try (CompiledModel one = compile(engine, architecture);
                CompiledModel two = compile(engine, architecture);
                Trainer large = one.openTrainer(descent);
                Trainer small = two.openTrainer(descent)) {
            for (int step = 0; step < 2; step++) {
                large.step(new Trainer.StepRequest(List.of(whole), new Trainer.Update(0.1, 1)));
                small.step(new Trainer.StepRequest(parts, new Trainer.Update(0.1, 1)));
            }
            for (Op.Parameter parameter : architecture.graph().parameters()) {
                assertThat(read(two, parameter))
                        .as(parameter.name())
                        .usingComparatorWithPrecision(1e-5f)
                        .containsExactly(read(one, parameter));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("trainedModels")
    void apply_gradientsOfABatch_doesWhatAStepDoes(Architecture architecture) {
        if (!engine.trains()) {
            return;
        }
        Map<String, Tensor> batch = batch(architecture, 34, 2, 8);
        var descent = new Trainer.Request(names(architecture.graph()), Optimizer.Sgd.defaults());
        var update = new Trainer.Update(0.1, 1);
        try (CompiledModel one = compile(engine, architecture);
                CompiledModel two = compile(engine, architecture);
                Trainer stepping = one.openTrainer(descent);
                Trainer applying = two.openTrainer(descent)) {
            Trainer.Result result = stepping.step(new Trainer.StepRequest(List.of(batch), update));
            Trainer.Applied applied = applying.apply(applying.gradients(batch), update);
            assertThat(applied.applied()).isTrue();
            assertThat(applied.gradientNorm()).isCloseTo(result.gradientNorm(), within(1e-4 * result.gradientNorm()));
            for (Op.Parameter parameter : architecture.graph().parameters()) {
                assertThat(read(two, parameter))
                        .as(parameter.name())
                        .usingComparatorWithPrecision(1e-5f)
                        .containsExactly(read(one, parameter));
            }
            assertThatThrownBy(() -> applying.apply(Map.of(), update)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @ParameterizedTest
    @MethodSource("trainedModels")
    void restore_stateOfAnotherTrainer_continuesToTheBit(Architecture architecture) {
        if (engine.trains()) {
            assertContinues(architecture, Optimizer.AdamW.defaults(), 40);
        }
    }

    static Stream<Optimizer> optimizers() {
        return Stream.of(
                Optimizer.AdamW.defaults().withWeightDecay(0.1, false),
                new Optimizer.AdamW(0.8, 0.9, 1e-6, 0.1, true, true),
                Optimizer.Adam.defaults(),
                Optimizer.Sgd.defaults(),
                new Optimizer.Sgd(0.9, 0, true, 0.01, true),
                new Optimizer.Sgd(0.9, 0.5, false, 0, true),
                Optimizer.RmsProp.defaults(),
                Optimizer.Adafactor.defaults(),
                new Optimizer.Adafactor(1e-30, 1e-3, 1, -0.8, 0.9, 0.01, false, false, false, false));
    }

    @ParameterizedTest
    @MethodSource("optimizers")
    void restore_everyOptimizer_continuesToTheBit(Optimizer optimizer) {
        if (engine.trains()) {
            assertContinues(trainedArchitectures().findFirst().orElseThrow(), optimizer, 50);
        }
    }

    /** Trains without and with a stop in between. */
    private void assertContinues(Architecture architecture, Optimizer optimizer, int seed) {
        var random = new Random(seed);
        int before = 1 + random.nextInt(3);
        int after = 1 + random.nextInt(3);
        List<Trainer.StepRequest> steps = new ArrayList<>();
        for (int step = 0; step < before + after; step++) {
            Map<String, Tensor> whole = batch(architecture, 100 * seed + step, 3, 4 + random.nextInt(5));
            steps.add(new Trainer.StepRequest(
                    random.nextBoolean() ? List.of(whole) : List.of(rows(whole, 0, 2), rows(whole, 2, 3)),
                    new Trainer.Update(0.01 * random.nextDouble(), 1)));
        }
        var request = new Trainer.Request(names(architecture.graph()), optimizer);
        List<Double> losses = new ArrayList<>();
        Map<String, StoredTensor> expected;
        Map<String, StoredTensor> saved = Map.of();
        try (CompiledModel model = compile(engine, architecture);
                Trainer trainer = model.openTrainer(request)) {
            for (int step = 0; step < steps.size(); step++) {
                if (step == before) {
                    saved = copy(trainer.state());
                }
                losses.add(trainer.step(steps.get(step)).loss());
            }
            expected = copy(trainer.state());
        }
        try (CompiledModel model = compile(engine, architecture);
                Trainer trainer = model.openTrainer(request)) {
            trainer.restore(saved);
            assertSame(trainer.state(), saved);
            for (int step = before; step < steps.size(); step++) {
                assertThat(trainer.step(steps.get(step)).loss())
                        .as("seed %d, loss of step %d", seed, step)
                        .isEqualTo(losses.get(step));
            }
            assertSame(trainer.state(), expected);
            for (Op.Parameter parameter : architecture.graph().parameters()) {
                assertThat(read(model, parameter))
                        .as("seed %d, %s", seed, parameter.name())
                        .isEqualTo(FloatTensor.copyOf(
                                        Objects.requireNonNull(expected.get("parameter." + parameter.name())))
                                .data());
            }
        }
    }

    @Test
    void restore_stateThatDoesNotFit_throwsAndChangesNothing() {
        if (!engine.trains()) {
            return;
        }
        Architecture architecture = trainedArchitectures().findFirst().orElseThrow();
        var step = new Trainer.StepRequest(List.of(batch(architecture, 35, 2, 8)), new Trainer.Update(0.01, 1));
        try (CompiledModel model = compile(engine, architecture);
                Trainer trainer = model.openTrainer(request(names(model.graph())))) {
            Map<String, StoredTensor> start = copy(trainer.state());
            trainer.step(step);
            Map<String, StoredTensor> now = copy(trainer.state());
            String last =
                    "parameter." + architecture.graph().parameters().getLast().name();
            var missing = new HashMap<>(start);
            missing.remove(last);
            var unknown = new HashMap<>(start);
            unknown.put("optimizer.exp_avg.nothing", new FloatTensor("nothing", List.of(1L), new float[1]));
            var shape = new HashMap<>(start);
            shape.put(last, new FloatTensor(last, List.of(1L, 1L, 1L), new float[1]));
            for (Map<String, StoredTensor> wrong : List.of(missing, unknown, shape)) {
                assertThatThrownBy(() -> trainer.restore(wrong))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining(wrong == unknown ? "nothing" : last);
                assertSame(trainer.state(), now);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("trainedModels")
    void step_lossNotFinite_changesNothing(Architecture architecture) {
        if (!engine.trains()) {
            return;
        }
        var weights = new RandomWeights(SEED);
        List<Op.Parameter> all = architecture.graph().parameters();
        Op.Parameter broken = all.get(all.size() / 2);
        weights.values(broken)[0] = Float.NaN;
        Map<String, Tensor> whole = batch(architecture, 36, 2, 8);
        try (CompiledModel model = engine.compile(architecture.graph(), weights, Precision.FLOAT32);
                Trainer trainer = model.openTrainer(request(names(model.graph())))) {
            Map<String, StoredTensor> before = copy(trainer.state());
            for (List<Map<String, Tensor>> batches :
                    List.of(List.of(whole), List.of(rows(whole, 0, 1), rows(whole, 1, 2)))) {
                Trainer.Result result = trainer.step(new Trainer.StepRequest(batches, new Trainer.Update(0.01, 1)));
                assertThat(result.applied()).isFalse();
                assertThat(result.loss()).isNaN();
                assertSame(trainer.state(), before);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("trainedModels")
    void step_afterSkippedAndFailedOnes_doesWhatItWouldHaveDone(Architecture architecture) {
        if (!engine.trains()) {
            return;
        }
        Map<String, Tensor> whole = batch(architecture, 37, 2, 8);
        List<Map<String, Tensor>> parts = List.of(rows(whole, 0, 1), rows(whole, 1, 2));
        Map<String, Tensor> outside = Map.of("input_ids", row(-1, 1), "labels", row(1, 1));
        Trainer.Request request = request(names(architecture.graph()));
        var update = new Trainer.Update(0.01, 1);
        try (CompiledModel one = compile(engine, architecture);
                CompiledModel two = compile(engine, architecture);
                Trainer smooth = one.openTrainer(request);
                Trainer troubled = two.openTrainer(request)) {
            double norm = smooth.step(new Trainer.StepRequest(parts, update)).gradientNorm();
            smooth.step(new Trainer.StepRequest(List.of(whole), update));
            for (List<Map<String, Tensor>> batches : List.of(List.of(whole), parts)) {
                Trainer.Result skipped =
                        troubled.step(new Trainer.StepRequest(batches, new Trainer.Update(0.01, 1, 0.9 * norm)));
                assertThat(skipped.applied()).isFalse();
                assertThat(skipped.gradientNorm()).isCloseTo(norm, within(1e-3 * norm));
            }
            assertThatThrownBy(() -> troubled.step(new Trainer.StepRequest(List.of(whole, outside), update)))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThat(troubled.step(new Trainer.StepRequest(parts, new Trainer.Update(0.01, 1, 1.1 * norm)))
                            .applied())
                    .isTrue();
            troubled.step(new Trainer.StepRequest(List.of(whole), update));
            assertSame(troubled.state(), copy(smooth.state()));
        }
    }

    private static Map<String, StoredTensor> copy(Map<String, StoredTensor> state) {
        Map<String, StoredTensor> copy = new HashMap<>();
        state.forEach((name, tensor) -> copy.put(name, FloatTensor.copyOf(tensor)));
        return copy;
    }

    private static void assertSame(Map<String, StoredTensor> actual, Map<String, StoredTensor> expected) {
        assertThat(actual.keySet()).isEqualTo(expected.keySet());
        expected.forEach((name, tensor) -> {
            StoredTensor found = Objects.requireNonNull(actual.get(name));
            assertThat(found.shape()).as(name).isEqualTo(tensor.shape());
            assertThat(FloatTensor.copyOf(found).data())
                    .as(name)
                    .isEqualTo(FloatTensor.copyOf(tensor).data());
        });
    }

    @ParameterizedTest
    @MethodSource("trainedModels")
    void step_frozenParameters_stay(Architecture architecture) {
        if (!engine.trains()) {
            return;
        }
        List<Op.Parameter> all = architecture.graph().parameters();
        String trained = all.get(all.size() / 2).name();
        var weights = new RandomWeights(SEED);
        try (CompiledModel model = compile(engine, architecture);
                Trainer trainer = model.openTrainer(request(Set.of(trained)))) {
            trainer.step(new Trainer.StepRequest(
                    List.of(batch(architecture, 32, 2, 8)), new Trainer.Update(0.01, Double.POSITIVE_INFINITY)));
            for (Op.Parameter parameter : all) {
                if (parameter.name().equals(trained)) {
                    assertThat(read(model, parameter)).as(trained).isNotEqualTo(weights.values(parameter));
                } else {
                    assertThat(read(model, parameter)).as(parameter.name()).isEqualTo(weights.values(parameter));
                }
            }
        }
    }

    /** Everything trained, of one matrix only the last rows; other settings of the optimizer must not reach the rows before either. */
    @ParameterizedTest
    @MethodSource("trainedModels")
    void step_firstRows_changeNothingBeforeThem(Architecture architecture) {
        if (!engine.trains()) {
            return;
        }
        Op.Parameter matrix = architecture.graph().parameters().getFirst();
        long rows = matrix.shape().getFirst();
        int width = Math.toIntExact(matrix.elements() / rows);
        long first = rows - 4;
        Map<String, Tensor> batch = batch(architecture, 35, 2, 8);
        ((Tensor.Longs) Objects.requireNonNull(batch.get("input_ids"))).data()[1] = rows - 1;
        float[] start = new RandomWeights(SEED).values(matrix);
        for (Optimizer optimizer : List.of(
                Optimizer.AdamW.defaults().withWeightDecay(0.5, true),
                Optimizer.Sgd.defaults(),
                Optimizer.Adafactor.defaults())) {
            var request = new Trainer.Request(
                    names(architecture.graph()), optimizer, false, Precision.FLOAT32, Map.of(matrix.name(), first));
            try (CompiledModel model = compile(engine, architecture);
                    CompiledModel whole = compile(engine, architecture);
                    Trainer trainer = model.openTrainer(request);
                    Trainer all = whole.openTrainer(new Trainer.Request(names(architecture.graph()), optimizer))) {
                Map<String, Tensor> gradients = trainer.gradients(batch);
                float[] expected = floats(all.gradients(batch), matrix.name());
                assertThat(Objects.requireNonNull(gradients.get(matrix.name())).shape()[0])
                        .isEqualTo(rows - first);
                assertThat(floats(gradients, matrix.name()))
                        .as("gradient with %s", optimizer)
                        .usingComparatorWithPrecision(1e-6f)
                        .containsExactly(Arrays.copyOfRange(expected, (int) first * width, expected.length));
                double squares = 0;
                for (String name : names(architecture.graph())) {
                    for (float g : floats(gradients, name)) {
                        squares += (double) g * g;
                    }
                }
                Trainer.Update update = new Trainer.Update(0.01, 1);
                Trainer.Result result = trainer.step(new Trainer.StepRequest(List.of(batch), update));
                assertThat(result.gradientNorm()).isCloseTo(Math.sqrt(squares), within(1e-3 * Math.sqrt(squares)));
                trainer.step(new Trainer.StepRequest(List.of(rows(batch, 0, 1), rows(batch, 1, 2)), update));
                trainer.apply(trainer.gradients(batch), update);
                float[] end = read(model, matrix);
                assertThat(Arrays.equals(end, 0, (int) first * width, start, 0, (int) first * width))
                        .as("rows before the first with %s", optimizer)
                        .isTrue();
                assertThat(Arrays.copyOfRange(end, (int) (rows - 1) * width, end.length))
                        .as("the last row with %s", optimizer)
                        .isNotEqualTo(Arrays.copyOfRange(start, (int) (rows - 1) * width, start.length));
                for (Op.Parameter other : architecture.graph().parameters()) {
                    if (!other.equals(matrix) && moved(gradients, other)) {
                        assertThat(read(model, other))
                                .as(other.name())
                                .isNotEqualTo(new RandomWeights(SEED).values(other));
                    }
                }
                assertThat(Objects.requireNonNull(trainer.state().get("parameter." + matrix.name()))
                                .shape())
                        .as("shape in the state")
                        .isEqualTo(shape(matrix, rows - first));
                Map<String, StoredTensor> saved = new HashMap<>();
                trainer.state().forEach((name, tensor) -> saved.put(name, FloatTensor.copyOf(tensor)));
                trainer.step(new Trainer.StepRequest(List.of(batch), update));
                float[] next = read(model, matrix);
                trainer.restore(saved);
                assertThat(read(model, matrix)).isEqualTo(end);
                trainer.step(new Trainer.StepRequest(List.of(batch), update));
                assertThat(read(model, matrix))
                        .as("a step made again with %s", optimizer)
                        .isEqualTo(next);
            }
        }
    }

    private static boolean moved(Map<String, Tensor> gradients, Op.Parameter parameter) {
        for (float g : floats(gradients, parameter.name())) {
            if (Math.abs(g) > 1e-6) {
                return true;
            }
        }
        return false;
    }

    private static List<Long> shape(Op.Parameter parameter, long rows) {
        List<Long> shape = new ArrayList<>(parameter.shape());
        shape.set(0, rows);
        return shape;
    }

    @ParameterizedTest
    @MethodSource("trainedModels")
    void openTrainer_firstRowsThatDoNotFit_throws(Architecture architecture) {
        Op.Parameter matrix = architecture.graph().parameters().getFirst();
        Set<String> trained = names(architecture.graph());
        for (Map<String, Long> wrong : List.of(Map.of("nothing", 1L), Map.of(matrix.name(), -1L))) {
            assertThatThrownBy(() ->
                            new Trainer.Request(trained, Optimizer.AdamW.defaults(), false, Precision.FLOAT32, wrong))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        if (engine.trains()) {
            var request = new Trainer.Request(
                    trained,
                    Optimizer.AdamW.defaults(),
                    false,
                    Precision.FLOAT32,
                    Map.of(matrix.name(), matrix.shape().getFirst()));
            try (CompiledModel model = compile(engine, architecture)) {
                assertThatThrownBy(() -> model.openTrainer(request))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining(matrix.name());
                model.openTrainer(request(trained)).close();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("trainedModels")
    void step_nothingScored_throws(Architecture architecture) {
        if (!engine.trains()) {
            return;
        }
        long[] none = {-100, -100, -100};
        Map<String, Tensor> batch = Map.of("input_ids", row(1, 2, 3), "labels", new Tensor.Longs(none, 1, 3));
        try (CompiledModel model = compile(engine, architecture);
                Trainer trainer = model.openTrainer(request(names(model.graph())))) {
            assertThatThrownBy(() -> trainer.step(new Trainer.StepRequest(List.of(batch), new Trainer.Update(0.01, 1))))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @ParameterizedTest
    @MethodSource("trainedModels")
    void step_adapter_trainsTheAdapterAndNothingElse(Architecture architecture) {
        if (!engine.trains()) {
            return;
        }
        Graph adapted = adapted(architecture, 0.3);
        var adapter = new RandomWeights(SEED + 1);
        Set<String> trained =
                names(adapted).stream().filter(n -> n.contains(".lora_")).collect(Collectors.toSet());
        Map<String, Tensor> batch = batch(architecture, 33, 2, 8);
        try (CompiledModel model = compile(engine, architecture);
                CompiledModel derived = model.derive(adapted, adapter);
                Trainer trainer = derived.openTrainer(request(trained))) {
            float[] gradient =
                    floats(trainer.gradients(with(batch, 1)), trained.iterator().next());
            assertThat(floats(
                            trainer.gradients(with(batch, 1)),
                            trained.iterator().next()))
                    .as("the same seed again")
                    .isEqualTo(gradient);
            assertThat(floats(
                            trainer.gradients(with(batch, 2)),
                            trained.iterator().next()))
                    .as("another seed")
                    .isNotEqualTo(gradient);
            trainer.step(new Trainer.StepRequest(List.of(with(batch, 1)), new Trainer.Update(0.01, 1)));
            var base = new RandomWeights(SEED);
            for (Op.Parameter parameter : adapted.parameters()) {
                if (trained.contains(parameter.name())) {
                    assertThat(read(derived, parameter)).isNotEqualTo(adapter.values(parameter));
                } else {
                    assertThat(read(derived, parameter)).isEqualTo(base.values(parameter));
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("trainedModels")
    void gradients_recomputed_areTheSameToTheBit(Architecture architecture) {
        if (!engine.trains()) {
            return;
        }
        Map<String, Tensor> batch = with(batch(architecture, 34, 2, 8), 5);
        for (boolean adapter : new boolean[] {false, true}) {
            Graph graph = adapter ? adapted(architecture, 0.3) : architecture.graph();
            Set<String> trained = names(graph).stream()
                    .filter(n -> !adapter || n.contains(".lora_"))
                    .collect(Collectors.toSet());
            try (CompiledModel model = compile(engine, architecture);
                    CompiledModel derived = model.derive(graph, new RandomWeights(SEED + 1))) {
                Map<String, Tensor> kept;
                try (Trainer trainer = derived.openTrainer(request(trained))) {
                    kept = trainer.gradients(batch);
                }
                try (Trainer trainer = derived.openTrainer(
                        new Trainer.Request(trained, Optimizer.AdamW.defaults(), true, Precision.FLOAT32))) {
                    Map<String, Tensor> recomputed = trainer.gradients(batch);
                    assertThat(recomputed.keySet()).isEqualTo(kept.keySet());
                    for (String name : kept.keySet()) {
                        assertThat(floats(recomputed, name)).as(name).isEqualTo(floats(kept, name));
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("trainedModels")
    void step_inBfloat16_isCloseAndKeepsFloat32Weights(Architecture architecture) {
        if (!engine.trains() || !engine.precisions().contains(Precision.BFLOAT16)) {
            return;
        }
        Map<String, Tensor> batch = with(batch(architecture, 35, 2, 8), 5);
        Graph graph = architecture.graph();
        for (boolean recompute : new boolean[] {false, true}) {
            try (CompiledModel model = compile(engine, architecture)) {
                Map<String, Tensor> exact;
                try (Trainer trainer = model.openTrainer(request(names(graph)))) {
                    exact = trainer.gradients(batch);
                }
                var request =
                        new Trainer.Request(names(graph), Optimizer.AdamW.defaults(), recompute, Precision.BFLOAT16);
                try (Trainer trainer = model.openTrainer(request)) {
                    Map<String, Tensor> rounded = trainer.gradients(batch);
                    float loss = floats(exact, "loss")[0];
                    assertThat(floats(rounded, "loss")[0]).isCloseTo(loss, within(0.02f * loss));
                    double product = 0;
                    double squares = 0;
                    double exactSquares = 0;
                    for (String name : names(graph)) {
                        float[] a = floats(rounded, name);
                        float[] b = floats(exact, name);
                        for (int i = 0; i < a.length; i++) {
                            product += (double) a[i] * b[i];
                            squares += (double) a[i] * a[i];
                            exactSquares += (double) b[i] * b[i];
                        }
                    }
                    assertThat(product / Math.sqrt(squares * exactSquares))
                            .as("cosine of the gradients, recompute %s", recompute)
                            .isGreaterThan(0.97);
                    // smaller than half a unit in the last place of bfloat16
                    trainer.step(new Trainer.StepRequest(List.of(batch), new Trainer.Update(1e-5, 1)));
                }
                Op.Parameter table = graph.parameters().getFirst();
                float[] before = new RandomWeights(SEED).values(table);
                float[] after = read(model, table);
                double moved = 0;
                for (int i = 0; i < after.length; i++) {
                    moved = Math.max(moved, Math.abs(after[i] - before[i]));
                }
                assertThat(moved).as("largest change of %s", table.name()).isBetween(1e-6, 3e-5);
            }
        }
    }

    /** A vocabulary so large that the logits of a few dozen tokens are many megabytes. */
    @Test
    void gradients_largeVocabulary_equalThoseOfRowsOneByOne() {
        if (!engine.trains()) {
            return;
        }
        int vocabulary = 1 << 17;
        int length = 60;
        var b = new GraphBuilder();
        Node table = b.parameter("table", vocabulary, 4);
        Node hidden = b.linear("inner", b.embedding(table, b.inputIds()), 4, true);
        b.output("last_hidden_state", hidden);
        Node logits = b.softcap(b.scale(b.linear("head", hidden, table, null), 2), 3);
        b.output("logits", logits);
        b.output("loss", b.causalLoss(logits));
        var random = new Random(SEED);
        int rows = 5;
        long[] ids = random.longs((long) rows * length, 0, vocabulary).toArray();
        long[] labels = ids.clone();
        for (int i = 0; i < labels.length; i++) {
            labels[i] = random.nextInt(4) == 0 ? -100 : labels[i];
        }
        Map<String, Tensor> batch = Map.of(
                "input_ids", new Tensor.Longs(ids, rows, length), "labels", new Tensor.Longs(labels, rows, length));
        Graph graph = b.build();
        try (CompiledModel model = engine.compile(graph, new RandomWeights(SEED), Precision.FLOAT32);
                Trainer trainer = model.openTrainer(request(names(graph)))) {
            Map<String, Tensor> whole = trainer.gradients(batch);
            Map<String, Tensor> again = trainer.gradients(batch);
            for (String name : whole.keySet()) {
                assertThat(Arrays.equals(floats(again, name), floats(whole, name)))
                        .as("%s a second time", name)
                        .isTrue();
            }
            Map<String, double[]> sums = new HashMap<>();
            int scored = 0;
            for (int row = 0; row < rows; row++) {
                int count = 0;
                for (int i = 1; i < length; i++) {
                    count += labels[row * length + i] == -100 ? 0 : 1;
                }
                scored += count;
                int weight = count;
                trainer.gradients(rows(batch, row, row + 1)).forEach((name, value) -> {
                    float[] part = floats(Map.of("", value), "");
                    double[] sum = sums.computeIfAbsent(name, n -> new double[part.length]);
                    for (int i = 0; i < part.length; i++) {
                        sum[i] += (double) part[i] * weight;
                    }
                });
            }
            for (Map.Entry<String, double[]> sum : sums.entrySet()) {
                float[] actual = floats(whole, sum.getKey());
                double largest = 0;
                for (int i = 0; i < actual.length; i++) {
                    largest = Math.max(largest, Math.abs(actual[i] - sum.getValue()[i] / scored));
                }
                assertThat(largest).as("distance of %s", sum.getKey()).isLessThan(1e-6);
            }
        }
    }

    /** What stands between the vectors and the logits of a masked-language model is computed for scored tokens alone. */
    @ParameterizedTest
    @ValueSource(strings = {".*", "inner.*", "head.*|norm.*|table", "decoder.bias"})
    void gradients_transformBeforeTheHead_equalThoseOfAllTokens(String trained) {
        if (!engine.trains()) {
            return;
        }
        Graph shortWay = masked(true);
        Graph longWay = masked(false);
        Set<String> names =
                names(shortWay).stream().filter(n -> n.matches(trained)).collect(Collectors.toSet());
        var random = new Random(SEED);
        long[] ids = random.longs(3 * 7, 0, 50).toArray();
        long[] labels = ids.clone();
        for (int i = 0; i < labels.length; i++) {
            labels[i] = i / 7 == 1 || random.nextInt(3) > 0 ? -100 : labels[i];
        }
        labels[3] = 11;
        Map<String, Tensor> batch =
                Map.of("input_ids", new Tensor.Longs(ids, 3, 7), "labels", new Tensor.Longs(labels, 3, 7));
        Map<String, Tensor> expected;
        try (CompiledModel model = engine.compile(longWay, new RandomWeights(SEED), Precision.FLOAT32);
                Trainer trainer = model.openTrainer(request(names))) {
            expected = trainer.gradients(batch);
        }
        for (boolean recompute : new boolean[] {false, true}) {
            try (CompiledModel model = engine.compile(shortWay, new RandomWeights(SEED), Precision.FLOAT32);
                    Trainer trainer = model.openTrainer(
                            new Trainer.Request(names, Optimizer.AdamW.defaults(), recompute, Precision.FLOAT32))) {
                Map<String, Tensor> actual = trainer.gradients(batch);
                assertThat(actual.keySet()).isEqualTo(expected.keySet());
                for (String name : expected.keySet()) {
                    assertThat(floats(actual, name))
                            .as("%s, recomputed: %s", name, recompute)
                            .containsExactly(floats(expected, name), within(1e-5f));
                }
            }
        }
    }

    /** The gradient of attention with a bias, which itself may have one, is that of its weights and their application, one by one. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void gradients_attentionWithBias_equalThoseOfItsParts(boolean learned) {
        if (!engine.trains()) {
            return;
        }
        var b = new GraphBuilder();
        Node x = b.embedding(b.parameter("table", 30, 8), b.inputIds());
        Node bias = learned
                ? b.relativeBias(
                        new Op.RelativeBias(8, 6, true), b.parameter("bias", 8, 4), b.positionIds(), b.positionIds())
                : b.alibiBias(4);
        Node attention = b.attention(
                "attention",
                b.splitHeads(b.linear("q", x, 12, true), 4),
                b.splitHeads(b.linear("k", x, 6, true), 2),
                b.splitHeads(b.linear("v", x, 6, true), 2),
                b.bidirectionalMask(0),
                bias,
                0.7,
                0);
        Node hidden = b.add(x, b.linear("o", b.mergeHeads(attention), 8, false));
        b.output("last_hidden_state", hidden);
        b.output("loss", b.tokenLoss(b.linear("head", hidden, 30, true), b.labels()));
        Graph graph = b.build();
        Graph parts = Rewrites.captureAttention(graph, name -> true);
        var random = new Random(SEED);
        long[] ids = random.longs(3 * 9, 0, 30).toArray();
        long[] mask = new long[ids.length];
        Arrays.fill(mask, 1);
        Arrays.fill(mask, 9 + 6, 18, 0);
        long[] positions = new long[ids.length];
        Arrays.setAll(positions, i -> i % 9);
        Map<String, Tensor> batch = new HashMap<>(Map.of(
                "input_ids", new Tensor.Longs(ids, 3, 9),
                "labels", new Tensor.Longs(ids, 3, 9),
                "attention_mask", new Tensor.Longs(mask, 3, 9)));
        for (int round = 0; round < 2; round++) {
            batch.put("position_ids", new Tensor.Longs(positions.clone(), 3, 9));
            try (CompiledModel model = engine.compile(graph, new RandomWeights(SEED), Precision.FLOAT32);
                    CompiledModel slow = engine.compile(parts, new RandomWeights(SEED), Precision.FLOAT32);
                    Trainer trainer = model.openTrainer(request(names(graph)));
                    Trainer slowTrainer = slow.openTrainer(request(names(graph)))) {
                Map<String, Tensor> actual = trainer.gradients(batch);
                Map<String, Tensor> expected = slowTrainer.gradients(batch);
                assertThat(actual.keySet()).isEqualTo(expected.keySet());
                for (String name : expected.keySet()) {
                    assertThat(floats(actual, name))
                            .as("%s, rows alike: %s", name, round == 0)
                            .containsExactly(floats(expected, name), within(1e-5f));
                }
            }
            positions[20] = 7; // rows no longer have the same positions
        }
    }

    /** Of a step's micro-batches one may have nothing to score. */
    @Test
    void step_microBatchWithNothingScored_isAsIfItWereMissing() {
        if (!engine.trains()) {
            return;
        }
        long[] ids = new Random(SEED).longs(2 * 5, 0, 50).toArray();
        var none = new long[10];
        Arrays.fill(none, -100);
        Map<String, Tensor> batch =
                Map.of("input_ids", new Tensor.Longs(ids, 2, 5), "labels", new Tensor.Longs(ids, 2, 5));
        Map<String, Tensor> unscored =
                Map.of("input_ids", new Tensor.Longs(ids, 2, 5), "labels", new Tensor.Longs(none, 2, 5));
        var update = new Trainer.Update(1e-3, 1);
        Graph graph = masked(true);
        try (CompiledModel one = engine.compile(graph, new RandomWeights(SEED), Precision.FLOAT32);
                CompiledModel two = engine.compile(graph, new RandomWeights(SEED), Precision.FLOAT32);
                Trainer alone = one.openTrainer(request(names(graph)));
                Trainer beside = two.openTrainer(request(names(graph)))) {
            Trainer.Result expected = alone.step(new Trainer.StepRequest(List.of(batch), update));
            Trainer.Result actual = beside.step(new Trainer.StepRequest(List.of(unscored, batch, unscored), update));
            assertThat(actual.loss()).isCloseTo(expected.loss(), within(1e-6));
            assertThat(actual.gradientNorm()).isCloseTo(expected.gradientNorm(), within(1e-5));
        }
    }

    /**
     * A masked-language model with nothing but a layer below its head.
     *
     * @param named whether the vectors that enter the head are an output, which tells an engine where the head begins
     */
    private static Graph masked(boolean named) {
        var b = new GraphBuilder();
        Node table = b.parameter("table", 50, 12);
        Node hidden = b.linear("inner", b.embedding(table, b.inputIds()), 12, true);
        if (named) {
            b.output("last_hidden_state", hidden);
        }
        Node transformed = b.layerNorm("norm", b.activate(Activation.GELU, b.linear("head", hidden, 12, true)), 1e-5);
        Node logits = b.linear("decoder", transformed, table, b.parameter("decoder.bias", 50));
        b.output("logits", logits);
        b.output("loss", b.tokenLoss(logits, b.labels()));
        return b.build();
    }

    private static Map<String, Tensor> with(Map<String, Tensor> batch, long dropoutSeed) {
        Map<String, Tensor> all = new HashMap<>(batch);
        all.put("dropout_seed", new Tensor.Longs(new long[] {dropoutSeed}, 1));
        return all;
    }

    // ---- encoder and decoder

    @ParameterizedTest
    @MethodSource("seq2seqModels")
    void run_weightsOfEncoderAndDecoder_areRead(Architecture architecture) {
        var weights = new RandomWeights(SEED);
        try (CompiledModel model = engine.compile(architecture.graph(), weights, Precision.FLOAT32)) {
            for (Op.Parameter parameter : architecture.graph().parameters()) {
                assertThat(read(model, parameter)).as(parameter.name()).isEqualTo(weights.values(parameter));
            }
            assertThat(model.program()).isNotBlank();
        }
    }

    @ParameterizedTest
    @MethodSource("seq2seqModels")
    void run_rowsPaddedOnBothSides_equalEachAlone(Architecture architecture) {
        int[][] read = {tokens(architecture, 50, 9), tokens(architecture, 51, 5)};
        int[][] written = {tokens(architecture, 52, 4), tokens(architecture, 53, 6)};
        try (CompiledModel model = compile(engine, architecture)) {
            float[] together = floats(
                    model.run(
                            Map.of(
                                    "input_ids", padded(read, 9),
                                    "attention_mask", ones(read, 9),
                                    "decoder_input_ids", padded(written, 6),
                                    "decoder_attention_mask", ones(written, 6)),
                            List.of("logits")),
                    "logits");
            int vocabulary = architecture.vocabularySize();
            for (int row = 0; row < 2; row++) {
                float[] alone = logits(model, read[row], written[row]);
                int from = 6 * row * vocabulary;
                assertClose(Arrays.copyOfRange(together, from, from + alone.length), alone);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("seq2seqModels")
    void run_examplesPackedInOneRow_equalEachAlone(Architecture architecture) {
        int[][] read = {tokens(architecture, 54, 5), tokens(architecture, 55, 3), tokens(architecture, 56, 4)};
        int[][] written = {tokens(architecture, 57, 2), tokens(architecture, 58, 4), tokens(architecture, 59, 3)};
        try (CompiledModel model = compile(engine, architecture);
                CompiledModel packed = model.derive(Rewrites.packed(model.graph()))) {
            Map<String, Tensor> outputs = packed.run(
                    Map.of(
                            "input_ids", row(concat(concat(read[0], read[1]), read[2])),
                            "position_ids", row(0, 1, 2, 3, 4, 0, 1, 2, 0, 1, 2, 3),
                            "document_ids", row(0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2),
                            "decoder_input_ids", row(concat(concat(written[0], written[1]), written[2])),
                            "decoder_position_ids", row(0, 1, 0, 1, 2, 3, 0, 1, 2),
                            "decoder_document_ids", row(0, 0, 1, 1, 1, 1, 2, 2, 2)),
                    List.of("logits", "encoder_last_hidden_state"));
            float[] logits = floats(outputs, "logits");
            float[] encoded = floats(outputs, "encoder_last_hidden_state");
            int at = 0;
            int encodedAt = 0;
            for (int i = 0; i < 3; i++) {
                float[] alone = logits(model, read[i], written[i]);
                assertClose(Arrays.copyOfRange(logits, at, at + alone.length), alone);
                at += alone.length;
                float[] encodedAlone = floats(
                        model.run(
                                Map.of("input_ids", row(read[i]), "decoder_input_ids", row(written[i])),
                                List.of("encoder_last_hidden_state")),
                        "encoder_last_hidden_state");
                assertClose(Arrays.copyOfRange(encoded, encodedAt, encodedAt + encodedAlone.length), encodedAlone);
                encodedAt += encodedAlone.length;
            }
            assertThat(at).isEqualTo(logits.length);
            assertThat(encodedAt).isEqualTo(encoded.length);
        }
    }

    /** Packed examples have the loss and the gradients of the same examples in rows of their own. */
    @ParameterizedTest
    @MethodSource("seq2seqModels")
    void gradients_examplesPackedInOneRow_equalThoseOfRows(Architecture architecture) {
        if (!engine.trains()) {
            return;
        }
        int[][] read = {tokens(architecture, 60, 5), tokens(architecture, 61, 5)};
        int[][] written = {tokens(architecture, 62, 4), tokens(architecture, 63, 4)};
        try (CompiledModel model = compile(engine, architecture);
                CompiledModel packed = model.derive(Rewrites.packed(model.graph()))) {
            Map<String, Tensor> expected;
            try (Trainer trainer = model.openTrainer(request(names(model.graph())))) {
                expected = trainer.gradients(Map.of(
                        "input_ids", padded(read, 5),
                        "decoder_input_ids", padded(written, 4),
                        "labels", padded(written, 4)));
            }
            try (Trainer trainer = packed.openTrainer(request(names(model.graph())))) {
                Map<String, Tensor> actual = trainer.gradients(Map.of(
                        "input_ids", row(concat(read[0], read[1])),
                        "position_ids", row(0, 1, 2, 3, 4, 0, 1, 2, 3, 4),
                        "document_ids", row(0, 0, 0, 0, 0, 1, 1, 1, 1, 1),
                        "decoder_input_ids", row(concat(written[0], written[1])),
                        "decoder_position_ids", row(0, 1, 2, 3, 0, 1, 2, 3),
                        "decoder_document_ids", row(0, 0, 0, 0, 1, 1, 1, 1),
                        "labels", row(concat(written[0], written[1]))));
                assertThat(actual.keySet()).isEqualTo(expected.keySet());
                expected.keySet().forEach(name -> assertClose(floats(actual, name), floats(expected, name)));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("seq2seqModels")
    void run_capturedAttention_sumsToOneAndOnlyTheDecoderLooksBack(Architecture architecture) {
        int[] read = tokens(architecture, 64, 7);
        int[] written = tokens(architecture, 65, 5);
        try (CompiledModel model = compile(engine, architecture);
                CompiledModel captured = model.derive(Rewrites.captureAttention(model.graph(), name -> true))) {
            Map<String, Node> attentions = new HashMap<>();
            for (Node node : model.graph().nodes()) {
                if (node.op() instanceof Op.Attention attention) {
                    attentions.put("attention:" + attention.name(), node);
                }
            }
            Map<String, Tensor> outputs = captured.run(
                    Map.of("input_ids", row(read), "decoder_input_ids", row(written)),
                    concat(List.copyOf(attentions.keySet()), "logits"));
            attentions.forEach((name, node) -> {
                boolean ofDecoder = node.inputs().get(0).type().dimension(2) == Type.QUERY;
                boolean cross = Rewrites.isCross(node);
                int queries = ofDecoder ? 5 : 7;
                int keys = ofDecoder && !cross ? 5 : 7;
                float[] weights = floats(outputs, name); // [1, n, queries, keys]
                assertThat(weights.length % (queries * keys)).isZero();
                for (int query = 0; query < weights.length / keys; query++) {
                    double sum = 0;
                    for (int key = 0; key < keys; key++) {
                        float weight = weights[query * keys + key];
                        sum += weight;
                        boolean ahead = ofDecoder && !cross && key > query % queries;
                        assertThat(weight == 0)
                                .as("%s to key %d is 0", name, key)
                                .isEqualTo(ahead);
                    }
                    assertThat(sum).isCloseTo(1, within(1e-5));
                }
            });
            assertClose(floats(outputs, "logits"), logits(model, read, written));
        }
    }

    @ParameterizedTest
    @MethodSource("seq2seqModels")
    void derive_encoderDecoderWithAdapter_computesWhatMergedWeightsCompute(Architecture architecture) {
        int[] read = tokens(architecture, 66, 6);
        int[] written = tokens(architecture, 67, 4);
        for (boolean dora : new boolean[] {false, true}) {
            Graph base = architecture.graph();
            List<LoraLayer> layers = LoraRewrite.layers(base, lora(dora));
            Graph adapted = LoraRewrite.apply(base, layers, 0);
            var adapter = new RandomWeights(SEED + 1);
            var merged = new RandomWeights(SEED);
            for (LoraLayer layer : layers) {
                merge(layer, base, merged, adapted, adapter);
            }
            try (CompiledModel model = compile(engine, architecture);
                    CompiledModel derived = model.derive(adapted, adapter);
                    CompiledModel expected = engine.compile(base, merged, Precision.FLOAT32)) {
                assertClose(logits(derived, read, written), logits(expected, read, written));
            }
        }
    }

    /** T5's bias with queries and keys that stand anywhere, in graphs with many and few buckets. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void relativeBias_anyPositions_followsTheFormula(boolean bidirectional) {
        for (int[] sizes : new int[][] {{32, 128}, {8, 20}, {5, 9}}) {
            var b = new GraphBuilder();
            var op = new Op.RelativeBias(sizes[0], sizes[1], bidirectional);
            b.output(
                    "bias",
                    b.relativeBias(op, b.parameter("table", sizes[0], 3), b.decoderPositions(), b.encoderPositions()));
            b.output("x", b.embedding(b.parameter("ids", 8, 2), b.encoderIds()));
            b.output("y", b.embedding(b.parameter("ids", 8, 2), b.decoderIds()));
            var random = new Random(SEED);
            long[] queries = random.longs(2 * 7, 0, 200).toArray();
            long[] keys = random.longs(2 * 90, 0, 200).toArray();
            var weights = new RandomWeights(SEED);
            try (CompiledModel model = engine.compile(b.build(), weights, Precision.FLOAT32)) {
                float[] bias = floats(
                        model.run(
                                Map.of(
                                        "input_ids", new Tensor.Longs(new long[2 * 90], 2, 90),
                                        "decoder_input_ids", new Tensor.Longs(new long[2 * 7], 2, 7),
                                        "position_ids", new Tensor.Longs(keys, 2, 90),
                                        "decoder_position_ids", new Tensor.Longs(queries, 2, 7)),
                                List.of("bias")),
                        "bias");
                float[] table = weights.values(parameter(model.graph(), "table"));
                assertThat(bias).hasSize(2 * 3 * 7 * 90);
                for (int i = 0; i < bias.length; i++) {
                    int row = i / (3 * 7 * 90);
                    int head = i / (7 * 90) % 3;
                    long query = queries[row * 7 + i / 90 % 7];
                    long key = keys[row * 90 + i % 90];
                    assertThat(bias[i])
                            .as("bias of query at %d and key at %d", query, key)
                            .isEqualTo(table[3 * bucket(key - query, sizes[0], sizes[1], bidirectional) + head]);
                }
            }
        }
    }

    /** {@code T5Attention._relative_position_bucket} of Hugging Face, for one distance; a margin stands for float32's rounding. */
    private static int bucket(long ahead, int buckets, int maxDistance, boolean bidirectional) {
        int n = bidirectional ? buckets / 2 : buckets;
        int first = bidirectional && ahead > 0 ? n : 0;
        long distance = bidirectional ? Math.abs(ahead) : Math.max(-ahead, 0);
        int exact = n / 2;
        if (distance < exact) {
            return first + (int) distance;
        }
        double share = Math.log((double) distance / exact) / Math.log((double) maxDistance / exact);
        return first + Math.min(exact + (int) (share * (n - exact) + 1e-5), n - 1);
    }

    /** The gradient of the table, by differences of the loss as a slow formula in float64 computes it. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void gradients_ofRelativeBias_equalDifferencesOfTheFormula(boolean bidirectional) {
        if (!engine.trains()) {
            return;
        }
        var b = new GraphBuilder();
        var op = new Op.RelativeBias(8, 20, bidirectional);
        Node bias = b.relativeBias(op, b.parameter("table", 8, 2), b.positionIds(), b.positionIds());
        Node x = b.embedding(b.parameter("vectors", 11, 4), b.inputIds());
        Node mask = bidirectional ? b.bidirectionalMask(0) : b.causalMask(0);
        Node heads = b.splitHeads(x, 2);
        for (int layer = 0; layer < 2; layer++) { // both add to the gradient
            heads = b.attention("attention" + layer, heads, heads, heads, mask, bias, 0.7, 0);
        }
        b.output("last_hidden_state", b.mergeHeads(heads));
        Node logits = b.linear("head", b.mergeHeads(heads), 11, false);
        b.output("logits", logits);
        b.output("loss", b.tokenLoss(logits, b.labels()));
        Graph graph = b.build();
        var random = new Random(SEED);
        int[] ids = random.ints(18, 0, 11).toArray();
        int[] labels = random.ints(18, 0, 11).toArray();
        var weights = new RandomWeights(SEED);
        float[] gradient;
        try (CompiledModel model = engine.compile(graph, weights, Precision.FLOAT32);
                Trainer trainer = model.openTrainer(request(names(graph)))) {
            gradient = floats(trainer.gradients(Map.of("input_ids", row(ids), "labels", row(labels))), "table");
        }
        double[] table = doubles(weights.values(parameter(graph, "table")));
        double[] vectors = doubles(weights.values(parameter(graph, "vectors")));
        double[] head = doubles(weights.values(parameter(graph, "head.weight")));
        assertThat(gradient).hasSameSizeAs(table);
        double largest = 0;
        for (int i = 0; i < table.length; i++) {
            double[] above = table.clone();
            double[] below = table.clone();
            above[i] += 1e-4;
            below[i] -= 1e-4;
            double slope = (slowLoss(above, vectors, head, ids, labels, bidirectional)
                            - slowLoss(below, vectors, head, ids, labels, bidirectional))
                    / 2e-4;
            largest = Math.max(largest, Math.abs(slope));
            assertThat((double) gradient[i])
                    .as("gradient of bucket %d, head %d", i / 2, i % 2)
                    .isCloseTo(slope, within(2e-6));
        }
        assertThat(largest).isGreaterThan(1e-4);
    }

    /** Mean cross entropy after two layers of attention of two heads of two dimensions to themselves. */
    private static double slowLoss(
            double[] table, double[] vectors, double[] head, int[] ids, int[] labels, boolean bidirectional) {
        int t = ids.length;
        double[][] x = new double[t][];
        for (int i = 0; i < t; i++) {
            x[i] = Arrays.copyOfRange(vectors, 4 * ids[i], 4 * ids[i] + 4);
        }
        for (int layer = 0; layer < 2; layer++) {
            double[][] y = new double[t][4];
            for (int i = 0; i < t; i++) {
                for (int n = 0; n < 2; n++) {
                    double sum = 0;
                    for (int j = 0; j < (bidirectional ? t : i + 1); j++) {
                        double dot = x[i][2 * n] * x[j][2 * n] + x[i][2 * n + 1] * x[j][2 * n + 1];
                        double weight = Math.exp(0.7 * dot + table[2 * bucket(j - i, 8, 20, bidirectional) + n]);
                        sum += weight;
                        y[i][2 * n] += weight * x[j][2 * n];
                        y[i][2 * n + 1] += weight * x[j][2 * n + 1];
                    }
                    y[i][2 * n] /= sum;
                    y[i][2 * n + 1] /= sum;
                }
            }
            x = y;
        }
        double loss = 0;
        for (int i = 0; i < t; i++) {
            double sum = 0;
            double right = 0;
            for (int v = 0; v < 11; v++) {
                double logit = 0;
                for (int k = 0; k < 4; k++) {
                    logit += head[4 * v + k] * x[i][k];
                }
                sum += Math.exp(logit);
                right = v == labels[i] ? logit : right;
            }
            loss += Math.log(sum) - right;
        }
        return loss / t;
    }

    private static double[] doubles(float[] values) {
        double[] result = new double[values.length];
        Arrays.setAll(result, i -> values[i]);
        return result;
    }

    @ParameterizedTest
    @ValueSource(ints = {6, 7})
    void sinusoidalPositions_anyPositions_followTheFormula(int width) {
        var b = new GraphBuilder();
        b.output("places", b.sinusoidalPositions(width, b.positionIds()));
        b.output("x", b.embedding(b.parameter("ids", 8, 2), b.inputIds()));
        int[] positions = {0, 1, 2, 17, 511, 3};
        try (CompiledModel model = engine.compile(b.build(), new RandomWeights(SEED), Precision.FLOAT32)) {
            float[] places = floats(
                    model.run(Map.of("input_ids", row(new int[6]), "position_ids", row(positions)), List.of("places")),
                    "places");
            for (int i = 0; i < 6; i++) {
                for (int j = 0; j < width; j++) {
                    double angle = positions[i] / Math.pow(10_000, (double) (j - j % 2) / width);
                    double expected = j % 2 == 0 ? Math.sin(angle) : Math.cos(angle);
                    int at = j % 2 == 0 ? j / 2 : (width + 1) / 2 + j / 2;
                    assertThat((double) places[i * width + at])
                            .as("position %d, element %d", positions[i], at)
                            .isCloseTo(expected, within(1e-6));
                }
            }
        }
    }

    /** Rows filled up with 0. */
    private static Tensor padded(int[][] rows, int length) {
        var ids = new long[rows.length * length];
        for (int row = 0; row < rows.length; row++) {
            for (int i = 0; i < rows[row].length; i++) {
                ids[row * length + i] = rows[row][i];
            }
        }
        return new Tensor.Longs(ids, rows.length, length);
    }

    /** 1 for the tokens of {@link #padded}. */
    private static Tensor ones(int[][] rows, int length) {
        var mask = new long[rows.length * length];
        for (int row = 0; row < rows.length; row++) {
            Arrays.fill(mask, row * length, row * length + rows[row].length, 1);
        }
        return new Tensor.Longs(mask, rows.length, length);
    }

    // ---- encoders and their heads

    private static final int ROWS = 3;
    private static final int LENGTH = 7;
    private static final int WIDTH = 8;

    /** A token mask with padding at the end, at the front and in the middle. */
    private static Tensor.Longs holes() {
        return new Tensor.Longs(
                new long[] {1, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 0, 1}, ROWS, LENGTH);
    }

    private static Map<String, Tensor> headInputs(int seed) {
        long[] ids = new Random(seed).longs((long) ROWS * LENGTH, 0, 20).toArray();
        return new HashMap<>(Map.of("input_ids", new Tensor.Longs(ids, ROWS, LENGTH), "attention_mask", holes()));
    }

    /** Vectors of tokens, [B, T, H]. */
    private static Node hidden(GraphBuilder b) {
        Node x = b.embedding(b.parameter("table", 20, WIDTH), b.inputIds());
        Node h = b.activate(Activation.TANH, b.linear("inner", x, WIDTH, true));
        b.output("last_hidden_state", h);
        return h;
    }

    private static Graph pooling() {
        var b = new GraphBuilder();
        hidden(b);
        return Rewrites.pooled(b.build());
    }

    @Test
    void run_pooled_takesTheTokensTheMaskSays() {
        List<String> outputs = List.of(
                "last_hidden_state",
                "mean_pooled",
                "first_pooled",
                "last_pooled",
                "mean_pooled_l2",
                "first_pooled_l2",
                "last_pooled_l2");
        try (CompiledModel model = engine.compile(pooling(), new RandomWeights(SEED), Precision.FLOAT32)) {
            Map<String, Tensor> run = model.run(headInputs(90), outputs);
            float[] all = floats(run, "last_hidden_state");
            for (int row = 0; row < ROWS; row++) {
                List<float[]> tokens = new ArrayList<>();
                for (int i = row * LENGTH; i < (row + 1) * LENGTH; i++) {
                    if (holes().data()[i] == 1) {
                        tokens.add(Arrays.copyOfRange(all, i * WIDTH, (i + 1) * WIDTH));
                    }
                }
                var mean = new float[WIDTH];
                for (int j = 0; j < WIDTH; j++) {
                    int column = j;
                    mean[j] = (float) tokens.stream()
                            .mapToDouble(t -> t[column])
                            .average()
                            .orElseThrow();
                }
                assertPooled(run, "mean_pooled", row, mean);
                assertPooled(run, "first_pooled", row, tokens.getFirst());
                assertPooled(run, "last_pooled", row, tokens.getLast());
            }
        }
    }

    private void assertPooled(Map<String, Tensor> run, String name, int row, float[] expected) {
        assertClose(Arrays.copyOfRange(floats(run, name), row * WIDTH, (row + 1) * WIDTH), expected);
        double length = 0;
        for (float v : expected) {
            length += (double) v * v;
        }
        var scaled = new float[WIDTH];
        for (int j = 0; j < WIDTH; j++) {
            scaled[j] = (float) (expected[j] / Math.sqrt(length));
        }
        assertClose(Arrays.copyOfRange(floats(run, name + "_l2"), row * WIDTH, (row + 1) * WIDTH), scaled);
    }

    /** Attention of an encoder; its result is the hidden state. */
    private static Graph attending(int window, Op.@Nullable DisentangledBias bias) {
        var b = new GraphBuilder();
        Node x = b.embedding(b.parameter("table", 20, WIDTH), b.inputIds());
        Node q = b.splitHeads(b.linear("q", x, WIDTH, true), 2);
        Node k = b.splitHeads(b.linear("k", x, WIDTH, true), 2);
        Node v = b.splitHeads(b.linear("v", x, WIDTH, true), 2);
        Node scores = null;
        if (bias != null) {
            var operands = new ArrayList<>(List.of(q, k, b.positionIds(), b.positionIds()));
            Node distances = b.parameter("distances", 2L * bias.span(), WIDTH);
            if (bias.contentToPosition()) {
                operands.add(b.linear("to_position", distances, WIDTH, true));
            }
            if (bias.positionToContent()) {
                operands.add(b.linear("to_content", distances, WIDTH, true));
            }
            scores = b.apply(bias, operands);
            b.output("bias", scores);
        }
        b.output("q", q);
        b.output("k", k);
        b.output("v", v);
        Node a = b.attention("attention", q, k, v, b.bidirectionalMask(window), scores, 0.4, 0);
        Node h = b.mergeHeads(a);
        b.output("last_hidden_state", h);
        Node pooled = b.pool(Op.Pool.Kind.MEAN, h, b.attentionMask());
        Node logits = b.linear("classifier", pooled, 3, true);
        b.output("logits", logits);
        b.output("loss", b.tokenLoss(logits, b.rowLabels()));
        return b.build();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3})
    void run_windowToBothSides_seesNoFurther(int window) {
        Graph graph = Rewrites.captureAttention(attending(window, null), name -> true);
        try (CompiledModel model = engine.compile(graph, new RandomWeights(SEED), Precision.FLOAT32)) {
            float[] weights = floats(model.run(headInputs(91), List.of("attention:attention")), "attention:attention");
            for (int i = 0; i < weights.length; i++) {
                int key = i % LENGTH;
                int query = i / LENGTH % LENGTH;
                int row = i / (2 * LENGTH * LENGTH);
                boolean near = window == 0 || Math.abs(key - query) < window;
                if (holes().data()[row * LENGTH + query] == 1) {
                    assertThat(weights[i] > 0)
                            .as("row %d: query %d sees key %d", row, query, key)
                            .isEqualTo(near && holes().data()[row * LENGTH + key] == 1);
                }
            }
        }
    }

    static Stream<Op.DisentangledBias> disentangledBiases() {
        return Stream.of(
                new Op.DisentangledBias(2, 4, 0, 4, true, true, 0.4),
                new Op.DisentangledBias(2, 4, 4, 9, true, true, 0.4),
                new Op.DisentangledBias(2, 6, 6, 16, true, false, 0.3),
                new Op.DisentangledBias(2, 9, 0, 9, false, true, 1));
    }

    /** By the formulas of He et al. 2021, section 3.1, and the logarithmic buckets of version 2, without a table. */
    @ParameterizedTest
    @MethodSource("disentangledBiases")
    void run_disentangledBias_equalsTheFormula(Op.DisentangledBias op) {
        var weights = new RandomWeights(SEED);
        Map<String, Tensor> inputs = headInputs(92);
        long[] positions = {0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 0, 1, 2, 3, 9, 4, 11, 5, 14, 6};
        inputs.put("position_ids", new Tensor.Longs(positions, ROWS, LENGTH));
        try (CompiledModel model = engine.compile(attending(0, op), weights, Precision.FLOAT32)) {
            Map<String, Tensor> run = model.run(inputs, List.of("q", "k", "bias"));
            float[] bias = floats(run, "bias");
            int d = WIDTH / 2;
            for (int i = 0; i < bias.length; i++) {
                int key = i % LENGTH;
                int query = i / LENGTH % LENGTH;
                int head = i / (LENGTH * LENGTH) % 2;
                int row = i / (2 * LENGTH * LENGTH);
                long distance = positions[row * LENGTH + query] - positions[row * LENGTH + key];
                int place = (int) Math.max(0, Math.min(2L * op.span() - 1, op.span() + bucket(op, distance)));
                double expected = 0;
                for (int j = 0; j < d; j++) {
                    int channel = head * d + j;
                    if (op.contentToPosition()) {
                        expected += floats(run, "q")[((row * 2 + head) * LENGTH + query) * d + j]
                                * projected(model.graph(), weights, "to_position", place, channel);
                    }
                    if (op.positionToContent()) {
                        expected += floats(run, "k")[((row * 2 + head) * LENGTH + key) * d + j]
                                * projected(model.graph(), weights, "to_content", place, channel);
                    }
                }
                assertThat((double) bias[i])
                        .as("row %d, head %d, query %d, key %d", row, head, query, key)
                        .isCloseTo(op.scale() * expected, within(tolerance()));
            }
        }
    }

    /** Distances up to half the buckets are their own; the others share buckets that grow with them. */
    private static long bucket(Op.DisentangledBias op, long distance) {
        long near = op.buckets() / 2;
        if (op.buckets() == 0 || Math.abs(distance) <= near) {
            return distance;
        }
        double share = Math.log(Math.abs(distance) / (double) near) / Math.log((op.maxDistance() - 1) / (double) near);
        return Long.signum(distance) * (near + (long) Math.ceil(share * (near - 1)));
    }

    private static double projected(Graph graph, RandomWeights weights, String name, int row, int channel) {
        float[] distances = weights.values(parameter(graph, "distances"));
        float[] matrix = weights.values(parameter(graph, name + ".weight"));
        double sum = weights.values(parameter(graph, name + ".bias"))[channel];
        for (int j = 0; j < WIDTH; j++) {
            sum += (double) distances[row * WIDTH + j] * matrix[channel * WIDTH + j];
        }
        return sum;
    }

    /** What heads end in. */
    enum Ending {
        ONE_CLASS,
        SEVERAL_CLASSES,
        NUMBERS,
        SPAN;

        Graph graph() {
            var b = new GraphBuilder();
            Node h = hidden(b);
            Node first = b.pool(Op.Pool.Kind.FIRST, h, b.attentionMask());
            Node logits = b.linear("classifier", this == SPAN ? h : first, this == SPAN ? 2 : 4, true);
            b.output("logits", logits);
            b.output(
                    "loss",
                    switch (this) {
                        case ONE_CLASS -> b.tokenLoss(logits, b.rowLabels());
                        case SEVERAL_CLASSES -> b.binaryLoss(logits);
                        case NUMBERS -> b.squaredLoss(logits);
                        case SPAN -> b.spanLoss(logits);
                    });
            return b.build();
        }

        /** Labels of which one is not scored where that can be. */
        Map<String, Tensor> inputs() {
            Map<String, Tensor> inputs = headInputs(93);
            switch (this) {
                case ONE_CLASS -> inputs.put("labels", new Tensor.Longs(new long[] {2, -100, 0}, ROWS));
                case SEVERAL_CLASSES ->
                    inputs.put(
                            "labels", new Tensor.Floats(new float[] {1, 0, 0, 1, 0, 0, 0, 0, 1, 0.5f, 1, 0}, ROWS, 4));
                case NUMBERS ->
                    inputs.put(
                            "labels", new Tensor.Floats(new float[] {1, 0, -2, 1, 0, 3, 0, 0, 1, 0.5f, 1, 7}, ROWS, 4));
                case SPAN -> {
                    inputs.put("start_positions", new Tensor.Longs(new long[] {1, LENGTH, 6}, ROWS));
                    inputs.put("end_positions", new Tensor.Longs(new long[] {3, LENGTH, 6}, ROWS));
                }
            }
            return inputs;
        }

        /** The mean by the formula. */
        double loss(float[] x) {
            return switch (this) {
                case ONE_CLASS -> -(log(x, 0, 1, 4, 2) + log(x, 8, 1, 4, 0)) / 2;
                case SPAN ->
                    -(log(x, 0, 2, LENGTH, 1)
                                    + log(x, 1, 2, LENGTH, 3)
                                    + log(x, 2 * 2 * LENGTH, 2, LENGTH, 6)
                                    + log(x, 2 * 2 * LENGTH + 1, 2, LENGTH, 6))
                            / 4;
                case NUMBERS -> mean(x, (v, y) -> (v - y) * (v - y));
                case SEVERAL_CLASSES ->
                    mean(
                            x,
                            (v, y) ->
                                    -y * Math.log(1 / (1 + Math.exp(-v))) - (1 - y) * Math.log(1 / (1 + Math.exp(v))));
            };
        }

        private double mean(float[] x, DoubleBinaryOperator ofElement) {
            float[] labels = floats(inputs(), "labels");
            double sum = 0;
            for (int i = 0; i < x.length; i++) {
                sum += ofElement.applyAsDouble(x[i], labels[i]);
            }
            return sum / x.length;
        }

        /** The natural logarithm of a softmax over elements that lie apart. */
        private static double log(float[] x, int start, int step, int count, int chosen) {
            double sum = 0;
            for (int i = 0; i < count; i++) {
                sum += Math.exp(x[start + i * step]);
            }
            return x[start + chosen * step] - Math.log(sum);
        }
    }

    @ParameterizedTest
    @EnumSource
    void run_lossOfAHead_equalsTheFormula(Ending ending) {
        try (CompiledModel model = engine.compile(ending.graph(), new RandomWeights(SEED), Precision.FLOAT32)) {
            Map<String, Tensor> run = model.run(ending.inputs(), List.of("logits", "loss"));
            assertThat((double) floats(run, "loss")[0])
                    .isCloseTo(ending.loss(floats(run, "logits")), within(tolerance()));
        }
    }

    static Stream<Named<Graph>> headGraphs() {
        return Stream.concat(
                Arrays.stream(Ending.values()).map(ending -> Named.of(ending.name(), ending.graph())),
                Stream.concat(
                        Stream.of(Named.of("window", attending(2, null))),
                        disentangledBiases().map(op -> Named.of(op.toString(), attending(0, op)))));
    }

    @ParameterizedTest
    @MethodSource("headGraphs")
    void gradients_ofAHead_equalFiniteDifferences(Graph graph) {
        if (!engine.trains()) {
            return;
        }
        Map<String, Tensor> inputs = Arrays.stream(Ending.values())
                .filter(ending -> ending.graph()
                        .output("loss")
                        .op()
                        .equals(graph.output("loss").op()))
                .findFirst()
                .orElseThrow()
                .inputs();
        if (graph.output("logits").type().dimension(-1) == 3) {
            inputs.put("labels", new Tensor.Longs(new long[] {2, 1, 0}, ROWS));
        }
        Map<String, Tensor> gradients;
        try (CompiledModel model = engine.compile(graph, new RandomWeights(SEED), Precision.FLOAT32);
                Trainer trainer = model.openTrainer(request(names(graph)))) {
            gradients = trainer.gradients(inputs);
        }
        for (Op.Parameter parameter : graph.parameters()) {
            float[] gradient = floats(gradients, parameter.name());
            double length = 0;
            for (float g : gradient) {
                length += (double) g * g;
            }
            length = Math.sqrt(length);
            if (length > 1e-4) { // what is the same for all keys has none
                double step = 0.02;
                double slope = (lossAfterMove(graph, parameter, gradient, step / length, inputs)
                                - lossAfterMove(graph, parameter, gradient, -step / length, inputs))
                        / (2 * step);
                assertThat(slope)
                        .as("slope along the gradient of %s", parameter.name())
                        .isCloseTo(length, within(1e-4 + 0.02 * length));
            } else {
                boolean spans = graph.output("loss").op() instanceof Op.SpanLoss; // between tokens alone
                assertThat(parameter.name())
                        .isIn(List.of("k.bias", "to_position.bias", spans ? "classifier.bias" : "k.bias"));
            }
        }
    }

    @Test
    void gradients_rowOfPadding_getsNoneFromTheEmbedding() {
        if (!engine.trains()) {
            return;
        }
        var b = new GraphBuilder();
        Node table = b.parameter("table", 20, WIDTH);
        Node h = b.linear("inner", b.tokenEmbedding(table, b.inputIds(), 3), WIDTH, true);
        b.output("last_hidden_state", h);
        b.output("logits", b.linear("head", h, 20, true));
        b.output("loss", b.tokenLoss(b.linear("head", h, 20, true), b.labels()));
        Map<String, Tensor> inputs = Map.of("input_ids", row(3, 5, 3, 7), "labels", row(1, 2, 3, 4));
        try (CompiledModel model = engine.compile(b.build(), new RandomWeights(SEED), Precision.FLOAT32);
                Trainer trainer = model.openTrainer(request(Set.of("table")))) {
            float[] gradient = floats(trainer.gradients(inputs), "table");
            for (int id = 0; id < 20; id++) {
                float[] ofId = Arrays.copyOfRange(gradient, id * WIDTH, (id + 1) * WIDTH);
                assertThat(Arrays.equals(ofId, new float[WIDTH]))
                        .as("row %d gets no gradient", id)
                        .isEqualTo(id != 5 && id != 7);
            }
        }
    }

    // ---- help

    private static CompiledModel compile(Engine engine, Architecture architecture) {
        return engine.compile(architecture.graph(), new RandomWeights(SEED), Precision.FLOAT32);
    }

    private static Trainer.Request request(Set<String> parameters) {
        return new Trainer.Request(parameters, Optimizer.AdamW.defaults());
    }

    private static Set<String> names(Graph graph) {
        return graph.parameters().stream().map(Op.Parameter::name).collect(Collectors.toSet());
    }

    private static int[] tokens(Architecture architecture, int seed, int count) {
        return new Random(seed).ints(count, 0, architecture.vocabularySize()).toArray();
    }

    /**
     * Random ids as inputs and labels; the last label of each row but the first is not scored. The encoder of an encoder-decoder reads
     * longer rows, the second with padding.
     */
    private static Map<String, Tensor> batch(Architecture architecture, int seed, int rows, int length) {
        long[] ids = Arrays.stream(tokens(architecture, seed, rows * length))
                .asLongStream()
                .toArray();
        long[] labels = ids.clone();
        for (int row = 1; row < rows; row++) {
            labels[row * length + length - 1] = -100;
        }
        var scored = new Tensor.Longs(labels, rows, length);
        if (architecture.kind().equals(Seq2SeqModel.class)) {
            int longer = length + 3;
            long[] mask = LongStream.range(0, (long) rows * longer)
                    .map(i -> i / longer == 1 && i % longer > length ? 0 : 1)
                    .toArray();
            return Map.of(
                    "input_ids",
                    new Tensor.Longs(
                            Arrays.stream(tokens(architecture, seed + 1000, rows * longer))
                                    .asLongStream()
                                    .toArray(),
                            rows,
                            longer),
                    "attention_mask",
                    new Tensor.Longs(mask, rows, longer),
                    "decoder_input_ids",
                    GraphInputs.shiftRight(scored, 0, 1),
                    "labels",
                    scored);
        }
        return Map.of(
                "input_ids", new Tensor.Longs(ids, rows, length), "labels", new Tensor.Longs(labels, rows, length));
    }

    private static Map<String, Tensor> rows(Map<String, Tensor> batch, int from, int to) {
        return batch.entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey, entry -> {
            Tensor.Longs all = (Tensor.Longs) entry.getValue();
            int length = (int) all.shape()[1];
            return new Tensor.Longs(Arrays.copyOfRange(all.data(), from * length, to * length), to - from, length);
        }));
    }

    private static Tensor row(int... values) {
        return new Tensor.Longs(Arrays.stream(values).asLongStream().toArray(), 1, values.length);
    }

    private static float[] floats(Map<String, Tensor> outputs, String name) {
        if (outputs.get(name) instanceof Tensor.Floats floats) {
            return floats.data();
        }
        throw new AssertionError("no floats named '" + name + "' among " + outputs.keySet());
    }

    private static float[] read(CompiledModel model, Op.Parameter parameter) {
        StoredTensor tensor = model.weights().tensor(parameter);
        float[] data = new float[Math.toIntExact(tensor.elements())];
        tensor.toFloat32(0, FloatBuffer.wrap(data));
        return data;
    }

    /** Logits [T, V] of a row. */
    private static float[] logits(CompiledModel model, int[] tokens) {
        return floats(model.run(Map.of("input_ids", row(tokens)), List.of("logits")), "logits");
    }

    /** Logits [V] after the last token, by a session that takes one token at a time. */
    private static float[] appended(CompiledModel model, int[] tokens) {
        try (Session session = model.openSession(1, tokens.length)) {
            float[] logits = {};
            for (int token : tokens) {
                logits = session.append(new int[][] {{token}})[0];
            }
            return logits;
        }
    }

    private static float[] at(float[] logits, int token, Architecture architecture) {
        int v = architecture.vocabularySize();
        return Arrays.copyOfRange(logits, token * v, (token + 1) * v);
    }

    private static float[] last(CompiledModel model, int[] tokens, Architecture architecture) {
        return at(logits(model, tokens), tokens.length - 1, architecture);
    }

    /** The log-probability of each token by the logits [T, V] of the one before; NaN for the first. */
    private static double[] logProbabilities(float[] logits, int[] tokens) {
        int v = logits.length / tokens.length;
        double[] result = new double[tokens.length];
        result[0] = Double.NaN;
        for (int t = 1; t < tokens.length; t++) {
            double sum = 0;
            for (int i = 0; i < v; i++) {
                sum += Math.exp(logits[(t - 1) * v + i]);
            }
            result[t] = logits[(t - 1) * v + tokens[t]] - Math.log(sum);
        }
        return result;
    }

    /** Of the logits of one token. */
    private static double[] logSoftmax(float[] logits) {
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit);
        }
        double log = Math.log(sum);
        return IntStream.range(0, logits.length)
                .mapToDouble(i -> logits[i] - log)
                .toArray();
    }

    private void assertClose(float[] actual, float[] expected) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < expected.length; i++) {
            assertThat(actual[i]).as("element %d", i).isCloseTo(expected[i], within((float) tolerance()));
        }
    }

    private static int[] concat(int[] first, int... second) {
        int[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    private static Collection<String> concat(List<String> names, String name) {
        var all = new ArrayList<>(names);
        all.add(name);
        return all;
    }
}
