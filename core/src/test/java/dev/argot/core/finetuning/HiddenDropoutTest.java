package dev.argot.core.finetuning;

import static org.assertj.core.api.Assertions.assertThat;

import dev.argot.spi.Config;
import dev.argot.spi.LoraLayer;
import dev.argot.spi.LoraRewrite;
import dev.argot.spi.graph.Activation;
import dev.argot.spi.graph.Graph;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.Op;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HiddenDropoutTest {
    /** Two blocks without attention, and a classifier. */
    private static Graph graph() {
        var g = new GraphBuilder();
        Node table = g.parameter("embedding", 10, 4);
        Node x = g.layerNorm("embeddings.norm", g.tokenEmbedding(table, g.inputIds(), 0), 1e-6);
        for (int i = 0; i < 2; i++) {
            Node from = x;
            String name = "block." + i;
            x = g.block(name, () -> {
                Node inner = g.activate(Activation.TANH, g.linear(name + ".up", from, 8, true));
                return g.layerNorm(name + ".norm", g.add(g.linear(name + ".down", inner, 4, true), from), 1e-6);
            });
        }
        g.output("last_hidden_state", x);
        g.output("logits", g.linear("classifier", g.pool(Op.Pool.Kind.FIRST, x, g.attentionMask()), 3, true));
        return g.build();
    }

    private static List<Node> dropouts(Graph graph) {
        return graph.nodes().stream().filter(node -> node.op() instanceof Op.Dropout).toList();
    }

    @Test
    void apply_encoder_dropsEmbeddingsSumsAndTheClassifiersInput() {
        Graph dropped = HiddenDropout.apply(graph(), 0.1, true);
        assertThat(dropouts(dropped).stream().map(node -> node.inputs().getFirst().op()))
                .containsExactlyInAnyOrder(
                        new Op.LayerNorm(1e-6),
                        new Op.Linear("block.0.down", false),
                        new Op.Linear("block.1.down", false),
                        new Op.Pool(Op.Pool.Kind.FIRST));
        assertThat(dropouts(dropped).stream().map(node -> ((Op.Dropout) node.op()).salt()))
                .doesNotHaveDuplicates();
        assertThat(dropped.parameters()).isEqualTo(graph().parameters());
        // the residual stream itself is dropped once, at the embeddings
        assertThat(dropped.nodes().stream().filter(node -> node.op() instanceof Op.Add))
                .allSatisfy(sum -> assertThat(sum.inputs().getFirst().op()).isInstanceOf(Op.Dropout.class));
        assertThat(dropouts(HiddenDropout.apply(graph(), 0.1, false))).hasSize(3);
        assertThat(dropouts(HiddenDropout.apply(graph(), 0, true))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"false", "true"})
    void apply_adaptedLayer_dropsItsWholeResult(boolean dora) {
        Graph adapted = LoraRewrite.apply(graph(), List.of(new LoraLayer("block.1.down", 2, 1, dora)), 0);
        Graph dropped = HiddenDropout.apply(adapted, 0.1, false);
        assertThat(dropouts(dropped).stream().map(node -> node.inputs().getFirst().op()))
                .containsExactlyInAnyOrder(new Op.LayerNorm(1e-6), new Op.Linear("block.0.down", false), new Op.Add());
    }

    @ParameterizedTest
    @CsvSource({"hidden_dropout_prob, 0.2, 0.2", "dropout, 0.3, 0.3", "mlp_dropout, 0, 0", "other, 0.5, 0"})
    void probability_anyFamily_isThatOfItsKey(String key, double value, double expected) {
        assertThat(HiddenDropout.probability(new Config(Path.of("config.json"), Map.of(key, value))))
                .isEqualTo(expected);
    }
}
