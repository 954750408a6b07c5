package dev.argot.tokenizers.huggingface;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.huggingface.tokenizers.jni.CharSpan;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.argot.api.EncodeOptions;
import dev.argot.api.Encoding;
import dev.argot.api.Tokenizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each normalizer, pre-tokenizer, post-processor and decoder in a recorded tokenizer, beside the Rust library behind DJL's binding. */
class ComponentsGoldenTest {
    private static final int TEXTS = 150;
    private static final long FIRST_SEED = 77_000;
    private static final String BYTES =
            "{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"trim_offsets\":true,\"use_regex\":false}";

    private final ObjectMapper mapper = new ObjectMapper();

    private byte[] variant(String base, String section, String content) throws IOException {
        ObjectNode json = (ObjectNode) Golden.json(Golden.folder().resolve(base).resolve("tokenizer.json"));
        json.set(section, mapper.readTree(content.replace('`', '"')));
        return mapper.writeValueAsBytes(json);
    }

    private static Tokenizer ours(byte[] json) throws IOException {
        ObjectMapper strict = Json.mapper();
        return TokenizerFiles.read(Path.of("variant"), strict.createParser(json), strict.createObjectNode());
    }

    private static ai.djl.huggingface.tokenizers.HuggingFaceTokenizer theirs(byte[] json) throws IOException {
        return ai.djl.huggingface.tokenizers.HuggingFaceTokenizer.newInstance(
                new ByteArrayInputStream(json), Map.of("truncation", "false", "padding", "false"));
    }

    private void compare(byte[] json) throws IOException {
        Tokenizer ours = ours(json);
        try (var theirs = theirs(json)) {
            for (long seed = FIRST_SEED; seed < FIRST_SEED + TEXTS; seed++) {
                String text = RandomText.withSeed(seed);
                check(
                        seed,
                        text,
                        ours.encode(text, EncodeOptions.DEFAULT.asTrusted()),
                        theirs.encode(text, true, false));
            }
        }
    }

