package dev.argot.core.finetuning;

import dev.argot.api.ArgotException;
import dev.argot.api.adaptation.Lora;
import dev.argot.api.evaluation.Estimate;
import dev.argot.api.evaluation.Metric;
import dev.argot.api.finetuning.FineTuningReport;
import dev.argot.api.finetuning.FineTuningSpec;
import dev.argot.api.finetuning.HeadEvaluation;
import dev.argot.core.adaptation.TrainedModel;
import dev.argot.core.adaptation.Workshop;
import dev.argot.core.bundle.BundleWriter;
import dev.argot.core.bundle.JsonText;
import dev.argot.core.bundle.Lineage;
import dev.argot.core.bundle.ModelCard;
import dev.argot.core.bundle.PlainFolder;
import dev.argot.core.bundle.RenamedTensor;
import dev.argot.spi.AdapterFormatProvider;
import dev.argot.spi.AtomicFolder;
import dev.argot.spi.Checkpoint;
import dev.argot.spi.CheckpointFormatProvider;
import dev.argot.spi.ElementType;
import dev.argot.spi.LoraLayer;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.TokenizerProvider;
import dev.argot.spi.WeightSource;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Writes what a fine-tuning leaves: a bundle with weights or adapter, tokenizer, report and card. Used once.
 *
 * @param base the model's files
 * @param head the model with the head
 */
record TunedModelWriter(
        Workshop workshop, FineTuningSpec spec, Checkpoint base, Head head, TokenizerProvider tokenizers) {
    /**
     * Writes the folder.
     *
     * @param model what was trained
     * @param weights the weights that are kept
     */
    void write(Path out, TrainedModel model, WeightSource weights, FineTuningReport report) {
        boolean adapter = !model.layers().isEmpty();
        BundleWriter.write(
                out,
                new BundleWriter.Contents(
                        "none",
                        report.configuration(),
                        metrics(report),
                        Map.of("everything", spec.seed()),
                        Lineage.of(spec.model(), base),
                        card(report, adapter),
                        files(report)),
                folder -> {
                    if (adapter && spec.method() instanceof Lora lora) {
                        workshop.adapterFormat().save(adapter(folder, lora, model, weights));
                    } else {
                        workshop.checkpointFormat().save(whole(folder, weights));
                    }
                });
    }

    private CheckpointFormatProvider.SaveRequest whole(Path folder, WeightSource weights) {
        return PlainFolder.request(
                folder,
                head.checkpoint(),
                head.architecture().graph().parameters().stream()
                        .<StoredTensor>map(p -> new RenamedTensor(weights.tensor(p), p.name()))
                        .toList(),
                ElementType.FLOAT32,
                tokenizers.files(base.tokenizer()));
    }

    /** The adapter, the head whole, and the configuration that names it. */
    private AdapterFormatProvider.SaveRequest adapter(
            Path folder, Lora lora, TrainedModel model, WeightSource weights) {
        var files = new HashMap<>(tokenizers.files(base.tokenizer()));
        files.put(
                "config.json",
                JsonText.write(head.checkpoint().config().values()).getBytes(StandardCharsets.UTF_8));
        return new AdapterFormatProvider.SaveRequest(
                folder,
                lora,
                model.layers(),
                model.parameters().stream()
                        .<StoredTensor>map(p -> new RenamedTensor(
                                weights.tensor(p),
                                head.parameters().contains(p.name()) ? LoraLayer.saved(p.name()) : p.name()))
                        .toList(),
                baseName(),
                spec.task().kind(),
                model.inOut(),
                ElementType.FLOAT32,
                files);
    }

    /** The base as others can find it: a path as an absolute one, a name as it is. */
    private String baseName() {
        Path path = Path.of(spec.model());
        return Files.exists(path) ? path.toAbsolutePath().normalize().toString() : spec.model();
    }

    private static Map<String, Object> metrics(FineTuningReport report) {
        var metrics = new LinkedHashMap<String, Object>();
        report.validation().ifPresent(e -> metrics.put("validation", values(e)));
        report.test().ifPresent(e -> metrics.put("test", values(e)));
        return metrics;
    }

    private static Map<String, Object> values(HeadEvaluation evaluation) {
        var values = new LinkedHashMap<String, Object>();
        evaluation.scores().forEach((metric, estimate) -> values.put(
                metric.name().toLowerCase(Locale.ROOT),
                Map.of("value", estimate.value(), "low", estimate.low(), "high", estimate.high())));
        return values;
    }

    private ModelCard card(FineTuningReport report, boolean adapter) {
        var sections = new LinkedHashMap<String, String>();
        sections.put(
                "What this is",
                spec.model() + ", fine-tuned for " + report.task() + " (" + report.method() + ") with Argot.");
        var table = new StringBuilder("| | | 95 % |\n| --- | --- | --- |\n");
        report.validation().ifPresent(e -> rows(table, "validation", e));
        report.test().ifPresent(e -> rows(table, "test", e));
        if (report.validation().isPresent() || report.test().isPresent()) {
            sections.put("Measured", table.toString());
        }
        var settings = new StringBuilder("| setting | value |\n| --- | --- |\n");
        report.configuration().forEach((key, value) -> settings.append("| ")
                .append(key)
                .append(" | ")
                .append(cell(value))
                .append(" |\n"));
        sections.put("How it was made", settings.toString());
        sections.put(
                "Limits",
                "Measured on the items named in `report.json` alone, with rows of at most " + spec.maxLength()
                        + " tokens. The base model's limits and licence, and those of the data, hold for this model too.");
        return new ModelCard(
                spec.model() + ", fine-tuned: " + report.task(),
                base.licence(),
                spec.model(),
                adapter ? "adapter" : "finetune",
                adapter ? "peft" : "transformers",
                TaskText.pipeline(spec.task()),
                List.of("argot"),
                sections);
    }

    private static void rows(StringBuilder table, String which, HeadEvaluation evaluation) {
        for (Map.Entry<Metric, Estimate> score : evaluation.scores().entrySet()) {
            table.append(String.format(
                    Locale.ROOT,
                    "| %s, %s (%d items) | %.4f | %.4f to %.4f |\n",
                    score.getKey().label(),
                    which,
                    evaluation.items().size(),
                    score.getValue().value(),
                    score.getValue().low(),
                    score.getValue().high()));
        }
    }

    private static String cell(String text) {
        return text.replace("|", "\\|").replace("\n", " ");
    }

    private Map<String, byte[]> files(FineTuningReport report) {
        var files = new LinkedHashMap<String, byte[]>();
        try (var temporary = new AtomicFolder(spec.out().toAbsolutePath().resolveSibling("report"))) {
            workshop.argot().reports().write(report, temporary.path());
            try (Stream<Path> written = Files.list(temporary.path())) {
                for (Path file : written.sorted().toList()) {
                    files.put(file.getFileName().toString(), Files.readAllBytes(file));
                }
            }
            return files;
        } catch (IOException e) {
            throw new ArgotException(spec.out() + ": the report cannot be written: " + e, e);
        }
    }
}
