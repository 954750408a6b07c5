import org.jspecify.annotations.NullMarked;

/** Interprets any graph in plain-Java float32, forward only. */
@NullMarked
module dev.argot.engine.reference {
    requires dev.argot.spi;
    requires static org.jspecify;

    provides dev.argot.spi.EngineProvider with
            dev.argot.engine.reference.ReferenceEngineProvider;
}
