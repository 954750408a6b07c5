package dev.argot.engine.gpu;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import dev.argot.api.Precision;
import dev.argot.spi.ElementType;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.Tensor;
import dev.argot.spi.WeightSource;
import dev.argot.spi.graph.Op;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The weights of a model and all models derived from it, each in the forms its programs read. float32 weights that lie in a file as
 * float32 are used where they are mapped. Freed when the last model releases them. Thread-safe.
 */
final class Weights {
    private static final int BLOCK =
            1 << 18; // elements converted at a time; larger blocks leave the C library's heap in pieces

    private final Torch torch;
    private final @Nullable Weights base;
    private WeightSource source;
    /** Names of all that the source is asked for. */
    private final Set<String> names;

    private final Precision precision;
    private final PtNDManager manager;
    private final Map<Emitter.Slot, PtNDArray> arrays = new HashMap<>();
    private final Set<String> changed = new HashSet<>();
    private final Torch.Program preparation;
    /** Where there is a base: names of the parameters that are not its own. */
    private final Set<String> own;

    private int users = 1;
    private int version;

    /**
     * Weights that nobody has asked for yet.
     *
     * @param names names of all parameters
     */
    Weights(Torch torch, WeightSource source, Precision precision, Set<String> names) {
        this(torch, source, precision, names, null, Set.of());
    }

    private Weights(
            Torch torch,
            WeightSource source,
            Precision precision,
            Set<String> names,
            @Nullable Weights base,
            Set<String> own) {
        this.torch = torch;
        this.names = names;
        this.base = base;
        this.own = own;
        this.source = source;
        this.precision = precision;
        this.manager = torch.scope();
        this.preparation = torch.load(Functions.program(PREPARATION));
    }

    Precision precision() {
        return precision;
    }

    /**
     * These and some more.
     *
     * @param added gives the others
     * @param names the names of the others
     * @return weights that release these when they are freed
     */
    Weights with(WeightSource added, Set<String> names) {
        return new Weights(
                torch,
                parameter -> names.contains(parameter.name()) ? added.tensor(parameter) : tensor(parameter),
                precision,
                Set.copyOf(names),
                this,
                Set.copyOf(names));
    }

    /** The base, if it holds this slot. */
    private @Nullable Weights holder(Emitter.Slot slot) {
        return slot.parameters().stream().anyMatch(p -> own.contains(p.name())) ? null : base;
    }

    synchronized void retain() {
        users++;
    }

    synchronized void release() {
        if (--users == 0) {
            preparation.close();
            manager.close();
            arrays.clear();
            if (base != null) {
                base.release();
            }
        }
    }

    /** Changes whenever an array was replaced by another. */
    synchronized int version() {
        return base == null ? version : version + base.version();
    }

    /** The arrays of these slots, in order. */
    synchronized PtNDArray[] arrays(List<Emitter.Slot> slots) {
        var conversions = new ArrayList<Runnable>();
        for (Emitter.Slot slot : slots) {
            if (holder(slot) == null && !arrays.containsKey(slot)) {
                prepare(slot, conversions);
            }
        }
        conversions.parallelStream().forEach(Runnable::run);
        if (base == null) {
            return slots.stream().map(arrays::get).toArray(PtNDArray[]::new);
        }
        PtNDArray[] ofBase =
                base.arrays(slots.stream().filter(slot -> holder(slot) != null).toList());
        var all = new PtNDArray[slots.size()];
        for (int i = 0, next = 0; i < all.length; i++) {
            PtNDArray mine = arrays.get(slots.get(i));
            all[i] = mine != null ? mine : ofBase[next++];
        }
        return all;
    }

    private void prepare(Emitter.Slot slot, List<Runnable> conversions) {
        switch (slot.form()) {
            case PLAIN -> arrays.put(slot, plain(source.tensor(slot.parameters().get(0)), conversions));
            case INT8, INT8_SCALE -> quantise(slot, WeightForm.INT8, WeightForm.INT8_SCALE);
            case INT4, INT4_SCALE -> quantise(slot, WeightForm.INT4, WeightForm.INT4_SCALE);
        }
    }

