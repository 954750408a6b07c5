package dev.argot.core.decoding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.argot.api.ArgotException;
import dev.argot.api.evaluation.Perplexity;
import dev.argot.api.evaluation.Perplexity.Window;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class PerplexityMeasureTest {
    private static final int VOCABULARY = 6;

    @RepeatedTest(50)
    void measure_randomWindows_equalsTheDefinition(RepetitionInfo info) {
        // GIVEN
        long seed = info.getCurrentRepetition();
        var random = new Random(seed);
        int size = 2 + random.nextInt(40);
        var text = new StringBuilder();
        var ids = new ArrayList<Integer>();
        for (int i = 0; i < size; i++) {
            int id = 1 + random.nextInt(VOCABULARY - 1);
            ids.add(id);
            text.append((char) ('a' + id - 1));
        }
        int context = 2 + random.nextInt(20);
        int stride = 1 + random.nextInt(context - 1);
        int limit = 2 + random.nextInt(50);
        TinyModel model = TinyModel.random(VOCABULARY, seed);
        // WHEN
        Perplexity measured = PerplexityMeasure.measure(
                model,
                PieceTokenizer.letters(VOCABULARY),
                1000,
                text.toString(),
                new Window(context, stride, OptionalInt.of(limit)));
        // THEN each token is scored in the first window that holds it
        int used = Math.min(size, limit);
        double nats = 0;
        for (int t = 1; t < used; t++) {
            int begin = 0;
            while (begin + context <= t) {
                begin += stride;
            }
            nats -= model.logProbability(ids.subList(begin, t), ids.get(t));
        }
        assertThat(measured.tokens()).as("seed %d", seed).isEqualTo(used - 1);
        assertThat(measured.bytes()).as("seed %d", seed).isEqualTo(used - 1);
        assertThat(measured.nats()).as("seed %d", seed).isCloseTo(nats, within(1e-9));
        assertThat(model.openSessions()).isZero();
    }

    @Test
    void measure_windowsWithoutOverlap_leaveTheFirstOfEachOut() {
        // WHEN
        Perplexity measured = PerplexityMeasure.measure(
                TinyModel.random(VOCABULARY, 1),
                PieceTokenizer.letters(VOCABULARY),
                4,
                "abcdabcda",
                new Window(8, 8, OptionalInt.empty()));
        // THEN the windows are abcd, abcd, a
        assertThat(measured.tokens()).isEqualTo(6);
        assertThat(measured.bytes()).isEqualTo(6);
    }

    @Test
    void measure_oneToken_isRefused() {
        assertThatThrownBy(() -> PerplexityMeasure.measure(
                        TinyModel.random(VOCABULARY, 1), PieceTokenizer.letters(VOCABULARY), 10, "a", Window.DEFAULT))
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining("1 token;");
    }

    @Test
    void utf8Length_anyText_isThatOfItsBytes() {
        for (String text : List.of("", "a", "ä€😀z", "\ud800x", "x\udc00")) {
            String wellFormed = text.replace('\udc00', text.length() == 2 ? '\ufffd' : '\udc00');
            wellFormed = wellFormed.startsWith("\ud800") ? "\ufffdx" : wellFormed;
            assertThat(PerplexityMeasure.utf8Length(text, 0, text.length()))
                    .isEqualTo(wellFormed.getBytes(java.nio.charset.StandardCharsets.UTF_8).length);
        }
    }
}
