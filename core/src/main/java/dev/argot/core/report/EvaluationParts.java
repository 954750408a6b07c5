package dev.argot.core.report;

import dev.argot.api.evaluation.Comparison;
import dev.argot.api.evaluation.Comparison.HiddenTokensChange;
import dev.argot.api.evaluation.Comparison.TaskChange;
import dev.argot.api.evaluation.Comparison.TextChange;
import dev.argot.api.evaluation.Estimate;
import dev.argot.api.evaluation.Evaluation;
import dev.argot.api.evaluation.Evaluation.InstructionItem;
import dev.argot.api.evaluation.Evaluation.InstructionResult;
import dev.argot.api.evaluation.Evaluation.TaskResult;
import dev.argot.api.evaluation.Evaluation.TextResult;
import dev.argot.api.evaluation.HeldOutScore;
import dev.argot.api.evaluation.HeldOutText.Role;
import dev.argot.api.evaluation.HiddenTokens;
import dev.argot.api.evaluation.HiddenTokens.RareTerms;
import dev.argot.api.evaluation.Metric;
import dev.argot.api.evaluation.Perplexity;
import dev.argot.core.report.Page.Section;
import dev.argot.core.report.RangeChart.Group;
import dev.argot.core.report.RangeChart.Row;
import dev.argot.core.report.Table.Cell;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The parts of a page that show what was measured of one model or of two. Stateless, hence thread-safe. */
final class EvaluationParts {
    /** Relative changes below it are shown as none. */
    private static final double VISIBLE = 0.0005;

    private static final int WIDE = 900;
    private static final int NARROW = 360;

    private EvaluationParts() {}

    // ---- what comes first

    /**
     * The outcome in a sentence or two.
     *
     * @param html where to
     * @param comparison before and after
     * @param domain what the domain's text is called
     */
    static void verdict(Html html, Comparison comparison, String domain) {
        html.open("p", "class", "verdict");
        boolean said = false;
        if (comparison.domainGain().isPresent()) {
            html.text("The model now predicts " + domain + " ");
            better(html, comparison.domainGain().getAsDouble());
            said = true;
        }
        if (comparison.generalChange().isPresent()) {
            html.text(said ? " and general text " : "The model now predicts general text ");
            better(html, -comparison.generalChange().getAsDouble());
            said = true;
        }
        html.text(said ? "." : "");
        long gained = comparison.tasks().stream()
                .filter(change -> change.difference().low() > 0)
                .count();
        long lost = comparison.tasks().stream()
                .filter(change -> change.difference().high() < 0)
                .count();
        int total = comparison.tasks().size();
        if (total > 0) {
            html.text((said ? " " : "") + "Of " + total + (total == 1 ? " task score, " : " task scores, "));
            html.element("span", gained + " rose", "class", gained > 0 ? "good" : "same");
            html.text(" and ");
            html.element("span", lost + " fell", "class", lost > 0 ? "bad" : "same");
            html.text(" beyond chance.");
            said = true;
        }
        if (!said) {
            html.text("No text or task was measured in both.");
        }
        html.close().line();
    }

    private static void better(Html html, double gain) {
        if (Math.abs(gain) < VISIBLE) {
            html.element("span", "as well as before", "class", "same");
        } else {
            html.element(
                    "span",
                    Figures.percent(Math.abs(gain)) + (gain > 0 ? " better" : " worse"),
                    "class",
                    gain > 0 ? "good" : "bad");
        }
    }

    /**
     * The outcome in figures.
     *
     * @param html where to; the list is open
     * @param comparison before and after
     */
    static void cards(Html html, Comparison comparison) {
        comparison
                .domainGain()
                .ifPresent(gain -> card(
                        html,
                        "Domain text, " + measure(comparison),
                        Figures.change(-gain),
                        bits(comparison, Role.DOMAIN) + (gain > 0 ? ": better" : "")));
        comparison
                .generalChange()
                .ifPresent(change -> card(
                        html,
                        "General text, " + measure(comparison),
                        Figures.change(change),
                        bits(comparison, Role.GENERAL) + (change > VISIBLE ? ": worse" : ": kept")));
        comparison.tasks().stream()
                .filter(change -> change.metric() == Metric.ACCURACY || change.metric() == Metric.TOKEN_F1)
                .max((a, b) ->
                        Double.compare(a.difference().value(), b.difference().value()))
                .ifPresent(best -> card(
                        html,
                        "Largest gain in a task, points",
                        Figures.points(best.difference().value()),
                        best.title() + ", " + shots(best.shots()) + ": "
                                + Figures.decimals(100 * best.before().value(), 1) + " → "
                                + Figures.percent(best.after().value())));
        comparison.before().instructions().ifPresent(before -> comparison
                .after()
                .instructions()
                .ifPresent(after -> card(
                        html,
                        "Plain instructions followed",
                        count(after) + " of " + after.items().size(),
                        count(before) + " before")));
    }

