package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.argot.spi.CompiledModel;
import dev.argot.spi.GraphInputs;
import dev.argot.spi.Tensor;
import dev.argot.spi.graph.Rewrites;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Examples of encoders and encoder-decoders packed into one row have the losses that each has alone, on every engine. */
@ParameterizedClass(name = "{0}")
@MethodSource("cases")
class PackedObjectivesTest {
    private static final int PIECES = 3;
    private static final int PADDING = 2;
    private static final int WIDTH = 24;
    private static final int IGNORED = -100;

    private final ModelCase golden;
    private final boolean decoder;
    private final int vocabulary;
    private final int start;
    private final long[][] inputs = new long[PIECES][];
    private final long[][] labels = new long[PIECES][];

    /** Failures say which case and engine. */
    @RegisterExtension
    final TestExecutionExceptionHandler naming;

    PackedObjectivesTest(ModelCase golden) {
        this.golden = golden;
        this.naming = golden.naming();
        this.decoder = golden.kind().equals("seq2seq_lm");
        this.vocabulary =
                Math.toIntExact(golden.model().graph().output("logits").type().dimension(-1));
        this.start = 2;
        var random = new Random(11);
        for (int p = 0; p < PIECES; p++) {
            inputs[p] = random.longs(4 + random.nextInt(3), 5, vocabulary).toArray();
            labels[p] = random.longs(decoder ? 3 + p : inputs[p].length, 5, vocabulary)
                    .toArray();
            if (!decoder) {
                for (int i = 0; i < labels[p].length; i += 2) {
                    labels[p][i] = IGNORED;
                }
            }
        }
    }

    static Stream<ModelCase> cases() {
        return ModelCase.all()
                .filter(c -> c.kind().equals("masked_lm") || c.kind().equals("seq2seq_lm"));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void loss_packedRow_equalsTheSumOverSeparatePieces(boolean selected) {
        double separate = 0;
        int scored = 0;
        for (int p = 0; p < PIECES; p++) {
            int count = (int) Arrays.stream(labels[p]).filter(l -> l != IGNORED).count();
            separate += loss(golden.model(), alone(p)) * count;
            scored += count;
        }
        var graph = selected
                ? Rewrites.packed(Rewrites.selectTokens(golden.model().graph()))
                : Rewrites.packed(golden.model().graph());
        try (CompiledModel packed = golden.model().derive(graph)) {
            Map<String, Tensor> row = packed();
            double sum = loss(packed, selected ? selection(row) : row) * scored;
            assertThat(sum).isCloseTo(separate, within(2e-5 * Math.abs(separate)));
        }
    }

    private Map<String, Tensor> alone(int piece) {
        var all = new LinkedHashMap<String, Tensor>();
        all.put("input_ids", new Tensor.Longs(inputs[piece], 1, inputs[piece].length));
        var row = new Tensor.Longs(labels[piece], 1, labels[piece].length);
        all.put("labels", row);
        if (decoder) {
            all.put("decoder_input_ids", GraphInputs.shiftRight(row, start, 0));
        }
        return all;
    }

    /** The pieces one after another; padding is a piece of its own for the encoder, and behind the last one for the decoder. */
    private Map<String, Tensor> packed() {
        var all = new LinkedHashMap<String, Tensor>();
        var row = new Row(WIDTH);
        var written = new Row(WIDTH - PADDING);
        for (int p = 0; p < PIECES; p++) {
            row.add(p, inputs[p], labels[p]);
            if (decoder) {
                long[] shifted = GraphInputs.shiftRight(new Tensor.Longs(labels[p], 1, labels[p].length), start, 0)
                        .data();
                written.add(p, shifted, labels[p]);
            }
        }
        all.put("input_ids", row.tensor(row.ids));
        all.put("position_ids", row.tensor(row.positions));
        all.put("document_ids", row.tensor(row.pieces));
        all.put("labels", row.tensor(row.labels));
        if (decoder) {
            for (int i = written.size; i < written.ids.length; i++) {
                written.pieces[i] = PIECES - 1;
                written.positions[i] = written.positions[i - 1] + 1;
            }
            all.put("labels", written.tensor(written.labels));
            all.put("decoder_input_ids", written.tensor(written.ids));
            all.put("decoder_position_ids", written.tensor(written.positions));
            all.put("decoder_document_ids", written.tensor(written.pieces));
        }
        return all;
    }

    /** A row that fills up. */
    private static final class Row {
        private final long[] ids;
        private final long[] positions;
        private final long[] pieces;
        private final long[] labels;
        private int size;

        Row(int width) {
            ids = new long[width];
            positions = new long[width];
            pieces = new long[width];
            labels = new long[width];
            Arrays.fill(pieces, -1);
            Arrays.fill(labels, IGNORED);
        }

        void add(int piece, long[] tokens, long[] scored) {
            for (int i = 0; i < tokens.length; i++) {
                ids[size] = tokens[i];
                positions[size] = i;
                pieces[size] = piece;
                labels[size++] = i < scored.length ? scored[i] : IGNORED;
            }
        }

        Tensor tensor(long[] values) {
            return new Tensor.Longs(values, 1, values.length);
        }
    }

    /** The tokens with a label, as indices. */
    private static Map<String, Tensor> selection(Map<String, Tensor> row) {
        long[] labels = ((Tensor.Longs) row.get("labels")).data();
        int[] chosen = IntStream.range(0, labels.length)
                .filter(i -> labels[i] != IGNORED)
                .toArray();
        var all = new LinkedHashMap<>(row);
        all.put(
                "selected",
                new Tensor.Longs(Arrays.stream(chosen).asLongStream().toArray(), 1, chosen.length));
        all.put(
                "labels",
                new Tensor.Longs(Arrays.stream(chosen).mapToLong(i -> labels[i]).toArray(), 1, chosen.length));
        return all;
    }

    private static double loss(CompiledModel model, Map<String, Tensor> inputs) {
        return ((Tensor.Floats) model.run(inputs, List.of("loss")).get("loss")).data()[0];
    }
}
