package dev.argot.engine.gpu;

/** In what form a weight reaches a program. One parameter may be there in several. */
enum WeightForm {
    /** As it is: float32, bfloat16 or float16. */
    PLAIN,
    /** Rows of 8-bit integers, for products. */
    INT8,
    /** The scale of each row of {@link #INT8}. */
    INT8_SCALE,
    /** Packed 4-bit groups, for products. */
    INT4,
    /** Scale and zero of each group of {@link #INT4}. */
    INT4_SCALE
}
