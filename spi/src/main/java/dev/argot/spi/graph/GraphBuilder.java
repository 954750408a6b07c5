package dev.argot.spi.graph;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes a {@link Graph} down, checking shapes on the way. Equal expressions become one node. Not thread-safe.
 *
 * <p>A family describes itself once, for inference and training alike, without cache: {@link Rewrites} add caches, packing, adapters and
 * attention capture.
 */
public final class GraphBuilder {
    private final List<Node> nodes = new ArrayList<>();
    private final Map<Key, Node> known = new HashMap<>();
    private final Map<String, Node> outputs = new LinkedHashMap<>();
    private String block = "";

    /** An empty graph. */
    public GraphBuilder() {}

    private record Key(Op op, List<Node> inputs, String block) {}

    /** The graph of everything written so far. */
    public Graph build() {
        return new Graph(nodes, outputs);
    }

    /**
     * Writes a repeated block (transformer layer). Engines may emit blocks of equal shape as one function and recompute them in training.
     *
     * @param <T> what the block gives
     * @param name the block's name, such as {@code "model.layers.3"}
     * @param body writes it
     */
    public <T> T block(String name, Supplier<T> body) {
        String outer = block;
        block = name;
        try {
            return body.get();
        } finally {
            block = outer;
        }
    }

    /**
     * Names an output.
     *
     * @param name its name
     * @param node its value
     */
    public void output(String name, Node node) {
        outputs.put(name, node);
    }

    /**
     * Writes any operation; the other methods are shorthands.
     *
     * @param op the operation
     * @param inputs its operands
     * @throws IllegalArgumentException if the operands do not fit; the message names operation and shapes
     */
    public Node apply(Op op, List<Node> inputs) {
        String where = op instanceof Op.Input || op instanceof Op.Parameter ? "" : block;
        return known.computeIfAbsent(new Key(op, inputs, where), k -> {
            var node = new Node(nodes.size(), op, inputs, where, TypeRules.infer(op, inputs));
            nodes.add(node);
            return node;
        });
    }

    private Node apply(Op op, @Nullable Node... inputs) {
        var present = new ArrayList<Node>();
        for (Node input : inputs) {
            if (input != null) {
                present.add(input);
            }
        }
        return apply(op, present);
    }

    // ---- leaves

    /** {@code input_ids} [B, T]. */
    public Node inputIds() {
        return apply(new Op.Input("input_ids", Type.of(Type.Kind.INTEGER, Type.BATCH, Type.QUERY)));
    }

    /** {@code position_ids} [B, T]. */
    public Node positionIds() {
        return apply(new Op.Input("position_ids", Type.of(Type.Kind.INTEGER, Type.BATCH, Type.QUERY)));
    }

    /** {@code attention_mask} [B, S]: 1 for a token, 0 for padding. */
    public Node attentionMask() {
        return apply(new Op.Input("attention_mask", Type.of(Type.Kind.INTEGER, Type.BATCH, Type.KEY)));
    }

    /** {@code token_type_ids} [B, T]: 0 for the first text of a pair, 1 for the second. */
    public Node tokenTypeIds() {
        return integers("token_type_ids", Type.BATCH, Type.QUERY);
    }

    /** {@code input_ids} [B, E] of an encoder that reads other rows than the decoder. */
    public Node encoderIds() {
        return integers("input_ids", Type.BATCH, Type.SOURCE);
    }

    /** {@code position_ids} [B, E] of such an encoder. */
    public Node encoderPositions() {
        return integers("position_ids", Type.BATCH, Type.SOURCE);
    }

    /** {@code attention_mask} [B, E] of such an encoder: 1 for a token, 0 for padding. */
    public Node encoderMask() {
        return integers("attention_mask", Type.BATCH, Type.SOURCE);
    }

    /** {@code decoder_input_ids} [B, T]. */
    public Node decoderIds() {
        return integers("decoder_input_ids", Type.BATCH, Type.QUERY);
    }

    /** {@code decoder_position_ids} [B, T]. */
    public Node decoderPositions() {
        return integers("decoder_position_ids", Type.BATCH, Type.QUERY);
    }

    /** {@code decoder_attention_mask} [B, S]: 1 for a token, 0 for padding. */
    public Node decoderMask() {
        return integers("decoder_attention_mask", Type.BATCH, Type.KEY);
    }

    private Node integers(String name, long... dimensions) {
        return apply(new Op.Input(name, Type.of(Type.Kind.INTEGER, dimensions)));
    }

