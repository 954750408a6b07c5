package dev.argot.api.adaptation;

import dev.argot.api.evaluation.Comparison;
import dev.argot.api.evaluation.Evaluation;
import dev.argot.api.finetuning.FineTuningReport;
import dev.argot.api.finetuning.HeadEvaluation;
import java.nio.file.Path;

/**
 * Writes reports for people and for programs, and reads the latter back. A page is one file of XHTML-compatible HTML without script or
 * network; a JSON object has a stable schema with a version (see {@code docs/evaluation.md}). All text in a report is untrusted and
 * escaped.
 *
 * <p>Thread-safe. Methods that write make the folder, replace files of the same name, and leave each file whole or as it was.
 */
public interface Reports {
    /**
     * Writes {@code report.json} and {@code report.html}.
     *
     * @param report the report
     * @param folder where to
     * @throws dev.argot.api.ArgotException if the files cannot be written
     */
    void write(AdaptationReport report, Path folder);

    /**
     * Writes {@code evaluation.json} and {@code evaluation.html}.
     *
     * @param evaluation what was measured
     * @param folder where to
     * @throws dev.argot.api.ArgotException if the files cannot be written
     */
    void write(Evaluation evaluation, Path folder);

    /**
     * Writes {@code comparison.json} and {@code comparison.html}.
     *
     * @param comparison what was measured of two models
     * @param folder where to
     * @throws dev.argot.api.ArgotException if the files cannot be written
     */
    void write(Comparison comparison, Path folder);

    /**
     * Writes {@code report.json} and {@code report.html} of a fine-tuning.
     *
     * @param report the report
     * @param folder where to
     * @throws dev.argot.api.ArgotException if the files cannot be written
     */
    void write(FineTuningReport report, Path folder);

    /**
     * Writes {@code evaluation.json} and {@code evaluation.html} of a task head.
     *
     * @param evaluation what was measured
     * @param folder where to
     * @throws dev.argot.api.ArgotException if the files cannot be written
     */
    void write(HeadEvaluation evaluation, Path folder);

    /**
     * An evaluation of a task head as one line of JSON.
     *
     * @param evaluation what was measured
     */
    String json(HeadEvaluation evaluation);

    /**
     * An evaluation as one line of JSON.
     *
     * @param evaluation what was measured
     */
    String json(Evaluation evaluation);

    /**
     * A comparison as one line of JSON.
     *
     * @param comparison what was measured of two models
     */
    String json(Comparison comparison);

    /**
     * Reads a {@code report.json}.
     *
     * @param file the file
     * @throws dev.argot.api.FileFormatException if it is no such file, or of a version that is not known
     */
    AdaptationReport read(Path file);

    /**
     * Reads a {@code report.json} of a fine-tuning.
     *
     * @param file the file
     * @throws dev.argot.api.FileFormatException if it is no such file, or of a version that is not known
     */
    FineTuningReport readFineTuning(Path file);
}
