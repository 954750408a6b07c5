package dev.argot.api;

import dev.argot.api.chat.ChatTemplate;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Turns text into the token ids of one model and back.
 *
 * <p>Text is untrusted unless said otherwise: {@link #encode(String)} reads {@code "<|im_end|>"} in the text as plain characters, never as
 * the control token of that name. Only {@link EncodeOptions#trusted()} lets special tokens in the text become control tokens, and
 * {@link EncodeOptions#controlTokens()} those it names.
 *
 * <p>Lone surrogates in the text are read as U+FFFD. Implementations are thread-safe and immutable; the time taken is linear in the
 * length of the text.
 */
public interface Tokenizer {
    /**
     * Encodes one untrusted text, with the special tokens the model expects around it (such as {@code <s>} or {@code [CLS]}).
     *
     * @param text the text; may be empty
     */
    default Encoding encode(String text) {
        return encode(text, EncodeOptions.DEFAULT);
    }

    /**
     * Encodes one text.
     *
     * @param text the text; may be empty
     * @param options special tokens, trust, truncation
     */
    Encoding encode(String text, EncodeOptions options);

    /**
     * Encodes a pair of texts, such as question and passage, laid out as the model expects it.
     *
     * @param first the first text
     * @param second the second text
     * @param options special tokens, trust, truncation
     * @throws ArgotException if truncation cannot make the pair fit
     */
    Encoding encodePair(String first, String second, EncodeOptions options);

    /**
     * Encodes the texts of a batch and pads them to one length.
     *
     * @param texts the texts
     * @param options special tokens, trust, truncation
     * @param padding how shorter texts are filled up
     */
    default List<Encoding> encodeAll(List<String> texts, EncodeOptions options, Padding padding) {
        return padding.apply(texts.stream().map(text -> encode(text, options)).toList());
    }

    /**
     * The text of a sequence of ids, special tokens left out.
     *
     * @param ids token ids
     * @throws IllegalArgumentException if an id is negative or not below {@link #vocabularySize()}
     */
    default String decode(int... ids) {
        return decode(ids, true);
    }

    /**
     * The text of a sequence of ids. Bytes that form no whole character become U+FFFD.
     *
     * @param ids token ids
     * @param skipSpecialTokens whether special tokens are left out
     * @throws IllegalArgumentException if an id is negative or not below {@link #vocabularySize()}
     */
    String decode(int[] ids, boolean skipSpecialTokens);

    /**
     * A decoder that is fed one id at a time and hands out text as soon as it is certain. A new one for each stream.
     *
     * @param skipSpecialTokens whether special tokens are left out
     */
    StreamDecoder streamDecoder(boolean skipSpecialTokens);

    /** One more than the largest id, added tokens included. Not every id below it need have a token. */
    int vocabularySize();

    /**
     * The token with this id, in the vocabulary's own spelling (such as {@code "Ġthe"}).
     *
     * @param id the token's id
     * @throws IllegalArgumentException if the id has no token
     */
    String token(int id);

    /**
     * The id of a token in the vocabulary's own spelling, if there is such a token.
     *
     * @param token the vocabulary's spelling
     */
    OptionalInt id(String token);

    /**
     * Whether the id is that of a special (control) token.
     *
     * @param id a token id
     */
    boolean isSpecial(int id);

    /** The special tokens with a role, such as the one that ends a text. */
    SpecialTokens specialTokens();

    /** The checkpoint's chat template, where it has one. */
    default Optional<ChatTemplate> chatTemplate() {
        return Optional.empty();
    }

    /**
     * The bytes (UTF-8) that a token adds to a text inside of it, possibly a part of a character; none for special tokens, which add nothing.
     *
     * @param id the token's id
     * @throws IllegalArgumentException if the id has no token
     * @throws UnsupportedOperationException if the text of tokens together is not that of each (WordPiece mends blanks between tokens)
     */
    default byte[] bytes(int id) {
        throw new UnsupportedOperationException("tokens of this tokenizer have no bytes of their own");
    }

    /**
     * Decodes a growing sequence of ids. Never hands out half a character: bytes of an unfinished character are held back until it is
     * whole or can no longer become so. Not thread-safe.
     */
    interface StreamDecoder {
        /**
         * Takes the next id.
         *
         * @param id the next token id
         * @return the text that has become certain, possibly empty
         */
        String next(int id);

        /** Ends the stream: the text held back so far, unfinished characters as U+FFFD. */
        String finish();
    }

    /**
     * Special tokens by role; a role without token is empty.
     *
     * @param bos begins a text
     * @param eos ends a text
     * @param pad fills a row of a batch
     * @param unk stands for what the vocabulary cannot spell
     * @param mask stands for a hidden token (masked language models)
     * @param sep separates two texts
     * @param cls gathers a text for classification
     * @param all every special token's id, in ascending order
     */
    record SpecialTokens(
            OptionalInt bos,
            OptionalInt eos,
            OptionalInt pad,
            OptionalInt unk,
            OptionalInt mask,
            OptionalInt sep,
            OptionalInt cls,
            List<Integer> all) {
        /** Copies the list. */
        public SpecialTokens {
            all = List.copyOf(all);
        }
    }
}
