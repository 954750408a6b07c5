package dev.argot.engine.reference;

import dev.argot.api.Device;
import dev.argot.api.EngineException;
import dev.argot.spi.Engine;
import dev.argot.spi.EngineProvider;

/**
 * Opens the engine that interprets graphs in plain Java: forward only, float32, on the CPU. It needs no native code; use it to check
 * another engine, or where native code may not run. Thread-safe.
 */
public final class ReferenceEngineProvider implements EngineProvider {
    /** Found by {@link java.util.ServiceLoader}. */
    public ReferenceEngineProvider() {}

    @Override
    public String name() {
        return "reference";
    }

    @Override
    public int priority() {
        return 0;
    }

    @Override
    public Availability availability() {
        return new Availability.Available("plain Java, float32");
    }

    @Override
    public Engine open(Request request) {
        Device device = request.device().orElse(Device.CPU);
        if (!device.equals(Device.CPU)) {
            throw new EngineException(
                    "the engine 'reference' runs on the device 'cpu' only, asked for '" + device + "'");
        }
        int threads = request.threads().orElse(Runtime.getRuntime().availableProcessors());
        if (threads < 1) {
            throw new EngineException("expected 1 or more threads, found " + threads);
        }
        return new ReferenceEngine(threads);
    }
}
