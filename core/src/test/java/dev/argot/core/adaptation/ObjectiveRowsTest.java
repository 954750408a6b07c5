package dev.argot.core.adaptation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.argot.api.ArgotException;
import dev.argot.core.objective.MaskedLanguage;
import dev.argot.core.objective.SpanCorruption;
import dev.argot.core.objective.SpelledTokenizer;
import dev.argot.spi.Objective;
import dev.argot.spi.ObjectiveContext;
import dev.argot.spi.Settings;
import dev.argot.spi.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows of encoders and encoder-decoders. */
class ObjectiveRowsTest {
    private static final int CLS = 1;
    private static final int SEP = 2;
    private static final int MASK = 3;
    private static final int END = 4;
    private static final int PAD = 0;
    private static final int START = 7;
    private static final int FIRST_WORD = 50;

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private Path folder;

    private static SpelledTokenizer tokenizer() {
        List<String> spellings = new ArrayList<>(List.of("[PAD]", "[CLS]", "[SEP]", "[MASK]", "[EOS]", "a"));
        IntStream.range(0, 40).forEach(i -> spellings.add("<extra_id_" + i + ">"));
        IntStream.range(0, 100).forEach(i -> spellings.add("w" + i));
        return new SpelledTokenizer(spellings.toArray(String[]::new));
    }

    private static RowLayout layout(boolean spans, int length) {
        SpelledTokenizer tokenizer = tokenizer();
        var context = new ObjectiveContext(tokenizer, tokenizer.vocabularySize(), List.of());
        var settings = new Settings("test", Map.of());
        Objective objective =
                spans ? new SpanCorruption().open(settings, context) : new MaskedLanguage().open(settings, context);
        return new RowLayout(objective, length, objective.targetTokens(length), PAD, START);
    }

    private TokenStore store(String name, List<int[]> documents, int prompt) throws IOException {
        try (var writer = new TokenStore.Writer(folder, name)) {
            for (int i = 0; i < documents.size(); i++) {
                writer.add(name + i, documents.get(i), Math.min(prompt, documents.get(i).length - 1));
            }
        }
        return TokenStore.open(folder, name);
    }

    /** Documents whose tokens say which they are. */
    private static List<int[]> documents(Random random, int count, int longest) {
        var documents = new ArrayList<int[]>();
        for (int i = 0; i < count; i++) {
            documents.add(random.ints(2 + random.nextInt(longest), FIRST_WORD, FIRST_WORD + 90)
                    .toArray());
        }
        return documents;
    }

    @RepeatedTest(10)
    void masked_rows_areFullOfFramedPiecesAndHideEachTokenSooner(RepetitionInfo repetition) throws IOException {
        long seed = repetition.getCurrentRepetition();
        var random = new Random(seed);
        List<int[]> documents = documents(random, 6, 70);
        int length = 16 + random.nextInt(30);
        try (TokenStore store = store("m", documents, 0)) {
            var stream = new RowStream(List.of(store), new double[] {1}, layout(false, length), seed);
            int padding = 0;
            int rows = 60;
            Map<List<Long>, Integer> seen = new HashMap<>();
            for (int r = 0; r < rows; r++) {
                Row row = stream.next();
                assertThat(row.decoder()).isEmpty();
                for (int i = 0; i < length; i++) {
                    boolean starts = i == 0 || row.pieces()[i] != row.pieces()[i - 1];
                    boolean pads = row.pieces()[i] == Row.PADDING;
                    padding += pads ? 1 : 0;
                    if (!pads) {
                        assertThat(row.positions()[i])
                                .as("seed %d", seed)
                                .isEqualTo(starts ? 0 : row.positions()[i - 1] + 1);
                        assertThat(row.ids()[i] == CLS && row.labels()[i] == -100)
                                .as("seed %d: a piece begins with [CLS], and nothing else is one", seed)
                                .isEqualTo(starts && row.labels()[i] == -100);
                    }
                    boolean ends = i + 1 == length || row.pieces()[i + 1] != row.pieces()[i];
                    if (!pads && ends) {
                        assertThat(row.ids()[i]).as("seed %d", seed).isEqualTo(SEP);
                        assertThat(row.labels()[i]).isEqualTo(-100);
                    }
                    if (pads) {
                        assertThat(row.ids()[i]).isEqualTo(PAD);
                        assertThat(row.labels()[i]).isEqualTo(-100);
                    }
                }
                seen.merge(Arrays.stream(row.labels()).boxed().toList(), 1, Integer::sum);
            }
            // no more than would not hold a piece of one token
            assertThat(padding).as("seed %d", seed).isLessThanOrEqualTo(2 * rows);
            assertThat(seen.values()).as("seed %d: other masks each time", seed).containsOnly(1);
        }
    }

