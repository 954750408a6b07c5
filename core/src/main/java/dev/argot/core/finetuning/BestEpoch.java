package dev.argot.core.finetuning;

import dev.argot.core.adaptation.TrainedModel;
import dev.argot.core.adaptation.Workshop;
import dev.argot.core.bundle.RenamedTensor;
import dev.argot.spi.AtomicFolder;
import dev.argot.spi.Checkpoint;
import dev.argot.spi.CheckpointFormatProvider;
import dev.argot.spi.ElementType;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.WeightSource;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The best epoch so far; its trained weights lie in a folder, unless it is the last. Not thread-safe. */
final class BestEpoch implements AutoCloseable {
    private final Workshop workshop;
    private final Path folder;
    private int epoch;
    private double value = Double.NaN;
    private boolean last;
    private Optional<Checkpoint> saved = Optional.empty();

    /**
     * None yet.
     *
     * @param folder made when it is needed, deleted at the end
     */
    BestEpoch(Workshop workshop, Path folder) {
        this.workshop = workshop;
        this.folder = folder;
    }

    /**
     * Keeps an epoch if it is better than those before.
     *
     * @param number of the epoch, from 1
     * @param value higher is better
     * @param isLast whether it is the last, whose weights stay where they are
     * @param model the weights
     * @return whether it is better
     */
    boolean offer(int number, double value, boolean isLast, TrainedModel model) {
        if (epoch > 0 && !(value > this.value)) {
            return false;
        }
        epoch = number;
        this.value = value;
        last = isLast;
        forget();
        if (!isLast) {
            WeightSource weights = model.weights(1);
            List<StoredTensor> tensors = model.parameters().stream()
                    .<StoredTensor>map(p -> new RenamedTensor(weights.tensor(p), p.name()))
                    .toList();
            workshop.checkpointFormat()
                    .save(new CheckpointFormatProvider.SaveRequest(
                            folder,
                            Map.of("model_type", "argot-training-state"),
                            Map.of(),
                            tensors,
                            ElementType.FLOAT32,
                            Map.of(),
                            Long.MAX_VALUE));
            saved = Optional.of(workshop.checkpointFormat().open(folder));
        }
        return true;
    }

    /** Number of the epoch, from 1. */
    int epoch() {
        return epoch;
    }

    /** Whether it is the last, whose weights are those of the model now. */
    boolean isLast() {
        return last;
    }

    /**
     * The weights of the epoch.
     *
     * @param now the weights of the model now
     */
    WeightSource weights(WeightSource now) {
        if (saved.isEmpty()) {
            return now;
        }
        Map<String, StoredTensor> tensors = saved.get().tensors();
        return parameter -> {
            StoredTensor tensor = tensors.get(parameter.name());
            return tensor != null ? tensor : now.tensor(parameter);
        };
    }

    private void forget() {
        saved.ifPresent(Checkpoint::close);
        saved = Optional.empty();
        AtomicFolder.discard(folder);
    }

    @Override
    public void close() {
        forget();
    }
}
