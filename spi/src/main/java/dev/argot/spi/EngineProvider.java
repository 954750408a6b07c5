package dev.argot.spi;

import dev.argot.api.Device;
import java.util.Optional;
import java.util.OptionalInt;

/** Opens an engine, which executes graphs. */
public interface EngineProvider {
    /** Short, stable, lower-case name, such as {@code "pytorch"}. */
    String name();

    /** The available engine with the largest number is the default. Argot's own: pytorch 100, reference 0. */
    int priority();

    /** Whether this machine can run it, and if not, why. Cheap: loads no native code. */
    Availability availability();

    /**
     * Opens the engine; loads native code if it has any.
     *
     * @param request device and threads
     * @throws dev.argot.api.EngineException if the device cannot be used
     */
    Engine open(Request request);

    /**
     * How an engine is opened.
     *
     * @param device where it runs; empty: a GPU it can use, else the CPU
     * @param threads processor threads for one operation; empty: as many as there are cores
     */
    record Request(Optional<Device> device, OptionalInt threads) {}

    /** Whether an engine can run here. */
    sealed interface Availability {
        /**
         * It can.
         *
         * @param detail version and the like
         */
        record Available(String detail) implements Availability {}

        /**
         * It cannot.
         *
         * @param reason what is missing and how to provide it
         */
        record Unavailable(String reason) implements Availability {}
    }
}
