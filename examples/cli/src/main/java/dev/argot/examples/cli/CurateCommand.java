package dev.argot.examples.cli;

import dev.argot.api.Argot;
import dev.argot.api.ArgotOptions;
import dev.argot.api.corpus.CorpusSource;
import dev.argot.api.corpus.CorpusSource.Layout;
import dev.argot.api.corpus.CurationReport;
import dev.argot.api.corpus.CurationReport.Amount;
import dev.argot.api.corpus.CurationReport.Example;
import dev.argot.api.corpus.CurationRules;
import dev.argot.api.corpus.CurationSpec;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Chooses and cleans texts to train on. */
@Command(name = "curate", description = "Choose and clean texts to train on, and say what went and why.")
final class CurateCommand implements Callable<Integer> {
    @Option(
            names = "--corpus",
            paramLabel = "PATH",
            required = true,
            arity = "1..*",
            description = "Files, folders or globs: plain text or JSON lines, compressed with gzip or not.")
    private List<String> corpus = List.of();

    @Option(
            names = "--layout",
            paramLabel = "LAYOUT",
            description =
                    "How documents lie in the files: ${COMPLETION-CANDIDATES}. Default: JSON lines where the name ends in .jsonl,"
                            + " else each file is one document.")
    private LayoutName layout = LayoutName.BY_NAME;

    /** Layouts by name. */
    enum LayoutName {
        BY_NAME,
        WHOLE,
        PARAGRAPHS,
        JSONL;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    @Option(
            names = "--text-key",
            paramLabel = "KEY",
            defaultValue = "text",
            description = "JSON lines: key of the text.")
    private String textKey = "text";

    @Option(names = "--id-key", paramLabel = "KEY", defaultValue = "id", description = "JSON lines: key of the id.")
    private String idKey = "id";

    @Option(
            names = "--source",
            paramLabel = "TEXT",
            defaultValue = "",
            description = "What the texts are, for the manifest.")
    private String source = "";

    @Option(
            names = "--licence",
            paramLabel = "SPDX",
            defaultValue = "",
            description = "Licence of texts that do not say theirs.")
    private String licence = "";

    @Option(names = "--domain", paramLabel = "NAME", description = "Use the rules and the terms of this domain.")
    private @Nullable String domain;

    @Option(
            names = "--set",
            paramLabel = "STEP.SETTING=VALUE",
            description = "Change a setting, such as length.min-words=50; repeatable.")
    private Map<String, String> settings = Map.of();

    @Option(names = "--without", paramLabel = "STEP", split = ",", description = "Leave a step out; repeatable.")
    private List<String> without = List.of();

    @Option(
            names = "--against",
            paramLabel = "PATH",
            arity = "1..*",
            description = "Evaluation texts, which must not be trained on.")
    private List<String> against = List.of();

    @Option(names = "--tokenizer", paramLabel = "MODEL", description = "Count tokens with the tokenizer of this model.")
    private @Nullable String tokenizer;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Folder to make for the documents, their manifest and the report. Default: just report.")
    private @Nullable Path out;

    @Option(names = "--gzip", description = "Compress the documents.")
    private boolean gzip;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = "Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(names = "--threads", paramLabel = "N", description = "Default: as many as there are cores.")
    private @Nullable Integer threads;

    @Option(names = "--offline", description = "Forbid the network.")
    private boolean offline;

    @Option(names = "--json", description = "Print one JSON object as the last line.")
    private boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter print = spec.commandLine().getOut();
        ArgotOptions options = threads == null ? ArgotOptions.DEFAULT : ArgotOptions.DEFAULT.withThreads(threads);
        try (Argot argot = Argot.open(options);
                var interrupts = new Interrupts()) {
            var builder = CurationSpec.builder(new CorpusSource(corpus, layout(), source, licence))
                    .seed(seed)
                    .gzip(gzip)
                    .cancellation(interrupts.cancellation());
            CurationRules rules = CurationRules.DEFAULT;
            if (domain != null) {
                var found = argot.domain(domain);
                rules = found.curation();
                builder.domain(found);
            }
            builder.rules(changed(rules));
            if (!against.isEmpty()) {
                builder.evaluationSets(new CorpusSource(against, Layout.BY_NAME, "", ""));
            }
            if (out != null) {
                builder.output(out);
            }
            if (tokenizer != null) {
                builder.tokenizer(argot.tokenizer(tokenizer, offline));
            }
            CurationReport report = argot.curate(builder.build());
            if (json) {
                print.println(report.toJson());
            } else {
                show(print, report);
            }
        }
        return 0;
    }