    /** One figure. */
    static void card(Html html, String name, String value, String note) {
        html.open("li")
                .element("span", name, "class", "name")
                .element("span", value, "class", "value")
                .element("span", note, "class", "note")
                .close()
                .line();
    }

    private static String bits(Comparison comparison, Role role) {
        return Figures.decimals(bits(comparison.before(), role), 3) + " → "
                + Figures.decimals(bits(comparison.after(), role), 3);
    }

    private static double bits(Evaluation evaluation, Role role) {
        return evaluation.total(role).map(Perplexity::bitsPerByte).orElseGet(() -> evaluation
                .hiddenTokenLoss(role)
                .orElse(Double.NaN));
    }

    /** What held-out texts were measured by. */
    private static String measure(Comparison comparison) {
        return comparison.hiddenTokens().stream()
                .findFirst()
                .map(text -> measure(text.before()))
                .orElse("bits per byte");
    }

    private static String measure(HiddenTokens text) {
        return HeldOutScore.of(text).measure().label();
    }

    private static long count(InstructionResult result) {
        return result.items().stream().filter(InstructionItem::followed).count();
    }

    // ---- sections

    /** What two models make of texts, tasks and instructions. */
    static List<Section> sections(Comparison comparison) {
        var sections = new ArrayList<Section>();
        if (!comparison.texts().isEmpty()) {
            sections.add(new Section("texts", "Held-out text", html -> texts(html, comparison)));
        }
        if (!comparison.hiddenTokens().isEmpty()) {
            sections.add(new Section("hidden-tokens", "Hidden tokens", html -> hiddenTokens(html, comparison)));
        }
        if (!comparison.tasks().isEmpty()) {
            sections.add(new Section("tasks", "Tasks", html -> tasks(html, comparison)));
        }
        comparison.before().instructions().ifPresent(before -> comparison
                .after()
                .instructions()
                .ifPresent(after -> sections.add(new Section(
                        "instructions",
                        "Plain instructions",
                        html -> instructions(html, Optional.of(before), after, comparison.instructions())))));
        return sections;
    }

    /** What one model makes of texts, tasks and instructions. */
    static List<Section> sections(Evaluation evaluation) {
        var sections = new ArrayList<Section>();
        if (!evaluation.texts().isEmpty()) {
            sections.add(new Section("texts", "Held-out text", html -> texts(html, evaluation)));
        }
        if (!evaluation.hiddenTokens().isEmpty()) {
            sections.add(new Section("hidden-tokens", "Hidden tokens", html -> hiddenTokens(html, evaluation)));
        }
        if (!evaluation.tasks().isEmpty()) {
            sections.add(new Section("tasks", "Tasks", html -> tasks(html, evaluation)));
        }
        evaluation
                .instructions()
                .ifPresent(result -> sections.add(new Section(
                        "instructions",
                        "Plain instructions",
                        html -> instructions(html, Optional.empty(), result, Optional.empty()))));
        return sections;
    }

    private static void bitsExplained(Html html) {
        html.element(
                        "p",
                        "Bits per byte is what the model would need to store the text: fewer is better, and models with different"
                                + " vocabularies can be compared. Perplexity is per token.",
                        "class",
                        "hint")
                .line();
    }

    private static void texts(Html html, Comparison comparison) {
        bitsExplained(html);
        var table = new Table(
                "Held-out texts before and after",
                "Text",
                "Role",
                "Bits/byte before",
                "Bits/byte after",
                "Change",
                "Perplexity before",
                "Perplexity after",
                "Tokens",
                "Bytes");
        for (TextChange text : comparison.texts()) {
            double change = text.bitsPerByteChange();
            table.row(
                    Table.text(text.name()),
                    Table.text(role(text.role())),
                    Table.text(Figures.decimals(text.before().bitsPerByte(), 4)),
                    Table.text(Figures.decimals(text.after().bitsPerByte(), 4)),
                    Table.judged(Figures.change(change), change <= -VISIBLE, change >= VISIBLE),
                    Table.text(Figures.decimals(text.before().perplexity(), 2)),
                    Table.text(Figures.decimals(text.after().perplexity(), 2)),
                    Table.text(counts(text.before().tokens(), text.after().tokens())),
                    Table.text(counts(text.before().bytes(), text.after().bytes())));
        }
        table.write(html);
    }

