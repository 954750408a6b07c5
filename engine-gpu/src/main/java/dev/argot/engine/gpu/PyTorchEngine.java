package dev.argot.engine.gpu;

import dev.argot.api.Device;
import dev.argot.api.EngineException;
import dev.argot.api.Precision;
import dev.argot.spi.CompiledModel;
import dev.argot.spi.Engine;
import dev.argot.spi.WeightSource;
import dev.argot.spi.graph.Graph;
import dev.argot.spi.graph.Op;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;

/** The engine on one device. */
final class PyTorchEngine implements Engine {
    private final Torch torch;
    private final Device device;

    PyTorchEngine(Torch torch, Device device) {
        this.torch = torch;
        this.device = device;
    }

    @Override
    public String name() {
        return "pytorch";
    }

    @Override
    public Device device() {
        return device;
    }

    @Override
    public Set<Precision> precisions() {
        return torch.onCpu()
                ? EnumSet.allOf(Precision.class)
                : EnumSet.of(Precision.FLOAT32, Precision.BFLOAT16, Precision.FLOAT16);
    }

    @Override
    public boolean trains() {
        return true;
    }

    @Override
    public CompiledModel compile(Graph graph, WeightSource weights, Precision precision) {
        if (!precisions().contains(precision)) {
            throw new EngineException("The engine 'pytorch' does not offer " + precision + " on " + device
                    + ". It offers " + precisions() + ".");
        }
        var held = new Weights(
                torch,
                weights,
                precision,
                graph.parameters().stream().map(Op.Parameter::name).collect(Collectors.toSet()));
        try {
            return new TorchModel(torch, graph, held);
        } catch (RuntimeException | Error e) {
            held.release();
            throw e;
        }
    }

    @Override
    public void close() {
        torch.close();
    }
}
