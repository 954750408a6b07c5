package dev.argot.core.decoding;

import dev.argot.spi.CompiledModel;
import dev.argot.spi.Session;
import dev.argot.spi.Tensor;
import dev.argot.spi.Trainer;
import dev.argot.spi.WeightSource;
import dev.argot.spi.graph.Graph;
import dev.argot.spi.graph.GraphBuilder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A language model of a table: the logits depend on the last two tokens, those of a source before those of the session. Counts the sessions
 * that are open.
 */
public class TinyModel implements CompiledModel {
    private final float[][][] table; // [before last][last][vocabulary]
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicInteger appended = new AtomicInteger();
    private Runnable onAppend = () -> {};

    public TinyModel(float[][][] table) {
        this.table = table;
    }

    /** A model of random probabilities. */
    public static TinyModel random(int vocabulary, long seed) {
        var random = new Random(seed);
        float[][][] table = new float[vocabulary][vocabulary][vocabulary];
        for (float[][] rows : table) {
            for (float[] row : rows) {
                for (int i = 0; i < vocabulary; i++) {
                    row[i] = (float) (2 * random.nextGaussian());
                }
            }
        }
        return new TinyModel(table);
    }

    /** A model that is nearly sure to say these tokens in turn, whatever stood before: after token i comes the next of i. */
    public static TinyModel chain(int vocabulary, int... next) {
        return new TinyModel(chainTable(vocabulary, next));
    }

    /** The table of such a model. */
    public static float[][][] chainTable(int vocabulary, int... next) {
        float[][][] table = new float[vocabulary][vocabulary][vocabulary];
        for (float[][] rows : table) {
            for (int last = 0; last < next.length; last++) {
                rows[last][next[last]] = 20;
            }
        }
        return table;
    }

    void onAppend(Runnable action) {
        onAppend = action;
    }

    /** Tokens appended to any session since this was asked last. */
    public int appended() {
        return appended.getAndSet(0);
    }

    public int openSessions() {
        return open.get();
    }

    /** Logits after a sequence, computed from scratch. */
    float[] logits(List<Integer> sequence) {
        int n = sequence.size();
        return table[n < 2 ? 0 : sequence.get(n - 2)][sequence.get(n - 1)].clone();
    }

    @Override
    public Session openSession(int rows, int capacity) {
        return openSession(new int[rows][0], capacity);
    }

    @Override
    public Session openSession(int[][] sources, int capacity) {
        List<Row> rows = new ArrayList<>();
        for (int[] source : sources) {
            rows.add(new Row(Arrays.stream(source).boxed().toList(), new ArrayList<>()));
        }
        return new TinySession(rows, capacity);
    }

    private record Row(List<Integer> source, List<Integer> tokens) {
        Row first(int length) {
            return new Row(source, new ArrayList<>(tokens.subList(0, length)));
        }

        int size() {
            return tokens.size();
        }

        List<Integer> all() {
            var all = new ArrayList<>(source);
            all.addAll(tokens);
            return all;
        }
    }

    private final class TinySession implements Session {
        private List<Row> rows;
        private final int capacity;
        private boolean closed;

        TinySession(List<Row> rows, int capacity) {
            this.rows = rows;
            this.capacity = capacity;
            open.incrementAndGet();
        }

        @Override
        public int rows() {
            return rows.size();
        }

        @Override
        public int capacity() {
            return capacity;
        }

        @Override
        public int length(int row) {
            return rows.get(row).size();
        }

        @Override
        public float[][] append(int[][] tokens) {
            check(tokens);
            onAppend.run();
            float[][] logits = new float[tokens.length][];
            for (int i = 0; i < tokens.length; i++) {
                Arrays.stream(tokens[i]).forEach(rows.get(i).tokens()::add);
                appended.addAndGet(tokens[i].length);
                logits[i] = tokens[i].length == 0
                        ? new float[0]
                        : TinyModel.this.logits(rows.get(i).all());
            }
            return logits;
        }

        @Override
        public double[][][] score(int[][] tokens, int[][][] next) {
            check(tokens);
            onAppend.run();
            double[][][] scores = new double[tokens.length][][];
            for (int i = 0; i < tokens.length; i++) {
                Row row = rows.get(i);
                scores[i] = new double[tokens[i].length][];
                for (int j = 0; j < tokens[i].length; j++) {
                    row.tokens().add(tokens[i][j]);
                    appended.incrementAndGet();
                    scores[i][j] = Arrays.stream(next[i][j])
                            .mapToDouble(id -> logProbability(row.all(), id))
                            .toArray();
                }
            }
            return scores;
        }

        private void check(int[][] tokens) {
            if (closed) {
                throw new IllegalStateException("closed");
            }
            if (tokens.length != rows.size()) {
                throw new IllegalArgumentException("rows: " + tokens.length);
            }
            for (int i = 0; i < tokens.length; i++) {
                if (rows.get(i).size() + tokens[i].length > capacity) {
                    throw new IllegalArgumentException("row " + i + " would outgrow " + capacity);
                }
            }
        }

        @Override
        public Session fork(int... sources) {
            return new TinySession(select(sources), capacity);
        }

        @Override
        public Session copy(int row, int length, int capacity) {
            if (closed || capacity < length) {
                throw new IllegalStateException("closed, or too small: " + capacity);
            }
            return new TinySession(List.of(rows.get(row).first(length)), capacity);
        }

        @Override
        public long bytes() {
            return 100L * rows.stream().mapToInt(Row::size).sum();
        }

        @Override
        public void reorder(int... sources) {
            rows = select(sources);
        }

        private List<Row> select(int... sources) {
            List<Row> selected = new ArrayList<>();
            for (int source : sources) {
                selected.add(rows.get(source).first(rows.get(source).size()));
            }
            return selected;
        }

        @Override
        public void rewind(int row, int length) {
            rows.set(row, rows.get(row).first(length));
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                open.decrementAndGet();
            }
        }
    }

    /** By the definition, in double. */
    double logProbability(List<Integer> before, int token) {
        float[] logits = logits(before);
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit);
        }
        return logits[token] - Math.log(sum);
    }

    @Override
    public Graph graph() {
        return new GraphBuilder().build(); // no table that depends on how long a text is
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
        return "a table";
    }

    @Override
    public void close() {}
}
