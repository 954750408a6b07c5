package dev.argot.engine.gpu;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import dev.argot.api.EngineException;
import dev.argot.api.Precision;
import dev.argot.spi.CompiledModel;
import dev.argot.spi.GraphInputs;
import dev.argot.spi.Session;
import dev.argot.spi.Tensor;
import dev.argot.spi.Trainer;
import dev.argot.spi.WeightSource;
import dev.argot.spi.graph.Graph;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.Op;
import dev.argot.spi.graph.Rewrites;
import dev.argot.spi.graph.Type;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A graph and its weights on PyTorch. */
final class TorchModel implements CompiledModel {
    private final Torch torch;
    private final Graph graph;
    private final Weights weights;
    private final Map<List<String>, Compiled> forward = new ConcurrentHashMap<>();
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    // asked for at every token, so found once
    private final int smallestWindow;
    private final Map<String, Long> vocabularies; // by the input that holds the ids
    private @Nullable SessionPrograms sessions;
    private boolean training;
    private boolean closed;

    TorchModel(Torch torch, Graph graph, Weights weights) {
        this.torch = torch;
        this.graph = graph;
        this.weights = weights;
        this.smallestWindow = smallestWindow(graph);
        this.vocabularies = Stream.of("input_ids", "decoder_input_ids")
                .collect(Collectors.toMap(name -> name, name -> GraphInputs.vocabulary(graph, name)));
        // reads and checks the weights now
        if (continuesText(graph)) {
            sessionPrograms();
        } else if (graph.outputs().containsKey("last_hidden_state")) {
            Emitter all = new Emitter(
                    graph, graph.outputs().keySet(), weights.precision(), torch.linear(weights.precision()));
            weights.arrays(all.slots());
        }
    }

    /** Whether logits are those of the token that follows: no attention looks ahead. */
    private static boolean continuesText(Graph graph) {
        return graph.outputs().containsKey("logits")
                && graph.outputs().containsKey("last_hidden_state")
                && graph.nodes().stream()
                        .noneMatch(n -> n.op() instanceof Op.Mask mask
                                && !mask.causal()
                                && n.inputs().get(1).type().dimension(1) != Type.SOURCE);
    }

    /**
     * What every session runs.
     *
     * @param logits logits of chosen tokens
     * @param cacheOperations copies of keys and values
     * @param encoder keys and values of cross-attention; null where no decoder reads an encoder's rows
     */
    record SessionPrograms(Compiled logits, CacheOperations cacheOperations, @Nullable Compiled encoder) {
        void close() {
            logits.close();
            cacheOperations.close();
            if (encoder != null) {
                encoder.close();
            }
        }

        String text() {
            return encoder == null ? logits.text() : encoder.text() + "\n" + logits.text();
        }
    }

    /** Whether attention to a prefix that all tokens see takes PyTorch's kernel for CPUs, which has no half precision for the masks here. */
    boolean seesPrefixesWhole() {
        return torch.onCpu() && weights.precision() != Precision.FLOAT16;
    }

    /** The shortest attention window, or the largest number where there is none. */
    int smallestWindow() {
        return smallestWindow;
    }

    private static int smallestWindow(Graph graph) {
        return graph.nodes().stream()
                .map(Node::op)
                .filter(op -> op instanceof Op.Mask mask && mask.window() > 0)
                .mapToInt(op -> ((Op.Mask) op).window())
                .min()
                .orElse(Integer.MAX_VALUE);
    }

    CacheOperations cacheOperations() {
        return sessionPrograms().cacheOperations();
    }

    synchronized SessionPrograms sessionPrograms() {
        SessionPrograms known = sessions;
        if (known == null) {
            known = new SessionPrograms(
                    Compiled.of(torch, weights, cached(), "logits"),
                    new CacheOperations(torch, weights.precision()),
                    GraphInputs.hasSources(graph)
                            ? new Compiled(torch, weights, Rewrites.crossStates(graph), Rewrites.crossStateNames(graph))
                            : null);
            sessions = known;
        }
        return known;
    }

    private Graph cached() {
        return Rewrites.selectTokens(Rewrites.cached(graph));
    }

    <T> T whileOpen(Supplier<T> work) {
        lock.readLock().lock();
        try {
            if (closed) {
                throw new IllegalStateException("the model is closed");
            }
            return work.get();
        } finally {
            lock.readLock().unlock();
        }
    }

    @Override
    public Graph graph() {
        return graph;
    }

    @Override
    public Map<String, Tensor> run(Map<String, Tensor> inputs, Collection<String> outputs) {
        List<String> wanted = List.copyOf(outputs);
        return whileOpen(() -> {
            Compiled program = forward.computeIfAbsent(wanted, o -> new Compiled(torch, weights, graph, o));
            try (PtNDManager scope = torch.scope()) {
                Map<String, PtNDArray> arrays = arrays(scope, inputs);
                PtNDArray[] results = program.run(scope, new PtNDArray[0], new PtNDArray[0], arrays, 0, 0);
                var named = new HashMap<String, Tensor>();
                for (int i = 0; i < results.length; i++) {
                    Tensor.Floats value = Torch.floats(results[i]);
                    named.put(wanted.get(i), wanted.get(i).equals("loss") ? mean(value, inputs) : value);
                }
                return named;
            }
        });
    }

