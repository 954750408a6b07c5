package dev.argot.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Looks inside the tiny model that is part of Argot. */
class InsightCommandsTest {
    private static final String MODEL = "stories260k";

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private Path folder;

    private int run(String... args) {
        return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
    }

    @Test
    void attention_out_writesAPage() throws IOException {
        Path page = folder.resolve("maps/map.html");
        assertThat(run("attention", "--model", MODEL, "--offline", "--text", "Lily <b>ran</b>", "--out", page.toString()))
                .as(err.toString())
                .isZero();
        assertThat(out.toString()).isEqualTo(page + System.lineSeparator());
        assertThat(err.toString()).contains("40 heads");
        assertThat(Files.readString(page)).startsWith("<!DOCTYPE html>").doesNotContain("<b>");
    }

    @Test
    void attention_beforeAndJson_givesBothMapsAndThePage() {
        Path page = folder.resolve("map.html");
        assertThat(run(
                        "attention",
                        "--model",
                        MODEL,
                        "--before",
                        MODEL,
                        "--offline",
                        "--text",
                        "Lily",
                        "--layers",
                        "1,4",
                        "--heads",
                        "2",
                        "--out",
                        page.toString(),
                        "--json"))
                .as(err.toString())
                .isZero();
        assertThat(out.toString().lines())
                .singleElement()
                .asString()
                .startsWith("{\"attention\":{\"format\":\"argot-attention\"")
                .contains("\"kind\":\"self\",\"layer\":1,\"head\":2,\"weights\":[[1.0,0.0", "\"layer\":4,\"head\":2")
                .contains(",\"before\":{\"format\":\"argot-attention\"", ",\"page\":\"");
        assertThat(page).content().contains("Attention before and after");
    }

    @Test
    void attention_calledWrongly_saysHow() {
        assertThat(run("attention", "--model", MODEL, "--text", "Lily")).isEqualTo(2);
        assertThat(err.toString()).contains("expected --out FILE, --json or both");
        assertThat(run("attention", "--model", MODEL, "--offline", "--text", "Lily", "--layers", "9", "--json"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("there is no layer 9: the model has layers 0 to 4");
        assertThat(run("attention", "--model", MODEL, "--offline", "--text", "word ".repeat(600), "--json"))
                .isEqualTo(1);
        assertThat(err.toString()).contains("The text has ", "the context holds 512");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void neighbours_listsTokensWithCosines() {
        assertThat(run("neighbours", "--model", MODEL, "--offline", "--text", "happy", "--top", "3"))
                .as(err.toString())
                .isZero();
        assertThat(out.toString().lines()).hasSize(3).allMatch(line -> line.matches("0\\.\\d{4}  \\S+"));
        assertThat(run("neighbours", "--model", MODEL, "--text", "happy", "--top", "0")).isEqualTo(2);
    }

    @Test
    void neighbours_before_standsBeside() {
        assertThat(run("neighbours", "--model", MODEL, "--before", MODEL, "--offline", "--text", "happy", "--top", "2"))
                .as(err.toString())
                .isZero();
        List<String> lines = out.toString().lines().toList();
        assertThat(lines).hasSize(3);
        assertThat(lines.get(0)).matches("before +after");
        assertThat(lines.get(1)).matches("(0\\.\\d{4}  \\S+) +\\1");
    }

    @Test
    void nextTokens_json_areProbabilitiesInOrder() {
        assertThat(run("next-tokens", "--model", MODEL, "--offline", "--text", "Once upon a", "--top", "3", "--json"))
                .as(err.toString())
                .isZero();
        assertThat(out.toString())
                .startsWith("{\"model\":\"stories260k\",\"text\":\"Once upon a\",\"nextTokens\":[{\"id\":")
                .contains("\"token\":\"▁time\"", "\"probability\":0.99");
        out.getBuffer().setLength(0);
        assertThat(run("next-tokens", "--model", MODEL, "--before", MODEL, "--offline", "--text", "Once upon a"))
                .isZero();
        assertThat(out.toString().lines()).hasSize(11);
    }
}
