package dev.argot.tokenizers.huggingface;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.argot.api.EncodeOptions;
import dev.argot.api.EncodeOptions.Truncation;
import dev.argot.api.Encoding;
import dev.argot.api.Padding;
import dev.argot.api.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every {@code tokenizer-*} case: what the reference library says of each text, pair, batch and sequence of ids. */
class TokenizerGoldenTest {
    private static final EncodeOptions TRUSTED = EncodeOptions.DEFAULT.asTrusted();

    static List<Path> cases() {
        return Golden.cases("tokenizer-");
    }

    @Test
    void cases_ofTheFolder_areFound() {
        assertThat(cases()).isNotEmpty();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void encode_recordedText_givesIdsOffsetsAndMask(Path folder) {
        Tokenizer tokenizer = Golden.tokenizer(folder);
        SoftAssertions softly = new SoftAssertions();
        for (JsonNode node : expected(folder, "cases")) {
            String text = Golden.text(node);
            Encoding encoding = tokenizer.encode(text, TRUSTED);
            softly.assertThat(Golden.ids(encoding)).as("ids of %s", text).isEqualTo(Golden.ints(node.get("ids")));
            softly.assertThat(Golden.offsets(encoding, text))
                    .as("offsets of %s", text)
                    .isEqualTo(Golden.offsets(node.get("offsets")));
            softly.assertThat(Golden.specialMask(encoding))
                    .as("mask of %s", text)
                    .isEqualTo(Golden.ints(node.get("special_tokens_mask")));
            softly.assertThat(Golden.ids(tokenizer.encode(text, EncodeOptions.PLAIN.asTrusted())))
                    .as("ids without special tokens of %s", text)
                    .isEqualTo(Golden.ints(node.get("ids_without_special")));
        }
        softly.assertAll();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void decode_recordedIds_givesText(Path folder) {
        Tokenizer tokenizer = Golden.tokenizer(folder);
        SoftAssertions softly = new SoftAssertions();
        List<JsonNode> nodes = new ArrayList<>();
        expected(folder, "cases").forEach(nodes::add);
        expected(folder, "decode").forEach(nodes::add);
        for (JsonNode node : nodes) {
            int[] ids = Golden.array(node.get("ids"));
            softly.assertThat(tokenizer.decode(ids, false))
                    .as("text of %s", node.get("ids"))
                    .isEqualTo(node.get("decoded").textValue());
            softly.assertThat(tokenizer.decode(ids, true))
                    .as("text without special tokens of %s", node.get("ids"))
                    .isEqualTo(node.get("decoded_skip_special").textValue());
        }
        softly.assertAll();
    }

    /**
     * Where the reference library lets a model's own pieces spell a special token, as Unigram models can, untrusted text still must not become
     * one: then the text must survive, without any special token but the one for unknown characters.
     */
    @ParameterizedTest
    @MethodSource("cases")
    void encode_specialTokensInUntrustedText_areText(Path folder) {
        Tokenizer tokenizer = Golden.tokenizer(folder);
        SoftAssertions softly = new SoftAssertions();
        OptionalInt unk = tokenizer.specialTokens().unk();
        String unknown = unk.isPresent() ? tokenizer.token(unk.getAsInt()) : "\0";
        for (JsonNode node : expected(folder, "cases")) {
            String text = Golden.text(node);
            Encoding encoding = tokenizer.encode(text, EncodeOptions.PLAIN);
            JsonNode ids =
                    node.has("ids_special_as_text") ? node.get("ids_special_as_text") : node.get("ids_without_special");
            Set<Integer> special = control(tokenizer, Golden.ints(ids));
            softly.assertThat(control(tokenizer, Golden.ids(encoding)))
                    .as("special tokens in %s", text)
                    .isEmpty();
            boolean spelt = text.contains(unknown) || !special.isEmpty();
            if (!spelt) {
                softly.assertThat(Golden.ids(encoding)).as("ids of %s", text).isEqualTo(Golden.ints(ids));
                if (node.has("offsets_special_as_text")) {
                    softly.assertThat(Golden.offsets(encoding, text))
                            .as("offsets of %s", text)
                            .isEqualTo(Golden.offsets(node.get("offsets_special_as_text")));
                }
            } else if (!Golden.ids(encoding).contains(unk.orElse(-1))) {
                softly.assertThat(tokenizer.decode(encoding.ids(), false))
                        .as("text of %s", text)
                        .isEqualTo(tokenizer.decode(Golden.array(ids), false));
            }
        }
        softly.assertAll();
    }

    private static Set<Integer> control(Tokenizer tokenizer, List<Integer> ids) {
        Set<Integer> control = new TreeSet<>(ids);
        control.removeIf(id ->
                !tokenizer.isSpecial(id) || tokenizer.specialTokens().unk().equals(OptionalInt.of(id)));
        return control;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void streamDecoder_recordedIds_givesChunks(Path folder) {
        Tokenizer tokenizer = Golden.tokenizer(folder);
        SoftAssertions softly = new SoftAssertions();
        for (JsonNode node : expected(folder, "decode")) {
            Tokenizer.StreamDecoder stream = tokenizer.streamDecoder(true);
            List<String> chunks = new ArrayList<>();
            for (int id : Golden.array(node.get("ids"))) {
                chunks.add(stream.next(id));
            }
            String rest = stream.finish();
            String all = String.join("", chunks) + rest;
            if (node.get("stream_chunks").isNull()) {
                softly.assertThat(all.codePoints().noneMatch(c -> c >= 0xD800 && c <= 0xDFFF))
                        .as("half characters in %s", all)
                        .isTrue();
                continue;
            }
            List<String> expected = new ArrayList<>();
            node.get("stream_chunks").forEach(chunk -> expected.add(chunk.isNull() ? "" : chunk.textValue()));
            softly.assertThat(chunks).as("chunks of %s", node.get("ids")).isEqualTo(expected);
            String decoded = node.get("decoded_skip_special").textValue();
            // Bytes that come later may spoil a character that was handed out.
            if (decoded.startsWith(String.join("", expected))) {
                softly.assertThat(all).as("all chunks of %s", node.get("ids")).isEqualTo(decoded);
            }
        }
        softly.assertAll();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void encodeAll_recordedBatch_truncatesAndPads(Path folder) {
        Tokenizer tokenizer = Golden.tokenizer(folder);
        for (JsonNode node : expected(folder, "truncation_padding")) {
            EncodeOptions options = options(node.get("truncation"));
            List<Encoding> batch;
            if (node.has("pairs")) {
                batch = new ArrayList<>();
                for (JsonNode pair : node.get("pairs")) {
                    batch.add(tokenizer.encodePair(
                            pair.get(0).textValue(), pair.get(1).textValue(), options));
                }
            } else {
                List<String> texts = new ArrayList<>();
                node.get("texts").forEach(text -> texts.add(text.textValue()));
                batch = node.get("padding").isNull()
                        ? texts.stream()
                                .map(text -> tokenizer.encode(text, options))
                                .toList()
                        : tokenizer.encodeAll(texts, options, padding(node.get("padding")));
            }
            assertThat(batch).hasSize(node.get("batch").size());
            for (int i = 0; i < batch.size(); i++) {
                check(
                        batch.get(i),
                        node.get("batch").get(i),
                        node.get("truncation") + " " + node.get("padding") + " " + i);
            }
        }
    }

    private static EncodeOptions options(JsonNode truncation) {
        if (truncation.isNull()) {
            return TRUSTED;
        }
        Truncation.Strategy strategy =
                switch (truncation.path("strategy").asText("longest_first")) {
                    case "longest_first" -> Truncation.Strategy.LONGEST_FIRST;
                    case "only_first" -> Truncation.Strategy.ONLY_FIRST;
                    case "only_second" -> Truncation.Strategy.ONLY_SECOND;
                    default -> throw new AssertionError("unknown strategy in " + truncation);
                };
        return TRUSTED.withTruncation(new Truncation(
                truncation.get("max_length").intValue(),
                truncation.path("stride").intValue(),
                strategy,
                side(truncation)));
    }

    private static Padding padding(JsonNode padding) {
        return new Padding(
                padding.get("pad_id").intValue(),
                0,
                side(padding),
                padding.path("length").intValue(),
                padding.path("pad_to_multiple_of").asInt(1));
    }

    private static Truncation.Side side(JsonNode node) {
        return node.path("direction").asText("right").equals("left") ? Truncation.Side.START : Truncation.Side.END;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void encodePair_recordedPair_isLaidOut(Path folder) {
        Tokenizer tokenizer = Golden.tokenizer(folder);
        for (JsonNode node : expected(folder, "pairs")) {
            String first = node.get("pair").get(0).textValue();
            String second = node.get("pair").get(1).textValue();
            Encoding encoding = tokenizer.encodePair(first, second, TRUSTED);
            check(encoding, node, node.get("pair").toString());
            assertThat(Golden.offsets(encoding, first, second))
                    .as("offsets of %s", node.get("pair"))
                    .isEqualTo(Golden.offsets(node.get("offsets")));
        }
    }

    private static void check(Encoding encoding, JsonNode node, String what) {
        assertThat(Golden.ids(encoding)).as("ids of %s", what).isEqualTo(Golden.ints(node.get("ids")));
        assertThat(Golden.list(encoding.attentionMask()))
                .as("attention mask of %s", what)
                .isEqualTo(Golden.ints(node.get("attention_mask")));
        assertThat(Golden.list(encoding.typeIds()))
                .as("segments of %s", what)
                .isEqualTo(Golden.ints(node.get("type_ids")));
        assertThat(Golden.specialMask(encoding))
                .as("special tokens of %s", what)
                .isEqualTo(Golden.ints(node.get("special_tokens_mask")));
        List<List<Integer>> overflow = new ArrayList<>();
        node.get("overflowing").forEach(part -> overflow.add(Golden.ints(part)));
        assertThat(encoding.overflow().stream().map(Golden::ids).toList())
                .as("overflow of %s", what)
                .isEqualTo(overflow);
    }

    private static JsonNode expected(Path folder, String name) {
        JsonNode node = Golden.json(folder.resolve("expected.json")).get(name);
        assertThat(node).as("%s of %s", name, folder.getFileName()).isNotEmpty();
        return node;
    }
}
