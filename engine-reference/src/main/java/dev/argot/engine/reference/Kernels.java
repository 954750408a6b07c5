package dev.argot.engine.reference;

import dev.argot.spi.Tensor;
import dev.argot.spi.graph.Activation;
import dev.argot.spi.graph.Op;
import dev.argot.spi.graph.RotaryFrequencies;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One method for each operation, written for reading: loops over the letters of {@link Op}'s shapes. Values are float32, sums are kept in
 * float64. Thread-safe.
 */
final class Kernels {
    /** The label of a token that is not scored. */
    static final long NOT_SCORED = -100;

    private final Workers workers;

    Kernels(Workers workers) {
        this.workers = workers;
    }

    /** A function of one element. */
    @FunctionalInterface
    interface Unary {
        float apply(float value);
    }

    /** A function of two elements. */
    @FunctionalInterface
    interface Binary {
        float apply(float a, float b);
    }

    private static int size(Tensor tensor, int dimension) {
        long[] shape = tensor.shape();
        return (int) shape[dimension < 0 ? shape.length + dimension : dimension];
    }

    private static long[] withLast(long[] shape, int last) {
        long[] copy = shape.clone();
        copy[copy.length - 1] = last;
        return copy;
    }

    /** A float array of a shape, or an error that says what is too large. */
    private static float[] allocate(long... shape) {
        long n = 1;
        for (long d : shape) {
            n *= d;
        }
        if (n > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException(
                    "a value of shape " + Arrays.toString(shape) + " has more elements than an array can hold");
        }
        return new float[(int) n];
    }

    // ---- ids and positions

    Tensor embedding(Tensor.Floats table, Tensor.Longs ids, int offset) {
        int v = size(table, 0);
        int h = size(table, 1);
        float[] result = allocate(ids.data().length, h);
        for (int i = 0; i < ids.data().length; i++) {
            long id = ids.data()[i] + offset;
            if (id < 0 || id >= v) {
                throw new IllegalArgumentException("id " + ids.data()[i] + " is outside the table, which has rows "
                        + -offset + " to " + (v - 1 - offset));
            }
            System.arraycopy(table.data(), (int) id * h, result, i * h, h);
        }
        return new Tensor.Floats(result, ids.shape()[0], ids.shape()[1], h);
    }

    /** positions [B, T] to [B, 1, T, r]; angles are rounded to float32 as the reference implementation does. */
    static Tensor rotaryTable(Tensor.Longs positions, RotaryFrequencies frequencies, boolean sine) {
        long largest = Arrays.stream(positions.data()).max().orElse(0);
        float[] inverse = inverse(frequencies, largest);
        int half = inverse.length;
        float[] result = allocate(positions.data().length, 2L * half);
        for (int t = 0; t < positions.data().length; t++) {
            for (int i = 0; i < half; i++) {
                float angle = positions.data()[t] * inverse[i];
                float value = (float) ((sine ? Math.sin(angle) : Math.cos(angle)) * frequencies.attentionFactor());
                result[t * 2 * half + i] = value;
                result[t * 2 * half + half + i] = value;
            }
        }
        return new Tensor.Floats(result, positions.shape()[0], 1, positions.shape()[1], 2L * half);
    }

    private static float[] inverse(RotaryFrequencies frequencies, long largestPosition) {
        return switch (frequencies) {
            case RotaryFrequencies.Fixed fixed -> toArray(fixed.inverse());
            case RotaryFrequencies.LongRope rope ->
                toArray(largestPosition < rope.originalLength() ? rope.shortInverse() : rope.longInverse());
            case RotaryFrequencies.Dynamic rope -> {
                int d = rope.dimensions();
                double length = Math.max(largestPosition + 1, rope.originalLength());
                double growth = rope.factor() * length / rope.originalLength() - (rope.factor() - 1);
                double base = rope.base() * Math.pow(growth, d / (d - 2.0));
                float[] inverse = new float[d / 2];
                for (int i = 0; i < inverse.length; i++) {
                    inverse[i] = (float) Math.pow(base, -2.0 * i / d);
                }
                yield inverse;
            }
        };
    }

    private static float[] toArray(List<Float> list) {
        float[] array = new float[list.size()];
        for (int i = 0; i < array.length; i++) {
            array[i] = list.get(i);
        }
        return array;
    }

