package dev.argot.tokenizers.huggingface;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.argot.api.FileFormatException;
import dev.argot.api.Tokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code tokenizer.json} in the format of the Hugging Face library {@code tokenizers}, version 1.0, and the roles of special tokens
 * from {@code tokenizer_config.json} and {@code special_tokens_map.json}. One use for one tokenizer.
 */
final class TokenizerFiles {
    static final String TOKENIZER = "tokenizer.json";
    static final String CONFIG = "tokenizer_config.json";
    static final String SPECIAL_TOKENS = "special_tokens_map.json";

    /** Most steps of a sequence of normalizers, pre-tokenizers, decoders or post-processors. */
    private static final int MAX_STEPS = 64;

    private static final List<String> ROLES =
            List.of("bos_token", "eos_token", "pad_token", "unk_token", "mask_token", "sep_token", "cls_token");

    private static final String DEFAULT_TEMPLATE = "default";

    private final Path file;
    /** Sources of chat templates by name. */
    private final Map<String, String> templates = new LinkedHashMap<>();

    private final ObjectMapper mapper = Json.mapper();
    private final Characters characters = new Characters();
    private final ByteAlphabet alphabet = new ByteAlphabet();
    private final Map<Normalizer.Form, CanonicalForm> forms = new HashMap<>();
    private final Map<String, Json> fields = new HashMap<>();
    private final Map<String, Json> model = new HashMap<>();

    /** The model's tokens; of a Unigram model in the order of their ids. */
    private final List<String> tokens = new ArrayList<>();

    private final List<Integer> ids = new ArrayList<>();
    private final List<Double> scores = new ArrayList<>();
    private final List<String> merges = new ArrayList<>();
    private boolean hasVocabulary;
    private boolean hasScores;
    private boolean hasMerges;
    /** Whether the model spells bytes itself. */
    private boolean modelSpellsBytes;

    private TokenizerFiles(Path file) {
        this.file = file;
    }

    /** The tokenizer of a folder. */
    static HuggingFaceTokenizer read(Path folder) {
        Path file = folder.resolve(TOKENIZER);
        TokenizerFiles reader = new TokenizerFiles(file);
        try (InputStream in = Files.newInputStream(file)) {
            reader.parse(reader.mapper.createParser(in));
        } catch (IOException e) {
            throw reader.unreadable(file, e);
        }
        Map<String, Json> roles = new HashMap<>();
        reader.readRoles(folder.resolve(SPECIAL_TOKENS), roles);
        reader.readRoles(folder.resolve(CONFIG), roles);
        reader.readTemplates(folder);
        return reader.build(roles);
    }

    /**
     * The tokenizer of files that aren't on disk.
     *
     * @param origin where they come from, for messages
     * @param tokenizer reads what {@code tokenizer.json} would hold
     * @param config content of {@code tokenizer_config.json}
     */
    static HuggingFaceTokenizer read(Path origin, JsonParser tokenizer, JsonNode config) {
        TokenizerFiles reader = new TokenizerFiles(origin);
        Map<String, Json> roles = new HashMap<>();
        try {
            reader.parse(tokenizer);
        } catch (IOException e) {
            throw reader.unreadable(origin, e);
        }
        reader.addRoles(origin, config, roles);
        return reader.build(roles);
    }

    /**
     * The tokenizer of files that are in memory.
     *
     * @param origin where they come from, for messages
     * @param tokenizer content of {@code tokenizer.json}
     * @param config content of {@code tokenizer_config.json}
     */
    static HuggingFaceTokenizer read(Path origin, byte[] tokenizer, byte[] config) {
        ObjectMapper mapper = Json.mapper();
        try (JsonParser parser = mapper.createParser(tokenizer)) {
            return read(origin, parser, mapper.readTree(config));
        } catch (IOException e) {
            throw new TokenizerFiles(origin).unreadable(origin, e);
        }
    }

    private RuntimeException unreadable(Path path, IOException e) {
        if (e instanceof JsonProcessingException json) {
            return new FileFormatException(
                    path, "expected JSON, found " + json.getOriginalMessage() + " at " + place(json), e);
        }
        return e instanceof java.nio.charset.CharacterCodingException
                ? new FileFormatException(path, "expected UTF-8", e)
                : new UncheckedIOException("cannot read " + path, e);
    }

    private static String place(JsonProcessingException e) {
        return e.getLocation() == null
                ? "its start"
                : "line " + e.getLocation().getLineNr() + ", column "
                        + e.getLocation().getColumnNr();
    }

    private void readRoles(Path path, Map<String, Json> roles) {
        if (!Files.isRegularFile(path)) {
            return;
        }
        try (InputStream in = Files.newInputStream(path)) {
            addRoles(path, mapper.readTree(in), roles);
        } catch (IOException e) {
            throw unreadable(path, e);
        }
    }

