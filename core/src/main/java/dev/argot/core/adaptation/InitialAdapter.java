package dev.argot.core.adaptation;

import dev.argot.core.bundle.HeapTensor;
import dev.argot.spi.LoraLayer;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.WeightSource;
import dev.argot.spi.graph.Graph;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.Op;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * How an adapter begins, as in PEFT: A uniform in ±1/√in (He et al. 2015 with a slope of √5), B zero, so that the model is what it was;
 * DoRA's magnitudes are the norms of the rows they scale. Each A is drawn from a stream of its own, chosen by seed and name.
 */
final class InitialAdapter implements WeightSource {
    private final Map<String, StoredTensor> tensors = new HashMap<>();

    /**
     * Draws an adapter.
     *
     * @param graph the base model
     * @param base its weights
     * @param layers what is adapted
     * @param seed where randomness starts
     */
    InitialAdapter(Graph graph, WeightSource base, List<LoraLayer> layers, long seed) {
        Map<String, Node> linear = new HashMap<>();
        graph.nodes().forEach(node -> {
            if (node.op() instanceof Op.Linear op) {
                linear.putIfAbsent(op.name(), node);
            }
        });
        for (LoraLayer layer : layers) {
            Node node = linear.get(layer.module());
            if (node == null || !(node.inputs().get(1).op() instanceof Op.Parameter weight)) {
                throw new IllegalArgumentException("no linear layer " + layer.module());
            }
            boolean inOut = node.op() instanceof Op.Linear op && op.inOut();
            int out = Math.toIntExact(weight.shape().get(inOut ? 1 : 0));
            int in = Math.toIntExact(weight.shape().get(inOut ? 0 : 1));
            put(layer.a(), uniform(layer.rank() * in, 1 / Math.sqrt(in), seed, layer.a()), layer.rank(), in);
            put(layer.b(), new float[out * layer.rank()], out, layer.rank());
            if (layer.dora()) {
                put(layer.magnitude(), norms(base.tensor(weight), out, in, inOut), out);
            }
        }
    }

    private void put(String name, float[] values, long... shape) {
        tensors.put(
                name,
                new HeapTensor(name, java.util.Arrays.stream(shape).boxed().toList(), values));
    }

    private static float[] uniform(int count, double bound, long seed, String name) {
        var random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + name.hashCode());
        var values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextDouble(-bound, bound);
        }
        return values;
    }

    private static float[] norms(StoredTensor weight, int out, int in, boolean inOut) {
        var squares = new double[out];
        int width = inOut ? out : in;
        var row = new float[width];
        for (int r = 0; r < (inOut ? in : out); r++) {
            weight.toFloat32((long) r * width, FloatBuffer.wrap(row));
            for (int c = 0; c < width; c++) {
                squares[inOut ? c : r] += (double) row[c] * row[c];
            }
        }
        var norms = new float[out];
        for (int i = 0; i < out; i++) {
            norms[i] = (float) Math.sqrt(squares[i]);
        }
        return norms;
    }

    @Override
    public StoredTensor tensor(Op.Parameter parameter) {
        StoredTensor tensor = tensors.get(parameter.name());
        if (tensor == null) {
            throw new IllegalArgumentException("the adapter has no " + parameter.name());
        }
        return tensor;
    }
}
