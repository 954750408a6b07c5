package dev.argot.spi.graph;

import java.util.List;

/**
 * A value in a graph: an operation applied to others. Compared by identity; belongs to one graph.
 */
public final class Node {
    private final int id;
    private final Op op;
    private final List<Node> inputs;
    private final String block;
    private final Type type;

    Node(int id, Op op, List<Node> inputs, String block, Type type) {
        this.id = id;
        this.op = op;
        this.inputs = List.copyOf(inputs);
        this.block = block;
        this.type = type;
    }

    /** Its number; operands have smaller ones. */
    public int id() {
        return id;
    }

    /** The operation. */
    public Op op() {
        return op;
    }

    /** The operands. */
    public List<Node> inputs() {
        return inputs;
    }

    /** The repeated block (transformer layer) it belongs to, such as {@code "model.layers.3"}; empty for none. */
    public String block() {
        return block;
    }

    /** What is known of its value. */
    public Type type() {
        return type;
    }

    @Override
    public String toString() {
        return "%" + id + " = " + op + inputs.stream().map(n -> "%" + n.id()).toList() + " : " + type;
    }
}