    /** x [B, n, T, d], cosine and sine [B, 1, T, r]. */
    static Tensor rotate(Tensor.Floats x, Tensor.Floats cosine, Tensor.Floats sine, boolean interleaved) {
        int n = size(x, 1);
        int t = size(x, 2);
        int d = size(x, 3);
        int r = size(cosine, 3);
        float[] result = x.data().clone();
        for (int row = 0; row < result.length / d; row++) { // row counts b, head, token
            int table = (row / (n * t) * t + row % t) * r;
            for (int i = 0; i < r / 2; i++) {
                int first = row * d + (interleaved ? 2 * i : i);
                int second = first + (interleaved ? 1 : r / 2);
                float a = x.data()[first];
                float b = x.data()[second];
                float c = cosine.data()[table + i];
                float s = sine.data()[table + i];
                result[first] = a * c - b * s;
                result[second] = b * c + a * s;
            }
        }
        return new Tensor.Floats(result, x.shape());
    }

    /** Boolean [B, 1, T, S] as 1 (attended to) and 0. */
    static Tensor mask(
            Op.Mask op,
            Tensor.Longs queries,
            Tensor.Longs keys,
            Tensor.Longs keyMask,
            Tensor.@Nullable Longs queryDocuments,
            Tensor.@Nullable Longs keyDocuments) {
        int batch = size(queries, 0);
        int t = size(queries, 1);
        int s = size(keys, 1);
        float[] result = allocate(batch, t, s);
        for (int b = 0; b < batch; b++) {
            for (int i = 0; i < t; i++) {
                long query = queries.data()[b * t + i];
                for (int j = 0; j < s; j++) {
                    long key = keys.data()[b * s + j];
                    boolean seen = keyMask.data()[b * s + j] != 0
                            && (!op.causal() || key <= query)
                            && (op.window() == 0 || (key > query - op.window() && key < query + op.window()))
                            && (queryDocuments == null
                                    || keyDocuments == null
                                    || queryDocuments.data()[b * t + i]
                                            == keyDocuments.data()[b * s + j]);
                    result[(b * t + i) * s + j] = seen ? 1 : 0;
                }
            }
        }
        return new Tensor.Floats(result, batch, 1, t, s);
    }

    /** [B, n, T, S]. */
    static Tensor alibi(Op.AlibiBias op, Tensor.Longs queries, Tensor.Longs keys) {
        int batch = size(queries, 0);
        int n = op.heads();
        int t = size(queries, 1);
        int s = size(keys, 1);
        double[] slopes = op.slopes();
        float[] result = allocate(batch, n, t, s);
        for (int b = 0; b < batch; b++) {
            for (int head = 0; head < n; head++) {
                for (int i = 0; i < t; i++) {
                    for (int j = 0; j < s; j++) {
                        long distance = keys.data()[b * s + j] - queries.data()[b * t + i];
                        result[((b * n + head) * t + i) * s + j] = (float) (slopes[head] * distance);
                    }
                }
            }
        }
        return new Tensor.Floats(result, batch, n, t, s);
    }

    /** positions [B, T]; result [B, T, width]. */
    static Tensor sinusoidalPositions(int width, Tensor.Longs positions) {
        int sines = (width + 1) / 2;
        float[] result = allocate(positions.data().length, width);
        for (int row = 0; row < positions.data().length; row++) {
            for (int i = 0; i < width; i++) {
                int pair = i < sines ? i : i - sines;
                double angle = positions.data()[row] / Math.pow(10_000, 2.0 * pair / width);
                result[row * width + i] = (float) (i < sines ? Math.sin(angle) : Math.cos(angle));
            }
        }
        return new Tensor.Floats(result, size(positions, 0), size(positions, 1), width);
    }

