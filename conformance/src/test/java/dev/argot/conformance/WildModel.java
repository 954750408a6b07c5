package dev.argot.conformance;

import dev.argot.api.Tokenizer;
import dev.argot.spi.CompiledModel;
import dev.argot.spi.Session;
import dev.argot.spi.Tensor;
import dev.argot.spi.Trainer;
import dev.argot.spi.WeightSource;
import dev.argot.spi.graph.Graph;
import java.util.Collection;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A model whose logits are chance. After some tokens it would rather come to an end: with end tokens, and with what closes strings, lists and
 * objects.
 */
final class WildModel implements CompiledModel {
    private final int vocabulary;
    private final boolean[] closing;
    private final int patience;
    private SplittableRandom random = new SplittableRandom(0);

    /**
     * A model.
     *
     * @param tokenizer its tokenizer
     * @param patience tokens after which it wants to end
     */
    WildModel(Tokenizer tokenizer, int patience) {
        this.vocabulary = tokenizer.vocabularySize();
        this.patience = patience;
        this.closing = new boolean[vocabulary];
        for (int id = 0; id < vocabulary; id++) {
            String text = tokenizer.decode(new int[] {id}, true);
            closing[id] = tokenizer.isSpecial(id) || text.matches("[\"\\]}][\"\\]}:, ]*");
        }
    }

    /** Starts chance anew. */
    void seed(long seed) {
        random = new SplittableRandom(seed);
    }

    @Override
    public Session openSession(int rows, int capacity) {
        return new WildSession(rows, capacity);
    }

    @Override
    public Session openSession(int[][] sources, int capacity) {
        return new WildSession(sources.length, capacity);
    }

    private final class WildSession implements Session {
        private final int[] lengths;
        private final int capacity;

        WildSession(int rows, int capacity) {
            this.lengths = new int[rows];
            this.capacity = capacity;
        }

        @Override
        public int rows() {
            return lengths.length;
        }

        @Override
        public int capacity() {
            return capacity;
        }

        @Override
        public int length(int row) {
            return lengths[row];
        }

        @Override
        public float[][] append(int[][] tokens) {
            float[][] logits = new float[tokens.length][];
            for (int row = 0; row < tokens.length; row++) {
                lengths[row] += tokens[row].length;
                logits[row] = new float[vocabulary];
                for (int id = 0; id < vocabulary; id++) {
                    boolean ends = lengths[row] > patience && closing[id];
                    logits[row][id] = (float) random.nextDouble(-10, 10) + (ends ? 25 : 0);
                }
            }
            return logits;
        }

        @Override
        public double[][][] score(int[][] tokens, int[][][] next) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Session fork(int... rows) {
            var fork = new WildSession(rows.length, capacity);
            for (int i = 0; i < rows.length; i++) {
                fork.lengths[i] = lengths[rows[i]];
            }
            return fork;
        }

        @Override
        public Session copy(int row, int length, int room) {
            var copy = new WildSession(1, room);
            copy.lengths[0] = length;
            return copy;
        }

        @Override
        public long bytes() {
            return 0;
        }

        @Override
        public void reorder(int... rows) {} // all rows are of one length

        @Override
        public void rewind(int row, int length) {
            lengths[row] = length;
        }

        @Override
        public void close() {}
    }

    @Override
    public Graph graph() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Map<String, Tensor> run(Map<String, Tensor> inputs, Collection<String> outputs) {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompiledModel derive(Graph graph, WeightSource added) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Trainer openTrainer(Trainer.Request request) {
        throw new UnsupportedOperationException();
    }

    @Override
    public WeightSource weights() {
        throw new UnsupportedOperationException();
    }

    @Override
    public String program() {
        return "chance";
    }

    @Override
    public void close() {}
}
