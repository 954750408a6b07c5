package dev.argot.models.format;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.argot.api.FileFormatException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
    private static final Path FILE = Path.of("file.json");

    private static Map<String, @Nullable Object> read(String json) {
        return Json.object(FILE, json.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void object_ofEveryKind_givesPlainValues() {
        var expected = new LinkedHashMap<String, @Nullable Object>();
        expected.put("text", "ü😀");
        expected.put("whole", -3L);
        expected.put("decimal", 1e-5);
        expected.put("flag", true);
        expected.put("nothing", null);
        expected.put("list", Arrays.asList(1L, null, List.of()));
        expected.put("huge", 1e30);

        Map<String, @Nullable Object> actual = read(
                """
                {"text": "\\u00fc😀", "whole": -3, "decimal": 1e-05, "flag": true, "nothing": null,
                 "list": [1, null, []], "huge": 1000000000000000000000000000000}
                """);

        then(actual).isEqualTo(expected);
        then(actual.keySet()).containsExactlyElementsOf(expected.keySet());
    }

    @Test
    void write_ofWhatWasRead_readsTheSame() {
        Map<String, @Nullable Object> values =
                read("{\"a\": {\"b\": [1, 2.5, \"x\\n\\u2028\", false, null]}, \"c\": Infinity, \"d\": 0.1}");

        then(Json.object(FILE, Json.write(values))).isEqualTo(values);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "[]",
                "1",
                "{",
                "{}}",
                "{} x",
                "{\"a\":1,}",
                "{'a':1}",
                "{\"a\":01}",
                "{\"a\":1,\"a\":1}",
                "{/**/}",
                "{\"a\":tru}",
                "\ufeff{}",
                "{\"a\":\"\n\"}"
            })
    void object_ofMalformedText_isRefusedNamingTheFile(String json) {
        thenThrownBy(() -> read(json)).isInstanceOf(FileFormatException.class).hasMessageContaining("file.json");
    }

    @Test
    void object_ofBytesThatAreNotUtf8_isRefused() {
        thenThrownBy(() -> Json.object(FILE, new byte[] {'{', '"', (byte) 0xC0, (byte) 0x80, '"', ':', '1', '}'}))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("UTF-8");
    }
}
