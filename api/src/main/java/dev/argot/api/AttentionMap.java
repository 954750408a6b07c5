package dev.argot.api;

import java.util.List;

/**
 * Attention weights of a model for a text.
 *
 * @param model the model's name
 * @param sources the tokens that were read; of a decoder alone, its tokens
 * @param targets the tokens that the decoder of an encoder-decoder model read: the one it starts with, and what it wrote but for the token
 *     that ends it; else empty
 * @param heads the heads, by kind, layer and number
 */
public record AttentionMap(String model, List<Token> sources, List<Token> targets, List<Head> heads) {
    /** Copies the lists. */
    public AttentionMap {
        sources = List.copyOf(sources);
        targets = List.copyOf(targets);
        heads = List.copyOf(heads);
    }

    /** Who looks at whom. */
    public enum Kind {
        /** The text's tokens at one another: an encoder's attention, or that of a decoder alone. */
        SELF,
        /** The decoder's tokens at those before, in an encoder-decoder model. */
        DECODER,
        /** The decoder's tokens at the encoder's. */
        CROSS
    }

    /**
     * A token.
     *
     * @param id its id
     * @param text the part of the text it stands for; special tokens, and others that stand for none, in the vocabulary's spelling
     */
    public record Token(int id, String text) {}

    /**
     * One head.
     *
     * @param kind who looks at whom
     * @param layer number of the layer, from 0
     * @param head number of the head, from 0
     * @param weights [query][key]; each row sums to one
     */
    public record Head(Kind kind, int layer, int head, float[][] weights) {}
}
