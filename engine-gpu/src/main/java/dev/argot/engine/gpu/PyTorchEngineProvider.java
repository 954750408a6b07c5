package dev.argot.engine.gpu;

import dev.argot.api.Device;
import dev.argot.api.EngineException;
import dev.argot.spi.Engine;
import dev.argot.spi.EngineProvider;

/** The engine {@code "pytorch"}: PyTorch 2.7.1 through DJL, on CUDA where a CUDA libtorch and a device are there, else on the CPU. */
public final class PyTorchEngineProvider implements EngineProvider {
    /** For {@link java.util.ServiceLoader}. */
    public PyTorchEngineProvider() {}

    @Override
    public String name() {
        return "pytorch";
    }

    @Override
    public int priority() {
        return 100;
    }

    @Override
    public Availability availability() {
        String os = System.getProperty("os.name", "").toLowerCase(java.util.Locale.ROOT);
        String arch = System.getProperty("os.arch", "");
        boolean x86 = arch.equals("amd64") || arch.equals("x86_64");
        boolean arm = arch.equals("aarch64") || arch.equals("arm64");
        boolean fits = (os.contains("linux") && (x86 || arm))
                || (os.contains("windows") && x86)
                || (os.contains("mac") && arm);
        return fits
                ? new Availability.Available("PyTorch 2.7.1 through DJL 0.35.1")
                : new Availability.Unavailable(
                        "There are PyTorch 2.7.1 natives for Linux (x86-64, aarch64), Windows (x86-64) and macOS"
                                + " (aarch64) only, this is " + os + " on " + arch + ". Use the engine 'reference'.");
    }

    @Override
    public Engine open(Request request) {
        int threads = request.threads().orElse(Runtime.getRuntime().availableProcessors());
        try {
            int gpus = request.device().map(d -> d.kind() == Device.Kind.CUDA).orElse(true) ? Torch.gpus() : 0;
            Device device = request.device().orElse(gpus > 0 ? new Device(Device.Kind.CUDA, 0) : Device.CPU);
            if (device.kind() == Device.Kind.CUDA && device.index() >= gpus) {
                throw new EngineException(
                        "PyTorch sees " + gpus + " CUDA devices, '" + device + "' was asked for."
                                + " The CPU library was loaded unless PYTORCH_LIBRARY_PATH names a folder with a CUDA libtorch 2.7.1.");
            }
            return new PyTorchEngine(new Torch(device, threads), device);
        } catch (ai.djl.engine.EngineException | LinkageError e) {
            throw new EngineException(
                    "PyTorch's native library could not be loaded: " + e.getMessage()
                            + ". It comes with ai.djl.pytorch:pytorch-native-cpu:2.7.1 for this platform, on the class path; see README,"
                            + " 'Embedding'.",
                    e);
        }
    }
}