    /** What another vocabulary may change. */
    private static String counts(long before, long after) {
        return before == after ? Figures.count(after) : Figures.count(before) + " → " + Figures.count(after);
    }

    private static void texts(Html html, Evaluation evaluation) {
        bitsExplained(html);
        var table = new Table(
                "Held-out texts", "Text", "Role", "Bits per byte", "Perplexity", "Documents", "Tokens", "Bytes");
        for (TextResult text : evaluation.texts()) {
            table.row(
                    text.name(),
                    role(text.role()),
                    Figures.decimals(text.perplexity().bitsPerByte(), 4),
                    Figures.decimals(text.perplexity().perplexity(), 2),
                    Figures.count(text.documents()),
                    Figures.count(text.perplexity().tokens()),
                    Figures.count(text.perplexity().bytes()));
        }
        table.write(html);
    }

    private static void hidden(Html html, boolean rare) {
        html.element(
                        "p",
                        "Some tokens of the texts are hidden, the same for every model with this tokenizer. The loss is the mean"
                                + " negative log-probability of what was there, in nats per token: lower is better."
                                + (rare
                                        ? " Rare terms are terms of the domain with a word that the vocabulary breaks into"
                                                + " pieces; they are hidden whole."
                                        : ""),
                        "class",
                        "hint")
                .line();
    }

    private static void hiddenTokens(Html html, Comparison comparison) {
        hidden(html, comparison.hiddenTokens().stream().anyMatch(text -> text.before()
                .rareTerms()
                .isPresent()));
        var table =
                new Table("Hidden tokens before and after", "Text", "Role", "What", "Before", "After", "Change", "Of");
        for (HiddenTokensChange text : comparison.hiddenTokens()) {
            double change = text.lossChange();
            table.row(
                    Table.text(text.name()),
                    Table.text(role(text.role())),
                    Table.text(measure(text.before()) + " (nats/token)"),
                    Table.text(Figures.decimals(text.before().loss(), 4)),
                    Table.text(Figures.decimals(text.after().loss(), 4)),
                    Table.judged(Figures.change(change), change <= -VISIBLE, change >= VISIBLE),
                    Table.text(counts(text.before().tokens(), text.after().tokens()) + " tokens"));
            Estimate before = text.before().accuracy();
            Estimate after = text.after().accuracy();
            table.row(
                    Table.text(text.name()),
                    Table.text(role(text.role())),
                    Table.text("tokens guessed"),
                    Table.text(Figures.percent(before.value())),
                    Table.text(Figures.percent(after.value())),
                    Table.text(Figures.points(after.value() - before.value())),
                    Table.text(counts(text.before().tokens(), text.after().tokens()) + " tokens"));
            text.before().rareTerms().ifPresent(first -> text.after()
                    .rareTerms()
                    .ifPresent(second -> rareTerms(table, text, first, second)));
        }
        table.write(html);
    }

    private static void rareTerms(Table table, HiddenTokensChange text, RareTerms before, RareTerms after) {
        String occurrences =
                counts(before.occurrences().size(), after.occurrences().size()) + " occurrences";
        Optional<Estimate> change = text.rareTerms();
        table.row(
                Table.text(text.name()),
                Table.text(role(text.role())),
                Table.text("tokens of rare terms guessed"),
                Table.text(Figures.percent(before.tokens().value())),
                Table.text(Figures.percent(after.tokens().value())),
                Table.judged(
                        Figures.points(after.tokens().value() - before.tokens().value()),
                        change.isPresent() && change.get().low() > 0,
                        change.isPresent() && change.get().high() < 0),
                Table.text(occurrences));
        table.row(
                Table.text(text.name()),
                Table.text(role(text.role())),
                Table.text("rare terms guessed whole"),
                Table.text(Figures.percent(before.whole().value())),
                Table.text(Figures.percent(after.whole().value())),
                Table.text(Figures.points(after.whole().value() - before.whole().value())),
                Table.text(occurrences));
    }

