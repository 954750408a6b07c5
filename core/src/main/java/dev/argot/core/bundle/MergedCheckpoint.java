package dev.argot.core.bundle;

import dev.argot.api.FileFormatException;
import dev.argot.spi.Adapter;
import dev.argot.spi.Architecture;
import dev.argot.spi.Checkpoint;
import dev.argot.spi.Config;
import dev.argot.spi.LoraLayer;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.TokenizerData;
import dev.argot.spi.WeightBinding;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.Op;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A base checkpoint with an adapter merged into its weights, which are computed when they are read: to everyone else a checkpoint like
 * any other. Closing it closes both. Thread-safe.
 */
public final class MergedCheckpoint extends ForwardingCheckpoint {
    private final Adapter adapter;
    private final TokenizerData tokenizer;
    private final Map<String, StoredTensor> tensors;
    private final Config config;

    /**
     * Merges an adapter. Both are the new checkpoint's from now on; when this fails they stay the caller's.
     *
     * @param base the base checkpoint
     * @param architecture the architecture of the model with the adapter, as {@link Adapter#modelConfig()} or else the base describes it
     * @param adapter the adapter
     * @param tokenizer what the tokenizer is made from
     * @throws FileFormatException if the adapter does not fit the base; the message names the tensor
     */
    public MergedCheckpoint(Checkpoint base, Architecture architecture, Adapter adapter, TokenizerData tokenizer) {
        super(base);
        this.adapter = adapter;
        this.tokenizer = tokenizer;
        this.config = adapter.modelConfig().orElse(base.config());
        this.tensors = Collections.unmodifiableMap(new Merge(base, architecture, adapter).tensors());
    }

    @Override
    public String format() {
        return adapter.format();
    }

    @Override
    public Path location() {
        return adapter.location();
    }

    @Override
    public Map<String, StoredTensor> tensors() {
        return tensors;
    }

    @Override
    public Config config() {
        return config;
    }

    @Override
    public TokenizerData tokenizer() {
        return tokenizer;
    }

    @Override
    public void close() {
        try {
            adapter.close();
        } finally {
            super.close();
        }
    }

    /** Finds the matrix of each layer. */
    private static final class Merge {
        private final Checkpoint base;
        private final Architecture architecture;
        private final Adapter adapter;
        private final Map<String, Node> linears = new HashMap<>();
        private final Map<String, Set<String>> uses = new HashMap<>();
        private final Map<String, List<Long>> shapes = new HashMap<>();
        private final Map<String, StoredTensor> result;

        Merge(Checkpoint base, Architecture architecture, Adapter adapter) {
            this.base = base;
            this.architecture = architecture;
            this.adapter = adapter;
            this.result = new LinkedHashMap<>(base.tensors());
            for (Node node : architecture.graph().nodes()) {
                if (node.op() instanceof Op.Linear linear) {
                    linears.put(linear.name(), node);
                }
                for (Node input : node.inputs()) {
                    if (input.op() instanceof Op.Parameter parameter) {
                        uses.computeIfAbsent(parameter.name(), n -> new HashSet<>()).add(MergedWeights.user(node));
                        shapes.put(parameter.name(), parameter.shape());
                    }
                }
            }
        }

        Map<String, StoredTensor> tensors() {
            Set<String> modules = new HashSet<>();
            for (LoraLayer layer : adapter.layers()) {
                modules.add(layer.module());
                merge(layer);
            }
            for (String module : linears.keySet()) {
                if (!modules.contains(module) && adapter.targets(module) && !isHead(module)) {
                    throw error(
                            new LoraLayer(module, 1, 1, false).a(),
                            "expected this tensor, since the configuration chooses the module '" + module
                                    + "', but it is missing");
                }
            }
            adapter.replacements().forEach(this::replace);
            return result;
        }

        /** "All linear layers" leaves out the output head, which is outside the blocks. */
        private boolean isHead(String module) {
            return Optional.ofNullable(linears.get(module))
                    .map(node -> node.block().isEmpty())
                    .orElse(false);
        }

        private void merge(LoraLayer layer) {
            String parameter = parameter(layer.module());
            if (uses.getOrDefault(parameter, Set.of()).size() > 1) {
                throw error(
                        layer.a(),
                        "the module '" + layer.module() + "' shares its matrix '" + parameter
                                + "' with another, so the adapter cannot be merged into it");
            }
            StoredTensor weight = find(parameter)
                    .orElseThrow(() -> error(
                            layer.a(),
                            "the base model " + base.location() + " has no linear layer '" + layer.module() + "'"));
            StoredTensor a = tensor(layer.a());
            StoredTensor b = tensor(layer.b());
            boolean inOut = Optional.ofNullable(linears.get(layer.module()))
                    .map(node -> ((Op.Linear) node.op()).inOut())
                    .orElse(adapter.inOut());
            long in = a.shape().getLast();
            long out = b.shape().getFirst();
            List<Long> expected = inOut ? List.of(in, out) : List.of(out, in);
            if (!weight.shape().equals(expected)) {
                throw error(
                        layer.a(),
                        "a layer with " + in + " inputs and " + out + " outputs; expected those of '" + weight.name()
                                + "' in " + base.location() + ", which has shape " + weight.shape());
            }
            result.put(
                    weight.name(),
                    new MergedTensor(weight, inOut, layer, a, b, layer.dora() ? tensor(layer.magnitude()) : null));
        }

        private String parameter(String module) {
            Node linear = linears.get(module);
            return linear != null && linear.inputs().get(1).op() instanceof Op.Parameter parameter
                    ? parameter.name()
                    : module + ".weight";
        }

        private Optional<StoredTensor> find(String parameter) {
            return WeightBinding.find(parameter, architecture.prefix(), base.tensors());
        }

        private StoredTensor tensor(String name) {
            StoredTensor tensor = adapter.tensors().get(name);
            if (tensor == null) {
                throw error(name, "expected this tensor, but it is missing");
            }
            return tensor;
        }

        private void replace(String name, StoredTensor tensor) {
            Optional<StoredTensor> old = find(name);
            List<Long> shape = old.map(StoredTensor::shape).orElse(shapes.get(name));
            if (shape == null) {
                throw error(
                        name,
                        "the base model " + base.location()
                                + " has no such tensor; if it belongs to another head than the base's, the adapter's folder"
                                + " needs the config.json of the model with that head");
            }
            if (uses.getOrDefault(name, Set.of()).size() > 1) {
                throw error(
                        name, "is shared by two modules of the base model, so it cannot be replaced in one of them");
            }
            if (!shape.equals(tensor.shape())) {
                throw error(name, "expected shape " + shape + ", found " + tensor.shape());
            }
            String stored = old.map(StoredTensor::name).orElse(name);
            result.put(stored, new RenamedTensor(tensor, stored));
        }

        private FileFormatException error(String tensor, String problem) {
            return new FileFormatException(adapter.location(), "tensor '" + tensor + "': " + problem);
        }
    }
}
