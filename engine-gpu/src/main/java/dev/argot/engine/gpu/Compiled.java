package dev.argot.engine.gpu;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import dev.argot.spi.graph.Graph;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A forward program for some outputs of a graph, loaded, with its weights bound. Thread-safe. */
final class Compiled implements AutoCloseable {
    private static final String FORWARD =
            """
              def forward(self: __torch__.Program, w: List[Tensor], c: List[Tensor], p: List[Tensor], x: List[Tensor], mode: int, start: int) -> List[Tensor]:
                torch.set_grad_enabled(False)
                return self.graph(w, c, p, x, mode, start)
            """;

    private final Torch torch;
    private final Weights weights;
    private final Emitter emitter;
    private final Torch.Program program;
    private @Nullable IValue bound;
    private int boundVersion;

    Compiled(Torch torch, Weights weights, Graph graph, Collection<String> outputs) {
        this.torch = torch;
        this.weights = weights;
        this.emitter = new Emitter(graph, outputs, weights.precision(), torch.linear(weights.precision()));
        this.program = torch.load(emitter.program(FORWARD));
        weights.arrays(emitter.slots());
    }

    Emitter emitter() {
        return emitter;
    }

    String text() {
        return program.text();
    }

    private synchronized IValue weights() {
        if (bound == null || boundVersion != weights.version()) {
            if (bound != null) {
                bound.close();
            }
            boundVersion = weights.version();
            bound = IValue.listFrom(weights.arrays(emitter.slots()));
        }
        return bound;
    }

    /**
     * Runs it.
     *
     * @param results owns the results
     * @param cache the session's own keys and values; empty without cache
     * @param prefix the shared keys and values; empty without prefix
     * @param inputs by name; all that {@link Emitter#inputs()} lists
     * @param mode 0: masks are needed, 1: every key is seen, 2: plain causal, 3: masks are needed, but the whole prefix is
     *     seen
     * @param start where the cache is written
     */
    PtNDArray[] run(
            PtNDManager results,
            PtNDArray[] cache,
            PtNDArray[] prefix,
            Map<String, PtNDArray> inputs,
            int mode,
            int start) {
        PtNDArray[] x = emitter.inputs().stream()
                .map(name -> {
                    PtNDArray array = inputs.get(name);
                    if (array == null) {
                        throw new IllegalArgumentException(
                                "the input '" + name + "' is missing; needed are " + emitter.inputs());
                    }
                    return array;
                })
                .toArray(PtNDArray[]::new);
        try (IValue c = IValue.listFrom(cache);
                IValue p = IValue.listFrom(prefix);
                IValue in = IValue.listFrom(x);
                IValue m = IValue.from((long) mode);
                IValue s = IValue.from((long) start)) {
            return torch.run(results, program, "forward", weights(), c, p, in, m, s);
        }
    }

    @Override
    public synchronized void close() {
        if (bound != null) {
            bound.close();
            bound = null;
        }
        program.close();
    }

    static Compiled of(Torch torch, Weights weights, Graph graph, String... outputs) {
        return new Compiled(torch, weights, graph, List.of(outputs));
    }
}
