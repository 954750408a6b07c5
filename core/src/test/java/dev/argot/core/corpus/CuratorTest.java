package dev.argot.core.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.argot.api.ArgotException;
import dev.argot.api.CancellationToken;
import dev.argot.api.Document;
import dev.argot.api.corpus.CorpusSource;
import dev.argot.api.corpus.CurationReport;
import dev.argot.api.corpus.CurationRules;
import dev.argot.api.corpus.CurationSpec;
import dev.argot.core.corpus.Curator.Dropped;
import dev.argot.core.corpus.Curator.Kept;
import dev.argot.core.decoding.PieceTokenizer;
import dev.argot.spi.CurationContext;
import dev.argot.spi.CurationStep;
import dev.argot.spi.CurationStepProvider;
import dev.argot.spi.Settings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CuratorTest {
    private static final CurationRules SHORT_TEXTS = CurationRules.DEFAULT.with(CurationRules.LENGTH, "min-words", "3");

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private Path folder;

    /** Texts of all kinds: good ones, duplicates, near-duplicates, short ones, ones with addresses and notices. */
    private static List<Document> corpus(Random random, int documents) {
        var corpus = new ArrayList<Document>();
        for (int i = 0; i < documents; i++) {
            String earlier = corpus.isEmpty()
                    ? "the"
                    : corpus.get(random.nextInt(corpus.size())).text();
            String text =
                    switch (random.nextInt(7)) {
                        case 0 -> earlier;
                        case 1 -> "word " + earlier;
                        case 2 -> "too short";
                        case 3 -> Steps.prose(random, 60) + " Write to a" + i + "@example.org.";
                        case 4 -> "Home | About | Contact\n" + Steps.prose(random, 60);
                        default -> Steps.prose(random, 40 + random.nextInt(200));
                    };
            corpus.add(new Document("d" + (i % 50 == 7 ? 0 : i), text, "s" + i % 3, i % 2 == 0 ? "MIT" : ""));
        }
        return corpus;
    }

    private record Outcome(List<Kept> kept, List<Dropped> dropped, CurationReport report) {}

    private static Outcome run(CurationRules rules, int threads, List<Document> corpus) {
        var kept = new ArrayList<Kept>();
        var dropped = new ArrayList<Dropped>();
        Curator curator = Steps.curator(
                rules, threads, Steps.context(Optional.empty(), corpus.get(3).text()));
        try (Curation curation = curator.run(corpus.iterator(), dropped::add)) {
            curation.forEachRemaining(kept::add);
            CurationReport report = curation.report();
            return new Outcome(kept, dropped, untimed(report));
        }
    }

    private static CurationReport untimed(CurationReport r) {
        return new CurationReport(
                r.domain(),
                r.in(),
                r.out(),
                r.steps(),
                r.sources(),
                r.licences(),
                r.tokenizer(),
                r.seed(),
                Duration.ZERO);
    }

    @RepeatedTest(10)
    void run_severalThreads_givesWhatOneThreadGives(RepetitionInfo info) {
        List<Document> corpus = corpus(new Random(info.getCurrentRepetition()), 400);
        Outcome one = run(SHORT_TEXTS, 1, corpus);
        Outcome several = run(SHORT_TEXTS, 2 + info.getCurrentRepetition() % 4, corpus);
        assertThat(several).as("seed %d", info.getCurrentRepetition()).isEqualTo(one);
        assertThat(one.kept()).isNotEmpty();
        assertThat(one.dropped()).isNotEmpty();
    }

    @RepeatedTest(5)
    void report_ofAnyCorpus_addsUp(RepetitionInfo info) {
        List<Document> corpus = corpus(new Random(100 + info.getCurrentRepetition()), 300);
        Outcome outcome = run(SHORT_TEXTS, 2, corpus);
        CurationReport report = outcome.report();
        String seed = "seed " + info.getCurrentRepetition();
        assertThat(report.in().documents()).as(seed).isEqualTo(300);
        assertThat(report.in().bytes())
                .as(seed)
                .isEqualTo(corpus.stream()
                        .mapToLong(d -> d.text().getBytes(StandardCharsets.UTF_8).length)
                        .sum());
        assertThat(report.out().documents()).as(seed).isEqualTo(outcome.kept().size());
        assertThat(report.out().characters())
                .as(seed)
                .isEqualTo(outcome.kept().stream()
                        .mapToLong(k -> k.document().text().length())
                        .sum());
        CurationReport.Amount flow = report.in();
        for (CurationReport.Step step : report.steps()) {
            assertThat(step.in()).as(seed + " " + step.name()).isEqualTo(flow);
            assertThat(step.in().documents() - step.out().documents())
                    .as(seed + " " + step.name())
                    .isEqualTo(
                            step.dropped().values().stream().mapToLong(n -> n).sum())
                    .isEqualTo(outcome.dropped().stream()
                            .filter(d -> d.step().equals(step.name()))
                            .count());
            assertThat(step.examples().size()).as(seed + " " + step.name()).isEqualTo((int)
                    Math.min(5, step.in().documents() - step.out().documents()));
            flow = step.out();
        }
        assertThat(flow).as(seed).isEqualTo(report.out());
        assertThat(report.licences().values().stream()
                        .mapToLong(CurationReport.Amount::characters)
                        .sum())
                .as(seed)
                .isEqualTo(report.out().characters());
        assertThat(report.sources()).as(seed).containsOnlyKeys("s0", "s1", "s2");
        assertThat(outcome.kept().stream().map(k -> k.document().id()).distinct())
                .as(seed)
                .hasSameSizeAs(outcome.kept());
    }

    @Test
    void run_repeatedIds_areMadeUnique() {
        List<Document> corpus = Stream.of("one text", "another text", "a third text")
                .map(text -> new Document("x", text, "", ""))
                .toList();
        Curator curator = Steps.curator(CurationRules.NONE, 1, Steps.context(Optional.empty()));
        try (Curation curation = curator.run(corpus.iterator(), dropped -> {})) {
            var ids = new ArrayList<String>();
            curation.forEachRemaining(kept -> ids.add(kept.document().id()));
            assertThat(ids).containsExactly("x", "x#2", "x#3");
        }
    }

    @Test
    void run_tokenizer_countsTokens() {
        var options = new Curator.Options(
                Optional.of("law"), 2, Optional.of(PieceTokenizer.letters(4)), 1, CancellationToken.never());
        var rules = new CurationRules(List.of(CurationRules.Step.of(CurationRules.EXACT_DUPLICATES)));
        Curator curator = Curator.open(rules, Steps::provider, Steps.context(Optional.empty()), options);
        List<Document> corpus = Stream.of("ab", "bab", "ab")
                .map(text -> new Document("x", text, "", ""))
                .toList();
        try (Curation curation = curator.run(corpus.iterator(), dropped -> {})) {
            curation.forEachRemaining(kept -> {});
            assertThat(curation.report().in().tokens()).hasValue(7);
            assertThat(curation.report().out().tokens()).hasValue(5);
        }
    }

    @Test
    void open_settingThatIsWrong_namesStepAndSetting() {
        assertThatThrownBy(() -> Steps.curator(
                        SHORT_TEXTS.with(CurationRules.LENGTH, "min-word", "3"), 1, Steps.context(Optional.empty())))
                .isInstanceOf(ArgotException.class)
                .hasMessage("curation step 'length': expected the settings [max-words, min-words], found 'min-word'");
        assertThatThrownBy(() -> Steps.curator(
                        SHORT_TEXTS.with(CurationRules.QUALITY, "max-digit-share", "2"),
                        1,
                        Steps.context(Optional.empty())))
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining(
                        "step 'quality': setting 'max-digit-share': expected a number from 0.0 to 1.0, found '2'");
    }

    /** A step that fails, or decides twice. */
    private static CurationStepProvider provider(CurationStep step) {
        return new CurationStepProvider() {
            @Override
            public String name() {
                return "mine";
            }

            @Override
            public CurationStep open(Settings settings, CurationContext context) {
                return step;
            }
        };
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void run_stepFails_namesItAndTheDocument(int threads) {
        CurationStep step = document -> {
            throw new IllegalStateException("no good");
        };
        var options = new Curator.Options(Optional.empty(), threads, Optional.empty(), 1, CancellationToken.never());
        var rules = new CurationRules(List.of(CurationRules.Step.of("mine")));
        Curator curator = Curator.open(rules, name -> provider(step), Steps.context(Optional.empty()), options);
        try (Curation curation =
                curator.run(List.of(new Document("x", "text", "", "")).iterator(), dropped -> {})) {
            assertThatThrownBy(curation::hasNext)
                    .isInstanceOf(ArgotException.class)
                    .hasMessageContaining("'mine' failed on the document 'x'")
                    .hasRootCauseMessage("no good");
        }
    }

    @Test
    void run_cancelled_ends() {
        CancellationToken token = CancellationToken.create();
        var options = new Curator.Options(Optional.empty(), 2, Optional.empty(), 1, token);
        Curator curator = Curator.open(CurationRules.NONE, Steps::provider, Steps.context(Optional.empty()), options);
        Iterator<Document> endless =
                Stream.generate(() -> new Document("x", "text", "", "")).iterator();
        try (Curation curation = curator.run(endless, dropped -> {})) {
            curation.next();
            token.cancel();
            assertThatThrownBy(() -> {
                        while (curation.hasNext()) {
                            curation.next();
                        }
                    })
                    .isInstanceOf(ArgotException.class)
                    .hasMessageContaining("cancelled after");
        }
    }

    /** Documents are asked for a few batches ahead and no further. */
    @Test
    void run_endlessCorpus_readsAsItGoes() {
        int[] read = new int[1];
        Iterator<Document> endless = IntStream.iterate(0, i -> i + 1)
                .mapToObj(i -> {
                    read[0]++;
                    return new Document("d" + i, "text number " + i, "", "");
                })
                .iterator();
        Curator curator = Steps.curator(CurationRules.NONE, 2, Steps.context(Optional.empty()));
        try (Curation curation = curator.run(endless, dropped -> {})) {
            for (int i = 0; i < 10_000; i++) {
                assertThat(curation.next().document().id()).isEqualTo("d" + i);
                assertThat(read[0]).isLessThan(i + 1000);
            }
        }
    }

    @Test
    void excerpts_ofDroppedDocuments_hideIdentifiers() {
        List<Document> corpus = List.of(new Document("x", "Mail a@example.org now", "", ""));
        assertThat(run(CurationRules.DEFAULT, 1, List.of(corpus.get(0), corpus.get(0), corpus.get(0), corpus.get(0)))
                        .report()
                        .steps()
                        .get(1)
                        .examples()
                        .get(0)
                        .excerpt())
                .isEqualTo("Mail [EMAIL] now");
    }

    private static JsonNode json(String line) {
        try {
            return new ObjectMapper().readTree(line);
        } catch (IOException e) {
            throw new AssertionError(line, e);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void output_isReadAgainAndTracedByItsManifest(boolean gzip) throws Exception {
        List<Document> corpus = corpus(new Random(9), 100);
        Path target = folder.resolve("deep/kept");
        var kept = new ArrayList<Kept>();
        Curator curator = Steps.curator(SHORT_TEXTS, 2, Steps.context(Optional.empty()));
        try (var output = new CurationOutput(target, gzip, false);
                Curation curation = curator.run(corpus.iterator(), output::write)) {
            curation.forEachRemaining(k -> {
                output.write(k);
                kept.add(k);
            });
            assertThat(target).doesNotExist();
            output.finish(curation.report());
        }
        try (Stream<Document> documents = CorporaTest.corpora().open(CorpusSource.of(target))) {
            assertThat(documents)
                    .containsExactlyElementsOf(kept.stream().map(Kept::document).toList());
        }
        List<String> manifest = Files.readAllLines(target.resolve(CurationSpec.MANIFEST));
        assertThat(manifest).hasSameSizeAs(kept);
        for (int i = 0; i < kept.size(); i++) {
            Document document = kept.get(i).document();
            JsonNode entry = json(manifest.get(i));
            byte[] hash =
                    MessageDigest.getInstance("SHA-256").digest(document.text().getBytes(StandardCharsets.UTF_8));
            assertThat(entry.get("id").asText()).isEqualTo(document.id());
            assertThat(entry.get("source").asText()).isEqualTo(document.source());
            assertThat(entry.get("licence").asText()).isEqualTo(document.licence());
            assertThat(entry.get("sha256").asText()).isEqualTo(HexFormat.of().formatHex(hash));
            assertThat(entry.get("steps")).hasSize(10);
            assertThat(entry.at("/steps/7/counts/email").asInt())
                    .isEqualTo(document.text().contains("[EMAIL]") ? 1 : 0);
        }
        JsonNode report = json(Files.readString(target.resolve(CurationSpec.REPORT)));
        assertThat(report.at("/out/documents").asInt()).isEqualTo(kept.size());
        assertThat(report.at("/steps/1/dropped/too short").asInt()).isPositive();
        assertThat(report.at("/steps/5/note").asText()).contains("0.72");
        assertThat(Files.readAllLines(target.resolve(CurationSpec.DROPPED)))
                .hasSize(100 - kept.size())
                .allSatisfy(
                        line -> assertThat(json(line).get("reason").asText()).isNotEmpty());
        assertThat(inside(Objects.requireNonNull(target.getParent()))).containsExactly(target);
    }

    @Test
    void output_notFinished_leavesNothing() throws IOException {
        Path target = folder.resolve("kept");
        try (var output = new CurationOutput(target, true, false)) {
            output.write(new Kept(new Document("x", "text", "", ""), 0, List.of()));
        }
        assertThat(inside(folder)).isEmpty();
    }

    @Test
    void output_folderWithFiles_isRefused() throws IOException {
        Files.writeString(folder.resolve("a.txt"), "a");
        assertThatThrownBy(() -> new CurationOutput(folder, false, false))
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining("expected a folder that does not exist or is empty");
        assertThat(inside(folder)).hasSize(1);
    }

    private static List<Path> inside(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }
}
