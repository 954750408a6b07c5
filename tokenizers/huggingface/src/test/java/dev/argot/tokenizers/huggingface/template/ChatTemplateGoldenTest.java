package dev.argot.tokenizers.huggingface.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every golden chat template renders as with Jinja; malformed ones are refused. */
class ChatTemplateGoldenTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path GOLDEN = Path.of(System.getProperty("argot.golden"));
    private static final Clock CLOCK = Clock.systemUTC();

    /** A conversation of a golden case. */
    record Case(Path template, JsonNode expected, String bos, String eos) {
        @Override
        public String toString() {
            return template.getFileName() + " " + expected.toString().substring(0, 60);
        }
    }

    static Stream<Case> cases() throws IOException {
        var cases = new ArrayList<Case>();
        for (Path folder : folders()) {
            JsonNode expected = JSON.readTree(folder.resolve("expected.json").toFile());
            for (JsonNode one : expected.get("cases")) {
                cases.add(new Case(
                        folder.resolve(one.get("template").asText() + ".jinja"),
                        one,
                        expected.get("bos_token").asText(),
                        expected.get("eos_token").asText()));
            }
        }
        return cases.stream();
    }

    private static List<Path> folders() throws IOException {
        try (Stream<Path> files = Files.list(GOLDEN)) {
            return files.filter(f -> f.getFileName().toString().startsWith("chat-templates"))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void render_goldenConversation_equalsJinja(Case golden) throws IOException {
        JinjaTemplate template = JinjaTemplate.parse(Files.readString(golden.template()), JinjaTemplate.Limits.DEFAULT);
        var arguments = new LinkedHashMap<String, @Nullable Object>();
        arguments.put("messages", value(golden.expected().get("messages")));
        arguments.put(
                "add_generation_prompt",
                golden.expected().path("add_generation_prompt").asBoolean());
        golden.expected().path("arguments").properties().forEach(e -> arguments.put(e.getKey(), value(e.getValue())));
        Map<String, String> own = Map.of("bos_token", golden.bos(), "eos_token", golden.eos());
        if (golden.expected().has("error")) {
            assertThatThrownBy(() -> template.render(arguments, own, CLOCK))
                    .isInstanceOf(TemplateException.class)
                    .hasMessage(golden.expected().get("error").asText());
        } else if (!golden.expected().path("continue_final_message").asBoolean()) {
            assertThat(template.render(arguments, own, CLOCK).text())
                    .isEqualTo(golden.expected().get("text").asText());
        }
    }

    static Stream<Path> malformed() throws IOException {
        JsonNode manifest = JSON.readTree(
                GOLDEN.resolve("bad-inputs").resolve("manifest.json").toFile());
        var files = new ArrayList<Path>();
        for (JsonNode entry : manifest.get("entries")) {
            if (entry.path("category").asText().equals("chat-template")) {
                files.add(GOLDEN.resolve("bad-inputs").resolve(entry.get("file").asText()));
            }
        }
        return files.stream();
    }

    @ParameterizedTest
    @MethodSource("malformed")
    void render_badTemplate_isRefused(Path file) {
        Map<String, Object> arguments =
                Map.of("messages", List.of(Map.of("role", "user", "content", "Hello")), "add_generation_prompt", true);
        assertThatThrownBy(() -> JinjaTemplate.parse(Files.readString(file), JinjaTemplate.Limits.DEFAULT)
                        .render(arguments, Map.of("bos_token", "<s>", "eos_token", "</s>"), CLOCK))
                .isInstanceOf(TemplateException.class);
    }

    static @Nullable Object value(JsonNode node) {
        if (node.isObject()) {
            var map = new LinkedHashMap<String, @Nullable Object>();
            node.properties().forEach(e -> map.put(e.getKey(), value(e.getValue())));
            return map;
        }
        if (node.isArray()) {
            var list = new ArrayList<@Nullable Object>();
            IntStream.range(0, node.size()).forEach(i -> list.add(value(node.get(i))));
            return list;
        }
        return node.isNull()
                ? null
                : node.isTextual()
                        ? node.asText()
                        : node.isBoolean()
                                ? node.asBoolean()
                                : node.isIntegralNumber() ? (Object) node.asLong() : node.asDouble();
    }
}
