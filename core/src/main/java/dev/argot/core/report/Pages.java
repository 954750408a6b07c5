package dev.argot.core.report;

import dev.argot.api.adaptation.AdaptationReport;
import dev.argot.api.adaptation.AdaptationReport.Gate;
import dev.argot.api.evaluation.Comparison;
import dev.argot.api.evaluation.Evaluation;
import dev.argot.api.evaluation.HeldOutText.Role;
import dev.argot.api.finetuning.FineTuningReport;
import dev.argot.api.finetuning.HeadEvaluation;
import dev.argot.api.prompt.ShotSweep;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Reports as pages for a browser. Stateless, hence thread-safe. */
final class Pages {
    private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern(
                    "d MMMM uuuu, HH:mm 'UTC'", Locale.ENGLISH)
            .withZone(ZoneOffset.UTC);

    private Pages() {}

    /** What an adaptation did and what came of it. */
    static String adaptation(AdaptationReport report) {
        String title = report.model() + " adapted to " + report.domain();
        return Page.page(
                title,
                html -> {
                    html.element("p", "Adaptation report", "class", "kicker").line();
                    html.element("h1", title).line();
                    html.element(
                                    "p",
                                    report.method() + " · finished " + DATE.format(report.finished()) + " · took "
                                            + Figures.time(report.elapsed()),
                                    "class",
                                    "facts")
                            .line();
                    if (report.comparison().isPresent()) {
                        EvaluationParts.verdict(html, report.comparison().get(), "text of “" + report.domain() + "”");
                    } else {
                        html.element("p", "The model was not measured before and after.", "class", "verdict")
                                .line();
                    }
                    html.open("ul", "class", "cards").line();
                    report.comparison().ifPresent(comparison -> EvaluationParts.cards(html, comparison));
                    report.gate().ifPresent(gate -> gate(html, gate));
                    if (!report.training().isEmpty()) {
                        var last = report.training().get(report.training().size() - 1);
                        EvaluationParts.card(
                                html,
                                "Tokens trained on",
                                Figures.count(last.tokens()),
                                "in " + Figures.count(last.step()) + (last.step() == 1 ? " step" : " steps"));
                    }
                    html.close().line();
                },
                AdaptationParts.sections(report),
                "Written by Argot " + report.environment().argot()
                        + ". The same figures for programs are in report.json.");
    }

    private static void gate(Html html, Gate gate) {
        EvaluationParts.card(
                html,
                "Limit on forgetting (" + Figures.percent(gate.largestGeneralChange()) + ")",
                gate.held() ? "holds" : "exceeded",
                Figures.percent(gate.kept()) + " of the change kept");
    }

    /** Two models side by side. */
    static String comparison(Comparison comparison) {
        String title =
                comparison.after().model() + " beside " + comparison.before().model();
        return Page.page(
                title,
                html -> {
                    html.element("p", "Comparison of two models", "class", "kicker")
                            .line();
                    html.element("h1", title).line();
                    html.element(
                                    "p",
                                    "Before: " + comparison.before().model() + " ("
                                            + comparison.before().engine() + "). After: "
                                            + comparison.after().model() + " ("
                                            + comparison.after().engine() + "). Seed "
                                            + comparison.after().seed() + ".",
                                    "class",
                                    "facts")
                            .line();
                    EvaluationParts.verdict(html, comparison, "text of the domain");
                    html.open("ul", "class", "cards").line();
                    EvaluationParts.cards(html, comparison);
                    html.close().line();
                },
                EvaluationParts.sections(comparison),
                "Written by Argot. The same figures for programs are in comparison.json.");
    }