    private static void hiddenTokens(Html html, Evaluation evaluation) {
        hidden(html, evaluation.hiddenTokens().stream().anyMatch(text -> text.rareTerms()
                .isPresent()));
        var table = new Table("Hidden tokens", "Text", "Role", "What", "Value", "95 %", "Of");
        for (HiddenTokens text : evaluation.hiddenTokens()) {
            String tokens = Figures.count(text.tokens()) + " tokens";
            table.row(
                    text.name(),
                    role(text.role()),
                    measure(text) + " (nats/token)",
                    Figures.decimals(text.loss(), 4),
                    "",
                    tokens);
            share(table, text, "tokens guessed", text.accuracy(), tokens);
            text.rareTerms().ifPresent(rare -> {
                String occurrences = Figures.count(rare.occurrences().size()) + " occurrences";
                share(table, text, "tokens of rare terms guessed", rare.tokens(), occurrences);
                share(table, text, "rare terms guessed whole", rare.whole(), occurrences);
            });
        }
        table.write(html);
    }

    private static void share(Table table, HiddenTokens text, String what, Estimate estimate, String of) {
        table.row(
                text.name(),
                role(text.role()),
                what,
                Figures.percent(estimate.value()),
                Figures.interval(estimate),
                of);
    }

    private static String role(Role role) {
        return switch (role) {
            case DOMAIN -> "domain";
            case GENERAL -> "general";
        };
    }

    private static void tasks(Html html, Comparison comparison) {
        html.element(
                        "p",
                        "Each score with its 95 % confidence interval (bootstrap over items). A difference whose interval leaves out zero is"
                                + " unlikely to be chance.",
                        "class",
                        "hint")
                .line();
        Map<String, Group> groups = new LinkedHashMap<>();
        for (TaskChange change : comparison.tasks()) {
            if (shown(change.metric())) {
                add(
                        groups,
                        change.title(),
                        change.metric(),
                        new Row(
                                shots(change.shots()),
                                Optional.of(change.before()),
                                change.after(),
                                result(comparison.after(), change).baseline()));
            }
        }
        chart(html, groups, "Scores of the tasks before and after, with confidence intervals");
        var table = new Table(
                "Scores in per cent, differences in percentage points",
                "Task",
                "Shots",
                "Metric",
                "Before",
                "After",
                "Difference",
                "Without a model",
                "Items");
        for (TaskChange change : comparison.tasks()) {
            TaskResult result = result(comparison.after(), change);
            table.row(
                    Table.text(change.title()),
                    Table.text("" + change.shots()),
                    Table.text(change.metric().label()),
                    share(change.before()),
                    share(change.after()),
                    cell -> {
                        Table.judged(
                                        Figures.points(change.difference().value()),
                                        change.difference().low() > 0,
                                        change.difference().high() < 0)
                                .write(cell);
                        cell.text(" ")
                                .element(
                                        "span",
                                        "(" + Figures.pointsInterval(change.difference()) + ")",
                                        "class",
                                        "range");
                    },
                    Table.text(baseline(result, change.metric())),
                    Table.text(Figures.count(result.items().size())));
        }
        table.write(html);
        remarks(html, List.of(comparison.before(), comparison.after()));
    }

    private static void tasks(Html html, Evaluation evaluation) {
        html.element("p", "Each score with its 95 % confidence interval (bootstrap over items).", "class", "hint")
                .line();
        Map<String, Group> groups = new LinkedHashMap<>();
        var table = new Table("Scores in per cent", "Task", "Shots", "Metric", "Score", "Without a model", "Items");
        for (TaskResult result : evaluation.tasks()) {
            result.scores().forEach((metric, estimate) -> {
                if (shown(metric)) {
                    add(
                            groups,
                            result.title(),
                            metric,
                            new Row(shots(result.shots()), Optional.empty(), estimate, result.baseline()));
                }
                table.row(
                        Table.text(result.title()),
                        Table.text("" + result.shots()),
                        Table.text(metric.label()),
                        share(estimate),
                        Table.text(baseline(result, metric)),
                        Table.text(Figures.count(result.items().size())));
            });
        }
        chart(html, groups, "Scores of the tasks, with confidence intervals");
        table.write(html);
        remarks(html, List.of(evaluation));
    }

    /** One metric of a task is drawn, all are in the table. */
    private static boolean shown(Metric metric) {
        return switch (metric) {
            case ACCURACY, TOKEN_F1, MICRO_F1 -> true;
            case MACRO_F1,
                    EXACT_MATCH,
                    ROUGE_L,
                    ENTITY_F1,
                    ENTITY_PRECISION,
                    ENTITY_RECALL,
                    MATTHEWS,
                    PEARSON,
                    SPEARMAN,
                    R_SQUARED -> false;
        };
    }

