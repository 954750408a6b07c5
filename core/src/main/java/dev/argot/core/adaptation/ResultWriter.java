package dev.argot.core.adaptation;

import dev.argot.api.ArgotException;
import dev.argot.api.CausalModel;
import dev.argot.api.Domain;
import dev.argot.api.adaptation.AdaptationReport;
import dev.argot.api.adaptation.AdaptationSpec;
import dev.argot.api.adaptation.Lora;
import dev.argot.api.adaptation.ObjectiveSettings;
import dev.argot.api.evaluation.Comparison;
import dev.argot.api.evaluation.Estimate;
import dev.argot.api.evaluation.HeldOutScore;
import dev.argot.api.evaluation.HiddenTokens;
import dev.argot.core.bundle.BundleWriter;
import dev.argot.core.bundle.Lineage;
import dev.argot.core.bundle.MergedWeights;
import dev.argot.core.bundle.ModelCard;
import dev.argot.core.bundle.PlainFolder;
import dev.argot.spi.AdapterFormatProvider;
import dev.argot.spi.Architecture;
import dev.argot.spi.AtomicFolder;
import dev.argot.spi.Checkpoint;
import dev.argot.spi.ElementType;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.TokenizerProvider;
import dev.argot.spi.WeightSource;
import dev.argot.spi.graph.Op;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Writes what an adaptation leaves: a bundle with weights or adapter, tokenizer, report and card. Used once.
 *
 * @param checkpoint the model's files, extended if its vocabulary was
 * @param objective what was learned
 * @param architecture the model without an adapter
 */
