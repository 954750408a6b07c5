package dev.argot.conformance;

import dev.argot.api.EncodeOptions;
import dev.argot.api.Encoding;
import dev.argot.api.Tokenizer;
import java.util.List;
import java.util.OptionalInt;

/** Stands where golden checkpoints have no tokenizer: every token is spelled as nothing. */
final class NoTokenizer implements Tokenizer {
    @Override
    public Encoding encode(String text, EncodeOptions options) {
        throw new UnsupportedOperationException("these checkpoints have no tokenizer");
    }

    @Override
    public Encoding encodePair(String first, String second, EncodeOptions options) {
        throw new UnsupportedOperationException("these checkpoints have no tokenizer");
    }

    @Override
    public String decode(int[] ids, boolean skipSpecialTokens) {
        return "";
    }

    @Override
    public StreamDecoder streamDecoder(boolean skipSpecialTokens) {
        return new StreamDecoder() {
            @Override
            public String next(int id) {
                return "";
            }

            @Override
            public String finish() {
                return "";
            }
        };
    }

    @Override
    public int vocabularySize() {
        return Integer.MAX_VALUE;
    }

    @Override
    public String token(int id) {
        return Integer.toString(id);
    }

    @Override
    public OptionalInt id(String token) {
        return OptionalInt.empty();
    }

    @Override
    public boolean isSpecial(int id) {
        return false;
    }

    @Override
    public SpecialTokens specialTokens() {
        var none = OptionalInt.empty();
        return new SpecialTokens(none, none, none, none, none, none, none, List.of());
    }
}