    private PtNDArray plain(StoredTensor stored, List<Runnable> conversions) {
        long[] shape = stored.shape().stream().mapToLong(Long::longValue).toArray();
        String type =
                switch (precision) {
                    case FLOAT32 -> "same";
                    case FLOAT16 -> "float16";
                    case BFLOAT16, INT8, INT4 -> "bfloat16"; // the activations of quantised products
                };
        if (precision != Precision.FLOAT32 || !torch.onCpu()) {
            try (PtNDManager scope = torch.scope();
                    IValue w = IValue.from(torch.create(scope, new Tensor.Floats(read(stored), shape)))) {
                return torch.run(manager, preparation, type, w)[0];
            }
        }
        Optional<ByteBuffer> mapped = stored.type() == ElementType.FLOAT32 ? stored.mapped() : Optional.empty();
        if (mapped.isPresent() && mapped.get().alignmentOffset(0, Float.BYTES) == 0) {
            return torch.wrap(manager, mapped.get(), shape);
        }
        PtNDArray array = torch.empty(manager, shape);
        FloatBuffer target =
                array.toByteBuffer(true).order(ByteOrder.nativeOrder()).asFloatBuffer();
        for (int from = 0; from < target.capacity(); from += BLOCK) {
            FloatBuffer part = target.slice(from, Math.min(BLOCK, target.capacity() - from));
            long start = from;
            conversions.add(() -> stored.toFloat32(start, part));
        }
        return array;
    }

    private void quantise(Emitter.Slot slot, WeightForm values, WeightForm scales) {
        String name = values == WeightForm.INT4 ? "int4" : "int8";
        List<StoredTensor> matrices =
                slot.parameters().stream().map(source::tensor).toList();
        long rows = matrices.stream().mapToLong(m -> m.shape().get(0)).sum();
        long width = matrices.get(0).shape().get(1);
        PtNDArray[] made;
        try (IValue n = IValue.from(slot.transposed() ? width : rows);
                IValue k = IValue.from(slot.transposed() ? rows : width)) {
            made = torch.run(manager, preparation, "new_" + name, n, k);
        }
        long at = 0;
        for (StoredTensor matrix : matrices) {
            quantise(name, matrix, made, at, slot.transposed());
            at += matrix.shape().get(0);
        }
        arrays.put(new Emitter.Slot(slot.parameters(), values, slot.transposed()), made[0]);
        arrays.put(new Emitter.Slot(slot.parameters(), scales, slot.transposed()), made[1]);
    }

    /** Row block by row block, so that no second copy of a large matrix exists in float32. */
    private void quantise(String method, StoredTensor matrix, PtNDArray[] made, long at, boolean transposed) {
        int rows = Math.toIntExact(matrix.shape().get(0));
        int width = Math.toIntExact(matrix.shape().get(1));
        int block = transposed ? rows : Math.min(rows, Math.max(BLOCK / width / 64, 1) * 64);
        try (PtNDManager scope = torch.scope()) {
            PtNDArray floats = torch.empty(scope, block, width);
            FloatBuffer target =
                    floats.toByteBuffer(true).order(ByteOrder.nativeOrder()).asFloatBuffer();
            for (int from = 0; from < rows; from += block) {
                int count = Math.min(block, rows - from);
                convert(matrix, (long) from * width, target.slice(0, count * width));
                try (PtNDManager step = torch.scope();
                        IValue q = IValue.from(made[0]);
                        IValue s = IValue.from(made[1]);
                        IValue w = IValue.from(floats);
                        IValue start = IValue.from(at + from);
                        IValue n = IValue.from((long) count);
                        IValue turned = IValue.from(transposed)) {
                    torch.run(step, preparation, method, q, s, w, start, n, turned);
                }
            }
        }
    }

    private static void convert(StoredTensor stored, long from, FloatBuffer target) {
        int part = 1 << 17;
        IntStream.rangeClosed(0, (target.capacity() - 1) / part).parallel().forEach(i -> {
            int start = i * part;
            stored.toFloat32(from + start, target.slice(start, Math.min(part, target.capacity() - start)));
        });
    }

    private static float[] read(StoredTensor stored) {
        var values = new float[Math.toIntExact(stored.elements())];
        stored.toFloat32(0, FloatBuffer.wrap(values));
        return values;
    }

