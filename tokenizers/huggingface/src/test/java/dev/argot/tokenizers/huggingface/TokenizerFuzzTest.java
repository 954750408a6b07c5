package dev.argot.tokenizers.huggingface;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.argot.api.ArgotException;
import dev.argot.api.EncodeOptions;
import dev.argot.api.Encoding;
import dev.argot.api.Tokenizer;
import java.io.CharConversionException;
import java.io.IOException;
import java.nio.file.Path;

/** Whatever stands in {@code tokenizer.json} or in a text, the worst that happens is an {@link ArgotException}. */
class TokenizerFuzzTest {
    @FuzzTest(maxDuration = "60s")
    void read_anyFile_endsInATokenizerOrAnArgotException(byte[] file) throws IOException {
        try {
            ObjectMapper mapper = Json.mapper();
            JsonParser parser = mapper.createParser(file);
            Tokenizer tokenizer = TokenizerFiles.read(Path.of("fuzzed"), parser, mapper.createObjectNode());
            check(tokenizer, "Hello, wörld \ud83d\ude00 <s> 123");
        } catch (CharConversionException e) {
            // Jackson finds a broken UTF-32 mark before there is a parser
            check(Shared.TOKENIZER, "");
        } catch (ArgotException e) {
            if (e.getMessage() == null) {
                throw new AssertionError("an exception without a message", e);
            }
        }
    }

    @FuzzTest(maxDuration = "60s")
    void encode_anyText_staysWithinTheText(FuzzedDataProvider data) {
        check(Shared.TOKENIZER, data.consumeRemainingAsString());
    }

    private static void check(Tokenizer tokenizer, String text) {
        Encoding encoding = tokenizer.encode(text, EncodeOptions.DEFAULT.asTrusted());
        for (int i = 0; i < encoding.size(); i++) {
            if (encoding.start(i) < 0 || encoding.start(i) > encoding.end(i) || encoding.end(i) > text.length()) {
                throw new AssertionError("token " + i + " stands for " + encoding.start(i) + " to " + encoding.end(i)
                        + " of a text of " + text.length());
            }
        }
        String decoded = tokenizer.decode(encoding.ids(), false);
        if (decoded.codePoints().anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE)) {
            throw new AssertionError("half a character in the decoded text");
        }
    }

    private static final class Shared {
        private static final Tokenizer TOKENIZER =
                Golden.tokenizer(Golden.folder().resolve("tokenizer-unigram-t5"));
    }
}