    private Tensor mean(Tensor.Floats sum, Map<String, Tensor> inputs) {
        return new Tensor.Floats(new float[] {sum.data()[0] / GraphInputs.scored(graph, inputs)});
    }

    /** Checked inputs as arrays, with defaults for mask and positions. */
    Map<String, PtNDArray> arrays(PtNDManager scope, Map<String, Tensor> inputs) {
        var arrays = new HashMap<String, PtNDArray>();
        GraphInputs.complete(graph, inputs).forEach((name, tensor) -> {
            if (tensor instanceof Tensor.Longs ids && vocabularies.containsKey(name)) {
                checkIds(name, ids.data());
            }
            arrays.put(name, torch.create(scope, tensor));
        });
        return arrays;
    }

    /** An id outside the embedding would read foreign memory. */
    void checkIds(String input, long[] ids) {
        long vocabulary = vocabularies.getOrDefault(input, Long.MAX_VALUE);
        for (long id : ids) {
            if (id < 0 || id >= vocabulary) {
                throw new IllegalArgumentException("token id " + id + " is not in 0 to " + (vocabulary - 1));
            }
        }
    }

    @Override
    public CompiledModel derive(Graph rewritten, WeightSource added) {
        Map<String, Op.Parameter> mine =
                graph.parameters().stream().collect(Collectors.toMap(Op.Parameter::name, p -> p));
        var fresh = new HashSet<String>();
        for (Op.Parameter parameter : rewritten.parameters()) {
            Op.Parameter known = mine.get(parameter.name());
            if (known == null) {
                fresh.add(parameter.name());
            } else if (!known.equals(parameter)) {
                throw new IllegalArgumentException("the parameter " + parameter.name() + " is of shape "
                        + parameter.shape() + " in the graph, and " + known.shape() + " in the model");
            }
        }
        return whileOpen(() -> {
            weights.retain();
            Weights all = fresh.isEmpty() ? weights : weights.with(added, fresh);
            try {
                rewritten.parameters().stream()
                        .filter(p -> fresh.contains(p.name()))
                        .forEach(added::tensor); // missing or of another shape: now
                return new TorchModel(torch, rewritten, all);
            } catch (RuntimeException | Error e) {
                all.release();
                throw e;
            }
        });
    }

    @Override
    public Session openSession(int rows, int capacity) {
        if (rows < 1 || capacity < 1) {
            throw new IllegalArgumentException("rows and capacity must be at least 1: " + rows + ", " + capacity);
        }
        if (GraphInputs.hasSources(graph)) {
            throw new IllegalArgumentException("the decoder reads an encoder's rows; open the session with sources");
        }
        return whileOpen(() -> TorchSession.open(torch, this, rows, capacity));
    }

    @Override
    public Session openSession(int[][] sources, int capacity) {
        Map<String, Tensor> inputs = GraphInputs.sources(graph, sources);
        if (capacity < 1) {
            throw new IllegalArgumentException("the capacity must be at least 1: " + capacity);
        }
        return whileOpen(() -> TorchSession.open(torch, this, inputs, sources.length, capacity));
    }

    @Override
    public Trainer openTrainer(Trainer.Request request) {
        if (weights.precision() != Precision.FLOAT32) {
            throw new EngineException(
                    "Only float32 weights can be trained here; this model was loaded as " + weights.precision() + ".");
        }
        var unknown = new TreeSet<>(request.parameters());
        graph.parameters().forEach(p -> unknown.remove(p.name()));
        if (!unknown.isEmpty() || request.parameters().isEmpty()) {
            throw new IllegalArgumentException("parameters to train must be among the graph's; unknown: " + unknown);
        }
        for (Op.Parameter parameter : graph.parameters()) {
            long first = request.firstRows().getOrDefault(parameter.name(), 0L);
            if (first > 0 && first >= parameter.shape().get(0)) {
                throw new IllegalArgumentException("'" + parameter.name() + "' has shape " + parameter.shape()
                        + "; expected a first row to train below "
                        + parameter.shape().get(0) + ", found " + first);
            }
        }
        return whileOpen(() -> {
            synchronized (this) {
                if (training) {
                    throw new IllegalStateException("a trainer of this model is open already");
                }
                training = true;
            }
            try {
                return new TorchTrainer(torch, this, weights, request);
            } catch (RuntimeException | Error e) {
                trainerClosed();
                throw e;
            }
        });
    }

    synchronized void trainerClosed() {
        training = false;
    }

    @Override
    public WeightSource weights() {
        return weights::tensor;
    }

    @Override
    public String program() {
        return whileOpen(() -> sessionPrograms().text());
    }

    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            forward.values().forEach(Compiled::close);
            if (sessions != null) {
                sessions.close();
            }
            weights.release();
        } finally {
            lock.writeLock().unlock();
        }
    }
}