    private static void add(Map<String, Group> groups, String title, Metric metric, Row row) {
        groups.computeIfAbsent(title, name -> new Group(name, metric.label(), new ArrayList<>()))
                .rows()
                .add(row);
    }

    private static void chart(Html html, Map<String, Group> groups, String title) {
        var chart = new RangeChart(title, List.copyOf(groups.values()));
        html.open("figure");
        chart.draw(html, "wide", WIDE);
        chart.draw(html, "narrow", NARROW);
        html.close().line();
    }

    private static TaskResult result(Evaluation evaluation, TaskChange change) {
        return evaluation.tasks().stream()
                .filter(result -> result.task().equals(change.task()) && result.shots() == change.shots())
                .findFirst()
                .orElseThrow();
    }

    private static Cell share(Estimate estimate) {
        return Table.ranged(Figures.decimals(100 * estimate.value(), 1), Figures.interval(estimate));
    }

    private static String baseline(TaskResult result, Metric metric) {
        return metric == Metric.ACCURACY && result.baseline().isPresent()
                ? Figures.decimals(100 * result.baseline().getAsDouble(), 1)
                : "–";
    }

    /** What did not fit. */
    private static void remarks(Html html, List<Evaluation> evaluations) {
        var table = new Table(
                "Prompts that did not fit the context whole; items without an answer count as wrong",
                "Task",
                "Model",
                "Shots",
                "Exemplars left out",
                "Items without answer");
        for (Evaluation evaluation : evaluations) {
            for (TaskResult result : evaluation.tasks()) {
                if (result.droppedExemplars() > 0 || result.unanswered() > 0) {
                    table.row(
                            result.title(),
                            evaluation.model(),
                            "" + result.shots(),
                            Figures.count(result.droppedExemplars()),
                            Figures.count(result.unanswered()));
                }
            }
        }
        if (!table.isEmpty()) {
            html.open("details")
                    .element("summary", "Some prompts did not fit the context")
                    .line();
            table.write(html);
            html.close().line();
        }
    }

    static String shots(int shots) {
        return shots == 1 ? "1 shot" : shots + " shots";
    }

    private static void instructions(
            Html html, Optional<InstructionResult> before, InstructionResult after, Optional<Estimate> difference) {
        var text = new StringBuilder();
        before.ifPresent(result -> text.append("Before, the model followed ")
                .append(count(result))
                .append(" of ")
                .append(result.items().size())
                .append(" plain instructions (")
                .append(Figures.percent(result.followed().value()))
                .append(", ")
                .append(Figures.interval(result.followed()))
                .append("); after, "));
        text.append(before.isPresent() ? "" : "The model followed ")
                .append(count(after))
                .append(before.isPresent() ? "" : " of " + after.items().size() + " plain instructions")
                .append(" (")
                .append(Figures.percent(after.followed().value()))
                .append(", ")
                .append(Figures.interval(after.followed()))
                .append(").");
        difference.ifPresent(change -> text.append(" The difference is ")
                .append(Figures.points(change.value()))
                .append(" percentage points (")
                .append(Figures.pointsInterval(change))
                .append(")."));
        text.append(" A rule that a program can check decides; what is asked is easy. Layout of the prompt: ")
                .append(after.layout())
                .append('.');
        html.element("p", text.toString()).line();
        html.open("details")
                .element("summary", "Show each instruction and answer")
                .line();
        for (InstructionItem item : after.items()) {
            html.open("div", "class", "sample");
            html.element("p", item.instruction(), "class", "prompt");
            html.element("p", "Expected: " + item.rule(), "class", "hint");
            html.open("div", "class", "sides");
            before.stream()
                    .flatMap(result -> result.items().stream())
                    .filter(earlier -> earlier.id().equals(item.id()))
                    .findFirst()
                    .ifPresent(earlier -> side(html, "before", earlier));
            side(html, before.isPresent() ? "after" : "answer", item);
            html.close().close().line();
        }
        html.close().line();
    }

    private static void side(Html html, String which, InstructionItem item) {
        html.open("div", "class", "side " + (which.equals("before") ? "before" : "after"));
        html.element("h3", which + ": " + (item.followed() ? "followed ✓" : "not followed ✗"));
        html.element("pre", item.completion().strip());
        html.close();
    }
}
