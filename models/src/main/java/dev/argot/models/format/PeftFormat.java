package dev.argot.models.format;

import dev.argot.api.FileFormatException;
import dev.argot.spi.Adapter;
import dev.argot.spi.AdapterFormatProvider;
import dev.argot.spi.Config;
import dev.argot.spi.ElementType;
import dev.argot.spi.LoraLayer;
import dev.argot.spi.StoredTensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The folder that Hugging Face PEFT saves for LoRA (Hu et al. 2021), rsLoRA and DoRA: {@code adapter_config.json} and
 * {@code adapter_model.safetensors}. Tensors are named {@code base_model.model.MODULE.lora_A.weight}, {@code …lora_B.weight} and
 * {@code …lora_magnitude_vector} (some versions add {@code .weight}); tensors of {@code modules_to_save} have the model's names after
 * {@code base_model.model.}.
 */
public final class PeftFormat implements AdapterFormatProvider {
    static final String CONFIG = "adapter_config.json";
    static final String WEIGHTS = "adapter_model.safetensors";

    private static final String PREFIX = "base_model.model.";
    private static final String A = ".lora_A.weight";
    private static final String B = ".lora_B.weight";
    private static final String MAGNITUDE = ".lora_magnitude_vector";
    private static final Set<ElementType> FLOATS =
            Set.of(ElementType.FLOAT32, ElementType.FLOAT16, ElementType.BFLOAT16, ElementType.FLOAT64);

    /** Made by the service loader. */
    public PeftFormat() {}

    @Override
    public String name() {
        return "peft";
    }

    @Override
    public boolean recognises(Path folder) {
        return Files.isDirectory(folder) && new ModelFolder(folder).has(CONFIG);
    }

    @Override
    public Adapter open(Path path) {
        var folder = new ModelFolder(path);
        Config file = folder.config(CONFIG);
        var config = new PeftConfig(file);
        if (!folder.has(WEIGHTS)) {
            throw new FileFormatException(
                    path,
                    "expected " + WEIGHTS + ", but it is missing"
                            + (folder.has("adapter_model.bin")
                                    ? "; adapter_model.bin is a pickle, which is not read, since loading one can run any"
                                            + " code it contains"
                                    : ""));
        }
        var weights = new SafetensorsFile(folder.file(WEIGHTS, path));
        try {
            return new Reader(path.resolve(WEIGHTS), config)
                    .read(path, file, folder.optionalConfig(HuggingFaceFormat.CONFIG), weights);
        } catch (RuntimeException e) {
            weights.close();
            throw e;
        }
    }

    @Override
    public void save(SaveRequest request) {
        new PeftWriter(request).write();
    }

    /** An opened adapter. */
    private record OpenAdapter(
            Path location,
            Config config,
            Optional<Config> modelConfig,
            PeftConfig settings,
            List<LoraLayer> layers,
            Map<String, StoredTensor> tensors,
            Map<String, StoredTensor> replacements,
            SafetensorsFile file)
            implements Adapter {
        OpenAdapter {
            layers = List.copyOf(layers);
            tensors = Collections.unmodifiableMap(tensors);
            replacements = Collections.unmodifiableMap(replacements);
        }

        @Override
        public String format() {
            return "peft";
        }

        @Override
        public String base() {
            return settings.base();
        }

        @Override
        public boolean targets(String module) {
            return settings.targets(module);
        }

        @Override
        public boolean inOut() {
            return settings.fanInFanOut();
        }

        @Override
        public void close() {
            file.close();
        }
    }

    /** Compares the tensors of a file with its configuration. */
    private static final class Reader {
        private final Path file;
        private final PeftConfig config;
        private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        private final Map<String, StoredTensor> replacements = new LinkedHashMap<>();
        private final Set<String> modules = new LinkedHashSet<>();

        Reader(Path file, PeftConfig config) {
            this.file = file;
            this.config = config;
        }

        OpenAdapter read(Path folder, Config raw, Optional<Config> model, SafetensorsFile weights) {
            weights.tensors().values().forEach(this::sort);
            if (modules.isEmpty() && replacements.isEmpty()) {
                throw new FileFormatException(
                        file, "expected tensors such as '" + PREFIX + "MODULE" + A + "', found none");
            }
            List<LoraLayer> layers = modules.stream().map(config::layer).toList();
            layers.forEach(this::check);
            return new OpenAdapter(folder, raw, model, config, layers, tensors, replacements, weights);
        }

        private void sort(StoredTensor tensor) {
            String name = tensor.name();
            if (!name.startsWith(PREFIX)) {
                throw error(name, "expected a name that begins with '" + PREFIX + "'");
            }
            if (!FLOATS.contains(tensor.type())) {
                throw error(name, "expected floating-point numbers, found " + tensor.describe());
            }
            String rest = name.substring(PREFIX.length());
            String plain = rest.endsWith(MAGNITUDE + ".weight") ? rest.substring(0, rest.length() - 7) : rest;
            for (String kind : List.of(A, B, MAGNITUDE)) {
                if (plain.endsWith(kind)) {
                    modules.add(plain.substring(0, plain.length() - kind.length()));
                    String canonical = PREFIX + plain;
                    StoredTensor other = tensors.put(
                            canonical, canonical.equals(name) ? tensor : TensorView.renamed(tensor, canonical));
                    if (other != null) {
                        throw error(name, "is there twice, with and without '.weight'");
                    }
                    return;
                }
            }
            int dot = rest.lastIndexOf('.');
            if (rest.contains(".lora_") || dot < 0 || !config.isSaved(rest.substring(0, dot))) {
                throw error(
                        name,
                        "expected '" + A + "', '" + B + "' or '" + MAGNITUDE
                                + "' of a linear layer, or a module named in modules_to_save " + config.saved());
            }
            replacements.put(rest, TensorView.renamed(tensor, rest));
        }

        private void check(LoraLayer layer) {
            if (!config.targets(layer.module())) {
                throw error(
                        layer.a(),
                        "target_modules in " + CONFIG + " does not choose the module '" + layer.module() + "'");
            }
            StoredTensor a = tensor(layer.a());
            StoredTensor b = tensor(layer.b());
            if (a.shape().size() != 2 || a.shape().getFirst() != layer.rank()) {
                throw error(
                        layer.a(),
                        "expected shape [" + layer.rank() + ", in] (r in " + CONFIG + "), found " + a.shape());
            }
            if (b.shape().size() != 2 || b.shape().getLast() != layer.rank()) {
                throw error(
                        layer.b(),
                        "expected shape [out, " + layer.rank() + "] (r in " + CONFIG + "), found " + b.shape());
            }
            if (layer.dora()) {
                StoredTensor magnitude = tensor(layer.magnitude());
                if (!magnitude.shape().equals(b.shape().subList(0, 1))) {
                    throw error(
                            layer.magnitude(),
                            "expected shape " + b.shape().subList(0, 1) + ", found " + magnitude.shape());
                }
            } else if (tensors.containsKey(layer.magnitude())) {
                throw error(layer.magnitude(), "is there, but use_dora in " + CONFIG + " is not true");
            }
        }

        private StoredTensor tensor(String name) {
            StoredTensor tensor = tensors.get(name);
            if (tensor == null) {
                throw error(name, "expected this tensor, but it is missing");
            }
            return tensor;
        }

        private FileFormatException error(String tensor, String problem) {
            return new FileFormatException(file, "tensor '" + ModelFolder.printable(tensor) + "': " + problem);
        }
    }
}
