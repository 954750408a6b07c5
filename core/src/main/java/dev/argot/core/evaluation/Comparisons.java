package dev.argot.core.evaluation;

import dev.argot.api.ArgotException;
import dev.argot.api.evaluation.Comparison;
import dev.argot.api.evaluation.Comparison.HiddenTokensChange;
import dev.argot.api.evaluation.Comparison.TaskChange;
import dev.argot.api.evaluation.Comparison.TextChange;
import dev.argot.api.evaluation.Estimate;
import dev.argot.api.evaluation.Evaluation;
import dev.argot.api.evaluation.Evaluation.InstructionItem;
import dev.argot.api.evaluation.Evaluation.InstructionResult;
import dev.argot.api.evaluation.Evaluation.ItemResult;
import dev.argot.api.evaluation.Evaluation.TaskResult;
import dev.argot.api.evaluation.Evaluation.TextResult;
import dev.argot.api.evaluation.HiddenTokens;
import dev.argot.api.evaluation.HiddenTokens.Occurrence;
import dev.argot.api.evaluation.Metric;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Puts evaluations side by side. Stateless, hence thread-safe. */
public final class Comparisons {
    private Comparisons() {}

    /**
     * Compares two evaluations of the same spec.
     *
     * @param before what is compared with
     * @param after what is compared
     * @throws ArgotException if a task was measured on different items
     */
    public static Comparison compare(Evaluation before, Evaluation after) {
        var texts = new ArrayList<TextChange>();
        for (TextResult first : before.texts()) {
            after.texts().stream()
                    .filter(second -> second.name().equals(first.name()) && second.role() == first.role())
                    .findFirst()
                    .ifPresent(second -> texts.add(
                            new TextChange(first.name(), first.role(), first.perplexity(), second.perplexity())));
        }
        var hidden = new ArrayList<HiddenTokensChange>();
        for (HiddenTokens first : before.hiddenTokens()) {
            after.hiddenTokens().stream()
                    .filter(second -> second.name().equals(first.name())
                            && second.role() == first.role()
                            && second.kind() == first.kind()
                            && second.fingerprint() == first.fingerprint()) // else another tokenizer hid others
                    .findFirst()
                    .ifPresent(second -> hidden.add(new HiddenTokensChange(
                            first.name(), first.role(), first, second, rareTerms(first, second, after.seed()))));
        }
        var tasks = new ArrayList<TaskChange>();
        for (TaskResult first : before.tasks()) {
            after.tasks().stream()
                    .filter(second -> second.task().equals(first.task()) && second.shots() == first.shots())
                    .findFirst()
                    .ifPresent(second -> tasks.addAll(changes(first, second, after.seed())));
        }
        Optional<Estimate> instructions = before.instructions()
                .flatMap(first -> after.instructions().map(second -> change(first, second, after.seed())));
        return new Comparison(before, after, texts, hidden, tasks, instructions);
    }

    /** The paired difference, where both were asked for the same occurrences. */
    private static Optional<Estimate> rareTerms(HiddenTokens before, HiddenTokens after, long seed) {
        if (before.rareTerms().isEmpty() || after.rareTerms().isEmpty()) {
            return Optional.empty();
        }
        List<Occurrence> first = before.rareTerms().get().occurrences();
        List<Occurrence> second = after.rareTerms().get().occurrences();
        if (!asked(first).equals(asked(second))) {
            return Optional.empty();
        }
        return Optional.of(Bootstrap.difference(
                first.size(), seed, HiddenTokenMeasure.tokensRight(first), HiddenTokenMeasure.tokensRight(second)));
    }

    private static List<Occurrence> asked(List<Occurrence> occurrences) {
        return occurrences.stream().map(o -> new Occurrence(o.term(), o.tokens(), 0)).toList();
    }

    private static List<TaskChange> changes(TaskResult before, TaskResult after, long seed) {
        requireSame(
                "the task '" + before.task() + "' with " + before.shots() + " shots",
                before.items().stream().map(ItemResult::id).toList(),
                after.items().stream().map(ItemResult::id).toList());
        var changes = new ArrayList<TaskChange>();
        for (Map.Entry<Metric, Estimate> score : before.scores().entrySet()) {
            Metric metric = score.getKey();
            Estimate second = after.scores().get(metric);
            if (second != null) {
                Estimate difference = Bootstrap.difference(
                        before.items().size(),
                        seed,
                        Answers.statistic(metric, before.items()),
                        Answers.statistic(metric, after.items()));
                changes.add(new TaskChange(
                        before.task(), before.title(), before.shots(), metric, score.getValue(), second, difference));
            }
        }
        return changes;
    }

    private static Estimate change(InstructionResult before, InstructionResult after, long seed) {
        requireSame(
                "the instructions",
                before.items().stream().map(InstructionItem::id).toList(),
                after.items().stream().map(InstructionItem::id).toList());
        return Bootstrap.difference(
                before.items().size(), seed, Evaluator.followed(before.items()), Evaluator.followed(after.items()));
    }

    private static void requireSame(String what, List<String> before, List<String> after) {
        if (!before.equals(after)) {
            throw new ArgotException(
                    "Two evaluations can be compared only on the same items. For " + what + " expected "
                            + shown(before) + " as in the first, found " + shown(after)
                            + " in the second. Evaluate both models with the same spec.");
        }
    }

    private static String shown(List<String> ids) {
        return ids.size() + " items (" + String.join(", ", ids.subList(0, Math.min(3, ids.size()))) + " …)";
    }
}
