import dev.argot.api.ArgotRuntime;
import dev.argot.core.CoreRuntime;
import dev.argot.spi.AdapterFormatProvider;
import dev.argot.spi.ArchitectureProvider;
import dev.argot.spi.CheckpointFormatProvider;
import dev.argot.spi.DomainProvider;
import dev.argot.spi.EngineProvider;
import dev.argot.spi.ModelSourceProvider;
import dev.argot.spi.TextAnalysisProvider;
import dev.argot.spi.TokenizerProvider;
import org.jspecify.annotations.NullMarked;

/** The runtime behind the API: finds plug-ins, renders prompts, decodes, adapts, evaluates and reports. */
@NullMarked
module dev.argot.core {
    requires com.fasterxml.jackson.core;
    requires dev.argot.api;
    requires dev.argot.spi;
    requires static org.jspecify;

    provides ArgotRuntime with
            CoreRuntime;

    uses AdapterFormatProvider;
    uses ArchitectureProvider;
    uses CheckpointFormatProvider;
    uses DomainProvider;
    uses EngineProvider;
    uses ModelSourceProvider;
    uses TextAnalysisProvider;
    uses TokenizerProvider;
}
