package dev.argot.models.format;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.argot.api.ArgotException;
import dev.argot.api.FileFormatException;
import dev.argot.api.CausalModel;
import dev.argot.api.SequenceClassifier;
import dev.argot.api.adaptation.Lora;
import dev.argot.spi.Adapter;
import dev.argot.spi.AdapterFormatProvider.SaveRequest;
import dev.argot.spi.Config;
import dev.argot.spi.ElementType;
import dev.argot.spi.LoraLayer;
import dev.argot.spi.StoredTensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PeftFormatTest {
    private static final String Q0 = "model.layers.0.self_attn.q_proj";
    private static final String V0 = "model.layers.0.self_attn.v_proj";
    private static final String UP11 = "model.layers.11.mlp.up_proj";

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private Path temp;

    private record Values(String name, List<Long> shape, float first) implements StoredTensor {
        @Override
        public ElementType type() {
            return ElementType.FLOAT32;
        }

        @Override
        public Optional<ByteBuffer> mapped() {
            return Optional.empty();
        }

        @Override
        public void toFloat32(long from, FloatBuffer target) {
            while (target.hasRemaining()) {
                target.put(first + from++);
            }
        }
    }

    private static List<StoredTensor> tensors(List<LoraLayer> layers) {
        var tensors = new ArrayList<StoredTensor>();
        for (LoraLayer layer : layers) {
            tensors.add(new Values(layer.a(), List.of((long) layer.rank(), 6L), 1));
            tensors.add(new Values(layer.b(), List.of(4L, (long) layer.rank()), 2));
            if (layer.dora()) {
                tensors.add(new Values(layer.magnitude(), List.of(4L), 3));
            }
        }
        return tensors;
    }

    private static SaveRequest request(Path folder, Lora settings, List<LoraLayer> layers) {
        return new SaveRequest(
                folder,
                settings,
                layers,
                tensors(layers),
                "owner/base",
                CausalModel.class,
                false,
                ElementType.FLOAT32,
                Map.of());
    }

    @Test
    void save_thenOpen_givesLayersAndTensorsBack() {
        // GIVEN
        var settings = new Lora(
                2,
                4,
                0.1,
                Set.of("q_proj", "self_attn.v_proj"),
                true,
                true,
                Map.of("v_proj", 3),
                Map.of("layers.0.self_attn.v_proj", 1.5, "v_proj", 7.0));
        List<LoraLayer> layers =
                List.of(new LoraLayer(Q0, 2, 4 / Math.sqrt(2), true), new LoraLayer(V0, 3, 1.5 / Math.sqrt(3), true));
        // WHEN
        new PeftFormat().save(request(temp.resolve("a"), settings, layers));
        // THEN
        then(new PeftFormat().recognises(temp.resolve("a"))).isTrue();
        try (Adapter adapter = new PeftFormat().open(temp.resolve("a"))) {
            then(adapter.layers()).isEqualTo(layers);
            then(adapter.base()).isEqualTo("owner/base");
            then(adapter.config().string("task_type")).isEqualTo("CAUSAL_LM");
            then(adapter.tensors()).hasSize(6);
            then(Golden.floats(Golden.tensor(adapter.tensors(), layers.get(1).b())))
                    .containsExactly(2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13);
            then(adapter.replacements()).isEmpty();
        }
    }

    @Test
    void save_tensorsTrainedWhole_comeBackAsReplacements() {
        // GIVEN
        List<LoraLayer> layers = List.of(new LoraLayer(Q0, 8, 2, false));
        var tensors = new ArrayList<>(tensors(layers));
        tensors.add(new Values(LoraLayer.saved("classifier.weight"), List.of(3L, 6L), 5));
        tensors.add(new Values(LoraLayer.saved("classifier.bias"), List.of(3L), 7));
        byte[] config = "{\"model_type\": \"bert\"}".getBytes(StandardCharsets.UTF_8);
        // WHEN
        new PeftFormat()
                .save(new SaveRequest(
                        temp.resolve("a"),
                        Lora.ofRank(8),
                        layers,
                        tensors,
                        "owner/base",
                        SequenceClassifier.class,
                        false,
                        ElementType.FLOAT32,
                        Map.of("config.json", config)));
        // THEN
        try (Adapter adapter = new PeftFormat().open(temp.resolve("a"))) {
            then(adapter.config().list("modules_to_save")).isEqualTo(List.of("classifier"));
            then(adapter.config().string("task_type")).isEqualTo("SEQ_CLS");
            then(adapter.replacements()).containsOnlyKeys("classifier.weight", "classifier.bias");
            then(Golden.floats(Golden.tensor(adapter.replacements(), "classifier.bias")))
                    .containsExactly(7, 8, 9);
            then(adapter.modelConfig().orElseThrow().string("model_type")).isEqualTo("bert");
        }
    }

    @Test
    void save_tensorOfNoLayerAndNoModule_isRefused() {
        List<LoraLayer> layers = List.of(new LoraLayer(Q0, 8, 2, false));
        var tensors = new ArrayList<>(tensors(layers));
        tensors.add(new Values("classifier.bias", List.of(3L), 7));
        var request = new SaveRequest(
                temp.resolve("a"),
                Lora.ofRank(8),
                layers,
                tensors,
                "owner/base",
                SequenceClassifier.class,
                false,
                ElementType.FLOAT32,
                Map.of());
        thenThrownBy(() -> new PeftFormat().save(request))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'classifier.bias'");
        then(temp.resolve("a")).doesNotExist();
    }

    @Test
    void save_allLinear_namesTheModulesAsPeftDoes() {
        List<LoraLayer> layers = List.of(new LoraLayer(Q0, 8, 2, false), new LoraLayer(UP11, 8, 2, false));
        new PeftFormat().save(request(temp.resolve("a"), Lora.ofRank(8), layers));
        try (Adapter adapter = new PeftFormat().open(temp.resolve("a"))) {
            then(adapter.config().list("target_modules")).isEqualTo(List.of("q_proj", "up_proj"));
            then(adapter.layers()).isEqualTo(layers);
        }
    }

    @Test
    void save_settingsThatDoNotGiveTheLayers_areRefused() {
        List<LoraLayer> layers = List.of(new LoraLayer(Q0, 4, 2, false));
        thenThrownBy(() -> new PeftFormat().save(request(temp.resolve("a"), Lora.ofRank(8), layers)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(Q0);
        then(temp).isEmptyDirectory();
    }

    @Test
    void save_folderInTheWay_isRefused() throws IOException {
        Files.writeString(temp.resolve("file"), "mine");
        List<LoraLayer> layers = List.of(new LoraLayer(Q0, 8, 2, false));
        thenThrownBy(() -> new PeftFormat().save(request(temp, Lora.ofRank(8), layers)))
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining("in the way");
        then(Files.readString(temp.resolve("file"))).isEqualTo("mine");
    }

    // ---- configurations

    private static PeftConfig config(String json) {
        Path file = Path.of("adapter_config.json");
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        values.put("peft_type", "LORA");
        values.putAll(Json.object(file, json.replace('\'', '"').getBytes(StandardCharsets.UTF_8)));
        return new PeftConfig(new Config(file, values));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{'target_modules': ['q_proj']} | true | false | false",
                "{'target_modules': ['self_attn.q_proj', 'model.layers.11.mlp.up_proj']} | true | false | true",
                "{'target_modules': ['proj']} | false | false | false",
                "{'target_modules': '.*_proj', 'exclude_modules': ['v_proj']} | true | false | true",
                "{'target_modules': 'all-linear', 'exclude_modules': '.*mlp.*'} | true | true | false",
                "{'target_modules': ['q_proj', 'up_proj'], 'layers_to_transform': [11]} | false | false | true",
                "{'target_modules': ['q_proj', 'up_proj'], 'layers_to_transform': 0, 'layers_pattern': 'layers'} | true | false"
                        + " | false",
                "{'target_modules': ['q_proj', 'up_proj'], 'layers_to_transform': 0, 'layers_pattern': 'h'} | false | false"
                        + " | false",
                "{'target_modules': ['q_proj', 'v_proj'], 'modules_to_save': ['q_proj']} | false | true | false",
            })
    void targets_likePeft(String json, boolean q0, boolean v0, boolean up11) {
        PeftConfig config = config(json);
        then(List.of(config.targets(Q0), config.targets(V0), config.targets(UP11)))
                .as(json)
                .containsExactly(q0, v0, up11);
    }

    @Test
    void layer_patterns_takeTheFirstThatFits() {
        PeftConfig config = config("{'target_modules': ['q_proj'], 'r': 4, 'lora_alpha': 6, 'use_rslora': false,"
                + " 'rank_pattern': {'layers.0.self_attn.q_proj': 2, 'q_proj': 16}, 'alpha_pattern': {'up_.*': 32}}");
        then(config.layer(Q0)).isEqualTo(new LoraLayer(Q0, 2, 3, false));
        then(config.layer(V0)).isEqualTo(new LoraLayer(V0, 4, 1.5, false));
        then(config.layer(UP11)).isEqualTo(new LoraLayer(UP11, 4, 8, false));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "'use_qalora': true | use_qalora",
                "'some_new_setting': 3 | some_new_setting",
                "'layer_replication': [[0, 1]] | layer_replication",
                "'lora_bias': true | lora_bias",
                "'bias': 'all' | bias",
                "'init_lora_weights': 'pissa' | pissa",
                "'target_parameters': ['experts.w1'] | target_parameters",
                "'rank_pattern': {'q_proj': 0} | rank_pattern.q_proj",
                "'layers_to_transform': ['one'] | layers_to_transform",
                "'r': 1.5 | 'r'",
                "'target_modules': [] | target_modules",
                "'target_modules': [3] | target_modules",
            })
    void open_settingNotSupported_isRefusedByName(String setting, String named) {
        String json = setting.startsWith("'target_modules'")
                ? "{" + setting + "}"
                : "{'target_modules': ['q_proj'], " + setting + "}";
        thenThrownBy(() -> config(json))
                .as(json)
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("adapter_config.json")
                .hasMessageContaining(named);
    }

    @Test
    void targets_expressionThatBacktracksWithoutEnd_isRefused() {
        PeftConfig config = config("{'target_modules': '(([a-z0-9_.]+)+)+!'}");
        thenThrownBy(() -> config.targets(Q0 + Q0 + Q0))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("too long");
    }

    @Test
    void open_pickleInsteadOfSafetensors_isRefused() throws IOException {
        Files.writeString(
                temp.resolve("adapter_config.json"), "{\"peft_type\": \"LORA\", \"target_modules\": [\"q_proj\"]}");
        Files.write(temp.resolve("adapter_model.bin"), new byte[9]);
        thenThrownBy(() -> new PeftFormat().open(temp))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("adapter_model.safetensors")
                .hasMessageContaining("pickle");
    }
}
