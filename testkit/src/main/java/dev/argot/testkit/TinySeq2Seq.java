package dev.argot.testkit;

import dev.argot.api.Seq2SeqModel;
import dev.argot.spi.Architecture;
import dev.argot.spi.graph.Activation;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;

/**
 * An encoder and a decoder of two blocks each, a few thousand weights together, of the operations that decoders have too: so that sessions
 * of encoder-decoders can be tried without a family of them.
 */
final class TinySeq2Seq {
    private static final int VOCABULARY = 24;
    private static final int HIDDEN = 16;
    private static final int HEADS = 4;
    private static final int CONTEXT = 32;
    private static final int LAYERS = 2;

    private final GraphBuilder b = new GraphBuilder();

    private TinySeq2Seq() {}

    static Architecture architecture() {
        return new TinySeq2Seq().describe();
    }

    private Architecture describe() {
        Node table = b.parameter("shared.weight", VOCABULARY, HIDDEN);
        Node x = b.add(b.embedding(table, b.encoderIds()), positions("encoder", b.encoderPositions()));
        for (int i = 0; i < LAYERS; i++) {
            String name = "encoder.layers." + i;
            Node before = x;
            x = b.block(name, () -> feedForward(name, attend(name + ".self", before, before, b.encoderSelfMask())));
        }
        Node encoded = x;
        b.output("encoder_last_hidden_state", encoded);
        Node y = b.add(b.embedding(table, b.decoderIds()), positions("decoder", b.decoderPositions()));
        for (int i = 0; i < LAYERS; i++) {
            String name = "decoder.layers." + i;
            Node before = y;
            y = b.block(name, () -> {
                Node own = attend(name + ".self", before, before, b.decoderSelfMask());
                return feedForward(name, attend(name + ".cross", own, encoded, b.crossMask()));
            });
        }
        Node hidden = b.layerNorm("decoder.norm", y, 1e-5);
        b.output("last_hidden_state", hidden);
        Node logits = b.linear("head", hidden, VOCABULARY, false);
        b.output("logits", logits);
        b.output("loss", b.tokenLoss(logits, b.labels()));
        return new Architecture(
                "tiny-seq2seq", Seq2SeqModel.class, b.build(), "", LAYERS, HIDDEN, VOCABULARY, CONTEXT);
    }

    private Node positions(String stack, Node positions) {
        return b.embedding(b.parameter(stack + ".positions.weight", CONTEXT, HIDDEN), positions);
    }

    /** Two key/value heads serve four query heads. */
    private Node attend(String name, Node x, Node read, Node mask) {
        Node q = b.splitHeads(b.linear(name + ".q", x, HIDDEN, true), HEADS);
        Node k = b.splitHeads(b.linear(name + ".k", read, HIDDEN / 2, true), HEADS / 2);
        Node v = b.splitHeads(b.linear(name + ".v", read, HIDDEN / 2, true), HEADS / 2);
        Node seen = b.mergeHeads(b.attention(name, q, k, v, mask, null, 0.5, 0));
        return b.layerNorm(name + ".norm", b.add(x, b.linear(name + ".out", seen, HIDDEN, true)), 1e-5);
    }

    private Node feedForward(String name, Node x) {
        Node wide = b.activate(Activation.GELU, b.linear(name + ".up", x, 2 * HIDDEN, true));
        return b.layerNorm(name + ".norm", b.add(x, b.linear(name + ".down", wide, HIDDEN, true)), 1e-5);
    }
}
