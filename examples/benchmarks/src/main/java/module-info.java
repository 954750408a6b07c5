import org.jspecify.annotations.NullMarked;

/** Speed and memory, measured beside the reference on the same machine. */
@NullMarked
module dev.argot.examples.benchmarks {
    requires dev.argot.api;
    requires dev.argot.spi;
    requires info.picocli;
    requires java.management;
    requires llama;
    requires static org.jspecify;

    uses dev.argot.spi.ArchitectureProvider;
    uses dev.argot.spi.EngineProvider;

    opens dev.argot.examples.benchmarks to
            info.picocli;
}
