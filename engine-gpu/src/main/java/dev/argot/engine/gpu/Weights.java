package dev.argot.engine.gpu;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import dev.argot.api.Precision;
import dev.argot.spi.ElementType;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.WeightSource;
import dev.argot.spi.graph.Op;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * The weights of a model and all models derived from it, each in the forms its programs read. float32 weights that lie in a file as
 * float32 are used where they are mapped. Freed when the last model releases them. Thread-safe.
 */
final class Weights {
    private static final long CHUNK = 1L << 20; // elements converted at a time by one thread

    private final Torch torch;
    private final WeightSource source;
    private final Precision precision;
    private final PtNDManager manager;
    private final Map<Emitter.Slot, PtNDArray> arrays = new HashMap<>();
    private final Set<String> changed = new HashSet<>();
    private final Torch.Program preparation;
    private int users = 1;
    private int version;

    Weights(Torch torch, WeightSource source, Precision precision) {
        this.torch = torch;
        this.source = source;
        this.precision = precision;
        this.manager = torch.scope();
        this.preparation = torch.load(Functions.program(PREPARATION));
    }

    Precision precision() {
        return precision;
    }

    synchronized void retain() {
        users++;
    }

    synchronized void release() {
        if (--users == 0) {
            preparation.close();
            manager.close();
            arrays.clear();
        }
    }

    /** Changes whenever an array was replaced by another. */
    synchronized int version() {
        return version;
    }

    /** The arrays of these slots, in order. */
    synchronized PtNDArray[] arrays(List<Emitter.Slot> slots) {
        for (Emitter.Slot slot : slots) {
            if (!arrays.containsKey(slot)) {
                prepare(slot);
            }
        }
        return slots.stream().map(arrays::get).toArray(PtNDArray[]::new);
    }

    private void prepare(Emitter.Slot slot) {
        Op.Parameter parameter = slot.parameter();
        WeightForm form = slot.form();
        if (form == WeightForm.PLAIN) {
            arrays.put(slot, plain(manager, parameter, precision));
            return;
        }
        boolean four = form == WeightForm.INT4 || form == WeightForm.INT4_SCALE;
        try (PtNDManager scope = torch.scope()) {
            PtNDArray plain = plain(scope, parameter, Precision.FLOAT32);
            try (IValue w = IValue.from(plain)) {
                PtNDArray[] made = torch.run(manager, preparation, four ? "int4" : "int8", w);
                arrays.put(new Emitter.Slot(parameter, four ? WeightForm.INT4 : WeightForm.INT8), made[0]);
                arrays.put(new Emitter.Slot(parameter, four ? WeightForm.INT4_SCALE : WeightForm.INT8_SCALE), made[1]);
            }
        }
    }

    private PtNDArray plain(PtNDManager owner, Op.Parameter parameter, Precision wanted) {
        StoredTensor stored = source.tensor(parameter);
        long[] shape = stored.shape().stream().mapToLong(Long::longValue).toArray();
        Optional<ByteBuffer> mapped = stored.type() == ElementType.FLOAT32 ? stored.mapped() : Optional.empty();
        boolean halves = wanted == Precision.BFLOAT16 || wanted == Precision.FLOAT16;
        if (!halves && mapped.isPresent() && mapped.get().alignmentOffset(0, Float.BYTES) == 0) {
            return torch.wrap(owner, mapped.get(), shape);
        }
        if (!halves && torch.onCpu()) {
            PtNDArray array = torch.empty(owner, shape);
            fill(array, stored);
            return array;
        }
        try (PtNDManager scope = torch.scope()) {
            PtNDArray array = torch.create(scope, new dev.argot.spi.Tensor.Floats(read(stored), shape));
            try (IValue w = IValue.from(array)) {
                return torch.run(owner, preparation, wanted == Precision.BFLOAT16 ? "bfloat16" : wanted == Precision.FLOAT16 ? "float16" : "same", w)[0];
            }
        }
    }

