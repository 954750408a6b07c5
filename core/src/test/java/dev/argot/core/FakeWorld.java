package dev.argot.core;

import dev.argot.api.CausalModel;
import dev.argot.api.Device;
import dev.argot.api.Domain;
import dev.argot.api.Model;
import dev.argot.api.Precision;
import dev.argot.api.Tokenizer;
import dev.argot.core.decoding.PieceTokenizer;
import dev.argot.core.decoding.TinyModel;
import dev.argot.spi.AdapterFormatProvider;
import dev.argot.spi.Architecture;
import dev.argot.spi.ArchitectureProvider;
import dev.argot.spi.Checkpoint;
import dev.argot.spi.CheckpointFormatProvider;
import dev.argot.spi.CompiledModel;
import dev.argot.spi.Config;
import dev.argot.spi.CorpusReaderProvider;
import dev.argot.spi.CurationStepProvider;
import dev.argot.spi.DomainProvider;
import dev.argot.spi.ElementType;
import dev.argot.spi.Engine;
import dev.argot.spi.EngineProvider;
import dev.argot.spi.ModelSourceProvider;
import dev.argot.spi.ObjectiveProvider;
import dev.argot.spi.SearchIndexProvider;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.TextAnalysisProvider;
import dev.argot.spi.TokenizerData;
import dev.argot.spi.TokenizerProvider;
import dev.argot.spi.WeightSource;
import dev.argot.spi.graph.Graph;
import dev.argot.spi.graph.GraphBuilder;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Plug-ins for one model named "letters", which says the alphabet as far as d; remembers what is open. */
final class FakeWorld {
    private final List<String> open = new ArrayList<>();
    private final List<String> closed = new ArrayList<>();
    private final List<CheckpointFormatProvider.SaveRequest> saves = new ArrayList<>();
    private Map<String, Object> config = Map.of("model_type", "table");
    private Optional<Map<String, Object>> generationConfig = Optional.empty();
    private Optional<RuntimeException> compileFailure = Optional.empty();

    List<String> open() {
        return open;
    }

    List<String> closed() {
        return closed;
    }

    CheckpointFormatProvider.SaveRequest saved() {
        return saves.get(0);
    }

    void config(Map<String, Object> values) {
        config = values;
    }

    void generationConfig(Map<String, Object> values) {
        generationConfig = Optional.of(values);
    }

    void failCompiling(RuntimeException failure) {
        compileFailure = Optional.of(failure);
    }

    Providers providers() {
        return new Providers(
                ProviderRegistry.of(
                        ModelSourceProvider.class, "source", ModelSourceProvider::name, List.of(new Source())),
                ProviderRegistry.of(
                        CheckpointFormatProvider.class,
                        "format",
                        CheckpointFormatProvider::name,
                        List.of(new Format())),
                ProviderRegistry.of(
                        AdapterFormatProvider.class, "adapter format", AdapterFormatProvider::name, List.of()),
                ProviderRegistry.of(
                        ArchitectureProvider.class,
                        "architecture",
                        ArchitectureProvider::name,
                        List.of(new Architectures())),
                ProviderRegistry.of(
                        TokenizerProvider.class, "tokenizer", TokenizerProvider::name, List.of(new Tokenizers())),
                ProviderRegistry.of(
                        EngineProvider.class,
                        "engine",
                        EngineProvider::name,
                        List.of(new TableEngineProvider(), new AbsentEngineProvider())),
                ProviderRegistry.of(TextAnalysisProvider.class, "text analysis", TextAnalysisProvider::name, List.of()),
                ProviderRegistry.of(SearchIndexProvider.class, "search", SearchIndexProvider::name, List.of()),
                ProviderRegistry.of(
                        DomainProvider.class, "domain", DomainProvider::name, List.of(new Sailing(), new Baking())),
                ProviderRegistry.of(CorpusReaderProvider.class, "corpus reader", CorpusReaderProvider::name, List.of()),
                ProviderRegistry.of(CurationStepProvider.class, "curation step", CurationStepProvider::name, List.of()),
                ProviderRegistry.of(ObjectiveProvider.class, "objective", ObjectiveProvider::name, List.of()));
    }

    private void opened(String what) {
        open.add(what);
    }

    private void closed(String what) {
        if (open.remove(what)) {
            closed.add(what);
        }
    }

    private static final class Source implements ModelSourceProvider {
        @Override
        public String name() {
            return "fake";
        }

        @Override
        public int order() {
            return 1;
        }

        @Override
        public Optional<Path> resolve(ModelSourceProvider.Request request) {
            return request.name().equals("letters") ? Optional.of(Path.of("letters")) : Optional.empty();
        }
    }

    private final class Format implements CheckpointFormatProvider {
        @Override
        public String name() {
            return "huggingface";
        }

        @Override
        public boolean recognises(Path path) {
            return true;
        }

