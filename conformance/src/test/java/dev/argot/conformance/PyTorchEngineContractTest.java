package dev.argot.conformance;

import dev.argot.engine.gpu.PyTorchEngineProvider;
import dev.argot.spi.Architecture;
import dev.argot.spi.EngineProvider;
import dev.argot.testkit.EngineContract;
import java.util.Set;
import java.util.stream.Stream;

/** The PyTorch engine keeps the promises of engines, on one family for each kind of layer. */
class PyTorchEngineContractTest extends EngineContract {
    /** Grouped queries and biases; soft caps, windows and norms on both sides; learned positions and Conv1D; ALiBi; experts. */
    private static final Set<String> FAMILIES = Set.of("llama", "gemma2", "gpt2", "bloom", "olmoe");

    /** Relative positions, gated, untied; learned positions, norms last, a head with a bias. */
    private static final Set<String> SEQ2SEQ = Set.of("mt5", "bart");

    @Override
    protected EngineProvider provider() {
        return new PyTorchEngineProvider();
    }

    @Override
    protected Stream<Architecture> architectures() {
        return TinyModels.all().filter(a -> FAMILIES.contains(a.modelType()));
    }

    @Override
    protected Stream<Architecture> seq2seqArchitectures() {
        return TinyModels.seq2seq().filter(a -> SEQ2SEQ.contains(a.modelType()));
    }

    @Override
    protected Stream<Architecture> trainedArchitectures() {
        return architectures().filter(a -> Set.of("llama", "gpt2", "olmoe").contains(a.modelType()));
    }
}
