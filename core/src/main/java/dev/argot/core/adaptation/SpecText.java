package dev.argot.core.adaptation;

import dev.argot.api.adaptation.AdaptationSpec;
import dev.argot.api.adaptation.Budget;
import dev.argot.api.adaptation.Lora;
import dev.argot.api.adaptation.Method;
import dev.argot.api.adaptation.ObjectiveSettings;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** A spec as text. Stateless. */
public final class SpecText {
    private SpecText() {}

    /**
     * Every setting that has a bearing on the result, by the name it has in the builder.
     *
     * @param objective what is learned, where the spec leaves that open
     */
    static Map<String, String> describe(AdaptationSpec spec, ObjectiveSettings objective) {
        var text = new LinkedHashMap<String, String>();
        text.put("model", spec.model());
        text.put("domain", spec.domainName().orElse("none"));
        text.put(
                "corpus",
                spec.corpus().isEmpty()
                        ? "the domain's samples"
                        : paths(spec.corpus().stream()
                                .flatMap(c -> c.paths().stream())
                                .toList()));
        text.put("curate", "" + spec.curate());
        if (!spec.pairs().isEmpty()) {
            text.put(
                    "pairs",
                    paths(spec.pairs().stream().flatMap(p -> p.paths().stream()).toList()));
            text.put("pairs share", "" + spec.pairsShare());
            text.put(
                    "pairs layout",
                    spec.pairs().stream()
                            .map(p -> p.layout().name().toLowerCase(Locale.ROOT))
                            .distinct()
                            .collect(Collectors.joining(", ")));
        }
        text.put(
                "replay",
                spec.replay().isEmpty()
                        ? "built-in sample"
                        : paths(spec.replay().stream()
                                .flatMap(c -> c.paths().stream())
                                .toList()));
        text.put("replay share", "" + spec.replayShare());
        text.put(
                "held-out",
                spec.heldOut().isEmpty()
                        ? "share " + spec.heldOutShare() + " of the corpus"
                        : paths(spec.heldOut().stream()
                                .flatMap(c -> c.paths().stream())
                                .toList()));
        text.put("held-out tokens", "" + spec.heldOutTokens());
        text.put("objective", objective.toString());
        text.put("method", method(spec.method()));
        text.put("optimizer", spec.optimizer().toString());
        text.put("schedule", spec.schedule().toString());
        text.put("learning rate", "" + spec.learningRate());
        text.put("largest gradient norm", "" + spec.maxGradientNorm());
        text.put("budget", budget(spec.budget()));
        text.put("sequence length", "" + spec.sequenceLength());
        text.put("rows", "" + spec.rows());
        text.put("accumulation", "" + spec.accumulation());
        text.put("recompute", "" + spec.recompute());
        spec.vocabulary()
                .ifPresent(v -> text.put(
                        "vocabulary",
                        "up to " + v.maxTerms() + " terms" + (v.newRowsOnly() ? ", only their rows trained" : "")));
        text.put("evaluate every", "" + spec.evaluateEvery());
        text.put("patience", "" + spec.patience());
        text.put(
                "on anomaly",
                spec.onAnomaly() + (Double.isInfinite(spec.anomalyAbove()) ? "" : " above " + spec.anomalyAbove()));
        spec.gate().ifPresent(g -> text.put("retention gate", g.maxIncrease() + ", " + g.action()));
        text.put("seed", "" + spec.seed());
        return text;
    }

    private static String paths(List<String> paths) {
        return String.join(", ", paths);
    }

    /**
     * The method for a reader.
     *
     * @param method which weights are trained
     */
    public static String method(Method method) {
        return switch (method) {
            case Method.Full full -> "full";
            case Method.Partial part -> "part: " + String.join(", ", new TreeSet<>(part.parameters()));
            case Lora lora ->
                (lora.dora() ? "DoRA" : lora.rankStabilised() ? "rsLoRA" : "LoRA") + ", rank " + lora.rank()
                        + ", alpha "
                        + lora.alpha() + (lora.dropout() > 0 ? ", dropout " + lora.dropout() : "") + ", "
                        + String.join(" ", new TreeSet<>(lora.targets()));
        };
    }

    private static String budget(Budget budget) {
        return switch (budget) {
            case Budget.Tokens tokens -> tokens.tokens() + " tokens";
            case Budget.Steps steps -> steps.steps() + " steps";
            case Budget.Time time -> time.duration().toString();
            case Budget.Epochs epochs -> epochs.epochs() + " epochs";
        };
    }
}
