package dev.argot.core.corpus;

import static dev.argot.core.corpus.Steps.context;
import static dev.argot.core.corpus.Steps.judge;
import static dev.argot.core.corpus.Steps.open;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.argot.api.Abbreviation;
import dev.argot.api.DataSource;
import dev.argot.api.Domain;
import dev.argot.api.Term;
import dev.argot.spi.CurationStep;
import dev.argot.spi.CurationStep.Verdict;
import dev.argot.spi.CurationStepProvider;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What each step keeps, and what it drops. */
class StepsTest {
    private static final String PROSE =
            "The court held that the notice was served with the complaint and that the motion to dismiss"
                    + " must be denied, since a reasonable person would have understood what the agency had asked of them.";

    private static CurationStep step(CurationStepProvider provider, String... settings) {
        return open(provider, context(Optional.empty()), settings);
    }

    private static void keeps(CurationStep step, String text) {
        assertThat(judge(step, text)).isEqualTo(Verdict.KEEP);
    }

    private static void drops(CurationStep step, String text, String reason) {
        assertThat(judge(step, text)).isInstanceOfSatisfying(Verdict.Drop.class, drop -> assertThat(drop.reason())
                .isEqualTo(reason));
    }

    static List<CurationStepProvider> providers() {
        return Steps.ALL;
    }

    @ParameterizedTest
    @MethodSource("providers")
    void judge_plainProse_keepsIt(CurationStepProvider provider) {
        keeps(step(provider), PROSE);
    }