record ResultWriter(
        Workshop workshop,
        AdaptationSpec spec,
        ObjectiveSettings objective,
        Optional<Domain> domain,
        Checkpoint checkpoint,
        Architecture architecture,
        TokenizerProvider tokenizers) {
    /**
     * Writes the bundle.
     *
     * @param share of what was learned that is kept
     * @param manifest of the documents; it goes into the bundle
     */
    void write(Path out, TrainedModel model, double share, AdaptationReport report, Optional<Path> manifest) {
        // an adapter alone would not fit the base's embedding when there are new rows
        boolean adapter = !model.layers().isEmpty() && report.vocabulary().isEmpty();
        BundleWriter.write(
                out,
                new BundleWriter.Contents(
                        spec.domainName().orElse("none"),
                        described(adapter),
                        metrics(report),
                        Map.of("everything", spec.seed()),
                        Lineage.of(spec.model(), checkpoint),
                        card(report, adapter),
                        files(report, manifest)),
                folder -> {
                    if (adapter && spec.method() instanceof Lora lora) {
                        workshop.adapterFormat()
                                .save(new AdapterFormatProvider.SaveRequest(
                                        folder,
                                        lora,
                                        model.layers(),
                                        model.adapter(share),
                                        base(),
                                        architecture.kind(),
                                        model.inOut(),
                                        ElementType.FLOAT32,
                                        tokenizers.files(checkpoint.tokenizer())));
                    } else {
                        workshop.checkpointFormat()
                                .save(PlainFolder.request(
                                        folder,
                                        checkpoint,
                                        tensors(model, share),
                                        ElementType.FLOAT32,
                                        tokenizers.files(checkpoint.tokenizer())));
                    }
                });
    }

    private Map<String, String> described(boolean adapter) {
        var described = new LinkedHashMap<>(SpecText.describe(spec, objective));
        described.put(
                "saved as",
                adapter
                        ? "adapter"
                        : spec.method() instanceof Lora ? "whole model, the adapter merged" : "whole model");
        return described;
    }

    /** The base as others can find it: a path as an absolute one, a name as it is. */
    private String base() {
        Path path = Path.of(spec.model());
        return Files.exists(path) ? path.toAbsolutePath().normalize().toString() : spec.model();
    }

    /** The whole model, an adapter merged. */
    private List<StoredTensor> tensors(TrainedModel model, double share) {
        WeightSource weights = model.weights(share);
        Map<String, Op.Parameter> parameters = new HashMap<>();
        model.inference().graph().parameters().forEach(parameter -> parameters.put(parameter.name(), parameter));
        return MergedWeights.of(
                architecture.graph(), model.layers(), name -> weights.tensor(Objects.requireNonNull(parameters.get(name), name)));
    }

    private static Map<String, Object> metrics(AdaptationReport report) {
        var metrics = new LinkedHashMap<String, Object>();
        report.vocabulary()
                .ifPresent(gain -> metrics.put(
                        gain.text() + ", tokens", Map.of("before", gain.tokensBefore(), "after", gain.tokensAfter())));
        report.comparison().ifPresent(comparison -> {
            for (Comparison.TextChange text : comparison.texts()) {
                metrics.put(
                        text.name() + " bits per byte",
                        Map.of(
                                "before", text.before().bitsPerByte(),
                                "after", text.after().bitsPerByte()));
            }
            for (Comparison.HiddenTokensChange text : comparison.hiddenTokens()) {
                metrics.put(
                        text.name() + " " + measure(text.before()),
                        Map.of("before", text.before().loss(), "after", text.after().loss()));
                metrics.put(
                        text.name() + " hidden-token accuracy",
                        Map.of(
                                "before", text.before().accuracy().value(),
                                "after", text.after().accuracy().value()));
                text.before().rareTerms().ifPresent(first -> text.after()
                        .rareTerms()
                        .ifPresent(second -> metrics.put(
                                text.name() + " rare-term accuracy",
                                Map.of(
                                        "before", first.tokens().value(),
                                        "after", second.tokens().value()))));
            }
            for (Comparison.TaskChange task : comparison.tasks()) {
                metrics.put(
                        task.task() + ", " + task.shots() + " shots, "
                                + task.metric().name().toLowerCase(Locale.ROOT),
                        Map.of(
                                "before",
                                task.before().value(),
                                "after",
                                task.after().value()));
            }
        });
        return metrics;
    }

    private static String measure(HiddenTokens hidden) {
        return HeldOutScore.of(hidden).measure().label();
    }

    private ModelCard card(AdaptationReport report, boolean adapter) {
        var sections = new LinkedHashMap<String, String>();
        sections.put(
                "What this is",
                spec.model() + ", its pre-training continued on texts of " + report.domain() + " (" + report.method()
                        + ") with Argot." + words(report));
        report.comparison().ifPresent(comparison -> sections.put("Measured", table(comparison)));
        var settings = new StringBuilder("| setting | value |\n| --- | --- |\n");
        report.configuration().forEach((key, value) -> settings.append("| ")
                .append(key)
                .append(" | ")
                .append(cell(value))
                .append(" |\n"));
        sections.put("How it was made", settings.toString());
        sections.put(
                "Limits",
                (architecture.kind() == CausalModel.class
                                ? "Perplexity says how well texts are predicted"
                                : "The loss says how well hidden tokens are guessed")
                        + ", not whether what the model says is true. It was measured on the"
                        + " texts named in `report.json` alone. The base model's limits and licence, and those of the"
                        + " texts, hold for this model too.");
        List<String> tags = new ArrayList<>(List.of("argot"));
        spec.domainName().ifPresent(tags::add);
        return new ModelCard(
                spec.model() + ", adapted to " + report.domain(),
                checkpoint.licence(),
                spec.model(),
                adapter ? "adapter" : "finetune",
                adapter ? "peft" : "transformers",
                "text-generation",
                tags,
                sections);
    }

    private String words(AdaptationReport report) {
        return report.vocabulary()
                .map(gain -> String.format(
                        Locale.ROOT,
                        " Words of the domain became tokens of their own, %,d of them: %s takes %,d tokens instead of %,d."
                                + " The folder is the whole model with its own tokenizer%s.",
                        gain.added().size(),
                        gain.text(),
                        gain.tokensAfter(),
                        gain.tokensBefore(),
                        spec.method() instanceof Lora ? "; the adapter is merged into the weights" : ""))
                .orElse("");
    }

    private static String table(Comparison comparison) {
        var text = new StringBuilder("| | before | after | change |\n| --- | --- | --- | --- |\n");
        for (Comparison.TextChange change : comparison.texts()) {
            text.append(String.format(
                    Locale.ROOT,
                    "| bits per byte, %s | %.4f | %.4f | %+.2f %% |\n",
                    cell(change.name()),
                    change.before().bitsPerByte(),
                    change.after().bitsPerByte(),
                    100 * change.bitsPerByteChange()));
        }
        for (Comparison.HiddenTokensChange change : comparison.hiddenTokens()) {
            text.append(String.format(
                    Locale.ROOT,
                    "| %s, %s | %.4f | %.4f | %+.2f %% |\n",
                    measure(change.before()),
                    cell(change.name()),
                    change.before().loss(),
                    change.after().loss(),
                    100 * change.lossChange()));
            accuracy(
                    text,
                    "hidden tokens guessed, " + cell(change.name()),
                    change.before().accuracy(),
                    change.after().accuracy());
            change.before().rareTerms().ifPresent(first -> change.after()
                    .rareTerms()
                    .ifPresent(second -> accuracy(
                            text, "tokens of rare terms guessed, " + cell(change.name()), first.tokens(), second.tokens())));
        }
        for (Comparison.TaskChange change : comparison.tasks()) {
            text.append(String.format(
                    Locale.ROOT,
                    "| %s, %d shots, %s | %.3f | %.3f | %+.3f |\n",
                    cell(change.title()),
                    change.shots(),
                    change.metric().name().toLowerCase(Locale.ROOT).replace('_', ' '),
                    change.before().value(),
                    change.after().value(),
                    change.difference().value()));
        }
        return text.toString();
    }

    private static void accuracy(StringBuilder text, String what, Estimate before, Estimate after) {
        text.append(String.format(
                Locale.ROOT,
                "| %s | %.3f | %.3f | %+.3f |\n",
                what,
                before.value(),
                after.value(),
                after.value() - before.value()));
    }

    private static String cell(String text) {
        return text.replace("|", "\\|").replace("\n", " ");
    }

    /** The report's files and the manifest. */
    private Map<String, byte[]> files(AdaptationReport report, Optional<Path> manifest) {
        var files = new LinkedHashMap<String, byte[]>();
        try (var temporary = new AtomicFolder(spec.out().toAbsolutePath().resolveSibling("report"))) {
            workshop.argot().reports().write(report, temporary.path());
            try (Stream<Path> written = Files.list(temporary.path())) {
                for (Path file : written.toList()) {
                    files.put(file.getFileName().toString(), Files.readAllBytes(file));
                }
            }
            if (manifest.isPresent()) {
                files.put("documents.jsonl", Files.readAllBytes(manifest.get()));
            }
            return files;
        } catch (IOException e) {
            throw new ArgotException(spec.out() + ": the report cannot be written: " + e, e);
        }
    }
}
