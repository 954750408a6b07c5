package dev.argot.models.family;

import dev.argot.api.CausalModel;
import dev.argot.spi.Architecture;
import dev.argot.spi.Config;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;
import org.jspecify.annotations.Nullable;

/** The end of a decoder, the same in every family. */
final class CausalHead {
    private CausalHead() {}

    /**
     * Projects to the vocabulary.
     *
     * @param h [B, T, H], after the last norm
     * @param vocabulary V
     * @param tied the embedding [V, H] when head and embedding are one matrix, else null
     * @return logits [B, T, V]
     */
    static Node logits(GraphBuilder g, Node h, int vocabulary, @Nullable Node tied) {
        return tied != null ? g.linear("lm_head", h, tied, null) : g.linear("lm_head", h, vocabulary, false);
    }

    /**
     * Names the outputs and sums up.
     *
     * @param h [B, T, H], after the last norm
     * @param logits [B, T, V]
     * @param prefix what checkpoints of the bare base model leave out
     */
    static Architecture finish(GraphBuilder g, Config config, Dimensions d, Node h, Node logits, String prefix) {
        g.output("last_hidden_state", h);
        g.output("logits", logits);
        g.output("loss", g.causalLoss(logits));
        return new Architecture(
                config.string("model_type"),
                CausalModel.class,
                g.build(),
                prefix,
                d.layers(),
                d.hidden(),
                d.vocabulary(),
                d.context());
    }
}