    /** table [buckets, n], query positions [B, T], key positions [B, S]; result [B, n, T, S]. */
    static Tensor relativeBias(Op.RelativeBias op, Tensor.Floats table, Tensor.Longs queries, Tensor.Longs keys) {
        int batch = size(queries, 0);
        int n = size(table, 1);
        int t = size(queries, 1);
        int s = size(keys, 1);
        int[] boundaries = op.boundaries();
        float[] result = allocate(batch, n, t, s);
        for (int b = 0; b < batch; b++) {
            for (int i = 0; i < t; i++) {
                for (int j = 0; j < s; j++) {
                    long ahead = keys.data()[b * s + j] - queries.data()[b * t + i];
                    int bucket = bucket(op, boundaries, ahead);
                    for (int head = 0; head < n; head++) {
                        result[((b * n + head) * t + i) * s + j] = table.data()[bucket * n + head];
                    }
                }
            }
        }
        return new Tensor.Floats(result, batch, n, t, s);
    }

    private static int bucket(Op.RelativeBias op, int[] boundaries, long ahead) {
        long distance = op.bidirectional() ? Math.abs(ahead) : Math.max(-ahead, 0);
        int bucket = op.bidirectional() && ahead > 0 ? op.buckets() / 2 : 0;
        for (int boundary : boundaries) {
            bucket += distance >= boundary ? 1 : 0;
        }
        return bucket;
    }

    /** q [B, n, T, d], k [B, n, S, d], tables [2·span, n·d] as the operation lists them; [B, n, T, S]. */
    static Tensor disentangledBias(
            Op.DisentangledBias op,
            Tensor.Floats q,
            Tensor.Floats k,
            Tensor.Longs queries,
            Tensor.Longs keys,
            List<Tensor.Floats> tables) {
        int batch = size(q, 0);
        int n = size(q, 1);
        int t = size(q, 2);
        int s = size(k, 2);
        int d = size(q, 3);
        float[] result = allocate(batch, n, t, s);
        for (int i = 0; i < result.length; i++) {
            int key = i % s;
            int query = i / s % t;
            int head = i / (s * t) % n;
            int b = i / (s * t * n);
            int distance = bucket(op, queries.data()[b * t + query] - keys.data()[b * s + key]);
            int ofQuery = ((b * n + head) * t + query) * d;
            int ofKey = ((b * n + head) * s + key) * d;
            double score = 0;
            if (op.contentToPosition()) {
                int place = Math.clamp(op.span() + distance, 0, 2 * op.span() - 1);
                score += dot(q.data(), ofQuery, tables.getFirst().data(), (place * n + head) * d, 1, d);
            }
            if (op.positionToContent()) {
                int place = Math.clamp(op.span() + distance, 0, 2 * op.span() - 1);
                score += dot(k.data(), ofKey, tables.getLast().data(), (place * n + head) * d, 1, d);
            }
            result[i] = (float) (op.scale() * score);
        }
        return new Tensor.Floats(result, batch, n, t, s);
    }

    /** A distance as it is, or in the logarithmic buckets of Hugging Face {@code make_log_bucket_position}. */
    private static int bucket(Op.DisentangledBias op, long distance) {
        int middle = op.buckets() / 2;
        if (op.buckets() == 0 || Math.abs(distance) <= middle) {
            return (int) distance;
        }
        // the reference computes in float32, which decides where a distance lies on the edge of a bucket
        float part = (float) Math.log((float) Math.abs(distance) / middle)
                / (float) Math.log((op.maxDistance() - 1.0) / middle)
                * (middle - 1);
        return Long.signum(distance) * (int) (Math.ceil(part) + middle);
    }

    // ---- layers

    /** x [..., in], weight [out, in] or, {@code inOut}, [in, out]. */
    Tensor.Floats linear(Tensor.Floats x, Tensor.Floats weight, Tensor.@Nullable Floats bias, boolean inOut) {
        int in = size(x, -1);
        int out = size(weight, inOut ? 1 : 0);
        int rows = x.data().length / in;
        float[] result = allocate(rows, out);
        int step = inOut ? out : 1; // from one weight of an output to the next
        workers.forEach(out, (long) rows * in * out, o -> {
            int start = inOut ? o : o * in;
            float b = bias == null ? 0 : bias.data()[o];
            for (int row = 0; row < rows; row++) {
                result[row * out + o] = (float) (dot(x.data(), row * in, weight.data(), start, step, in) + b);
            }
        });
        return new Tensor.Floats(result, withLast(x.shape(), out));
    }

