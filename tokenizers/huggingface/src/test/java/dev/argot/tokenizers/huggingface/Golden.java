package dev.argot.tokenizers.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.argot.api.Encoding;
import dev.argot.api.Tokenizer;
import dev.argot.spi.TokenizerData;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The recorded cases in the folder that the system property {@code argot.golden} names. */
final class Golden {
    private Golden() {}

    static Path folder() {
        String folder = System.getProperty("argot.golden");
        if (folder == null) {
            throw new IllegalStateException("the system property argot.golden names no folder");
        }
        return Path.of(folder);
    }

    /** The cases whose names begin so. */
    static List<Path> cases(String prefix) {
        try (Stream<Path> entries = Files.list(folder())) {
            return entries.filter(entry -> entry.getFileName().toString().startsWith(prefix))
                    .filter(Files::isDirectory)
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static JsonNode json(Path file) {
        try {
            return new ObjectMapper().readTree(Files.readAllBytes(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Tokenizer tokenizer(Path folder) {
        return new HuggingFaceTokenizerProvider().open(new TokenizerData.Folder(folder));
    }

    /** The text of a case, with its lone surrogates. */
    static String text(JsonNode node) {
        if (!node.has("utf16")) {
            return node.get("text").textValue();
        }
        StringBuilder text = new StringBuilder();
        node.get("utf16").forEach(unit -> text.append((char) unit.intValue()));
        return text.toString();
    }

    static List<Integer> ints(JsonNode node) {
        List<Integer> ints = new ArrayList<>();
        node.forEach(value -> ints.add(value.intValue()));
        return ints;
    }

    static int[] array(JsonNode node) {
        return ints(node).stream().mapToInt(Integer::intValue).toArray();
    }

    static List<Integer> ids(Encoding encoding) {
        return list(encoding.ids());
    }

    static List<Integer> list(int[] values) {
        List<Integer> list = new ArrayList<>();
        for (int value : values) {
            list.add(value);
        }
        return list;
    }

    /** Offsets in code points, as recorded. */
    static List<List<Integer>> offsets(JsonNode node) {
        List<List<Integer>> offsets = new ArrayList<>();
        node.forEach(pair -> offsets.add(ints(pair)));
        return offsets;
    }

    /** Offsets of an encoding, in code points of the text (of the second text for its tokens). */
    static List<List<Integer>> offsets(Encoding encoding, String... texts) {
        List<List<Integer>> offsets = new ArrayList<>();
        for (int i = 0; i < encoding.size(); i++) {
            String text = texts[Math.max(0, encoding.sequenceId(i))];
            offsets.add(List.of(text.codePointCount(0, encoding.start(i)), text.codePointCount(0, encoding.end(i))));
        }
        return offsets;
    }

    static List<Integer> specialMask(Encoding encoding) {
        List<Integer> mask = new ArrayList<>();
        for (int i = 0; i < encoding.size(); i++) {
            mask.add(encoding.isSpecial(i) ? 1 : 0);
        }
        return mask;
    }
}
