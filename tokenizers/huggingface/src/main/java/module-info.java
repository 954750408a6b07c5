import dev.argot.spi.TokenizerProvider;
import dev.argot.tokenizers.huggingface.HuggingFaceTokenizerProvider;
import org.jspecify.annotations.NullMarked;

/** Tokenizers described by {@code tokenizer.json}: byte-pair encoding, WordPiece and Unigram. */
@NullMarked
module dev.argot.tokenizers.huggingface {
    requires com.fasterxml.jackson.databind;
    requires dev.argot.spi;
    requires static org.jspecify;

    provides TokenizerProvider with
            HuggingFaceTokenizerProvider;
}