    private static double dot(float[] a, int aStart, float[] b, int bStart, int bStep, int length) {
        double sum0 = 0;
        double sum1 = 0;
        double sum2 = 0;
        double sum3 = 0;
        int i = 0;
        for (; i + 3 < length; i += 4) { // four sums, since one would wait for each addition
            sum0 += (double) a[aStart + i] * b[bStart + i * bStep];
            sum1 += (double) a[aStart + i + 1] * b[bStart + (i + 1) * bStep];
            sum2 += (double) a[aStart + i + 2] * b[bStart + (i + 2) * bStep];
            sum3 += (double) a[aStart + i + 3] * b[bStart + (i + 3) * bStep];
        }
        for (; i < length; i++) {
            sum0 += (double) a[aStart + i] * b[bStart + i * bStep];
        }
        return sum0 + sum1 + (sum2 + sum3);
    }

    static Tensor rmsNorm(Tensor.Floats x, Tensor.Floats weight, double epsilon, boolean plusOne) {
        int h = size(x, -1);
        float[] result = new float[x.data().length];
        for (int start = 0; start < result.length; start += h) {
            double squares = 0;
            for (int i = start; i < start + h; i++) {
                squares += (double) x.data()[i] * x.data()[i];
            }
            double inverse = 1 / Math.sqrt(squares / h + epsilon);
            for (int i = 0; i < h; i++) {
                double w = weight.data()[i] + (plusOne ? 1.0 : 0.0);
                result[start + i] = (float) (x.data()[start + i] * inverse * w);
            }
        }
        return new Tensor.Floats(result, x.shape());
    }

    static Tensor layerNorm(
            Tensor.Floats x, Tensor.@Nullable Floats weight, Tensor.@Nullable Floats bias, double epsilon) {
        int h = size(x, -1);
        float[] result = new float[x.data().length];
        for (int start = 0; start < result.length; start += h) {
            double sum = 0;
            for (int i = start; i < start + h; i++) {
                sum += x.data()[i];
            }
            double mean = sum / h;
            double squares = 0;
            for (int i = start; i < start + h; i++) {
                squares += (x.data()[i] - mean) * (x.data()[i] - mean);
            }
            double inverse = 1 / Math.sqrt(squares / h + epsilon);
            for (int i = 0; i < h; i++) {
                double w = weight == null ? 1 : weight.data()[i];
                double b = bias == null ? 0 : bias.data()[i];
                result[start + i] = (float) ((x.data()[start + i] - mean) * inverse * w + b);
            }
        }
        return new Tensor.Floats(result, x.shape());
    }

    /** [B, T, n·d] to [B, n, T, d]. */
    static Tensor splitHeads(Tensor.Floats x, int n) {
        int batch = size(x, 0);
        int t = size(x, 1);
        int d = size(x, 2) / n;
        float[] result = new float[x.data().length];
        for (int b = 0; b < batch; b++) {
            for (int i = 0; i < t; i++) {
                for (int head = 0; head < n; head++) {
                    System.arraycopy(x.data(), ((b * t + i) * n + head) * d, result, ((b * n + head) * t + i) * d, d);
                }
            }
        }
        return new Tensor.Floats(result, batch, n, t, d);
    }

    /** [B, n, T, d] to [B, T, n·d]. */
    static Tensor mergeHeads(Tensor.Floats x) {
        int batch = size(x, 0);
        int n = size(x, 1);
        int t = size(x, 2);
        int d = size(x, 3);
        float[] result = new float[x.data().length];
        for (int b = 0; b < batch; b++) {
            for (int head = 0; head < n; head++) {
                for (int i = 0; i < t; i++) {
                    System.arraycopy(x.data(), ((b * n + head) * t + i) * d, result, ((b * t + i) * n + head) * d, d);
                }
            }
        }
        return new Tensor.Floats(result, batch, t, (long) n * d);
    }

    static Tensor dropout(Op.Dropout op, Tensor.Floats x, long seed) {
        int width = size(x, -1);
        int s = mix(mix(mix((int) seed) ^ (int) (seed >> 32)) ^ op.salt());
        int t = mix(s ^ 0x5bd1e995);
        float scale = (float) (1 / (1 - op.probability()));
        float[] result = new float[x.data().length];
        for (int i = 0; i < result.length; i++) {
            int h = halfMix(mix(s + i / width) ^ mix(t + i % width));
            result[i] = h < op.threshold() ? 0 : x.data()[i] * scale;
        }
        return new Tensor.Floats(result, x.shape());
    }

