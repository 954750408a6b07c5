package dev.argot.examples.cli;

import dev.argot.api.ArgotException;
import dev.argot.api.Model;
import dev.argot.api.QuestionAnswerer;
import dev.argot.api.SequenceClassifier;
import dev.argot.api.TokenClassifier;
import dev.argot.api.evaluation.Estimate;
import dev.argot.api.evaluation.Metric;
import dev.argot.api.finetuning.AnsweredQuestion;
import dev.argot.api.finetuning.HeadEvaluation;
import dev.argot.api.finetuning.HeadEvaluation.ClassResult;
import dev.argot.api.finetuning.LabelledItem;
import dev.argot.api.finetuning.LabelledText;
import dev.argot.api.finetuning.TaggedText;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Map;

/** What commands about task heads share. */
final class Heads {
    private Heads() {}

    /** The items a kind of model is measured with. */
    static Class<? extends LabelledItem> items(String model, Class<? extends Model> kind) {
        if (kind == SequenceClassifier.class) {
            return LabelledText.class;
        } else if (kind == TokenClassifier.class) {
            return TaggedText.class;
        } else if (kind == QuestionAnswerer.class) {
            return AnsweredQuestion.class;
        }
        throw new ArgotException(model + " holds a " + kind.getSimpleName()
                + ": expected a model with a head for classification, tagging or question answering.");
    }

    /** Prints scores, and those of each class. */
    static void print(PrintWriter out, HeadEvaluation evaluation) {
        out.printf("%-22s %8s  %s%n", "metric", "score", "95 %");
        for (Map.Entry<Metric, Estimate> score : evaluation.scores().entrySet()) {
            out.printf(
                    Locale.ROOT,
                    "%-22s %7.1f%%  %.1f..%.1f%n",
                    score.getKey().label(),
                    100 * score.getValue().value(),
                    100 * score.getValue().low(),
                    100 * score.getValue().high());
        }
        if (!evaluation.classes().isEmpty()) {
            out.printf("%-40s %9s %7s %7s %7s%n", "class", "precision", "recall", "F1", "number");
            for (ClassResult one : evaluation.classes()) {
                out.printf(
                        Locale.ROOT,
                        "%-40s %8.1f%% %6.1f%% %6.1f%% %7d%n",
                        one.label(),
                        100 * one.precision(),
                        100 * one.recall(),
                        100 * one.f1().value(),
                        one.support());
            }
        }
        out.printf("%d items%n", evaluation.items().size());
    }
}
