package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.argot.spi.CompiledModel;
import dev.argot.spi.Tensor;
import dev.argot.spi.graph.Rewrites;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Documents packed into one row give the recorded numbers of the same documents each alone, on every engine. */
@ParameterizedClass(name = "{0}")
@MethodSource("dev.argot.conformance.ModelCase#objectives")
class PackingGoldenTest {
    private final ModelCase golden;
    private final JsonNode packing;

    /** Failures say which case and engine. */
    @RegisterExtension
    final TestExecutionExceptionHandler naming;

    PackingGoldenTest(ModelCase golden) {
        this.golden = golden;
        this.naming = golden.naming();
        this.packing = golden.expected().get("packing");
    }

    @Test
    void logits_packedRow_equalTheReference() {
        try (CompiledModel packed = packed()) {
            Tensor logits = packed.run(inputs(), List.of("logits")).get("logits");
            long[] all = new long[packing.get("input_ids").size()];
            Arrays.fill(all, 1);
            golden.assertClose(
                    "packing.logits",
                    (Tensor.Floats) logits,
                    new Tensor.Longs(all, 1, all.length),
                    golden.tolerance("packing.logits"));
        }
    }

    @Test
    void loss_packedRow_equalsTheSumOverSeparateDocuments() {
        int targets = packing.get("targets").asInt();
        double tolerance = golden.tolerance("packing.loss_sum");
        try (CompiledModel packed = packed()) {
            double sum = loss(packed, inputs()) * targets;
            assertThat(sum).isCloseTo(packing.get("packed_loss_sum_f64").asDouble(), within(tolerance));
        }
        for (int i = 0; i < packing.get("documents").size(); i++) {
            JsonNode document = packing.get("documents").get(i);
            Tensor ids = row(document);
            double sum = loss(golden.model(), Map.of("input_ids", ids, "labels", ids)) * (document.size() - 1);
            assertThat(sum)
                    .isCloseTo(packing.get("separate_loss_sums_f64").get(i).asDouble(), within(tolerance));
        }
    }

    private CompiledModel packed() {
        return golden.model().derive(Rewrites.packed(golden.model().graph()));
    }

    private static double loss(CompiledModel model, Map<String, Tensor> inputs) {
        return ((Tensor.Floats) model.run(inputs, List.of("loss")).get("loss")).data()[0];
    }

    private Map<String, Tensor> inputs() {
        return Map.of(
                "input_ids", row(packing.get("input_ids")),
                "position_ids", row(packing.get("position_ids")),
                "document_ids", row(packing.get("segment_of_token")),
                "labels", row(packing.get("labels")));
    }

    private static Tensor row(JsonNode list) {
        return new Tensor.Longs(
                IntStream.range(0, list.size())
                        .mapToLong(i -> list.get(i).asLong())
                        .toArray(),
                1,
                list.size());
    }
}
