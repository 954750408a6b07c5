package dev.argot.examples.cli;

import dev.argot.api.adaptation.AdaptationEvent;
import dev.argot.api.adaptation.AdaptationListener;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.stream.Collectors;

/** Shows an adaptation on a terminal: a bar that is drawn anew at each step, and a line for all else. Without a terminal, a line a tenth. */
final class Progress implements AdaptationListener {
    private static final int WIDTH = 24;

    private final PrintWriter err;
    private final boolean terminal;
    private boolean drawing;
    private long tenths = -1;

    Progress(PrintWriter err, boolean terminal) {
        this.err = err;
        this.terminal = terminal;
    }

    @Override
    public void onEvent(AdaptationEvent event) {
        switch (event) {
            case AdaptationEvent.Phase phase ->
                line(phase.phase().name().toLowerCase(Locale.ROOT).replace('_', ' ')
                        + (phase.detail().isEmpty() ? "" : ": " + phase.detail()));
            case AdaptationEvent.Planned planned -> {
                end();
                PlanCommand.print(planned.plan(), err);
            }
            case AdaptationEvent.Step step -> step(step);
            case AdaptationEvent.HeldOut heldOut ->
                line(String.format(
                        Locale.ROOT,
                        "step %d, held-out %s: %s %.4f (%.4f nats a token)",
                        heldOut.step(),
                        heldOut.text(),
                        heldOut.score().measure().label(),
                        heldOut.score().value(),
                        heldOut.score().loss()));
            case AdaptationEvent.Validated validated ->
                line("epoch " + validated.epoch() + ": "
                        + validated.scores().entrySet().stream()
                                .map(score -> String.format(
                                        Locale.ROOT,
                                        "%s %.4f",
                                        score.getKey().label(),
                                        score.getValue().value()))
                                .collect(Collectors.joining(", "))
                        + (validated.best() ? " (best)" : ""));
            case AdaptationEvent.Checkpoint checkpoint -> {
                if (!terminal) {
                    line("step " + checkpoint.step() + ": checkpoint " + checkpoint.folder());
                }
            }
            case AdaptationEvent.Resumed resumed -> line("resumed after step " + resumed.step());
            case AdaptationEvent.Anomaly anomaly ->
                line("step " + anomaly.step() + " was not applied: loss " + anomaly.loss() + ", gradient norm "
                        + anomaly.gradientNorm() + ", documents " + anomaly.documents());
            case AdaptationEvent.Notice notice -> line(notice.text());
        }
    }

    private void step(AdaptationEvent.Step step) {
        long tenth = 10 * step.step() / step.steps();
        if (!terminal && tenth == tenths) {
            return;
        }
        tenths = tenth;
        int full = (int) (WIDTH * step.step() / step.steps());
        String text = String.format(
                Locale.ROOT,
                "[%s%s] %d/%d  loss %.3f  lr %.2e  norm %.2f  %.0f tokens/s  %d MiB  %s left",
                "#".repeat(full),
                ".".repeat(WIDTH - full),
                step.step(),
                step.steps(),
                step.loss(),
                step.learningRate(),
                step.gradientNorm(),
                step.tokensPerSecond(),
                step.memoryBytes() >> 20,
                duration(step.remaining()));
        if (terminal) {
            err.print("\r" + text + "\033[K");
            drawing = true;
            err.flush();
        } else {
            line(text);
        }
    }

    private void line(String text) {
        end();
        err.println("argot: " + text);
        err.flush();
    }

    /** Leaves the line of the bar. */
    void end() {
        if (drawing) {
            err.println();
            drawing = false;
        }
    }

    static String duration(Duration time) {
        long seconds = time.toSeconds();
        return seconds < 60
                ? seconds + " s"
                : seconds < 3600
                        ? seconds / 60 + " min " + seconds % 60 + " s"
                        : seconds / 3600 + " h " + seconds / 60 % 60 + " min";
    }
}
