package dev.argot.tokenizers.huggingface;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.argot.api.EncodeOptions;
import dev.argot.api.FileFormatException;
import dev.argot.api.ProviderException;
import dev.argot.api.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Adds words to the files of a tokenizer. Where text is split into words and these are spelt in bytes (GPT-2, Llama 3, SmolLM, Qwen), a
 * word goes into the model's vocabulary with the space before it, and {@code ignore_merges} makes the model take words of its vocabulary
 * whole: no merge is added, so no other word changes. That flag must not change any old word, which is tried for each token of the
 * vocabulary. Elsewhere (WordPiece, Unigram, SentencePiece) a word becomes an added token, {@code single_word} and not special, which is
 * found where no letter or digit touches it; where blanks are normalized to ▁ (Llama 2, Gemma) it is found behind each of them, hence at
 * the start of longer words too.
 */
final class VocabularyExtension {
    /** The class that takes tokenizer.json as it is; others rebuild a tokenizer from vocabulary and merges, and lose the rest. */
    private static final String TOKENIZER_CLASS = "PreTrainedTokenizerFast";

    /** What says the same as tokenizer.json in older words, and would now contradict it. */
    private static final List<String> STALE = List.of(
            "added_tokens.json",
            "vocab.json",
            "merges.txt",
            "vocab.txt",
            "tokenizer.model",
            "spiece.model",
            "sentencepiece.bpe.model");

    private static final EncodeOptions PLAIN = new EncodeOptions(false, false, Optional.empty());

    private final ObjectMapper mapper = Json.mapper();
    private final Path origin;
    private final Map<String, byte[]> files;
    private final byte[] config;
    private final Tokenizer before;

    /**
     * Opens the tokenizer.
     *
     * @param origin where it comes from, for messages
     * @param files its files
     */
    VocabularyExtension(Path origin, Map<String, byte[]> files) {
        this.origin = origin;
        this.files = files;
        this.config = files.getOrDefault(TokenizerFiles.CONFIG, new byte[] {'{', '}'});
        this.before = TokenizerFiles.read(origin, file(TokenizerFiles.TOKENIZER), config);
    }

    private byte[] file(String name) {
        byte[] content = files.get(name);
        if (content == null) {
            throw new FileFormatException(origin, "expected " + name + ", but it is missing");
        }
        return content;
    }

    /** The files with further tokens. */
    Map<String, byte[]> extend(List<String> terms) {
        var words = new LinkedHashSet<String>();
        for (String term : terms) {
            if (!term.isEmpty() && term.codePoints().allMatch(Character::isLetter)) {
                words.add(term);
            }
        }
        byte[] tokenizer = spelt(new ArrayList<>(words)).orElseGet(() -> added(new ArrayList<>(words)));
        var result = new LinkedHashMap<>(files);
        STALE.forEach(result::remove);
        result.put(TokenizerFiles.TOKENIZER, tokenizer);
        ObjectNode settings = object(TokenizerFiles.CONFIG, config);
        settings.put("tokenizer_class", TOKENIZER_CLASS);
        result.put(TokenizerFiles.CONFIG, write(settings));
        return result;
    }

    private ObjectNode object(String name, byte[] json) {
        try {
            if (mapper.readTree(json) instanceof ObjectNode object) {
                return object;
            }
        } catch (IOException e) {
            throw new FileFormatException(origin, name + ": expected JSON, found something else", e);
        }
        throw new FileFormatException(origin, name + ": expected an object");
    }

