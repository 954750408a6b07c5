package dev.argot.core.finetuning;

import static org.assertj.core.api.Assertions.assertThat;

import dev.argot.api.SequenceClassifier;
import dev.argot.api.finetuning.AnsweredQuestion;
import dev.argot.api.finetuning.FineTuningTask;
import dev.argot.api.finetuning.LabelledData;
import dev.argot.api.finetuning.LabelledItem;
import dev.argot.api.finetuning.LabelledText;
import dev.argot.api.finetuning.TaggedText;
import dev.argot.spi.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RowEncoderTest {
    private static List<LabelledRow> encode(FineTuningTask task, int maxLength) {
        List<? extends LabelledItem> items = task.data().training();
        return new RowEncoder(task, new PieceByPieceTokenizer(), maxLength).encode(items);
    }

    private static <T extends LabelledItem> LabelledData<T> data(List<T> items) {
        return new LabelledData<>(items, List.of(), List.of());
    }

    @Test
    void encode_taggedWords_scoresFirstPiecesAlone() {
        var task = new FineTuningTask.Tagging(
                List.of("O", "B-X", "I-X"),
                data(List.of(new TaggedText("1", List.of("abcde", "fg", "hij"), List.of("B-X", "I-X", "O")))));
        List<LabelledRow> rows = encode(task, 32);
        // [CLS] ab cd e fg hi j [SEP]
        assertThat(rows).hasSize(1);
        assertThat(rows.getFirst().target())
                .isInstanceOfSatisfying(LabelledRow.Tags.class, tags -> assertThat(tags.labels())
                        .containsExactly(-100, 1, -100, -100, 2, 0, -100, -100));
    }

    @Test
    void encode_moreWordsThanFit_goesOnInFurtherRows() {
        var task = new FineTuningTask.Tagging(
                List.of("O", "B-X"),
                data(List.of(new TaggedText(
                        "1",
                        List.of("aa", "bbb", "cc", "ddddddddddddddd", "ee"),
                        List.of("O", "B-X", "O", "B-X", "B-X")))));
        List<LabelledRow> rows = encode(task, 8);
        // six pieces a row: aa bb b cc dd dd | dd dd dd dd dd d (no first piece: left out) | ee
        assertThat(rows.stream().map(LabelledRow::size)).containsExactly(8, 3);
        assertThat(rows.stream().map(row -> ((LabelledRow.Tags) row.target()).labels()))
                .containsExactly(new long[] {-100, 0, 1, -100, 0, 1, -100, -100}, new long[] {-100, 1, -100});
    }

    @Test
    void encode_texts_haveTargetsOfTheirKind() {
        assertThat(targets(
                        SequenceClassifier.Kind.SINGLE_LABEL,
                        LabelledText.of("1", "a", "no"),
                        LabelledText.of("2", "b", "yes")))
                .containsExactly(new LabelledRow.OneClass(0), new LabelledRow.OneClass(1));
        assertThat(targets(
                                SequenceClassifier.Kind.MULTI_LABEL,
                                LabelledText.of("1", "a", Set.of()),
                                LabelledText.of("2", "b", Set.of("x", "z")),
                                LabelledText.of("3", "b", Set.of("y")))
                        .stream()
                        .map(target -> ((LabelledRow.Values) target).values()))
                .containsExactly(new float[] {0, 0, 0}, new float[] {1, 0, 1}, new float[] {0, 1, 0});
        assertThat(targets(
                                SequenceClassifier.Kind.REGRESSION,
                                new LabelledText("1", "a", Optional.empty(), Map.of("score", -2.5)))
                        .stream()
                        .map(target -> ((LabelledRow.Values) target).values()))
                .containsExactly(new float[] {-2.5f});
    }

    private static List<LabelledRow.Target> targets(SequenceClassifier.Kind kind, LabelledText... items) {
        return encode(FineTuningTask.Classification.of(kind, data(List.of(items))), 32).stream()
                .map(LabelledRow::target)
                .toList();
    }

    @Test
    void encode_answer_isMarkedInWindowsThatHoldAllOfIt() {
        String passage = "aa bb cc dd ee ff gg hh ii";
        int start = passage.indexOf("ee");
        var task = new FineTuningTask.QuestionAnswering(data(List.of(
                new AnsweredQuestion("1", "q", passage, List.of(new AnsweredQuestion.Answer("ee ff", start))))));
        List<LabelledRow> rows = encode(task, 8); // room for 4 words of the passage, overlap 2
        // [CLS] q [SEP] aa bb cc dd [SEP] | cc dd ee ff | ee ff gg hh | gg hh ii
        assertThat(rows.stream().map(LabelledRow::target))
                .containsExactly(
                        new LabelledRow.Span(0, 0),
                        new LabelledRow.Span(5, 6),
                        new LabelledRow.Span(3, 4),
                        new LabelledRow.Span(0, 0));
        assertThat(rows.stream().map(LabelledRow::item)).containsOnly(0);
        assertThat(rows.get(1).tokens().typeIds()).containsExactly(0, 0, 0, 1, 1, 1, 1, 0);
    }

    @Test
    void encode_answerCutByAWindow_isNotLearnedThere() {
        String passage = "aa bb cc dd ee ff";
        var task = new FineTuningTask.QuestionAnswering(data(List.of(new AnsweredQuestion(
                "1", "q", passage, List.of(new AnsweredQuestion.Answer("dd ee", passage.indexOf("dd")))))));
        // aa bb cc dd | cc dd ee ff
        assertThat(encode(task, 8).stream().map(LabelledRow::target))
                .containsExactly(new LabelledRow.Span(0, 0), new LabelledRow.Span(4, 5));
    }

    @Test
    void encode_noAnswer_pointsAtTheFirstToken() {
        var task =
                new FineTuningTask.QuestionAnswering(data(List.of(new AnsweredQuestion("1", "q", "aa bb", List.of()))));
        assertThat(encode(task, 16).getFirst().target()).isEqualTo(new LabelledRow.Span(0, 0));
    }

    @Test
    void inputs_rowsOfDifferentLength_arePadded() {
        var task = new FineTuningTask.Tagging(
                List.of("O", "B-X"),
                data(List.of(
                        new TaggedText("1", List.of("a"), List.of("B-X")),
                        new TaggedText("2", List.of("bb", "cc", "dd"), List.of("O", "O", "B-X")))));
        List<LabelledRow> rows = encode(task, 16);
        var inputs = new RowBatches(rows, 2, 1, 0, 0).inputs(rows);
        assertThat(longs(inputs, "labels")).containsExactly(-100, 1, -100, -100, -100, -100, 0, 0, 1, -100);
        assertThat(longs(inputs, "attention_mask")).containsExactly(1, 1, 1, 0, 0, 1, 1, 1, 1, 1);
        assertThat(Arrays.stream(longs(inputs, "input_ids")).skip(3).limit(2)).containsOnly(0L);
    }

    private static long[] longs(Map<String, Tensor> inputs, String name) {
        return inputs.get(name) instanceof Tensor.Longs longs ? longs.data() : new long[0];
    }
}