    private static float[] read(StoredTensor stored) {
        var values = new float[Math.toIntExact(stored.elements())];
        stored.toFloat32(0, FloatBuffer.wrap(values));
        return values;
    }

    private static void fill(PtNDArray array, StoredTensor stored) {
        long elements = stored.elements();
        if (elements == 0) {
            return;
        }
        FloatBuffer target =
                array.toByteBuffer(true).order(ByteOrder.nativeOrder()).asFloatBuffer();
        LongStream.range(0, (elements + CHUNK - 1) / CHUNK).parallel().forEach(chunk -> {
            long from = chunk * CHUNK;
            int size = (int) Math.min(CHUNK, elements - from);
            stored.toFloat32(from, target.slice((int) from, size));
        });
    }

    /** Puts weights that will be changed into memory of their own. */
    synchronized void makeWritable(Collection<Op.Parameter> parameters) {
        for (Op.Parameter parameter : parameters) {
            if (changed.add(parameter.name())) {
                var slot = new Emitter.Slot(parameter, WeightForm.PLAIN);
                PtNDArray old = arrays(List.of(slot))[0];
                arrays.put(slot, (PtNDArray) old.duplicate());
                old.close();
            }
        }
        version++;
    }

    /** The weight as it is now. */
    synchronized StoredTensor tensor(Op.Parameter parameter) {
        if (!changed.contains(parameter.name())) {
            return source.tensor(parameter);
        }
        return new Current(parameter, arrays(List.of(new Emitter.Slot(parameter, WeightForm.PLAIN)))[0]);
    }

    /** A weight in native memory. */
    private record Current(Op.Parameter parameter, PtNDArray array) implements StoredTensor {
        @Override
        public String name() {
            return parameter.name();
        }

        @Override
        public ElementType type() {
            return ElementType.FLOAT32;
        }

        @Override
        public List<Long> shape() {
            return parameter.shape();
        }

        @Override
        public Optional<ByteBuffer> mapped() {
            return array.getDevice().isGpu()
                    ? Optional.empty()
                    : Optional.of(
                            array.toByteBuffer(true).asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN));
        }

        @Override
        public void toFloat32(long from, FloatBuffer target) {
            @Nullable ByteBuffer bytes = mapped().orElse(null);
            FloatBuffer all = bytes != null ? bytes.asFloatBuffer() : FloatBuffer.wrap(array.toFloatArray());
            target.put(all.slice(Math.toIntExact(from), target.remaining()));
        }
    }

    private static final String PREPARATION =
            """
              def same(self: __torch__.Program, w: Tensor) -> Tensor:
                return torch.clone(w)
              def bfloat16(self: __torch__.Program, w: Tensor) -> Tensor:
                return torch.to(w, 15)
              def float16(self: __torch__.Program, w: Tensor) -> Tensor:
                return torch.to(w, 5)
              def int8(self: __torch__.Program, w: Tensor) -> List[Tensor]:
                s = torch.div(torch.clamp(torch.amax(torch.abs(w), [1]), 1e-8), 127.)
                q = torch.to(torch.clamp(torch.round(torch.div(w, torch.unsqueeze(s, 1))), -127, 127), 1)
                return annotate(List[Tensor], [torch.contiguous(q), torch.to(s, 15)])
              def int4(self: __torch__.Program, w: Tensor) -> List[Tensor]:
                n = torch.size(w, 0)
                g = torch.view(w, [n, -1, 32])
                low = torch.amin(g, [2], True)
                s = torch.clamp(torch.div(torch.sub(torch.amax(g, [2], True), low), 15.), 1e-8)
                q = torch.clamp(torch.round(torch.div(torch.sub(g, low), s)), 0, 15)
                packed = torch._convert_weight_to_int4pack_for_cpu(torch.view(torch.to(q, 3), [n, -1]), 1)
                zero = torch.add(low, torch.mul(s, 8.))
                both = torch.contiguous(torch.transpose(torch.cat([s, zero], 2), 0, 1))
                return annotate(List[Tensor], [packed, torch.to(both, 15)])
            """;
}