    private byte[] write(ObjectNode json) {
        try {
            return mapper.writeValueAsBytes(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // ---- whole words of a byte-level vocabulary

    /** The tokenizer with words in its model's vocabulary, or empty where that does not work. */
    private Optional<byte[]> spelt(List<String> words) {
        ObjectNode root = object(TokenizerFiles.TOKENIZER, file(TokenizerFiles.TOKENIZER));
        if (!isByteLevel(root)) {
            return Optional.empty();
        }
        boolean whole = root.path("model").path("ignore_merges").asBoolean(false);
        // The spelling is that of the tokens a word has now; one of several words has more than one of them in the end.
        var spellings = new LinkedHashMap<String, String>();
        for (String word : words) {
            int[] pieces = before.encode(" " + word, PLAIN).ids();
            if (pieces.length > 1) {
                var spelling = new StringBuilder();
                Arrays.stream(pieces).forEach(id -> spelling.append(before.token(id)));
                spellings.put(word, spelling.toString());
            }
        }
        byte[] all = withVocabulary(spellings.values());
        Tokenizer trial = TokenizerFiles.read(origin, all, config);
        if (!whole && !sameTokens(trial)) {
            return Optional.empty();
        }
        int size = spellings.size();
        spellings.keySet().removeIf(word -> trial.encode(" " + word, PLAIN).size() != 1);
        return Optional.of(spellings.size() == size ? all : withVocabulary(spellings.values()));
    }

    private static boolean isByteLevel(ObjectNode root) {
        var model = root.path("model");
        boolean bpe = model.path("vocab").isObject() && model.path("merges").isArray();
        boolean plain = model.path("continuing_subword_prefix").asText("").isEmpty()
                && model.path("end_of_word_suffix").asText("").isEmpty()
                && !model.path("byte_fallback").asBoolean(false);
        var pre = root.path("pre_tokenizer");
        var steps = pre.path("pretokenizers");
        var last = steps.isArray() && !steps.isEmpty() ? steps.get(steps.size() - 1) : pre;
        return bpe && plain && last.path("type").asText("").equals("ByteLevel");
    }

    private byte[] withVocabulary(Iterable<String> spellings) {
        ObjectNode root = object(TokenizerFiles.TOKENIZER, file(TokenizerFiles.TOKENIZER));
        ObjectNode model = (ObjectNode) root.get("model");
        model.put("ignore_merges", true);
        ObjectNode vocabulary = (ObjectNode) model.get("vocab");
        int id = before.vocabularySize();
        for (String spelling : spellings) {
            if (!vocabulary.has(spelling) && before.id(spelling).isEmpty()) {
                vocabulary.put(spelling, id++);
            }
        }
        return write(root);
    }

    /** Whether the text of every old token still has the same tokens. */
    private boolean sameTokens(Tokenizer after) {
        for (int id = 0; id < before.vocabularySize(); id++) {
            if (!before.isSpecial(id)) {
                String text = before.decode(new int[] {id}, false);
                if (!Arrays.equals(
                        before.encode(text, PLAIN).ids(),
                        after.encode(text, PLAIN).ids())) {
                    return false;
                }
            }
        }
        return true;
    }

    // ---- added tokens

    /**
     * How an added token is looked for.
     *
     * @param space whether its content begins with a blank
     * @param normalized whether it is looked for in normalized text, its content normalized too
     * @param singleWord whether no letter or digit may touch it
     */
    private record Form(boolean space, boolean normalized, boolean singleWord) {}

    /** The tokenizer with words as added tokens, in the first form that leaves other words alone and decodes to the text. */
    private byte[] added(List<String> words) {
        var fresh = new ArrayList<String>();
        var found = new HashSet<String>();
        for (String word : words) {
            int[] pieces = before.encode(word, PLAIN).ids();
            if (pieces.length > 1
                    && found.add(before.decode(pieces, false))
                    && before.id(word).isEmpty()) {
                fresh.add(word);
            }
        }
        for (Form form :
                List.of(new Form(false, true, true), new Form(true, true, false), new Form(false, true, false))) {
            byte[] tokenizer = withAdded(fresh, form);
            if (fresh.isEmpty() || fits(TokenizerFiles.read(origin, tokenizer, config), fresh.getFirst())) {
                return tokenizer;
            }
        }
        throw new ProviderException(origin
                + ": this kind of tokenizer cannot take further words without changing how the text around them is encoded"
                + " or decoded, so its vocabulary cannot be extended.");
    }

    private byte[] withAdded(List<String> words, Form form) {
        ObjectNode root = object(TokenizerFiles.TOKENIZER, file(TokenizerFiles.TOKENIZER));
        ArrayNode list = root.path("added_tokens") instanceof ArrayNode array ? array : root.putArray("added_tokens");
        int id = before.vocabularySize();
        for (String word : words) {
            list.addObject()
                    .put("id", id++)
                    .put("content", form.space ? " " + word : word)
                    .put("single_word", form.singleWord)
                    .put("lstrip", false)
                    .put("rstrip", false)
                    .put("normalized", form.normalized)
                    .put("special", false);
        }
        return write(root);
    }

    private boolean fits(Tokenizer after, String word) {
        boolean fits = Arrays.equals(
                after.encode("a" + word, PLAIN).ids(),
                before.encode("a" + word, PLAIN).ids());
        for (String text : List.of("of " + word + " and a", "of " + word + ", and a")) {
            int[] old = before.encode(text, PLAIN).ids();
            int[] now = after.encode(text, PLAIN).ids();
            fits &= now.length < old.length && after.decode(now, false).equals(before.decode(old, false));
        }
        return fits;
    }
}
