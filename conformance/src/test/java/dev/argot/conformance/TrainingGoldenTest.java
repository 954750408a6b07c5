package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.argot.spi.CompiledModel;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.Tensor;
import dev.argot.spi.Trainer;
import dev.argot.spi.graph.Op;
import java.nio.FloatBuffer;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Every golden checkpoint with a loss trains as with the reference implementation, on every engine that trains. */
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
                golden.assertClose("grad." + name, floats(gradients, inModel(name)));
            }
        }
    }

    @Test
    void gradientNorms_everyParameter_equalTheReference() {
        try (Trainer trainer = golden.model().openTrainer(request(golden.model()))) {
            golden.assertNormsAsRecorded(trainer.gradients(golden.inputs()), this::inModel);
        }
    }

    @Test
    void adamW_threeSteps_equalTheReference() {
        try (CompiledModel model = golden.compile()) {
            try (Trainer trainer = model.openTrainer(request(model))) {
                golden.assertStepsAsRecorded(trainer);
            }
            Map<String, Op.Parameter> parameters =
                    model.graph().parameters().stream().collect(Collectors.toMap(Op.Parameter::name, p -> p));
            for (String name : golden.namesAfter("after3.")) {
                StoredTensor tensor = model.weights().tensor(parameters.get(inModel(name)));
                float[] data = new float[(int) tensor.elements()];
                tensor.toFloat32(0, FloatBuffer.wrap(data));
                golden.assertClose("after3." + name, data);
            }
        }
    }

    private Trainer.Request request(CompiledModel model) {
        Set<String> buffers = golden.buffers();
        Set<String> all = model.graph().parameters().stream()
                .map(Op.Parameter::name)
                .filter(name -> !buffers.contains(name))
                .collect(Collectors.toSet());
        return golden.adamW(all);
    }

    /** The model's name of a checkpoint's tensor: checkpoints of a bare base model leave out the prefix. */
    private String inModel(String name) {
        return golden.model().graph().parameters().stream()
                .map(Op.Parameter::name)
                .filter(p -> p.equals(name) || p.equals(golden.prefix() + name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no parameter " + name));
    }

    private static float[] floats(Map<String, Tensor> gradients, String name) {
        if (gradients.get(name) instanceof Tensor.Floats floats) {
            return floats.data();
        }
        throw new IllegalArgumentException("no gradient " + name + " among " + gradients.keySet());
    }
}
