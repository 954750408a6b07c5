package dev.argot.spi.graph;

import java.util.List;

/**
 * The operations of a model graph, at the level people think in. An engine implements each once; families are made of nothing else.
 *
 * <p>Letters in shapes: B rows, T tokens computed now, S tokens attended to, H hidden size, n heads, k key/value heads, d head size, V
 * vocabulary, E experts. "inputs" lists a node's operands in order; those in brackets may be left out.
 */
public sealed interface Op {
    // ---- leaves

    /**
     * A tensor handed in when the graph runs. Names: {@code input_ids}, {@code attention_mask} (1 token, 0 padding),
     * {@code position_ids}, {@code token_type_ids}, {@code labels}, {@code document_ids}, {@code key_positions}; where encoder and decoder
     * read different rows these are the encoder's, and the decoder's begin with {@code decoder_}; {@code start_positions} and
     * {@code end_positions} are the labels of extractive question answering.
     *
     * @param name the input's name
     * @param type what it holds
     */
    record Input(String name, Type type) implements Op {}

    /**
     * A weight.
     *
     * @param name its name in a Hugging Face checkpoint
     * @param shape dimensions, slowest first
     */
    record Parameter(String name, List<Long> shape) implements Op {
        /** Copies the list. */
        public Parameter {
            shape = List.copyOf(shape);
        }

        /** Number of elements. */
        public long elements() {
            long n = 1;
            for (long d : shape) {
                n *= d;
            }
            return n;
        }
    }

    // ---- from ids to vectors

    /**
     * Rows of a table; inputs: table [V, H], ids [B, T]; result [B, T, H].
     *
     * @param offset added to each id first (OPT keeps its first position in row 2)
     * @param padding the id whose row has no part in the gradient ({@code padding_idx} of PyTorch), or -1
     */
    record Embedding(int offset, int padding) implements Op {}

    // ---- position

    /**
     * Sines, then cosines, of positions (Vaswani et al. 2017, with the halves apart as in Hugging Face
     * {@code MarianSinusoidalPositionalEmbedding}); input: positions [B, T]; result [B, T, H]: element i of either half is of
     * {@code position / 10000^(2i/H)}.
     *
     * @param width H; if it is odd there is one sine more than cosines
     */
    record SinusoidalPositions(int width) implements Op {}

    /**
     * Cosines or sines of rotary angles, both halves alike; input: positions [B, T]; result [B, 1, T, r].
     *
     * @param frequencies angular frequencies and factor
     * @param sine sine instead of cosine
     */
    record RotaryTable(RotaryFrequencies frequencies, boolean sine) implements Op {}

    /**
     * Rotates the first r of the d dimensions of each head by position; inputs: x [B, n, T, d], cosine [B, 1, T, r], sine [B, 1, T, r].
     *
     * @param interleaved whether neighbours (2i, 2i+1) form a pair (GPT-J, Cohere) instead of (i, i + r/2) (Llama, GPT-NeoX)
     */
    record Rotate(boolean interleaved) implements Op {}

    /**
     * What is attended to; inputs: query positions [B, T], key positions [B, S], key mask [B, S] (1 token, 0 padding), [query documents
     * [B, T], key documents [B, S]]; result: boolean [B, 1, T, S], true where attended to.
     *
     * @param causal whether a key must not stand after the query
     * @param window 0, or how many positions back a query sees, itself counted: {@code key > query - window}; where keys may stand after
     *     the query, as many ahead: {@code key < query + window}
     */
    record Mask(boolean causal, int window) implements Op {}

    /**
     * Attention bias linear in the distance (ALiBi, Press et al. 2022, with the slopes of Bloom for any number of heads); inputs: query
     * positions [B, T], key positions [B, S]; result [B, n, T, S] (or broadcastable): {@code slope · (key - query)}.
     *
     * @param heads number of heads, n
     */
    record AlibiBias(int heads) implements Op {
        /**
         * The slope of each head: for a power of two {@code 2^(-8(i+1)/n)}; for other numbers those of the next lower power of two,
         * followed by every second one of the next higher.
         */
        public double[] slopes() {
            int lower = Integer.highestOneBit(heads);
            var slopes = new double[heads];
            for (int i = 0; i < heads; i++) {
                slopes[i] = i < lower
                        ? Math.pow(2, -8.0 * (i + 1) / lower)
                        : Math.pow(2, -4.0 * (2 * (i - lower) + 1) / lower);
            }
            return slopes;
        }
    }

