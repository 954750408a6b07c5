package dev.argot.core.report;

import dev.argot.api.TokenCandidate;
import dev.argot.api.TokenNeighbour;
import dev.argot.api.adaptation.AdaptationReport;
import dev.argot.api.adaptation.AdaptationReport.Environment;
import dev.argot.api.adaptation.AdaptationReport.Gate;
import dev.argot.api.adaptation.AdaptationReport.HashedFile;
import dev.argot.api.adaptation.AdaptationReport.HeldOutPoint;
import dev.argot.api.adaptation.AdaptationReport.Insight;
import dev.argot.api.adaptation.AdaptationReport.Licence;
import dev.argot.api.adaptation.AdaptationReport.PlannedQuantity;
import dev.argot.api.adaptation.AdaptationReport.Sample;
import dev.argot.api.adaptation.AdaptationReport.TrainingPoint;
import dev.argot.api.adaptation.AdaptationReport.VocabularyGain;
import dev.argot.api.corpus.CurationReport;
import dev.argot.api.corpus.CurationReport.Amount;
import dev.argot.api.evaluation.Comparison;
import dev.argot.api.evaluation.Estimate;
import dev.argot.api.evaluation.Evaluation;
import dev.argot.api.evaluation.Evaluation.InstructionItem;
import dev.argot.api.evaluation.Evaluation.InstructionResult;
import dev.argot.api.evaluation.Evaluation.ItemResult;
import dev.argot.api.evaluation.Evaluation.TaskResult;
import dev.argot.api.evaluation.Evaluation.TextResult;
import dev.argot.api.evaluation.HeldOutText.Role;
import dev.argot.api.evaluation.HiddenTokens;
import dev.argot.api.evaluation.Metric;
import dev.argot.api.evaluation.Perplexity;
import dev.argot.api.finetuning.FineTuningReport;
import dev.argot.api.finetuning.HeadEvaluation;
import dev.argot.api.prompt.ShotSweep;
import dev.argot.core.evaluation.Comparisons;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Random;

/** Reports in which nothing is missing. */
final class SampleReports {
    private static final String[] LABELS = {"tax", "labor", "crime", "health"};

    private SampleReports() {}

    /**
     * An evaluation.
     *
     * @param skill by which part it is better than the weakest, 0 to 1
     */
    static Evaluation evaluation(String model, double skill) {
        var random = new Random(42);
        var tasks = new ArrayList<TaskResult>();
        for (int shots : new int[] {0, 1, 5}) {
            var titles = new ArrayList<ItemResult>();
            for (int i = 0; i < 60; i++) {
                String expected = LABELS[random.nextInt(4)];
                String answer = random.nextDouble() < 0.3 + 0.06 * shots + 0.35 * skill ? expected : LABELS[i % 4];
                titles.add(new ItemResult("t" + i, expected, Optional.of(answer), shots == 5 && i < 3 ? 2 : 0));
            }
            tasks.add(result("title-classification", "Title of the code a section belongs to", shots, titles, 0.3333));
            var codes = new ArrayList<ItemResult>();
            for (int i = 0; i < 40; i++) {
                boolean right = random.nextDouble() < 0.1 + 0.05 * shots + 0.5 * skill;
                codes.add(new ItemResult(
                        "c" + i,
                        "one tablet by mouth",
                        i == 7 ? Optional.empty() : Optional.of(right ? "one tablet by mouth" : "one by"),
                        0));
            }
            tasks.add(result("sig-codes", "Prescription codes in plain English", shots, codes, Double.NaN));
        }
        tasks.sort(Comparator.comparing(TaskResult::task));
        var instructions = new ArrayList<InstructionItem>();
        for (int i = 0; i < 8; i++) {
            instructions.add(new InstructionItem(
                    "i" + i,
                    "Answer with yes or no: is " + i + " even?",
                    "yes or no",
                    i < 5 ? "Yes." : "It depends on what you mean.",
                    i < 5));
        }
        return new Evaluation(
                model,
                "pytorch on cpu, float32",
                List.of(
                        new TextResult(
                                "DC Code",
                                Role.DOMAIN,
                                31,
                                new Perplexity(20_131, 51_402.25 * (1 - 0.17 * skill), 81_734)),
                        new TextResult(
                                "contracts",
                                Role.DOMAIN,
                                8,
                                new Perplexity(7_902, 22_790.5 * (1 - 0.06 * skill), 33_101)),
                        new TextResult(
                                "general",
                                Role.GENERAL,
                                12,
                                new Perplexity(10_417, 29_963.125 * (1 + 0.011 * skill), 45_870))),
                List.of(),
                tasks,
                Optional.of(new InstructionResult("chat template", new Estimate(0.625, 0.25, 0.875), instructions)),
                7);
    }

