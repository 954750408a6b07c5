package dev.argot.engine.gpu;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import dev.argot.api.EngineException;
import dev.argot.api.Precision;
import dev.argot.spi.Tensor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import org.jspecify.annotations.Nullable;

/**
 * PyTorch on one device, through DJL: the only class that knows how programs are loaded and run. Thread-safe.
 *
 * <p>An operator's result belongs to the manager of its first operand; so every call works in a manager of its own, closed at its end.
 */
final class Torch implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Torch.class.getName());

    private final PtNDManager manager;
    private final Device device;
    private final int threads;
    private @Nullable Boolean oneDnn;

    Torch(dev.argot.api.Device wanted, int threads) {
        // DJL calls home and looks for newer natives unless told not to
        setDefault("OPT_OUT_TRACKING", "true");
        setDefault("ai.djl.offline", "true");
        this.device = wanted.kind() == dev.argot.api.Device.Kind.CPU ? Device.cpu() : Device.gpu(wanted.index());
        this.threads = threads;
        this.manager = (PtNDManager) NDManager.newBaseManager(device, "PyTorch");
    }

    private static void setDefault(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }

    /** CUDA devices PyTorch sees. */
    static int gpus() {
        setDefault("OPT_OUT_TRACKING", "true");
        setDefault("ai.djl.offline", "true");
        return Engine.getEngine("PyTorch").getGpuCount();
    }

    boolean onCpu() {
        return !device.isGpu();
    }

    /**
     * The fastest product of activations and weights in a program without gradients. On a CPU, oneDNN's float32 product is up to twice as
     * fast as the one PyTorch chooses.
     */
    String linear(Precision precision) {
        if (!onCpu() || precision != Precision.FLOAT32) {
            return "torch.linear";
        }
        return hasOneDnn() ? "self.linear_float32_onednn" : "self.linear_float32";
    }

    /** The fastest product of activations and weights in a program with gradients. */
    String trainedLinear(Precision precision) {
        return onCpu() && precision == Precision.FLOAT32 && hasOneDnn() ? "self.linear_trained" : "torch.linear";
    }

    private synchronized boolean hasOneDnn() {
        if (oneDnn == null) {
            oneDnn = findOneDnn();
        }
        return oneDnn;
    }

    /** Whether this build of PyTorch has oneDNN, which those for other processors than x86 may lack. */
    private boolean findOneDnn() {
        String text = Functions.program(
                """
                  def probe(self: __torch__.Program, x: Tensor) -> Tensor:
                    return self.linear_float32_onednn(x, torch.reshape(x, [8, 8]), None)
                """);
        try (PtNDManager scope = scope();
                Program program = load(text);
                IValue x = IValue.from(zeros(scope, 1, 8, 8))) {
            return run(scope, program, "probe", x).length == 1;
        } catch (EngineException e) {
            LOG.log(System.Logger.Level.DEBUG, "oneDNN is not there", e);
            return false;
        }
    }

    /** A manager whose arrays are freed when it is closed. */
    PtNDManager scope() {
        return manager.newSubManager(device);
    }

    /** A program that was loaded. Held strongly, since DJL's finalizer would free it in use. */
    record Program(Model model, PtSymbolBlock block, String text) implements AutoCloseable {
        @Override
        public void close() {
            model.close();
        }
    }

    Program load(String text) {
        enter();
        Model model = Model.newInstance("program", device, "PyTorch");
        try {
            model.load(new ByteArrayInputStream(ScriptArchive.of(text)));
            return new Program(model, (PtSymbolBlock) model.getBlock(), text);
        } catch (IOException | MalformedModelException | RuntimeException e) {
            model.close();
            throw new EngineException("PyTorch refuses the program: " + e.getMessage() + "\n" + text, e);
        }
    }

    /** These settings are a thread's own in PyTorch. The optimizer makes first calls slow and changes bits between calls. */
    private void enter() {
        JniUtils.setGraphExecutorOptimize(false);
        if (onCpu() && JniUtils.getNumThreads() != threads) {
            JniUtils.setNumThreads(threads);
        }
    }

    /**
     * Runs a method in inference mode. The arguments stay open.
     *
     * @param results takes ownership of the results
     */
    PtNDArray[] run(PtNDManager results, Program program, String method, IValue... arguments) {
        enter();
        try (IValue result = IValueUtils.runMethod(program.block(), method, arguments)) {
            return result.isTensor() ? new PtNDArray[] {result.toTensor(results)} : result.toTensorArray(results);
        } catch (ai.djl.engine.EngineException e) {
            throw failed(method, e);
        }
    }

    /**
     * Runs a method with gradients possible. Lists of tensors are formed by name ({@code "w[]"}); the first array only names the method
     * and its manager takes ownership of the results.
     */
    NDList train(Program program, NDList arguments) {
        enter();
        try {
            return IValueUtils.forward(program.block(), arguments, true);
        } catch (ai.djl.engine.EngineException e) {
            throw failed("train", e);
        }
    }

    private static EngineException failed(String method, RuntimeException e) {
        String message = String.valueOf(e.getMessage());
        if (message.contains("alloc") || message.contains("out of memory")) {
            return new EngineException("Not enough memory in PyTorch (" + method + "): " + message, e);
        }
        return new EngineException("PyTorch failed in " + method + ": " + message, e);
    }

    // ---- data in and out

    PtNDArray create(PtNDManager owner, Tensor tensor) {
        return switch (tensor) {
            case Tensor.Longs longs -> longs(owner, longs.data(), longs.shape());
            case Tensor.Floats floats ->
                owner.create(FloatBuffer.wrap(floats.data()), new Shape(floats.shape()), DataType.FLOAT32);
        };
    }

    PtNDArray longs(PtNDManager owner, long[] data, long... shape) {
        return owner.create(LongBuffer.wrap(data), new Shape(shape), DataType.INT64);
    }

    PtNDArray empty(PtNDManager owner, long... shape) {
        return empty(owner, DataType.FLOAT32, shape);
    }

    PtNDArray empty(PtNDManager owner, DataType type, long... shape) {
        return owner.create(new Shape(shape), type);
    }

    PtNDArray ints(PtNDManager owner, int[] data, long... shape) {
        return owner.create(IntBuffer.wrap(data), new Shape(shape), DataType.INT32);
    }

    PtNDArray zeros(PtNDManager owner, long... shape) {
        return (PtNDArray) owner.zeros(new Shape(shape), DataType.FLOAT32);
    }

    /** Wraps memory without copying it (on a GPU: copies it there). */
    PtNDArray wrap(PtNDManager owner, ByteBuffer floats, long... shape) {
        return owner.create(floats, new Shape(shape), DataType.FLOAT32);
    }

    static Tensor.Floats floats(PtNDArray array) {
        return new Tensor.Floats(array.toFloatArray(), array.getShape().getShape());
    }

    @Override
    public void close() {
        manager.close();
    }
}
