package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.argot.api.adaptation.Optimizer;
import dev.argot.spi.CompiledModel;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.Tensor;
import dev.argot.spi.Trainer;
import dev.argot.spi.graph.Op;
import java.nio.FloatBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Every golden decoder checkpoint trains as with the reference implementation, on every engine that trains. */
@ParameterizedClass(name = "{0}")
@MethodSource("dev.argot.conformance.ModelCase#trainable")
class TrainingGoldenTest {
    private final ModelCase golden;

    /** Failures say which case and engine. */
    @RegisterExtension
    final TestExecutionExceptionHandler naming;

    TrainingGoldenTest(ModelCase golden) {
        this.golden = golden;
        this.naming = golden.naming();
    }

    @Test
    void gradients_paddedBatch_equalTheReference() {
        try (Trainer trainer = golden.model().openTrainer(request(golden.model()))) {
            Map<String, Tensor> gradients = trainer.gradients(golden.inputs());
            assertThat((double) floats(gradients, "loss")[0])
                    .isCloseTo(golden.expected().get("loss").asDouble(), within(golden.tolerance("loss")));
            for (String name : golden.namesAfter("grad.")) {
                assertClose("grad." + name, floats(gradients, inModel(name)));
            }
        }
    }

    @Test
    void gradientNorms_everyParameter_equalTheReference() {
        Set<String> withoutGradient = names(golden.expected().path("zero_gradient_parameters"));
        try (Trainer trainer = golden.model().openTrainer(request(golden.model()))) {
            Map<String, Tensor> gradients = trainer.gradients(golden.inputs());
            golden.expected().get("grad_norms_f64").properties().forEach(entry -> {
                if (!withoutGradient.contains(entry.getKey())) {
                    double squares = 0;
                    for (float g : floats(gradients, inModel(entry.getKey()))) {
                        squares += (double) g * g;
                    }
                    assertThat(Math.sqrt(squares))
                            .as("norm of the gradient of %s", entry.getKey())
                            .isCloseTo(
                                    entry.getValue().asDouble(),
                                    within(1e-5 + 1e-4 * entry.getValue().asDouble()));
                }
            });
        }
    }

    @Test
    void adamW_threeSteps_equalTheReference() {
        JsonNode adamw = golden.expected().get("adamw");
        double tolerance = golden.tolerance("adamw.losses");
        try (CompiledModel model = golden.compile()) {
            try (Trainer trainer = model.openTrainer(request(model))) {
                for (int step = 0; step < adamw.get("steps").asInt(); step++) {
                    Trainer.Result result = trainer.step(new Trainer.StepRequest(
                            List.of(golden.inputs()),
                            new Trainer.Update(
                                    adamw.get("lr").asDouble(),
                                    adamw.get("max_grad_norm").asDouble())));
                    assertThat(result.loss())
                            .as("loss before step %d", step)
                            .isCloseTo(adamw.get("losses_f64").get(step).asDouble(), within(tolerance));
                    double norm =
                            adamw.get("grad_norms_before_clip_f64").get(step).asDouble();
                    assertThat(result.gradientNorm()).isCloseTo(norm, within(1e-4 * norm));
                }
                Tensor last = trainer.gradients(golden.inputs()).get("loss");
                assertThat((double) ((Tensor.Floats) last).data()[0])
                        .as("loss after the last step")
                        .isCloseTo(
                                adamw.get("losses_f64")
                                        .get(adamw.get("steps").asInt())
                                        .asDouble(),
                                within(tolerance));
            }
            Map<String, Op.Parameter> parameters =
                    model.graph().parameters().stream().collect(Collectors.toMap(Op.Parameter::name, p -> p));
            for (String name : golden.namesAfter("after3.")) {
                StoredTensor tensor = model.weights().tensor(parameters.get(inModel(name)));
                float[] data = new float[(int) tensor.elements()];
                tensor.toFloat32(0, FloatBuffer.wrap(data));
                assertClose("after3." + name, data);
            }
        }
    }

    /** Every element within the tolerance; else, where single elements are ill-conditioned, the root mean square well within it. */
    private void assertClose(String name, float[] actual) {
        float[] wanted = golden.floats(name).data();
        assertThat(actual).as(name).hasSameSizeAs(wanted);
        double largest = 0;
        double squares = 0;
        for (int i = 0; i < wanted.length; i++) {
            double distance = Math.abs((double) actual[i] - wanted[i]);
            largest = Math.max(largest, distance);
            squares += distance * distance;
        }
        double tolerance = golden.tolerance(name);
        if (largest > tolerance && name.startsWith("after3.")) {
            double rms = golden.expected()
                    .path("tolerance")
                    .path(name)
                    .path("rms_diff_f32_f64")
                    .asDouble();
            assertThat(Math.sqrt(squares / wanted.length))
                    .as("root mean square distance of %s, largest %s", name, largest)
                    .isLessThanOrEqualTo(Math.max(10 * rms, tolerance));
        } else {
            assertThat(largest).as("largest distance of %s", name).isLessThanOrEqualTo(tolerance);
        }
    }

    private Trainer.Request request(CompiledModel model) {
        JsonNode adamw = golden.expected().get("adamw");
        Set<String> all =
                model.graph().parameters().stream().map(Op.Parameter::name).collect(Collectors.toSet());
        return new Trainer.Request(
                all,
                new Optimizer.AdamW(
                        adamw.get("betas").get(0).asDouble(),
                        adamw.get("betas").get(1).asDouble(),
                        adamw.get("eps").asDouble(),
                        adamw.get("weight_decay").asDouble(),
                        adamw.get("weight_decay_on").asText().equals("all"),
                        false));
    }

    /** The model's name of a checkpoint's tensor: checkpoints of a bare base model leave out the prefix. */
    private String inModel(String name) {
        return golden.model().graph().parameters().stream()
                .map(Op.Parameter::name)
                .filter(p -> p.equals(name) || p.equals(golden.prefix() + name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no parameter " + name));
    }

    private static Set<String> names(JsonNode list) {
        Set<String> names = new HashSet<>();
        list.forEach(name -> names.add(name.asText()));
        return names;
    }

    private static float[] floats(Map<String, Tensor> gradients, String name) {
        if (gradients.get(name) instanceof Tensor.Floats floats) {
            return floats.data();
        }
        throw new IllegalArgumentException("no gradient " + name + " among " + gradients.keySet());
    }
}
