package dev.argot.core;

import dev.argot.spi.Checkpoint;
import dev.argot.spi.Config;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.TokenizerData;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * A checkpoint that its owner closes.
 *
 * @param owned the checkpoint
 */
record BorrowedCheckpoint(Checkpoint owned) implements Checkpoint {
    @Override
    public String format() {
        return owned.format();
    }

    @Override
    public Path location() {
        return owned.location();
    }

    @Override
    public Config config() {
        return owned.config();
    }

    @Override
    public Optional<Config> generationConfig() {
        return owned.generationConfig();
    }

    @Override
    public Map<String, StoredTensor> tensors() {
        return owned.tensors();
    }

    @Override
    public TokenizerData tokenizer() {
        return owned.tokenizer();
    }

    @Override
    public String licence() {
        return owned.licence();
    }

    @Override
    public void close() {
        // its owner does
    }
}
