import org.jspecify.annotations.NullMarked;

/** Executes graphs with DJL and PyTorch: on CUDA where there is a device, on the CPU otherwise. */
@NullMarked
module dev.argot.engine.gpu {
    requires ai.djl.api;
    requires ai.djl.pytorch_engine;
    // DJL's jars are automatic modules, which can't say that they need these.
    requires com.google.gson;
    requires dev.argot.spi;
    requires org.slf4j;
    requires static org.jspecify;

    provides dev.argot.spi.EngineProvider with
            dev.argot.engine.gpu.PyTorchEngineProvider;
}
