package dev.argot.models.format;

import dev.argot.spi.Checkpoint;
import dev.argot.spi.Config;
import dev.argot.spi.SentenceSettings;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.TokenizerData;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A checkpoint whose parts are known; both formats make it. */
record OpenCheckpoint(
        String format,
        Path location,
        Config config,
        @Nullable Config generation,
        @Nullable SentenceSettings sentences,
        Map<String, StoredTensor> tensors,
        TokenizerData tokenizer,
        String licence,
        Runnable closing)
        implements Checkpoint {
    OpenCheckpoint {
        tensors = Collections.unmodifiableMap(tensors);
    }

    @Override
    public Optional<Config> generationConfig() {
        return Optional.ofNullable(generation);
    }

    @Override
    public Optional<SentenceSettings> sentenceSettings() {
        return Optional.ofNullable(sentences);
    }

    @Override
    public void close() {
        closing.run();
    }
}
