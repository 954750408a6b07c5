package dev.argot.core.evaluation;

import dev.argot.api.Decoding;
import dev.argot.api.EncodeOptions;
import dev.argot.api.Tokenizer;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * How a question is put to an instruction-tuned model. Control tokens go in by their ids, between untrusted texts. Immutable, hence
 * thread-safe.
 */
public sealed interface ChatLayout {
    /**
     * The layout that a model's tokenizer asks for: {@link ChatMl} where it has the control tokens, else {@link Plain}.
     *
     * @param tokenizer the model's tokenizer
     */
    static ChatLayout of(Tokenizer tokenizer) {
        OptionalInt start = control(tokenizer, ChatMl.START);
        OptionalInt end = control(tokenizer, ChatMl.END);
        return start.isPresent() && end.isPresent()
                ? new ChatMl(tokenizer, start.getAsInt(), end.getAsInt())
                : new Plain(tokenizer);
    }

    private static OptionalInt control(Tokenizer tokenizer, String token) {
        OptionalInt id = tokenizer.id(token);
        return id.isPresent() && tokenizer.isSpecial(id.getAsInt()) ? id : OptionalInt.empty();
    }

    /** The layout's name. */
    String name();

    /**
     * The tokens of a question, up to where the answer begins.
     *
     * @param question untrusted text
     */
    int[] prompt(String question);

    /**
     * Settings with which an answer ends where it should.
     *
     * @param decoding other settings
     */
    Decoding ending(Decoding decoding);

    /**
     * The layout of ChatML: {@code <|im_start|>user}, line break, question, {@code <|im_end|>}, line break, and the same beginning for
     * the assistant.
     *
     * @param tokenizer the model's tokenizer
     * @param start id of {@code <|im_start|>}
     * @param end id of {@code <|im_end|>}
     */
    record ChatMl(Tokenizer tokenizer, int start, int end) implements ChatLayout {
        private static final String START = "<|im_start|>";
        private static final String END = "<|im_end|>";

        @Override
        public String name() {
            return "chatml";
        }

        @Override
        public int[] prompt(String question) {
            return Stream.of(
                            IntStream.of(start),
                            ids("user\n" + question),
                            IntStream.of(end),
                            ids("\n"),
                            IntStream.of(start),
                            ids("assistant\n"))
                    .flatMapToInt(part -> part)
                    .toArray();
        }

        private IntStream ids(String text) {
            return Arrays.stream(tokenizer.encode(text, EncodeOptions.PLAIN).ids());
        }

        @Override
        public Decoding ending(Decoding decoding) {
            return decoding.toBuilder().stopIds(end).build();
        }
    }

    /**
     * The question, a line break, and the answer up to an empty line.
     *
     * @param tokenizer the model's tokenizer
     */
    record Plain(Tokenizer tokenizer) implements ChatLayout {
        @Override
        public String name() {
            return "plain";
        }

        @Override
        public int[] prompt(String question) {
            return tokenizer.encode(question + "\n").ids();
        }

        @Override
        public Decoding ending(Decoding decoding) {
            return decoding.toBuilder().stopStrings("\n\n").build();
        }
    }
}
