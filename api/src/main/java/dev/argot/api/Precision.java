package dev.argot.api;

/** How the weights of a loaded model are held and multiplied. Activations are float32 unless said otherwise. */
public enum Precision {
    /** 32-bit floats: the reference. Default. */
    FLOAT32,
    /** bfloat16 weights and activations. Halves the memory; for devices with native support. */
    BFLOAT16,
    /** float16 weights and activations. Halves the memory; for devices with native support. */
    FLOAT16,
    /** 8-bit integer weights, one scale a row. A quarter of the memory. For inference only. */
    INT8,
    /** 4-bit integer weights in groups along the row, a scale and zero point each. An eighth of the memory. For inference only. */
    INT4
}
