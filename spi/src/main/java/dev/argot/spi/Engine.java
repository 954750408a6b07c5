package dev.argot.spi;

import dev.argot.api.Device;
import dev.argot.api.Precision;
import dev.argot.spi.graph.Graph;
import java.util.Set;

/** Executes graphs on one device. Thread-safe. Who opens it closes it, after everything it compiled. */
public interface Engine extends AutoCloseable {
    /** The provider's name. */
    String name();

    /** Where it runs. */
    Device device();

    /** The precisions {@link #compile} accepts; always contains {@link Precision#FLOAT32}. */
    Set<Precision> precisions();

    /** Whether {@link CompiledModel#openTrainer} works. */
    boolean trains();

    /**
     * Makes a graph executable with weights. The weights are read here; the checkpoint may be closed afterwards unless the engine uses
     * its mappings, which then live as long as the compiled model.
     *
     * @param graph the network
     * @param weights gives the tensor of each parameter
     * @param precision how weights are held
     * @throws dev.argot.api.EngineException if the precision is not supported or memory does not suffice
     * @throws dev.argot.api.FileFormatException if a weight is missing or of the wrong shape
     */
    CompiledModel compile(Graph graph, WeightSource weights, Precision precision);

    /** Frees the engine's native resources. Idempotent. */
    @Override
    void close();
}