    private static TaskResult result(String name, String title, int shots, List<ItemResult> items, double baseline) {
        double right = items.stream()
                        .filter(item ->
                                item.answer().isPresent() && item.answer().get().equals(item.expected()))
                        .count()
                / (double) items.size();
        var estimate = new Estimate(right, Math.max(0, right - 0.1234), Math.min(1, right + 0.1111));
        return new TaskResult(
                name,
                title,
                shots,
                Double.isNaN(baseline)
                        ? Map.of(Metric.EXACT_MATCH, estimate, Metric.TOKEN_F1, estimate)
                        : Map.of(Metric.ACCURACY, estimate, Metric.MACRO_F1, new Estimate(right * 0.9, 0.2, 0.8)),
                Double.isNaN(baseline) ? OptionalDouble.empty() : OptionalDouble.of(baseline),
                items);
    }

    /** An encoder, which guesses hidden tokens. */
    static Evaluation encoder(String model, double skill) {
        List<HiddenTokens.Occurrence> occurrences = List.of(
                new HiddenTokens.Occurrence("metformin", 3, skill > 0 ? 3 : 1),
                new HiddenTokens.Occurrence("hypoglycaemia", 5, skill > 0 ? 2 : 1));
        return new Evaluation(
                model,
                "pytorch on cpu, float32",
                List.of(),
                List.of(
                        new HiddenTokens(
                                "domain",
                                Role.DOMAIN,
                                HiddenTokens.Kind.MASKED,
                                17,
                                1_229,
                                4711,
                                2_345.5 * (1 - 0.2 * skill),
                                new Estimate(0.6172 + 0.05 * skill, 0.5833, 0.6544),
                                Optional.of(new HiddenTokens.RareTerms(
                                        new Estimate(0.25 + 0.375 * skill, 0.1111, 0.7777),
                                        new Estimate(0.5 * skill, 0, 0.8888),
                                        occurrences))),
                        new HiddenTokens(
                                "general",
                                Role.GENERAL,
                                HiddenTokens.Kind.MASKED,
                                3,
                                1_013,
                                815,
                                2_713.25 * (1 + 0.03 * skill),
                                new Estimate(0.5182, 0.4913, 0.5456),
                                Optional.empty())),
                List.of(),
                Optional.empty(),
                7);
    }

    static Comparison comparison() {
        return Comparisons.compare(evaluation("SmolLM2-135M-Instruct", 0), evaluation("legal-smollm2", 1));
    }

    /** A fine-tuning for tagging with validation and test items. */
    static FineTuningReport fineTuning(String text) {
        var scores = Map.of(
                Metric.ENTITY_F1, new Estimate(0.8123, 0.7, 0.9), Metric.ACCURACY, new Estimate(0.97, 0.96, 0.98));
        var evaluation = new HeadEvaluation(
                text,
                text,
                scores,
                List.of(new HeadEvaluation.ClassResult(text, 0.75, 0.875, new Estimate(0.8123, 0.7, 0.9), 1234)),
                List.of(
                        new HeadEvaluation.ItemResult(text, List.of("O", text), List.of("O", "O")),
                        new HeadEvaluation.ItemResult("item that is right", List.of(text), List.of(text))));
        return new FineTuningReport(
                text,
                text,
                text,
                adaptation().environment(),
                Instant.parse("2026-01-02T03:04:05Z"),
                Duration.ofSeconds(100),
                List.of(
                        new AdaptationReport.TrainingPoint(1, 500, 1.5, 1e-5, 2, 100),
                        new AdaptationReport.TrainingPoint(2, 1000, 0.5, 2e-5, 1, 110)),
                List.of(
                        new FineTuningReport.Epoch(1, 1, 1.5, Map.of(Metric.ENTITY_F1, new Estimate(0.5, 0.4, 0.6))),
                        new FineTuningReport.Epoch(2, 2, 0.5, scores)),
                2,
                Optional.of(evaluation),
                Optional.of(evaluation),
                Map.of("setting", text),
                List.of(new AdaptationReport.Licence(text, "")));
    }

