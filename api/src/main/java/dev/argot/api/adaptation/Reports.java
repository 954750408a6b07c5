package dev.argot.api.adaptation;

import dev.argot.api.AttentionMap;
import dev.argot.api.evaluation.Comparison;
import dev.argot.api.evaluation.Evaluation;
import dev.argot.api.finetuning.FineTuningReport;
import dev.argot.api.finetuning.HeadEvaluation;
import dev.argot.api.prompt.ShotSweep;
import java.nio.file.Path;
import java.util.List;

/**
 * Writes reports for people and for programs, and reads the latter back. A page is one file of XHTML-compatible HTML that loads nothing;
 * none has a script but that of attention, which one can click through. A JSON object has a stable schema with a version (see {@code docs/evaluation.md}). All text in a report is untrusted and
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
     * Writes attention as a page: a grid of all heads, and each at large, as lines between tokens and as a heat map. A page shows at most
     * 256 tokens, and of very many heads so many that it stays below about 15 MB; it says what it leaves out.
     *
     * @param map what a model's tokens look at; has heads
     * @param page the file
     * @throws dev.argot.api.ArgotException if the file cannot be written
     */
    void write(AttentionMap map, Path page);

    /**
     * Writes attention before and after as such a page, side by side and, where the tokens are the same, their difference.
     *
     * @param before that of the original model; has heads
     * @param after that of the adapted model for the same text
     * @param page the file
     * @throws dev.argot.api.ArgotException if the file cannot be written
     */
    void write(AttentionMap before, AttentionMap after, Path page);

    /**
     * Attention as one line of JSON, each weight with six decimals.
     *
     * @param map what a model's tokens look at
     */
    String json(AttentionMap map);

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
     * Writes {@code sweep.json} and {@code sweep.html}: for each task a chart with the curves of all models.
     *
     * @param sweeps what was measured, at least one; several of a task stand in one chart
     * @param folder where to
     * @throws dev.argot.api.ArgotException if the files cannot be written
     */
    void write(List<ShotSweep> sweeps, Path folder);

    /**
     * Writes {@code sweep.json} and {@code sweep.html} of one sweep.
     *
     * @param sweep what was measured
     * @param folder where to
     * @throws dev.argot.api.ArgotException if the files cannot be written
     */
    default void write(ShotSweep sweep, Path folder) {
        write(List.of(sweep), folder);
    }

    /**
     * Sweeps as one line of JSON.
     *
     * @param sweeps what was measured, at least one
     */
    String json(List<ShotSweep> sweeps);

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
