package dev.argot.api;

import java.util.Optional;

/**
 * How a model is loaded.
 *
 * @param precision how weights are held; default {@link Precision#FLOAT32}
 * @param engine the engine's name; empty (default): the available one with the highest priority
 * @param device where it runs; empty (default): a GPU the engine can use, else the CPU
 * @param offline whether the network is forbidden; default false (a name that is no local path may be downloaded, and is then kept)
 */
public record LoadOptions(Precision precision, Optional<String> engine, Optional<Device> device, boolean offline) {
    /** float32, on the best engine and device there is; downloads allowed for models named by id. */
    public static final LoadOptions DEFAULT =
            new LoadOptions(Precision.FLOAT32, Optional.empty(), Optional.empty(), false);

    /**
     * These options with another precision.
     *
     * @param precision how weights are held
     */
    public LoadOptions withPrecision(Precision precision) {
        return new LoadOptions(precision, engine, device, offline);
    }

    /**
     * These options on a named engine.
     *
     * @param engine the engine's name, such as {@code "pytorch"}
     */
    public LoadOptions withEngine(String engine) {
        return new LoadOptions(precision, Optional.of(engine), device, offline);
    }

    /**
     * These options on a device.
     *
     * @param device where the model runs
     */
    public LoadOptions withDevice(Device device) {
        return new LoadOptions(precision, engine, Optional.of(device), offline);
    }

    /** These options with the network forbidden. */
    public LoadOptions withoutNetwork() {
        return new LoadOptions(precision, engine, device, true);
    }
}