    private static int mix(int h) {
        int m = halfMix(h);
        return m ^ (m >> 16);
    }

    private static int halfMix(int h) {
        int a = (h ^ (h >> 16)) * 0x7feb352d;
        return (a ^ (a >> 15)) * 0x846ca68b;
    }

    /** magnitude [out], weight [out, in] or, {@code inOut}, [in, out], a [rank, in], b [out, rank]. */
    static Tensor doraScale(
            Op.DoraScale op, Tensor.Floats magnitude, Tensor.Floats weight, Tensor.Floats a, Tensor.Floats b) {
        int out = size(magnitude, 0);
        int rank = size(a, 0);
        int in = size(a, 1);
        float[] result = new float[out];
        for (int o = 0; o < out; o++) {
            double squares = 0;
            for (int i = 0; i < in; i++) {
                double w = weight.data()[op.inOut() ? i * out + o : o * in + i];
                for (int r = 0; r < rank; r++) {
                    w += op.scale() * b.data()[o * rank + r] * a.data()[r * in + i];
                }
                squares += w * w;
            }
            result[o] = (float) (magnitude.data()[o] / Math.sqrt(squares));
        }
        return new Tensor.Floats(result, out);
    }

    static Tensor narrow(Tensor.Floats x, int start, int length) {
        int width = size(x, -1);
        int rows = x.data().length / width;
        float[] result = allocate(rows, length);
        for (int row = 0; row < rows; row++) {
            System.arraycopy(x.data(), row * width + start, result, row * length, length);
        }
        return new Tensor.Floats(result, withLast(x.shape(), length));
    }

    /** q [B, n, T, d], k [B, k, S, d], mask [B, 1, T, S], bias [B, n, T, S]; zeros where a query sees nothing. */
    Tensor.Floats attentionWeights(
            Tensor.Floats q,
            Tensor.Floats k,
            Tensor.Floats mask,
            Tensor.@Nullable Floats bias,
            double scale,
            double softcap) {
        int batch = size(q, 0);
        int n = size(q, 1);
        int t = size(q, 2);
        int d = size(q, 3);
        int kv = size(k, 1);
        int s = size(k, 2);
        float[] result = allocate(batch, n, t, s);
        workers.forEach(batch * n * t, (long) batch * n * t * s * d, row -> {
            int b = row / (n * t);
            int head = row / t % n;
            int keys = (b * kv + head / (n / kv)) * s * d;
            int masked = (b * t + row % t) * s;
            double[] scores = new double[s];
            double largest = Double.NEGATIVE_INFINITY;
            for (int j = 0; j < s; j++) {
                if (mask.data()[masked + j] == 0) {
                    scores[j] = Double.NEGATIVE_INFINITY;
                    continue;
                }
                double score = scale * dot(q.data(), row * d, k.data(), keys + j * d, 1, d);
                score = softcap == 0 ? score : softcap * Math.tanh(score / softcap);
                scores[j] = bias == null ? score : score + bias.data()[row * s + j];
                largest = Math.max(largest, scores[j]);
            }
            if (largest == Double.NEGATIVE_INFINITY) {
                return;
            }
            double sum = 0;
            for (int j = 0; j < s; j++) {
                scores[j] = Math.exp(scores[j] - largest);
                sum += scores[j];
            }
            for (int j = 0; j < s; j++) {
                result[row * s + j] = (float) (scores[j] / sum);
            }
        });
        return new Tensor.Floats(result, batch, n, t, s);
    }

    /** weights [B, n, T, S], v [B, k, S, d]. */
    Tensor attentionApply(Tensor.Floats weights, Tensor.Floats v) {
        int batch = size(weights, 0);
        int n = size(weights, 1);
        int t = size(weights, 2);
        int s = size(weights, 3);
        int kv = size(v, 1);
        int d = size(v, 3);
        float[] result = allocate(batch, n, t, d);
        workers.forEach(batch * n * t, (long) batch * n * t * s * d, row -> {
            int values = (row / (n * t) * kv + row / t % n / (n / kv)) * s * d;
            double[] sum = new double[d];
            for (int j = 0; j < s; j++) {
                double weight = weights.data()[row * s + j];
                if (weight != 0) {
                    for (int i = 0; i < d; i++) {
                        sum[i] += weight * v.data()[values + j * d + i];
                    }
                }
            }
            for (int i = 0; i < d; i++) {
                result[row * d + i] = (float) sum[i];
            }
        });
        return new Tensor.Floats(result, batch, n, t, d);
    }

