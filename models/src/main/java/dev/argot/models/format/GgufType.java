package dev.argot.models.format;

import dev.argot.spi.ElementType;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How GGUF stores a tensor: plain numbers, or blocks of integers with scales. Numbers of the types are those of ggml. */
enum GgufType {
    F32(0, ElementType.FLOAT32),
    F16(1, ElementType.FLOAT16),
    Q4_0(2, 32, 18, GgufBlocks::q4_0, GgufGroups::q4_0),
    Q4_1(3, 32, 20, GgufBlocks::q4_1, GgufGroups::q4_1),
    Q5_0(6, 32, 22, GgufBlocks::q5_0),
    Q5_1(7, 32, 24, GgufBlocks::q5_1),
    Q8_0(8, 32, 34, GgufBlocks::q8_0),
    Q2_K(10, 256, 84, GgufBlocks::q2K),
    Q3_K(11, 256, 110, GgufBlocks::q3K),
    Q4_K(12, 256, 144, GgufBlocks::q4K, GgufGroups::q4K),
    Q5_K(13, 256, 176, GgufBlocks::q5K),
    Q6_K(14, 256, 210, GgufBlocks::q6K),
    IQ2_XXS(16, 256, 66, GgufBlocks::iq2Xxs),
    IQ2_XS(17, 256, 74, GgufBlocks::iq2Xs),
    IQ3_XXS(18, 256, 98, GgufBlocks::iq3Xxs),
    IQ1_S(19, 256, 50, GgufBlocks::iq1S),
    IQ4_NL(20, 32, 18, GgufBlocks::iq4Nl),
    IQ3_S(21, 256, 110, GgufBlocks::iq3S),
    IQ2_S(22, 256, 82, GgufBlocks::iq2S),
    IQ4_XS(23, 256, 136, GgufBlocks::iq4Xs),
    I8(24, ElementType.INT8),
    I16(25, ElementType.INT16),
    I32(26, ElementType.INT32),
    I64(27, ElementType.INT64),
    F64(28, ElementType.FLOAT64),
    IQ1_M(29, 256, 56, GgufBlocks::iq1M),
    BF16(30, ElementType.BFLOAT16),
    TQ1_0(34, 256, 54, GgufBlocks::tq1_0),
    TQ2_0(35, 256, 66, GgufBlocks::tq2_0),
    MXFP4(39, 32, 17, GgufBlocks::mxfp4),
    NVFP4(40, 64, 36, GgufBlocks::nvfp4);

    /** Converts one block. */
    @FunctionalInterface
    interface Decoder {
        void decode(byte[] bytes, int position, float[] target, int offset);
    }

    /** Takes one group of 32 codes with scale and minimum from a block. */
    @FunctionalInterface
    interface GroupReader {
        void read(byte[] bytes, int position, int group, byte[] codes, float[] scales, float[] minima, int at);
    }

    private final int number;
    private final ElementType element;
    private final int blockElements;
    private final int blockBytes;

    @SuppressWarnings("ImmutableEnumChecker") // a method reference without state
    private final Decoder decoder;

    @SuppressWarnings("ImmutableEnumChecker") // a method reference without state
    private final @Nullable GroupReader groups;

    GgufType(int number, ElementType element) {
        this.number = number;
        this.element = element;
        this.blockElements = 1;
        this.blockBytes = element.bytes();
        this.decoder = (bytes, position, target, offset) -> {
            throw new IllegalStateException(this + " has no blocks");
        };
        this.groups = null;
    }

    GgufType(int number, int blockElements, int blockBytes, Decoder decoder) {
        this(number, blockElements, blockBytes, decoder, null);
    }

    GgufType(int number, int blockElements, int blockBytes, Decoder decoder, @Nullable GroupReader groups) {
        this.number = number;
        this.element = ElementType.BLOCK_QUANTISED;
        this.blockElements = blockElements;
        this.blockBytes = blockBytes;
        this.decoder = decoder;
        this.groups = groups;
    }

    static Optional<GgufType> of(long number) {
        return Arrays.stream(values()).filter(type -> type.number == number).findFirst();
    }

    ElementType element() {
        return element;
    }

    int blockElements() {
        return blockElements;
    }

    int blockBytes() {
        return blockBytes;
    }

    Decoder decoder() {
        return decoder;
    }

    /** Reads 4-bit groups; empty for types that are not made of them. */
    Optional<GroupReader> groups() {
        return Optional.ofNullable(groups);
    }
}
