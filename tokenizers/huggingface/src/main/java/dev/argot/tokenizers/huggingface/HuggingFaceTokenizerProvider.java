package dev.argot.tokenizers.huggingface;

import dev.argot.api.Tokenizer;
import dev.argot.spi.TokenizerData;
import dev.argot.spi.TokenizerProvider;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Tokenizers as Hugging Face stores them: {@code tokenizer.json} of a folder, or the metadata of a GGUF file, which say the same in other
 * words. Byte-pair encoding, WordPiece, Unigram and whole words, with ids, offsets and decoded text equal to those of the library
 * {@code tokenizers} (version 0.23).
 *
 * <p>One difference is meant: in untrusted text a model's vocabulary never spells a special token, even where it could.
 */
public final class HuggingFaceTokenizerProvider implements TokenizerProvider {
    /** For the service loader. */
    public HuggingFaceTokenizerProvider() {}

    @Override
    public String name() {
        return "huggingface";
    }

    @Override
    public boolean accepts(TokenizerData data) {
        return switch (data) {
            case TokenizerData.Folder folder ->
                Files.isRegularFile(folder.folder().resolve(TokenizerFiles.TOKENIZER));
            case TokenizerData.Gguf gguf -> gguf.metadata().containsKey("tokenizer.ggml.model");
        };
    }

    @Override
    public Tokenizer open(TokenizerData data) {
        return switch (data) {
            case TokenizerData.Folder folder -> TokenizerFiles.read(folder.folder());
            case TokenizerData.Gguf gguf -> {
                GgufTokenizer files = new GgufTokenizer(gguf);
                yield TokenizerFiles.read(gguf.file(), files.tokenizer(), files.config());
            }
        };
    }

    @Override
    public Map<String, byte[]> files(TokenizerData data) {
        return switch (data) {
            case TokenizerData.Folder folder -> copies(folder.folder());
            case TokenizerData.Gguf gguf -> new GgufTokenizer(gguf).files();
        };
    }

    @Override
    public Map<String, byte[]> extend(TokenizerData data, List<String> terms) {
        return new VocabularyExtension(data.origin(), files(data)).extend(terms);
    }

    private static Map<String, byte[]> copies(Path folder) {
        Map<String, byte[]> files = new LinkedHashMap<>();
        List<String> names = List.of(
                TokenizerFiles.TOKENIZER,
                TokenizerFiles.CONFIG,
                TokenizerFiles.SPECIAL_TOKENS,
                "added_tokens.json",
                "chat_template.jinja",
                "chat_template.json",
                "vocab.json",
                "merges.txt",
                "vocab.txt",
                "tokenizer.model",
                "spiece.model",
                "sentencepiece.bpe.model");
        for (String name : names) {
            Path file = folder.resolve(name);
            if (Files.isRegularFile(file)) {
                try {
                    files.put(name, Files.readAllBytes(file));
                } catch (IOException e) {
                    throw new UncheckedIOException("cannot read " + file, e);
                }
            }
        }
        return files;
    }
}