    /** {@code labels} [B]: a class for each row, -100 where nothing is scored. */
    public Node rowLabels() {
        return integers("labels", Type.BATCH);
    }

    /**
     * {@code labels} float [B, C]: a number for each row and class.
     *
     * @param classes C
     */
    public Node floatLabels(int classes) {
        return apply(new Op.Input("labels", Type.of(Type.Kind.FLOAT, Type.BATCH, classes)));
    }

    /** {@code start_positions} [B]: index of the answer's first token in its row. */
    public Node startPositions() {
        return integers("start_positions", Type.BATCH);
    }

    /** {@code end_positions} [B]: index of the answer's last token in its row. */
    public Node endPositions() {
        return integers("end_positions", Type.BATCH);
    }

    /** {@code labels} [B, T]: token ids, -100 where nothing is scored. */
    public Node labels() {
        return apply(new Op.Input("labels", Type.of(Type.Kind.INTEGER, Type.BATCH, Type.QUERY)));
    }

    /**
     * A weight.
     *
     * @param name its name in a Hugging Face checkpoint
     * @param shape dimensions, slowest first
     */
    public Node parameter(String name, long... shape) {
        var dimensions = new ArrayList<Long>();
        for (long d : shape) {
            dimensions.add(d);
        }
        return apply(new Op.Parameter(name, dimensions));
    }

    // ---- ids and positions

    /**
     * Rows of a table.
     *
     * @param table [V, H]
     * @param ids [B, T]
     * @return [B, T, H]
     */
    public Node embedding(Node table, Node ids) {
        return embedding(table, ids, 0);
    }

    /**
     * Rows of a table, counted from an offset.
     *
     * @param table [V, H]
     * @param ids [B, T]
     * @param offset added to each id
     * @return [B, T, H]
     */
    public Node embedding(Node table, Node ids, int offset) {
        return apply(new Op.Embedding(offset, -1), table, ids);
    }

    /**
     * Rows of a table of tokens, one of which is padding and learns nothing here.
     *
     * @param table [V, H]
     * @param ids [B, T]
     * @param padding the id of padding, or -1
     * @return [B, T, H]
     */
    public Node tokenEmbedding(Node table, Node ids, int padding) {
        return apply(new Op.Embedding(0, padding), table, ids);
    }

    /**
     * Sines and cosines of positions; see {@link Op.SinusoidalPositions}.
     *
     * @param width H
     * @param positions [B, T]
     * @return [B, T, H]
     */
    public Node sinusoidalPositions(int width, Node positions) {
        return apply(new Op.SinusoidalPositions(width), positions);
    }

    /**
     * Rotates heads by position; see {@link Op.Rotate}.
     *
     * @param x [B, n, T, d]
     * @param positions [B, T]
     * @param frequencies angular frequencies; the first {@code frequencies.dimensions()} of d are rotated
     * @param interleaved whether neighbours form a pair
     */
    public Node rotate(Node x, Node positions, RotaryFrequencies frequencies, boolean interleaved) {
        String here = block;
        block = ""; // the tables are the same for every block
        Node cosine = apply(new Op.RotaryTable(frequencies, false), positions);
        Node sine = apply(new Op.RotaryTable(frequencies, true), positions);
        block = here;
        return apply(new Op.Rotate(interleaved), x, cosine, sine);
    }

    /**
     * The mask of causal self-attention: no key after the query, no padding; see {@link Op.Mask}.
     *
     * @param window 0, or how many positions back a query sees, itself counted
     * @return boolean [B, 1, T, S]
     */
    public Node causalMask(int window) {
        return outsideBlocks(() -> apply(new Op.Mask(true, window), positionIds(), positionIds(), attentionMask()));
    }

    /**
     * The bias of {@link Op.AlibiBias}.
     *
     * @param heads number of heads
     * @return [B, n, T, S]
     */
    public Node alibiBias(int heads) {
        return outsideBlocks(() -> apply(new Op.AlibiBias(heads), positionIds(), positionIds()));
    }

    /**
     * Everything but padding is attended to; of an encoder alone.
     *
     * @param window 0, or how many positions to each side a query sees, itself counted
     */
    public Node bidirectionalMask(int window) {
        return outsideBlocks(() -> apply(new Op.Mask(false, window), positionIds(), positionIds(), attentionMask()));
    }

