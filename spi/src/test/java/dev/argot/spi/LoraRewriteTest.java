package dev.argot.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.argot.api.ArgotException;
import dev.argot.api.adaptation.Lora;
import dev.argot.spi.graph.Activation;
import dev.argot.spi.graph.Graph;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.Op;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LoraRewriteTest {
    private static Lora lora(Set<String> targets, Map<String, Integer> ranks, Map<String, Double> alphas) {
        return new Lora(4, 8, 0, targets, false, false, ranks, alphas);
    }

    private static List<String> modules(Graph graph, String... targets) {
        return LoraRewrite.layers(graph, lora(Set.of(targets), Map.of(), Map.of())).stream()
                .map(LoraLayer::module)
                .toList();
    }

    /** Two blocks, each with q, k and up; a mixture of experts in the second; and a head. */
    private static Graph graph() {
        var b = new GraphBuilder();
        Node x = b.embedding(b.parameter("embed.weight", 16, 8), b.inputIds());
        for (int i = 0; i < 2; i++) {
            String name = "model.layers." + i;
            Node in = x;
            boolean mixture = i == 1;
            x = b.block(name, () -> {
                Node q = b.linear(name + ".attn.q_proj", in, 8, true);
                Node k = b.linear(name + ".attn.k_proj", in, 8, false);
                Node y = b.linear(name + ".mlp.up_proj", b.add(q, k), 8, false);
                if (!mixture) {
                    return y;
                }
                Node router = b.linear(name + ".mlp.gate", y, 2, false);
                return b.apply(
                        new Op.MixtureOfExperts(name + ".mlp", 2, 1, true, Activation.SILU),
                        List.of(
                                y,
                                router,
                                b.parameter(name + ".mlp.experts.0.w1.weight", 6, 8),
                                b.parameter(name + ".mlp.experts.0.w3.weight", 6, 8),
                                b.parameter(name + ".mlp.experts.0.w2.weight", 8, 6),
                                b.parameter(name + ".mlp.experts.1.w1.weight", 6, 8),
                                b.parameter(name + ".mlp.experts.1.w3.weight", 6, 8),
                                b.parameter(name + ".mlp.experts.1.w2.weight", 8, 6)));
            });
        }
        b.output("last_hidden_state", x);
        b.output("logits", b.linear("lm_head", x, 16, false));
        return b.build();
    }

    @Test
    void layers_endOfName_matchesAtADotOnly() {
        assertThat(modules(graph(), "q_proj"))
                .containsExactly("model.layers.0.attn.q_proj", "model.layers.1.attn.q_proj");
        assertThat(modules(graph(), "1.attn.q_proj")).containsExactly("model.layers.1.attn.q_proj");
        assertThat(modules(graph(), "model.layers.0.attn.k_proj", "lm_head"))
                .containsExactly("model.layers.0.attn.k_proj", "lm_head");
        assertThatThrownBy(() -> modules(graph(), "proj")).isInstanceOf(ArgotException.class);
    }

    @Test
    void layers_allLinear_leavesOutHeadRouterAndExperts() {
        assertThat(modules(graph(), Lora.ALL_LINEAR))
                .containsExactly(
                        "model.layers.0.attn.q_proj",
                        "model.layers.0.attn.k_proj",
                        "model.layers.0.mlp.up_proj",
                        "model.layers.1.attn.q_proj",
                        "model.layers.1.attn.k_proj",
                        "model.layers.1.mlp.up_proj");
    }

    @Test
    void layers_targetThatFitsNothing_throwsAndListsWhatThereIs() {
        assertThatThrownBy(() -> modules(graph(), "q_proj", "query_key_value"))
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining("'query_key_value'")
                .hasMessageContaining("[gate, k_proj, lm_head, q_proj, up_proj]");
    }

    @Test
    void layers_targetThatNamesExperts_throwsAndSaysSo() {
        assertThatThrownBy(() -> modules(graph(), "w1"))
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining("'w1'")
                .hasMessageContaining("experts");
    }

    @Test
    void layers_patterns_theLongestCounts() {
        List<LoraLayer> layers = LoraRewrite.layers(
                graph(),
                lora(
                        Set.of("q_proj", "k_proj"),
                        Map.of("q_proj", 2, "layers.1.attn.q_proj", 1),
                        Map.of("layers.0.attn.k_proj", 12.0)));
        assertThat(layers)
                .containsExactly(
                        new LoraLayer("model.layers.0.attn.q_proj", 2, 4, false),
                        new LoraLayer("model.layers.0.attn.k_proj", 4, 3, false),
                        new LoraLayer("model.layers.1.attn.q_proj", 1, 8, false),
                        new LoraLayer("model.layers.1.attn.k_proj", 4, 2, false));
    }

    @Test
    void layers_rankStabilised_scalesByTheRoot() {
        var lora = new Lora(4, 8, 0, Set.of("lm_head"), true, true, Map.of(), Map.of());
        assertThat(LoraRewrite.layers(graph(), lora)).containsExactly(new LoraLayer("lm_head", 4, 4, true));
    }

    @Test
    void apply_addsMatricesNamedAsInPeft() {
        Graph adapted =
                LoraRewrite.apply(graph(), List.of(new LoraLayer("model.layers.0.attn.q_proj", 2, 1, true)), 0.1);
        List<Op.Parameter> added = adapted.parameters().stream()
                .filter(p -> !graph().parameters().contains(p))
                .toList();
        assertThat(added)
                .containsExactlyInAnyOrder(
                        new Op.Parameter("base_model.model.model.layers.0.attn.q_proj.lora_A.weight", List.of(2L, 8L)),
                        new Op.Parameter("base_model.model.model.layers.0.attn.q_proj.lora_B.weight", List.of(8L, 2L)),
                        new Op.Parameter(
                                "base_model.model.model.layers.0.attn.q_proj.lora_magnitude_vector", List.of(8L)));
        assertThat(adapted.outputs().keySet()).isEqualTo(graph().outputs().keySet());
    }

    @Test
    void apply_layerThatIsNotThere_throwsAndNamesIt() {
        assertThatThrownBy(() -> LoraRewrite.apply(graph(), List.of(new LoraLayer("encoder.q", 2, 1, false)), 0))
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining("encoder.q");
    }
}
