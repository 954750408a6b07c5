package dev.argot.tokenizers.huggingface;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The most probable sequence of pieces (Kudo 2018, "Subword Regularization"), found by Viterbi's algorithm. Neighbouring unknown
 * characters become one unknown token, or bytes.
 */
final class UnigramModel implements TokenModel {
    /** How much less probable an unknown character is than the least probable piece, in nats, as in SentencePiece. */
    private static final double UNKNOWN_PENALTY = 10;

    private final Trie pieces;
    private final double[] scores;
    private final int unknown;
    private final int @Nullable [] bytes;
    private final double unknownScore;
    private final WordCache cache = new WordCache();

    /**
     * A model of scored pieces.
     *
     * @param pieces the pieces
     * @param scores logarithm of each piece's probability, by id
     * @param unknown id for characters without a piece, or -1
     * @param bytes ids of the 256 byte pieces, or null
     */
    UnigramModel(Trie pieces, double[] scores, int unknown, int @Nullable [] bytes) {
        this.pieces = pieces;
        this.scores = scores;
        this.unknown = unknown;
        this.bytes = bytes;
        double least = Double.POSITIVE_INFINITY;
        for (double score : scores) {
            least = Math.min(least, score);
        }
        this.unknownScore = least - UNKNOWN_PENALTY;
    }

    @Override
    public void tokenize(AlignedText text, int from, int to, TokenBuffer out) {
        char[] chars = text.chars;
        if (to - from > WordCache.MAX_CHARS) {
            emit(text, from, split(chars, from, to), out);
            return;
        }
        int hash = WordCache.hash(chars, from, to);
        int[] tokens = cache.get(hash, chars, from, to);
        if (tokens == null) {
            tokens = split(chars, from, to);
            cache.put(hash, chars, from, to, tokens);
        }
        emit(text, from, tokens, out);
    }

    private static void emit(AlignedText text, int from, int[] tokens, TokenBuffer out) {
        for (int i = 0; i < tokens.length; i += 3) {
            out.add(tokens[i], text, from + tokens[i + 1], from + tokens[i + 2]);
        }
    }

    /** The tokens as triples of id, start and end, relative to {@code from}. */
    private int[] split(char[] chars, int from, int to) {
        int length = to - from;
        double[] best = new double[length + 1];
        int[] previous = new int[length + 1];
        int[] ids = new int[length + 1];
        Arrays.fill(previous, -1);
        int width;
        for (int start = 0; start < length; start += width) {
            width = Characters.width(chars, from + start, to);
            boolean single = false;
            int node = Trie.ROOT;
            for (int i = start; i < length; i++) {
                node = pieces.child(node, chars[from + i]);
                if (node < 0) {
                    break;
                }
                int id = pieces.id(node);
                if (id >= 0) {
                    int end = i + 1;
                    relax(best, previous, ids, start, end, id, scores[id]);
                    single |= end - start == width;
                }
            }
            if (!single) {
                relax(best, previous, ids, start, start + width, unknown, unknownScore);
            }
        }
        return trace(chars, from, length, previous, ids);
    }

    private static void relax(double[] best, int[] previous, int[] ids, int start, int end, int id, double score) {
        double candidate = best[start] + score;
        if (previous[end] < 0 || candidate > best[end]) {
            best[end] = candidate;
            previous[end] = start;
            ids[end] = id;
        }
    }

    private int[] trace(char[] chars, int from, int length, int[] previous, int[] ids) {
        int[] reversed = new int[length * 3];
        int count = 0;
        int end = length;
        while (end > 0) {
            int start = previous[end];
            int id = ids[end];
            while (id == unknown && start > 0 && ids[start] == unknown) {
                start = previous[start];
            }
            reversed[count++] = id;
            reversed[count++] = start;
            reversed[count++] = end;
            end = start;
        }
        int[] tokens = new int[count];
        int size = 0;
        for (int i = count - 3; i >= 0; i -= 3) {
            int id = reversed[i];
            int start = reversed[i + 1];
            int stop = reversed[i + 2];
            if (id == unknown && bytes != null) {
                byte[] utf8 = new String(chars, from + start, stop - start).getBytes(StandardCharsets.UTF_8);
                tokens = Arrays.copyOf(tokens, tokens.length + utf8.length * 3);
                for (byte b : utf8) {
                    size = put(tokens, size, bytes[b & 0xFF], start, stop);
                }
            } else if (id >= 0) {
                size = put(tokens, size, id, start, stop);
            }
        }
        return size == tokens.length ? tokens : Arrays.copyOf(tokens, size);
    }

    private static int put(int[] tokens, int at, int id, int start, int end) {
        tokens[at] = id;
        tokens[at + 1] = start;
        tokens[at + 2] = end;
        return at + 3;
    }
}
