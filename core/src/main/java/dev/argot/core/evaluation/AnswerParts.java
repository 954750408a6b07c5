package dev.argot.core.evaluation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Takes answers apart that have parts: lists of labels, and JSON. Stateless, hence thread-safe. */
final class AnswerParts {
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private AnswerParts() {}

    /**
     * An answer taken apart.
     *
     * @param canonical the same for answers that are the same
     * @param parts its parts, in any order
     */
    record Apart(String canonical, List<String> parts) {}

    /**
     * Labels of a list, each once.
     *
     * @param answer the list
     * @param separator stands between them
     */
    static Apart labels(String answer, String separator) {
        List<String> labels = Arrays.stream(answer.split(Pattern.quote(separator), -1))
                .map(String::strip)
                .filter(label -> !label.isEmpty())
                .distinct()
                .sorted()
                .toList();
        return new Apart(String.join(separator, labels), labels);
    }

    /**
     * The values of JSON, each with the keys that lead to it; positions in lists aside. Of an answer that is not JSON there are none.
     *
     * @param answer the JSON
     */
    static Apart json(String answer) {
        return parsed(answer)
                .map(tree -> {
                    var values = new ArrayList<String>();
                    values("", tree, values);
                    return new Apart(canonical(tree), values);
                })
                .orElseGet(() -> new Apart(answer, List.of()));
    }

    private static Optional<JsonNode> parsed(String answer) {
        try {
            JsonNode tree = JSON.readTree(answer);
            return tree.isMissingNode() ? Optional.empty() : Optional.of(tree);
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }

    private static void values(String path, JsonNode node, List<String> values) {
        if (node.isObject()) {
            for (Map.Entry<String, JsonNode> field : node.properties()) {
                values(path + "/" + field.getKey().replace("~", "~0").replace("/", "~1"), field.getValue(), values);
            }
        } else if (node.isArray()) {
            node.forEach(element -> values(path, element, values));
        } else {
            values.add(path + " " + literal(node));
        }
    }

    /** Keys in order, without blanks. */
    private static String canonical(JsonNode node) {
        var text = new StringBuilder();
        if (node.isObject()) {
            var sorted = new TreeMap<String, JsonNode>();
            node.properties().forEach(field -> sorted.put(field.getKey(), field.getValue()));
            sorted.forEach((key, value) -> text.append(text.isEmpty() ? "" : ",")
                    .append(JsonNodeFactory.instance.textNode(key))
                    .append(':')
                    .append(canonical(value)));
            return "{" + text + "}";
        }
        if (node.isArray()) {
            node.forEach(element -> text.append(text.isEmpty() ? "" : ",").append(canonical(element)));
            return "[" + text + "]";
        }
        return literal(node);
    }

    private static String literal(JsonNode node) {
        if (node.isNumber()) {
            return node.decimalValue().signum() == 0
                    ? "0"
                    : node.decimalValue().stripTrailingZeros().toString();
        }
        return node.toString();
    }
}
