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

class SearchCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private Path folder;

    private int run(String... args) {
        return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
    }

    @Test
    void search_ofFiles_printsPlaceAndText() throws IOException {
        Files.writeString(folder.resolve("cards.txt"), "A lost card must\nbe frozen.");
        Files.writeString(folder.resolve("rates.txt"), "The rate changes every hour.");
        assertThat(run("search", "--query", "lost cards? a CARD", "--corpus", folder.toString()))
                .as(err.toString())
                .isZero();
        assertThat(out.toString().lines())
                .singleElement()
                .asString()
                .endsWith("cards.txt:0-27\tA lost card must be frozen.");
        assertThat(run("search", "--query", "card", "--corpus", folder.toString(), "--model", "stories260k", "--json"))
                .as(err.toString())
                .isZero();
        assertThat(out.toString().lines().toList().getLast())
                .contains("\"documents\":2")
                .contains("\"start\":0,\"end\":27")
                .contains("rates.txt");
    }

    @Test
    void search_ofADomain_looksThroughItsSamples() {
        assertThat(run("search", "--query", "court order", "--domain", "legal", "--top", "2"))
                .as(err.toString())
                .isZero();
        assertThat(out.toString().lines()).hasSize(2);
    }

    @Test
    void search_unfitOptions_areRefused() {
        for (List<String> args : List.of(
                List.of("search", "--query", "x"),
                List.of("search", "--query", "x", "--domain", "legal", "--top", "0"),
                List.of("search", "--query", "x", "--domain", "legal", "--passage-words", "9"),
                List.of("search", "--query", "x", "--domain", "legal", "--embeddings-only"))) {
            assertThat(run(args.toArray(String[]::new))).as(args.toString()).isEqualTo(2);
        }
        assertThat(err.toString())
                .contains("--corpus or --domain")
                .contains("--top")
                .contains("at least 10, found 9");
    }
}