        @Override
        public Checkpoint open(Path path) {
            opened("checkpoint");
            return new FakeCheckpoint(path);
        }

        @Override
        public boolean writes() {
            return true;
        }

        @Override
        public void save(SaveRequest request) {
            saves.add(request);
        }
    }

    private final class FakeCheckpoint implements Checkpoint {
        private final Path path;

        FakeCheckpoint(Path path) {
            this.path = path;
        }

        @Override
        public String format() {
            return "huggingface";
        }

        @Override
        public Path location() {
            return path;
        }

        @Override
        public Config config() {
            return new Config(path.resolve("config.json"), new LinkedHashMap<>(config));
        }

        @Override
        public Optional<Config> generationConfig() {
            return generationConfig.map(
                    values -> new Config(path.resolve("generation_config.json"), new LinkedHashMap<>(values)));
        }

        @Override
        public Map<String, StoredTensor> tensors() {
            return Map.of("table.weight", new FakeTensor());
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
            closed("checkpoint");
        }
    }

    private static final class FakeTensor implements StoredTensor {
        @Override
        public String name() {
            return "table.weight";
        }

        @Override
        public ElementType type() {
            return ElementType.FLOAT32;
        }

        @Override
        public List<Long> shape() {
            return List.of(5L, 4L);
        }

        @Override
        public Optional<ByteBuffer> mapped() {
            return Optional.empty();
        }

        @Override
        public void toFloat32(long from, FloatBuffer target) {
            throw new UnsupportedOperationException();
        }
    }

    private static final class Architectures implements ArchitectureProvider {
        @Override
        public String name() {
            return "fake";
        }

        @Override
        public Set<String> modelTypes() {
            return Set.of("table");
        }

        @Override
        public Architecture describe(Config config) {
            var builder = new GraphBuilder();
            builder.output("logits", builder.embedding(builder.parameter("table.weight", 5, 4), builder.inputIds()));
            return new Architecture("table", CausalModel.class, builder.build(), "", 1, 4, 5, 64);
        }

        @Override
        public Config withHead(Config config, Class<? extends Model> kind, List<String> labels) {
            throw new UnsupportedOperationException();
        }
    }

    private static final class Tokenizers implements TokenizerProvider {
        @Override
        public String name() {
            return "letters";
        }

        @Override
        public boolean accepts(TokenizerData data) {
            return true;
        }

        @Override
        public Tokenizer open(TokenizerData data) {
            return PieceTokenizer.letters(5);
        }

        @Override
        public Map<String, byte[]> files(TokenizerData data) {
            return Map.of("tokenizer.json", new byte[0]);
        }
    }

    private final class TableEngineProvider implements EngineProvider {
        @Override
        public String name() {
            return "table";
        }

        @Override
        public int priority() {
            return 1;
        }

        @Override
        public Availability availability() {
            return new Availability.Available("always");
        }

        @Override
        public Engine open(EngineProvider.Request request) {
            opened("engine");
            return new TableEngine();
        }
    }

    private static final class AbsentEngineProvider implements EngineProvider {
        @Override
        public String name() {
            return "absent";
        }

        @Override
        public int priority() {
            return 100;
        }

        @Override
        public Availability availability() {
            return new Availability.Unavailable("no such hardware");
        }

        @Override
        public Engine open(EngineProvider.Request request) {
            throw new UnsupportedOperationException();
        }
    }

    private final class TableEngine implements Engine {
        @Override
        public String name() {
            return "table";
        }

        @Override
        public Device device() {
            return Device.CPU;
        }

        @Override
        public Set<Precision> precisions() {
            return Set.of(Precision.FLOAT32, Precision.INT8);
        }

        @Override
        public boolean trains() {
            return false;
        }

        @Override
        public CompiledModel compile(Graph graph, WeightSource weights, Precision precision) {
            compileFailure.ifPresent(failure -> {
                throw failure;
            });
            opened("model");
            return new TableModel(graph, weights);
        }

        @Override
        public void close() {
            closed("engine");
        }
    }

    private final class TableModel extends TinyModel {
        private final Graph graph;
        private final WeightSource weights;

        TableModel(Graph graph, WeightSource weights) {
            super(chainTable(5, 0, 2, 3, 4, 0));
            this.graph = graph;
            this.weights = weights;
        }

        @Override
        public Graph graph() {
            return graph;
        }

        @Override
        public WeightSource weights() {
            return weights;
        }

        @Override
        public void close() {
            closed("model");
        }
    }

    private static final class Sailing implements DomainProvider {
        @Override
        public String name() {
            return "sailing";
        }

        @Override
        public Domain open() {
            return Domain.builder("sailing", "Sailing").build();
        }
    }

    private static final class Baking implements DomainProvider {
        @Override
        public String name() {
            return "baking";
        }

        @Override
        public Domain open() {
            return Domain.builder("baking", "Baking").build();
        }
    }
}
