package dev.argot.examples.benchmarks;

import dev.argot.api.Argot;
import dev.argot.api.ArgotOptions;
import dev.argot.api.corpus.CorpusSource;
import dev.argot.api.corpus.CurationReport;
import dev.argot.api.corpus.CurationRules;
import dev.argot.api.corpus.CurationSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;

/** Throughput of curation, from the start of the work to the last file written. Arguments: STEPS|all THREADS CORPUS.jsonl DOMAIN|none. */
final class Curate {
    private Curate() {}

    /** Runs once, as the peer does: the time in which the JVM compiles the code is counted. */
    public static void main(String[] args) throws Exception {
        CurationRules rules = CurationRules.DEFAULT;
        if (!args[0].equals("all")) {
            List<String> steps = List.of(args[0].split(",", -1));
            rules = new CurationRules(rules.steps().stream()
                    .filter(step -> steps.contains(step.name()))
                    .toList());
        }
        Path folder = Files.createTempDirectory("argot-curate");
        try (var argot = Argot.open(ArgotOptions.DEFAULT.withThreads(Integer.parseInt(args[1])))) {
            var spec = CurationSpec.builder(CorpusSource.of(Path.of(args[2])).as(CorpusSource.Layout.JsonLines.DEFAULT))
                    .rules(rules)
                    .output(folder.resolve("curated"));
            if (!args[3].equals("none")) {
                spec.domain(argot.domain(args[3]));
            }
            var run = Report.time(() -> argot.curate(spec.build()));
            CurationReport report = run.value();
            Report.result("megabytes_per_second", report.in().bytes() / 1e6 / run.seconds());
            Report.result("documents_kept", (double) report.out().documents());
            Report.result("cores_used", run.cores());
        } finally {
            delete(folder);
        }
        Report.peakMemory();
    }

    private static void delete(Path folder) throws IOException {
        try (var files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
