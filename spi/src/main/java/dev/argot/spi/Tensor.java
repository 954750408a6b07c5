package dev.argot.spi;

import java.util.Arrays;

/** Numbers on their way into or out of an engine, in Java arrays, row-major, slowest dimension first. The arrays are not copied. */
public sealed interface Tensor {
    /** Dimensions, slowest first; empty for a scalar. */
    long[] shape();

    /**
     * 32-bit floats.
     *
     * @param data the elements
     * @param shape the dimensions
     */
    record Floats(float[] data, long... shape) implements Tensor {
        /** Checks that the shape holds as many elements. */
        public Floats {
            check(data.length, shape);
        }

        @Override
        public String toString() {
            return "float32" + Arrays.toString(shape);
        }
    }

    /**
     * 64-bit integers, such as token ids.
     *
     * @param data the elements
     * @param shape the dimensions
     */
    record Longs(long[] data, long... shape) implements Tensor {
        /** Checks that the shape holds as many elements. */
        public Longs {
            check(data.length, shape);
        }

        @Override
        public String toString() {
            return "int64" + Arrays.toString(shape);
        }
    }

    private static void check(int length, long[] shape) {
        long n = 1;
        for (long d : shape) {
            n *= d;
        }
        if (n != length) {
            throw new IllegalArgumentException(
                    "shape " + Arrays.toString(shape) + " does not hold " + length + " elements");
        }
    }
}