    /** The encoder's own attention: everything but padding, where the decoder reads other rows. */
    public Node encoderSelfMask() {
        return outsideBlocks(
                () -> apply(new Op.Mask(false, 0), encoderPositions(), encoderPositions(), encoderMask()));
    }

    /** The decoder's own attention: what stands before, where the encoder reads other rows. */
    public Node decoderSelfMask() {
        return outsideBlocks(() -> apply(new Op.Mask(true, 0), decoderPositions(), decoderPositions(), decoderMask()));
    }

    /** What the decoder sees of the encoder: everything but padding. */
    public Node crossMask() {
        return outsideBlocks(
                () -> apply(new Op.Mask(false, 0), decoderPositions(), encoderPositions(), encoderMask()));
    }

    /**
     * T5's attention bias; see {@link Op.RelativeBias}.
     *
     * @param op buckets
     * @param table [buckets, n]
     * @param queries query positions [B, T]
     * @param keys key positions [B, S]
     */
    public Node relativeBias(Op.RelativeBias op, Node table, Node queries, Node keys) {
        return outsideBlocks(() -> apply(op, table, queries, keys));
    }

    /**
     * One vector of each row.
     *
     * @param kind which tokens it comes from
     * @param x [B, T, H]
     * @param mask attention mask [B, T]
     * @return [B, H]
     */
    public Node pool(Op.Pool.Kind kind, Node x, Node mask) {
        return apply(new Op.Pool(kind), x, mask);
    }

    private Node outsideBlocks(Supplier<Node> body) {
        return block("", body);
    }

    // ---- layers

    /**
     * A linear layer with its own weight {@code name.weight} [out, in] and, if wanted, bias {@code name.bias} [out].
     *
     * @param name the module's name
     * @param x [B, T, in]
     * @param out width of the result
     * @param bias whether there is a bias
     * @return [B, T, out]
     */
    public Node linear(String name, Node x, int out, boolean bias) {
        Node weight = parameter(name + ".weight", out, x.type().dimension(-1));
        return linear(name, x, weight, bias ? parameter(name + ".bias", out) : null);
    }

    /**
     * A linear layer with a given weight, such as a head tied to the embedding.
     *
     * @param name the module's name
     * @param x [B, T, in]
     * @param weight [out, in]
     * @param bias [out] or null
     * @return [B, T, out]
     */
    public Node linear(String name, Node x, Node weight, @Nullable Node bias) {
        return apply(new Op.Linear(name, false), x, weight, bias);
    }

    /**
     * A Conv1D of GPT-2: a linear layer with bias whose weight is stored [in, out].
     *
     * @param name the module's name
     * @param x [B, T, in]
     * @param out width of the result
     * @return [B, T, out]
     */
    public Node conv1d(String name, Node x, int out) {
        Node weight = parameter(name + ".weight", x.type().dimension(-1), out);
        return apply(new Op.Linear(name, true), x, weight, parameter(name + ".bias", out));
    }

    /**
     * Root-mean-square norm with weight {@code name.weight}.
     *
     * @param name the module's name
     * @param x [..., H]
     * @param epsilon added to the mean square
     */
    public Node rmsNorm(String name, Node x, double epsilon) {
        return apply(
                new Op.RmsNorm(epsilon, false),
                x,
                parameter(name + ".weight", x.type().dimension(-1)));
    }

    /**
     * Root-mean-square norm that multiplies with 1 + {@code name.weight} (Gemma).
     *
     * @param name the module's name
     * @param x [..., H]
     * @param epsilon added to the mean square
     */
    public Node rmsNormPlusOne(String name, Node x, double epsilon) {
        return apply(
                new Op.RmsNorm(epsilon, true),
                x,
                parameter(name + ".weight", x.type().dimension(-1)));
    }

    /**
     * Layer norm with {@code name.weight} and {@code name.bias}.
     *
     * @param name the module's name
     * @param x [..., H]
     * @param epsilon added to the variance
     */
    public Node layerNorm(String name, Node x, double epsilon) {
        return layerNorm(name, x, epsilon, true, true);
    }

    /**
     * Layer norm with or without weight and bias.
     *
     * @param name the module's name
     * @param x [..., H]
     * @param epsilon added to the variance
     * @param weight whether there is {@code name.weight}
     * @param bias whether there is {@code name.bias}; needs the weight
     */
    public Node layerNorm(String name, Node x, double epsilon, boolean weight, boolean bias) {
        long width = x.type().dimension(-1);
        return apply(
                new Op.LayerNorm(epsilon),
                x,
                weight ? parameter(name + ".weight", width) : null,
                bias ? parameter(name + ".bias", width) : null);
    }

