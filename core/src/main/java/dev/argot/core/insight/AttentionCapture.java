package dev.argot.core.insight;

import dev.argot.api.ArgotException;
import dev.argot.api.AttentionMap;
import dev.argot.api.AttentionMap.Head;
import dev.argot.api.AttentionMap.Kind;
import dev.argot.api.AttentionMap.Token;
import dev.argot.spi.CompiledModel;
import dev.argot.spi.Tensor;
import dev.argot.spi.graph.Graph;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.Op;
import dev.argot.spi.graph.Rewrites;
import dev.argot.spi.graph.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Reads attention weights off a model. Nothing behind the last layer asked for is computed. Stateless, hence thread-safe.
 *
 * <p>The layers of a kind are counted in the order in which the graph computes them.
 */
public final class AttentionCapture {
    /** The most weights of a map, and of all heads of one layer: 512 MiB. */
    private static final long MOST = 1L << 27;
    /** The most weights that one run gives, unless a single layer has more. */
    private static final long A_RUN = 1L << 25;

    private final CompiledModel model;
    private final List<Token> sources;
    private final List<Token> targets;

    private AttentionCapture(CompiledModel model, List<Token> sources, List<Token> targets) {
        this.model = model;
        this.sources = sources;
        this.targets = targets;
    }

    /** The attention of a layer. */
    private record Layer(Kind kind, int number, String name, int heads) {}

    /**
     * Reads attention weights.
     *
     * @param model runs it
     * @param name the model's name
     * @param sources the tokens it reads; at least one
     * @param targets the tokens its decoder reads, if it has one apart
     * @param layers numbers of the layers; empty: all
     * @param heads numbers of the heads; empty: all
     * @throws IllegalArgumentException if there is no such layer or head
     * @throws ArgotException if the weights are too many
     */
    public static AttentionMap capture(
            CompiledModel model,
            String name,
            List<Token> sources,
            List<Token> targets,
            Set<Integer> layers,
            Set<Integer> heads) {
        var capture = new AttentionCapture(model, sources, targets);
        List<Layer> chosen = chosen(layers(model.graph()), layers, heads);
        capture.checkSize(chosen, heads);
        return new AttentionMap(name, sources, targets, capture.heads(chosen, heads));
    }

    private static List<Layer> layers(Graph graph) {
        List<Node> attentions = graph.nodes().stream()
                .filter(node -> node.op() instanceof Op.Attention)
                .toList();
        boolean reads = attentions.stream().anyMatch(AttentionCapture::isEncoder);
        var numbers = new EnumMap<Kind, Integer>(Kind.class);
        var layers = new ArrayList<Layer>();
        for (Node node : attentions) {
            if (node.op() instanceof Op.Attention attention) {
                Kind kind = Rewrites.isCross(node) ? Kind.CROSS : reads && !isEncoder(node) ? Kind.DECODER : Kind.SELF;
                int number = numbers.merge(kind, 1, Integer::sum) - 1;
                int heads = Math.toIntExact(node.inputs().get(0).type().dimension(1));
                layers.add(new Layer(kind, number, attention.name(), heads));
            }
        }
        return layers;
    }

    /** Whether the tokens that look are those of an encoder that has a decoder. */
    private static boolean isEncoder(Node attention) {
        return attention.inputs().get(0).type().dimension(2) == Type.SOURCE;
    }

    private static List<Layer> chosen(List<Layer> all, Set<Integer> layers, Set<Integer> heads) {
        int most = all.stream().mapToInt(layer -> layer.number() + 1).max().orElse(0);
        check("layer", layers, most);
        List<Layer> chosen = all.stream()
                .filter(layer -> layers.isEmpty() || layers.contains(layer.number()))
                .toList();
        check("head", heads, chosen.stream().mapToInt(Layer::heads).max().orElse(0));
        return chosen;
    }

