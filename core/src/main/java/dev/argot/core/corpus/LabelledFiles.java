package dev.argot.core.corpus;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.argot.api.ArgotException;
import dev.argot.api.FileFormatException;
import dev.argot.api.finetuning.AnsweredQuestion;
import dev.argot.api.finetuning.LabelledItem;
import dev.argot.api.finetuning.LabelledText;
import dev.argot.api.finetuning.TaggedText;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads labelled items. Stateless, hence thread-safe. */
public final class LabelledFiles {
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .build();

    private LabelledFiles() {}

    /**
     * Reads a file.
     *
     * @param <T> the kind of item
     * @param kind the kind of item
     * @param file JSON lines, or columns of words and tags
     * @throws FileFormatException if it is malformed or has no item
     * @throws ArgotException if it cannot be read
     */
    public static <T extends LabelledItem> List<T> read(Class<T> kind, Path file) {
        String name = String.valueOf(file.getFileName());
        String lower = name.toLowerCase(Locale.ROOT);
        boolean json = lower.endsWith(".jsonl") || lower.endsWith(".ndjson");
        if (!json && kind != TaggedText.class) {
            throw new FileFormatException(file, "expected JSON lines, a file called *.jsonl or *.ndjson");
        }
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
            var lines = new TextLines(file, in);
            var items = new ArrayList<T>();
            if (json) {
                while (lines.advance()) {
                    if (!lines.isBlank()) {
                        items.add(kind.cast(new Line(file, name, lines.number(), object(file, lines)).item(kind)));
                    }
                }
            } else {
                columns(file, name, lines).forEach(item -> items.add(kind.cast(item)));
            }
            if (items.isEmpty()) {
                throw new FileFormatException(file, "expected labelled items, found none");
            }
            return items;
        } catch (IOException | UncheckedIOException e) {
            throw new ArgotException(file + ": cannot be read: " + e, e);
        }
    }

    // ---- columns

    private static List<TaggedText> columns(Path file, String name, TextLines lines) {
        var items = new ArrayList<TaggedText>();
        var words = new ArrayList<String>();
        var tags = new ArrayList<String>();
        long first = 0;
        boolean more = true;
        while (more) {
            more = lines.advance();
            if (more && !lines.isBlank()) {
                String[] columns = lines.text().strip().split("[ \t]+", -1);
                if (columns[0].startsWith("-DOCSTART-")) {
                    continue;
                }
                if (columns.length < 2) {
                    throw malformed(
                            file,
                            lines.number(),
                            "expected a word and a tag parted by a blank or a tab, found '" + columns[0] + "'",
                            null);
                }
                if (words.isEmpty()) {
                    first = lines.number();
                }
                words.add(columns[0]);
                tags.add(columns[columns.length - 1]);
            } else if (!words.isEmpty()) {
                items.add(new TaggedText(name + ":" + first, words, tags));
                words.clear();
                tags.clear();
            }
        }
        return items;
    }

    private static FileFormatException malformed(
            Path file, long line, String problem, @Nullable Throwable cause) {
        return new FileFormatException(file, "line " + line + ": " + problem, cause);
    }

    // ---- JSON lines

    private static Map<String, @Nullable Object> object(Path file, TextLines lines) {
        try (JsonParser parser = FACTORY.createParser(lines.text())) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw malformed(file, lines.number(), "expected a JSON object, found " + lines.text().strip(), null);
            }
            Map<String, @Nullable Object> object = object(parser);
            if (parser.nextToken() != null) {
                throw malformed(file, lines.number(), "expected one JSON object, found more behind it", null);
            }
            return object;
        } catch (JsonProcessingException e) {
            throw malformed(file, lines.number(), "expected a JSON object, found: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, @Nullable Object> object(JsonParser parser) throws IOException {
        var object = new LinkedHashMap<String, @Nullable Object>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = parser.currentName();
            parser.nextToken();
            object.put(key, value(parser));
        }
        return object;
    }

    private static @Nullable Object value(JsonParser parser) throws IOException {
        JsonToken token = parser.currentToken();
        if (token == JsonToken.START_OBJECT) {
            return object(parser);
        } else if (token == JsonToken.START_ARRAY) {
            var list = new ArrayList<@Nullable Object>();
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                list.add(value(parser));
            }
            return list;
        } else if (token == JsonToken.VALUE_NUMBER_INT) {
            return parser.getBigIntegerValue();
        } else if (token == JsonToken.VALUE_NUMBER_FLOAT) {
            return parser.getDecimalValue();
        } else if (token == JsonToken.VALUE_NULL) {
            return null;
        }
        return token == JsonToken.VALUE_STRING ? parser.getText() : parser.getBooleanValue();
    }

    /**
     * An object of a file.
     *
     * @param file for messages
     * @param name the file's name
     * @param number of its line
     * @param values its keys and values
     */
    private record Line(Path file, String name, long number, Map<String, @Nullable Object> values) {
        LabelledItem item(Class<? extends LabelledItem> kind) {
            try {
                if (kind == LabelledText.class) {
                    return labelledText();
                } else if (kind == TaggedText.class) {
                    return new TaggedText(id(), strings(key("words", "tokens")), strings(key("tags", "ner_tags")));
                } else if (kind == AnsweredQuestion.class) {
                    return answeredQuestion();
                }
                throw new IllegalArgumentException("no kind of item: " + kind);
            } catch (IllegalArgumentException e) {
                throw malformed(file, number, String.valueOf(e.getMessage()), e);
            }
        }

        private String id() {
            Object id = values.get("id");
            return id instanceof String || id instanceof BigInteger ? id.toString() : name + ":" + number;
        }

        /** The first of the keys that is there. */
        private String key(String... names) {
            for (String key : names) {
                if (values.get(key) != null) {
                    return key;
                }
            }
            throw new IllegalArgumentException("expected the key '" + String.join("' or '", names) + "', found "
                    + values.keySet());
        }

        private static IllegalArgumentException unfit(String key, String expected, @Nullable Object found) {
            return new IllegalArgumentException("key '" + key + "': expected " + expected + ", found " + found);
        }

        private String string(String key) {
            if (values.get(key) instanceof String text) {
                return text;
            }
            throw unfit(key, "a string", values.get(key));
        }

        private List<String> strings(String key) {
            return strings(key, values.get(key));
        }

        private static List<String> strings(String key, @Nullable Object value) {
            if (value instanceof List<?> list && list.stream().allMatch(String.class::isInstance)) {
                return list.stream().map(String.class::cast).toList();
            }
            throw unfit(key, "a list of strings", value);
        }

        private static double number(String key, @Nullable Object value) {
            if (value instanceof BigInteger || value instanceof BigDecimal) {
                return ((Number) value).doubleValue();
            }
            throw unfit(key, "a number", value);
        }

        private LabelledText labelledText() {
            String text = string(key("text", "sentence", "premise"));
            Optional<String> second = Stream.of("text_pair", "hypothesis")
                    .filter(key -> values.get(key) != null)
                    .findFirst()
                    .map(this::string);
            String key = key("label", "labels", "score", "scores");
            Object value = values.get(key);
            return switch (key) {
                case "label" -> {
                    if (value instanceof String || value instanceof BigInteger) {
                        yield new LabelledText(id(), text, second, Map.of(value.toString(), 1.0));
                    }
                    throw unfit(key, "a string or an integer", value);
                }
                case "labels" -> {
                    var targets = new LinkedHashMap<String, Double>();
                    new TreeSet<>(strings(key)).forEach(label -> targets.put(label, 1.0));
                    yield new LabelledText(id(), text, second, targets);
                }
                case "score" -> new LabelledText(id(), text, second, Map.of(key, number(key, value)));
                default -> {
                    if (!(value instanceof Map<?, ?> numbers)) {
                        throw unfit(key, "an object of numbers", value);
                    }
                    var targets = new LinkedHashMap<String, Double>();
                    numbers.forEach((label, each) -> targets.put(label.toString(), number(key + "." + label, each)));
                    yield new LabelledText(id(), text, second, targets);
                }
            };
        }

        private AnsweredQuestion answeredQuestion() {
            String question = string("question");
            String passage = string(key("context", "passage"));
            String key = key("answers", "answer");
            var answers = new ArrayList<AnsweredQuestion.Answer>();
            if (key.equals("answer")) {
                String answer = string(key);
                int start = passage.indexOf(answer);
                if (start < 0) {
                    throw unfit(key, "a part of the passage", answer);
                }
                answers.add(new AnsweredQuestion.Answer(answer, start));
            } else if (values.get(key) instanceof Map<?, ?> columns) {
                List<String> texts = strings(key + ".text", columns.get("text"));
                if (!(columns.get("answer_start") instanceof List<?> starts) || starts.size() != texts.size()) {
                    throw unfit(key + ".answer_start", "one start for each text", columns.get("answer_start"));
                }
                for (int i = 0; i < texts.size(); i++) {
                    answers.add(answer(passage, texts.get(i), starts.get(i)));
                }
            } else if (values.get(key) instanceof List<?> list) {
                for (Object each : list) {
                    if (!(each instanceof Map<?, ?> answer) || !(answer.get("text") instanceof String text)) {
                        throw unfit(key, "objects with text and answer_start", each);
                    }
                    answers.add(answer(passage, text, answer.get("answer_start")));
                }
            } else {
                throw unfit(key, "an object or a list", values.get(key));
            }
            return new AnsweredQuestion(id(), question, passage, answers);
        }

        private static AnsweredQuestion.Answer answer(String passage, String text, @Nullable Object start) {
            double codePoints = number("answers.answer_start", start);
            if (codePoints != Math.rint(codePoints)
                    || codePoints < 0
                    || codePoints > passage.codePointCount(0, passage.length())) {
                throw unfit("answers.answer_start", "a place in the passage", start);
            }
            return new AnsweredQuestion.Answer(text, passage.offsetByCodePoints(0, (int) codePoints));
        }
    }
}
