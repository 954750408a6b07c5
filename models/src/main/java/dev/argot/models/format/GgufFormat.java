package dev.argot.models.format;

import dev.argot.api.FileFormatException;
import dev.argot.api.UnsupportedArchitectureException;
import dev.argot.spi.Checkpoint;
import dev.argot.spi.CheckpointFormatProvider;
import dev.argot.spi.Config;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.TokenizerData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * GGUF, the single-file format of llama.cpp. Names, rows and norms of Llama-like architectures are mapped back to Hugging Face's, blocks
 * are dequantised when read, and the tokenizer is made from the metadata.
 */
public final class GgufFormat implements CheckpointFormatProvider {
    private static final byte[] MAGIC = {'G', 'G', 'U', 'F'};

    /** Made by the service loader. */
    public GgufFormat() {}

    @Override
    public String name() {
        return "gguf";
    }

    @Override
    public boolean recognises(Path path) {
        if (!Files.isRegularFile(path)) {
            return false;
        }
        if (path.getFileName().toString().endsWith(".gguf")) {
            return true;
        }
        try (var in = Files.newInputStream(path)) {
            return Arrays.equals(in.readNBytes(MAGIC.length), MAGIC);
        } catch (IOException e) {
            throw new FileFormatException(path, "cannot be read: " + e, e);
        }
    }

    @Override
    public Checkpoint open(Path path) {
        var file = new GgufFile(path);
        try {
            return open(path, file);
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private Checkpoint open(Path path, GgufFile file) {
        Map<String, Object> metadata = file.metadata();
        if (!(metadata.get("general.architecture") instanceof String architectureName)) {
            throw new FileFormatException(
                    path,
                    "metadata 'general.architecture': expected a text, found " + metadata.get("general.architecture"));
        }
        boolean experts = metadata.get(architectureName + ".expert_count") instanceof Long count && count > 0;
        GgufArchitecture architecture = GgufArchitecture.of(architectureName, experts)
                .orElseThrow(() -> new UnsupportedArchitectureException(
                        path.toString(), architectureName, GgufArchitecture.names()));
        var maker = new GgufConfig(path, architecture, metadata, file.tensors());
        Map<String, @Nullable Object> values = maker.config();
        var config = new Config(path, values);
        HuggingFaceFormat.checkLayers(config, file.tensors().size());
        Map<String, StoredTensor> tensors = architecture.tensors(path, file.tensors(), maker.heads(), maker.keyHeads());
        return new OpenCheckpoint(
                name(),
                path,
                config,
                generation(path, maker),
                null,
                tensors,
                new TokenizerData.Gguf(path, metadata),
                metadata.get("general.license") instanceof String licence ? licence : "",
                file::close);
    }

    private static @Nullable Config generation(Path path, GgufConfig maker) {
        Map<String, Object> tokens = maker.tokens();
        return tokens.isEmpty() ? null : new Config(path, new LinkedHashMap<String, @Nullable Object>(tokens));
    }
}
