package dev.argot.spi.graph;

/** Elementwise non-linearities, by their names in Hugging Face configurations. */
public enum Activation {
    /** {@code gelu}: {@code x·Φ(x)} with the error function (Hendrycks and Gimpel 2016). */
    GELU,
    /** {@code gelu_new}, {@code gelu_pytorch_tanh}, {@code gelu_fast}: the tanh approximation of GELU. */
    GELU_TANH,
    /** {@code quick_gelu}: {@code x·σ(1.702x)}. */
    QUICK_GELU,
    /** {@code silu}, {@code swish}: {@code x·σ(x)}. */
    SILU,
    /** {@code relu}: {@code max(x, 0)}. */
    RELU,
    /** {@code relu2}: {@code max(x, 0)²}. */
    RELU_SQUARED,
    /** {@code tanh}. */
    TANH,
    /** {@code sigmoid}: {@code 1/(1+e^-x)}. */
    SIGMOID
}
