package dev.argot.spi.graph;

import java.util.ArrayList;
import java.util.List;

/**
 * What is known of a node's value before anything runs.
 *
 * @param kind the kind of numbers
 * @param dimensions slowest first; sizes only known when it runs are {@link #BATCH}, {@link #QUERY},
 *     {@link #KEY}, {@link #SELECTED} and {@link #SOURCE}
 */
public record Type(Kind kind, List<Long> dimensions) {
    /** Rows of the batch, B. */
    public static final long BATCH = -1;
    /** Tokens of a row that are computed now, T. */
    public static final long QUERY = -2;
    /** Tokens of a row that can be attended to, S: T without a cache, else the tokens cached and T. */
    public static final long KEY = -3;
    /** Tokens of a row that were selected, M. */
    public static final long SELECTED = -4;
    /** Tokens of a row of the encoder, where encoder and decoder read different rows, E. */
    public static final long SOURCE = -5;

    /** Kinds of numbers. */
    public enum Kind {
        /** Floating point. */
        FLOAT,
        /** 64-bit integers. */
        INTEGER,
        /** Truth values. */
        BOOLEAN
    }

    /** Copies the list. */
    public Type {
        dimensions = List.copyOf(dimensions);
    }

    static Type of(Kind kind, long... dimensions) {
        var list = new ArrayList<Long>(dimensions.length);
        for (long d : dimensions) {
            list.add(d);
        }
        return new Type(kind, list);
    }

    static Type floats(long... dimensions) {
        return of(Kind.FLOAT, dimensions);
    }

    /** Number of dimensions. */
    public int rank() {
        return dimensions.size();
    }

    /**
     * Size of a dimension.
     *
     * @param index from 0, or from the end: -1 is the last
     */
    public long dimension(int index) {
        return dimensions.get(index < 0 ? dimensions.size() + index : index);
    }

    Type withLast(long size) {
        var copy = new ArrayList<>(dimensions);
        copy.set(copy.size() - 1, size);
        return new Type(kind, copy);
    }

    @Override
    public String toString() {
        var text = new StringBuilder(kind.name().toLowerCase(java.util.Locale.ROOT)).append('[');
        for (int i = 0; i < dimensions.size(); i++) {
            long d = dimensions.get(i);
            text.append(i == 0 ? "" : ", ")
                    .append(
                            d == BATCH
                                    ? "B"
                                    : d == QUERY
                                            ? "T"
                                            : d == KEY ? "S" : d == SELECTED ? "M" : d == SOURCE ? "E" : "" + d);
        }
        return text.append(']').toString();
    }
}
