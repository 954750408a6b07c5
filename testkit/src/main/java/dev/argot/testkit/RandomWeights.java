package dev.argot.testkit;

import dev.argot.spi.StoredTensor;
import dev.argot.spi.WeightSource;
import dev.argot.spi.graph.Op;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;

/**
 * Weights for a small model: normally distributed around 0, those of norms around 1, and large enough that every part of the network
 * matters. The same seed and name give the same values. Not thread-safe.
 */
public final class RandomWeights implements WeightSource {
    private final long seed;
    private final Map<String, float[]> values = new HashMap<>();

    /**
     * Weights of a seed.
     *
     * @param seed any number
     */
    public RandomWeights(long seed) {
        this.seed = seed;
    }

    /**
     * The values of a parameter; changes to the array change the weights read afterwards.
     *
     * @param parameter the parameter
     */
    public float[] values(Op.Parameter parameter) {
        return values.computeIfAbsent(parameter.name(), name -> {
            var random = new Random(seed * 31 + name.hashCode());
            boolean norm = parameter.shape().size() == 1 && name.endsWith("weight");
            float[] data = new float[Math.toIntExact(parameter.elements())];
            for (int i = 0; i < data.length; i++) {
                data[i] = (float) ((norm ? 1 : 0) + 0.2 * random.nextGaussian());
            }
            return data;
        });
    }

    @Override
    public StoredTensor tensor(Op.Parameter parameter) {
        return new FloatTensor(parameter.name(), parameter.shape(), values(parameter));
    }
}
