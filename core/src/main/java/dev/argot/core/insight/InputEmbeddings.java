package dev.argot.core.insight;

import dev.argot.api.ArgotException;
import dev.argot.api.EncodeOptions;
import dev.argot.api.TokenNeighbour;
import dev.argot.api.Tokenizer;
import dev.argot.spi.CompiledModel;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.graph.Graph;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.Op;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The table a model's tokens are looked up in, as it is now. It is read in blocks of rows and never whole. Thread-safe as long as the model
 * is open and not being trained.
 */
public final class InputEmbeddings {
    /** Numbers read at once. */
    private static final int BLOCK = 1 << 18;
    /** Rows kept free for later use (BERT, Gemma, Llama); they say nothing. */
    private static final Pattern UNUSED = Pattern.compile("\\[unused\\d+]|<unused\\d+>|<\\|reserved_special_token_\\d+\\|>");

    private final StoredTensor table;
    private final Tokenizer tokenizer;
    private final int rows;
    private final int width;

    private InputEmbeddings(StoredTensor table, Tokenizer tokenizer) {
        this.table = table;
        this.tokenizer = tokenizer;
        this.rows = Math.toIntExact(Math.min(table.shape().get(0), tokenizer.vocabularySize()));
        this.width = Math.toIntExact(table.shape().get(1));
    }

    /**
     * The input embeddings of a model.
     *
     * @param model the model
     * @param tokenizer its tokenizer
     */
    public static InputEmbeddings of(CompiledModel model, Tokenizer tokenizer) {
        return new InputEmbeddings(model.weights().tensor(table(model.graph())), tokenizer);
    }

    private static Op.Parameter table(Graph graph) {
        for (Node node : graph.nodes()) {
            if (node.op() instanceof Op.Embedding
                    && node.inputs().get(1).op() instanceof Op.Input ids
                    && ids.name().equals("input_ids")
                    && node.inputs().get(0).op() instanceof Op.Parameter table) {
                return table;
            }
        }
        throw new ArgotException("The model looks up no embeddings of its input tokens.");
    }

    /**
     * Tokens whose embeddings are closest to the mean of a text's, by cosine. Left out are the text's own tokens, special tokens, rows
     * without token or kept free for later use, and rows of zeros.
     *
     * @param text untrusted text; taken without special tokens
     * @param count how many; at least 1
     * @return closest first
     * @throws ArgotException if the text has no token
     */
    public List<TokenNeighbour> nearest(String text, int count) {
        return nearest(tokenizer.encode(text, EncodeOptions.PLAIN).ids(), count);
    }

    /**
     * Tokens whose embeddings are closest to the mean of some tokens'.
     *
     * @param ids the tokens; at least one
     * @param count how many; at least 1
     */
    List<TokenNeighbour> nearest(int[] ids, int count) {
        if (count < 1) {
            throw new IllegalArgumentException("count must be at least 1: " + count);
        }
        if (ids.length == 0) {
            throw new ArgotException("The text has no token, hence no neighbours.");
        }
        float[] wanted = mean(ids);
        double norm = Math.sqrt(dot(wanted, wanted, 0));
        Set<Integer> own = new HashSet<>();
        Arrays.stream(ids).forEach(own::add);
        var best = new PriorityQueue<Scored>(Comparator.comparingDouble(Scored::cosine));
        float[] block = new float[Math.max(1, Math.min(rows, BLOCK / width)) * width];
        for (int row = 0; row < rows; row += block.length / width) {
            int some = Math.min(block.length / width, rows - row);
            table.toFloat32((long) row * width, FloatBuffer.wrap(block, 0, some * width));
            for (int i = 0; i < some; i++) {
                double length = norm * Math.sqrt(square(block, i * width));
                double cosine = dot(wanted, block, i * width) / length;
                if (length > 0
                        && (best.size() < count || cosine > best.element().cosine())
                        && !own.contains(row + i)
                        && isWord(row + i)) {
                    best.add(new Scored(row + i, cosine));
                    if (best.size() > count) {
                        best.remove();
                    }
                }
            }
        }
        var nearest = new ArrayList<TokenNeighbour>();
        while (!best.isEmpty()) {
            Scored scored = best.remove();
            nearest.add(new TokenNeighbour(
                    scored.id(), tokenizer.token(scored.id()), Math.clamp(scored.cosine(), -1.0, 1.0)));
        }
        return List.copyOf(nearest.reversed());
    }

    private record Scored(int id, double cosine) {}

    private boolean isWord(int id) {
        if (tokenizer.isSpecial(id)) {
            return false;
        }
        String token;
        try {
            token = tokenizer.token(id);
        } catch (IllegalArgumentException e) {
            return false; // an id between tokens
        }
        return !UNUSED.matcher(token).matches();
    }

    private float[] mean(int[] ids) {
        float[] mean = new float[width];
        float[] row = new float[width];
        for (int id : ids) {
            if (id >= table.shape().get(0)) {
                throw new ArgotException("The tokenizer's token " + id + " has no row among the "
                        + table.shape().get(0) + " of " + table.name() + ".");
            }
            table.toFloat32((long) id * width, FloatBuffer.wrap(row));
            for (int i = 0; i < width; i++) {
                mean[i] += row[i] / ids.length;
            }
        }
        return mean;
    }

    private double square(float[] block, int from) {
        double sum = 0;
        for (int i = 0; i < width; i++) {
            sum += (double) block[from + i] * block[from + i];
        }
        return sum;
    }

    private double dot(float[] wanted, float[] block, int from) {
        double sum = 0;
        for (int i = 0; i < width; i++) {
            sum += (double) wanted[i] * block[from + i];
        }
        return sum;
    }
}
