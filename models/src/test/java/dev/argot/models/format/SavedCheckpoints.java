package dev.argot.models.format;

import dev.argot.spi.Checkpoint;
import dev.argot.spi.CheckpointFormatProvider.SaveRequest;
import dev.argot.spi.Config;
import dev.argot.spi.ElementType;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Saves opened checkpoints. */
final class SavedCheckpoints {
    private SavedCheckpoints() {}

    static void save(Checkpoint checkpoint, Path folder, ElementType type, long maxShardBytes) {
        new HuggingFaceFormat()
                .save(new SaveRequest(
                        folder,
                        checkpoint.config().values(),
                        checkpoint.generationConfig().map(Config::values).orElse(Map.of()),
                        List.copyOf(checkpoint.tensors().values()),
                        type,
                        Map.of(),
                        maxShardBytes));
    }
}
