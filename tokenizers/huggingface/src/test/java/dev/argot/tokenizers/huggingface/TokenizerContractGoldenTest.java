package dev.argot.tokenizers.huggingface;

import dev.argot.api.Tokenizer;
import dev.argot.testkit.TokenizerContract;
import java.util.Optional;
import org.junit.jupiter.api.Nested;

/** What every tokenizer promises, kept by one of each kind of model. */
class TokenizerContractGoldenTest {
    private static Tokenizer recorded(String name) {
        return Golden.tokenizer(Golden.folder().resolve(name));
    }

    @Nested
    class ByteLevel extends TokenizerContract {
        private final Tokenizer tokenizer = recorded("tokenizer-bpe-llama3");

        @Override
        protected Tokenizer tokenizer() {
            return tokenizer;
        }
    }

    @Nested
    class ByteFallback extends TokenizerContract {
        private final Tokenizer tokenizer = recorded("tokenizer-spm-bpe-bytefallback");

        @Override
        protected Tokenizer tokenizer() {
            return tokenizer;
        }

        @Override
        protected Optional<String> restored(String text) {
            // The visible space of SentencePiece is read as a space.
            return Optional.of(text.replace('\u2581', ' '));
        }
    }

    @Nested
    class Unigram extends TokenizerContract {
        private final Tokenizer tokenizer = recorded("tokenizer-unigram-t5");

        @Override
        protected Tokenizer tokenizer() {
            return tokenizer;
        }

        @Override
        protected Optional<String> restored(String text) {
            return Optional.empty();
        }
    }

    @Nested
    class WordPiece extends TokenizerContract {
        private final Tokenizer tokenizer = recorded("tokenizer-wordpiece-uncased");

        @Override
        protected Tokenizer tokenizer() {
            return tokenizer;
        }

        @Override
        protected Optional<String> restored(String text) {
            return Optional.empty();
        }
    }
}
