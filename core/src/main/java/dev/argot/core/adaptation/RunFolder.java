package dev.argot.core.adaptation;

import dev.argot.api.ArgotException;
import dev.argot.api.FileFormatException;
import dev.argot.api.Verification;
import dev.argot.core.bundle.Hashes;
import dev.argot.core.bundle.RenamedTensor;
import dev.argot.spi.AtomicFolder;
import dev.argot.spi.Checkpoint;
import dev.argot.spi.CheckpointFormatProvider;
import dev.argot.spi.ElementType;
import dev.argot.spi.StoredTensor;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The folder of a run while it goes on: checkpoints, each in a folder {@code step-00000100}. A checkpoint is written beside its place,
 * forced to the disk, checksums and all, renamed, and read back before an older one is deleted. So whenever the process dies, the newest
 * complete checkpoint is intact. Not thread-safe.
 */
final class RunFolder {
    private static final System.Logger LOG = System.getLogger(RunFolder.class.getName());
    private static final Pattern STEP = Pattern.compile("step-(\\d{8,18})");
    private static final long MAX_SHARD_BYTES = 5_000_000_000L;

    private final Path folder;
    private final CheckpointFormatProvider format;

    /**
     * The folder of a run; made where it is missing.
     *
     * @param format reads and writes tensors with a JSON object
     */
    RunFolder(Path folder, CheckpointFormatProvider format) {
        this.folder = folder;
        this.format = format;
        try {
            Files.createDirectories(checkpoints());
            try (DirectoryStream<Path> unfinished = Files.newDirectoryStream(checkpoints(), ".*.part-*")) {
                unfinished.forEach(AtomicFolder::discard); // of a process that died
            }
        } catch (IOException e) {
            throw new ArgotException(folder + ": cannot be made: " + e, e);
        }
    }

    Path folder() {
        return folder;
    }

    private Path checkpoints() {
        return folder.resolve("checkpoints");
    }

    private Path path(long step) {
        return checkpoints().resolve("step-%08d".formatted(step));
    }

    /** Steps after which there are checkpoints, rising. */
    List<Long> steps() {
        try (Stream<Path> all = Files.list(checkpoints())) {
            return all.map(p -> STEP.matcher(p.getFileName().toString()))
                    .filter(Matcher::matches)
                    .map(m -> Long.valueOf(m.group(1)))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new ArgotException(checkpoints() + ": cannot be listed: " + e, e);
        }
    }

    /**
     * Writes a checkpoint.
     *
     * @param step after this step
     * @param state what is not a tensor, as JSON values
     * @param tensors what the trainer holds
     * @return its folder
     * @throws ArgotException if it cannot be written; those before it are untouched
     */
    Path save(long step, Map<String, ?> state, Map<String, StoredTensor> tensors) {
        Path target = path(step);
        var config = new LinkedHashMap<String, Object>();
        config.put("model_type", "argot-training-state");
        config.put("state", state);
        List<StoredTensor> named = tensors.entrySet().stream()
                .<StoredTensor>map(e -> new RenamedTensor(e.getValue(), e.getKey()))
                .toList();
        AtomicFolder.discard(target); // of an earlier run past this step that was given up
        try (var temporary = new AtomicFolder(target)) {
            format.save(new CheckpointFormatProvider.SaveRequest(
                    temporary.path(), config, Map.of(), named, ElementType.FLOAT32, Map.of(), MAX_SHARD_BYTES));
            writeHashes(temporary.path());
            temporary.commit();
            return target;
        } catch (IOException | ArgotException e) {
            throw new ArgotException(
                    target + ": the checkpoint cannot be written: " + e.getMessage() + ". Those before it are intact.",
                    e);
        }
    }

    /**
     * Deletes checkpoints that need not be kept, once the newest is proven.
     *
     * @param keepLast so many of the newest stay; at least 1
     * @param best this one stays as well
     * @throws FileFormatException if the newest does not read back as it was written; then none is deleted
     */
    void prune(int keepLast, Optional<Long> best) {
        List<Long> steps = steps();
        List<Long> old = steps.subList(0, Math.max(0, steps.size() - keepLast));
        if (old.isEmpty()) {
            return;
        }
        verify(path(steps.get(steps.size() - 1)));
        for (long step : old) {
            if (best.isEmpty() || best.get() != step) {
                AtomicFolder.discard(path(step));
            }
        }
    }

    /** The newest checkpoint that is intact; broken ones are reported and passed over. */
    Optional<Saved> newest() {
        var steps = new ArrayList<>(steps());
        steps.sort(Comparator.reverseOrder());
        for (long step : steps) {
            try {
                return Optional.of(open(step));
            } catch (FileFormatException e) {
                LOG.log(System.Logger.Level.WARNING, "passed over a broken checkpoint: {0}", e.getMessage());
            }
        }
        return Optional.empty();
    }

    /** A checkpoint, verified. */
    Saved open(long step) {
        Path path = path(step);
        verify(path);
        return new Saved(step, path, format.open(path));
    }

    private static void writeHashes(Path folder) throws IOException {
        Path file = folder.resolve(Hashes.FILE);
        Files.write(file, Hashes.list(folder));
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }

    private static void verify(Path folder) {
        Verification found = Hashes.verify(folder);
        if (!found.intact()) {
            throw new FileFormatException(folder, "is damaged: " + found.problems());
        }
    }

    /** Deletes the whole folder. */
    void delete() {
        AtomicFolder.discard(folder);
    }

    /**
     * A checkpoint that was opened.
     *
     * @param step after this step
     * @param folder where it lies
     * @param checkpoint its content
     */
    record Saved(long step, Path folder, Checkpoint checkpoint) implements AutoCloseable {
        /** What was not a tensor. */
        dev.argot.spi.Config state() {
            return checkpoint.config().object("state");
        }

        @Override
        public void close() {
            checkpoint.close();
        }
    }
}