    /** Puts weights that will be changed into memory of their own, and lets the source go once nothing is left to ask it for. */
    synchronized void makeWritable(Collection<Op.Parameter> parameters) {
        if (base != null) {
            base.makeWritable(
                    parameters.stream().filter(p -> !own.contains(p.name())).toList());
        }
        boolean any = false;
        for (Op.Parameter parameter : parameters) {
            if ((base == null || own.contains(parameter.name())) && changed.add(parameter.name())) {
                var slot = Emitter.Slot.plain(parameter);
                PtNDArray old = arrays(List.of(slot))[0];
                arrays.put(slot, (PtNDArray) old.duplicate());
                old.close();
                any = true;
            }
        }
        if (any && changed.containsAll(names)) {
            source = parameter -> {
                throw new IllegalStateException("in memory of its own: " + parameter);
            };
            // a file's pages count as memory of this process until the collector finds its mapping unreachable
            System.gc();
        }
        version++;
    }

    /** The weight as it is now. */
    synchronized StoredTensor tensor(Op.Parameter parameter) {
        if (base != null && !own.contains(parameter.name())) {
            return base.tensor(parameter);
        }
        if (!changed.contains(parameter.name())) {
            return source.tensor(parameter);
        }
        return new NativeTensor(parameter.name(), arrays(List.of(Emitter.Slot.plain(parameter)))[0]);
    }

    private static final String PREPARATION =
            """
              def same(self: __torch__.Program, w: Tensor) -> Tensor:
                return torch.clone(w)
              def bfloat16(self: __torch__.Program, w: Tensor) -> Tensor:
                return torch.to(w, 15)
              def float16(self: __torch__.Program, w: Tensor) -> Tensor:
                return torch.to(w, 5)
              def new_int8(self: __torch__.Program, n: int, k: int) -> List[Tensor]:
                # the kernel reads columns 64 at a time
                return annotate(List[Tensor], [torch.zeros([n, (k + 63) // 64 * 64], dtype=1), torch.empty([n], dtype=15)])
              def new_int4(self: __torch__.Program, n: int, k: int) -> List[Tensor]:
                return annotate(List[Tensor], [torch.empty([n, k // 2], dtype=0), torch.empty([k // 32, n, 2], dtype=15)])
              def rows(self: __torch__.Program, w: Tensor, n: int, turned: bool) -> Tensor:
                r = torch.slice(w, 0, 0, n)
                if turned:
                  t = torch.contiguous(torch.transpose(r, 0, 1))
                else:
                  t = r
                return t
              def int8(self: __torch__.Program, q: Tensor, s: Tensor, w: Tensor, at: int, n: int, turned: bool) -> List[Tensor]:
                r = self.rows(w, n, turned)
                end = at + torch.size(r, 0)
                # the scale as the kernel will read it
                f = torch.to(torch.to(torch.div(torch.clamp(torch.amax(torch.abs(r), [1]), 1e-8), 127.), 15), 6)
                v = torch.clamp(torch.round(torch.div(r, torch.unsqueeze(f, 1))), -127, 127)
                a = torch.copy_(torch.slice(torch.slice(q, 0, at, end), 1, 0, torch.size(r, 1)), v)
                b = torch.copy_(torch.slice(s, 0, at, end), f)
                return annotate(List[Tensor], [])
              def int4(self: __torch__.Program, q: Tensor, s: Tensor, w: Tensor, at: int, n: int, turned: bool) -> List[Tensor]:
                r = self.rows(w, n, turned)
                m = torch.size(r, 0)
                end = at + m
                g = torch.view(r, [m, -1, 32])
                low = torch.amin(g, [2], True)
                f = torch.to(torch.to(torch.clamp(torch.div(torch.sub(torch.amax(g, [2], True), low), 15.), 1e-8), 15), 6)
                zero = torch.to(torch.to(torch.add(low, torch.mul(f, 8.)), 15), 6)
                v = torch.clamp(torch.add(torch.round(torch.div(torch.sub(g, zero), f)), 8), 0, 15)
                packed = torch._convert_weight_to_int4pack_for_cpu(torch.view(torch.to(v, 3), [m, -1]), 1)
                a = torch.copy_(torch.slice(q, 0, at, end), packed)
                b = torch.copy_(torch.slice(s, 1, at, end), torch.transpose(torch.cat([f, zero], 2), 0, 1))
                return annotate(List[Tensor], [])
            """;
}
