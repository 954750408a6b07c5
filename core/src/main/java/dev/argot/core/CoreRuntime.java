package dev.argot.core;

import dev.argot.api.Argot;
import dev.argot.api.ArgotOptions;
import dev.argot.api.ArgotRuntime;

/** Starts the runtime; found by {@link Argot#open()}. Thread-safe. */
public final class CoreRuntime implements ArgotRuntime {
    /** For the service loader. */
    public CoreRuntime() {}

    @Override
    public Argot open(ArgotOptions options) {
        return new CoreArgot(options, Providers.discover());
    }
}