    /**
     * Attention bias learned for distances, which are gathered in buckets that grow with the distance (T5, Raffel et al. 2020; Hugging Face
     * {@code T5Attention._relative_position_bucket}); inputs: table [buckets, n], query positions [B, T], key positions [B, S]; result
     * [B, n, T, S].
     *
     * @param buckets number of buckets
     * @param maxDistance from which distance on all are in the last bucket
     * @param bidirectional whether keys after the query have buckets of their own (encoders)
     */
    record RelativeBias(int buckets, int maxDistance, boolean bidirectional) implements Op {
        /**
         * Checks the numbers.
         *
         * @throws IllegalArgumentException if there are fewer buckets than the formula needs, or distances end before those that have a
         *     bucket of their own
         */
        public RelativeBias {
            int each = bidirectional ? buckets / 2 : buckets;
            if (each < 2 || maxDistance <= each / 2) {
                throw new IllegalArgumentException("expected at least " + (bidirectional ? 4 : 2)
                        + " buckets and a largest distance above " + each / 2 + ", found " + buckets + " and "
                        + maxDistance);
            }
        }

        /**
         * The smallest distance of each bucket but the first, ascending; a distance is in the bucket whose number is that of the
         * boundaries it reaches. Half of the buckets hold one distance each; the others grow with its logarithm, computed in float32 as
         * the reference implementation does. Where there are buckets for both directions these are those of one: keys after the query are
         * {@code buckets / 2} further on.
         */
        public int[] boundaries() {
            int n = bidirectional ? buckets / 2 : buckets;
            int exact = n / 2;
            var boundaries = new int[n - 1];
            int distance = 0;
            for (int bucket = 1; bucket < n; bucket++) {
                while (bucket(distance, n, exact) < bucket) {
                    distance++;
                }
                boundaries[bucket - 1] = distance;
            }
            return boundaries;
        }

        private int bucket(int distance, int n, int exact) {
            if (distance < exact) {
                return distance;
            }
            float ratio = (float) Math.log((float) distance / exact) / (float) Math.log((double) maxDistance / exact);
            return Math.min(exact + (int) (ratio * (n - exact)), n - 1);
        }
    }

    /**
     * Attention scores between content and relative position (DeBERTa, He et al. 2021; Hugging Face
     * {@code DisentangledSelfAttention.disentangled_attention_bias}); inputs: q [B, n, T, d], k [B, n, S, d], query positions [B, T], key
     * positions [B, S], then, where {@code contentToPosition}, projected relative embeddings as keys [2·span, n·d], and, where
     * {@code positionToContent}, as queries [2·span, n·d]; result [B, n, T, S], a bias to the scores.
     *
     * @param heads number of heads, n
     * @param span half the number of relative embeddings
     * @param buckets number of logarithmic buckets, or 0 for plain distances
     * @param maxDistance the largest distance the buckets tell apart
     * @param contentToPosition whether content asks for positions
     * @param positionToContent whether positions ask for content
     * @param scale what each kind of score is multiplied with
     */
    record DisentangledBias(
            int heads,
            int span,
            int buckets,
            int maxDistance,
            boolean contentToPosition,
            boolean positionToContent,
            double scale)
            implements Op {}

    // ---- layers

    /**
     * {@code x·Wᵀ + b} (or {@code x·W + b}); inputs: x [B, T, in], weight, [bias [out]]; result [B, T, out].
     *
     * @param name the module's name, such as {@code "model.layers.0.self_attn.q_proj"}; what rewrites (adapters, quantisation) match on
     * @param inOut whether the weight is stored [in, out] (Conv1D of GPT-2) instead of [out, in]
     */
    record Linear(String name, boolean inOut) implements Op {}

    /**
     * Root-mean-square norm over the last dimension (Zhang and Sennrich 2019); inputs: x, weight [last].
     *
     * @param epsilon added to the mean square
     * @param plusOne whether 1 is added to the weight (Gemma)
     */
    record RmsNorm(double epsilon, boolean plusOne) implements Op {}

