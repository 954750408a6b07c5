package dev.argot.models.format;

import dev.argot.spi.Config;
import dev.argot.spi.StoredTensor;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether a T5's head is a matrix of its own. Its configuration does not say: with {@code tie_word_embeddings} Transformers 4 means that
 * and whether what enters the head is scaled, Transformers 5 the latter alone, and writes true whatever the tensors are.
 */
final class T5Head {
    private static final Set<String> TYPES = Set.of("t5", "mt5");
    private static final String TIED = "tie_word_embeddings";
    private static final String SCALED = "scale_decoder_outputs";
    private static final String HEAD = "lm_head.weight";
    private static final String EMBEDDING = "shared.weight";
    private static final int CHUNK = 1 << 16;

    private T5Head() {}

    /** The configuration, with both questions answered if it is a T5's. */
    static Config told(Config config, Map<String, StoredTensor> tensors) {
        if (!TYPES.contains(config.string("model_type"))) {
            return config;
        }
        boolean tied = !hasOwn(tensors);
        boolean scaled = config.flag(SCALED, config.flag(TIED, true));
        if (tied == config.flag(TIED, !tied) && config.has(SCALED)) {
            return config;
        }
        var values = new LinkedHashMap<String, @Nullable Object>(config.values());
        values.put(TIED, tied);
        values.put(SCALED, scaled);
        return new Config(config.file(), values);
    }

    /** Some checkpoints hold a tied matrix under both names. */
    private static boolean hasOwn(Map<String, StoredTensor> tensors) {
        StoredTensor head = tensors.get(HEAD);
        StoredTensor embedding = tensors.get(EMBEDDING);
        return head != null && !(embedding != null && same(head, embedding));
    }

    private static boolean same(StoredTensor a, StoredTensor b) {
        if (!a.shape().equals(b.shape())) {
            return false;
        }
        for (long from = 0; from < a.elements(); from += CHUNK) {
            int n = (int) Math.min(CHUNK, a.elements() - from);
            if (!Arrays.equals(read(a, from, n), read(b, from, n))) {
                return false;
            }
        }
        return true;
    }

    private static float[] read(StoredTensor tensor, long from, int n) {
        float[] values = new float[n];
        tensor.toFloat32(from, FloatBuffer.wrap(values));
        return values;
    }
}
