package dev.argot.core.corpus;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.argot.api.ArgotException;
import dev.argot.api.Document;
import dev.argot.api.corpus.CurationReport;
import dev.argot.api.corpus.CurationSpec;
import dev.argot.core.corpus.Curator.Dropped;
import dev.argot.core.corpus.Curator.Kept;
import dev.argot.core.corpus.Curator.Passed;
import dev.argot.spi.AtomicFolder;
import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/**
 * Writes what a curation keeps into a folder beside the one that is asked for, which gets its name when all is written. Closing it before
 * that deletes it.
 */
public final class CurationOutput implements AutoCloseable {
    private static final JsonFactory FACTORY = new JsonFactory();
    private static final int BUFFER = 1 << 16;

    private final Path target;
    private final AtomicFolder folder;
    private final List<FileOutputStream> files = new ArrayList<>();
    private final boolean withTokens;
    private final JsonGenerator documents;
    private final JsonGenerator manifest;
    private final JsonGenerator dropped;
    private final MessageDigest sha256;

    /**
     * Begins a folder.
     *
     * @param target the folder, which must not exist or be empty
     * @param gzip whether the documents are compressed
     * @param withTokens whether tokens were counted
     * @throws ArgotException if the folder is there and not empty, or can't be made
     */
    public CurationOutput(Path target, boolean gzip, boolean withTokens) {
        this.target = target;
        this.withTokens = withTokens;
        try {
            requireFree(target);
            folder = new AtomicFolder(target);
        } catch (IOException e) {
            throw new ArgotException(target + ": the folder can't be made: " + e, e);
        }
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
            documents = generator(CurationSpec.DOCUMENTS, gzip);
            manifest = generator(CurationSpec.MANIFEST, false);
            dropped = generator(CurationSpec.DROPPED, false);
        } catch (IOException e) {
            close();
            throw failed(e);
        } catch (NoSuchAlgorithmException e) {
            close();
            throw new IllegalStateException(e); // every Java platform has it
        }
    }

    private static void requireFree(Path target) throws IOException {
        if (Files.isDirectory(target)) {
            try (Stream<Path> files = Files.list(target)) {
                if (files.findAny().isPresent()) {
                    throw new ArgotException(
                            target + ": expected a folder that does not exist or is empty, found one with files in it");
                }
            }
        } else if (Files.exists(target)) {
            throw new ArgotException(target + ": expected a folder that does not exist or is empty, found a file");
        }
    }

    private JsonGenerator generator(String name, boolean gzip) throws IOException {
        var file = new FileOutputStream(
                folder.path().resolve(gzip ? name + ".gz" : name).toFile());
        files.add(file);
        var out = new BufferedOutputStream(file, BUFFER);
        return FACTORY.createGenerator(gzip ? new Gzip(out) : out)
                .disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET)
                .setRootValueSeparator(null);
    }

    /** Compresses fast rather than well. */
    private static final class Gzip extends GZIPOutputStream {
        Gzip(OutputStream out) throws IOException {
            super(out, BUFFER);
            def.setLevel(Deflater.BEST_SPEED);
        }
    }

    /** Writes a document that is kept. */
    public void write(Kept kept) {
        Document document = kept.document();
        try {
            begin(documents, document);
            documents.writeStringField("text", document.text());
            documents.writeEndObject();
            documents.writeRaw('\n');
            begin(manifest, document);
            byte[] bytes = document.text().getBytes(StandardCharsets.UTF_8);
            manifest.writeStringField("sha256", HexFormat.of().formatHex(sha256.digest(bytes)));
            manifest.writeNumberField("characters", document.text().length());
            if (withTokens) {
                manifest.writeNumberField("tokens", kept.tokens());
            }
            manifest.writeArrayFieldStart("steps");
            for (Passed passed : kept.passed()) {
                manifest.writeStartObject();
                manifest.writeStringField("step", passed.step());
                manifest.writeStringField("decision", passed.changed() ? "changed" : "kept");
                if (!passed.counts().isEmpty()) {
                    manifest.writeObjectFieldStart("counts");
                    for (Map.Entry<String, Long> count : passed.counts().entrySet()) {
                        manifest.writeNumberField(count.getKey(), count.getValue());
                    }
                    manifest.writeEndObject();
                }
                manifest.writeEndObject();
            }
            manifest.writeEndArray();
            manifest.writeEndObject();
            manifest.writeRaw('\n');
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** Writes down a document that is dropped. */
    public void write(Dropped drop) {
        try {
            begin(dropped, drop.document());
            dropped.writeStringField("step", drop.step());
            dropped.writeStringField("reason", drop.reason());
            dropped.writeStringField("detail", drop.detail());
            dropped.writeEndObject();
            dropped.writeRaw('\n');
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private static void begin(JsonGenerator json, Document document) throws IOException {
        json.writeStartObject();
        json.writeStringField("id", document.id());
        json.writeStringField("source", document.source());
        json.writeStringField("licence", document.licence());
    }

    /**
     * Writes the report and gives the folder its name.
     *
     * @param report the report
     * @throws ArgotException if a file can't be written, or something is there by now
     */
    public void finish(CurationReport report) {
        try {
            for (JsonGenerator generator : List.of(documents, manifest, dropped)) {
                generator.close();
                if (generator.getOutputTarget() instanceof GZIPOutputStream compressed) {
                    compressed.finish();
                }
                ((OutputStream) generator.getOutputTarget()).flush();
            }
            write(report);
            for (FileOutputStream file : files) {
                file.getFD().sync();
                file.close();
            }
            folder.commit();
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private void write(CurationReport report) throws IOException {
        var file =
                new FileOutputStream(folder.path().resolve(CurationSpec.REPORT).toFile());
        files.add(file);
        file.write((report.toJson() + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private ArgotException failed(IOException e) {
        return new ArgotException(target + ": the curated documents can't be written: " + e, e);
    }

    /** Deletes what was written, unless it is finished. */
    @Override
    public void close() {
        try (folder) {
            for (FileOutputStream file : files) {
                file.close();
            }
        } catch (IOException e) {
            throw failed(e);
        }
    }
}
