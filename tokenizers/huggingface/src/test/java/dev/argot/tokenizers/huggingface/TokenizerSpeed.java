package dev.argot.tokenizers.huggingface;

import dev.argot.api.EncodeOptions;
import dev.argot.api.Tokenizer;
import dev.argot.spi.TokenizerData;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Measures how fast one thread encodes and decodes text files, in megabytes of UTF-8 a second, after warming up. Arguments: a folder with
 * {@code tokenizer.json} or a GGUF file, and text files.
 */
final class TokenizerSpeed {
    private static final int ROUNDS = 25;

    private TokenizerSpeed() {}

    public static void main(String[] args) throws IOException {
        Path model = Path.of(args[0]);
        Tokenizer tokenizer = new HuggingFaceTokenizerProvider()
                .open(Files.isDirectory(model) ? new TokenizerData.Folder(model) : GgufMetadata.read(model));
        for (int i = 1; i < args.length; i++) {
            String text = Files.readString(Path.of(args[i]));
            double megabytes = text.getBytes(StandardCharsets.UTF_8).length / 1e6;
            List<Double> encode = new ArrayList<>();
            List<Double> decode = new ArrayList<>();
            int tokens = 0;
            for (int round = 0; round < ROUNDS; round++) {
                long start = System.nanoTime();
                int[] ids = tokenizer.encode(text, EncodeOptions.PLAIN).ids();
                long middle = System.nanoTime();
                String decoded = tokenizer.decode(ids, false);
                long end = System.nanoTime();
                encode.add(megabytes * 1e9 / (middle - start));
                decode.add(megabytes * 1e9 / (end - middle));
                tokens = ids.length + decoded.length() - decoded.length();
            }
            encode.sort(null);
            decode.sort(null);
            System.out.printf(
                    "%s: %.1f MB, %d tokens; encode %.1f MB/s, decode %.1f MB/s (medians)%n",
                    Path.of(args[i]).getFileName(), megabytes, tokens, encode.get(ROUNDS / 2), decode.get(ROUNDS / 2));
        }
    }
}
