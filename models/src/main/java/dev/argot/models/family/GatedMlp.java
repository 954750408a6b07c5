package dev.argot.models.family;

import dev.argot.spi.graph.Activation;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;

/** The gated feed-forward network of most decoders (Shazeer 2020), {@code down(act(gate(x))·up(x))}. */
final class GatedMlp {
    private GatedMlp() {}

    /**
     * Writes one.
     *
     * @param name the module's name, such as {@code "model.layers.0.mlp"}
     * @param x [B, T, H]
     * @param hidden H
     * @param intermediate F
     * @param activation the gate's non-linearity
     * @param bias whether the three layers have biases
     * @return [B, T, H]
     */
    static Node write(
            GraphBuilder g, String name, Node x, int hidden, int intermediate, Activation activation, boolean bias) {
        Node gate = g.activate(activation, g.linear(name + ".gate_proj", x, intermediate, bias)); // [B, T, F]
        Node up = g.linear(name + ".up_proj", x, intermediate, bias); // [B, T, F]
        return g.linear(name + ".down_proj", g.multiply(gate, up), hidden, bias); // [B, T, H]
    }
}