    static Tensor.Floats activate(Tensor.Floats x, Activation function) {
        return map(x, v -> (float) activate((double) v, function));
    }

    private static double activate(double x, Activation function) {
        return switch (function) {
            case GELU -> x * 0.5 * (1 + erf(x / Math.sqrt(2)));
            case GELU_TANH -> x * 0.5 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
            case QUICK_GELU -> x * sigmoid(1.702 * x);
            case SILU -> x * sigmoid(x);
            case RELU -> Math.max(x, 0);
            case RELU_SQUARED -> Math.max(x, 0) * Math.max(x, 0);
            case TANH -> Math.tanh(x);
            case SIGMOID -> sigmoid(x);
        };
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    /** The error function by its series without cancellation (Abramowitz and Stegun 1964, 7.1.6); 1 to float64 precision beyond 6. */
    static double erf(double x) {
        if (Math.abs(x) > 6) {
            return Math.signum(x);
        }
        double term = x;
        double sum = x;
        for (int n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }
        return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
    }

    /** x [B, T, H], router logits [B, T, E], experts: gate [F, H], up [F, H], down [H, F] of each. */
    Tensor mixtureOfExperts(
            Tensor.Floats x, Tensor.Floats router, List<Tensor.Floats> experts, Op.MixtureOfExperts op) {
        int h = size(x, -1);
        float[] result = new float[x.data().length];
        for (int token = 0; token < result.length / h; token++) {
            double[] p = softmax(router.data(), token * op.experts(), op.experts());
            int[] chosen = largest(p, op.active());
            double whole = op.renormalise()
                    ? Arrays.stream(chosen).mapToDouble(e -> p[e]).sum()
                    : 1;
            var one = new Tensor.Floats(Arrays.copyOfRange(x.data(), token * h, (token + 1) * h), 1, h);
            double[] sum = new double[h];
            for (int e : chosen) {
                Tensor.Floats gate = activate(linear(one, experts.get(3 * e), null, false), op.activation());
                Tensor.Floats up = linear(one, experts.get(3 * e + 1), null, false);
                Tensor.Floats down = linear(broadcast(gate, up, (a, b) -> a * b), experts.get(3 * e + 2), null, false);
                for (int i = 0; i < h; i++) {
                    sum[i] += p[e] / whole * down.data()[i];
                }
            }
            for (int i = 0; i < h; i++) {
                result[token * h + i] = (float) sum[i];
            }
        }
        return new Tensor.Floats(result, x.shape());
    }

    private static double[] softmax(float[] logits, int start, int length) {
        double largest = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < length; i++) {
            largest = Math.max(largest, logits[start + i]);
        }
        double[] p = new double[length];
        double sum = 0;
        for (int i = 0; i < length; i++) {
            p[i] = Math.exp(logits[start + i] - largest);
            sum += p[i];
        }
        for (int i = 0; i < length; i++) {
            p[i] /= sum;
        }
        return p;
    }

    /** Indices of the largest values, largest first; of equals the lower index first. */
    private static int[] largest(double[] values, int count) {
        int[] chosen = new int[count];
        boolean[] taken = new boolean[values.length];
        for (int slot = 0; slot < count; slot++) {
            int best = -1;
            for (int i = 0; i < values.length; i++) {
                if (!taken[i] && (best < 0 || values[i] > values[best])) {
                    best = i;
                }
            }
            taken[best] = true;
            chosen[slot] = best;
        }
        return chosen;
    }

    // ---- arithmetic

    static Tensor.Floats map(Tensor.Floats x, Unary function) {
        float[] result = new float[x.data().length];
        for (int i = 0; i < result.length; i++) {
            result[i] = function.apply(x.data()[i]);
        }
        return new Tensor.Floats(result, x.shape());
    }

