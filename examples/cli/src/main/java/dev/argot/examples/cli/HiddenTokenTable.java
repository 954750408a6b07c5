package dev.argot.examples.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.argot.api.evaluation.Comparison;
import dev.argot.api.evaluation.Estimate;
import dev.argot.api.evaluation.Evaluation;
import dev.argot.api.evaluation.HeldOutScore;
import dev.argot.api.evaluation.HiddenTokens;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;

/** Shows how hidden tokens are guessed. Stateless. */
final class HiddenTokenTable {
    private HiddenTokenTable() {}

    /** One model. */
    static void print(Evaluation evaluation, PrintWriter out) {
        if (evaluation.hiddenTokens().isEmpty()) {
            return;
        }
        out.printf("%-60s %9s %s%n", "", "", "95 %");
        for (HiddenTokens text : evaluation.hiddenTokens()) {
            out.printf(
                    Locale.ROOT,
                    "%-60s %9.4f nats a token, %d tokens%n",
                    loss(text),
                    text.loss(),
                    text.tokens());
            share(out, "hidden tokens guessed, " + text.name(), text.accuracy());
            text.rareTerms().ifPresent(rare -> {
                share(
                        out,
                        "tokens of rare terms guessed, " + text.name() + " ("
                                + rare.occurrences().size() + " occurrences)",
                        rare.tokens());
                share(out, "rare terms guessed whole, " + text.name(), rare.whole());
            });
        }
    }

    private static void share(PrintWriter out, String what, Estimate estimate) {
        out.printf(
                Locale.ROOT,
                "%-60s %8.2f%% %.2f..%.2f%n",
                what,
                100 * estimate.value(),
                100 * estimate.low(),
                100 * estimate.high());
    }

    /** Two models. */
    static void print(Comparison comparison, PrintWriter out) {
        for (Comparison.HiddenTokensChange text : comparison.hiddenTokens()) {
            out.printf(
                    Locale.ROOT,
                    "%-60s %9.4f %9.4f %+8.2f%%%n",
                    loss(text.before()),
                    text.before().loss(),
                    text.after().loss(),
                    100 * text.lossChange());
            points(
                    out,
                    "hidden tokens guessed, " + text.name(),
                    text.before().accuracy(),
                    text.after().accuracy(),
                    "");
            text.before().rareTerms().ifPresent(before -> text.after().rareTerms().ifPresent(after -> {
                points(
                        out,
                        "tokens of rare terms guessed, " + text.name(),
                        before.tokens(),
                        after.tokens(),
                        text.rareTerms()
                                .map(change -> String.format(
                                        Locale.ROOT,
                                        " (95 %%: %+.2f..%+.2f)",
                                        100 * change.low(),
                                        100 * change.high()))
                                .orElse(""));
                points(out, "rare terms guessed whole, " + text.name(), before.whole(), after.whole(), "");
            }));
        }
    }

    private static void points(PrintWriter out, String what, Estimate before, Estimate after, String interval) {
        out.printf(
                Locale.ROOT,
                "%-60s %8.2f%% %8.2f%% %+9.2f%s%n",
                what,
                100 * before.value(),
                100 * after.value(),
                100 * (after.value() - before.value()),
                interval);
    }

    private static String loss(HiddenTokens text) {
        return HeldOutScore.of(text).measure().label() + ", held-out " + text.name();
    }

    /** A change as a JSON object. */
    static void write(JsonGenerator json, Comparison.HiddenTokensChange change) throws IOException {
        json.writeStartObject();
        json.writeStringField("text", change.name());
        json.writeStringField(
                "measure", HeldOutScore.of(change.before()).measure().label());
        json.writeNumberField("lossBefore", change.before().loss());
        json.writeNumberField("lossAfter", change.after().loss());
        json.writeNumberField("accuracyBefore", change.before().accuracy().value());
        json.writeNumberField("accuracyAfter", change.after().accuracy().value());
        if (change.before().rareTerms().isPresent() && change.after().rareTerms().isPresent()) {
            json.writeNumberField(
                    "rareTermAccuracyBefore",
                    change.before().rareTerms().get().tokens().value());
            json.writeNumberField(
                    "rareTermAccuracyAfter",
                    change.after().rareTerms().get().tokens().value());
        }
        json.writeEndObject();
    }
}