    private static void check(String what, Set<Integer> numbers, int most) {
        for (int number : numbers) {
            if (number < 0 || number >= most) {
                throw new IllegalArgumentException("there is no " + what + " " + number + ": the model has " + what
                        + "s 0 to " + (most - 1));
            }
        }
    }

    private void checkSize(List<Layer> layers, Set<Integer> heads) {
        long wanted = layers.stream()
                .mapToLong(layer -> heads.isEmpty() ? size(layer) : size(layer) / layer.heads() * heads.size())
                .sum();
        long largest = layers.stream().mapToLong(this::size).max().orElse(0);
        if (Math.max(wanted, largest) > MOST) {
            throw new ArgotException(String.format(
                    Locale.ROOT,
                    "Attention weights of %d layers for %d tokens take %,d MiB; at most %d are given at once. %s",
                    layers.size(),
                    sources.size(),
                    Math.max(wanted, largest) >> 18,
                    MOST >> 18,
                    largest > MOST ? "Ask with a shorter text." : "Ask for fewer layers or heads, or with a shorter text."));
        }
    }

    private int queries(Layer layer) {
        return switch (layer.kind()) {
            case SELF -> sources.size();
            case DECODER, CROSS -> targets.size();
        };
    }

    private int keys(Layer layer) {
        return switch (layer.kind()) {
            case SELF, CROSS -> sources.size();
            case DECODER -> targets.size();
        };
    }

    /** Weights of all heads of a layer. */
    private long size(Layer layer) {
        return (long) layer.heads() * queries(layer) * keys(layer);
    }

    private List<Head> heads(List<Layer> layers, Set<Integer> heads) {
        var all = new ArrayList<Head>();
        for (int at = 0; at < layers.size(); ) {
            int end = at;
            long size = 0;
            do {
                size += size(layers.get(end++));
            } while (end < layers.size() && size + size(layers.get(end)) <= A_RUN);
            all.addAll(run(layers.subList(at, end), heads));
            at = end;
        }
        all.sort((a, b) -> {
            int kinds = a.kind().compareTo(b.kind());
            return kinds != 0 ? kinds : Integer.compare(a.layer(), b.layer());
        });
        return all;
    }

    private List<Head> run(List<Layer> layers, Set<Integer> heads) {
        var names = new HashSet<String>();
        layers.forEach(layer -> names.add(layer.name()));
        Graph captured = Rewrites.captureAttention(model.graph(), names::contains);
        Map<String, Tensor> results;
        try (CompiledModel derived = model.derive(captured)) {
            results = derived.run(
                    inputs(),
                    layers.stream().map(layer -> "attention:" + layer.name()).toList());
        }
        var all = new ArrayList<Head>();
        for (Layer layer : layers) {
            if (!(results.get("attention:" + layer.name()) instanceof Tensor.Floats weights)) {
                throw new IllegalStateException("no weights of " + layer);
            }
            for (int head = 0; head < layer.heads(); head++) {
                if (heads.isEmpty() || heads.contains(head)) {
                    all.add(new Head(layer.kind(), layer.number(), head, rows(layer, head, weights.data())));
                }
            }
        }
        return all;
    }

    private float[][] rows(Layer layer, int head, float[] weights) {
        int queries = queries(layer);
        int keys = keys(layer);
        float[][] rows = new float[queries][];
        for (int row = 0; row < queries; row++) {
            int from = (head * queries + row) * keys;
            rows[row] = Arrays.copyOfRange(weights, from, from + keys);
        }
        return rows;
    }

    private Map<String, Tensor> inputs() {
        var inputs = new HashMap<String, Tensor>();
        inputs.put("input_ids", ids(sources));
        if (!targets.isEmpty()) {
            inputs.put("decoder_input_ids", ids(targets));
        }
        return inputs;
    }

    private static Tensor ids(List<Token> tokens) {
        return new Tensor.Longs(tokens.stream().mapToLong(Token::id).toArray(), 1, tokens.size());
    }
}