    /** Elementwise, with NumPy's broadcasting: dimensions are aligned at the end, those of size 1 are repeated. */
    static Tensor.Floats broadcast(Tensor.Floats a, Tensor.Floats b, Binary function) {
        int rank = Math.max(a.shape().length, b.shape().length);
        long[] aShape = aligned(a.shape(), rank);
        long[] bShape = aligned(b.shape(), rank);
        long[] shape = new long[rank];
        for (int i = 0; i < rank; i++) {
            if (aShape[i] != bShape[i] && aShape[i] != 1 && bShape[i] != 1) {
                throw new IllegalArgumentException("shapes do not broadcast: " + a + ", " + b);
            }
            shape[i] = Math.max(aShape[i], bShape[i]);
        }
        float[] result = allocate(shape);
        boolean aligned = Arrays.equals(aShape, bShape);
        for (int i = 0; i < result.length; i++) {
            int ofA = aligned ? i : index(i, shape, aShape);
            int ofB = aligned ? i : index(i, shape, bShape);
            result[i] = function.apply(a.data()[ofA], b.data()[ofB]);
        }
        return new Tensor.Floats(result, shape);
    }

    private static long[] aligned(long[] shape, int rank) {
        long[] result = new long[rank];
        Arrays.fill(result, 1);
        System.arraycopy(shape, 0, result, rank - shape.length, shape.length);
        return result;
    }

    /** Where the element {@code i} of {@code shape} comes from in an operand of {@code from}. */
    private static int index(int i, long[] shape, long[] from) {
        int index = 0;
        int stride = 1;
        for (int d = shape.length - 1; d >= 0; d--) {
            int coordinate = i % (int) shape[d];
            i /= (int) shape[d];
            index += from[d] == 1 ? 0 : coordinate * stride;
            stride *= (int) from[d];
        }
        return index;
    }

    // ---- losses

    /** logits [B, T, V], labels [B, T], or logits [B, C], labels [B]; the sum. */
    static Tensor tokenLoss(Tensor.Floats logits, Tensor.Longs labels, boolean shift) {
        int t = size(labels, -1);
        int v = size(logits, -1);
        double sum = 0;
        for (int i = 0; i < labels.data().length; i++) {
            long label = labels.data()[i];
            if (label == NOT_SCORED || (shift && i % t == 0)) {
                continue;
            }
            if (label < 0 || label >= v) {
                throw new IllegalArgumentException("label " + label + " is outside the vocabulary of " + v);
            }
            sum -= logProbability(logits.data(), (shift ? i - 1 : i) * v, v, (int) label);
        }
        return new Tensor.Floats(new float[] {(float) sum});
    }

    /** logits [B, C], labels [B, C]; {@code log(1 + e^x) - x·y} of each element, in a form that does not overflow. */
    static Tensor binaryLoss(Tensor.Floats logits, Tensor.Floats labels) {
        double sum = 0;
        for (int i = 0; i < labels.data().length; i++) {
            double x = logits.data()[i];
            sum += Math.max(x, 0) - x * labels.data()[i] + Math.log1p(Math.exp(-Math.abs(x)));
        }
        return new Tensor.Floats(new float[] {(float) sum});
    }

    /** predictions [B, C], labels [B, C]; the sum. */
    static Tensor squaredLoss(Tensor.Floats predictions, Tensor.Floats labels) {
        double sum = 0;
        for (int i = 0; i < labels.data().length; i++) {
            double distance = (double) predictions.data()[i] - labels.data()[i];
            sum += distance * distance;
        }
        return new Tensor.Floats(new float[] {(float) sum});
    }

    /** logits [B, T, 2], start and end [B]; the sum over rows. */
    static Tensor spanLoss(Tensor.Floats logits, Tensor.Longs start, Tensor.Longs end) {
        int t = size(logits, 1);
        double sum = 0;
        for (int b = 0; b < start.data().length; b++) {
            sum -= (placeLogProbability(logits, b, t, 0, start.data()[b])
                            + placeLogProbability(logits, b, t, 1, end.data()[b]))
                    / 2;
        }
        return new Tensor.Floats(new float[] {(float) sum});
    }