    static AdaptationReport adaptation() {
        return adaptation(120);
    }

    /**
     * A report.
     *
     * @param steps steps of training
     */
    static AdaptationReport adaptation(int steps) {
        var random = new Random(3);
        AdaptationReport.Builder report = AdaptationReport.builder(
                        "SmolLM2-135M-Instruct",
                        "United States law",
                        "LoRA, rank 16, all-linear",
                        new Environment(
                                "0.1.0",
                                "25.0.1+8 (Eclipse Adoptium)",
                                "Linux 6.1, amd64",
                                "pytorch 2.7.1",
                                "cpu",
                                "float32",
                                2,
                                8_326_230_016L))
                .finished(Instant.parse("2026-03-14T15:09:26.535Z"), Duration.ofSeconds(611, 250_000_000))
                .comparison(comparison())
                .gate(new Gate(
                        0.01,
                        List.of(new Gate.Trial(1, 0.1312, 0.0131), new Gate.Trial(0.9, 0.1274, 0.0092)),
                        0.9,
                        true))
                .vocabulary(new VocabularyGain(
                        "the held-out text",
                        28_033,
                        26_611,
                        List.of(
                                new VocabularyGain.AddedTerm("res judicata", 5, 412),
                                new VocabularyGain.AddedTerm("mens rea", 4, 233))))
                .plan(new PlannedQuantity("peak memory", "bytes", 2_123_456_789.0, OptionalDouble.of(2_254_857_830.0)))
                .plan(new PlannedQuantity("training time", "s", 540, OptionalDouble.of(562.75)))
                .plan(new PlannedQuantity("tokens", "tokens", 61_440, OptionalDouble.of(61_440)))
                .plan(new PlannedQuantity("compute", "petaflop/s-days", 5.76e-7, OptionalDouble.empty()))
                .sample(
                        new Sample(
                                "The doctrine of res judicata means",
                                " that the court is not allowed to make a decision on the merits of the case.",
                                " that a final judgment on the merits bars the same parties from litigating the same claim again."))
                .sample(new Sample(
                        "An owner of a vehicle shall",
                        " be able to use the vehicle for any purpose.",
                        " not operate the vehicle on the highways of the District unless it is registered."))
                .insight(new Insight(
                        List.of(new Insight.TermNeighbours(
                                "estoppel",
                                List.of(new TokenNeighbour(7, "Ġwaiver", 0.41)),
                                List.of(
                                        new TokenNeighbour(9, "Ġlaches", 0.52),
                                        new TokenNeighbour(7, "Ġwaiver", 0.47)))),
                        List.of(new Insight.NextTokens(
                                "The doctrine of res",
                                List.of(new TokenCandidate(3, "Ġ<pire>", " <pire>", 0.25)),
                                List.of(new TokenCandidate(4, "Ġjudicata", " judicata", 0.625))))))
                .configuration("method", "lora")
                .configuration("rank", "16")
                .configuration("learning rate", "5e-4, cosine with 10 steps of warm-up")
                .configuration("replay", "5 %")
                .seed("data", 11)
                .seed("dropout", 12)
                .input(new HashedFile(
                        "legal/dc-code.jsonl.gz",
                        1_234_567,
                        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"))
                .output(new HashedFile(
                        "adapter_model.safetensors",
                        19_567_890,
                        "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"))
                .licence(new Licence("SmolLM2-135M-Instruct", "Apache-2.0"))
                .licence(new Licence("DC Code", "CC0-1.0"))
                .curation(curation());
        for (int i = 1; i <= steps; i++) {
            double progress = i / (double) steps;
            report.training(new TrainingPoint(
                    i,
                    512L * i,
                    2.55 - 0.55 * Math.sqrt(progress) + 0.18 * random.nextGaussian(),
                    5e-4 * Math.min(1, i / 10.0) * (0.5 + 0.5 * Math.cos(Math.PI * progress)),
                    1.1 + 0.3 * random.nextDouble(),
                    118 + 6 * random.nextDouble()));
        }
        for (int i = 0; i <= 4; i++) {
            long step = (long) steps * i / 4;
            report.heldOut(new HeldOutPoint("domain", step, 512 * step, 2.5534 - 0.13 * Math.sqrt(i)));
            report.heldOut(new HeldOutPoint("general", step, 512 * step, 2.8763 + 0.008 * i));
        }
        return report.build();
    }

    private static CurationReport curation() {
        Map<String, Long> dropped = new LinkedHashMap<>();
        dropped.put("near-duplicate", 417L);
        dropped.put("exact duplicate", 55L);
        return new CurationReport(
                Optional.of("legal"),
                new Amount(5_120, 9_876_543, 9_880_011, OptionalLong.of(2_201_345)),
                new Amount(4_601, 9_012_345, 9_015_432, OptionalLong.of(2_009_876)),
                List.of(
                        new CurationReport.Step(
                                "quality",
                                Map.of("min-words", "50"),
                                new Amount(5_120, 9_876_543, 9_880_011, OptionalLong.of(2_201_345)),
                                new Amount(5_073, 9_870_001, 9_873_002, OptionalLong.of(2_199_001)),
                                17,
                                Map.of("too short", 47L),
                                Map.of("e-mail addresses masked", 23L),
                                List.of(new CurationReport.Example(
                                        "dc-1-101", "too short", "12 words, expected at least 50", "Repealed.")),
                                ""),
                        new CurationReport.Step(
                                "duplicates",
                                Map.of("threshold", "0.8"),
                                new Amount(5_073, 9_870_001, 9_873_002, OptionalLong.of(2_199_001)),
                                new Amount(4_601, 9_012_345, 9_015_432, OptionalLong.of(2_009_876)),
                                0,
                                dropped,
                                Map.of(),
                                List.of(),
                                "estimated Jaccard similarity of at least 0.8")),
                Map.of("DC Code", new Amount(4_601, 9_012_345, 9_015_432, OptionalLong.of(2_009_876))),
                Map.of("CC0-1.0", new Amount(4_601, 9_012_345, 9_015_432, OptionalLong.empty())),
                true,
                5,
                Duration.ofMillis(1_875));
    }

    /** A sweep whose curve rises up to four exemplars. */
    static ShotSweep sweep(String model, double gain) {
        var points = new ArrayList<ShotSweep.Point>();
        for (int shots : new int[] {0, 1, 2, 4, 8, 16}) {
            double value = 0.31 + gain * Math.min(4, shots) / 4 - 0.0005 * shots;
            points.add(new ShotSweep.Point(
                    shots,
                    Map.of(
                            Metric.ACCURACY,
                            new Estimate(value, value - 0.08, value + 0.07),
                            Metric.MACRO_F1,
                            new Estimate(value - 0.05, value - 0.11, value + 0.02)),
                    new Estimate(value - 0.31 - gain + 0.002, value - 0.4 - gain, value - 0.3 - gain),
                    shots == 0 ? List.of(value) : List.of(value - 0.04, value + 0.01, value + 0.03),
                    shots == 16 ? 75 : 0,
                    0));
        }
        return new ShotSweep(
                model,
                "pytorch on cpu, float32",
                "title-classification",
                "Titles of the D.C. Code",
                Metric.ACCURACY,
                50,
                points,
                4,
                "beyond 4 exemplars 2 larger numbers brought no gain that is more than chance",
                5);
    }
}
