package dev.argot.core.adaptation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RowStreamTest {
    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private Path folder;

    private TokenStore store(String name, List<int[]> documents) throws IOException {
        try (var writer = new TokenStore.Writer(folder, name)) {
            for (int i = 0; i < documents.size(); i++) {
                writer.add(name + i, documents.get(i), 0);
            }
        }
        return TokenStore.open(folder, name);
    }

    private static List<int[]> random(Random random, int count, int longest) {
        var documents = new ArrayList<int[]>();
        for (int i = 0; i < count; i++) {
            documents.add(random.ints(1 + random.nextInt(longest), 0, 1000).toArray());
        }
        return documents;
    }

    @Test
    void next_documentsOfOnePass_areLaidOutOneAfterAnother() throws IOException {
        try (TokenStore store = store("a", List.of(new int[] {1, 2, 3}, new int[] {4, 5, 6, 7}))) {
            Row row = new RowStream(List.of(store), new double[] {1}, RowLayout.causal(7), 3).next();
            boolean firstFirst = row.ids()[0] == 1;
            assertThat(row.ids())
                    .containsExactly(firstFirst ? new long[] {1, 2, 3, 4, 5, 6, 7} : new long[] {4, 5, 6, 7, 1, 2, 3});
            assertThat(row.positions())
                    .containsExactly(firstFirst ? new long[] {0, 1, 2, 0, 1, 2, 3} : new long[] {0, 1, 2, 3, 0, 1, 2});
            assertThat(row.labels()[0]).isEqualTo(-100);
            assertThat(Arrays.stream(row.labels()).filter(l -> l == -100)).hasSize(2);
            assertThat(row.documents()).hasSize(2);
        }
    }

    @Test
    void next_prompt_isNotScored() throws IOException {
        try (var writer = new TokenStore.Writer(folder, "p")) {
            writer.add("pair", new int[] {1, 2, 3, 4, 5}, 3);
        }
        try (TokenStore store = TokenStore.open(folder, "p")) {
            assertThat(new RowStream(List.of(store), new double[] {1}, RowLayout.causal(5), 1)
                            .next()
                            .labels())
                    .containsExactly(-100, -100, -100, 4, 5);
        }
    }

    @RepeatedTest(20)
    void next_pairs_stayTogether(RepetitionInfo repetition) throws IOException {
        long seed = repetition.getCurrentRepetition();
        var random = new Random(seed);
        int length = 12 + random.nextInt(20);
        List<int[]> pairs = new ArrayList<>();
        int[] prompts = new int[10];
        try (var writer = new TokenStore.Writer(folder, "p")) {
            for (int i = 0; i < prompts.length; i++) {
                int completion = 1 + random.nextInt(length - 1);
                prompts[i] = 1 + random.nextInt(2 * length);
                int[] tokens = random.ints(prompts[i] + completion, 0, 1000).toArray();
                pairs.add(tokens);
                writer.add("p" + i, tokens, prompts[i]);
            }
        }
        try (TokenStore store = TokenStore.open(folder, "p")) {
            var stream = new RowStream(List.of(store), new double[] {1}, RowLayout.causal(length), seed);
            Map<Integer, Integer> seen = new HashMap<>();
            for (int r = 0; r < 2 * pairs.size(); r++) {
                Row row = stream.next();
                int at = 0;
                for (Row.Source source : row.documents()) {
                    int[] pair = pairs.get(source.document());
                    int count = Math.min(pair.length, length);
                    int cut = pair.length - count; // off the beginning of the prompt
                    for (int i = 0; i < count; i++, at++) {
                        assertThat(row.ids()[at])
                                .as("seed %d, row %d, token %d", seed, r, at)
                                .isEqualTo(pair[cut + i]);
                        assertThat(row.labels()[at])
                                .as("seed %d, row %d, token %d", seed, r, at)
                                .isEqualTo(cut + i < prompts[source.document()] ? -100 : pair[cut + i]);
                    }
                    seen.merge(source.document(), 1, Integer::sum);
                }
            }
            assertThat(seen).as("seed %d", seed).hasSize(pairs.size());
        }
    }

    @RepeatedTest(20)
    void next_everyTokenButTheFirstOfADocument_isPredictedOncePerPass(RepetitionInfo repetition) throws IOException {
        long seed = repetition.getCurrentRepetition();
        var random = new Random(seed);
        List<int[]> documents = random(random, 1 + random.nextInt(9), 40);
        documents.add(new int[] {7, 8, 9});
        int length = 2 + random.nextInt(30);
        try (TokenStore store = store("r", documents)) {
            var stream = new RowStream(List.of(store), new double[] {1}, RowLayout.causal(length), seed);
            // enough rows for three passes, of which two are complete
            long rows = 3 * store.tokens() / (length - 1) + documents.size() + 3;
            Map<Integer, Integer> predicted = new HashMap<>();
            int pieces = 0;
            for (long r = 0; r < rows; r++) {
                Row row = stream.next();
                for (int i = 0; i < length; i++) {
                    boolean starts = i == 0 || row.pieces()[i] != row.pieces()[i - 1];
                    assertThat(row.positions()[i])
                            .as("seed %d", seed)
                            .isEqualTo(starts ? 0 : row.positions()[i - 1] + 1);
                    assertThat(row.labels()[i]).as("seed %d", seed).isEqualTo(starts ? -100 : row.ids()[i]);
                    if (!starts) {
                        predicted.merge(
                                row.documents().get((int) row.pieces()[i]).document(), 1, Integer::sum);
                    }
                }
                pieces += row.documents().size();
            }
            assertThat(pieces).isPositive();
            for (int d = 0; d < documents.size(); d++) {
                int perPass = documents.get(d).length - 1;
                assertThat(predicted.getOrDefault(d, 0))
                        .as("seed %d, document %d", seed, d)
                        .isGreaterThanOrEqualTo(2 * perPass);
            }
        }
    }

    @RepeatedTest(20)
    void skip_givesTheSameRowsAsDrawing(RepetitionInfo repetition) throws IOException {
        long seed = repetition.getCurrentRepetition();
        var random = new Random(seed);
        try (TokenStore a = store("a", random(random, 8, 60));
                TokenStore b = store("b", random(random, 3, 60))) {
            double[] shares = {0.9, 0.1};
            int length = 2 + random.nextInt(50);
            int rows = random.nextInt(40);
            var drawn = new RowStream(List.of(a, b), shares, RowLayout.causal(length), seed);
            for (int i = 0; i < rows; i++) {
                drawn.next();
            }
            var skipped = new RowStream(List.of(a, b), shares, RowLayout.causal(length), seed);
            skipped.skip(rows);
            Row expected = drawn.next();
            Row row = skipped.next();
            assertThat(row.ids()).as("seed %d", seed).containsExactly(expected.ids());
            assertThat(row.documents()).as("seed %d", seed).isEqualTo(expected.documents());
        }
    }

    @Test
    void next_shares_areKept() throws IOException {
        var random = new Random(5);
        try (TokenStore a = store("a", random(random, 50, 30));
                TokenStore b = store("b", random(random, 20, 30))) {
            var stream = new RowStream(List.of(a, b), new double[] {0.95, 0.05}, RowLayout.causal(32), 11);
            long replay = 0;
            long all = 0;
            for (int i = 0; i < 500; i++) {
                Row row = stream.next();
                for (long piece : row.pieces()) {
                    all++;
                    replay += row.documents().get((int) piece).store();
                }
            }
            assertThat((double) replay / all).isCloseTo(0.05, within(0.005));
        }
    }

    @Test
    void name_isTheDocumentsOwn() throws IOException {
        try (TokenStore store = store("söme", List.of(new int[] {1, 2}, new int[] {3, 4}))) {
            assertThat(store.name(0)).isEqualTo("söme0");
            assertThat(store.name(1)).isEqualTo("söme1");
            assertThat(store.documents()).isEqualTo(2);
            assertThat(store.tokens()).isEqualTo(4);
        }
    }
}
