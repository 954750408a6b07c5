import org.jspecify.annotations.NullMarked;

/** Speed and memory, measured beside the reference on the same machine. */
@NullMarked
module dev.argot.examples.benchmarks {
    requires dev.argot.api;
    requires static org.jspecify;
}
