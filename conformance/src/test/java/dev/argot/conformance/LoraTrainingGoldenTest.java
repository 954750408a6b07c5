package dev.argot.conformance;

import dev.argot.spi.CompiledModel;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.Tensor;
import dev.argot.spi.Trainer;
import dev.argot.spi.graph.Op;
import java.nio.FloatBuffer;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Every golden LoRA adapter trains as with PEFT, the base frozen, on every engine that trains. */
@ParameterizedClass(name = "{0}")
@MethodSource("dev.argot.conformance.ModelCase#trainableLora")
class LoraTrainingGoldenTest {
    private final ModelCase golden;

    /** Failures say which case and engine. */
    @RegisterExtension
    final TestExecutionExceptionHandler naming;

    LoraTrainingGoldenTest(ModelCase golden) {
        this.golden = golden;
        this.naming = golden.naming();
    }

    @Test
    void gradients_ofTheAdapter_equalTheReference() {
        Adapter adapter = Adapter.read(golden.file("adapter"));
        try (CompiledModel model = adapter.on(golden);
                Trainer trainer = model.openTrainer(request(adapter, model))) {
            Map<String, Op.Parameter> parameters = adapter.parameters(model);
            Map<String, Tensor> gradients = trainer.gradients(golden.inputs());
            golden.assertNormsAsRecorded(
                    gradients, name -> parameters.get(inFile(name)).name());
            for (String name : golden.namesAfter("grad.")) {
                Tensor gradient = gradients.get(parameters.get(inFile(name)).name());
                golden.assertClose("grad." + name, ((Tensor.Floats) gradient).data());
            }
        }
    }

    @Test
    void adamW_threeStepsOfTheAdapter_equalTheReference() {
        Adapter adapter = Adapter.read(golden.file("adapter"));
        try (CompiledModel model = adapter.on(golden)) {
            try (Trainer trainer = model.openTrainer(request(adapter, model))) {
                golden.assertStepsAsRecorded(trainer);
            }
            Map<String, Op.Parameter> parameters = adapter.parameters(model);
            for (String name : golden.namesAfter("after3.")) {
                StoredTensor tensor = model.weights().tensor(parameters.get(inFile(name)));
                float[] data = new float[(int) tensor.elements()];
                tensor.toFloat32(0, FloatBuffer.wrap(data));
                golden.assertClose("after3." + name, data);
            }
        }
    }

    private Trainer.Request request(Adapter adapter, CompiledModel model) {
        return golden.adamW(
                adapter.parameters(model).values().stream().map(Op.Parameter::name).collect(Collectors.toSet()));
    }

    /** Magnitudes have another name in PEFT's files than in its modules. */
    private static String inFile(String name) {
        return name.replace("lora_magnitude_vector.weight", "lora_magnitude_vector");
    }
}
