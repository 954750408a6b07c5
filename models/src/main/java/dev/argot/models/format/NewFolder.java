package dev.argot.models.format;

import dev.argot.api.ArgotException;
import dev.argot.spi.AtomicFolder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.Map;

/** Makes a folder that is there whole or not at all: filled beside its place, forced to the disk, then renamed. Stateless. */
final class NewFolder {
    private NewFolder() {}

    /** Writes the content of a folder. */
    @FunctionalInterface
    interface Filler {
        void fill(Path folder) throws IOException;
    }

    /**
     * Makes a folder.
     *
     * @param folder must not exist or be empty
     * @param bytes about as many are needed on the disk
     * @param filler writes its files and forces them to the disk
     * @throws ArgotException if something is in the way, the disk is too full or a write fails; nothing is left behind
     */
    static void write(Path folder, long bytes, Filler filler) {
        Path target = folder.toAbsolutePath().normalize();
        Path parent = target.getParent();
        if (parent == null) {
            throw new ArgotException(target + ": a model cannot be saved there.");
        }
        try {
            Files.createDirectories(parent);
            checkTarget(target);
            checkSpace(target, parent, bytes);
            try (var atomic = new AtomicFolder(target)) {
                filler.fill(atomic.path());
                atomic.commit();
            }
        } catch (IOException e) {
            throw new ArgotException(target + ": the model could not be saved, and nothing was left behind: " + e, e);
        }
    }

    private static void checkTarget(Path target) throws IOException {
        if (!Files.exists(target)) {
            return;
        }
        boolean empty;
        if (Files.isDirectory(target)) {
            try (var files = Files.list(target)) {
                empty = files.findAny().isEmpty();
            }
        } else {
            empty = false;
        }
        if (!empty) {
            throw new ArgotException(target + ": is in the way. Name a folder that does not exist or is empty.");
        }
    }

    private static void checkSpace(Path target, Path parent, long needed) throws IOException {
        long free = Files.getFileStore(parent).getUsableSpace();
        if (needed > free) {
            throw new ArgotException(String.format(
                    Locale.ROOT,
                    "%s: the model takes %,d bytes, but only %,d are free on that disk. Nothing was written.",
                    target,
                    needed,
                    free));
        }
    }

    /** Writes files by name. */
    static void writeFiles(Path folder, Map<String, byte[]> files) throws IOException {
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            if (!Path.of(file.getKey()).equals(Path.of(file.getKey()).getFileName())) {
                throw new IllegalArgumentException("not a file name: '" + file.getKey() + "'");
            }
            writeFile(folder.resolve(file.getKey()), file.getValue());
        }
    }

    /** Writes a file that does not exist yet and forces it to the disk. */
    static void writeFile(Path file, byte[] content) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            writeFully(channel, ByteBuffer.wrap(content));
            channel.force(true);
        }
    }

    static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