    /**
     * Layer norm over the last dimension (Ba et al. 2016); inputs: x, [weight [last], [bias [last]]].
     *
     * @param epsilon added to the variance
     */
    record LayerNorm(double epsilon) implements Op {}

    /**
     * Splits the last dimension into heads; input [B, T, n·d]; result [B, n, T, d].
     *
     * @param heads number of heads, n
     */
    record SplitHeads(int heads) implements Op {}

    /** Joins heads; input [B, n, T, d]; result [B, T, n·d]. */
    record MergeHeads() implements Op {}

    /**
     * A part of the last dimension.
     *
     * @param start first element
     * @param length number of elements
     */
    record Narrow(int start, int length) implements Op {}

    /**
     * Scaled dot-product attention (Vaswani et al. 2017), {@code softmax(cap(scale·q·kᵀ) + bias, masked)·v}; inputs: q [B, n, T, d],
     * k [B, k, S, d], v [B, k, S, d], mask (boolean [B, 1, T, S]), [bias [B, n, T, S]]; result [B, n, T, d]. Each key/value head serves
     * n/k consecutive query heads. A query that may see nothing gives a finite value without meaning.
     *
     * @param name the module's name, such as {@code "model.layers.0.self_attn"}
     * @param scale what the dot products are multiplied with
     * @param softcap 0, or c in {@code c·tanh(score/c)}, applied before bias and mask
     */
    record Attention(String name, double scale, double softcap) implements Op {}

    /**
     * Attention weights alone, as {@link Attention} would apply them; inputs: q, k, mask, [bias]; result [B, n, T, S]. Comes from
     * {@link Rewrites#captureAttention}.
     *
     * @param name the module's name
     * @param scale what the dot products are multiplied with
     * @param softcap 0, or the soft cap
     */
    record AttentionWeights(String name, double scale, double softcap) implements Op {}

    /** Applies attention weights; inputs: weights [B, n, T, S], v [B, k, S, d]; result [B, n, T, d]. */
    record AttentionApply() implements Op {}

    /**
     * Appends keys or values to a session's cache and gives all of them; input [B, k, T, d]; result [B, k, S, d]. Comes from
     * {@link Rewrites#cached}.
     *
     * @param name the module's name and {@code ".key"} or {@code ".value"}
     */
    record CachePut(String name) implements Op {}

    /**
     * A non-linearity.
     *
     * @param function which one
     */
    record Activate(Activation function) implements Op {}

    /**
     * Sparse mixture of experts; inputs: x [B, T, H], router logits [B, T, E], then for each expert gate [F, H], up [F, H], down [H, F].
     * Each token goes to the {@code active} experts of the largest softmax probability {@code p}; the result is
     * {@code Σ p·down(act(gate(x))·up(x))}.
     *
     * @param name the module's name
     * @param experts number of experts, E
     * @param active experts a token goes to
     * @param renormalise whether the probabilities of the chosen experts are scaled to sum to one
     * @param activation the gate's non-linearity
     */
    record MixtureOfExperts(String name, int experts, int active, boolean renormalise, Activation activation)
            implements Op {}

    // ---- arithmetic

    /** Elementwise sum, with broadcasting; two inputs. */
    record Add() implements Op {}

    /** Elementwise product, with broadcasting; two inputs. */
    record Multiply() implements Op {}

    /**
     * Product with a number.
     *
     * @param factor the number
     */
    record Scale(double factor) implements Op {}

    /**
     * {@code c·tanh(x/c)}.
     *
     * @param cap c, above 0
     */
    record Softcap(double cap) implements Op {}

    /**
     * Limits every element to {@code [-limit, limit]}.
     *
     * @param limit above 0
     */
    record Clamp(double limit) implements Op {}

    /**
     * Some tokens of each row; inputs: x [B, T, H], indices [B, M]; result [B, M, H]. Comes from {@link Rewrites#selectTokens}.
     */
    record SelectTokens() implements Op {}

    /**
     * One vector of each row; inputs: x [B, T, H], attention mask [B, T] (1 token, 0 padding); result [B, H].
     *
     * @param kind which tokens it comes from
     */
    record Pool(Kind kind) implements Op {
        /** Which tokens a pooled vector comes from. */
        public enum Kind {
            /** The mean of all tokens but padding. */
            MEAN,
            /** The first token that is not padding. */
            FIRST,
            /** The last token that is not padding. */
            LAST
        }
    }

