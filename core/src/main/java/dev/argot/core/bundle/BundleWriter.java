package dev.argot.core.bundle;

import dev.argot.api.ArgotException;
import dev.argot.spi.AtomicFolder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Writes a bundle: a folder with a model (a Hugging Face folder, or a PEFT adapter that names its base), {@code argot.json} (what was
 * done, measured, and from what), a model card {@code README.md}, and {@code SHA256SUMS} with the hash of every other file. It is filled
 * beside its place, forced to the disk and renamed, so that it is there whole or not at all.
 *
 * {@snippet :
 * BundleWriter.write(folder, contents, weights -> formats.get("huggingface").save(PlainFolder.request(weights, …)));
 * }
 */
public final class BundleWriter {
    /** The file that says what was done. */
    public static final String FILE = "argot.json";

    private static final int FORMAT_VERSION = 1;

    private BundleWriter() {}

    /**
     * What a bundle holds beside the model.
     *
     * @param domain the domain's name
     * @param spec what was asked for, as plain values ({@link JsonText})
     * @param metrics what was measured, as plain values
     * @param seeds the seeds, by what they were used for
     * @param lineage what the model was made from
     * @param card the model card
     * @param files further files by name, such as {@code report.json} and {@code report.html}
     */
    public record Contents(
            String domain,
            Map<String, ?> spec,
            Map<String, ?> metrics,
            Map<String, Long> seeds,
            Lineage lineage,
            ModelCard card,
            Map<String, byte[]> files) {}

    /**
     * Writes a bundle.
     *
     * @param folder the folder to make; must not exist or be empty
     * @param contents what it holds beside the model
     * @param model writes the model's files, the tokenizer's among them, into the empty folder it is given, and forces them to the disk, as
     *     {@link dev.argot.spi.CheckpointFormatProvider#save} and {@link dev.argot.spi.AdapterFormatProvider#save} do
     * @throws ArgotException if something is in the way or a write fails; nothing is left behind
     */
    public static void write(Path folder, Contents contents, Consumer<Path> model) {
        Path target = folder.toAbsolutePath().normalize();
        try {
            if (Files.exists(target) && !isEmptyFolder(target)) {
                throw new ArgotException(target + ": is in the way. Name a folder that does not exist or is empty.");
            }
            try (var atomic = new AtomicFolder(target)) {
                model.accept(atomic.path());
                writeFile(
                        atomic.path(),
                        FILE,
                        JsonText.write(description(contents)).getBytes(StandardCharsets.UTF_8));
                writeFile(atomic.path(), "README.md", contents.card.render());
                for (Map.Entry<String, byte[]> file : contents.files.entrySet()) {
                    writeFile(atomic.path(), file.getKey(), file.getValue());
                }
                writeFile(atomic.path(), Hashes.FILE, Hashes.list(atomic.path()));
                atomic.commit();
            }
        } catch (IOException e) {
            throw new ArgotException(target + ": the bundle could not be saved, and nothing was left behind: " + e, e);
        }
    }

    private static boolean isEmptyFolder(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return false;
        }
        try (var files = Files.list(folder)) {
            return files.findAny().isEmpty();
        }
    }

    private static Map<String, Object> description(Contents contents) {
        var values = new LinkedHashMap<String, Object>();
        values.put("formatVersion", FORMAT_VERSION);
        values.put("domain", contents.domain);
        values.put("spec", contents.spec);
        values.put("metrics", contents.metrics);
        values.put("seeds", contents.seeds);
        values.put("lineage", contents.lineage.values());
        return values;
    }

    private static void writeFile(Path folder, String name, byte[] content) throws IOException {
        if (!Path.of(name).equals(Path.of(name).getFileName())) {
            throw new IllegalArgumentException("not a file name: '" + name + "'");
        }
        try (FileChannel channel =
                FileChannel.open(folder.resolve(name), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            var bytes = ByteBuffer.wrap(content);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
    }
}
