package dev.argot.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.argot.api.Abbreviation;
import dev.argot.api.DataSource;
import dev.argot.api.Document;
import dev.argot.api.Domain;
import dev.argot.api.FileFormatException;
import dev.argot.api.Term;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DomainResourcesTest {
    private final Map<String, byte[]> files = new HashMap<>();

    DomainResourcesTest() {
        put("sources.tsv", "id\ttitle\tlicence\nown\tOur own\tApache-2.0\nlog\tA ship's log\tCC0-1.0\n");
        put(
                "terms.tsv",
                "term\tcategory\tsource\tdefinition\nbow\teveryday\town\tThe front of a ship.\njib\tsail\tlog\t\n");
        put(
                "abbreviations.tsv",
                "abbreviation\texpansions\tflags\tsource\nkn\tknots | knot\t\town\nSE\tsouth-east\tcase everyday\tlog\n");
        put("samples/log.txt", "First.\n\nStill first.\n\f\nSecond.\n");
    }

    @Test
    void read_ofAllFiles_givesTheDomain() {
        Domain domain = read();
        assertThat(domain.name()).isEqualTo("sailing");
        assertThat(domain.title()).isEqualTo("Sailing");
        assertThat(domain.sources())
                .containsExactly(
                        new DataSource("own", "Our own", "Apache-2.0"),
                        new DataSource("log", "A ship's log", "CC0-1.0"));
        assertThat(domain.vocabulary())
                .containsExactly(
                        new Term("bow", Term.EVERYDAY, Optional.of("The front of a ship."), "own"),
                        new Term("jib", "sail", Optional.empty(), "log"));
        assertThat(domain.abbreviations())
                .containsExactly(
                        new Abbreviation("kn", List.of("knots", "knot"), false, false, "own"),
                        new Abbreviation("SE", List.of("south-east"), true, true, "log"));
        assertThat(domain.samples())
                .containsExactly(
                        new Document("log-1", "First.\n\nStill first.", "log", "CC0-1.0"),
                        new Document("log-2", "Second.", "log", "CC0-1.0"));
    }

    @Test
    void read_ofSourcesAlone_givesAnEmptyDomain() {
        files.keySet().retainAll(List.of("sources.tsv"));
        Domain domain = read();
        assertThat(domain.vocabulary()).isEmpty();
        assertThat(domain.samples()).isEmpty();
    }

    @Test
    void read_withWindowsLineEnds_givesTheSame() {
        Domain expected = read();
        files.replaceAll((name, content) -> new String(content, StandardCharsets.UTF_8)
                .replace("\n", "\r\n")
                .getBytes(StandardCharsets.UTF_8));
        assertThat(read().vocabulary()).isEqualTo(expected.vocabulary());
        assertThat(read().abbreviations()).isEqualTo(expected.abbreviations());
        assertThat(read().samples()).hasSameSizeAs(expected.samples());
    }

    @Test
    void read_withoutSources_isRefused() {
        files.remove("sources.tsv");
        assertThatThrownBy(this::read).isInstanceOf(FileFormatException.class).hasMessageContaining("sources.tsv");
    }

    @Test
    void read_ofBytesThatAreNotUtf8_isRefused() {
        files.put("terms.tsv", new byte[] {'t', (byte) 0xff});
        assertThatThrownBy(this::read)
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("terms.tsv")
                .hasMessageContaining("UTF-8");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "terms.tsv; term\\tcategory\\n; line 1: expected the fields [term, category, source, definition]",
                "terms.tsv; term\\tcategory\\tsource\\tdefinition\\na\\tb\\town; line 2: expected 4 fields, found 3",
                "terms.tsv; term\\tcategory\\tsource\\tdefinition\\na\\tb\\tnone\\t; expected one of the sources [own, log]",
                "terms.tsv; term\\tcategory\\tsource\\tdefinition\\na\\tb\\town\\t\\nA\\tb\\town\\t; line 3: the domain 'sailing' has the term 'a' twice",
                "terms.tsv; term\\tcategory\\tsource\\tdefinition\\n\\tb\\town\\t; text of a term must not be empty",
                "terms.tsv; term\\tcategory\\tsource\\tdefinition\\na\\tB\\town\\t; must be lower-case",
                "abbreviations.tsv; abbreviation\\texpansions\\tflags\\tsource\\na\\tb\\tsome\\town; expected 'case' or 'everyday', found 'some'",
                "abbreviations.tsv; abbreviation\\texpansions\\tflags\\tsource\\na\\t\\t\\town; expansion of the abbreviation 'a' must not be empty",
                "abbreviations.tsv; abbreviation\\texpansions\\tflags\\tsource\\na\\ta\\t\\town; expands to itself",
                "samples/log.txt; First.\\n\\f\\n\\n\\f\\nThird.; document 'log-2' has no text",
            })
    void read_ofMalformedFile_namesFileAndLine(String file, String content, String problem) {
        put(file, content.replace("\\t", "\t").replace("\\n", "\n").replace("\\f", "\f"));
        assertThatThrownBy(this::read)
                .isInstanceOf(FileFormatException.class)
                .hasMessageStartingWith(file.replace('/', File.separatorChar))
                .hasMessageContaining(problem);
    }

    private void put(String name, String content) {
        files.put(name, content.getBytes(StandardCharsets.UTF_8));
    }

    private Domain read() {
        return DomainResources.read("sailing", "Sailing", this::open);
    }

    private @Nullable InputStream open(String name) {
        byte[] content = files.get(name);
        return content == null ? null : new ByteArrayInputStream(content);
    }
}
