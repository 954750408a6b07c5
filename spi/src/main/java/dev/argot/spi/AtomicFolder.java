package dev.argot.spi;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A folder filled beside its final place and renamed when it is complete. Closing it without {@link #commit} deletes what was written.
 * Not thread-safe.
 */
public final class AtomicFolder implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(AtomicFolder.class.getName());

    private final Path target;
    private final Path folder;
    private boolean committed;

    /**
     * Makes an empty folder beside the target; folders above are made as needed.
     *
     * @param target final place; at {@link #commit} it must not exist or be an empty folder
     * @throws IOException if the folder cannot be made
     */
    public AtomicFolder(Path target) throws IOException {
        this.target = target.toAbsolutePath();
        Path parent = this.target.getParent();
        if (parent == null) {
            throw new IOException(target + " has no folder above it");
        }
        Files.createDirectories(parent);
        this.folder =
                Files.createDirectory(parent.resolve("." + this.target.getFileName() + ".part-" + UUID.randomUUID()));
    }

    /** The folder to be filled. */
    public Path path() {
        return folder;
    }

    /**
     * Renames the folder to its final place. Its files must have been forced to the disk by whoever wrote them.
     *
     * @throws IOException if something is in the way or the disk fails; closing then deletes the folder
     */
    public void commit() throws IOException {
        force(folder);
        Files.deleteIfExists(target); // an empty folder; one with files is not deleted but reported
        Files.move(folder, target, StandardCopyOption.ATOMIC_MOVE);
        committed = true;
        force(target.resolveSibling("."));
    }

    /**
     * Deletes the folder unless it was committed.
     *
     * @throws IOException if it cannot be deleted
     */
    @Override
    public void close() throws IOException {
        if (!committed) {
            delete(folder);
        }
    }

    /**
     * Makes a folder's entries durable, where the file system offers that (Windows does not open folders).
     *
     * @param folder the folder
     */
    public static void force(Path folder) {
        try (FileChannel channel = FileChannel.open(folder)) {
            channel.force(true);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, () -> folder + " cannot be forced to the disk: " + e);
        }
    }

    /**
     * Deletes a folder with all that is in it, if it is there; what cannot be deleted is left, and logged.
     *
     * @param folder the folder
     */
    public static void discard(Path folder) {
        try {
            if (Files.exists(folder)) {
                delete(folder);
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "{0} cannot be deleted: {1}", folder, e);
        }
    }

    private static void delete(Path folder) throws IOException {
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException e) throws IOException {
                if (e != null) {
                    throw e;
                }
                Files.delete(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
