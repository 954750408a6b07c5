package dev.argot.engine.gpu;

import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import dev.argot.api.Precision;
import dev.argot.spi.ElementType;
import dev.argot.spi.FourBitGroups;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.Tensor;
import dev.argot.spi.WeightSource;
import dev.argot.spi.graph.Op;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
    /** Where there is a base: names of the parameters that are not its own. */
    private final Set<String> own;

    private Torch.@Nullable Program preparation;
    private @Nullable FourBitPacker packer;
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
            if (preparation != null) {
                preparation.close();
            }
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
        var made = new HashMap<Emitter.Slot, PtNDArray>();
        var conversions = new ArrayList<Runnable>();
        try {
            for (Emitter.Slot slot : slots) {
                if (holder(slot) == null && !arrays.containsKey(slot) && !made.containsKey(slot)) {
                    prepare(slot, made, conversions);
                }
            }
            conversions.parallelStream().forEach(Runnable::run);
        } catch (RuntimeException | Error e) {
            made.values().forEach(PtNDArray::close);
            throw e;
        }
        arrays.putAll(made);
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

    private void prepare(Emitter.Slot slot, Map<Emitter.Slot, PtNDArray> made, List<Runnable> conversions) {
        switch (slot.form()) {
            case PLAIN -> made.put(slot, plain(source.tensor(slot.parameters().get(0)), conversions));
            case INT8, INT8_SCALE -> quantise(slot, WeightForm.INT8, WeightForm.INT8_SCALE, made, conversions);
            case INT4, INT4_SCALE -> quantise(slot, WeightForm.INT4, WeightForm.INT4_SCALE, made, conversions);
        }
    }

    private PtNDArray plain(StoredTensor stored, List<Runnable> conversions) {
        long[] shape = stored.shape().stream().mapToLong(Long::longValue).toArray();
        if (!torch.onCpu()) {
            return convertedOnDevice(stored, shape);
        }
        return switch (precision) {
            case FLOAT32 -> float32(stored, shape, conversions);
            case FLOAT16 -> shorts(stored, DataType.FLOAT16, Float::floatToFloat16, shape, conversions);
            // the activations of quantised products
            case BFLOAT16, INT8, INT4 -> shorts(stored, DataType.BFLOAT16, Quantiser::bfloat16, shape, conversions);
        };
    }

    private PtNDArray convertedOnDevice(StoredTensor stored, long[] shape) {
        String type =
                switch (precision) {
                    case FLOAT32 -> "same";
                    case FLOAT16 -> "float16";
                    case BFLOAT16, INT8, INT4 -> "bfloat16";
                };
        try (PtNDManager scope = torch.scope();
                IValue w = IValue.from(torch.create(scope, new Tensor.Floats(read(stored), shape)))) {
            return torch.run(manager, preparation(), type, w)[0];
        }
    }

    private PtNDArray float32(StoredTensor stored, long[] shape, List<Runnable> conversions) {
        Optional<ByteBuffer> mapped = stored.type() == ElementType.FLOAT32 ? stored.mapped() : Optional.empty();
        if (mapped.isPresent() && mapped.get().alignmentOffset(0, Float.BYTES) == 0) {
            return torch.wrap(manager, mapped.get(), shape);
        }
        PtNDArray array = torch.empty(manager, shape);
        FloatBuffer target = bytes(array).asFloatBuffer();
        for (int from = 0; from < target.capacity(); from += BLOCK) {
            FloatBuffer part = target.slice(from, Math.min(BLOCK, target.capacity() - from));
            long start = from;
            conversions.add(() -> stored.toFloat32(start, part));
        }
        return array;
    }

    /** An empty array of a type that DJL can't make by itself. */
    private PtNDArray bfloat16(long... shape) {
        try (IValue s = IValue.listFrom(shape)) {
            return torch.run(manager, preparation(), "new_bfloat16", s)[0];
        }
    }

    /** Makes 16 bits of a float. */
    @FunctionalInterface
    private interface Rounding {
        short of(float value);
    }

    private PtNDArray shorts(
            StoredTensor stored, DataType type, Rounding rounding, long[] shape, List<Runnable> conversions) {
        PtNDArray array = type == DataType.BFLOAT16 ? bfloat16(shape) : torch.empty(manager, type, shape);
        ShortBuffer target = bytes(array).asShortBuffer();
        for (int from = 0; from < target.capacity(); from += BLOCK) {
            int start = from;
            conversions.add(() -> {
                var values = new float[Math.min(BLOCK, target.capacity() - start)];
                stored.toFloat32(start, FloatBuffer.wrap(values));
                var rounded = new short[values.length];
                for (int i = 0; i < values.length; i++) {
                    rounded[i] = rounding.of(values[i]);
                }
                target.put(start, rounded);
            });
        }
        return array;
    }

    /** The memory of an array on the CPU. */
    private static ByteBuffer bytes(PtNDArray array) {
        return array.toByteBuffer(true).order(ByteOrder.nativeOrder());
    }

    private static float[] read(StoredTensor stored) {
        var values = new float[Math.toIntExact(stored.elements())];
        stored.toFloat32(0, FloatBuffer.wrap(values));
        return values;
    }

    // ---- quantised matrices

    /** Rows that one task quantises; its arrays serve 64 rows at a time. */
    private static final int TASK = 8 * FourBitLayout.ROWS;

    /** Reads rows as float32, from the start of the target on. */
    @FunctionalInterface
    private interface Rows {
        void read(int from, int count, float[] target);
    }

    /** Quantises rows {@code from} to {@code to} of a matrix and writes them where they belong. */
    @FunctionalInterface
    private interface RowQuantiser {
        void quantise(int from, int to, Rows source);
    }

    private void quantise(
            Emitter.Slot slot,
            WeightForm values,
            WeightForm scales,
            Map<Emitter.Slot, PtNDArray> made,
            List<Runnable> conversions) {
        List<StoredTensor> matrices =
                slot.parameters().stream().map(source::tensor).toList();
        int out = slot.transposed() ? 1 : 0;
        int n = Math.toIntExact(
                matrices.stream().mapToLong(m -> m.shape().get(out)).sum());
        int width = Math.toIntExact(matrices.get(0).shape().get(1 - out));
        boolean four = values == WeightForm.INT4;
        int stride = four ? width / 2 : (width + 63) / 64 * 64; // the 8-bit kernel reads 64 columns at a time
        PtNDArray integers = torch.empty(manager, four ? DataType.UINT8 : DataType.INT8, n, stride);
        made.put(new Emitter.Slot(slot.parameters(), values, slot.transposed()), integers);
        PtNDArray factors = four ? bfloat16(width / FourBitGroups.SIZE, n, 2) : bfloat16(n);
        made.put(new Emitter.Slot(slot.parameters(), scales, slot.transposed()), factors);
        var target = new Quantised(bytes(integers), bytes(factors).asShortBuffer(), n, width, stride);
        @Nullable FourBitPacker packing = four ? packer() : null;
        int at = 0;
        for (StoredTensor matrix : matrices) {
            int first = at;
            int rows = Math.toIntExact(matrix.shape().get(out));
            RowQuantiser quantiser;
            if (packing == null) {
                quantiser = (from, to, source) -> int8(from, to, source, target, first);
            } else if (!slot.transposed() && matrix.fourBitGroups().isPresent()) {
                FourBitGroups groups = matrix.fourBitGroups().get();
                quantiser = (from, to, source) -> transcode(from, to, groups, packing, target, first);
            } else {
                quantiser = (from, to, source) -> int4(from, to, source, packing, target, first);
            }
            if (slot.transposed()) {
                conversions.add(() -> quantiser.quantise(0, rows, columns(matrix)));
            } else {
                Rows source = (from, count, floats) ->
                        matrix.toFloat32((long) from * width, FloatBuffer.wrap(floats, 0, count * width));
                for (int from = 0; from < rows; from += TASK) {
                    int start = from;
                    conversions.add(() -> quantiser.quantise(start, Math.min(start + TASK, rows), source));
                }
            }
            at += rows;
        }
    }

    /** The columns of a matrix as rows; holds the whole of it. */
    private static Rows columns(StoredTensor matrix) {
        float[] all = read(matrix);
        int height = Math.toIntExact(matrix.shape().get(0));
        int width = Math.toIntExact(matrix.shape().get(1));
        return (from, count, target) -> {
            for (int k = 0; k < height; k++) {
                for (int i = 0; i < count; i++) {
                    target[i * height + k] = all[k * width + from + i];
                }
            }
        };
    }

    /**
     * The memory of a quantised matrix.
     *
     * @param integers 8-bit rows or packed 4-bit groups
     * @param factors scales [rows], or scales and zeros [groups of a row, rows, 2]
     * @param rows number of rows
     * @param width elements of a row
     * @param stride bytes of a row
     */
    private record Quantised(ByteBuffer integers, ShortBuffer factors, int rows, int width, int stride) {
        /** Puts 64 rows of scales and zeros, which the kernel wants by group, not by row. */
        void putFactors(int at, short[] byRow, short[] scratch) {
            int groups = width / FourBitGroups.SIZE;
            for (int g = 0; g < groups; g++) {
                for (int row = 0; row < FourBitLayout.ROWS; row++) {
                    scratch[2 * row] = byRow[2 * (row * groups + g)];
                    scratch[2 * row + 1] = byRow[2 * (row * groups + g) + 1];
                }
                factors.put(2 * (g * rows + at), scratch);
            }
        }
    }

    private static void int8(int begin, int end, Rows source, Quantised target, int first) {
        int width = target.width();
        int stride = target.stride();
        var floats = new float[FourBitLayout.ROWS * width];
        var integers = new byte[FourBitLayout.ROWS * stride]; // the columns that fill up stay 0
        var scales = new short[FourBitLayout.ROWS];
        for (int from = begin; from < end; from += FourBitLayout.ROWS) {
            int count = Math.min(FourBitLayout.ROWS, end - from);
            source.read(from, count, floats);
            for (int row = 0; row < count; row++) {
                scales[row] = Quantiser.int8(floats, row * width, width, integers, row * stride);
            }
            target.integers().put((first + from) * stride, integers, 0, count * stride);
            target.factors().put(first + from, scales, 0, count);
        }
    }

    private void int4(int begin, int end, Rows source, FourBitPacker packing, Quantised target, int first) {
        int groups = FourBitLayout.ROWS * target.width() / FourBitGroups.SIZE;
        var floats = new float[FourBitLayout.ROWS * target.width()];
        var codes = new byte[groups * FourBitGroups.BYTES];
        var packed = new byte[codes.length];
        var factors = new short[2 * groups];
        var scratch = new short[2 * FourBitLayout.ROWS];
        for (int from = begin; from < end; from += FourBitLayout.ROWS) {
            source.read(from, FourBitLayout.ROWS, floats);
            Quantiser.int4(floats, groups, codes, factors);
            packing.pack(codes, target.width(), packed);
            target.integers().put((first + from) * target.stride(), packed);
            target.putFactors(first + from, factors, scratch);
        }
    }

    /** Takes over codes that the file holds. */
    private void transcode(
            int begin, int end, FourBitGroups source, FourBitPacker packing, Quantised target, int first) {
        int inRow = target.width() / FourBitGroups.SIZE;
        int groups = FourBitLayout.ROWS * inRow;
        var scales = new float[groups];
        var minima = new float[groups];
        var codes = new byte[groups * FourBitGroups.BYTES];
        var packed = new byte[codes.length];
        var factors = new short[2 * groups];
        var scratch = new short[2 * FourBitLayout.ROWS];
        for (int from = begin; from < end; from += FourBitLayout.ROWS) {
            source.read((long) from * inRow, groups, codes, scales, minima, 0);
            Quantiser.int4(scales, minima, groups, factors);
            packing.pack(codes, target.width(), packed);
            target.integers().put((first + from) * target.stride(), packed);
            target.putFactors(first + from, factors, scratch);
        }
    }

    private synchronized Torch.Program preparation() {
        Torch.Program known = preparation;
        if (known == null) {
            known = torch.load(Functions.program(PREPARATION));
            preparation = known;
        }
        return known;
    }

    /** Packs 64 rows of codes for the kernel. */
    @FunctionalInterface
    private interface FourBitPacker {
        void pack(byte[] codes, int width, byte[] packed);
    }

    /** Packs in Java where the processor's layout is a known one, which is many times as fast, else in PyTorch. */
    private synchronized FourBitPacker packer() {
        FourBitPacker known = packer;
        if (known == null) {
            Torch.Program program = preparation();
            Optional<FourBitLayout> layout = FourBitLayout.of(codes -> packed(program, codes));
            known = layout.isPresent()
                    ? layout.get()::pack
                    : (codes, width, packed) -> System.arraycopy(
                            packed(program, FourBitLayout.unpacked(codes, width)), 0, packed, 0, packed.length);
            packer = known;
        }
        return known;
    }

    /** Codes [64, width] as PyTorch packs them. */
    private byte[] packed(Torch.Program program, int[] codes) {
        try (PtNDManager scope = torch.scope();
                IValue c =
                        IValue.from(torch.ints(scope, codes, FourBitLayout.ROWS, codes.length / FourBitLayout.ROWS))) {
            var bytes = new byte[codes.length / 2];
            torch.run(scope, program, "pack", c)[0].toByteBuffer(true).get(bytes);
            return bytes;
        }
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
              def new_bfloat16(self: __torch__.Program, shape: List[int]) -> Tensor:
                return torch.empty(shape, dtype=15)
              def pack(self: __torch__.Program, codes: Tensor) -> Tensor:
                return torch._convert_weight_to_int4pack_for_cpu(codes, 1)
            """;
}
