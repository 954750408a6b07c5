package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.argot.api.Argot;
import dev.argot.api.ArgotException;
import dev.argot.api.CancellationToken;
import dev.argot.api.CausalModel;
import dev.argot.api.Completion;
import dev.argot.api.Completion.FinishReason;
import dev.argot.api.Decoding;
import dev.argot.api.TokenSink;
import dev.argot.api.prompt.AnswerFormat;
import dev.argot.api.prompt.ChoiceAnswer;
import dev.argot.api.prompt.ChoiceAnswer.Ranked;
import dev.argot.api.prompt.LabelScoring;
import dev.argot.api.prompt.LabelScoring.Normalisation;
import dev.argot.api.prompt.PromptSettings;
import dev.argot.api.prompt.PromptSpec;
import dev.argot.api.prompt.PromptTemplate;
import dev.argot.api.prompt.Prompter;
import dev.argot.api.prompt.RecordAnswer;
import dev.argot.api.prompt.SeveralAnswer;
import dev.argot.api.prompt.TextAnswer;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** Answers of a small model through a prompter, compared with what full forward passes say about each token. */
class PrompterAnswersTest {
    private static final PromptTemplate TEMPLATE = PromptTemplate.of("Story: {{story}}\nIt is {{answer}}");
    private static final Map<String, String> LILY = Map.of("story", "Lily found a big red ball and was glad.");
    private static final Map<String, String> TIM = Map.of("story", "Tim fell and cried.");
    /** Some begin others. */
    private static final List<String> LABELS = List.of("happy", "happy and sad", "sad", "about a dog");

    private static Argot argot;
    private static CausalModel model;

    @BeforeAll
    static void load() {
        argot = Argot.open();
        model = argot.load(CausalModel.class, "stories260k");
    }

    @AfterAll
    static void close() {
        argot.close();
    }

    private static PromptSpec.Builder spec() {
        return PromptSpec.builder(TEMPLATE)
                .exemplar("sad", "story", "The cat lost a hat.")
                .exemplar("about a dog", "story", "Spot ran and ran.");
    }

    // ---- likelihoods from full forward passes

    /** The natural log-probabilities of all tokens behind a prompt, from a pass over all of it. */
    private static double[] next(int[] prompt) {
        Decoding one = Decoding.builder()
                .maxTokens(1)
                .topLogProbabilities(model.tokenizer().vocabularySize())
                .build();
        double[] logs = new double[model.tokenizer().vocabularySize()];
        model.completeTokens(List.of(prompt), one)
                .get(0)
                .tokens()
                .get(0)
                .top()
                .forEach(candidate -> logs[candidate.id()] = candidate.logProbability());
        return logs;
    }

    private static double slow(int[] text, int from) {
        return IntStream.range(from, text.length)
                .mapToDouble(i -> next(Arrays.copyOf(text, i))[text[i]])
                .sum();
    }

    private static int[] ids(String text) {
        return model.tokenizer().encode(text).ids();
    }

    /** Of the text behind the prompt, as far as both differ from the prompt alone. */
    private static double slow(String prompt, String text) {
        int from = Arrays.mismatch(ids(prompt), ids(prompt + text));
        return slow(ids(prompt + text), from);
    }

    /** Of the text and one of the ends that exclude each other. */
    private static double slowEnded(String prompt, String text, String... ends) {
        int[] open = ids(prompt + text);
        int[] closed = Arrays.copyOf(open, open.length + 1);
        closed[open.length] = model.tokenizer().specialTokens().eos().orElseThrow();
        int from = text.isEmpty() ? open.length : Arrays.mismatch(ids(prompt), open);
        double sum = Math.exp(slow(closed, from));
        Set<List<Integer>> seen = new LinkedHashSet<>();
        for (String end : ends) {
            int[] row = ids(prompt + text + end);
            List<Integer> whole = Arrays.stream(row).boxed().toList();
            if (seen.stream()
                    .noneMatch(other -> whole.size() >= other.size()
                            && whole.subList(0, other.size()).equals(other))) {
                seen.add(whole);
                sum += Math.exp(slow(row, from));
            }
        }
        return Math.log(sum);
    }