    /** Log-probability of a place among all of a row's, by one of the two logits of each; 0 for a place outside. */
    private static double placeLogProbability(Tensor.Floats logits, int row, int t, int which, long place) {
        if (place < 0 || place >= t) {
            return 0;
        }
        float[] ofRow = new float[t];
        for (int i = 0; i < t; i++) {
            ofRow[i] = logits.data()[(row * t + i) * 2 + which];
        }
        return logProbability(ofRow, 0, t, (int) place);
    }

    /** x [B, T, H], mask [B, T]; result [B, H]. */
    static Tensor pool(Op.Pool.Kind kind, Tensor.Floats x, Tensor.Longs mask) {
        int t = size(x, 1);
        int h = size(x, 2);
        float[] result = allocate(size(x, 0), h);
        for (int b = 0; b < size(x, 0); b++) {
            double[] sum = new double[h];
            int tokens = 0;
            for (int i = 0; i < t; i++) {
                int token = kind == Op.Pool.Kind.LAST ? t - 1 - i : i;
                if (mask.data()[b * t + token] == 0 || (kind != Op.Pool.Kind.MEAN && tokens == 1)) {
                    continue;
                }
                tokens++;
                for (int j = 0; j < h; j++) {
                    sum[j] += x.data()[(b * t + token) * h + j];
                }
            }
            for (int j = 0; j < h; j++) {
                result[b * h + j] = (float) (sum[j] / Math.max(tokens, 1));
            }
        }
        return new Tensor.Floats(result, size(x, 0), h);
    }

    /** Each last dimension divided by its L2 norm, or by 1e-12 if that is larger. */
    static Tensor unitLength(Tensor.Floats x) {
        int h = size(x, -1);
        float[] result = new float[x.data().length];
        for (int start = 0; start < result.length; start += h) {
            double squares = 0;
            for (int i = start; i < start + h; i++) {
                squares += (double) x.data()[i] * x.data()[i];
            }
            double norm = Math.max(Math.sqrt(squares), 1e-12);
            for (int i = start; i < start + h; i++) {
                result[i] = (float) (x.data()[i] / norm);
            }
        }
        return new Tensor.Floats(result, x.shape());
    }

    /** x [B, T, H], indices [B, M]; result [B, M, H]. */
    static Tensor.Floats selectTokens(Tensor.Floats x, Tensor.Longs indices) {
        int t = size(x, 1);
        int h = size(x, 2);
        int m = (int) indices.shape()[1];
        var result = new float[indices.data().length * h];
        for (int i = 0; i < indices.data().length; i++) {
            int row = i / m * t + (int) indices.data()[i];
            System.arraycopy(x.data(), row * h, result, i * h, h);
        }
        return new Tensor.Floats(result, indices.shape()[0], m, h);
    }

    /** The natural log-probability of one of the logits in a row. */
    static double logProbability(float[] logits, int start, int length, int chosen) {
        double largest = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < length; i++) {
            largest = Math.max(largest, logits[start + i]);
        }
        double sum = 0;
        for (int i = 0; i < length; i++) {
            sum += Math.exp(logits[start + i] - largest);
        }
        return logits[start + chosen] - largest - Math.log(sum);
    }

    /** mask [B, T], router logits [B, T, E] of each layer. */
    static Tensor routerLoss(Tensor.Longs mask, List<Tensor.Floats> layers, Op.RouterLoss op) {
        int experts = op.experts();
        double[][] chosen = new double[op.active()][experts]; // how many tokens went to the expert, for each slot
        double[] probability = new double[experts]; // summed over tokens
        long tokens = 0;
        for (Tensor.Floats router : layers) {
            for (int token = 0; token < mask.data().length; token++) {
                if (mask.data()[token] == 0) {
                    continue;
                }
                tokens++;
                double[] p = softmax(router.data(), token * experts, experts);
                int[] best = largest(p, op.active());
                for (int slot = 0; slot < best.length; slot++) {
                    chosen[slot][best[slot]]++;
                }
                for (int e = 0; e < experts; e++) {
                    probability[e] += p[e];
                }
            }
        }
        double loss = 0;
        for (double[] slot : chosen) {
            for (int e = 0; e < experts; e++) {
                loss += slot[e] / tokens * (probability[e] / tokens);
            }
        }
        return new Tensor.Floats(new float[] {(float) (experts * loss)});
    }
}
