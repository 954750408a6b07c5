package dev.argot.tokenizers.huggingface;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.argot.api.FileFormatException;
import dev.argot.spi.TokenizerData;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Writes the tokenizer that a GGUF file's metadata describe as {@code tokenizer.json} and {@code tokenizer_config.json}. What the pre-tokenizers
 * are that {@code tokenizer.ggml.pre} names follows llama.cpp and the tokenizers of the models they were made for.
 */
final class GgufTokenizer {
    private static final String KEY = "tokenizer.ggml.";
    private static final String LLAMA_3 = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|"
            + " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final String QWEN_2 = LLAMA_3.replace("{1,3}", "");
    private static final String QWEN_35 =
            QWEN_2.replace("\\p{L}+", "[\\p{L}\\p{M}]+").replace("[^\\s\\p{L}\\p{N}]", "[^\\s\\p{L}\\p{M}\\p{N}]");
    private static final String TEKKEN =
            "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+|"
                    + "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*|\\p{N}|"
                    + " ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final String GPT_4O = TEKKEN.replace(
                    "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+|", "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|")
            .replace("[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*|", "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|")
            .replace("|\\p{N}|", "|\\p{N}{1,3}|");
    private static final String BLOOM = " ?[^(\\s|.,!?…。，、।۔،)]+";

    private static final int CONTROL = 3;
    private static final int USER_DEFINED = 4;
    private static final int UNUSED = 5;

    private final TokenizerData.Gguf data;
    private final ObjectMapper mapper = new ObjectMapper();
    private final List<String> tokens;
    private final List<Long> types;
    private final ObjectNode tokenizer;
    private final ObjectNode config;

    GgufTokenizer(TokenizerData.Gguf data) {
        this.data = data;
        this.tokens = list("tokens", String.class);
        this.types = data.metadata().containsKey(KEY + "token_type") ? list("token_type", Long.class) : List.of();
        if (tokens.isEmpty()) {
            throw error("tokens", "at least one token", "none");
        }
        if (!types.isEmpty() && types.size() != tokens.size()) {
            throw error("token_type", tokens.size() + " types, one for each token", String.valueOf(types.size()));
        }
        String model = text("model", "");
        tokenizer = switch (model) {
            case "gpt2" -> byteLevel();
            case "llama" -> sentencePiece();
            default -> throw error("model", "gpt2 (byte-level BPE) or llama (SentencePiece BPE)", "'" + model + "'");
        };
        config = configuration();
    }

    /** Content of {@code tokenizer.json}. */
    JsonParser tokenizer() {
        return mapper.treeAsTokens(tokenizer);
    }

    /** Content of {@code tokenizer_config.json}. */
    ObjectNode config() {
        return config;
    }

    Map<String, byte[]> files() {
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put(TokenizerFiles.TOKENIZER, bytes(tokenizer));
        files.put(TokenizerFiles.CONFIG, bytes(config));
        ObjectNode special = mapper.createObjectNode();
        roles().forEach(special::put);
        files.put(TokenizerFiles.SPECIAL_TOKENS, bytes(special));
        return files;
    }

    private byte[] bytes(ObjectNode json) {
        try {
            return mapper.writerWithDefaultPrettyPrinter().writeValueAsBytes(json);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of plain values can be written", e);
        }
    }

    private ObjectNode configuration() {
        ObjectNode json = mapper.createObjectNode();
        json.put("tokenizer_class", "PreTrainedTokenizerFast");
        json.put("clean_up_tokenization_spaces", false);
        roles().forEach(json::put);
        Object length = data.metadata().get(text("architecture", "") + ".context_length");
        if (length == null) {
            length = data.metadata().get(data.metadata().get("general.architecture") + ".context_length");
        }
        if (length instanceof Long tokensOfContext) {
            json.put("model_max_length", tokensOfContext);
        }
        if (data.metadata().get("tokenizer.chat_template") instanceof String template) {
            json.put("chat_template", template);
        }
        return json;
    }

    private Map<String, String> roles() {
        Map<String, String> roles = new LinkedHashMap<>();
        role(roles, "bos_token", id("bos_token_id"));
        role(roles, "eos_token", id("eos_token_id"));
        role(roles, "unk_token", id("unknown_token_id"));
        role(roles, "pad_token", id("padding_token_id"));
        role(roles, "sep_token", id("seperator_token_id"));
        role(roles, "cls_token", id("cls_token_id"));
        role(roles, "mask_token", id("mask_token_id"));
        return roles;
    }

    private void role(Map<String, String> roles, String name, int id) {
        if (id >= 0) {
            roles.put(name, tokens.get(id));
        }
    }

    /** A token's id, or -1 if the file doesn't say. */
    private int id(String name) {
        Object value = data.metadata().get(KEY + name);
        if (value == null) {
            return -1;
        }
        if (!(value instanceof Long id) || id < 0 || id >= tokens.size()) {
            throw error(name, "a token id below " + tokens.size(), String.valueOf(value));
        }
        return id.intValue();
    }

    private boolean flag(String name, boolean orElse) {
        Object value = data.metadata().get(KEY + name);
        if (value == null) {
            return orElse;
        }
        if (!(value instanceof Boolean flag)) {
            throw error(name, "true or false", String.valueOf(value));
        }
        return flag;
    }

    private String text(String name, String orElse) {
        Object value = data.metadata().get(KEY + name);
        if (value == null) {
            return orElse;
        }
        if (!(value instanceof String text)) {
            throw error(name, "a string", String.valueOf(value));
        }
        return text;
    }

    private <T> List<T> list(String name, Class<T> type) {
        if (!(data.metadata().get(KEY + name) instanceof List<?> list)) {
            throw error(name, "a list", String.valueOf(data.metadata().get(KEY + name)));
        }
        List<T> result = new ArrayList<>(list.size());
        for (Object element : list) {
            if (!type.isInstance(element)) {
                throw error(name + "[" + result.size() + "]", "a " + type.getSimpleName(), String.valueOf(element));
            }
            result.add(type.cast(element));
        }
        return result;
    }

    private FileFormatException error(String name, String expected, String found) {
        return new FileFormatException(
                data.file(), "key '" + KEY + name + "': expected " + expected + ", found " + found);
    }

    private int type(int id) {
        return types.isEmpty() ? 1 : types.get(id).intValue();
    }

    /** Added tokens by id, and the vocabulary: all tokens but added and unused ones at the end. */
    private ObjectNode skeleton(ObjectNode vocabulary) {
        int end = tokens.size();
        while (end > 0 && type(end - 1) >= CONTROL && type(end - 1) <= UNUSED) {
            end--;
        }
        Map<String, Integer> seen = new HashMap<>();
        ArrayNode added = mapper.createArrayNode();
        for (int id = 0; id < tokens.size(); id++) {
            String token = tokens.get(id);
            Integer other = seen.put(token, id);
            if (other != null) {
                if (type(id) == UNUSED) {
                    seen.put(token, other);
                    continue;
                }
                throw error("tokens[" + id + "]", "a token of its own", "'" + token + "', which has the id " + other);
            }
            if (id < end) {
                vocabulary.put(token, id);
            }
            boolean special = type(id) == CONTROL || (type(id) == 2 && !token.isEmpty());
            if (special || type(id) == USER_DEFINED) {
                added.add(mapper.createObjectNode()
                        .put("id", id)
                        .put("content", token)
                        .put("single_word", false)
                        .put("lstrip", false)
                        .put("rstrip", false)
                        .put("normalized", false)
                        .put("special", special));
            }
        }
        ObjectNode json = mapper.createObjectNode();
        json.put("version", "1.0");
        json.putNull("truncation");
        json.putNull("padding");
        json.set("added_tokens", added);
        return json;
    }

    private ObjectNode byteLevel() {
        ObjectNode vocabulary = mapper.createObjectNode();
        ObjectNode json = skeleton(vocabulary);
        String pre = text("pre", "default");
        PreTokenization preTokenization = preTokenization(pre);
        if (preTokenization == null) {
            throw error(
                    "pre", "one of " + known().keySet().stream().collect(Collectors.joining(", ")), "'" + pre + "'");
        }
        json.set(
                "normalizer",
                preTokenization.composes ? mapper.createObjectNode().put("type", "NFC") : null);
        json.set("pre_tokenizer", sequence("pretokenizers", preTokenization.steps));
        boolean trims = preTokenization.trims;
        ObjectNode trim = bytes(false).put("trim_offsets", trims);
        ObjectNode template = template(preTokenization.beginsText, false);
        json.set("post_processor", template == null ? trim : sequence("processors", List.of(trim, template)));
        json.set("decoder", bytes(true));
        ArrayNode merges = mapper.createArrayNode();
        for (String merge : list("merges", String.class)) {
            int space = merge.indexOf(' ', 1);
            if (space < 0) {
                throw error("merges[" + merges.size() + "]", "two tokens with a space between", "'" + merge + "'");
            }
            merges.add(mapper.createArrayNode().add(merge.substring(0, space)).add(merge.substring(space + 1)));
        }
        ObjectNode model = model(false);
        model.put("ignore_merges", preTokenization.wholeWords);
        model.set("vocab", vocabulary);
        model.set("merges", merges);
        json.set("model", model);
        return json;
    }

    private ObjectNode sentencePiece() {
        List<Double> scores = list("scores", Double.class);
        if (scores.size() != tokens.size()) {
            throw error("scores", tokens.size() + " scores, one for each token", String.valueOf(scores.size()));
        }
        ObjectNode vocabulary = mapper.createObjectNode();
        ObjectNode json = skeleton(vocabulary);
        boolean prefix = flag("add_space_prefix", true);
        ObjectNode toSpace = mapper.createObjectNode().put("type", "Replace");
        toSpace.putObject("pattern").put("String", " ");
        toSpace.put("content", "\u2581");
        ObjectNode prepend = mapper.createObjectNode().put("type", "Prepend").put("prepend", "\u2581");
        json.set("normalizer", sequence("normalizers", prefix ? List.of(prepend, toSpace) : List.of(toSpace)));
        json.putNull("pre_tokenizer");
        json.set("post_processor", template(true, true));
        List<ObjectNode> decoders = new ArrayList<>();
        ObjectNode fromSpace = mapper.createObjectNode().put("type", "Replace");
        fromSpace.putObject("pattern").put("String", "\u2581");
        fromSpace.put("content", " ");
        decoders.add(fromSpace);
        decoders.add(mapper.createObjectNode().put("type", "ByteFallback"));
        decoders.add(mapper.createObjectNode().put("type", "Fuse"));
        if (prefix) {
            decoders.add(mapper.createObjectNode()
                    .put("type", "Strip")
                    .put("content", " ")
                    .put("start", 1)
                    .put("stop", 0));
        }
        json.set("decoder", sequence("decoders", decoders));
        ObjectNode model = model(true);
        int unknown = id("unknown_token_id");
        for (int id = 0; unknown < 0 && id < tokens.size(); id++) {
            unknown = type(id) == 2 ? id : -1;
        }
        model.put("unk_token", unknown < 0 ? null : tokens.get(unknown));
        model.put("fuse_unk", true);
        model.set("vocab", vocabulary);
        model.set("merges", merges(scores, vocabulary));
        json.set("model", model);
        return json;
    }

    /**
     * The merges that lead to SentencePiece's pieces: every way to put a piece together from two others, the piece of the best score first,
     * then the longer left part.
     */
    private ArrayNode merges(List<Double> scores, ObjectNode vocabulary) {
        record Merge(String left, String right, double score) {}
        List<Merge> merges = new ArrayList<>();
        for (int id = 0; id < tokens.size(); id++) {
            String token = tokens.get(id);
            if (type(id) != 1 && type(id) != USER_DEFINED) {
                continue;
            }
            List<Merge> ways = new ArrayList<>();
            for (int i = token.offsetByCodePoints(0, 1); i < token.length(); i = token.offsetByCodePoints(i, 1)) {
                String left = token.substring(0, i);
                String right = token.substring(i);
                if (vocabulary.has(left) && vocabulary.has(right)) {
                    ways.add(new Merge(left, right, scores.get(id)));
                }
            }
            ways.sort(Comparator.comparingInt(
                            (Merge merge) -> vocabulary.get(merge.left).intValue())
                    .thenComparingInt(merge -> vocabulary.get(merge.right).intValue()));
            merges.addAll(ways);
        }
        merges.sort(Comparator.comparingDouble(Merge::score)
                .thenComparingInt(merge -> merge.left.codePointCount(0, merge.left.length()))
                .thenComparingInt(merge -> merge.right.codePointCount(0, merge.right.length()))
                .reversed());
        ArrayNode result = mapper.createArrayNode();
        for (Merge merge : merges) {
            result.add(mapper.createArrayNode().add(merge.left).add(merge.right));
        }
        return result;
    }

    private ObjectNode model(boolean byteFallback) {
        ObjectNode model = mapper.createObjectNode();
        model.put("type", "BPE");
        model.putNull("dropout");
        model.putNull("unk_token");
        model.putNull("continuing_subword_prefix");
        model.putNull("end_of_word_suffix");
        model.put("fuse_unk", false);
        model.put("byte_fallback", byteFallback);
        model.put("ignore_merges", false);
        return model;
    }

    /** The tokens around a text, or null if there are none. */
    private @Nullable ObjectNode template(boolean bosByDefault, boolean always) {
        int bos = flag("add_bos_token", bosByDefault) ? id("bos_token_id") : -1;
        int eos = flag("add_eos_token", false) ? id("eos_token_id") : -1;
        if (bos < 0 && eos < 0 && !always) {
            return null;
        }
        ObjectNode template = mapper.createObjectNode().put("type", "TemplateProcessing");
        ArrayNode single = template.putArray("single");
        part(single, bos, "A", eos, 0);
        ArrayNode pair = template.putArray("pair");
        part(pair, bos, "A", eos, 0);
        part(pair, bos, "B", eos, 1);
        ObjectNode declared = template.putObject("special_tokens");
        for (int id : new int[] {bos, eos}) {
            if (id >= 0) {
                ObjectNode token = declared.putObject(tokens.get(id));
                token.put("id", tokens.get(id));
                token.putArray("ids").add(id);
                token.putArray("tokens").add(tokens.get(id));
            }
        }
        return template;
    }

    private void part(ArrayNode template, int bos, String sequence, int eos, int typeId) {
        if (bos >= 0) {
            template.addObject()
                    .putObject("SpecialToken")
                    .put("id", tokens.get(bos))
                    .put("type_id", typeId);
        }
        template.addObject().putObject("Sequence").put("id", sequence).put("type_id", typeId);
        if (eos >= 0) {
            template.addObject()
                    .putObject("SpecialToken")
                    .put("id", tokens.get(eos))
                    .put("type_id", typeId);
        }
    }

    private ObjectNode sequence(String name, List<ObjectNode> steps) {
        ObjectNode json = mapper.createObjectNode().put("type", "Sequence");
        json.putArray(name).addAll(steps);
        return json;
    }

    private static ObjectNode bytes(boolean words) {
        return node("ByteLevel")
                .put("add_prefix_space", false)
                .put("trim_offsets", true)
                .put("use_regex", words);
    }

    private static ObjectNode digits() {
        return node("Digits").put("individual_digits", true);
    }

    private static ObjectNode split(String expression) {
        ObjectNode json = node("Split");
        json.putObject("pattern").put("Regex", expression);
        return json.put("behavior", "Isolated").put("invert", false);
    }

    private static ObjectNode node(String type) {
        return JsonNodeFactory.instance.objectNode().put("type", type);
    }

    /**
     * How a model splits text.
     *
     * @param steps its pre-tokenizers
     * @param wholeWords whether words in the vocabulary are taken whole
     * @param composes whether text is brought into NFC
     * @param beginsText whether a text begins with the bos token unless the file says otherwise
     * @param trims whether offsets leave out spaces
     */
    private record PreTokenization(
            List<ObjectNode> steps, boolean wholeWords, boolean composes, boolean beginsText, boolean trims) {
        static PreTokenization of(ObjectNode... steps) {
            return new PreTokenization(List.of(steps), false, false, false, false);
        }

        PreTokenization whole() {
            return new PreTokenization(steps, true, composes, beginsText, trims);
        }

        PreTokenization composed() {
            return new PreTokenization(steps, wholeWords, true, beginsText, trims);
        }

        PreTokenization begun() {
            return new PreTokenization(steps, wholeWords, composes, true, true);
        }
    }

    private static @Nullable PreTokenization preTokenization(String name) {
        return known().get(name);
    }

    /** The pre-tokenizers by the names they have in GGUF files. */
    private static Map<String, PreTokenization> known() {
        Map<String, PreTokenization> known = new TreeMap<>();
        known.put(
                "default",
                PreTokenization.of(
                        split("[\\p{P}\\$\\+<=>\\^~\\|]+"),
                        split(WordPattern.GPT_2),
                        split("\\p{N}+"),
                        split("[0-9][0-9][0-9]"),
                        bytes(false)));
        PreTokenization gpt2 = PreTokenization.of(bytes(true));
        for (String name : List.of(
                "gpt-2",
                "phi-2",
                "jina-es",
                "jina-de",
                "gigachat",
                "roberta-bpe",
                "mpt",
                "olmo",
                "jais",
                "trillion",
                "granite-docling",
                "gpt-neox",
                "exaone4",
                "a.x-4.0",
                "mellum")) {
            known.put(name, gpt2);
        }
        PreTokenization smollm = PreTokenization.of(digits(), bytes(true));
        for (String name : List.of("smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b")) {
            known.put(name, smollm);
        }
        PreTokenization llama3 = PreTokenization.of(split(LLAMA_3), bytes(false));
        for (String name :
                List.of("llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2")) {
            known.put(name, llama3.whole().begun());
        }
        for (String name : List.of("dbrx", "smaug-bpe", "chatglm-bpe", "glm4", "olmo2")) {
            known.put(name, llama3);
        }
        PreTokenization qwen2 = PreTokenization.of(split(QWEN_2), bytes(false));
        for (String name :
                List.of("qwen2", "deepseek-r1-qwen", "megrez", "grok-2", "hunyuan", "stablelm2", "solar-open")) {
            known.put(name, name.equals("stablelm2") ? qwen2 : qwen2.composed());
        }
        known.put("qwen35", PreTokenization.of(split(QWEN_35), bytes(false)).composed());
        known.put(
                "tekken",
                PreTokenization.of(split(TEKKEN), bytes(false)).whole().begun());
        known.put("gpt-4o", PreTokenization.of(split(GPT_4O), bytes(false)));
        for (String name : List.of("llama4", "kanana2")) {
            known.put(name, PreTokenization.of(split(GPT_4O), bytes(false)).begun());
        }
        PreTokenization bloom = PreTokenization.of(split(BLOOM), bytes(false));
        for (String name : List.of("bloom", "poro-chat", "gpt3-finnish")) {
            known.put(name, bloom);
        }
        known.put("viking", PreTokenization.of(split(BLOOM), digits(), bytes(false)));
        known.put(
                "falcon",
                PreTokenization.of(
                        split("[\\p{P}\\$\\+<=>\\^~\\|`]+"),
                        split(WordPattern.GPT_2),
                        split("[0-9][0-9][0-9]"),
                        bytes(false)));
        return known;
    }
}
