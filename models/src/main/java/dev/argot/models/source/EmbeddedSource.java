package dev.argot.models.source;

import dev.argot.spi.ModelSourceProvider;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The model shipped with Argot: stories260K by Andrej Karpathy (MIT), a Llama of 260,000 parameters that tells tiny stories. It is
 * unpacked into the cache, since weights are mapped from files.
 */
public final class EmbeddedSource implements ModelSourceProvider {
    static final String NAME = "stories260k";

    private static final List<String> FILES = List.of(
            "config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json");

    /** Made by the service loader. */
    public EmbeddedSource() {}

    @Override
    public String name() {
        return "embedded";
    }

    @Override
    public int order() {
        return 300;
    }

    @Override
    public Optional<Path> resolve(Request request) {
        return request.name().equals(NAME) ? Optional.of(folder(request.cache())) : Optional.empty();
    }

    /** The unpacked model; another version of it gets another folder. */
    static Path folder(Path cache) {
        var files = new LinkedHashMap<String, byte[]>();
        MessageDigest digest = Hashes.sha256();
        for (String name : FILES) {
            byte[] content = resource(name);
            files.put(name, content);
            digest.update(name.getBytes(StandardCharsets.UTF_8));
            digest.update(content);
        }
        String version = Hashes.hex(digest).substring(0, 12);
        return CacheFolder.filled(cache.resolve("embedded").resolve(NAME + "-" + version), folder -> {
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                Files.write(folder.resolve(file.getKey()), file.getValue());
            }
        });
    }

    private static byte[] resource(String name) {
        try (InputStream in = EmbeddedSource.class.getResourceAsStream("/dev/argot/models/stories260k/" + name)) {
            if (in == null) {
                throw new IllegalStateException("the resource " + NAME + "/" + name + " is missing");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
