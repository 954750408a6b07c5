package dev.argot.models.family;

import dev.argot.api.Seq2SeqModel;
import dev.argot.spi.Architecture;
import dev.argot.spi.Config;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;
import java.util.List;
import java.util.Set;

/** The end of an encoder-decoder, the same in every family. */
final class Seq2SeqHead {
    private Seq2SeqHead() {}

    /**
     * Names the outputs and sums up. The loss compares logits and labels at the same place: the decoder's input is the labels shifted
     * right.
     *
     * @param encoded what the decoder sees of the encoder, [B, E, H]
     * @param decoded [B, T, H], after the last norm
     * @param logits [B, T, V]
     * @param prefix what checkpoints of the bare base model leave out
     * @param layers number of blocks of encoder and decoder together
     * @param context tokens that encoder and decoder were each made for
     * @param buffers names of parameters that are never trained
     */
    static Architecture finish(
            GraphBuilder g,
            Config config,
            Node encoded,
            Node decoded,
            Node logits,
            String prefix,
            int layers,
            int context,
            Set<String> buffers) {
        g.output("encoder_last_hidden_state", encoded);
        g.output("decoder_last_hidden_state", decoded);
        g.output("last_hidden_state", decoded);
        g.output("logits", logits);
        g.output("loss", g.tokenLoss(logits, g.labels()));
        return new Architecture(
                config.string("model_type"),
                Seq2SeqModel.class,
                g.build(),
                prefix,
                layers,
                Math.toIntExact(decoded.type().dimension(-1)),
                Math.toIntExact(logits.type().dimension(-1)),
                context,
                buffers,
                List.of());
    }
}
