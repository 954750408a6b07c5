package dev.argot.core.evaluation;

import dev.argot.spi.CompiledModel;
import dev.argot.spi.Tensor;
import dev.argot.spi.graph.Graph;
import dev.argot.spi.graph.Rewrites;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A loaded model that can be asked how probable it finds given labels. Thread-safe. */
public interface LabelPredictor {
    /**
     * Runs the model.
     *
     * @param inputs inputs of its graph, with {@code labels} as for its loss, -100 where nothing is asked
     * @return what it makes of the labels other than -100, row by row
     */
    Predictions predict(Map<String, Tensor> inputs);

    /** What the decoder of an encoder-decoder reads first; 0 without one. */
    int decoderStart();

    /** Rows of the token embedding. */
    int vocabularySize();

    /**
     * What a model makes of labels.
     *
     * @param logProbabilities natural log-probability of each label
     * @param right whether it is the most probable token
     */
    record Predictions(double[] logProbabilities, boolean[] right) {
        /**
         * The graph that gives the logits of chosen tokens alone.
         *
         * @param graph a model's graph
         */
        public static Graph graph(Graph graph) {
            return Rewrites.keeping(Rewrites.selectTokens(graph), List.of("logits"));
        }

        /**
         * Asks a model.
         *
         * @param selecting the model with the graph {@link #graph}
         * @param inputs as for {@link LabelPredictor#predict}; at least one label must be asked
         */
        public static Predictions of(CompiledModel selecting, Map<String, Tensor> inputs) {
            Map<String, Tensor> selected = Selection.of(inputs);
            if (!(selected.get("labels") instanceof Tensor.Longs labels)) {
                throw new IllegalArgumentException("the input 'labels' is missing");
            }
            var wanted = new LinkedHashMap<>(selected);
            wanted.remove("labels"); // the graph has no loss
            if (!(selecting.run(wanted, List.of("logits")).get("logits") instanceof Tensor.Floats logits)) {
                throw new IllegalStateException("the logits are no floats");
            }
            int width = Math.toIntExact(logits.shape()[2]);
            int asked = 0;
            for (long label : labels.data()) {
                asked += label >= 0 ? 1 : 0;
            }
            var logProbabilities = new double[asked];
            var right = new boolean[asked];
            int next = 0;
            for (int i = 0; i < labels.data().length; i++) {
                int label = (int) labels.data()[i];
                if (label >= 0) {
                    score(logits.data(), i * width, width, label, logProbabilities, right, next++);
                }
            }
            return new Predictions(logProbabilities, right);
        }

        private static void score(
                float[] logits, int from, int width, int label, double[] logProbabilities, boolean[] right, int at) {
            int best = 0;
            for (int i = 1; i < width; i++) {
                best = logits[from + i] > logits[from + best] ? i : best;
            }
            double max = logits[from + best];
            double sum = 0;
            for (int i = 0; i < width; i++) {
                sum += Math.exp(logits[from + i] - max);
            }
            logProbabilities[at] = logits[from + label] - max - Math.log(sum);
            right[at] = best == label;
        }
    }
}
