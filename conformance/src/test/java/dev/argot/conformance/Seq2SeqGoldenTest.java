package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.argot.spi.CompiledModel;
import dev.argot.spi.Tensor;
import dev.argot.spi.graph.Graph;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.Op;
import dev.argot.spi.graph.Rewrites;
import dev.argot.spi.graph.Type;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Every golden encoder-decoder checkpoint gives the numbers of the reference implementation, on every engine. */
@ParameterizedClass(name = "{0}")
@MethodSource("dev.argot.conformance.ModelCase#seq2seq")
class Seq2SeqGoldenTest {
    private final ModelCase golden;

    /** Failures say which case and engine. */
    @RegisterExtension
    final TestExecutionExceptionHandler naming;

    Seq2SeqGoldenTest(ModelCase golden) {
        this.golden = golden;
        this.naming = golden.naming();
    }

    @Test
    void logits_paddedBatch_equalTheReference() {
        assertClose("logits", run("logits"), golden.tokens());
    }

    @Test
    void hiddenStates_paddedBatch_equalTheReference() {
        assertClose(
                "encoder_last_hidden_state", run("encoder_last_hidden_state"), golden.longs("attention_mask"));
        assertClose("decoder_last_hidden_state", run("decoder_last_hidden_state"), golden.tokens());
        assertClose("decoder_last_hidden_state", run("last_hidden_state"), golden.tokens());
    }

    @Test
    void loss_paddedBatch_equalsTheReference() {
        assertThat(run("loss").data()[0])
                .isCloseTo((float) golden.expected().get("loss").asDouble(), within((float) golden.tolerance("loss")));
    }

    @Test
    void attention_ofTheEncoder_equalsTheReference() {
        assertAttention("encoder_attention_layer0", a -> queries(a) == Type.SOURCE, golden.longs("attention_mask"));
    }

    @Test
    void attention_ofTheDecoder_equalsTheReference() {
        assertAttention(
                "decoder_attention_layer0", a -> queries(a) == Type.QUERY && !Rewrites.isCross(a), golden.tokens());
    }

    @Test
    void attention_ofTheDecoderToTheEncoder_equalsTheReference() {
        assertAttention("cross_attention_layer0", Rewrites::isCross, golden.tokens());
    }

    private static long queries(Node attention) {
        return attention.inputs().get(0).type().dimension(2);
    }

    /** Compares the attention of the first layer of a kind, [B, n, T, S], where the mask [B, T] of the queries is 1. */
    private void assertAttention(String name, Predicate<Node> kind, Tensor.Longs mask) {
        Graph graph = golden.model().graph();
        String module = graph.nodes().stream()
                .filter(n -> n.op() instanceof Op.Attention && kind.test(n))
                .map(n -> ((Op.Attention) n.op()).name())
                .findFirst()
                .orElseThrow();
        String output = "attention:" + module;
        Tensor.Floats wanted = golden.floats(name);
        try (CompiledModel model = golden.model().derive(Rewrites.captureAttention(graph, module::equals))) {
            var actual = (Tensor.Floats)
                    model.run(golden.inputs(), List.of(output)).get(output);
            assertThat(actual.shape()).isEqualTo(wanted.shape());
            int n = (int) wanted.shape()[1];
            int t = (int) wanted.shape()[2];
            int s = (int) wanted.shape()[3];
            for (int i = 0; i < wanted.data().length; i++) {
                int query = i / (n * t * s) * t + i / s % t;
                if (mask.data()[query] == 1) {
                    assertThat(actual.data()[i])
                            .as("%s of query %d to key %d", name, query, i % s)
                            .isCloseTo(wanted.data()[i], within((float) golden.tolerance(name)));
                }
            }
        }
    }

    private Tensor.Floats run(String output) {
        return (Tensor.Floats)
                golden.model().run(golden.inputs(), List.of(output)).get(output);
    }

    private void assertClose(String name, Tensor.Floats actual, Tensor.Longs mask) {
        golden.assertClose(name, actual, mask, golden.tolerance(name));
    }
}
