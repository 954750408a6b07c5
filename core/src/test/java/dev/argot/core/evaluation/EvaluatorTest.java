package dev.argot.core.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.argot.api.ArgotException;
import dev.argot.api.CancellationToken;
import dev.argot.api.evaluation.Comparison;
import dev.argot.api.evaluation.Evaluation;
import dev.argot.api.evaluation.Evaluation.ItemResult;
import dev.argot.api.evaluation.Evaluation.TaskResult;
import dev.argot.api.evaluation.EvaluationListener;
import dev.argot.api.evaluation.EvaluationProgress;
import dev.argot.api.evaluation.EvaluationSpec;
import dev.argot.api.evaluation.HeldOutText;
import dev.argot.api.evaluation.HeldOutText.Role;
import dev.argot.api.evaluation.Metric;
import dev.argot.api.evaluation.Perplexity;
import dev.argot.api.evaluation.Perplexity.Window;
import dev.argot.api.evaluation.Task;
import dev.argot.api.prompt.AnswerFormat;
import dev.argot.api.prompt.Example;
import dev.argot.api.prompt.ExemplarOrder;
import dev.argot.api.prompt.ExemplarSelection;
import dev.argot.api.prompt.PromptSettings;
import dev.argot.api.prompt.PromptTemplate;
import dev.argot.core.prompt.Prompters;
import dev.argot.core.prompt.SlowSearch;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EvaluatorTest {
    private static final PromptTemplate TEMPLATE = PromptTemplate.builder("Q: {{question}}\nA: {{answer}}")
            .instruction("Say.")
            .build();

    private static Example example(String id, String question, String answer) {
        return new Example(id, Map.of("question", question), answer);
    }

    private static Task choice(Example... items) {
        return new Task(
                "colours",
                "Colours",
                new AnswerFormat.Choice(List.of("red", "green", "blue")),
                TEMPLATE,
                List.of(example("e1", "blood", "red"), example("e2", "grass", "green")),
                List.of(items),
                "test");
    }

    private static Task written(Example... items) {
        return new Task(
                "words",
                "Words",
                new AnswerFormat.Text(5),
                TEMPLATE,
                List.of(example("e1", "blood", "red"), example("e2", "grass", "green")),
                List.of(items),
                "test");
    }

    private static Evaluation evaluate(ScriptedModel model, EvaluationSpec spec) {
        return new Evaluator(
                        model,
                        spec,
                        spec.tasks(),
                        List.of(),
                        Prompters::of,
                        EvaluationListener.NONE,
                        CancellationToken.never())
                .evaluate();
    }

    private static double value(TaskResult result, Metric metric) {
        assertThat(result.scores()).containsKey(metric);
        return Objects.requireNonNull(result.scores().get(metric)).value();
    }

    @Test
    void evaluate_choice_takesTheMostLikelyLabelWithTheBlankBeforeIt() {
        // GIVEN
        var model = new ScriptedModel(
                1000,
                (prompt, label) -> label.equals(prompt.contains("sky") ? " blue" : " red") ? -1 : -2,
                prompt -> "");
        var spec = EvaluationSpec.builder()
                .task(choice(
                        example("1", "sky", "blue"),
                        example("2", "leaf", "green"),
                        example("3", "rose", "red"),
                        example("4", "mars", "red")))
                .shots(0, 1)
                .build();
        // WHEN
        Evaluation evaluation = evaluate(model, spec);
        // THEN
        TaskResult zero = evaluation.tasks().get(0);
        assertThat(zero.shots()).isZero();
        assertThat(zero.items())
                .containsExactly(
                        new ItemResult("1", "blue", Optional.of("blue"), 0),
                        new ItemResult("2", "green", Optional.of("red"), 0),
                        new ItemResult("3", "red", Optional.of("red"), 0),
                        new ItemResult("4", "red", Optional.of("red"), 0));
        assertThat(zero.scores().keySet()).containsExactly(Metric.ACCURACY, Metric.MACRO_F1);
        assertThat(value(zero, Metric.ACCURACY)).isEqualTo(0.75);
        // red: p 2/3, r 1, F1 0.8; blue: 1; green: 0
        assertThat(value(zero, Metric.MACRO_F1)).isCloseTo(0.6, within(1e-12));
        assertThat(zero.baseline()).hasValue(0.5);
        assertThat(model.prompts().get(0)).isEqualTo("Say.\n\nQ: sky\nA:");
        assertThat(model.prompts().get(4)).isEqualTo("Say.\n\nQ: blood\nA: red\n\nQ: sky\nA:");
        assertThat(evaluation.model()).isEqualTo("scripted");
        assertThat(evaluation.engine()).isEqualTo("a script");
    }

    @Test
    void evaluate_distractors_areTheOptionsAndGuessingTheBaseline() {
        var item = new Example("1", Map.of("question", "tort"), "a wrong", List.of("a cake", "a plea", "a fee"));
        var task = new Task(
                "terms", "Terms", new AnswerFormat.Choice(List.of()), TEMPLATE, List.of(), List.of(item), "test");
        var model = new ScriptedModel(1000, (prompt, option) -> option.equals(" a wrong") ? 0 : -1, prompt -> "");
        TaskResult result = evaluate(model, EvaluationSpec.builder().task(task).build())
                .tasks()
                .get(0);
        assertThat(result.scores().keySet()).containsExactly(Metric.ACCURACY);
        assertThat(value(result, Metric.ACCURACY)).isEqualTo(1);
        assertThat(result.baseline()).hasValue(0.25);
    }

    @Test
    void evaluate_optionsOfTheItems_areScoredTogether() {
        // GIVEN ten items, each with options of its own, of which the model finds the longest most likely
        List<Example> items = IntStream.range(0, 10)
                .mapToObj(i -> new Example(
                        "item-" + i, Map.of("question", "which"), "n" + i, List.of("nn" + i, "nnn" + (i % 3))))
                .toList();
        var task = new Task("terms", "Terms", new AnswerFormat.Choice(List.of()), TEMPLATE, List.of(), items, "test");
        var model = new ScriptedModel(1000, (prompt, option) -> option.length(), prompt -> "");
        // WHEN
        TaskResult result = evaluate(model, EvaluationSpec.builder().task(task).build())
                .tasks()
                .get(0);
        // THEN
        assertThat(model.batches()).containsExactly(8, 2);
        assertThat(result.items().stream().map(item -> item.answer().orElseThrow()))
                .containsExactlyElementsOf(
                        IntStream.range(0, 10).mapToObj(i -> "nnn" + (i % 3)).toList());
    }

    @Test
    void evaluate_writtenAnswer_endsAtTheEndOfTheLine() {
        var model = new ScriptedModel(1000, (prompt, option) -> 0, prompt -> " a tort\nQ: next");
        Evaluation evaluation = evaluate(
                model,
                EvaluationSpec.builder()
                        .task(written(example("1", "x", "tort"), example("2", "y", "a fee")))
                        .shots(0)
                        .build());
        TaskResult result = evaluation.tasks().get(0);
        assertThat(result.items().get(0).answer()).contains("a to"); // five tokens, one of them a blank
        assertThat(result.scores().keySet()).containsExactly(Metric.EXACT_MATCH, Metric.TOKEN_F1);
        assertThat(value(result, Metric.EXACT_MATCH)).isZero();
        assertThat(result.baseline()).isEmpty();
    }

    @Test
    void evaluate_answerOnALineOfItsOwn_promptEndsWithTheLineBreak() {
        var template = PromptTemplate.of("Q: {{question}}\nA:\n  {{answer}}");
        var task = new Task(
                "own",
                "Own",
                new AnswerFormat.Text(9),
                template,
                List.of(),
                List.of(example("1", "x", "tort")),
                "test");
        var model = new ScriptedModel(1000, (prompt, option) -> 0, prompt -> "  tort\n");
        TaskResult result = evaluate(model, EvaluationSpec.builder().task(task).build())
                .tasks()
                .get(0);
        assertThat(model.prompts()).containsExactly("Q: x\nA:\n");
        assertThat(value(result, Metric.EXACT_MATCH)).isEqualTo(1);
    }

    private static TaskResult measured(AnswerFormat format, String answer, Example... items) {
        var task = new Task("own", "Own", format, TEMPLATE, List.of(), List.of(items), "test");
        var model = new ScriptedModel(1000, (prompt, option) -> 0, prompt -> answer);
        return evaluate(model, EvaluationSpec.builder().task(task).build())
                .tasks()
                .get(0);
    }

    @Test
    void evaluate_passage_isJudgedByCommonWordsInOrder() {
        TaskResult result = measured(
                new AnswerFormat.Passage(50),
                " The court\nheld him liable.\n\nQ: next",
                example("1", "x", "The court found him liable."));
        assertThat(result.items().get(0).answer()).contains("The court\nheld him liable.");
        assertThat(result.scores().keySet()).containsExactly(Metric.TOKEN_F1, Metric.ROUGE_L);
        assertThat(value(result, Metric.ROUGE_L)).isCloseTo(0.75, within(1e-12));
        assertThat(result.baseline()).isEmpty();
    }

    @Test
    void evaluate_json_isJudgedByItsValues() {
        TaskResult result = measured(
                new AnswerFormat.Json("{\"type\":\"object\"}", 60),
                "{\"names\": [\"gout\", \"flu\"], \"n\": 2}",
                example("1", "x", "{\"n\":2,\"names\":[\"flu\",\"asthma\"]}"),
                example("2", "y", "{\"n\":2.0,\"names\":[\"gout\",\"flu\"]}"));
        assertThat(value(result, Metric.MICRO_F1)).isCloseTo(5.0 / 6, within(1e-12));
        assertThat(value(result, Metric.EXACT_MATCH)).isEqualTo(0.5);
        assertThat(result.items().get(0).parts().orElseThrow().expected())
                .containsExactly("/n 2", "/names \"flu\"", "/names \"asthma\"");
    }

    @Test
    void evaluate_severalLabels_areJudgedAsSets() {
        // GIVEN a model that finds blue likeliest, then red, then the end
        var task = new Task(
                "flags",
                "Flags",
                new AnswerFormat.Several(List.of("red", "green", "blue")),
                TEMPLATE,
                List.of(),
                List.of(example("1", "France", "red, blue"), example("2", "Libya", "green")),
                "test");
        var model = new ScriptedModel(
                1000,
                (prompt, next) -> {
                    String said = prompt.substring(prompt.lastIndexOf("A:") + 2) + next;
                    boolean likely =
                            said.equals(" blue") || said.equals(" blue, red") || said.startsWith(" blue, red\n");
                    return likely ? -1 : -9;
                },
                prompt -> "");
        // WHEN
        TaskResult result = evaluate(
                        model, EvaluationSpec.builder().task(task).shots(0).build())
                .tasks()
                .get(0);
        // THEN
        assertThat(result.items().get(0).answer()).contains("blue, red");
        assertThat(result.items().get(0).expected()).isEqualTo("blue, red");
        assertThat(value(result, Metric.EXACT_MATCH)).isEqualTo(0.5);
        assertThat(value(result, Metric.MICRO_F1)).isCloseTo(4.0 / 7, within(1e-12));
    }

    @Test
    void evaluate_promptingSettings_areThoseOfThePrompts() {
        var model = new ScriptedModel(1000, (prompt, option) -> 0, prompt -> "");
        evaluate(
                model,
                EvaluationSpec.builder()
                        .task(written(example("1", "x", "tort")))
                        .shots(1)
                        .prompting(PromptSettings.DEFAULT.withSelection(new ExemplarSelection.Random(3)))
                        .build());
        evaluate(
                model,
                EvaluationSpec.builder()
                        .task(written(example("1", "x", "tort")))
                        .shots(2)
                        .prompting(PromptSettings.DEFAULT.withOrder(ExemplarOrder.REVERSED))
                        .build());
        assertThat(model.prompts().getLast()).isEqualTo("Say.\n\nQ: grass\nA: green\n\nQ: blood\nA: red\n\nQ: x\nA:");
    }

    @Test
    void evaluate_nearestExemplars_embedsEachTextOnce() {
        var embedder = new Digits();
        var model = new ScriptedModel(1000, (prompt, option) -> 0, prompt -> "");
        var spec = EvaluationSpec.builder()
                .task(choice(example("1", "1", "red"), example("2", "2", "red")))
                .shots(0, 1, 2)
                .prompting(PromptSettings.DEFAULT.withSelection(new ExemplarSelection.Nearest(embedder)))
                .build();
        new Evaluator(
                        model,
                        spec,
                        spec.tasks(),
                        List.of(),
                        (asked, prompt) -> Prompters.of(asked, prompt, new SlowSearch().searches()),
                        EvaluationListener.NONE,
                        CancellationToken.never())
                .evaluate();
        assertThat(embedder.calls()).containsExactly(List.of("blood", "grass"), List.of("1"), List.of("2"));
    }

    @Test
    void evaluate_smallContext_leavesTheFewestExemplarsOutFirstShownFirst() {
        // GIVEN room for one exemplar with a short question, for none with a longer, and not for the longest
        var model = new ScriptedModel(52, (prompt, option) -> 0, prompt -> "");
        Task task = choice(
                example("short", "sky", "blue"),
                example("long", "a very long question", "red"),
                example("longest", "a question that is by far too long for it", "red"));
        // WHEN
        TaskResult result = evaluate(
                        model, EvaluationSpec.builder().task(task).shots(5).build())
                .tasks()
                .get(0);
        // THEN both exemplars there are were asked for
        assertThat(result.shots()).isEqualTo(2);
        assertThat(model.prompts())
                .containsExactly("Say.\n\nQ: grass\nA: green\n\nQ: sky\nA:", "Say.\n\nQ: a very long question\nA:");
        assertThat(result.items().stream().map(ItemResult::droppedExemplars)).containsExactly(1, 2, 0);
        assertThat(result.droppedExemplars()).isEqualTo(3);
        assertThat(result.unanswered()).isEqualTo(1);
        assertThat(result.items().get(2).answer()).isEmpty();
        assertThat(value(result, Metric.ACCURACY)).isCloseTo(1.0 / 3, within(1e-12));
    }

    @Test
    void evaluate_itemsThatDoNotFit_leaveTheOthersInOneBatch() {
        // GIVEN eleven items, of which the second, the fifth and the last do not fit, and a written answer takes its
        // room, too
        List<Example> items = IntStream.range(0, 11)
                .mapToObj(i -> example(
                        "item-" + i,
                        i == 1 || i == 4 || i == 10 ? "a question that is by far too long for it" : "q" + i,
                        "red"))
                .toList();
        for (Task task : List.of(choice(items.toArray(Example[]::new)), written(items.toArray(Example[]::new)))) {
            var model = new ScriptedModel(40, (prompt, option) -> option.equals(" red") ? 0 : -1, prompt -> " red");
            // WHEN
            TaskResult result = evaluate(
                            model, EvaluationSpec.builder().task(task).shots(0).build())
                    .tasks()
                    .get(0);
            // THEN
            assertThat(model.batches()).as(task.name()).containsExactly(6, 2);
            assertThat(result.items().stream()
                            .filter(item -> item.answer().isEmpty())
                            .map(ItemResult::id))
                    .containsExactly("item-1", "item-4", "item-10");
            assertThat(result.items().stream().map(ItemResult::id))
                    .containsExactlyElementsOf(items.stream().map(Example::id).toList());
            assertThat(result.unanswered()).isEqualTo(3);
        }
    }

    @Test
    void evaluate_moreItemsThanAskedFor_choosesTheSameForTheSameSeed() {
        Task task = choice(IntStream.range(0, 50)
                .mapToObj(i -> example("i" + i, "q" + i, "red"))
                .toArray(Example[]::new));
        var model = new ScriptedModel(1000, (prompt, option) -> 0, prompt -> "");
        List<List<String>> chosen = new ArrayList<>();
        for (long seed : new long[] {1, 1, 2}) {
            chosen.add(
                    evaluate(
                                    model,
                                    EvaluationSpec.builder()
                                            .task(task)
                                            .items(10)
                                            .seed(seed)
                                            .build())
                            .tasks()
                            .get(0)
                            .items()
                            .stream()
                            .map(ItemResult::id)
                            .toList());
        }
        assertThat(chosen.get(0)).hasSize(10).doesNotHaveDuplicates().isEqualTo(chosen.get(1));
        assertThat(chosen.get(2)).isNotEqualTo(chosen.get(0));
    }

    @Test
    void evaluate_texts_addsDocumentsUpToTheLimit() {
        var model = new ScriptedModel(1000, (prompt, option) -> 0, prompt -> "");
        var text = HeldOutText.domain("law", List.of("abcdef", "x", "", "abcdefgh", "never"));
        EvaluationSpec.Builder builder = EvaluationSpec.builder().text(text);
        // all: 5 + 7 + 4 tokens scored; with 10 tokens: 5 of six, then 3 of four
        assertThat(evaluate(model, builder.build()).texts().get(0).perplexity()).isEqualTo(new Perplexity(16, 16, 16));
        assertThat(evaluate(
                                model,
                                builder.window(new Window(8, 4, OptionalInt.of(10)))
                                        .build())
                        .texts())
                .containsExactly(new Evaluation.TextResult("law", Role.DOMAIN, 2, new Perplexity(8, 8, 8)));
        assertThatThrownBy(() -> evaluate(
                        model,
                        EvaluationSpec.builder()
                                .text(HeldOutText.general("empty", List.of("", "x")))
                                .build()))
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining("'empty'");
    }

    @Test
    void evaluate_instructions_countsThoseFollowed() {
        var model = new ScriptedModel(
                1000, (prompt, option) -> 0, prompt -> prompt.contains("Is water wet") ? "Yes." : "it is\nso");
        Evaluation.InstructionResult result = evaluate(
                        model, EvaluationSpec.builder().instructions(true).build())
                .instructions()
                .orElseThrow();
        assertThat(result.layout()).isEqualTo("plain");
        assertThat(result.items()).hasSizeBetween(20, 30);
        assertThat(new HashSet<>(result.items().stream()
                        .map(Evaluation.InstructionItem::id)
                        .toList()))
                .hasSameSizeAs(result.items());
        long followed = result.items().stream()
                .filter(Evaluation.InstructionItem::followed)
                .count();
        assertThat(followed).isPositive().isLessThan(result.items().size() / 2);
        assertThat(result.followed().value())
                .isCloseTo((double) followed / result.items().size(), within(1e-12));
        assertThat(result.items().get(0).followed()).isTrue();
    }

    @Test
    void evaluate_listener_seesEveryPartFromStartToEnd() {
        var seen = new ArrayList<EvaluationProgress>();
        var model = new ScriptedModel(1000, (prompt, option) -> 0, prompt -> "");
        var spec = EvaluationSpec.builder()
                .text(HeldOutText.general("news", List.of("one", "two")))
                .task(choice(example("1", "sky", "blue")))
                .shots(1)
                .build();
        new Evaluator(model, spec, spec.tasks(), List.of(), Prompters::of, seen::add, CancellationToken.never())
                .evaluate();
        assertThat(seen)
                .containsExactly(
                        new EvaluationProgress("text news", 0, 2),
                        new EvaluationProgress("text news", 1, 2),
                        new EvaluationProgress("text news", 2, 2),
                        new EvaluationProgress("colours, 1 shot", 0, 1),
                        new EvaluationProgress("colours, 1 shot", 1, 1));
    }

    @Test
    void evaluate_cancelled_ends() {
        CancellationToken cancellation = CancellationToken.create();
        var model = new ScriptedModel(1000, (prompt, option) -> 0, prompt -> "");
        var spec = EvaluationSpec.builder()
                .task(choice(IntStream.range(0, 9)
                        .mapToObj(i -> example("i" + i, "sky" + i, "blue"))
                        .toArray(Example[]::new)))
                .shots(0)
                .build();
        var evaluator = new Evaluator(
                model, spec, spec.tasks(), List.of(), Prompters::of, progress -> cancellation.cancel(), cancellation);
        assertThatThrownBy(evaluator::evaluate)
                .isInstanceOf(CancellationException.class)
                .hasMessageContaining("colours, 0 shots, 8 of 9");
    }

    @Test
    void compare_twoModels_pairsTheirItems() {
        // GIVEN the second gets one more of four right
        Task task = choice(
                example("1", "sky", "blue"),
                example("2", "leaf", "green"),
                example("3", "rose", "red"),
                example("4", "mars", "red"));
        var spec = EvaluationSpec.builder()
                .task(task)
                .shots(0)
                .text(HeldOutText.domain("law", List.of("abc")))
                .instructions(true)
                .build();
        var before = evaluate(
                new ScriptedModel(1000, (prompt, label) -> label.equals(" red") ? -1 : -2, prompt -> "no"), spec);
        var after = evaluate(
                new ScriptedModel(
                        1000,
                        (prompt, label) -> label.equals(prompt.contains("sky") ? " blue" : " red") ? -1 : -2,
                        prompt -> "no"),
                spec);
        // WHEN
        Comparison comparison = Comparisons.compare(before, after);
        // THEN
        Comparison.TaskChange accuracy = comparison.tasks().get(0);
        assertThat(accuracy.metric()).isEqualTo(Metric.ACCURACY);
        assertThat(accuracy.before().value()).isEqualTo(0.5);
        assertThat(accuracy.after().value()).isEqualTo(0.75);
        assertThat(accuracy.difference().value()).isEqualTo(0.25);
        assertThat(accuracy.difference().low()).isZero();
        assertThat(accuracy.difference().high()).isBetween(0.5, 1.0);
        assertThat(comparison.domainGain()).hasValue(0);
        assertThat(comparison.generalChange()).isEmpty();
        assertThat(comparison.instructions().orElseThrow().value()).isZero();
    }

    @Test
    void compare_otherItems_isRefused() {
        var model = new ScriptedModel(1000, (prompt, option) -> 0, prompt -> "");
        Evaluation first = evaluate(
                model,
                EvaluationSpec.builder()
                        .task(choice(example("1", "sky", "blue")))
                        .build());
        Evaluation second = evaluate(
                model,
                EvaluationSpec.builder()
                        .task(choice(example("2", "sea", "blue")))
                        .build());
        assertThatThrownBy(() -> Comparisons.compare(first, second))
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining("the same items")
                .hasMessageContaining("colours");
    }

    @Test
    void totals_ofARole_addTokensNatsAndBytes() {
        var evaluation = new Evaluation(
                "m",
                "e",
                List.of(
                        new Evaluation.TextResult("a", Role.GENERAL, 1, new Perplexity(10, 20, 40)),
                        new Evaluation.TextResult("b", Role.DOMAIN, 1, new Perplexity(1, 2, 3)),
                        new Evaluation.TextResult("c", Role.GENERAL, 1, new Perplexity(5, 10, 20))),
                List.of(),
                List.of(),
                Optional.empty(),
                0);
        assertThat(evaluation.total(Role.GENERAL)).contains(new Perplexity(15, 30, 60));
        var better = new Evaluation(
                "m",
                "e",
                List.of(
                        new Evaluation.TextResult("b", Role.DOMAIN, 1, new Perplexity(1, 1, 3)),
                        new Evaluation.TextResult("a", Role.GENERAL, 1, new Perplexity(15, 33, 60))),
                List.of(),
                List.of(),
                Optional.empty(),
                0);
        Comparison comparison = Comparisons.compare(evaluation, better);
        assertThat(comparison.domainGain().orElseThrow()).isCloseTo(0.5, within(1e-12));
        assertThat(comparison.generalChange().orElseThrow()).isCloseTo(0.1, within(1e-12));
    }
}
