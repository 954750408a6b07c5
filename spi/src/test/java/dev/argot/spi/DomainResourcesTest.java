package dev.argot.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.argot.api.Abbreviation;
import dev.argot.api.DataSource;
import dev.argot.api.Document;
import dev.argot.api.Domain;
import dev.argot.api.FileFormatException;
import dev.argot.api.Term;
import dev.argot.api.corpus.CurationRules;
import dev.argot.api.evaluation.Task;
import dev.argot.api.prompt.AnswerFormat;
import dev.argot.api.prompt.Example;
import dev.argot.api.prompt.PromptTemplate;
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
    private static final String TASKS = "task\ttitle\tsource\tanswer\tlabels\tinstruction\tlayout\n";

    private final Map<String, byte[]> files = new HashMap<>();

    DomainResourcesTest() {
        put("sources.tsv", "id\ttitle\tlicence\nown\tOur own\tApache-2.0\nlog\tA ship's log\tCC0-1.0\n");
        put("terms/own.tsv", "term\tcategory\tdefinition\nbow\teveryday\tThe front of a ship.\n");
        put("terms/log.tsv", "term\tcategory\tdefinition\njib\tsail\t\n");
        put("abbreviations/own.tsv", "abbreviation\texpansions\tflags\nkn\tknots | knot\t\n");
        put("abbreviations/log.tsv", "abbreviation\texpansions\tflags\nSE\tsouth-east\tcase everyday\n");
        put(
                "tasks.tsv",
                TASKS
                        + "kinds\tKinds of things\town\tchoice\tsail | rope\tWhat kind is it?\t{{thing}} is a {{answer}}\n"
                        + "names\tNames\tlog\tchoice\t\t\tMeaning: {{meaning}}\\nName: {{answer}}\n"
                        + "codes\tCodes\tlog\ttext 8\t\t\t{{code}}: {{answer}}\n");
        put(
                "tasks/kinds.tsv",
                "id\tuse\tthing\tanswer\nk1\texemplar\tjib\tsail\nk2\titem\tsheet\trope\nk3\ttraining\tspinnaker\tsail\n");
        put("tasks/names.tsv", "id\tuse\tmeaning\tanswer\tdistractors\nn1\titem\tIt hoists.\thalyard\tsheet | stay\n");
        put("tasks/codes.tsv", "id\tuse\tcode\tanswer\nc1\titem\t4 kn\t4 knots\n");
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
    void read_ofTasks_givesTemplatesAndExamples() {
        Domain domain = read();
        assertThat(domain.tasks())
                .containsExactly(
                        new Task(
                                "kinds",
                                "Kinds of things",
                                new AnswerFormat.Choice(List.of("sail", "rope")),
                                PromptTemplate.builder("{{thing}} is a {{answer}}")
                                        .instruction("What kind is it?")
                                        .build(),
                                List.of(new Example("k1", Map.of("thing", "jib"), "sail")),
                                List.of(new Example("k3", Map.of("thing", "spinnaker"), "sail")),
                                List.of(new Example("k2", Map.of("thing", "sheet"), "rope")),
                                "own"),
                        new Task(
                                "names",
                                "Names",
                                new AnswerFormat.Choice(List.of()),
                                PromptTemplate.of("Meaning: {{meaning}}\nName: {{answer}}"),
                                List.of(),
                                List.of(new Example(
                                        "n1", Map.of("meaning", "It hoists."), "halyard", List.of("sheet", "stay"))),
                                "log"),
                        new Task(
                                "codes",
                                "Codes",
                                new AnswerFormat.Text(8),
                                PromptTemplate.of("{{code}}: {{answer}}"),
                                List.of(),
                                List.of(new Example("c1", Map.of("code", "4 kn"), "4 knots")),
                                "log"));
    }

    @Test
    void read_ofAnswersThatAreWritten_givesTheirFormats() {
        put(
                "tasks.tsv",
                TASKS
                        + "parts\tParts\town\tseveral\tsail | rope\t\t{{text}}: {{answer}}\n"
                        + "log\tLog\tlog\tpassage 96\t\tWrite \\\\n\\nor \\t.\t{{text}}:\\n{{answer}}\n"
                        + "ships\tShips\tlog\tjson 64\t\t\t{{text}}: {{answer}}\n");
        put("tasks/parts.tsv", "id\tuse\ttext\tanswer\np1\titem\tAll of them.\trope, sail\n");
        put("tasks/log.tsv", "id\tuse\ttext\tanswer\nl1\titem\tfair\\nwind\tFair.\\nC:\\\\new \\d\n");
        put("tasks/ships.tsv", "id\tuse\ttext\tanswer\ns1\titem\tThe Ida.\t{\"ships\": [\"Ida\\n\"]}\n");
        put("tasks/ships.schema.json", "{\n  \"type\": \"object\"\n}\n");
        assertThat(read().tasks())
                .containsExactly(
                        new Task(
                                "parts",
                                "Parts",
                                new AnswerFormat.Several(List.of("sail", "rope")),
                                PromptTemplate.of("{{text}}: {{answer}}"),
                                List.of(),
                                List.of(new Example("p1", Map.of("text", "All of them."), "rope, sail")),
                                "own"),
                        new Task(
                                "log",
                                "Log",
                                new AnswerFormat.Passage(96),
                                PromptTemplate.builder("{{text}}:\n{{answer}}")
                                        .instruction("Write \\n\nor \\t.")
                                        .build(),
                                List.of(),
                                List.of(new Example("l1", Map.of("text", "fair\\nwind"), "Fair.\nC:\\new \\d")),
                                "log"),
                        new Task(
                                "ships",
                                "Ships",
                                new AnswerFormat.Json("{\n  \"type\": \"object\"\n}", 64),
                                PromptTemplate.of("{{text}}: {{answer}}"),
                                List.of(),
                                List.of(new Example("s1", Map.of("text", "The Ida."), "{\"ships\": [\"Ida\\n\"]}")),
                                "log"));
    }

    @Test
    void read_ofJsonWithoutItsSchema_isRefused() {
        put("tasks.tsv", TASKS + "codes\tCodes\tlog\tjson 8\t\t\t{{code}}: {{answer}}\n");
        assertThatThrownBy(this::read)
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("codes.schema.json")
                .hasMessageContaining("missing");
    }

    @Test
    void read_ofCuration_givesStepsInOrder() {
        assertThat(read().curation()).isEqualTo(CurationRules.DEFAULT);
        put(
                "curation.tsv",
                "step\tsetting\tvalue\nrelevance\t\t\nlength\tmin-words\t5\npersonal-data\tpattern.sail\t[A-Z]{3} \\d+\n"
                        + "length\tmax-words\t900\n");
        assertThat(read().curation())
                .isEqualTo(new CurationRules(List.of(
                        CurationRules.Step.of("relevance"),
                        CurationRules.Step.of("length").with("min-words", "5").with("max-words", "900"),
                        CurationRules.Step.of("personal-data").with("pattern.sail", "[A-Z]{3} \\d+"))));
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
    void read_withoutTheItemsOfATask_isRefused() {
        files.remove("tasks/names.tsv");
        assertThatThrownBy(this::read)
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("names.tsv")
                .hasMessageContaining("missing");
    }

    @Test
    void read_ofBytesThatAreNotUtf8_isRefused() {
        files.put("terms/own.tsv", new byte[] {'t', (byte) 0xff});
        assertThatThrownBy(this::read)
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("own.tsv")
                .hasMessageContaining("UTF-8");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "terms/own.tsv; term\\tcategory\\n; line 1: expected the fields [term, category, definition]",
                "terms/own.tsv; term\\tcategory\\tdefinition\\na\\tb; line 2: expected 3 fields, found 2",
                "terms/own.tsv; term\\tcategory\\tdefinition\\na\\tb\\t\\nA\\tb\\t; line 3: the domain 'sailing' has the term 'a' twice",
                "terms/own.tsv; term\\tcategory\\tdefinition\\n\\tb\\t; text of a term must not be empty",
                "terms/own.tsv; term\\tcategory\\tdefinition\\na\\tB\\t; must be lower-case",
                "abbreviations/own.tsv; abbreviation\\texpansions\\tflags\\na\\tb\\tsome; expected 'case' or 'everyday', found 'some'",
                "abbreviations/own.tsv; abbreviation\\texpansions\\tflags\\na\\t |b\\t; expansion of the abbreviation 'a' must not be empty",
                "abbreviations/own.tsv; abbreviation\\texpansions\\tflags\\na\\ta\\t; expands to itself",
                "tasks/kinds.tsv; id\\tuse\\tanswer\\n; line 1: expected the fields [id, use, thing, answer]",
                "tasks/kinds.tsv; id\\tuse\\tthing\\tanswer\\nk1\\ttest\\tjib\\tsail; line 2: use: expected one of [exemplar, training, item], found 'test'",
                "tasks/names.tsv; id\\tuse\\tmeaning\\tanswer\\tdistractors\\nn1\\titem\\tIt hoists.\\thalyard\\thalyard; line 2: example 'n1': expected distractors that differ",
                "tasks.tsv; task\\ttitle\\tsource\\tanswer\\tlabels\\tinstruction\\tlayout\\nkinds\\tKinds\\tnone\\tchoice\\tsail|rope\\t\\t{{thing}}: {{answer}}; line 2: task 'kinds': expected one of the sources [own, log]",
                "tasks.tsv; task\\ttitle\\tsource\\tanswer\\tlabels\\tinstruction\\tlayout\\nkinds\\tKinds\\town\\ttext\\t\\t\\t{{thing}}: {{answer}}; line 2: expected the answer 'choice', or 'several' with labels, or 'text'",
                "tasks.tsv; task\\ttitle\\tsource\\tanswer\\tlabels\\tinstruction\\tlayout\\nkinds\\tKinds\\town\\tpassage 8\\tsail\\t\\t{{thing}}: {{answer}}; line 2: expected the answer 'choice', or 'several' with labels, or 'text'",
                "tasks.tsv; task\\ttitle\\tsource\\tanswer\\tlabels\\tinstruction\\tlayout\\nkinds\\tKinds\\town\\tseveral\\t\\t\\t{{thing}}: {{answer}}; line 2: expected labels without the separator",
                "tasks.tsv; task\\ttitle\\tsource\\tanswer\\tlabels\\tinstruction\\tlayout\\nkinds\\tKinds\\town\\tseveral\\tsail|spar\\t\\t{{thing}}: {{answer}}; line 2: task 'kinds', example 'k2': expected some of the labels",
                "tasks.tsv; task\\ttitle\\tsource\\tanswer\\tlabels\\tinstruction\\tlayout\\nkinds\\tKinds\\town\\tchoice\\tsail|spar\\t\\t{{thing}}: {{answer}}; line 2: task 'kinds', example 'k2': expected one of the labels",
                "tasks.tsv; task\\ttitle\\tsource\\tanswer\\tlabels\\tinstruction\\tlayout\\nkinds\\tKinds\\town\\tchoice\\tsail|rope\\t\\t{{thing}}; line 2: the layout must have the answer's slot {{answer}} once",
                "curation.tsv; step\\tsetting\\tvalue\\nlength\\tmin-words\\t; line 2: expected a step with a setting and its value",
                "curation.tsv; step\\tsetting\\tvalue\\nlength\\t\\t\\nlength\\t\\t; line 3: expected a step with a setting",
                "curation.tsv; step\\tsetting\\tvalue\\nlength\\tmin-words\\t1\\nlength\\tmin-words\\t2; line 3: the step 'length' has the setting 'min-words' twice",
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