    private Layout layout() {
        return switch (layout) {
            case BY_NAME -> Layout.BY_NAME;
            case WHOLE -> new Layout.WholeFile();
            case PARAGRAPHS -> new Layout.Paragraphs();
            case JSONL -> new Layout.JsonLines(textKey, idKey, "source", "licence");
        };
    }

    private CurationRules changed(CurationRules rules) {
        CurationRules changed = rules;
        for (String step : without) {
            if (changed.steps().stream().noneMatch(s -> s.name().equals(step))) {
                throw new ParameterException(
                        spec.commandLine(),
                        "--without: expected one of the steps "
                                + rules.steps().stream()
                                        .map(CurationRules.Step::name)
                                        .toList() + ", found '" + step + "'");
            }
            changed = changed.without(step);
        }
        for (Map.Entry<String, String> setting : settings.entrySet()) {
            int point = setting.getKey().indexOf('.');
            try {
                changed = changed.with(
                        setting.getKey().substring(0, Math.max(0, point)),
                        setting.getKey().substring(point + 1),
                        setting.getValue());
            } catch (IllegalArgumentException e) {
                throw new ParameterException(
                        spec.commandLine(), "--set " + setting.getKey() + ": " + e.getMessage(), e);
            }
        }
        return changed;
    }

    private static void show(PrintWriter out, CurationReport report) {
        out.println(row("%-17s %12s %15s %14s  %s", "", "documents", "characters", "tokens", ""));
        out.println(amount("read", report.in(), ""));
        for (CurationReport.Step step : report.steps()) {
            out.println(amount(step.name(), step.out(), remarks(step)));
        }
        out.println(row(
                "kept %.1f %% of the characters; %.1f MB/s", 100 * report.keptShare(), report.megabytesPerSecond()));
        report.licences()
                .forEach((name, kept) -> out.println(
                        row("licence %s: %,d documents", name.isEmpty() ? "unknown" : name, kept.documents())));
        boolean any = false;
        for (CurationReport.Step step : report.steps()) {
            for (Example example : step.examples().stream().limit(2).toList()) {
                if (!any) {
                    out.println("dropped, for example:");
                    any = true;
                }
                out.println(row(
                        "  %s by %s, %s%s: %s",
                        example.id(),
                        step.name(),
                        example.reason(),
                        example.detail().isEmpty() ? "" : " (" + example.detail() + ")",
                        shortened(example.excerpt())));
            }
        }
    }

    private static String amount(String name, Amount amount, String remarks) {
        String tokens = amount.tokens().isPresent() ? row("%,d", amount.tokens().getAsLong()) : "";
        return row("%-17s %,12d %,15d %14s  %s", name, amount.documents(), amount.characters(), tokens, remarks)
                .stripTrailing();
    }

    private static String remarks(CurationReport.Step step) {
        String dropped = counts(step.dropped());
        String found = counts(step.counts());
        return (dropped.isEmpty() ? "" : "dropped: " + dropped)
                + (dropped.isEmpty() || found.isEmpty() ? "" : "; ")
                + (found.isEmpty() ? "" : (step.changed() > 0 ? "changed: " : "found: ") + found);
    }

    private static String counts(Map<String, Long> counts) {
        return counts.entrySet().stream()
                .map(count -> row("%s %,d", count.getKey(), count.getValue()))
                .collect(Collectors.joining(", "));
    }

    private static String shortened(String excerpt) {
        return excerpt.length() <= 80 ? excerpt : excerpt.substring(0, 80) + " …";
    }

    private static String row(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
