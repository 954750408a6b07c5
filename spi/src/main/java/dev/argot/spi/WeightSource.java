package dev.argot.spi;

import dev.argot.spi.graph.Op;

/** Gives the stored tensor of each parameter of a graph. */
@FunctionalInterface
public interface WeightSource {
    /**
     * The tensor of a parameter; its shape is the parameter's.
     *
     * @param parameter a parameter of the graph
     * @throws dev.argot.api.FileFormatException if it is missing or of another shape
     */
    StoredTensor tensor(Op.Parameter parameter);
}