    @RepeatedTest(10)
    void spans_rows_giveEveryDocumentBack(RepetitionInfo repetition) throws IOException {
        long seed = repetition.getCurrentRepetition();
        var random = new Random(seed);
        List<int[]> documents = documents(random, 5, 60);
        int length = 20 + random.nextInt(40);
        RowLayout layout = layout(true, length);
        try (TokenStore store = store("s", documents, 0)) {
            var stream = new RowStream(List.of(store), new double[] {1}, layout, seed);
            Map<Integer, List<Long>> whole = new HashMap<>();
            for (int r = 0; r < 40; r++) {
                Row row = stream.next();
                Row.Decoder decoder = row.decoder().orElseThrow();
                assertThat(row.labels()).hasSize(layout.targets());
                for (int i = 0; i < layout.targets(); i++) {
                    boolean starts = i == 0 || decoder.pieces()[i] != decoder.pieces()[i - 1];
                    boolean pads = row.labels()[i] == -100;
                    assertThat(decoder.positions()[i])
                            .as("seed %d", seed)
                            .isEqualTo(starts ? 0 : decoder.positions()[i - 1] + 1);
                    if (!pads) {
                        assertThat(decoder.ids()[i])
                                .as("seed %d", seed)
                                .isEqualTo(starts ? START : row.labels()[i - 1]);
                    } else {
                        assertThat(decoder.pieces()[i])
                                .isEqualTo(row.documents().size() - 1);
                    }
                }
                for (int piece = 0; piece < row.documents().size(); piece++) {
                    Row.Source source = row.documents().get(piece);
                    whole.computeIfAbsent(source.document(), d -> new ArrayList<>())
                            .addAll(text(row, decoder, piece));
                }
            }
            for (int d = 0; d < documents.size(); d++) {
                List<Long> once =
                        Arrays.stream(documents.get(d)).asLongStream().boxed().toList();
                List<Long> found = whole.getOrDefault(d, List.of());
                // a rest of one token has nothing to keep and hide
                assertThat(found.subList(0, Math.min(found.size(), once.size() - 1)))
                        .as("seed %d, document %d", seed, d)
                        .isEqualTo(once.subList(0, once.size() - 1));
            }
        }
    }

    /** The stretch of a document, put together again. */
    private static List<Long> text(Row row, Row.Decoder decoder, int piece) {
        var text = new ArrayList<Long>();
        for (int i = 0; i < row.ids().length; i++) {
            if (row.pieces()[i] != piece) {
                continue;
            }
            if (row.ids()[i] >= FIRST_WORD) {
                text.add(row.ids()[i]);
            }
            for (int t = 0; t < row.labels().length; t++) {
                if (decoder.pieces()[t] == piece
                        && row.labels()[t] == row.ids()[i]
                        && row.ids()[i] < FIRST_WORD
                        && row.ids()[i] != END) {
                    for (int s = t + 1; s < row.labels().length && row.labels()[s] >= FIRST_WORD; s++) {
                        text.add(row.labels()[s]);
                    }
                    break;
                }
            }
        }
        return text;
    }

    @RepeatedTest(6)
    void skip_givesTheSameRowsAsDrawing(RepetitionInfo repetition) throws IOException {
        long seed = repetition.getCurrentRepetition();
        var random = new Random(seed);
        try (TokenStore a = store("a", documents(random, 8, 60), 0);
                TokenStore b = store("b", documents(random, 3, 9), 2)) {
            RowLayout layout = layout(seed % 2 == 0, 24);
            int rows = random.nextInt(30);
            var drawn = new RowStream(List.of(a, b), new double[] {0.7, 0.3}, layout, seed);
            for (int i = 0; i < rows; i++) {
                drawn.next();
            }
            var skipped = new RowStream(List.of(a, b), new double[] {0.7, 0.3}, layout, seed);
            skipped.skip(rows);
            Row expected = drawn.next();
            Row row = skipped.next();
            assertThat(row.ids()).as("seed %d", seed).containsExactly(expected.ids());
            assertThat(row.labels()).as("seed %d", seed).containsExactly(expected.labels());
        }
    }

    @Test
    void spans_prompt_isReadAndTheRestWritten() throws IOException {
        try (TokenStore store = store("p", List.of(new int[] {60, 61, 62, 63, 64}), 3)) {
            Row row = new RowStream(List.of(store), new double[] {1}, layout(true, 20), 1).next();
            assertThat(row.ids()).startsWith(60, 61, 62, 4);
            assertThat(row.labels()).startsWith(63, 64, 4);
            assertThat(row.decoder().orElseThrow().ids()).startsWith(START, 63, 64);
        }
    }

    @Test
    void next_nothingThatFits_isSaid() throws IOException {
        try (TokenStore store = store("n", List.of(new int[] {60, 61, 62, 63, 64, 65, 66}), 6)) {
            var stream = new RowStream(List.of(store), new double[] {1}, layout(true, 6), 1);
            assertThatThrownBy(stream::next)
                    .isInstanceOf(ArgotException.class)
                    .hasMessageContaining("rows of 6 tokens");
        }
    }

    @Test
    void inputs_selected_areTheTokensWithALabel() throws IOException {
        try (TokenStore store = store("i", documents(new Random(2), 4, 50), 0)) {
            var stream = new RowStream(List.of(store), new double[] {1}, layout(false, 32), 5);
            List<Row> batch = List.of(stream.next(), stream.next());
            Map<String, Tensor> inputs = TrainingLoop.inputs(batch, true);
            var selected = (Tensor.Longs) inputs.get("selected");
            var labels = (Tensor.Longs) inputs.get("labels");
            int most = Math.toIntExact(labels.shape()[1]);
            for (int r = 0; r < 2; r++) {
                long[] all = batch.get(r).labels();
                int[] scored = IntStream.range(0, all.length)
                        .filter(i -> all[i] != -100)
                        .toArray();
                for (int i = 0; i < most; i++) {
                    boolean there = i < scored.length;
                    assertThat(labels.data()[r * most + i]).isEqualTo(there ? all[scored[i]] : -100);
                    assertThat(selected.data()[r * most + i]).isEqualTo(there ? scored[i] : 0);
                }
            }
            assertThat(batch.get(0).ids()).contains(MASK);
        }
    }
}
