package dev.argot.core.finetuning;

import static org.assertj.core.api.Assertions.assertThat;

import dev.argot.core.encoding.TokenRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class RowBatchesTest {
    private static List<LabelledRow> rows(int count, long seed) {
        var random = new Random(seed);
        var rows = new ArrayList<LabelledRow>();
        for (int i = 0; i < count; i++) {
            int length = 1 + random.nextInt(60);
            rows.add(new LabelledRow(
                    i, new TokenRow(new int[length], new int[length]), new LabelledRow.OneClass(0)));
        }
        return rows;
    }

    @RepeatedTest(20)
    void pass_anyRows_hasEachOnce(RepetitionInfo info) {
        long seed = info.getCurrentRepetition();
        var random = new Random(seed);
        int count = 1 + random.nextInt(300);
        int perBatch = 1 + random.nextInt(9);
        int accumulation = 1 + random.nextInt(3);
        var batches = new RowBatches(rows(count, seed), perBatch, accumulation, seed, 0);
        List<List<List<LabelledRow>>> steps = batches.pass(0);
        assertThat(steps).as("seed %d", seed).hasSize(batches.steps());
        assertThat(steps.stream().flatMap(List::stream).flatMap(List::stream).map(LabelledRow::item))
                .as("seed %d", seed)
                .hasSize(count)
                .doesNotHaveDuplicates();
        assertThat(steps).as("seed %d", seed).allSatisfy(step -> {
            assertThat(step.size()).isBetween(1, accumulation);
            assertThat(step).allSatisfy(batch -> assertThat(batch.size()).isBetween(1, perBatch));
        });
    }

    @Test
    void pass_rowsOfMixedLength_losesLittleToPadding() {
        List<LabelledRow> rows = rows(1000, 1);
        long tokens = rows.stream().mapToLong(LabelledRow::size).sum();
        long computed = new RowBatches(rows, 16, 1, 1, 0)
                .pass(0).stream()
                        .flatMap(List::stream)
                        .mapToLong(batch -> (long) batch.size()
                                * batch.stream().mapToInt(LabelledRow::size).max().orElseThrow())
                        .sum();
        assertThat((double) computed / tokens).isLessThan(1.1); // in random order it would be about 1.9
    }

    @Test
    void pass_sameSeed_isTheSame() {
        List<LabelledRow> rows = rows(100, 1);
        assertThat(new RowBatches(rows, 4, 2, 5, 0).pass(3)).isEqualTo(new RowBatches(rows, 4, 2, 5, 0).pass(3));
        assertThat(new RowBatches(rows, 4, 2, 5, 0).pass(3)).isNotEqualTo(new RowBatches(rows, 4, 2, 5, 0).pass(4));
        assertThat(new RowBatches(rows, 4, 2, 5, 0).pass(3)).isNotEqualTo(new RowBatches(rows, 4, 2, 6, 0).pass(3));
    }
}
