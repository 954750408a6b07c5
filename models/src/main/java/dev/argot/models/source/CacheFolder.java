package dev.argot.models.source;

import dev.argot.api.ArgotException;
import dev.argot.spi.AtomicFolder;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A folder of the cache that is there whole or not at all. Filling is guarded against other threads and other processes. Thread-safe.
 */
final class CacheFolder {
    /** One fill at a time in this process, since a file lock counts for all its threads. */
    private static final ReentrantLock LOCK = new ReentrantLock();

    private CacheFolder() {}

    /** Writes the content of a folder. */
    @FunctionalInterface
    interface Filler {
        void fill(Path folder) throws IOException;
    }

    /** Does something that must not run twice at a time. */
    @FunctionalInterface
    interface Action<T> {
        T run() throws IOException;
    }

    /**
     * The folder, filled if it is not there yet.
     *
     * @param folder its place in the cache
     * @param filler writes its content
     * @throws ArgotException if it cannot be written; nothing is left behind
     */
    static Path filled(Path folder, Filler filler) {
        if (Files.isDirectory(folder)) {
            return folder;
        }
        return locked(folder, () -> {
            if (!Files.isDirectory(folder)) {
                try (var atomic = new AtomicFolder(folder)) {
                    filler.fill(atomic.path());
                    atomic.commit();
                }
            }
            return folder;
        });
    }

    /**
     * Runs an action while no other thread or process runs one for the same folder.
     *
     * @param folder a folder of the cache; the ones above it are made
     * @param action what is done
     */
    static <T> T locked(Path folder, Action<T> action) {
        LOCK.lock();
        try {
            Path parent = folder.toAbsolutePath().getParent();
            if (parent == null) {
                throw new ArgotException(folder + ": the cache cannot be there");
            }
            Files.createDirectories(parent);
            Path lock = parent.resolve("." + folder.getFileName() + ".lock");
            try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                channel.lock(); // released when the channel is closed
                return action.run();
            }
        } catch (IOException e) {
            throw new ArgotException(
                    "The cache folder " + folder + " cannot be written: " + e
                            + ". Free space, or name another cache folder.",
                    e);
        } finally {
            LOCK.unlock();
        }
    }
}