    /** One model. */
    static String evaluation(Evaluation evaluation) {
        String title = "Evaluation of " + evaluation.model();
        return Page.page(
                title,
                html -> {
                    html.element("p", "Evaluation", "class", "kicker").line();
                    html.element("h1", title).line();
                    html.element("p", evaluation.engine() + ". Seed " + evaluation.seed() + ".", "class", "facts")
                            .line();
                    html.open("ul", "class", "cards").line();
                    for (Role role : Role.values()) {
                        evaluation
                                .total(role)
                                .ifPresent(total -> EvaluationParts.card(
                                        html,
                                        switch (role) {
                                            case DOMAIN -> "Text of the domain";
                                            case GENERAL -> "General text";
                                        },
                                        Figures.decimals(total.bitsPerByte(), 3),
                                        "bits per byte, perplexity " + Figures.decimals(total.perplexity(), 2)));
                        evaluation
                                .hiddenTokenLoss(role)
                                .ifPresent(loss -> EvaluationParts.card(
                                        html,
                                        switch (role) {
                                            case DOMAIN -> "Text of the domain";
                                            case GENERAL -> "General text";
                                        },
                                        Figures.decimals(loss, 3),
                                        "nats per hidden token"));
                    }
                    evaluation
                            .instructions()
                            .ifPresent(result -> EvaluationParts.card(
                                    html,
                                    "Plain instructions followed",
                                    Figures.percent(result.followed().value()),
                                    Figures.interval(result.followed())));
                    html.close().line();
                },
                EvaluationParts.sections(evaluation),
                "Written by Argot. The same figures for programs are in evaluation.json.");
    }

    /** What a fine-tuning did and what came of it. */
    static String fineTuning(FineTuningReport report) {
        String title = report.model() + ", fine-tuned for " + report.task();
        return Page.page(
                title,
                html -> {
                    html.element("p", "Fine-tuning report", "class", "kicker").line();
                    html.element("h1", title).line();
                    html.element(
                                    "p",
                                    report.method() + " · finished " + DATE.format(report.finished()) + " · took "
                                            + Figures.time(report.elapsed()),
                                    "class",
                                    "facts")
                            .line();
                    html.open("ul", "class", "cards").line();
                    report.test()
                            .or(report::validation)
                            .ifPresent(e -> FineTuningParts.cards(
                                    html, e, report.test().isPresent() ? "test items" : "validation items"));
                    EvaluationParts.card(
                            html,
                            "Epoch kept",
                            report.bestEpoch() + " of " + report.epochs().size(),
                            report.epochs().stream()
                                            .anyMatch(e -> !e.validation().isEmpty())
                                    ? "the best on validation items"
                                    : "the last");
                    html.close().line();
                },
                FineTuningParts.sections(report),
                "Written by Argot " + report.environment().argot()
                        + ". The same figures for programs are in report.json.");
    }

    /** One task head. */
    static String evaluation(HeadEvaluation evaluation) {
        String title = "Evaluation of " + evaluation.model();
        return Page.page(
                title,
                html -> {
                    html.element("p", "Evaluation of a task head", "class", "kicker")
                            .line();
                    html.element("h1", title).line();
                    html.element("p", evaluation.engine() + ".", "class", "facts")
                            .line();
                    html.open("ul", "class", "cards").line();
                    FineTuningParts.cards(html, evaluation, "items");
                    html.close().line();
                },
                FineTuningParts.sections(evaluation, "evaluation", "What was measured"),
                "Written by Argot. The same figures for programs are in evaluation.json.");
    }

    /** How many exemplars tasks want, of one or several models. */
    static String sweeps(List<ShotSweep> sweeps) {
        ShotSweep first = sweeps.get(0);
        boolean oneTask = sweeps.stream().allMatch(sweep -> sweep.task().equals(first.task()));
        String title = oneTask ? "How many exemplars? " + first.title() : "How many exemplars?";
        return Page.page(
                title,
                html -> {
                    html.element("p", "Sweep over numbers of shots", "class", "kicker")
                            .line();
                    html.element("h1", title).line();
                    html.element(
                                    "p",
                                    sweeps.stream()
                                                    .map(ShotSweep::model)
                                                    .distinct()
                                                    .collect(Collectors.joining(", "))
                                            + ".",
                                    "class",
                                    "facts")
                            .line();
                    if (sweeps.size() == 1) {
                        SweepParts.verdict(html, first);
                        return;
                    }
                    html.open("ul", "class", "cards").line();
                    for (ShotSweep sweep : sweeps) {
                        SweepParts.card(html, sweep, !oneTask);
                    }
                    html.close().line();
                },
                SweepParts.sections(sweeps),
                "Written by Argot. The same figures for programs are in sweep.json.");
    }
}
