package dev.argot.conformance;

import dev.argot.engine.reference.ReferenceEngineProvider;
import dev.argot.spi.Architecture;
import dev.argot.spi.EngineProvider;
import dev.argot.testkit.EngineContract;
import java.util.stream.Stream;

/** The engine in plain Java keeps the promises of engines, on every family. */
class ReferenceEngineContractTest extends EngineContract {
    @Override
    protected EngineProvider provider() {
        return new ReferenceEngineProvider();
    }

    @Override
    protected Stream<Architecture> architectures() {
        return TinyModels.all();
    }

    @Override
    protected Stream<Architecture> seq2seqArchitectures() {
        return TinyModels.seq2seq();
    }
}
