package dev.argot.core.bundle;

import dev.argot.api.ArgotException;
import dev.argot.spi.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * What a model was made from: a base checkpoint, and the adapters on it, if any, in the order in which they were merged.
 *
 * @param name the name the base was asked for by
 * @param steps the checkpoints
 */
public record Lineage(String name, List<Step> steps) {
    /** The files that make the numbers: weights, configuration, tokenizer. */
    private static final Pattern FILES = Pattern.compile(
            ".*\\.safetensors|.*\\.gguf|config\\.json|adapter_config\\.json|model\\.safetensors\\.index\\.json|tokenizer\\.json"
                    + "|tokenizer_config\\.json");

    /** Copies the list. */
    public Lineage {
        steps = List.copyOf(steps);
    }

    /**
     * A checkpoint.
     *
     * @param format the name of its format
     * @param sha256 hexadecimal SHA-256 of its files, by name
     */
    public record Step(String format, Map<String, String> sha256) {
        /** Copies the map. */
        public Step {
            sha256 = java.util.Collections.unmodifiableMap(new TreeMap<>(sha256));
        }
    }

    /**
     * The lineage of what is trained from a checkpoint. Reads its files once.
     *
     * @param name the name it was asked for by
     * @param checkpoint the checkpoint
     * @throws ArgotException if a file cannot be read
     */
    public static Lineage of(String name, Checkpoint checkpoint) {
        var steps = new ArrayList<Step>();
        Optional<Checkpoint> current = Optional.of(checkpoint);
        while (current.isPresent()) {
            current = switch (current.get()) {
                case ExtendedCheckpoint extended -> Optional.of(extended.base());
                case MergedCheckpoint merged -> {
                    steps.addFirst(step(merged));
                    yield Optional.of(merged.base());
                }
                case Checkpoint base -> {
                    steps.addFirst(step(base));
                    yield Optional.empty();
                }
            };
        }
        return new Lineage(name, steps);
    }

    private static Step step(Checkpoint checkpoint) {
        Path location = checkpoint.location();
        var hashes = new TreeMap<String, String>();
        try {
            if (Files.isDirectory(location)) {
                try (var files = Files.list(location)) {
                    for (Path file : files.toList()) {
                        String name = file.getFileName().toString();
                        if (FILES.matcher(name).matches()) {
                            hashes.put(name, Hashes.sha256(file));
                        }
                    }
                }
            } else {
                hashes.put(location.getFileName().toString(), Hashes.sha256(location));
            }
        } catch (IOException e) {
            throw new ArgotException(location + ": cannot be read: " + e, e);
        }
        return new Step(checkpoint.format(), hashes);
    }

    /** As plain values, for a JSON file. */
    public Map<String, Object> values() {
        var values = new LinkedHashMap<String, Object>();
        values.put("base", name);
        values.put(
                "checkpoints",
                steps.stream()
                        .map(step -> Map.of("format", step.format(), "sha256", step.sha256()))
                        .toList());
        return values;
    }
}