    @ParameterizedTest
    @MethodSource("providers")
    void open_unknownSetting_isAnError(CurationStepProvider provider) {
        assertThatThrownBy(() -> step(provider, "no-such-setting", "1"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("found 'no-such-setting'");
    }

    /** A step that took time in the square of the length would not end. */
    @ParameterizedTest
    @MethodSource("providers")
    void judge_hostileText_ends(CurationStepProvider provider) {
        CurationStep step = open(provider, context(Optional.empty(), PROSE));
        for (String unit : List.of(
                "a", "1", "1-", "@", "a@", "a.", "(", "+1 ", ":", "1:", " ", "\n", "a\n", "|", "MRN ", "4111 ",
                "DE89 ")) {
            String text = "x" + unit.repeat(2_000_000 / unit.length()) + "x";
            assertThat(judge(step, text)).as("%s of %s", provider.name(), unit).isNotNull();
        }
    }

    @Test
    void boilerplate_noticesLinksAndPageNumbers_takesThoseLinesOut() {
        String text = "Home | About us | Contact\n" + PROSE + "\nPage 3 of 10\nThis site uses cookies. \n- 4 -\r\n"
                + PROSE + "\nAll rights reserved";
        assertThat(judge(step(new Boilerplate()), text))
                .isEqualTo(new Verdict.Change(
                        PROSE + "\n" + PROSE + "\n", Map.of("link bars", 1L, "page numbers", 2L, "notices", 2L)));
    }

    @Test
    void boilerplate_runningTextAboutCookies_staysAsItIs() {
        keeps(
                step(new Boilerplate()),
                PROSE + " The privacy policy of the company said so.\n1 | 2 | 3\nPage of the day");
    }

    @Test
    void boilerplate_phrasesOfOnesOwn_replaceTheBuiltInOnes() {
        assertThat(judge(step(new Boilerplate(), "phrases", "draft only, seite"), "Draft only!\nall rights reserved"))
                .isEqualTo(new Verdict.Change("all rights reserved", Map.of("notices", 1L)));
    }

    @Test
    void length_tooFewAndTooManyWords_drops() {
        CurationStep step = step(new Length(), "min-words", "3", "max-words", "4");
        drops(step, "one two", "too short");
        keeps(step, "one two three");
        keeps(step, "one two three four");
        drops(step, "one two three four five", "too long");
    }

    @Test
    void length_settingOutOfRange_isAnError() {
        assertThatThrownBy(() -> step(new Length(), "min-words", "-1"))
                .hasMessageContaining("'min-words': expected a whole number of at least 0, found '-1'");
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            delimiter = ';',
            value = {
                "the of a b c d e f g h i j k l m; word length",
                "the of internationalization internationalization internationalization incomprehensibilities; word length",
                "the court of 1234 5678 held; words without letters",
                "the of A123456789 B123456789 C123456789; digits",
                "the of and ---------------------------------- word; punctuation",
                "Der Hund und die Katze schlafen heute lange in der warmen Sonne; stop words",
                "# # # the court and # # the notice was served; symbols",
                "the court ... and ... the notice ... was ... served; symbols",
                "the lorem ipsum of the court and the notice; placeholder text",
                "!?; no words"
            })
    void quality_notRunningText_drops(String text, String reason) {
        drops(step(new Quality()), text, reason);
    }

    @Test
    void quality_linesOfBulletsOrEllipses_drops() {
        drops(step(new Quality()), "- the court and the notice\n".repeat(5), "bullet lines");
        drops(step(new Quality()), "the court held and\nthe notice was served and the…\n", "ellipsis lines");
        keeps(step(new Quality()), "- the court and the notice");
        keeps(step(new Quality()), "the list of the court:\n" + "- the court and the notice\n".repeat(5));
    }

    @Test
    void quality_anotherLanguage_passesWithItsStopWords() {
        keeps(
                step(new Quality(), "stop-words", "der, die, und, in"),
                "Der Hund und die Katze schlafen heute lange in der warmen Sonne");
        keeps(step(new Quality(), "min-stop-words", "0"), "Katze schlafen heute lange");
    }

    @Test
    void repetition_linesParagraphsAndPhrases_drops() {
        var random = new Random(1);
        String line = Steps.prose(random, 30);
        drops(step(new Repetition()), line + "\n" + line, "repeated lines");
        drops(
                step(new Repetition(), "max-duplicate-lines", "1", "max-duplicate-line-characters", "1"),
                line + "\n\n" + line,
                "repeated paragraphs");
        drops(
                step(new Repetition()),
                "buy now " + "cheap pills ".repeat(10) + Steps.prose(random, 40),
                "a frequent phrase");
        String phrase = Steps.prose(random, 20).replace(".", "");
        drops(step(new Repetition()), phrase + " so " + phrase + " but " + Steps.prose(random, 50), "repeated phrases");
        keeps(
                step(new Repetition(), "phrase-tolerance", "10"),
                phrase + " so " + phrase + " but " + Steps.prose(random, 50));
        keeps(step(new Repetition()), line + "\n" + Steps.prose(random, 30) + "\n\n" + Steps.prose(random, 30));
    }

    /** The share of characters in runs that were there before, by the definition. */
    @RepeatedTest(40)
    void repetition_randomText_dropsAsTheDefinitionSays(RepetitionInfo info) {
        var random = new Random(info.getCurrentRepetition());
        int different = 2 + random.nextInt(60);
        var text = new StringBuilder();
        for (int i = 0; i < 80; i++) {
            text.append(i == 0 ? "" : " ").append("w").append(Integer.toString(random.nextInt(different), 36));
        }
        String found = text.toString();
        int n = 5 + random.nextInt(6);
        String[] words = found.split(" ");
        int[] starts = new int[words.length];
        for (int i = 1; i < words.length; i++) {
            starts[i] = starts[i - 1] + words[i - 1].length() + 1;
        }
        boolean[] covered = new boolean[found.length()];
        for (int i = 0; i + n <= words.length; i++) {
            for (int k = 0; k < i; k++) {
                if (Arrays.equals(words, i, i + n, words, k, k + n)) {
                    for (int c = starts[i]; c < starts[i + n - 1] + words[i + n - 1].length(); c++) {
                        covered[c] = true;
                    }
                    break;
                }
            }
        }
        int count = 0;
        for (boolean c : covered) {
            count += c ? 1 : 0;
        }
        double share = (double) count / found.length();
        var settings = new ArrayList<String>(List.of("max-duplicate-" + n + "-grams", "0.1"));
        for (int other = 2; other <= 10; other++) {
            if (other != n) {
                settings.addAll(List.of((other < 5 ? "max-top-" : "max-duplicate-") + other + "-grams", "1"));
            }
        }
        assertThat(judge(step(new Repetition(), settings.toArray(String[]::new)), found) instanceof Verdict.Drop)
                .as("seed %d, runs of %d, share %f", info.getCurrentRepetition(), n, share)
                .isEqualTo(share > 0.1);
    }

    @Test
    void exactDuplicates_sameWords_dropsAllButTheFirst() {
        CurationStep step = step(new ExactDuplicates());
        assertThat(judge(step, "a", PROSE)).isEqualTo(Verdict.KEEP);
        assertThat(judge(step, "b", PROSE + " More.")).isEqualTo(Verdict.KEEP);
        assertThat(judge(step, "c", PROSE.toUpperCase(Locale.ROOT).replace(" ", "\n ")))
                .isEqualTo(new Verdict.Drop("duplicate", "of a"));
        assertThat(judge(step, "d", "…")).isEqualTo(Verdict.KEEP);
        assertThat(judge(step, "e", "—")).isEqualTo(Verdict.KEEP);
        assertThat(judge(step, "f", "—")).isEqualTo(new Verdict.Drop("duplicate", "of e"));
    }

    @RepeatedTest(20)
    void nearDuplicates_planted_areFoundAndStrangersNever(RepetitionInfo info) {
        var random = new Random(info.getCurrentRepetition());
        CurationStep step = step(new NearDuplicates());
        String[] texts = new String[20];
        for (int i = 0; i < texts.length; i++) {
            texts[i] = Steps.prose(random, 150);
            assertThat(judge(step, "d" + i, texts[i]))
                    .as("seed %d, document %d", info.getCurrentRepetition(), i)
                    .isEqualTo(Verdict.KEEP);
        }
        for (int i = 0; i < texts.length; i++) {
            String near = texts[i].replaceFirst("^\\w+ \\w+", "other words");
            assertThat(Steps.jaccard(texts[i], near, 5)).isGreaterThan(0.9);
            int number = i;
            assertThat(judge(step, "n" + i, near))
                    .as("seed %d, document %d", info.getCurrentRepetition(), i)
                    .isInstanceOfSatisfying(Verdict.Drop.class, drop -> assertThat(drop.detail())
                            .startsWith("of d" + number + ", similarity about "));
        }
    }

    @Test
    void nearDuplicates_note_statesTheThreshold() {
        assertThat(step(new NearDuplicates(), "bands", "20", "rows", "5").note())
                .contains("about 0.55", "(1/20)^(1/5)");
    }

    @Test
    void nearDuplicates_similarityBelowTheLeast_keepsThem() {
        var random = new Random(3);
        String text = Steps.prose(random, 200);
        String half = text.substring(0, text.length() / 2) + Steps.prose(random, 100);
        CurationStep step = step(new NearDuplicates(), "bands", "50", "rows", "1", "min-similarity", "0.9");
        assertThat(judge(step, text)).isEqualTo(Verdict.KEEP);
        assertThat(judge(step, half)).isEqualTo(Verdict.KEEP);
    }

    @Test
    void harmfulContent_severalWords_dropsAndOneDoesNot() {
        CurationStep step = step(new HarmfulContent());
        drops(step, "Go back to your country, you subhuman, you deserve to die. " + PROSE, "harmful words");
        keeps(step, "The word subhuman was used by the witness. " + PROSE);
        keeps(step(new HarmfulContent(), "built-in", "false", "words", "notice"), PROSE);
        drops(step(new HarmfulContent(), "words", "notice, the complaint", "min-count", "2"), PROSE, "harmful words");
    }

    @Test
    void harmfulContent_builtInList_hasNoWordTwice() {
        assertThat(HarmfulContent.builtIn()).doesNotHaveDuplicates().hasSizeGreaterThan(40);
    }

    @Test
    void relevance_termsOfTheDomain_areCountedAndDemanded() {
        Domain domain = Domain.builder("law", "Law")
                .source(new DataSource("s", "Source", "CC0-1.0"))
                .term(new Term("motion to dismiss", "procedure", Optional.empty(), "s"))
                .term(new Term("court", "institution", Optional.empty(), "s"))
                .term(new Term("notice", Term.EVERYDAY, Optional.empty(), "s"))
                .abbreviation(new Abbreviation("SCOTUS", List.of("Supreme Court"), true, false, "s"))
                .build();
        var step = open(new Relevance(), context(Optional.of(domain)));
        assertThat(judge(step, "The Court, a notice, SCOTUS; a motion\nto dismiss."))
                .isEqualTo(new Verdict.Keep(Map.of("words", 9L, "words of domain terms", 5L)));
        var strict = open(new Relevance(), context(Optional.of(domain)), "min-density", "0.05");
        drops(
                strict,
                "A recipe for soup with the best carrots of the season and a pinch of salt to taste",
                "off the domain");
        assertThat(judge(strict, "The court dismissed the case")).isInstanceOf(Verdict.Keep.class);
        drops(open(new Relevance(), context(Optional.of(domain)), "min-terms", "2"), "the court", "off the domain");
    }

    @Test
    void decontamination_runInCommon_isCutOutWithItsSurroundings() {
        var random = new Random(5);
        String before = Steps.prose(random, 100);
        String after = Steps.prose(random, 100);
        var step = open(new Decontamination(), context(Optional.empty(), "Question: " + PROSE), "margin", "20");
        assertThat(judge(step, before + " " + PROSE.toUpperCase(Locale.ROOT) + " " + after))
                .isInstanceOfSatisfying(Verdict.Change.class, change -> {
                    assertThat(change.text().toLowerCase(Locale.ROOT)).doesNotContain("held that the notice");
                    assertThat(change.text())
                            .startsWith(before.substring(0, before.length() - 40))
                            .endsWith(after.substring(40));
                });
        keeps(step, before + after);
    }

    @Test
    void decontamination_nothingLeftOrTooManyPieces_drops() {
        var step = open(new Decontamination(), context(Optional.empty(), PROSE));
        drops(step, PROSE, "part of an evaluation set");
        var random = new Random(6);
        var pieces = new StringBuilder();
        for (int i = 0; i < 12; i++) {
            pieces.append(Steps.prose(random, 120)).append(' ').append(PROSE).append(' ');
        }
        drops(step, pieces.toString(), "part of an evaluation set");
        drops(
                open(new Decontamination(), context(Optional.empty(), PROSE), "drop", "true"),
                Steps.prose(random, 200) + PROSE,
                "part of an evaluation set");
    }

    @ParameterizedTest
    @ValueSource(ints = {7, 8, 12})
    void decontamination_shortEvaluationText_countsAsAWholeFromEightWordsOn(int words) {
        var random = new Random(7);
        String item = Steps.prose(random, words);
        var step = open(new Decontamination(), context(Optional.empty(), item));
        Verdict verdict = judge(step, Steps.prose(random, 100) + " " + item + " " + Steps.prose(random, 100));
        assertThat(verdict instanceof Verdict.Change).isEqualTo(words >= 8);
    }
}
