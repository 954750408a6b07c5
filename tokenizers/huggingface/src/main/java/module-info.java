import org.jspecify.annotations.NullMarked;

/** Tokenizers described by {@code tokenizer.json}: byte-pair encoding, WordPiece and Unigram. */
@NullMarked
module dev.argot.tokenizers.huggingface {
    requires com.fasterxml.jackson.databind;
    requires dev.argot.spi;
    requires static org.jspecify;
}
