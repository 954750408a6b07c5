package dev.argot.domains.medical;

import static org.assertj.core.api.Assertions.assertThat;

import dev.argot.api.Domain;
import dev.argot.api.evaluation.Task;
import dev.argot.api.prompt.AnswerFormat;
import dev.argot.spi.DomainProvider;
import dev.argot.spi.TextAnalysis;
import dev.argot.spi.TextRules;
import dev.argot.testkit.DomainContract;
import dev.argot.tokenizers.lucene.LuceneTextAnalysisProvider;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class MedicalDomainTest extends DomainContract {
    private static final List<String> NUMBERS = List.of("one", "two", "three", "four");

    private static final Pattern NAME = Pattern.compile("\"([^\"\\\\]+)\"");
    private static final Pattern RECORD = Pattern.compile("\\{\"diseases\": \\[(" + NAME + "(?:, " + NAME + ")*|)]}");

    private final Domain domain = provider().open();
    private final TextAnalysis running = new LuceneTextAnalysisProvider().open(TextRules.of(domain));
    private final TextAnalysis notation = new LuceneTextAnalysisProvider().open(TextRules.ofNotation(domain));

    @Override
    protected DomainProvider provider() {
        return new MedicalDomainProvider();
    }

    @Test
    void vocabulary_knowsDrugsAndDiagnoses() {
        assertThat(domain.term("Warfarin").orElseThrow().category()).isEqualTo("drug");
        assertThat(domain.term("typhoid fever").orElseThrow().definition()).contains("ICD-10-CM code A01.0.");
    }

    @Test
    void analysis_ofPrescriptionCodes_expandsThem() {
        assertThat(running.normalise("1 tab po qid pc & hs"))
                .isEqualTo("1 tablet by mouth 4 times a day after meals and at bedtime");
    }

    @Test
    void analysis_ofRunningText_leavesOrdinaryWordsAlone() {
        assertThat(running.normalise("no better as seen in the AM; hx of MI"))
                .isEqualTo("no better as seen in the am history of myocardial infarction");
        assertThat(notation.normalise("gtt i as qam")).isEqualTo("drop 1 left ear every morning");
    }

    @Test
    void diseaseRecords_listNamesAsTheSentenceHasThem() {
        Task task = domain.task("disease-records").orElseThrow();
        assertThat(task.answer()).isInstanceOf(AnswerFormat.Json.class);
        assertThat(Stream.of(task.exemplars(), task.training(), task.items()).flatMap(List::stream))
                .hasSizeGreaterThan(400)
                .allSatisfy(example -> {
                    Matcher names = RECORD.matcher(example.answer());
                    assertThat(names.matches()).as(example.answer()).isTrue();
                    assertThat(NAME.matcher(names.group(1)).results().map(name -> name.group(1)))
                            .doesNotHaveDuplicates()
                            .allMatch(example.inputs().getOrDefault("sentence", "")::contains);
                });
        assertThat(task.items()).anyMatch(item -> item.answer().equals("{\"diseases\": []}"));
    }

    @Test
    void sigCodes_sayWhatTheAbbreviationsSay() {
        Task task = domain.task("sig-codes").orElseThrow();
        var examples = Stream.of(task.exemplars(), task.training(), task.items())
                .flatMap(List::stream)
                .toList();
        assertThat(examples).hasSize(900).allSatisfy(example -> {
            // Directions are a sentence: a verb, numbers in words, plurals, "in the right eye", "for pain".
            String directions = example.answer().toLowerCase(Locale.ROOT).replaceAll("^\\w+ |\\.$", "");
            for (int number = 0; number < NUMBERS.size(); number++) {
                directions = directions.replaceAll("\\b" + NUMBERS.get(number) + "\\b", Integer.toString(number + 1));
            }
            directions = directions
                    .replaceFirst("(tablet|capsule|drop|teaspoonful|puff)s", "$1")
                    .replaceFirst("in (the )?(right|left|both)", "$2")
                    .replaceFirst("as needed for ([^\\d])", "as needed $1");
            assertThat(notation.normalise(example.inputs().getOrDefault("sig", "")))
                    .isEqualTo(directions);
        });
    }

    @Test
    void sigCodes_measureWhatTheyShowNowhere() {
        Task task = domain.task("sig-codes").orElseThrow();
        assertThat(task.items().getFirst().inputs()).containsEntry("sig", "1 tab po qid pc & hs");
        assertThat(task.template().render(List.of(), task.items().getFirst().inputs()))
                .isEqualTo("Write the directions of each prescription in plain English.\n\n"
                        + "Sig: 1 tab po qid pc & hs\nDirections:");
        assertThat(task.template().completion(task.items().getFirst().answer()))
                .isEqualTo(" Take one tablet by mouth four times a day after meals and at bedtime.");
    }
}
