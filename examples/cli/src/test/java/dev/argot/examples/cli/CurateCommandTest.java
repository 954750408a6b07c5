package dev.argot.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CurateCommandTest {
    private static final String OPINION =
            "The court of appeals reversed and held that the statute of limitations had run before the plaintiff, who acted"
                    + " with due diligence, filed the complaint; mens rea was not at issue, and the doctrine of res judicata"
                    + " did not bar the claim. Counsel can be reached at counsel@example.org or (202) 555-0147.";

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private Path folder;

    private int run(String... args) {
        return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
    }

    private Path corpus() throws IOException {
        Path corpus = Files.createDirectory(folder.resolve("texts"));
        Files.writeString(corpus.resolve("a.txt"), OPINION);
        Files.writeString(corpus.resolve("b.txt"), OPINION.replace("reversed", "affirmed"));
        Files.writeString(corpus.resolve("c.txt"), "too short");
        Files.writeString(corpus.resolve("d.txt"), OPINION.replace(" ", "\n"));
        return corpus;
    }

    @Test
    void curate_domain_writesDocumentsManifestAndReport() throws IOException {
        Path kept = folder.resolve("kept");
        assertThat(run(
                        "curate",
                        "--corpus",
                        corpus().toString(),
                        "--domain",
                        "legal",
                        "--licence",
                        "CC0-1.0",
                        "--out",
                        kept.toString()))
                .as(err.toString())
                .isZero();
        assertThat(out.toString())
                .contains(
                        "near-duplicates              1",
                        "licence CC0-1.0: 1 documents",
                        "texts/c.txt by length, too short")
                .doesNotContain("counsel@example.org");
        assertThat(Files.readString(kept.resolve("documents.jsonl")))
                .contains("\"id\":\"texts/a.txt\"", "[EMAIL] or [PHONE]")
                .doesNotContain("texts/b.txt", "texts/d.txt");
        assertThat(Files.readString(kept.resolve("manifest.jsonl"))).contains("\"licence\":\"CC0-1.0\"", "\"email\":1");
        assertThat(Files.readString(kept.resolve("dropped.jsonl")))
                .contains("near-duplicate", "too short", "of texts/a.txt");
        assertThat(kept.resolve("curation.json")).exists();
    }

    @Test
    void curate_json_printsTheReportAlone() throws IOException {
        assertThat(run(
                        "curate",
                        "--corpus",
                        corpus().toString(),
                        "--without",
                        "near-duplicates",
                        "--set",
                        "length.min-words=1",
                        "--json"))
                .as(err.toString())
                .isZero();
        assertThat(out.toString().lines()).hasSize(1);
        assertThat(out.toString())
                .startsWith("{\"in\":{\"documents\":4,")
                .contains("\"min-words\":\"1\"")
                .doesNotContain("near-duplicates");
    }

    @Test
    void curate_evaluationText_isKeptOutOfWhatIsTrainedOn() throws IOException {
        Path item = Files.writeString(folder.resolve("item.txt"), OPINION.substring(0, 150));
        assertThat(run("curate", "--corpus", corpus().toString(), "--against", item.toString(), "--json"))
                .isZero();
        assertThat(out.toString()).contains("part of an evaluation set", "compared with 1 evaluation texts");
    }

    @Test
    void curate_wrongUse_isSaid() throws IOException {
        Path corpus = corpus();
        assertThat(run("curate", "--corpus", corpus.toString(), "--without", "lenght"))
                .isEqualTo(2);
        assertThat(run("curate", "--corpus", corpus.toString(), "--set", "lenght.min-words=1"))
                .isEqualTo(2);
        assertThat(run("curate", "--corpus", corpus.toString(), "--set", "length.min=1"))
                .isEqualTo(1);
        assertThat(run("curate", "--corpus", folder.resolve("nothing").toString()))
                .isEqualTo(1);
        assertThat(run("curate", "--corpus", corpus.toString(), "--domain", "sailing"))
                .isEqualTo(1);
        assertThat(err.toString())
                .contains(
                        "--without: expected one of the steps [boilerplate,",
                        "--set lenght.min-words: expected one of the steps",
                        "curation step 'length': expected the settings [max-words, min-words], found 'min'",
                        "expected a file, a folder or a glob, found nothing",
                        "No domain named 'sailing'. Available: [finance, legal, medical]");
    }
}
