package dev.argot.core.report;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import dev.argot.api.ArgotException;
import dev.argot.api.AttentionMap;
import dev.argot.api.FileFormatException;
import dev.argot.api.adaptation.AdaptationReport;
import dev.argot.api.adaptation.Reports;
import dev.argot.api.evaluation.Comparison;
import dev.argot.api.evaluation.Evaluation;
import dev.argot.api.finetuning.FineTuningReport;
import dev.argot.api.finetuning.HeadEvaluation;
import dev.argot.api.prompt.ShotSweep;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;

/** Reports as files. Stateless, hence thread-safe. */
public final class ReportFiles implements Reports {
    /** Version of the JSON schema; rises when a key is renamed or removed, or gets another meaning. */
    private static final int VERSION = 1;

    private static final String ADAPTATION = "argot-adaptation-report";
    private static final String EVALUATION = "argot-evaluation";
    private static final String ATTENTION = "argot-attention";
    private static final String COMPARISON = "argot-comparison";
    private static final String FINE_TUNING = "argot-fine-tuning-report";
    private static final String HEAD_EVALUATION = "argot-head-evaluation";
    private static final String SHOT_SWEEPS = "argot-shot-sweeps";

    /** Several sweeps as one JSON object. */
    private record Sweeps(List<ShotSweep> sweeps) {}

    @Override
    public void write(AdaptationReport report, Path folder) {
        write(folder, "report", json(ADAPTATION, report, true), Pages.adaptation(report));
    }

    @Override
    public void write(Evaluation evaluation, Path folder) {
        write(folder, "evaluation", json(EVALUATION, evaluation, true), Pages.evaluation(evaluation));
    }

    @Override
    public void write(Comparison comparison, Path folder) {
        write(folder, "comparison", json(COMPARISON, comparison, true), Pages.comparison(comparison));
    }

    @Override
    public void write(FineTuningReport report, Path folder) {
        write(folder, "report", json(FINE_TUNING, report, true), Pages.fineTuning(report));
    }

    @Override
    public void write(HeadEvaluation evaluation, Path folder) {
        write(folder, "evaluation", json(HEAD_EVALUATION, evaluation, true), Pages.evaluation(evaluation));
    }

    @Override
    public String json(HeadEvaluation evaluation) {
        return json(HEAD_EVALUATION, evaluation, false);
    }

    @Override
    public void write(AttentionMap map, Path page) {
        writePage(page, AttentionPage.page(List.of(map)));
    }

    @Override
    public void write(AttentionMap before, AttentionMap after, Path page) {
        writePage(page, AttentionPage.page(List.of(before, after)));
    }

    @Override
    public String json(AttentionMap map) {
        return json(ATTENTION, map, false);
    }

    @Override
    public String json(Evaluation evaluation) {
        return json(EVALUATION, evaluation, false);
    }

    @Override
    public String json(Comparison comparison) {
        return json(COMPARISON, comparison, false);
    }

    @Override
    public void write(List<ShotSweep> sweeps, Path folder) {
        write(folder, "sweep", json(SHOT_SWEEPS, some(sweeps), true), Pages.sweeps(sweeps));
    }

    @Override
    public String json(List<ShotSweep> sweeps) {
        return json(SHOT_SWEEPS, some(sweeps), false);
    }

    private static Sweeps some(List<ShotSweep> sweeps) {
        if (sweeps.isEmpty()) {
            throw new IllegalArgumentException("expected at least one sweep, found none");
        }
        return new Sweeps(List.copyOf(sweeps));
    }

    @Override
    public AdaptationReport read(Path file) {
        return read(AdaptationReport.class, ADAPTATION, file);
    }

    @Override
    public FineTuningReport readFineTuning(Path file) {
        return read(FineTuningReport.class, FINE_TUNING, file);
    }

    private static <R extends Record> R read(Class<R> type, String format, Path file) {
        String text;
        try {
            text = Files.readString(file);
        } catch (CharacterCodingException e) {
            throw new FileFormatException(file, "expected UTF-8 text, found other bytes", e);
        } catch (IOException e) {
            throw new ArgotException(file + ": the report cannot be read: " + e, e);
        }
        Map<String, ?> fields = RecordJson.parse(file, text);
        if (!format.equals(fields.get("format"))) {
            throw new FileFormatException(file, "format: expected \"" + format + "\", found " + fields.get("format"));
        }
        if (!(fields.get("version") instanceof BigDecimal version)
                || version.compareTo(BigDecimal.valueOf(VERSION)) != 0) {
            throw new FileFormatException(file, "version: expected " + VERSION + ", found " + fields.get("version"));
        }
        return RecordJson.read(type, fields, file);
    }

    private static String json(String format, Record value, boolean indented) {
        var text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            if (indented) {
                json.setPrettyPrinter(new DefaultPrettyPrinter());
            }
            json.writeStartObject();
            json.writeStringField("format", format);
            json.writeNumberField("version", VERSION);
            RecordJson.writeFields(json, value);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // not when writing to a string
        }
        return text.toString();
    }

    private static void writePage(Path page, String html) {
        Path file = page.toAbsolutePath();
        makeFolder(file.resolveSibling(""));
        replace(file, html);
    }

    private static void makeFolder(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new ArgotException(folder + ": the folder for the report cannot be made: " + e, e);
        }
    }

    private static void write(Path folder, String name, String json, String html) {
        makeFolder(folder);
        replace(folder.resolve(name + ".json"), json + "\n");
        replace(folder.resolve(name + ".html"), html);
    }

    /** Half a surrogate pair, which a completion may end with, becomes U+FFFD. */
    private static byte[] utf8(String text) throws CharacterCodingException {
        ByteBuffer bytes = StandardCharsets.UTF_8
                .newEncoder()
                .onMalformedInput(CodingErrorAction.REPLACE)
                .replaceWith("\ufffd".getBytes(StandardCharsets.UTF_8))
                .encode(CharBuffer.wrap(text));
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        return copy;
    }

    /** Writes a file whole or not at all. */
    private static void replace(Path file, String text) {
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try {
            try {
                Files.write(part, utf8(text));
                Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(part);
            }
        } catch (IOException e) {
            throw new ArgotException(file + ": the report cannot be written: " + e, e);
        }
    }
}
