package dev.argot.spi;

/** Number formats of stored tensors, little-endian. */
public enum ElementType {
    /** 64-bit float. */
    FLOAT64(8, "float64"),
    /** 32-bit float. */
    FLOAT32(4, "float32"),
    /** IEEE 754 half precision. */
    FLOAT16(2, "float16"),
    /** The upper half of a 32-bit float. */
    BFLOAT16(2, "bfloat16"),
    /** 64-bit signed integer. */
    INT64(8, "int64"),
    /** 32-bit signed integer. */
    INT32(4, "int32"),
    /** 16-bit signed integer. */
    INT16(2, "int16"),
    /** 8-bit signed integer. */
    INT8(1, "int8"),
    /** 8-bit unsigned integer. */
    UINT8(1, "uint8"),
    /** One byte, 0 or 1. */
    BOOL(1, "bool"),
    /** Blocks of integers with scales, as GGUF stores them; {@link StoredTensor#describe()} names the variant. */
    BLOCK_QUANTISED(0, "quantised");

    private final int bytes;
    private final String label;

    ElementType(int bytes, String label) {
        this.bytes = bytes;
        this.label = label;
    }

    /** Bytes of one element; 0 for {@link #BLOCK_QUANTISED}. */
    public int bytes() {
        return bytes;
    }

    /** The name PyTorch uses, such as {@code "bfloat16"}. */
    public String label() {
        return label;
    }
}
