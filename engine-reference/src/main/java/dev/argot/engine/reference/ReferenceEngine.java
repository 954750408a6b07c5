package dev.argot.engine.reference;

import dev.argot.api.Device;
import dev.argot.api.EngineException;
import dev.argot.api.Precision;
import dev.argot.spi.CompiledModel;
import dev.argot.spi.Engine;
import dev.argot.spi.WeightSource;
import dev.argot.spi.graph.Graph;
import java.util.Set;

/** Holds the threads. */
final class ReferenceEngine implements Engine {
    private final Workers workers;

    ReferenceEngine(int threads) {
        workers = new Workers(threads);
    }

    @Override
    public String name() {
        return "reference";
    }

    @Override
    public Device device() {
        return Device.CPU;
    }

    @Override
    public Set<Precision> precisions() {
        return Set.of(Precision.FLOAT32);
    }

    @Override
    public boolean trains() {
        return false;
    }

    @Override
    public CompiledModel compile(Graph graph, WeightSource weights, Precision precision) {
        if (precision != Precision.FLOAT32) {
            throw new EngineException("the engine 'reference' computes in FLOAT32 only, asked for " + precision);
        }
        workers.checkOpen();
        return new ReferenceModel(graph, Weights.read(graph, weights), workers);
    }

    @Override
    public void close() {
        workers.close();
    }
}
