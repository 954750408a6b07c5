package dev.argot.core.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.argot.api.ArgotException;
import dev.argot.api.AttentionMap;
import dev.argot.api.AttentionRequest;
import dev.argot.api.CancellationToken;
import dev.argot.api.EmbeddingOptions;
import dev.argot.api.EncodeOptions;
import dev.argot.api.MaskedModel;
import dev.argot.api.ModelDescription;
import dev.argot.api.TokenNeighbour;
import dev.argot.api.Tokenizer;
import dev.argot.api.evaluation.Comparison;
import dev.argot.api.evaluation.Evaluation;
import dev.argot.api.evaluation.EvaluationListener;
import dev.argot.api.evaluation.EvaluationSpec;
import dev.argot.api.evaluation.HeldOutText;
import dev.argot.api.evaluation.HiddenTokens;
import dev.argot.api.evaluation.Perplexity;
import dev.argot.core.objective.MaskedLanguage;
import dev.argot.core.objective.SpelledTokenizer;
import dev.argot.core.prompt.Prompters;
import dev.argot.spi.Objective;
import dev.argot.spi.ObjectiveContext;
import dev.argot.spi.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class HiddenTokenMeasureTest {
    private static final String[] VOCABULARY = {
        "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "fever", "met", "##form", "##in", "##s", "blood"
    };
    private static final int MASK = 4;
    private static final String TEXT =
            "a fever a metformin blood a fever metformin a ".repeat(20).strip();

    /** Finds a token the likelier the smaller its id, and guesses those below a limit. */
    private static final class Guesser implements MaskedModel, LabelPredictor {
        private final Tokenizer tokenizer = new SpelledTokenizer(VOCABULARY);
        private final int limit;
        private final List<long[]> seen = new ArrayList<>();

        Guesser(int limit) {
            this.limit = limit;
        }

        @Override
        public Predictions predict(Map<String, Tensor> inputs) {
            long[] ids = longs(inputs, "input_ids");
            long[] mask = longs(inputs, "attention_mask");
            long[] labels = longs(inputs, "labels");
            seen.add(ids);
            var logs = new ArrayList<Double>();
            var right = new ArrayList<Boolean>();
            for (int i = 0; i < ids.length; i++) {
                assertThat(mask[i] == 0).isEqualTo(ids[i] == 0);
                if (labels[i] != -100) {
                    logs.add(-(double) labels[i]);
                    right.add(labels[i] < limit);
                }
            }
            var rights = new boolean[right.size()];
            for (int i = 0; i < rights.length; i++) {
                rights[i] = right.get(i);
            }
            return new Predictions(
                    logs.stream().mapToDouble(Double::doubleValue).toArray(), rights);
        }

        @Override
        public int decoderStart() {
            return 0;
        }

        @Override
        public int vocabularySize() {
            return VOCABULARY.length;
        }

        @Override
        public ModelDescription description() {
            return new ModelDescription(
                    "guesser",
                    "",
                    "",
                    "bert",
                    MaskedModel.class,
                    0,
                    0,
                    0,
                    VOCABULARY.length,
                    32,
                    "",
                    Map.of(),
                    0,
                    0,
                    "");
        }

        @Override
        public Tokenizer tokenizer() {
            return tokenizer;
        }

        @Override
        public String engine() {
            return "by hand";
        }

        @Override
        public String program() {
            return "";
        }

        @Override
        public String maskToken() {
            return "[MASK]";
        }

        @Override
        public List<List<FilledMask>> fillMaskAll(List<String> texts, int top) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<float[]> embedAll(List<String> texts, EmbeddingOptions options) {
            throw new UnsupportedOperationException();
        }

        @Override
        public int embeddingSize() {
            return 1;
        }

        @Override
        public AttentionMap attention(AttentionRequest request) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<TokenNeighbour> neighbours(String text, int count) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void save(Path folder) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {
            // holds nothing
        }
    }

    private static long[] longs(Map<String, Tensor> inputs, String name) {
        return ((Tensor.Longs) Objects.requireNonNull(inputs.get(name))).data();
    }

    private static Evaluation evaluate(Guesser model, EvaluationSpec spec) {
        return new Evaluator(
                        model,
                        spec,
                        spec.tasks(),
                        spec.terms(),
                        Prompters::of,
                        EvaluationListener.NONE,
                        CancellationToken.never())
                .evaluate();
    }

    private static EvaluationSpec.Builder spec() {
        return EvaluationSpec.builder()
                .text(HeldOutText.domain("notes", List.of(TEXT, "fever")))
                .seed(5);
    }

    @Test
    void evaluate_encoder_sumsWhatThePredictorSays() {
        var model = new Guesser(7);
        HiddenTokens found = evaluate(model, spec().build()).hiddenTokens().getFirst();
        // the same, slowly: pieces of 30 tokens, each with a generator of its own
        var context = new ObjectiveContext(model.tokenizer(), VOCABULARY.length, List.of());
        Objective objective = MaskedLanguage.plain(context);
        long nats = 0;
        int tokens = 0;
        int right = 0;
        int piece = 0;
        for (String text : List.of(TEXT, "fever")) {
            int[] ids = model.tokenizer().encode(text, EncodeOptions.PLAIN).ids();
            for (int at = 0; at < ids.length; at += 30) {
                var random = new SplittableRandom(5 + 0x9E3779B97F4A7C15L * ++piece);
                int[] stretch = Arrays.copyOfRange(ids, at, Math.min(at + 30, ids.length));
                for (int label : objective.example(stretch, 0, random).labels()) {
                    if (label >= 0) {
                        nats += label;
                        tokens++;
                        right += label < 7 ? 1 : 0;
                    }
                }
            }
        }
        assertThat(found.tokens()).isEqualTo(tokens);
        assertThat(found.nats()).isEqualTo((double) nats);
        assertThat(found.loss()).isCloseTo((double) nats / tokens, within(1e-12));
        assertThat(found.accuracy().value()).isCloseTo((double) right / tokens, within(1e-12));
        assertThat(found.accuracy().low()).isLessThanOrEqualTo(found.accuracy().value());
        assertThat(found.documents()).isEqualTo(2);
        assertThat(found.kind()).isEqualTo(HiddenTokens.Kind.MASKED);
        assertThat(found.rareTerms()).isEmpty();
    }

    @Test
    void evaluate_rareTerms_areMaskedWholeAndAllAtOnce() {
        var model = new Guesser(9); // "met" and "##form", but not "##in"
        HiddenTokens found = evaluate(
                        model,
                        spec().terms(List.of("metformin", "fever", "blood")).build())
                .hiddenTokens()
                .getFirst();
        HiddenTokens.RareTerms rare = found.rareTerms().orElseThrow();
        assertThat(rare.occurrences())
                .hasSizeBetween(35, 40) // some are cut in two between pieces
                .allSatisfy(o -> assertThat(o).isEqualTo(new HiddenTokens.Occurrence("met ##form ##in", 3, 2)));
        assertThat(rare.tokens().value()).isCloseTo(2.0 / 3, within(1e-12));
        assertThat(rare.whole().value()).isZero();
        long[] last = model.seen.getLast();
        assertThat(last).doesNotContain(7, 8, 9).contains(MASK, 6, 11);
    }

    @Test
    void compare_rareTerms_drawsTheSameOccurrences() {
        EvaluationSpec spec = spec().terms(List.of("metformin")).build();
        Comparison comparison = Comparisons.compare(evaluate(new Guesser(8), spec), evaluate(new Guesser(9), spec));
        Comparison.HiddenTokensChange change = comparison.hiddenTokens().getFirst();
        assertThat(change.lossChange()).isZero();
        assertThat(change.rareTerms().orElseThrow().value()).isCloseTo(1.0 / 3, within(1e-12));
        // every occurrence became better by the same: no resample says otherwise
        assertThat(change.rareTerms().orElseThrow().low()).isCloseTo(1.0 / 3, within(1e-12));
        assertThat(comparison.domainGain().orElseThrow()).isCloseTo(0, within(1e-12));
        assertThat(comparison.generalChange()).isEmpty();
    }

    @Test
    void evaluate_limit_cutsTheText() {
        HiddenTokens all =
                evaluate(new Guesser(7), spec().build()).hiddenTokens().getFirst();
        HiddenTokens some = evaluate(
                        new Guesser(7),
                        spec().window(new Perplexity.Window(1024, 512, OptionalInt.of(30)))
                                .build())
                .hiddenTokens()
                .getFirst();
        assertThat(some.tokens()).isPositive().isLessThan(all.tokens());
        assertThat(some.documents()).isEqualTo(1);
    }

    @Test
    void evaluate_instructionsOfAnEncoder_areRefused() {
        assertThatThrownBy(
                        () -> evaluate(new Guesser(7), spec().instructions(true).build()))
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining("continue texts");
    }
}