    private static void check(long seed, String text, Encoding encoding, ai.djl.huggingface.tokenizers.Encoding other) {
        assertThat(Arrays.stream(encoding.ids()).asLongStream().toArray())
                .as("seed %d: ids of %s", seed, text)
                .isEqualTo(other.getIds());
        List<List<Integer>> offsets = new ArrayList<>();
        for (CharSpan span : other.getCharTokenSpans()) {
            offsets.add(span == null ? List.of(0, 0) : List.of(span.getStart(), span.getEnd()));
        }
        assertThat(Golden.offsets(encoding, text))
                .as("seed %d: offsets of %s", seed, text)
                .isEqualTo(offsets);
        long[] words = new long[encoding.size()];
        for (int i = 0; i < words.length; i++) {
            words[i] = encoding.wordId(i);
        }
        assertThat(words).as("seed %d: words of %s", seed, text).isEqualTo(other.getWordIds());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{`type`:`NFC`}",
                "{`type`:`NFD`}",
                "{`type`:`NFKC`}",
                "{`type`:`NFKD`}",
                "{`type`:`Lowercase`}",
                "{`type`:`Strip`,`strip_left`:true,`strip_right`:true}",
                "{`type`:`Strip`,`strip_left`:true,`strip_right`:false}",
                "{`type`:`StripAccents`}",
                "{`type`:`Nmt`}",
                "{`type`:`Prepend`,`prepend`:`xy`}",
                "{`type`:`Replace`,`pattern`:{`String`:`the`},`content`:`THE`}",
                "{`type`:`Replace`,`pattern`:{`Regex`:`\\\\s+`},`content`:` `}",
                "{`type`:`Replace`,`pattern`:{`Regex`:`[0-9]`},`content`:``}",
                "{`type`:`BertNormalizer`,`clean_text`:true,`handle_chinese_chars`:true,`strip_accents`:null,`lowercase`:true}",
                "{`type`:`BertNormalizer`,`clean_text`:false,`handle_chinese_chars`:true,`strip_accents`:false,`lowercase`:false}",
                "{`type`:`Sequence`,`normalizers`:[{`type`:`NFD`},{`type`:`Lowercase`},{`type`:`StripAccents`},{`type`:`NFKC`}]}"
            })
    void encode_withNormalizer_equalsTheRustLibrary(String normalizer) throws IOException {
        compare(variant("tokenizer-bpe-gpt2", "normalizer", normalizer));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{`type`:`Whitespace`}",
                "{`type`:`WhitespaceSplit`}",
                "{`type`:`BertPreTokenizer`}",
                "{`type`:`Punctuation`,`behavior`:`Isolated`}",
                "{`type`:`Punctuation`,`behavior`:`Removed`}",
                "{`type`:`Punctuation`,`behavior`:`MergedWithPrevious`}",
                "{`type`:`Punctuation`,`behavior`:`MergedWithNext`}",
                "{`type`:`Punctuation`,`behavior`:`Contiguous`}",
                "{`type`:`Digits`,`individual_digits`:true}",
                "{`type`:`Digits`,`individual_digits`:false}",
                "{`type`:`CharDelimiterSplit`,`delimiter`:`e`}",
                "{`type`:`UnicodeScripts`}",
                "{`type`:`Metaspace`,`replacement`:`_`,`prepend_scheme`:`always`,`split`:true}",
                "{`type`:`Metaspace`,`replacement`:`_`,`prepend_scheme`:`first`,`split`:true}",
                "{`type`:`Metaspace`,`replacement`:`_`,`prepend_scheme`:`never`,`split`:false}",
                "{`type`:`Split`,`pattern`:{`String`:` `},`behavior`:`MergedWithNext`,`invert`:false}",
                "{`type`:`Split`,`pattern`:{`Regex`:`\\\\p{L}+`},`behavior`:`Isolated`,`invert`:false}",
                "{`type`:`Split`,`pattern`:{`Regex`:`\\\\w+`},`behavior`:`Removed`,`invert`:true}",
                "{`type`:`Split`,`pattern`:{`Regex`:`\\\\d{1,3}(?=(?:\\\\d{3})*\\\\b)`},`behavior`:`Isolated`,`invert`:false}",
                "{`type`:`Split`,`pattern`:{`Regex`:`[\\\\p{Han}\\\\p{Hiragana}]+`},`behavior`:`Contiguous`,`invert`:false}",
                "{`type`:`Split`,`pattern`:{`Regex`:`[^\\\\w\\\\s]`},`behavior`:`MergedWithPrevious`,`invert`:false}",
                "{`type`:`Split`,`pattern`:{`Regex`:`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\\\r\\\\n\\\\p{L}\\\\p{N}]?\\\\p{L}+|\\\\p{N}{1,3}|"
                        + " ?[^\\\\s\\\\p{L}\\\\p{N}]+[\\\\r\\\\n]*|\\\\s*[\\\\r\\\\n]+|\\\\s+(?!\\\\S)|\\\\s+`},`behavior`:`Isolated`,`invert`:false}",
                "{`type`:`Split`,`pattern`:{`Regex`:`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\\\r\\\\n\\\\p{L}\\\\p{N}]?[\\\\p{L}\\\\p{M}]+|\\\\p{N}|"
                        + " ?[^\\\\s\\\\p{L}\\\\p{M}\\\\p{N}]+[\\\\r\\\\n]*|\\\\s*[\\\\r\\\\n]+|\\\\s+(?!\\\\S)|\\\\s+`},`behavior`:`Isolated`,`invert`:false}",
                "{`type`:`Split`,`pattern`:{`Regex`:`[^\\\\r\\\\n\\\\p{L}\\\\p{N}]?[\\\\p{Lu}\\\\p{Lt}\\\\p{Lm}\\\\p{Lo}\\\\p{M}]*[\\\\p{Ll}\\\\p{Lm}\\\\p{Lo}\\\\p{M}]+"
                        + "(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\\\\r\\\\n\\\\p{L}\\\\p{N}]?[\\\\p{Lu}\\\\p{Lt}\\\\p{Lm}\\\\p{Lo}\\\\p{M}]+[\\\\p{Ll}\\\\p{Lm}\\\\p{Lo}\\\\p{M}]*"
                        + "(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\\\p{N}{1,3}| ?[^\\\\s\\\\p{L}\\\\p{N}]+[\\\\r\\\\n/]*|\\\\s*[\\\\r\\\\n]+|\\\\s+(?!\\\\S)|\\\\s+`},"
                        + "`behavior`:`Isolated`,`invert`:false}"
            })
    void encode_withPreTokenizer_equalsTheRustLibrary(String preTokenizer) throws IOException {
        compare(variant(
                "tokenizer-bpe-gpt2",
                "pre_tokenizer",
                "{`type`:`Sequence`,`pretokenizers`:[" + preTokenizer + "," + BYTES + "]}"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{`type`:`ByteLevel`,`add_prefix_space`:true,`trim_offsets`:true,`use_regex`:true}",
                "{`type`:`Sequence`,`pretokenizers`:[{`type`:`ByteLevel`,`add_prefix_space`:true,`trim_offsets`:true,`use_regex`:true},"
                        + "{`type`:`Digits`,`individual_digits`:true}]}"
            })
    void encode_withByteLevelPreTokenizer_equalsTheRustLibrary(String preTokenizer) throws IOException {
        compare(variant("tokenizer-bpe-gpt2", "pre_tokenizer", preTokenizer));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{`type`:`BertProcessing`,`sep`:[`<|im_end|>`,2],`cls`:[`<|im_start|>`,1]}",
                "{`type`:`RobertaProcessing`,`sep`:[`<|im_end|>`,2],`cls`:[`<|im_start|>`,1],`trim_offsets`:true,`add_prefix_space`:false}",
                "{`type`:`ByteLevel`,`add_prefix_space`:true,`trim_offsets`:true,`use_regex`:true}"
            })
    void encode_withPostProcessor_equalsTheRustLibrary(String postProcessor) throws IOException {
        byte[] json = variant("tokenizer-bpe-gpt2", "post_processor", postProcessor);
        compare(json);
        Tokenizer ours = ours(json);
        try (var theirs = theirs(json)) {
            for (long seed = FIRST_SEED; seed < FIRST_SEED + TEXTS; seed++) {
                String first = RandomText.withSeed(seed);
                String second = RandomText.withSeed(-seed);
                Encoding encoding = ours.encodePair(first, second, EncodeOptions.DEFAULT.asTrusted());
                ai.djl.huggingface.tokenizers.Encoding other = theirs.encode(first, second);
                assertThat(Arrays.stream(encoding.ids()).asLongStream().toArray())
                        .as("seed %d", seed)
                        .isEqualTo(other.getIds());
                assertThat(Arrays.stream(encoding.typeIds()).asLongStream().toArray())
                        .as("seed %d", seed)
                        .isEqualTo(other.getTypeIds());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "{`type`:`ByteLevel`,`add_prefix_space`:true,`trim_offsets`:true,`use_regex`:true}",
                "{`type`:`WordPiece`,`prefix`:`##`,`cleanup`:true}",
                "{`type`:`WordPiece`,`prefix`:`e`,`cleanup`:false}",
                "{`type`:`Metaspace`,`replacement`:`e`,`prepend_scheme`:`always`,`split`:true}",
                "{`type`:`Metaspace`,`replacement`:`e`,`prepend_scheme`:`never`,`split`:true}",
                "{`type`:`BPEDecoder`,`suffix`:`e`}",
                "{`type`:`CTC`,`pad_token`:`e`,`word_delimiter_token`:`t`,`cleanup`:true}",
                "{`type`:`Sequence`,`decoders`:[{`type`:`Replace`,`pattern`:{`String`:`e`},`content`:`--`},{`type`:`Fuse`},"
                        + "{`type`:`Strip`,`content`:`-`,`start`:3,`stop`:0}]}",
                "{`type`:`Sequence`,`decoders`:[{`type`:`ByteFallback`},{`type`:`Fuse`}]}"
            })
    void decode_withDecoder_equalsTheRustLibrary(String decoder) throws IOException {
        for (String base : List.of("tokenizer-bpe-gpt2", "tokenizer-spm-bpe-bytefallback")) {
            byte[] json = variant(base, "decoder", decoder);
            Tokenizer ours = ours(json);
            try (var theirs = theirs(json)) {
                for (long seed = FIRST_SEED; seed < FIRST_SEED + TEXTS; seed++) {
                    Random random = new Random(seed);
                    int[] ids = random.ints(1 + random.nextInt(30), 0, ours.vocabularySize())
                            .toArray();
                    assertThat(ours.decode(ids, false))
                            .as("seed %d: %s", seed, Arrays.toString(ids))
                            .isEqualTo(theirs.decode(
                                    Arrays.stream(ids).asLongStream().toArray(), false));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "`single_word`:true,`lstrip`:false,`rstrip`:false,`normalized`:false,`special`:false",
                "`single_word`:false,`lstrip`:true,`rstrip`:true,`normalized`:false,`special`:false",
                "`single_word`:true,`lstrip`:true,`rstrip`:false,`normalized`:true,`special`:false",
                "`single_word`:false,`lstrip`:false,`rstrip`:true,`normalized`:true,`special`:true"
            })
    void encode_withAddedTokens_equalsTheRustLibrary(String flags) throws IOException {
        compare(variant(
                "tokenizer-bpe-gpt2",
                "added_tokens",
                "[{`id`:800,`content`:`the`," + flags + "},{`id`:801,`content`:`Hello`," + flags
                        + "},{`id`:802,`content`:`e\u0301`," + flags + "}]"));
    }

    /** RoBERTa's {@code <mask>} takes in the space before it; offsets recorded with the library tokenizers 0.23.3. */
    @ParameterizedTest
    @CsvSource({"true,0", "false,1"})
    void encode_addedTokenThatTakesSpace_leavesItOutOfTrimmedOffsets(boolean prefix, int start) throws IOException {
        ObjectNode json = (ObjectNode) mapper.readTree(variant(
                "tokenizer-bpe-gpt2",
                "added_tokens",
                "[{`id`:800,`content`:`<mask>`,`single_word`:false,`lstrip`:true,`rstrip`:false,`normalized`:false,"
                        + "`special`:false}]"));
        json.set(
                "post_processor",
                mapper.readTree("{`type`:`ByteLevel`,`add_prefix_space`:%s,`trim_offsets`:true,`use_regex`:true}"
                        .formatted(prefix)
                        .replace('`', '"')));
        Tokenizer tokenizer = ours(mapper.writeValueAsBytes(json));
        assertThat(Golden.offsets(tokenizer.encode("a  <mask> b", EncodeOptions.PLAIN), "a  <mask> b"))
                .containsExactly(List.of(0, 1), List.of(3, 9), List.of(10, 11));
        assertThat(Golden.offsets(tokenizer.encode(" <mask>a", EncodeOptions.PLAIN), " <mask>a"))
                .containsExactly(List.of(start, 7), List.of(7, 8));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{`type`:`WordLevel`,`unk_token`:`[UNK]`,`vocab`:{`[UNK]`:0,`the`:1,`Hello`:2,`.`:3,`'`:4,`\u4e2d\u6587`:5}}",
                "{`type`:`WordPiece`,`unk_token`:`[UNK]`,`continuing_subword_prefix`:`##`,`max_input_chars_per_word`:4,"
                        + "`vocab`:{`[UNK]`:0,`t`:1,`##h`:2,`##he`:3,`##e`:4,`a`:5,`##a`:6,`'`:7,`s`:8,`\ud83d\ude00`:9}}",
                "{`type`:`Unigram`,`unk_id`:0,`byte_fallback`:false,`vocab`:[[`<unk>`,0.0],[`t`,-3.0],[`the`,-2.0],[`he`,-2.5],[`e`,-3.5],"
                        + "[`h`,-3.6],[`l`,-4.0],[`ll`,-4.5],[`o`,-4.0],[`\ud83d\ude00`,-5.0]]}",
                "{`type`:`BPE`,`dropout`:null,`unk_token`:`[UNK]`,`continuing_subword_prefix`:`##`,`end_of_word_suffix`:`</w>`,`fuse_unk`:true,"
                        + "`byte_fallback`:false,`vocab`:{`[UNK]`:0,`t`:1,`##h`:2,`##e</w>`:3,`th`:4,`the</w>`:5,`a</w>`:6,`##l`:7,`##ll`:8,`H`:9,"
                        + "`##e`:10,`##o</w>`:11,`He`:12},`merges`:[`t ##h`,`th ##e</w>`,`##l ##l`,`H ##e`]}",
                "{`type`:`BPE`,`dropout`:null,`unk_token`:`[UNK]`,`continuing_subword_prefix`:null,`end_of_word_suffix`:null,`fuse_unk`:false,"
                        + "`byte_fallback`:false,`vocab`:{`[UNK]`:0,`t`:1,`h`:2,`e`:3,`th`:4,`the`:5,`a`:6,`l`:7},`merges`:[`t h`,`th e`]}"
            })
    void encode_withModel_equalsTheRustLibrary(String model) throws IOException {
        ObjectNode json = (ObjectNode) mapper.readTree(
                ("{`version`:`1.0`,`truncation`:null,`padding`:null,`added_tokens`:[],`normalizer`:null,`pre_tokenizer`:{`type`:`BertPreTokenizer`},"
                                + "`post_processor`:null,`decoder`:null}")
                        .replace('`', '"'));
        JsonNode tree = mapper.readTree(model.replace('`', '"'));
        json.set("model", tree);
        compare(mapper.writeValueAsBytes(json));
    }
}
