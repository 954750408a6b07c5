import org.jspecify.annotations.NullMarked;

/** Executes graphs with DJL and PyTorch: on CUDA where there is a device, on the CPU otherwise. */
@NullMarked
module dev.argot.engine.gpu {
    requires ai.djl.api;
    requires ai.djl.pytorch_engine;
    requires dev.argot.spi;
    requires static org.jspecify;

    provides dev.argot.spi.EngineProvider with
            dev.argot.engine.gpu.PyTorchEngineProvider;
}
