package dev.argot.models.format;

import dev.argot.api.EmbeddingOptions.Pooling;
import dev.argot.api.FileFormatException;
import dev.argot.spi.Config;
import dev.argot.spi.SentenceSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Reads how texts are embedded from the files of the library sentence-transformers: {@code modules.json} lists the steps and their
 * folders.
 */
final class SentenceTransformers {
    private static final String MODULES = "modules.json";

    /** Settings of the first step, by the family the library was written for first; it reads any of them. */
    private static final List<String> TRANSFORMER_CONFIGS = List.of(
            "sentence_bert_config.json",
            "sentence_roberta_config.json",
            "sentence_distilbert_config.json",
            "sentence_camembert_config.json",
            "sentence_albert_config.json",
            "sentence_xlm-roberta_config.json",
            "sentence_xlnet_config.json");

    private static final Map<String, Pooling> POOLINGS = Map.of(
            "cls", Pooling.FIRST,
            "cls_token", Pooling.FIRST,
            "mean", Pooling.MEAN,
            "mean_tokens", Pooling.MEAN,
            "lasttoken", Pooling.LAST);

    private SentenceTransformers() {}

    /**
     * The settings, if the folder has such files.
     *
     * @param folder a model's folder
     * @throws FileFormatException if one of them is malformed
     */
    static Optional<SentenceSettings> read(ModelFolder folder) {
        if (!folder.has(MODULES)) {
            return Optional.empty();
        }
        Path modules = folder.file(MODULES, folder.path());
        Optional<Pooling> pooling = Optional.empty();
        Optional<String> unsupported = Optional.empty();
        for (Config module : modules(modules, folder.list(MODULES))) {
            String type = module.string("type");
            switch (type.substring(type.lastIndexOf('.') + 1)) {
                case "Transformer", "Normalize", "Dropout" -> {}
                case "Pooling" -> {
                    Config config = folder.subfolder(module.string("path"), modules)
                            .config("config.json");
                    List<String> modes = modes(config);
                    Pooling known = modes.size() == 1 ? POOLINGS.get(modes.get(0)) : null;
                    if (known == null) {
                        unsupported = Optional.of(config.file() + " asks for the pooling " + modes);
                    } else {
                        pooling = Optional.of(known);
                    }
                }
                default -> unsupported = Optional.of(modules + " asks for a module of type " + ModelFolder.printable(type));
            }
        }
        if (unsupported.isPresent()) {
            pooling = Optional.empty();
        }
        Optional<Config> transformer =
                TRANSFORMER_CONFIGS.stream().filter(folder::has).findFirst().map(folder::config);
        OptionalInt maxTokens = transformer.isPresent() && transformer.get().has("max_seq_length")
                ? OptionalInt.of(transformer.get().size("max_seq_length"))
                : OptionalInt.empty();
        boolean lowerCase =
                transformer.isPresent() && transformer.get().flag("do_lower_case", false);
        return Optional.of(new SentenceSettings(pooling, maxTokens, lowerCase, unsupported));
    }

    private static List<Config> modules(Path file, List<@Nullable Object> list) {
        var modules = new ArrayList<Config>();
        for (Object element : list) {
            if (!(element instanceof Map<?, ?> map)) {
                throw new FileFormatException(file, "expected a list of objects, found " + element + " in it");
            }
            var values = new LinkedHashMap<String, @Nullable Object>();
            map.forEach((key, value) -> values.put((String) key, value));
            modules.add(new Config(file, values));
        }
        return modules;
    }

    /** The ways of pooling asked for: those with a flag each, or, in newer files, named. */
    private static List<String> modes(Config config) {
        var modes = new ArrayList<String>();
        if (config.values().get("pooling_mode") instanceof String mode) {
            modes.add(mode);
        }
        config.list(config.values().get("pooling_mode") instanceof List<?> ? "pooling_mode" : "")
                .forEach(mode -> modes.add(String.valueOf(mode)));
        for (String key : config.values().keySet()) {
            if (key.startsWith("pooling_mode_") && config.flag(key, false)) {
                modes.add(key.substring("pooling_mode_".length()));
            }
        }
        return modes;
    }
}