    /** Scales the last dimension to an L2 norm of 1 (a norm below 1e-12 counts as that); one input. */
    record UnitLength() implements Op {}

    // ---- adapters

    /**
     * Leaves out elements at random and scales the others by {@code 1/(1 - p)} (Srivastava et al. 2014); inputs: x, seed (integer [1]).
     * Which ones depends on nothing but seed, salt and the element's place, so that the same seed gives the same result again, on every
     * engine. With 32-bit integers, wrapping around, and {@code >>} keeping the sign:
     *
     * <pre>
     * mix(h): h ^= h &gt;&gt; 16; h *= 0x7feb352d; h ^= h &gt;&gt; 15; h *= 0x846ca68b; h ^= h &gt;&gt; 16
     * s = mix(mix(mix(low half of seed) ^ high half of seed) ^ salt); t = mix(s ^ 0x5bd1e995)
     * h = mix(s + row) ^ mix(t + column), row counting all dimensions but the last, column the last
     * h ^= h &gt;&gt; 16; h *= 0x7feb352d; h ^= h &gt;&gt; 15; h *= 0x846ca68b; left out if h &lt; {@link #threshold()}
     * </pre>
     *
     * <p>The constants of {@code mix} are those of lowbias32 (Wellons 2018). Comes from rewrites for training; no graph for inference has
     * it.
     *
     * @param probability p, with which an element is left out; above 0 and below 1
     * @param salt tells the dropouts of a graph apart
     */
    record Dropout(double probability, int salt) implements Op {
        /** What the hash of an element is compared with: {@code p·2^32 - 2^31}. */
        public int threshold() {
            return (int) (Math.round(probability * 0x1p32) - 0x80000000L);
        }
    }

    /**
     * Factor of each output of a layer under DoRA (Liu et al. 2024): {@code m/‖W + scale·B·A‖}, with the norm of each output's weights held
     * constant in the gradient; inputs: m [out], weight, A [rank, in], B [out, rank]; result [out].
     *
     * @param scale factor of B·A
     * @param inOut whether the weight is stored [in, out] instead of [out, in]
     */
    record DoraScale(double scale, boolean inOut) implements Op {}

    // ---- losses

    /**
     * Cross entropy in nats, <em>summed</em> over the labels other than -100; inputs: logits [B, T, V], labels [B, T], or logits [B, C],
     * labels [B]; result: scalar. The engine divides by the number of labels scored where a mean is wanted: the output {@code loss} is the
     * mean. So it is with the other losses, see {@link dev.argot.spi.GraphInputs#scored}.
     *
     * @param shift whether the logits at t are compared with the label at t+1 (causal models)
     */
    record TokenLoss(boolean shift) implements Op {}

    /**
     * Binary cross entropy in nats, summed over all elements (several labels at once); inputs: logits [B, C], labels float [B, C], 0 to 1;
     * result: scalar.
     */
    record BinaryLoss() implements Op {}

    /** Squared error, summed over all elements (regression); inputs: predictions [B, C], labels float [B, C]; result: scalar. */
    record SquaredLoss() implements Op {}

    /**
     * Loss of extractive question answering, summed over rows: the mean of the cross entropies of start and end among all tokens of the
     * row, padding included; inputs: logits [B, T, 2] (start, end), start positions [B], end positions [B]; result: scalar. A position
     * below 0 or not below T is not scored. Reference: Hugging Face {@code BertForQuestionAnswering}.
     */
    record SpanLoss() implements Op {}

    /**
     * Load-balancing loss of a mixture of experts (Fedus et al. 2021, eq. 4–6, in the form of Hugging Face
     * {@code load_balancing_loss_func}); inputs: attention mask [B, T], then the router logits [B, T, E] of each layer; result: scalar
     * {@code E · Σ_slot Σ_e fraction(slot, e)·probability(e)} over all layers' tokens together, padding left out.
     *
     * @param experts number of experts, E
     * @param active experts a token goes to
     */
    record RouterLoss(int experts, int active) implements Op {}
}
