import org.jspecify.annotations.NullMarked;

/** The runtime behind the API: finds plug-ins, renders prompts, decodes, adapts, evaluates and reports. */
@NullMarked
module dev.argot.core {
    requires com.fasterxml.jackson.databind;
    requires com.github.benmanes.caffeine;
    requires dev.argot.api;
    requires dev.argot.spi;
    requires static org.jspecify;
}