    /**
     * Splits the last dimension into heads.
     *
     * @param x [B, T, n·d]
     * @param heads n
     * @return [B, n, T, d]
     */
    public Node splitHeads(Node x, int heads) {
        return apply(new Op.SplitHeads(heads), x);
    }

    /**
     * Joins heads.
     *
     * @param x [B, n, T, d]
     * @return [B, T, n·d]
     */
    public Node mergeHeads(Node x) {
        return apply(new Op.MergeHeads(), x);
    }

    /**
     * A part of the last dimension.
     *
     * @param x [..., m]
     * @param start first element
     * @param length number of elements
     * @return [..., length]
     */
    public Node narrow(Node x, int start, int length) {
        return apply(new Op.Narrow(start, length), x);
    }

    /**
     * Scaled dot-product attention; see {@link Op.Attention}.
     *
     * @param name the module's name
     * @param q [B, n, T, d]
     * @param k [B, k, S, d]
     * @param v [B, k, S, d]
     * @param mask boolean [B, 1, T, S]
     * @param bias [B, n, T, S] or null
     * @param scale what the dot products are multiplied with
     * @param softcap 0 for none
     * @return [B, n, T, d]
     */
    public Node attention(
            String name, Node q, Node k, Node v, Node mask, @Nullable Node bias, double scale, double softcap) {
        return apply(new Op.Attention(name, scale, softcap), q, k, v, mask, bias);
    }

    /**
     * A non-linearity.
     *
     * @param function which one
     * @param x any shape
     */
    public Node activate(Activation function, Node x) {
        return apply(new Op.Activate(function), x);
    }

    // ---- arithmetic

    /**
     * Sum.
     *
     * @param a first
     * @param b second, of the same shape or broadcastable
     */
    public Node add(Node a, Node b) {
        return apply(new Op.Add(), a, b);
    }

    /**
     * Product.
     *
     * @param a first
     * @param b second, of the same shape or broadcastable
     */
    public Node multiply(Node a, Node b) {
        return apply(new Op.Multiply(), a, b);
    }

    /**
     * Product with a number; nothing is written for 1.
     *
     * @param x any shape
     * @param factor the number
     */
    public Node scale(Node x, double factor) {
        return factor == 1 ? x : apply(new Op.Scale(factor), x);
    }

    /**
     * {@code c·tanh(x/c)}; nothing is written for 0.
     *
     * @param x any shape
     * @param cap c; 0 for none
     */
    public Node softcap(Node x, double cap) {
        return cap == 0 ? x : apply(new Op.Softcap(cap), x);
    }

    /**
     * Limits every element; nothing is written for 0.
     *
     * @param x any shape
     * @param limit the largest absolute value; 0 for none
     */
    public Node clamp(Node x, double limit) {
        return limit == 0 ? x : apply(new Op.Clamp(limit), x);
    }

    /**
     * Cross entropy of the next token, for the output {@code loss}; see {@link Op.TokenLoss}.
     *
     * @param logits [B, T, V]
     * @return scalar
     */
    public Node causalLoss(Node logits) {
        return apply(new Op.TokenLoss(true), logits, labels());
    }

    /**
     * Cross entropy of logits against the labels at the same place.
     *
     * @param logits [B, T, V] or [B, C]
     * @param labels [B, T] or [B]
     */
    public Node tokenLoss(Node logits, Node labels) {
        return apply(new Op.TokenLoss(false), logits, labels);
    }

    /**
     * Binary cross entropy; see {@link Op.BinaryLoss}.
     *
     * @param logits [B, C]
     */
    public Node binaryLoss(Node logits) {
        return apply(
                new Op.BinaryLoss(), logits, floatLabels((int) logits.type().dimension(-1)));
    }

    /**
     * Squared error; see {@link Op.SquaredLoss}.
     *
     * @param predictions [B, C]
     */
    public Node squaredLoss(Node predictions) {
        return apply(
                new Op.SquaredLoss(),
                predictions,
                floatLabels((int) predictions.type().dimension(-1)));
    }

    /**
     * Loss of extractive question answering; see {@link Op.SpanLoss}.
     *
     * @param logits [B, T, 2]
     */
    public Node spanLoss(Node logits) {
        return apply(new Op.SpanLoss(), logits, startPositions(), endPositions());
    }
}