    /** Chat templates in files of their own, which come before those in the configuration. */
    private void readTemplates(Path folder) {
        Path json = folder.resolve("chat_template.json");
        Path single = folder.resolve("chat_template.jinja");
        Path more = folder.resolve("additional_chat_templates");
        try {
            if (Files.isRegularFile(json)) {
                addTemplates(json, mapper.readTree(Files.readAllBytes(json)));
            }
            if (Files.isRegularFile(single)) {
                templates.put(DEFAULT_TEMPLATE, Files.readString(single));
            }
            if (Files.isDirectory(more)) {
                try (Stream<Path> files = Files.list(more)) {
                    for (Path file : files.sorted().toList()) {
                        String name = file.getFileName().toString();
                        if (name.endsWith(".jinja")) {
                            templates.put(name.substring(0, name.length() - ".jinja".length()), Files.readString(file));
                        }
                    }
                }
            }
        } catch (IOException e) {
            throw unreadable(folder, e);
        }
    }

    /** A template, or several with names. */
    private void addTemplates(Path path, JsonNode node) {
        Json json = new Json(path, "", node).get("chat_template");
        if (json.isAbsent()) {
            return;
        }
        if (json.node().isTextual()) {
            templates.put(DEFAULT_TEMPLATE, json.text());
            return;
        }
        if (!json.node().isArray()) {
            throw json.error("a template, or a list of templates with names");
        }
        for (Json one : json.elements(MAX_STEPS)) {
            templates.put(one.get("name").text(), one.get("template").text());
        }
    }

    private void addRoles(Path path, JsonNode node, Map<String, Json> roles) {
        Json json = new Json(path, "", node);
        if (!node.isObject()) {
            throw json.error("an object");
        }
        addTemplates(path, node);
        for (String role : ROLES) {
            Json value = json.get(role);
            if (!value.isAbsent()) {
                roles.put(role, value.node().isObject() ? value.get("content") : value);
            }
        }
    }

