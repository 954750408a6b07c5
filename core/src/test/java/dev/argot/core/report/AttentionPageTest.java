package dev.argot.core.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.argot.api.AttentionMap;
import dev.argot.api.AttentionMap.Head;
import dev.argot.api.AttentionMap.Kind;
import dev.argot.api.AttentionMap.Token;
import dev.argot.core.report.Xml.Element;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class AttentionPageTest {
    private static final Pattern SCRIPT = Pattern.compile("<script>(.*?)</script>", Pattern.DOTALL);
    private static final String DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    private static List<Token> tokens(String... texts) {
        return IntStream.range(0, texts.length)
                .mapToObj(i -> new Token(i, texts[i]))
                .toList();
    }

    private static List<Token> numbered(int count) {
        return tokens(IntStream.range(0, count).mapToObj(i -> "t" + i).toArray(String[]::new));
    }

    /** Random rows that sum to one; with {@code causal} no token sees a later one. */
    private static float[][] weights(int rows, int columns, boolean causal, Random random) {
        float[][] weights = new float[rows][columns];
        for (int i = 0; i < rows; i++) {
            float sum = 0;
            for (int j = 0; j < (causal ? i + 1 : columns); j++) {
                weights[i][j] = random.nextFloat() + 1e-3f;
                sum += weights[i][j];
            }
            for (int j = 0; j < columns; j++) {
                weights[i][j] /= sum;
            }
        }
        return weights;
    }

    private static AttentionMap decoder(String model, int tokens, int layers, int heads) {
        var random = new Random(1);
        var all = new ArrayList<Head>();
        for (int layer = 0; layer < layers; layer++) {
            for (int head = 0; head < heads; head++) {
                all.add(new Head(Kind.SELF, layer, head, weights(tokens, tokens, true, random)));
            }
        }
        return new AttentionMap(model, numbered(tokens), List.of(), all);
    }

    /** The page without its script, which the test's reader of XML does not know. */
    private static List<Element> elements(String page) {
        return Xml.parse(SCRIPT.matcher(page).replaceAll(""));
    }

    private static Map<String, ?> data(String page) {
        String data = elements(page).stream()
                .filter(e -> e.attribute("id").equals("data"))
                .findFirst()
                .orElseThrow()
                .text();
        return RecordJson.parse(Path.of("data"), data);
    }

    private static Map<String, ?> map(Map<String, ?> data, int index) {
        return object(((List<?>) data.get("maps")).get(index));
    }

    @SuppressWarnings("unchecked") // as the reader gives it
    private static Map<String, ?> object(Object value) {
        return (Map<String, ?>) value;
    }

    private static List<Map<String, ?>> heads(Map<String, ?> map) {
        return ((List<?>) map.get("heads")).stream().<Map<String, ?>>map(AttentionPageTest::object).toList();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<script>alert(1)</script>",
                "</script><img src=x onerror=alert(1)>",
                "<!--",
                "]]>",
                "\"'`${1}\\",
                "\u2028\u2029\u202e\ufeff",
                "\u0000\u001b\r\n\t",
                "&lt;&#60;",
                "\ud83d\ude00",
                "\ud800"
            })
    void page_ofAnyToken_keepsItAsText(String text) {
        var map = new AttentionMap(
                text, tokens(text), List.of(), List.of(new Head(Kind.SELF, 0, 0, new float[][] {{1}})));
        String page = AttentionPage.page(List.of(map));
        assertThat(page.split("<script", -1)).as("our two").hasSize(3);
        assertThat(page).doesNotContain("<img");
        Matcher data = Pattern.compile("<script type=\"application/json\" id=\"data\">(.*?)</script>", Pattern.DOTALL)
                .matcher(page);
        assertThat(data.find()).isTrue();
        assertThat(data.group(1)).doesNotContain("<", ">", "&", "'", "\u2028", "\u202e");
        Map<String, ?> read = map(data(page), 0);
        assertThat(read.get("model")).isEqualTo(text);
        assertThat(read.get("sources")).isEqualTo(List.of(text));
    }

    @Test
    void page_loadsNothing_andAllowsItsOwnScriptAlone() throws Exception {
        String page = AttentionPage.page(List.of(decoder("m", 4, 1, 2)));
        String policy = elements(page).stream()
                .filter(e -> e.attribute("http-equiv").equals("Content-Security-Policy"))
                .findFirst()
                .orElseThrow()
                .attribute("content");
        Matcher script = SCRIPT.matcher(page);
        assertThat(script.find()).isTrue();
        String hash = Base64.getEncoder()
                .encodeToString(MessageDigest.getInstance("SHA-256")
                        .digest(script.group(1).getBytes(StandardCharsets.UTF_8)));
        assertThat(policy).startsWith("default-src 'none'; ").contains("script-src 'sha256-" + hash + "'");
        assertThat(policy).doesNotContain("unsafe");
        assertThat(page.replace("http://www.w3.org/1999/xhtml", "").replace("http://www.w3.org/2000/svg", ""))
                .doesNotContain("http://", "https://", "@import", "url(");
        assertThat(script.group(1)).doesNotContain("innerHTML", "eval(", "document.write");
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void page_weights_areThoseOfTheMap(Kind kind) {
        var random = new Random(7);
        List<Token> sources = numbered(6);
        List<Token> targets = kind == Kind.SELF ? List.of() : numbered(3);
        int rows = kind == Kind.SELF ? 6 : 3;
        int columns = kind == Kind.DECODER ? 3 : 6;
        float[][] weights = weights(rows, columns, kind == Kind.DECODER, random);
        String page =
                AttentionPage.page(List.of(new AttentionMap("m", sources, targets, List.of(new Head(kind, 2, 5, weights)))));
        Map<String, ?> head = heads(map(data(page), 0)).get(0);
        assertThat(head.get("layer")).isEqualTo(BigDecimal.valueOf(2));
        assertThat(head.get("head")).isEqualTo(BigDecimal.valueOf(5));
        assertThat(head.get("triangular")).isEqualTo(kind == Kind.DECODER);
        String digits = (String) head.get("weights");
        int at = 0;
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < (kind == Kind.DECODER ? i + 1 : columns); j++) {
                double value = (DIGITS.indexOf(digits.charAt(at)) * 64 + DIGITS.indexOf(digits.charAt(at + 1))) / 4095.0;
                assertThat(value).isCloseTo(weights[i][j], within(1.0 / 8190 + 1e-6));
                at += 2;
            }
        }
        assertThat(digits).hasSize(at);
    }

    @Test
    void page_ofTwo_holdsBoth() {
        String page = AttentionPage.page(List.of(decoder("base", 4, 1, 1), decoder("adapted", 4, 1, 1)));
        assertThat(map(data(page), 0).get("model")).isEqualTo("base");
        assertThat(map(data(page), 1).get("model")).isEqualTo("adapted");
        assertThat(elements(page)).anyMatch(e -> e.text().equals("base beside adapted") && e.tag().equals("h1"));
    }

    @Test
    void page_ofManyTokens_showsTheFirstAndSaysSo() {
        String page = AttentionPage.page(List.of(decoder("m", 300, 1, 1)));
        assertThat(page).contains("Of 300 tokens the first 256 are shown");
        assertThat((List<?>) map(data(page), 0).get("sources")).hasSize(256);
        assertThat((String) heads(map(data(page), 0)).get(0).get("weights")).hasSize(256 * 257);
    }

    @Test
    void page_ofManyHeads_staysSmallAndSaysSo() {
        float[][] shared = weights(256, 256, false, new Random(1));
        var heads = new ArrayList<Head>();
        for (int i = 0; i < 12 * 16; i++) {
            heads.add(new Head(Kind.SELF, i / 16, i % 16, shared));
        }
        AttentionMap map = new AttentionMap("m", numbered(256), List.of(), heads);
        // 16 heads of 256 × 256 weights are 2,097,152 digits
        String page = AttentionPage.page(List.of(map));
        assertThat(page).contains("Of 12 layers 5 are shown (1, 3, 6, 8, 11)").hasSizeLessThan(12_200_000);
        assertThat(heads(map(data(page), 0))).hasSize(80);

        var wide = new ArrayList<Head>();
        for (int i = 0; i < 200; i++) {
            wide.add(new Head(Kind.SELF, i / 100, i % 100, shared));
        }
        page = AttentionPage.page(List.of(new AttentionMap("m", numbered(256), List.of(), wide)));
        assertThat(page).contains("Only layer 0 is shown, and of it the first 91 heads");
        assertThat(heads(map(data(page), 0))).hasSize(91);
    }

    @Test
    void page_withoutHeads_isRefused() {
        assertThatThrownBy(() -> AttentionPage.page(List.of(decoder("m", 3, 0, 0))))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void write_makesTheFolderAndLeavesTheFileAlone(@TempDir Path temporary) throws Exception {
        Path page = temporary.resolve("new/map.html");
        new ReportFiles().write(decoder("m", 3, 1, 1), page);
        try (var files = Files.list(page.resolveSibling(""))) {
            assertThat(files).containsExactly(page);
        }
        assertThat(page).content().startsWith("<!DOCTYPE html>").endsWith("</html>\n");
    }

    @Test
    void json_hasTokensAndWeights() {
        var map = new AttentionMap(
                "m",
                tokens("a"),
                tokens("b", "c"),
                List.of(new Head(Kind.CROSS, 1, 2, new float[][] {{1}, {0.1234567f}})));
        assertThat(new ReportFiles().json(map))
                .isEqualTo("{\"format\":\"argot-attention\",\"version\":1,\"model\":\"m\","
                        + "\"sources\":[{\"id\":0,\"text\":\"a\"}],"
                        + "\"targets\":[{\"id\":0,\"text\":\"b\"},{\"id\":1,\"text\":\"c\"}],"
                        + "\"heads\":[{\"kind\":\"cross\",\"layer\":1,\"head\":2,\"weights\":[[1.0],[0.123457]]}]}");
    }
}
