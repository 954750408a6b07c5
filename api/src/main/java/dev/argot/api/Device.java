package dev.argot.api;

/**
 * Where a model runs.
 *
 * @param kind the kind of processor
 * @param index which of several, from 0
 */
public record Device(Kind kind, int index) {
    /** The processor the JVM runs on. */
    public static final Device CPU = new Device(Kind.CPU, 0);

    /** Kinds of processor. */
    public enum Kind {
        /** The processor the JVM runs on. */
        CPU,
        /** An NVIDIA GPU. */
        CUDA
    }

    /** Validates the index. */
    public Device {
        if (index < 0) {
            throw new IllegalArgumentException("index must not be negative: " + index);
        }
    }

    /**
     * Reads {@code "cpu"}, {@code "cuda"} or {@code "cuda:1"}.
     *
     * @param text the device's name as PyTorch writes it
     * @throws IllegalArgumentException if the text names no device
     */
    public static Device parse(String text) {
        if (text.equals("cpu")) {
            return CPU;
        }
        if (text.equals("cuda")) {
            return new Device(Kind.CUDA, 0);
        }
        if (text.startsWith("cuda:")) {
            try {
                return new Device(Kind.CUDA, Integer.parseInt(text.substring(5)));
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException(
                        "expected a device such as 'cpu' or 'cuda:0', found '" + text + "'", e);
            }
        }
        throw new IllegalArgumentException("expected a device such as 'cpu' or 'cuda:0', found '" + text + "'");
    }

    @Override
    public String toString() {
        return kind == Kind.CPU ? "cpu" : "cuda:" + index;
    }
}
