package dev.argot.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.argot.api.adaptation.Lora;
import dev.argot.spi.CompiledModel;
import dev.argot.spi.LoraLayer;
import dev.argot.spi.LoraRewrite;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.WeightSource;
import dev.argot.spi.graph.Graph;
import dev.argot.spi.graph.Op;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** A recorded PEFT adapter, read independently of the library under test. */
record Adapter(Lora lora, Map<String, Safetensors.Entry> tensors) implements WeightSource {
    private static final String PREFIX = "base_model.model.";

    static Adapter read(Path folder) {
        JsonNode json;
        try {
            json = new ObjectMapper()
                    .readTree(folder.resolve("adapter_config.json").toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Set<String> targets = new TreeSet<>();
        json.get("target_modules").forEach(name -> targets.add(name.asText()));
        Map<String, Integer> ranks = new HashMap<>();
        json.path("rank_pattern")
                .properties()
                .forEach(e -> ranks.put(e.getKey(), e.getValue().asInt()));
        Map<String, Double> alphas = new HashMap<>();
        json.path("alpha_pattern")
                .properties()
                .forEach(e -> alphas.put(e.getKey(), e.getValue().asDouble()));
        var lora = new Lora(
                json.get("r").asInt(),
                json.get("lora_alpha").asDouble(),
                json.get("lora_dropout").asDouble(),
                targets,
                json.get("use_rslora").asBoolean(),
                json.get("use_dora").asBoolean(),
                ranks,
                alphas);
        return new Adapter(lora, Safetensors.read(folder.resolve("adapter_model.safetensors")));
    }

    @Override
    public StoredTensor tensor(Op.Parameter parameter) {
        return Optional.ofNullable(tensors.get(parameter.name()))
                .filter(tensor -> tensor.shape().equals(parameter.shape()))
                .orElseThrow(() -> new IllegalArgumentException("no tensor " + parameter));
    }

    /** A model with this adapter; what the adapter saves whole stands in the base's place. */
    CompiledModel on(ModelCase golden) {
        try (CompiledModel base = golden.compile(replacements())) {
            return base.derive(graph(base.graph()), this);
        }
    }

    /** Tensors that were trained whole, by the names they have in the model. */
    private Map<String, StoredTensor> replacements() {
        return tensors.values().stream()
                .filter(tensor -> !tensor.name().contains(".lora_"))
                .collect(Collectors.toMap(tensor -> tensor.name().substring(PREFIX.length()), tensor -> tensor));
    }

    private Graph graph(Graph base) {
        List<LoraLayer> layers = LoraRewrite.layers(base, lora);
        return LoraRewrite.apply(base, layers, 0);
    }

    /** The adapter's parameters in a graph, by the names in its file. */
    Map<String, Op.Parameter> parameters(CompiledModel model) {
        Set<String> replaced = replacements().keySet();
        return model.graph().parameters().stream()
                .filter(p -> p.name().contains(".lora_") || replaced.contains(p.name()))
                .collect(Collectors.toMap(p -> replaced.contains(p.name()) ? PREFIX + p.name() : p.name(), p -> p));
    }
}