    @Test
    void choose_labelsThatBeginAlike_isWhatFullPassesSay() {
        try (Prompter prompter = argot.prompter(
                model, spec().format(new AnswerFormat.Choice(LABELS)).build())) {
            List<ChoiceAnswer> answers = prompter.chooseAll(List.of(LILY, TIM));
            for (int item = 0; item < 2; item++) {
                ChoiceAnswer answer = answers.get(item);
                double[] logs = LABELS.stream()
                        .mapToDouble(label -> slowEnded(answer.prompt().text(), " " + label, "\n", "\n\n"))
                        .toArray();
                double sum = Arrays.stream(logs).map(Math::exp).sum();
                for (Ranked ranked : answer.ranked()) {
                    double expected = logs[LABELS.indexOf(ranked.label())];
                    assertThat(ranked.logProbability()).as(ranked.label()).isCloseTo(expected, within(1e-4));
                    assertThat(ranked.probability()).isCloseTo(Math.exp(expected) / sum, within(1e-4));
                }
                assertThat(answer.ranked())
                        .isSortedAccordingTo(
                                Comparator.comparingDouble(Ranked::probability).reversed());
            }
            assertThat(prompter.choose(TIM).ranked().stream().map(Ranked::label).toList())
                    .isEqualTo(
                            answers.get(1).ranked().stream().map(Ranked::label).toList());
        }
    }

    @Test
    void chooseAll_optionsOfTheItems_areThoseOfOneByOne() {
        List<Map<String, String>> items = List.of(LILY, TIM, LILY);
        List<List<String>> options =
                List.of(LABELS, List.of("sad", "about a very long day"), List.of("over", "a big red ball", "sad"));
        PromptSettings settings = PromptSettings.DEFAULT.withScoring(LabelScoring.CALIBRATED);
        try (Prompter together = argot.prompter(
                        model, spec().labels("x").settings(settings).build());
                Prompter alone = argot.prompter(
                        model, spec().labels("x").settings(settings).build())) {
            List<ChoiceAnswer> answers = together.chooseAll(items, options);
            for (int item = 0; item < items.size(); item++) {
                List<Ranked> expected =
                        alone.choose(items.get(item), options.get(item)).ranked();
                List<Ranked> found = answers.get(item).ranked();
                assertThat(found)
                        .extracting(Ranked::label)
                        .isEqualTo(expected.stream().map(Ranked::label).toList());
                for (int i = 0; i < expected.size(); i++) {
                    assertThat(found.get(i).probability())
                            .isCloseTo(expected.get(i).probability(), within(1e-5));
                    assertThat(found.get(i).logProbability())
                            .isCloseTo(expected.get(i).logProbability(), within(1e-4));
                }
            }
        }
    }

    @Test
    void choose_calibratedMutualInformation_isWhatFullPassesSay() {
        // GIVEN
        List<String> options = List.of("happy", "sad", "over");
        PromptSettings settings = PromptSettings.DEFAULT.withScoring(
                new LabelScoring(Normalisation.MUTUAL_INFORMATION, List.of("N/A", "")));
        try (Prompter prompter =
                argot.prompter(model, spec().labels("x").settings(settings).build())) {
            // WHEN
            ChoiceAnswer answer = prompter.choose(LILY, options);
            // THEN
            double[] shares = information(answer.prompt().text(), options);
            String prompt = answer.prompt().text();
            String story = LILY.get("story");
            double[] free = information(prompt.replace(story, "N/A"), options);
            double[] empty = information(prompt.replace(story, ""), options);
            double sum = 0;
            for (int i = 0; i < shares.length; i++) {
                shares[i] /= (free[i] + empty[i]) / 2;
                sum += shares[i];
            }
            for (Ranked ranked : answer.ranked()) {
                assertThat(ranked.probability())
                        .as(ranked.label())
                        .isCloseTo(shares[options.indexOf(ranked.label())] / sum, within(1e-4));
            }
        }
    }

    private static double[] information(String prompt, List<String> options) {
        double[] values = options.stream()
                .mapToDouble(option -> Math.exp(slow(prompt, " " + option) - slow("It is", " " + option)))
                .toArray();
        double sum = Arrays.stream(values).sum();
        return Arrays.stream(values).map(v -> v / sum).toArray();
    }

    @Test
    void chooseSeveral_labels_isTheGreedyChainOfFullPasses() {
        try (Prompter prompter = argot.prompter(
                model, spec().format(new AnswerFormat.Several(LABELS)).build())) {
            SeveralAnswer answer = prompter.chooseSeveral(LILY);
            String written = answer.prompt().text();
            var expected = new ArrayList<String>();
            while (expected.size() < LABELS.size()) {
                String before = written;
                String between = expected.isEmpty() ? " " : ", ";
                Comparator<String> likelier =
                        Comparator.comparingDouble(label -> slowEnded(before, between + label, "\n", "\n\n", ","));
                String best = LABELS.stream()
                        .filter(label -> !expected.contains(label))
                        .max(likelier)
                        .orElseThrow();
                if (!expected.isEmpty()
                        && slowEnded(before, "", "\n", "\n\n")
                                >= slowEnded(before, between + best, "\n", "\n\n", ",")) {
                    break;
                }
                expected.add(best);
                written += between + best;
            }
            assertThat(answer.labels()).extracting(Ranked::label).isEqualTo(expected);
        }
    }

