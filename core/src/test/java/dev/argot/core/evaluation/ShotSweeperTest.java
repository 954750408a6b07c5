package dev.argot.core.evaluation;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.argot.api.CancellationToken;
import dev.argot.api.CausalModel;
import dev.argot.api.ContextLengthException;
import dev.argot.api.GenerativeModel;
import dev.argot.api.ModelDescription;
import dev.argot.api.evaluation.Estimate;
import dev.argot.api.evaluation.EvaluationListener;
import dev.argot.api.evaluation.EvaluationProgress;
import dev.argot.api.evaluation.Metric;
import dev.argot.api.evaluation.Task;
import dev.argot.api.prompt.AnswerFormat;
import dev.argot.api.prompt.Example;
import dev.argot.api.prompt.ExemplarSelection;
import dev.argot.api.prompt.GiveWay;
import dev.argot.api.prompt.PromptSettings;
import dev.argot.api.prompt.PromptSpec;
import dev.argot.api.prompt.PromptTemplate;
import dev.argot.api.prompt.RenderedPrompt.Dropped;
import dev.argot.api.prompt.ShotSweep;
import dev.argot.api.prompt.ShotSweep.Point;
import dev.argot.api.prompt.ShotSweepSpec;
import dev.argot.core.evaluation.ScriptedPrompter.Scripted;
import dev.argot.core.prompt.Prompters;
import dev.argot.core.prompt.SlowSearch;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class ShotSweeperTest {
    private final List<ScriptedPrompter> prompters = new ArrayList<>();

    private static GenerativeModel model() {
        var description = new ModelDescription(
                "scripted", "", "", "", CausalModel.class, 0, 0, 0, 128, 100, "", Map.of(), 0, 0, "");
        return (GenerativeModel) Proxy.newProxyInstance(
                ShotSweeperTest.class.getClassLoader(),
                new Class<?>[] {CausalModel.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "description" -> description;
                    case "engine" -> "a script";
                    default -> throw new UnsupportedOperationException(method.getName());
                });
    }

    private static Task task(int exemplars, int training, int items) {
        return new Task(
                "parity",
                "Parity",
                new AnswerFormat.Choice(List.of("even", "odd")),
                PromptTemplate.of("{{number}}: {{answer}}"),
                examples("exemplar", exemplars, 1000),
                examples("training", training, 2000),
                examples("item", items, 0),
                "here");
    }

    private static List<Example> examples(String name, int count, int from) {
        return IntStream.range(from, from + count)
                .mapToObj(i -> new Example(name + "-" + i, Map.of("number", "" + i), i % 2 == 0 ? "even" : "odd"))
                .toList();
    }

    private static Scripted answer(int number, boolean right) {
        return new Scripted((number % 2 == 0) == right ? "even" : "odd");
    }

    private ShotSweep sweep(ShotSweepSpec spec, BiFunction<PromptSpec, Integer, Scripted> script) {
        return sweep(spec, script, EvaluationListener.NONE, CancellationToken.never());
    }

    private ShotSweep sweep(
            ShotSweepSpec spec,
            BiFunction<PromptSpec, Integer, Scripted> script,
            EvaluationListener listener,
            CancellationToken cancellation) {
        return new ShotSweeper(
                        model(),
                        spec,
                        asked -> {
                            var prompter = new ScriptedPrompter(
                                    asked, inputs -> script.apply(asked, Integer.valueOf(inputs.get("number"))));
                            prompters.add(prompter);
                            return prompter;
                        },
                        listener,
                        cancellation)
                .run();
    }

    private static List<Integer> shots(ShotSweep sweep) {
        return sweep.points().stream().map(Point::shots).toList();
    }

    @Test
    void run_gainThatEnds_choosesTheSmallestNumberAndStops() {
        // GIVEN a quarter of the items is right anyway, three quarters from two exemplars on, one more from four on
        ShotSweep sweep = sweep(
                ShotSweepSpec.of(task(20, 0, 40)),
                (asked, number) -> answer(
                        number,
                        number < 10 || (number < 30 && asked.shots() >= 2) || (number < 31 && asked.shots() >= 4)));
        assertThat(shots(sweep)).containsExactly(0, 1, 2, 4, 8);
        assertThat(sweep.best()).isEqualTo(2);
        assertThat(sweep.stopped())
                .isEqualTo("beyond 2 exemplars 2 larger numbers brought no gain that is more than chance");
        assertThat(sweep.metric()).isEqualTo(Metric.ACCURACY);
        assertThat(accuracy(sweep.bestPoint()).value()).isEqualTo(0.75);
        assertThat(sweep.bestPoint().difference()).isEqualTo(new Estimate(0, 0, 0));
        assertThat(sweep.points().get(0).difference().value()).isEqualTo(-0.5);
        assertThat(sweep.points().get(0).repeats()).containsExactly(0.25);
        assertThat(sweep.points().get(3).repeats()).containsExactly(31 / 40.0, 31 / 40.0, 31 / 40.0);
        assertThat(sweep.points().get(3).scores()).containsOnlyKeys(Metric.ACCURACY, Metric.MACRO_F1);
    }

    @Test
    void run_randomSelection_drawsAnewForEachRepeat() {
        ShotSweepSpec spec = ShotSweepSpec.of(task(20, 0, 5))
                .withShots(0, 3)
                .withSettings(PromptSettings.DEFAULT.withSelection(
                        new ExemplarSelection.Balanced(new ExemplarSelection.Random(7))));
        sweep(spec, (asked, number) -> answer(number, true));
        assertThat(prompters).allMatch(ScriptedPrompter::isClosed);
        assertThat(prompters.stream().map(prompter -> prompter.spec().shots())).containsExactly(0, 3, 3, 3);
        assertThat(prompters.stream()
                        .skip(1)
                        .map(prompter -> prompter.spec().settings().selection()))
                .containsExactly(
                        new ExemplarSelection.Balanced(new ExemplarSelection.Random(7)),
                        new ExemplarSelection.Balanced(new ExemplarSelection.Random(8)),
                        new ExemplarSelection.Balanced(new ExemplarSelection.Random(9)));
    }

    @Test
    void run_otherSelection_measuresOnce() {
        ShotSweepSpec spec = ShotSweepSpec.of(task(20, 0, 5))
                .withShots(2, 4)
                .withSettings(PromptSettings.DEFAULT.withSelection(new ExemplarSelection.Similar()));
        ShotSweep sweep = sweep(spec, (asked, number) -> answer(number, true));
        assertThat(prompters).hasSize(2);
        assertThat(sweep.points()).allMatch(point -> point.repeats().size() == 1);
        assertThat(sweep.stopped()).isEqualTo("all numbers of shots were measured");
    }

    @Test
    void run_nearest_embedsEachExemplarAndEachItemOnce() {
        for (boolean balanced : new boolean[] {false, true}) {
            // GIVEN
            var embedder = new Digits();
            ExemplarSelection nearest = new ExemplarSelection.Nearest(embedder);
            ExemplarSelection selection = balanced ? new ExemplarSelection.Balanced(nearest) : nearest;
            Task task = task(20, 0, 12);
            var spec = ShotSweepSpec.of(task)
                    .withShots(0, 1, 2, 4)
                    .withPatience(9)
                    .withSettings(PromptSettings.DEFAULT.withSelection(selection));
            var model = new ScriptedModel(10_000, (prompt, label) -> prompt.length() % 7, prompt -> "");
            // WHEN
            ShotSweep sweep = new ShotSweeper(
                            model,
                            spec,
                            asked -> Prompters.of(model, asked, new SlowSearch().searches()),
                            EvaluationListener.NONE,
                            CancellationToken.never())
                    .run();
            // THEN the pool in one call, then the items
            assertThat(shots(sweep)).containsExactly(0, 1, 2, 4);
            List<String> expected = task.exemplars().stream()
                    .map(exemplar -> requireNonNull(exemplar.inputs().get("number")))
                    .toList();
            assertThat(embedder.calls()).hasSize(1 + 12);
            assertThat(embedder.calls().get(0)).isEqualTo(expected);
            assertThat(embedder.calls().stream().skip(1).flatMap(List::stream))
                    .containsExactlyElementsOf(task.items().stream()
                            .map(item -> requireNonNull(item.inputs().get("number")))
                            .toList());
            // THEN the prompts are those of prompters made one by one
            assertThat(model.prompts())
                    .containsExactlyElementsOf(Stream.of(0, 1, 2, 4)
                            .flatMap(shots -> prompts(task, selection, shots).stream())
                            .toList());
        }
    }

    private static List<String> prompts(Task task, ExemplarSelection selection, int shots) {
        var model = new ScriptedModel(10_000, (prompt, label) -> 0, prompt -> "");
        PromptSpec asked = PromptSpec.builder(task)
                .shots(shots)
                .settings(PromptSettings.DEFAULT.withSelection(selection))
                .build();
        try (var prompter = Prompters.of(model, asked, new SlowSearch().searches())) {
            return task.items().stream()
                    .map(item -> prompter.render(item.inputs()).text())
                    .toList();
        }
    }

    @Test
    void run_fewExemplars_showsTrainingItemsTooAndNoMoreThanThereAre() {
        ShotSweepSpec spec =
                ShotSweepSpec.of(task(3, 2, 5)).withShots(0, 2, 4, 8, 16).withPatience(9);
        ShotSweep sweep = sweep(spec, (asked, number) -> answer(number, true));
        assertThat(shots(sweep)).containsExactly(0, 2, 4, 5);
        assertThat(prompters.get(0).spec().exemplars()).hasSize(5);
        assertThat(sweep.stopped()).isEqualTo("there are no more than 5 exemplars to show");

        prompters.clear();
        sweep(spec.withShots(0, 3), (asked, number) -> answer(number, true));
        assertThat(prompters.get(0).spec().exemplars()).hasSize(3);
    }

    @Test
    void run_fullContext_countsWhatWasLeftOutAndGoesNoFurther() {
        var dropped = List.of(
                new Dropped(GiveWay.EXEMPLARS, "a", 5),
                new Dropped(GiveWay.EXEMPLARS, "b", 5),
                new Dropped(GiveWay.INPUT, "number", 1));
        ShotSweep sweep = sweep(
                ShotSweepSpec.of(task(20, 0, 10)).withPatience(9),
                (asked, number) -> asked.shots() < 4 ? answer(number, true) : new Scripted("even", dropped));
        assertThat(shots(sweep)).containsExactly(0, 1, 2, 4);
        assertThat(sweep.points().get(3).dropped()).isEqualTo(2 * 10 * 3);
        assertThat(sweep.points().get(2).dropped()).isZero();
        assertThat(sweep.stopped()).isEqualTo("no prompt has room for 4 exemplars");
    }

    @Test
    void run_itemTooLong_countsAsWrongAndTheOthersAreAnswered() {
        ShotSweep sweep = sweep(ShotSweepSpec.of(task(2, 0, 20)).withShots(0), (asked, number) -> {
            if (number == 13) {
                throw new ContextLengthException(200, 100);
            }
            return answer(number, true);
        });
        assertThat(sweep.points().get(0).unanswered()).isEqualTo(1);
        assertThat(sweep.points().get(0).repeats()).containsExactly(19 / 20.0);
    }

    @Test
    void run_manyItems_measuresTheSameForEachNumber() {
        var asked = new HashMap<Integer, Set<Integer>>();
        sweep(ShotSweepSpec.of(task(9, 0, 200)).withItems(30).withRepeats(1).withShots(0, 1, 2), (spec, number) -> {
            asked.computeIfAbsent(spec.shots(), shots -> new TreeSet<>()).add(number);
            return answer(number, true);
        });
        assertThat(asked.get(0)).hasSize(30);
        assertThat(asked.get(1)).isEqualTo(asked.get(0));
        assertThat(asked.get(2)).isEqualTo(asked.get(0));
    }

    @Test
    void run_cancelled_throws() {
        CancellationToken token = CancellationToken.create();
        assertThatThrownBy(() -> sweep(
                        ShotSweepSpec.of(task(9, 0, 20)),
                        (asked, number) -> {
                            token.cancel();
                            return answer(number, true);
                        },
                        EvaluationListener.NONE,
                        token))
                .isInstanceOf(CancellationException.class)
                .hasMessageContaining("parity, 0 shots, 8 of 20");
        assertThat(prompters).allMatch(ScriptedPrompter::isClosed);
    }

    @Test
    void run_listener_hearsOfEachNumber() {
        var heard = new ArrayList<EvaluationProgress>();
        sweep(
                ShotSweepSpec.of(task(9, 0, 10)).withShots(0, 1).withRepeats(2),
                (asked, number) -> answer(number, true),
                heard::add,
                CancellationToken.never());
        assertThat(heard)
                .contains(
                        new EvaluationProgress("parity, 0 shots", 0, 10),
                        new EvaluationProgress("parity, 0 shots", 10, 10),
                        new EvaluationProgress("parity, 1 shot", 18, 20),
                        new EvaluationProgress("parity, 1 shot", 20, 20));
    }

    /** Everything again, by the definition: means of each item's repeats, resampled item by item. */
    @RepeatedTest(20)
    void run_randomAnswers_areThoseOfTheDefinition(RepetitionInfo info) {
        long seed = info.getCurrentRepetition();
        var random = new Random(seed);
        int items = 5 + random.nextInt(40);
        double[] ability = {
            0.2 + 0.3 * random.nextDouble(), 0.5, 0.4 + 0.4 * random.nextDouble(), 0.5 + 0.4 * random.nextDouble()
        };
        List<Integer> numbers = List.of(0, 1, 3, 6);
        Map<List<Integer>, Boolean> right = new HashMap<>();
        var counts = new HashMap<Integer, Integer>();
        for (int n = 0; n < 4; n++) {
            counts.put(numbers.get(n), n == 0 ? 1 : 2);
            for (int repeat = 0; repeat < requireNonNull(counts.get(numbers.get(n))); repeat++) {
                for (int i = 0; i < items; i++) {
                    right.put(List.of(numbers.get(n), repeat, i), random.nextDouble() < ability[n]);
                }
            }
        }

        ShotSweep sweep = sweep(
                ShotSweepSpec.of(task(10, 0, items))
                        .withShots(0, 1, 3, 6)
                        .withRepeats(2)
                        .withPatience(9)
                        .withItems(items)
                        .withSeed(seed),
                (asked, number) -> {
                    int repeat =
                            asked.settings().selection() instanceof ExemplarSelection.Random(long s) ? (int) s : -1;
                    return answer(number, Boolean.TRUE.equals(right.get(List.of(asked.shots(), repeat, number))));
                });

        Map<Integer, double[]> means = new HashMap<>(); // of each item over its repeats
        for (int n : numbers) {
            means.put(
                    n,
                    IntStream.range(0, items)
                            .mapToDouble(i -> IntStream.range(0, requireNonNull(counts.get(n)))
                                    .mapToDouble(r -> Boolean.TRUE.equals(right.get(List.of(n, r, i))) ? 1 : 0)
                                    .average()
                                    .orElseThrow())
                            .toArray());
        }
        for (Point point : sweep.points()) {
            double[] mean = requireNonNull(means.get(point.shots()));
            same(seed, accuracy(point), estimate(mean, seed));
            same(seed, point.difference(), estimate(minus(mean, requireNonNull(means.get(sweep.best()))), seed));
        }
        int best = numbers.stream()
                .filter(n -> numbers.stream()
                        .noneMatch(larger -> larger > n
                                && estimate(
                                                        minus(
                                                                requireNonNull(means.get(larger)),
                                                                requireNonNull(means.get(n))),
                                                        seed)
                                                .low()
                                        > 1e-9))
                .findFirst()
                .orElseThrow();
        assertThat(sweep.best()).as("seed %d", seed).isEqualTo(best);
    }

    private static void same(long seed, Estimate found, Estimate expected) {
        assertThat(found.value()).as("seed %d", seed).isCloseTo(expected.value(), within(1e-12));
        assertThat(found.low()).as("seed %d", seed).isCloseTo(expected.low(), within(1e-12));
        assertThat(found.high()).as("seed %d", seed).isCloseTo(expected.high(), within(1e-12));
    }

    private static double[] minus(double[] after, double[] before) {
        return IntStream.range(0, after.length)
                .mapToDouble(i -> after[i] - before[i])
                .toArray();
    }

    private static Estimate estimate(double[] values, long seed) {
        var random = new SplittableRandom(seed);
        List<Double> means = new ArrayList<>();
        for (int r = 0; r < 1000; r++) {
            double sum = 0;
            for (int i = 0; i < values.length; i++) {
                sum += values[random.nextInt(values.length)];
            }
            means.add(sum / values.length);
        }
        Collections.sort(means);
        return new Estimate(
                Arrays.stream(values).average().orElseThrow(),
                means.get(24) + 0.975 * (means.get(25) - means.get(24)),
                means.get(974) + 0.025 * (means.get(975) - means.get(974)));
    }

    private static Estimate accuracy(Point point) {
        return requireNonNull(point.scores().get(Metric.ACCURACY));
    }
}