    private void parse(JsonParser parser) throws IOException {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            throw new FileFormatException(
                    file,
                    "expected an object, found " + (parser.currentToken() == null ? "nothing" : parser.getText()));
        }
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            parser.nextToken();
            if (name.equals("model")) {
                parseModel(parser);
            } else {
                JsonNode value = mapper.readTree(parser);
                fields.put(name, new Json(file, name, value));
            }
        }
        if (parser.nextToken() != null) {
            throw new FileFormatException(file, "expected one object, found more after it");
        }
    }

    private void parseModel(JsonParser parser) throws IOException {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            throw wrong(parser, "model", "an object");
        }
        fields.put("model", new Json(file, "model", mapper.createObjectNode()));
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            parser.nextToken();
            switch (name) {
                case "vocab" -> parseVocabulary(parser);
                case "merges" -> parseMerges(parser);
                default -> model.put(name, new Json(file, "model." + name, mapper.readTree(parser)));
            }
        }
    }

    private void parseVocabulary(JsonParser parser) throws IOException {
        hasVocabulary = true;
        if (parser.currentToken() == JsonToken.START_ARRAY) {
            hasScores = true;
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                String key = "model.vocab[" + tokens.size() + "]";
                if (parser.currentToken() != JsonToken.START_ARRAY || parser.nextToken() != JsonToken.VALUE_STRING) {
                    throw wrong(parser, key, "a pair of string and number");
                }
                ids.add(tokens.size());
                tokens.add(parser.getText());
                if (!parser.nextToken().isNumeric()) {
                    throw wrong(parser, key + "[1]", "a number");
                }
                double score = parser.getDoubleValue();
                if (!Double.isFinite(score)) {
                    throw wrong(parser, key + "[1]", "a finite number");
                }
                scores.add(score);
                if (parser.nextToken() != JsonToken.END_ARRAY) {
                    throw wrong(parser, key, "a pair of string and number");
                }
            }
            return;
        }
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            throw wrong(parser, "model.vocab", "an object or an array");
        }
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String token = parser.currentName();
            if (parser.nextToken() != JsonToken.VALUE_NUMBER_INT
                    || parser.getNumberType() != JsonParser.NumberType.INT
                    || parser.getIntValue() < 0) {
                throw wrong(parser, "model.vocab['" + token + "']", "an id from 0 to 2147483647");
            }
            tokens.add(token);
            ids.add(parser.getIntValue());
        }
    }

    private void parseMerges(JsonParser parser) throws IOException {
        hasMerges = true;
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            throw wrong(parser, "model.merges", "an array");
        }
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            String key = "model.merges[" + merges.size() / 2 + "]";
            if (parser.currentToken() == JsonToken.VALUE_STRING) {
                String merge = parser.getText();
                if (merge.startsWith("#version")) {
                    continue;
                }
                int space = merge.indexOf(' ');
                if (space < 0 || merge.indexOf(' ', space + 1) >= 0) {
                    throw wrong(parser, key, "two tokens with a space between");
                }
                merges.add(merge.substring(0, space));
                merges.add(merge.substring(space + 1));
            } else if (parser.currentToken() == JsonToken.START_ARRAY) {
                int count = 0;
                while (parser.nextToken() == JsonToken.VALUE_STRING) {
                    merges.add(parser.getText());
                    count++;
                }
                if (count != 2 || parser.currentToken() != JsonToken.END_ARRAY) {
                    throw wrong(parser, key, "two tokens");
                }
            } else {
                throw wrong(parser, key, "two tokens");
            }
        }
    }

    private FileFormatException wrong(JsonParser parser, String key, String expected) throws IOException {
        String found = parser.currentToken() == null || parser.getText() == null ? "nothing" : parser.getText();
        return new FileFormatException(
                file,
                "key '" + key + "': expected " + expected + ", found "
                        + (found.length() > 120 ? found.substring(0, 120) + "…" : found));
    }

    private FileFormatException missing(String key, String expected) {
        return new FileFormatException(file, "key '" + key + "': expected " + expected + ", found nothing");
    }

    private Json field(String name) {
        return fields.getOrDefault(name, new Json(file, name, MissingNode.getInstance()));
    }

    private Json modelField(String name) {
        return model.getOrDefault(name, new Json(file, "model." + name, MissingNode.getInstance()));
    }

    private HuggingFaceTokenizer build(Map<String, Json> roles) {
        String version = field("version").text("1.0");
        if (!version.equals("1.0")) {
            throw field("version").error("\"1.0\"");
        }
        if (!fields.containsKey("model")) {
            throw missing("model", "an object");
        }
        if (!hasVocabulary) {
            throw missing("model.vocab", "the tokens");
        }
        checkSections();
        List<AddedToken> added = new ArrayList<>();
        Vocabulary modelVocabulary = modelVocabulary();
        Vocabulary vocabulary = addedTokens(modelVocabulary, roles, added);

        TextNormalizer normalizer = normalizer(field("normalizer"));
        String type = modelType();
        modelSpellsBytes = type.equals("BPE")
                && modelField("continuing_subword_prefix").text("").isEmpty()
                && modelField("end_of_word_suffix").text("").isEmpty()
                && !modelField("byte_fallback").bool(false);
        boolean byteWords = modelSpellsBytes && endsInBytes(field("pre_tokenizer"));
        modelSpellsBytes = byteWords;
        PreTokenizer preTokenizer = preTokenizer(field("pre_tokenizer"), true);
        PostProcessor postProcessor = postProcessor(field("post_processor"), vocabulary);
        Decoder decoder = decoder(field("decoder"));
        Set<Integer> special = new HashSet<>();
        for (AddedToken token : added) {
            if (token.special()) {
                special.add(token.id());
            }
        }
        TokenModel tokenModel =
                switch (type) {
                    case "BPE" -> bpe(modelVocabulary, special, byteWords);
                    case "WordPiece" -> wordPiece(modelVocabulary, special);
                    case "WordLevel" -> wordLevel(modelVocabulary, special);
                    case "Unigram" -> unigram(special);
                    default -> throw modelField("type").error("BPE, WordPiece, WordLevel or Unigram");
                };
        var tokenizer = new HuggingFaceTokenizer(new HuggingFaceTokenizer.Parts(
                vocabulary,
                new AddedTokens(added, normalizer, characters),
                normalizer,
                preTokenizer,
                tokenModel,
                postProcessor,
                decoder,
                specialTokens(vocabulary, roles, special)));
        if (templates.isEmpty()) {
            return tokenizer;
        }
        var own = new LinkedHashMap<String, String>();
        roles.forEach((role, token) -> {
            if (token.node().isTextual()) {
                own.put(role, token.text());
            }
        });
        return tokenizer.with(file, Collections.unmodifiableMap(new LinkedHashMap<>(templates)), own);
    }

    /** Truncation and padding are the caller's to choose here, but malformed sections are refused. */
    private void checkSections() {
        Json truncation = field("truncation");
        if (!truncation.isAbsent()) {
            truncation.get("max_length").integer();
            truncation.get("stride").integer(0);
        }
        Json padding = field("padding");
        if (!padding.isAbsent()) {
            padding.get("pad_id").integer(0);
            padding.get("pad_token").text("");
        }
    }

    private String modelType() {
        if (!modelField("type").isAbsent()) {
            return modelField("type").text();
        }
        if (hasScores) {
            return "Unigram";
        }
        if (hasMerges) {
            return "BPE";
        }
        return modelField("max_input_chars_per_word").isAbsent() ? "WordLevel" : "WordPiece";
    }

    private Vocabulary modelVocabulary() {
        Vocabulary vocabulary = new Vocabulary(tokens.size());
        int limit = limit(tokens.size());
        for (int i = 0; i < tokens.size(); i++) {
            int id = ids.get(i);
            if (id >= limit) {
                throw new FileFormatException(
                        file,
                        "key 'model.vocab['" + tokens.get(i) + "']': expected an id below " + limit + " for "
                                + tokens.size() + " tokens, found " + id);
            }
            String conflict = vocabulary.add(tokens.get(i), id);
            if (conflict != null && !hasScores) {
                throw new FileFormatException(
                        file,
                        "key 'model.vocab['" + tokens.get(i) + "']': expected an id and a token of its own, found that "
                                + conflict);
            }
        }
        return vocabulary;
    }

    /** Ids may have gaps, but none that make a small file take much memory. */
    private static int limit(int count) {
        return (int) Math.min(Integer.MAX_VALUE / 2, 16L * count + (1 << 18));
    }

    private Vocabulary addedTokens(Vocabulary modelVocabulary, Map<String, Json> roles, List<AddedToken> added) {
        Vocabulary vocabulary = modelVocabulary.copy();
        Json section = field("added_tokens");
        Set<String> known = new HashSet<>();
        if (!section.isAbsent()) {
            List<Json> elements = section.elements(1 << 20);
            int limit = limit(tokens.size() + elements.size());
            for (Json element : elements) {
                String content = element.get("content").text();
                int id = element.get("id").integer();
                if (id >= limit) {
                    throw element.get("id").error("an id below " + limit);
                }
                int existing = vocabulary.id(content);
                if (existing != id) {
                    String conflict = vocabulary.add(content, id);
                    if (conflict != null) {
                        throw element.error("a token whose id is its own (" + conflict + ")");
                    }
                }
                boolean special = element.get("special").bool(false);
                if (known.add(content) && !content.isEmpty()) {
                    added.add(new AddedToken(
                            id,
                            content,
                            element.get("single_word").bool(false),
                            element.get("lstrip").bool(false),
                            element.get("rstrip").bool(false),
                            element.get("normalized").bool(!special),
                            special));
                }
            }
        }
        for (Json role : roles.values()) {
            String content = role.text();
            int id = vocabulary.id(content);
            if (id >= 0 && known.add(content)) {
                added.add(new AddedToken(id, content, false, false, false, false, true));
            }
        }
        return vocabulary;
    }

    private static Tokenizer.SpecialTokens specialTokens(
            Vocabulary vocabulary, Map<String, Json> roles, Set<Integer> special) {
        return new Tokenizer.SpecialTokens(
                role(vocabulary, roles, "bos_token"),
                role(vocabulary, roles, "eos_token"),
                role(vocabulary, roles, "pad_token"),
                role(vocabulary, roles, "unk_token"),
                role(vocabulary, roles, "mask_token"),
                role(vocabulary, roles, "sep_token"),
                role(vocabulary, roles, "cls_token"),
                List.copyOf(new TreeSet<>(special)));
    }

    private static OptionalInt role(Vocabulary vocabulary, Map<String, Json> roles, String name) {
        Json value = roles.get(name);
        int id = value == null ? -1 : vocabulary.id(value.text());
        return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
    }

    private int unknown(Vocabulary vocabulary, String orElse, boolean required) {
        String token = modelField("unk_token").text(orElse);
        int id = token.isEmpty() ? -1 : vocabulary.id(token);
        if (id < 0 && (required || !modelField("unk_token").isAbsent())) {
            throw new FileFormatException(
                    file, "key 'model.unk_token': expected a token of the vocabulary, found '" + token + "'");
        }
        return id;
    }

    private Trie words(Vocabulary vocabulary, Set<Integer> special) {
        Trie trie = new Trie(vocabulary.size());
        for (int i = 0; i < tokens.size(); i++) {
            if (!special.contains(ids.get(i))) {
                trie.put(tokens.get(i), ids.get(i));
            }
        }
        return trie;
    }

    private TokenModel wordLevel(Vocabulary vocabulary, Set<Integer> special) {
        requireMap();
        return new WordLevelModel(words(vocabulary, special), unknown(vocabulary, "<unk>", false));
    }

    private TokenModel wordPiece(Vocabulary vocabulary, Set<Integer> special) {
        requireMap();
        return new WordPieceModel(
                words(vocabulary, special),
                modelField("continuing_subword_prefix").text("##"),
                unknown(vocabulary, "[UNK]", true),
                modelField("max_input_chars_per_word").integer(100));
    }

    private void requireMap() {
        if (hasScores) {
            throw new FileFormatException(file, "key 'model.vocab': expected an object, found an array");
        }
    }

    private TokenModel unigram(Set<Integer> special) {
        if (!hasScores) {
            throw new FileFormatException(
                    file, "key 'model.vocab': expected an array of pairs of token and score, found an object");
        }
        int unknown = modelField("unk_id").integer(-1);
        if (unknown >= tokens.size()) {
            throw modelField("unk_id").error("an id below the vocabulary's size " + tokens.size());
        }
        Trie trie = new Trie(tokens.size());
        double[] logits = new double[tokens.size()];
        Vocabulary vocabulary = new Vocabulary(tokens.size());
        for (int i = 0; i < logits.length; i++) {
            logits[i] = scores.get(i);
            vocabulary.add(tokens.get(i), i);
            if (!special.contains(i) && !tokens.get(i).isEmpty()) {
                trie.put(tokens.get(i), i);
            }
        }
        int[] bytes = modelField("byte_fallback").bool(false) ? byteTokens(vocabulary) : null;
        return new UnigramModel(trie, logits, unknown, bytes);
    }

    /** Ids of {@code <0x00>} to {@code <0xFF>}, or null if one is missing. */
    private static int @Nullable [] byteTokens(Vocabulary vocabulary) {
        int[] bytes = new int[256];
        for (int b = 0; b < bytes.length; b++) {
            bytes[b] = vocabulary.id(String.format(Locale.ROOT, "<0x%02X>", b));
            if (bytes[b] < 0) {
                return null;
            }
        }
        return bytes;
    }

    private TokenModel bpe(Vocabulary vocabulary, Set<Integer> special, boolean byteWords) {
        requireMap();
        if (!hasMerges) {
            throw missing("model.merges", "an array");
        }
        String prefix = modelField("continuing_subword_prefix").text("");
        String suffix = modelField("end_of_word_suffix").text("");
        boolean whole = modelField("ignore_merges").bool(false);
        boolean cuttable = !byteWords && !whole && prefix.isEmpty() && suffix.isEmpty() && vocabulary.id("\u2581") >= 0;
        PairTable table = new PairTable(merges.size() / 2);
        for (int i = 0; i + 1 < merges.size(); i += 2) {
            String left = merges.get(i);
            String right = merges.get(i + 1);
            String merged = left + (right.startsWith(prefix) ? right.substring(prefix.length()) : right);
            int id = merge(vocabulary, merged, i / 2);
            if (!special.contains(id)) {
                table.put(merge(vocabulary, left, i / 2), merge(vocabulary, right, i / 2), ((long) (i / 2) << 32) | id);
            }
            cuttable &= isSeparatedAtStart(merged);
        }
        int[] fallback = modelField("byte_fallback").bool(false) ? byteTokens(vocabulary) : null;
        Trie words = whole ? wholeWords(byteWords, vocabulary, special) : null;
        return new BpeModel(new BpeModel.Options(
                vocabulary,
                table,
                byteWords ? byteSymbols(vocabulary) : null,
                fallback,
                words,
                prefix,
                suffix,
                unknown(vocabulary, "", false),
                modelField("fuse_unk").bool(false),
                cuttable ? '\u2581' : 0));
    }

    private int merge(Vocabulary vocabulary, String token, int index) {
        int id = vocabulary.id(token);
        if (id < 0) {
            throw new FileFormatException(
                    file,
                    "key 'model.merges[" + index + "]': expected tokens of the vocabulary, found '" + token + "'");
        }
        return id;
    }

    private static boolean isSeparatedAtStart(String token) {
        int last = token.lastIndexOf('\u2581');
        for (int i = 0; i < last; i++) {
            if (token.charAt(i) != '\u2581') {
                return false;
            }
        }
        return true;
    }

    private int[] byteSymbols(Vocabulary vocabulary) {
        int[] symbols = new int[256];
        for (int b = 0; b < symbols.length; b++) {
            symbols[b] = vocabulary.id(String.valueOf(alphabet.character(b)));
        }
        return symbols;
    }

    private Trie wholeWords(boolean byteWords, Vocabulary vocabulary, Set<Integer> special) {
        if (!byteWords) {
            return words(vocabulary, special);
        }
        Trie trie = new Trie(tokens.size());
        for (int i = 0; i < tokens.size(); i++) {
            String token = tokens.get(i);
            boolean spelt = !token.isEmpty() && token.chars().allMatch(c -> alphabet.byteOf((char) c) >= 0);
            if (spelt && !special.contains(ids.get(i))) {
                byte[] bytes = alphabet.bytes(token);
                if (Utf8.isWellFormed(bytes, bytes.length)) {
                    trie.put(new String(bytes, StandardCharsets.UTF_8), ids.get(i));
                }
            }
        }
        return trie;
    }

    private CanonicalForm form(Normalizer.Form form) {
        return forms.computeIfAbsent(form, CanonicalForm::new);
    }

    private @Nullable TextNormalizer normalizer(Json json) {
        return json.isAbsent() ? null : requiredNormalizer(json);
    }

    private TextNormalizer requiredNormalizer(Json json) {
        String type = json.type();
        return switch (type) {
            case "Sequence" -> {
                List<TextNormalizer> steps = new ArrayList<>();
                for (Json step : json.get("normalizers").elements(MAX_STEPS)) {
                    steps.add(requiredNormalizer(step));
                }
                yield new TextNormalizer.Sequence(steps);
            }
            case "NFC", "NFD", "NFKC", "NFKD" -> new TextNormalizer.Unicode(form(Normalizer.Form.valueOf(type)));
            case "Lowercase" -> new TextNormalizer.Lowercase();
            case "Strip" ->
                new TextNormalizer.Strip(
                        json.get("strip_left").bool(true),
                        json.get("strip_right").bool(true));
            case "StripAccents" -> new TextNormalizer.StripAccents(characters);
            case "Replace" ->
                new TextNormalizer.Replace(
                        pattern(json.get("pattern")), json.get("content").text());
            case "Prepend" -> new TextNormalizer.Prepend(json.get("prepend").text());
            case "Precompiled" -> precompiled(json.get("precompiled_charsmap"));
            case "BertNormalizer" -> {
                boolean lowercase = json.get("lowercase").bool(true);
                yield new TextNormalizer.Bert(
                        json.get("clean_text").bool(true),
                        json.get("handle_chinese_chars").bool(true),
                        json.get("strip_accents").bool(lowercase),
                        lowercase,
                        form(Normalizer.Form.NFD),
                        characters);
            }
            case "Nmt" -> new TextNormalizer.Nmt();
            case "ByteLevel" -> new TextNormalizer.Bytes(alphabet);
            default ->
                throw json.get("type")
                        .error(
                                "a normalizer: Sequence, NFC, NFD, NFKC, NFKD, Lowercase, Strip, StripAccents, Replace, Prepend,"
                                        + " Precompiled, BertNormalizer, Nmt or ByteLevel");
        };
    }

    private static TextNormalizer precompiled(Json json) {
        if (json.isAbsent()) {
            return new TextNormalizer.Sequence(List.of());
        }
        try {
            byte[] map = Base64.getDecoder().decode(json.text());
            return map.length == 0
                    ? new TextNormalizer.Sequence(List.of())
                    : new TextNormalizer.Precompiled(PrecompiledCharsMap.of(map));
        } catch (IllegalArgumentException e) {
            throw json.error("a compiled map in Base64 (" + e.getMessage() + ")", e);
        }
    }

    private TextPattern pattern(Json json) {
        if (json.isText()) {
            return new TextPattern.Literal(json.text());
        }
        if (!json.get("String").isAbsent()) {
            return new TextPattern.Literal(json.get("String").text());
        }
        String expression = json.get("Regex").text();
        WordPattern known = WordPattern.of(expression, characters);
        if (known != null) {
            return known;
        }
        return switch (expression) {
            case "\\p{N}", "\\p{N}{1}" -> new TextPattern.OneOf(characters, Characters.NUMBER, 1);
            case "\\p{N}{1,3}" -> new TextPattern.OneOf(characters, Characters.NUMBER, 3);
            case "\\p{N}+" -> new TextPattern.OneOf(characters, Characters.NUMBER, Integer.MAX_VALUE);
            case "\\s" -> new TextPattern.OneOf(characters, Characters.SPACE, 1);
            case "\\s+" -> new TextPattern.OneOf(characters, Characters.SPACE, Integer.MAX_VALUE);
            default -> {
                try {
                    yield new TextPattern.Expression(Oniguruma.compile(expression));
                } catch (PatternSyntaxException e) {
                    throw json.get("Regex").error("a regular expression (" + e.getDescription() + ")", e);
                }
            }
        };
    }

    private static TextPattern.Behavior behavior(Json json, TextPattern.Behavior orElse) {
        if (json.isAbsent()) {
            return orElse;
        }
        return switch (json.text()) {
            case "Removed" -> TextPattern.Behavior.REMOVED;
            case "Isolated" -> TextPattern.Behavior.ISOLATED;
            case "MergedWithPrevious" -> TextPattern.Behavior.MERGED_WITH_PREVIOUS;
            case "MergedWithNext" -> TextPattern.Behavior.MERGED_WITH_NEXT;
            case "Contiguous" -> TextPattern.Behavior.CONTIGUOUS;
            default -> throw json.error("Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous");
        };
    }

    /** Whether the last step of a pre-tokenizer spells bytes. */
    private static boolean endsInBytes(Json json) {
        if (json.isAbsent()) {
            return false;
        }
        if (json.type().equals("Sequence")) {
            List<Json> steps = json.get("pretokenizers").elements(MAX_STEPS);
            return !steps.isEmpty() && endsInBytes(steps.get(steps.size() - 1));
        }
        return json.type().equals("ByteLevel");
    }

    private @Nullable PreTokenizer preTokenizer(Json json, boolean last) {
        return json.isAbsent() ? null : requiredPreTokenizer(json, last);
    }

    private PreTokenizer requiredPreTokenizer(Json json, boolean last) {
        TextPattern.Behavior isolated = TextPattern.Behavior.ISOLATED;
        return switch (json.type()) {
            case "Sequence" -> {
                List<PreTokenizer> steps = new ArrayList<>();
                List<Json> elements = json.get("pretokenizers").elements(MAX_STEPS);
                for (Json step : elements) {
                    steps.add(requiredPreTokenizer(step, last && steps.size() == elements.size() - 1));
                }
                yield new PreTokenizer.Sequence(steps);
            }
            case "ByteLevel" ->
                new PreTokenizer.Bytes(
                        json.get("add_prefix_space").bool(true),
                        json.get("use_regex").bool(true) ? WordPattern.gpt2(characters) : new TextPattern.Literal(""),
                        !(modelSpellsBytes && last),
                        alphabet);
            case "Metaspace" ->
                new PreTokenizer.Metaspace(
                        json.get("replacement").text("\u2581"),
                        scheme(json),
                        json.get("split").bool(true));
            case "Whitespace" -> new PreTokenizer.Whitespace(characters);
            case "WhitespaceSplit" ->
                new PreTokenizer.Split(oneOf(Characters.SPACE, 1), TextPattern.Behavior.REMOVED, false);
            case "Split" ->
                new PreTokenizer.Split(
                        pattern(json.get("pattern")),
                        behavior(json.get("behavior"), isolated),
                        json.get("invert").bool(false));
            case "Punctuation" ->
                new PreTokenizer.Split(
                        oneOf(Characters.PUNCTUATION, 1), behavior(json.get("behavior"), isolated), false);
            case "Digits" ->
                json.get("individual_digits").bool(false)
                        ? new PreTokenizer.Split(oneOf(Characters.NUMBER, 1), isolated, false)
                        : new PreTokenizer.Split(oneOf(Characters.NUMBER, 1), TextPattern.Behavior.CONTIGUOUS, false);
            case "BertPreTokenizer" ->
                new PreTokenizer.Sequence(List.of(
                        new PreTokenizer.Split(oneOf(Characters.SPACE, 1), TextPattern.Behavior.REMOVED, false),
                        new PreTokenizer.Split(oneOf(Characters.PUNCTUATION, 1), isolated, false)));
            case "CharDelimiterSplit" ->
                new PreTokenizer.Split(
                        new TextPattern.Literal(character(json.get("delimiter"))), TextPattern.Behavior.REMOVED, false);
            case "UnicodeScripts" -> new PreTokenizer.UnicodeScripts();
            case "FixedLength" -> {
                int length = json.get("length").integer(5);
                if (length < 1) {
                    throw json.get("length").error("at least 1");
                }
                yield new PreTokenizer.FixedLength(length);
            }
            default ->
                throw json.get("type")
                        .error(
                                "a pre-tokenizer: Sequence, ByteLevel, Metaspace, Whitespace, WhitespaceSplit, Split, Punctuation,"
                                        + " Digits, BertPreTokenizer, CharDelimiterSplit, UnicodeScripts or FixedLength");
        };
    }

    private TextPattern oneOf(int kinds, int most) {
        return new TextPattern.OneOf(characters, kinds, most);
    }

    private static String character(Json json) {
        String text = json.text();
        if (text.codePointCount(0, text.length()) != 1) {
            throw json.error("one character");
        }
        return text;
    }

    private static PreTokenizer.Metaspace.Scheme scheme(Json json) {
        Json scheme = json.get("prepend_scheme");
        if (!json.get("add_prefix_space").bool(true)) {
            if (!scheme.isAbsent() && !scheme.text().equals("never")) {
                throw scheme.error("\"never\", as add_prefix_space is false");
            }
            return PreTokenizer.Metaspace.Scheme.NEVER;
        }
        return switch (scheme.text("always")) {
            case "always" -> PreTokenizer.Metaspace.Scheme.ALWAYS;
            case "first" -> PreTokenizer.Metaspace.Scheme.FIRST;
            case "never" -> PreTokenizer.Metaspace.Scheme.NEVER;
            default -> throw scheme.error("always, first or never");
        };
    }

    private @Nullable PostProcessor postProcessor(Json json, Vocabulary vocabulary) {
        return json.isAbsent() ? null : requiredPostProcessor(json, vocabulary);
    }

    private PostProcessor requiredPostProcessor(Json json, Vocabulary vocabulary) {
        return switch (json.type()) {
            case "Sequence" -> {
                List<PostProcessor> steps = new ArrayList<>();
                for (Json step : json.get("processors").elements(MAX_STEPS)) {
                    steps.add(requiredPostProcessor(step, vocabulary));
                }
                yield new PostProcessor.Sequence(steps);
            }
            case "ByteLevel" -> trim(json, vocabulary);
            case "TemplateProcessing" -> {
                Map<String, List<Integer>> declared = declaredTokens(json.get("special_tokens"), vocabulary);
                yield new PostProcessor.Template(
                        template(json.get("single"), false, declared), template(json.get("pair"), true, declared));
            }
            case "BertProcessing" ->
                new PostProcessor.Bert(pairId(json.get("cls"), vocabulary), pairId(json.get("sep"), vocabulary));
            case "RobertaProcessing" ->
                new PostProcessor.Roberta(
                        pairId(json.get("cls"), vocabulary),
                        pairId(json.get("sep"), vocabulary),
                        trim(json, vocabulary));
            default ->
                throw json.get("type")
                        .error(
                                "a post-processor: Sequence, ByteLevel, TemplateProcessing, BertProcessing or RobertaProcessing");
        };
    }

    private static PostProcessor.Trim trim(Json json, Vocabulary vocabulary) {
        return new PostProcessor.Trim(
                json.get("trim_offsets").bool(true),
                json.get("add_prefix_space").bool(true),
                vocabulary);
    }

    private static int pairId(Json json, Vocabulary vocabulary) {
        List<Json> pair = json.elements(2);
        if (pair.size() != 2) {
            throw json.error("a pair of token and id");
        }
        return known(pair.get(1), vocabulary);
    }

    private static int known(Json json, Vocabulary vocabulary) {
        int id = json.integer();
        if (vocabulary.token(id) == null) {
            throw json.error("the id of a token");
        }
        return id;
    }

    private static Map<String, List<Integer>> declaredTokens(Json json, Vocabulary vocabulary) {
        Map<String, List<Integer>> declared = new HashMap<>();
        if (json.isAbsent()) {
            return declared;
        }
        if (!json.node().isObject()) {
            throw json.error("an object");
        }
        for (String name : ((ObjectNode) json.node())
                .properties().stream().map(Map.Entry::getKey).toList()) {
            List<Integer> tokenIds = new ArrayList<>();
            for (Json id : json.get(name).get("ids").elements(1 << 16)) {
                tokenIds.add(known(id, vocabulary));
            }
            declared.put(name, tokenIds);
        }
        return declared;
    }

    private static List<PostProcessor.Template.Piece> template(
            Json json, boolean pair, Map<String, List<Integer>> declared) {
        List<PostProcessor.Template.Piece> pieces = new ArrayList<>();
        for (Json element : json.elements(1 << 10)) {
            Json text = element.get("Sequence");
            Json token = element.get("SpecialToken");
            if (!text.isAbsent()) {
                String id = text.get("id").text();
                if (!id.equals("A") && !(pair && id.equals("B"))) {
                    throw text.get("id").error(pair ? "A or B" : "A");
                }
                pieces.add(new PostProcessor.Template.Text(
                        id.equals("A") ? 0 : 1, text.get("type_id").integer(0)));
            } else {
                List<Integer> tokenIds = declared.get(token.get("id").text());
                if (tokenIds == null) {
                    throw token.get("id").error("a token that special_tokens declares");
                }
                pieces.add(new PostProcessor.Template.Tokens(
                        tokenIds, token.get("type_id").integer(0)));
            }
        }
        return pieces;
    }

    private @Nullable Decoder decoder(Json json) {
        return json.isAbsent() ? null : requiredDecoder(json);
    }

    private Decoder requiredDecoder(Json json) {
        return switch (json.type()) {
            case "Sequence" -> {
                List<Decoder> steps = new ArrayList<>();
                for (Json step : json.get("decoders").elements(MAX_STEPS)) {
                    steps.add(requiredDecoder(step));
                }
                yield new Decoder.Sequence(steps);
            }
            case "ByteLevel" -> new Decoder.Bytes(alphabet);
            case "ByteFallback" -> new Decoder.ByteFallback();
            case "Fuse" -> new Decoder.Fuse();
            case "Strip" ->
                new Decoder.Strip(
                        character(json.get("content")),
                        json.get("start").integer(0),
                        json.get("stop").integer(0));
            case "Replace" ->
                new Decoder.Replace(
                        pattern(json.get("pattern")), json.get("content").text());
            case "Metaspace" ->
                new Decoder.Metaspace(
                        json.get("replacement").text("\u2581"), scheme(json) != PreTokenizer.Metaspace.Scheme.NEVER);
            case "WordPiece" ->
                new Decoder.WordPiece(
                        json.get("prefix").text("##"), json.get("cleanup").bool(true));
            case "BPEDecoder" -> new Decoder.EndOfWord(json.get("suffix").text("</w>"));
            case "CTC" ->
                new Decoder.Ctc(
                        json.get("pad_token").text("<pad>"),
                        json.get("word_delimiter_token").text("|"),
                        json.get("cleanup").bool(true));
            default ->
                throw json.get("type")
                        .error(
                                "a decoder: Sequence, ByteLevel, ByteFallback, Fuse, Strip, Replace, Metaspace, WordPiece,"
                                        + " BPEDecoder or CTC");
        };
    }
}
