package dev.argot.core.bundle;

import dev.argot.api.ArgotException;
import dev.argot.api.EncodeOptions;
import dev.argot.api.Tokenizer;
import dev.argot.api.adaptation.AdaptationReport.VocabularyGain;
import dev.argot.spi.TokenizerData;
import dev.argot.spi.TokenizerProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A tokenizer with further tokens, and what each of them was before. Immutable.
 *
 * @param data what the new tokenizer is made from: a folder with its files
 * @param tokenizer the new tokenizer
 * @param before the old one
 * @param firstId the first new id; the others follow
 * @param pieces for each new token the old ids it stands for
 * @param words the candidates that became tokens, those that save most first
 */
public record ExtendedVocabulary(
        TokenizerData.Folder data,
        Tokenizer tokenizer,
        Tokenizer before,
        int firstId,
        List<int[]> pieces,
        List<VocabularyMiner.Candidate> words) {
    private static final EncodeOptions PLAIN = new EncodeOptions(false, false, Optional.empty());

    /** Copies the lists. */
    public ExtendedVocabulary {
        pieces = List.copyOf(pieces);
        words = List.copyOf(words);
    }

    /**
     * Adds words to a tokenizer.
     *
     * @param provider makes the tokenizers
     * @param data what the old tokenizer is made from
     * @param candidates the words
     * @param folder where the new tokenizer's files are written; made if it is not there
     * @throws dev.argot.api.ProviderException if this kind of tokenizer cannot be extended
     * @throws ArgotException if the files cannot be written
     */
    public static ExtendedVocabulary of(
            TokenizerProvider provider, TokenizerData data, List<VocabularyMiner.Candidate> candidates, Path folder) {
        Map<String, VocabularyMiner.Candidate> byWord = new HashMap<>();
        candidates.forEach(candidate -> byWord.put(candidate.word(), candidate));
        Map<String, byte[]> files = provider.extend(
                data, candidates.stream().map(VocabularyMiner.Candidate::word).toList());
        try {
            Files.createDirectories(folder);
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                Files.write(folder.resolve(file.getKey()), file.getValue());
            }
        } catch (IOException e) {
            throw new ArgotException(folder + ": the tokenizer cannot be written: " + e, e);
        }
        Tokenizer before = provider.open(data);
        var written = new TokenizerData.Folder(folder);
        Tokenizer after = provider.open(written);
        var pieces = new ArrayList<int[]>();
        var words = new ArrayList<VocabularyMiner.Candidate>();
        for (int id = before.vocabularySize(); id < after.vocabularySize(); id++) {
            String text = after.decode(new int[] {id}, false);
            pieces.add(before.encode(" " + text.strip(), PLAIN).ids());
            VocabularyMiner.@Nullable Candidate candidate = byWord.get(text.strip());
            if (candidate != null) {
                words.add(candidate);
            }
        }
        return new ExtendedVocabulary(written, after, before, before.vocabularySize(), pieces, words);
    }

    /**
     * What the new tokens save.
     *
     * @param name what the texts are, such as {@code "held-out text"}
     * @param texts texts that were not mined; read once
     */
    public VocabularyGain gain(String name, Stream<String> texts) {
        var counts = new long[2];
        texts.forEachOrdered(text -> {
            counts[0] += before.encode(text, PLAIN).size();
            counts[1] += tokenizer.encode(text, PLAIN).size();
        });
        List<VocabularyGain.AddedTerm> added = words.stream()
                .sorted(Collections.reverseOrder(java.util.Comparator.comparingLong(VocabularyMiner.Candidate::saved)))
                .map(word -> new VocabularyGain.AddedTerm(word.word(), word.pieces(), word.occurrences()))
                .toList();
        return new VocabularyGain(name, counts[0], counts[1], added);
    }
}
