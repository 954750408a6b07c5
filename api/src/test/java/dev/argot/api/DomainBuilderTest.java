package dev.argot.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.argot.api.evaluation.Task;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DomainBuilderTest {
    @TempDir
    private Path folder = Path.of("");

    @Test
    void glossary_ofCommas_readsQuotedFields() throws IOException {
        Path file = write(
                "sea.csv",
                "\ufeffTerm,Definition\r\nhalyard,\"A rope, or wire, that \"\"hoists\"\" a sail.\"\r\n\r\njib,\n\"dead\nreckoning\",By log\n");

        Domain domain = Domain.builder("sailing", "Sailing").glossary(file).build();

        assertThat(domain.vocabulary())
                .containsExactly(
                        new Term("halyard", "term", Optional.of("A rope, or wire, that \"hoists\" a sail."), "sea.csv"),
                        new Term("jib", "term", Optional.empty(), "sea.csv"),
                        new Term("dead\nreckoning", "term", Optional.of("By log"), "sea.csv"));
        assertThat(domain.sources()).containsExactly(new DataSource("sea.csv", "sea.csv", DomainBuilder.NO_LICENCE));
    }

    @Test
    void glossary_ofTabs_readsCategories_andPassesOtherColumnsOver() throws IOException {
        Path file = write(
                "sea.tsv", "no\tcategory\tterm\tdefinition\n1\tEveryday\tbow\tThe \"front\", of a ship\n2\t\tjib\t");
        var own = new DataSource("own", "Our own", "Apache-2.0");

        Domain domain = Domain.builder("sailing", "Sailing")
                .source(own)
                .glossary(file, own)
                .build();

        assertThat(domain.vocabulary())
                .containsExactly(
                        new Term("bow", Term.EVERYDAY, Optional.of("The \"front\", of a ship"), "own"),
                        new Term("jib", "term", Optional.empty(), "own"));
        assertThat(domain.sources()).containsExactly(own);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "``; line 1: expected names of columns, term and definition among them",
                "word,meaning\\na,b; line 1: expected names of columns, term and definition among them",
                "term,definition\\n; line 2: expected at least one term, found the end of the file",
                "term,definition\\na,b,c; line 2: expected 2 fields [term, definition], found 3 [a, b, c]",
                "term,definition\\n\"a\\nb\",c\\nd; line 4: expected 2 fields [term, definition], found 1 [d]",
                "term,definition\\n,b; line 2: text of a term must not be empty",
                "term,definition\\na,b\\n\\nA,c; line 4: expected a new term, found 'A'",
                "term,definition\\na,\"b; line 2: expected a closing quote, found the end of the file",
                "term,definition\\na,\"b\" c; line 2: expected a comma after the closing quote, found 'c'",
            })
    void glossary_malformed_isRefusedByFileAndLine_andAddsNothing(String content, String problem) throws IOException {
        Path file = write("sea.csv", content.replace("\\n", "\n"));
        DomainBuilder builder = Domain.builder("sailing", "Sailing");

        assertThatThrownBy(() -> builder.glossary(file))
                .isInstanceOf(FileFormatException.class)
                .hasMessageStartingWith(file.toString())
                .hasMessageContaining(problem);
        assertThat(builder.build().vocabulary()).isEmpty();
        assertThat(builder.build().sources()).isEmpty();
    }

    @Test
    void glossary_notUtf8_isRefusedByLine() throws IOException {
        Path file = folder.resolve("sea.csv");
        Files.write(file, "term,definition\na,b\nc\u00e9,d\n".getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> Domain.builder("sailing", "Sailing").glossary(file))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("line 3: expected UTF-8");
    }

    @Test
    void glossary_thatIsMissing_isRefused() {
        assertThatThrownBy(() -> Domain.builder("sailing", "Sailing").glossary(folder.resolve("none.csv")))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("none.csv");
    }

    @Test
    void glossary_withOtherSourceOfTheSameId_isRefused() throws IOException {
        Path file = write("sea.csv", "term\na\n");
        DomainBuilder builder =
                Domain.builder("sailing", "Sailing").source(new DataSource("own", "Our own", "Apache-2.0"));
        assertThatThrownBy(() -> builder.glossary(file, new DataSource("own", "Our own", "MIT")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'own'");
    }

    @Test
    void exemplar_twice_givesATaskOfBoth() {
        Domain domain = Domain.builder("sailing", "Sailing")
                .exemplar("What hoists a sail?", "A halyard.")
                .exemplar("What is a jib?", "A headsail.")
                .build();

        Task task = domain.task(DomainBuilder.QUESTIONS).orElseThrow();
        assertThat(task.template().render(task.exemplars(), Map.of("question", "What is a sheet?")))
                .isEqualTo("Question: What hoists a sail?\nAnswer: A halyard.\n\n"
                        + "Question: What is a jib?\nAnswer: A headsail.\n\n"
                        + "Question: What is a sheet?\nAnswer:");
        assertThat(task.items()).isEmpty();
    }

    @Test
    void task_withoutItsSourceOrTwice_isRefused() {
        Task task = Domain.builder("sailing", "Sailing")
                .exemplar("What hoists a sail?", "A halyard.")
                .build()
                .tasks()
                .getFirst();
        DomainBuilder builder = Domain.builder("sailing", "Sailing");
        assertThatThrownBy(() -> builder.task(task))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("task 'questions'")
                .hasMessageContaining("'exemplars'");
        builder.source(new DataSource("exemplars", "Our own", "Apache-2.0")).task(task);
        assertThatThrownBy(() -> builder.task(task))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'questions' twice");
        assertThat(builder.build().tasks()).isEqualTo(List.of(task));
    }

    private Path write(String name, String content) throws IOException {
        return Files.writeString(folder.resolve(name), content);
    }
}