    // ---- written answers

    @Test
    void answer_cancelled_isWhatThereIs() {
        PromptSpec asked = spec().format(new AnswerFormat.Passage(30)).build();
        try (Prompter prompter = argot.prompter(model, asked)) {
            String whole = prompter.answer(LILY).completion().text();
            var cancellation = CancellationToken.create();
            var taken = new ArrayList<TokenSink.Token>();
            TextAnswer answer = prompter.answer(
                    LILY,
                    token -> {
                        taken.add(token);
                        if (taken.size() == 3) {
                            cancellation.cancel();
                        }
                    },
                    cancellation);
            assertThat(answer.completion().finishReason()).isEqualTo(FinishReason.CANCELLED);
            assertThat(answer.completion().tokens()).hasSize(3);
            assertThat(whole)
                    .startsWith(answer.completion().text())
                    .isNotEqualTo(answer.completion().text());
            assertThat(prompter.answerAll(List.of(LILY, TIM), cancellation))
                    .extracting(one -> one.completion().finishReason())
                    .containsExactly(FinishReason.CANCELLED, FinishReason.CANCELLED);
        }
    }

    @Test
    void answer_withBeams_hasSeveralResultsAndTheirProbabilities() {
        Decoding beams = Decoding.builder().beams(3).topLogProbabilities(2).build();
        try (Prompter prompter = argot.prompter(
                model, spec().format(new AnswerFormat.Text(8)).decoding(beams).build())) {
            TextAnswer answer = prompter.answer(LILY);
            assertThat(answer.completion().alternatives()).hasSize(2);
            for (Completion.ScoredToken token : answer.completion().tokens()) {
                assertThat(token.logProbability()).isNegative();
                assertThat(token.top()).hasSize(2);
            }
            double best = answer.completion().score();
            assertThat(answer.completion().alternatives())
                    .allSatisfy(other -> assertThat(other.score()).isLessThanOrEqualTo(best));
        }
    }

    // ---- records

    /** Of an application's own module or class path. */
    public enum Mood {
        GLAD,
        SAD
    }

    /** A part of the answer. */
    public record Thing(String name, int count) {}

    /** What is asked for. */
    public record Story(
            Mood mood,
            boolean isTrue,
            BigDecimal price,
            LocalDate day,
            List<Thing> things,
            Map<String, Long> counts,
            Optional<Thing> best) {}

    @RepeatedTest(40)
    void extract_randomSampling_isARecordWheneverItEnds(RepetitionInfo repetition) {
        long seed = repetition.getCurrentRepetition();
        Decoding wild = Decoding.builder()
                .temperature(1 + repetition.getCurrentRepetition() % 4)
                .seed(seed)
                .maxTokens(300)
                .build();
        try (Prompter prompter = argot.prompter(model, spec().decoding(wild).build())) {
            RecordAnswer<Story> found;
            try {
                found = prompter.extract(LILY, Story.class);
            } catch (ArgotException e) {
                assertThat(e).as("seed %d", seed).hasMessageContaining("was cut before the Story was whole (LENGTH");
                return;
            }
            assertThat(found.answer().text())
                    .as("seed %d", seed)
                    .contains("\"" + found.value().mood().name() + "\"")
                    .contains(found.value().day().toString());
        }
    }

    @Test
    void extract_smallRecord_isThatOfItsText() {
        try (Prompter prompter = argot.prompter(model, spec().build())) {
            RecordAnswer<Thing> found = prompter.extract(LILY, Thing.class);
            assertThat(found.answer().text())
                    .contains(String.valueOf(found.value().count()));
            assertThat(found.answer().text()).startsWith("{").endsWith("}");
        }
    }

    @Test
    void extract_tooFewTokens_isRefused() {
        try (Prompter prompter = argot.prompter(
                model, spec().decoding(Decoding.builder().maxTokens(2).build()).build())) {
            assertThatThrownBy(() -> prompter.extract(LILY, Story.class))
                    .isInstanceOf(ArgotException.class)
                    .hasMessageContaining("Story")
                    .hasMessageContaining("LENGTH after 2 tokens");
        }
    }
}
