package dev.argot.core.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.argot.api.TokenNeighbour;
import dev.argot.api.adaptation.AdaptationReport;
import dev.argot.api.adaptation.AdaptationReport.Environment;
import dev.argot.api.adaptation.AdaptationReport.HashedFile;
import dev.argot.api.adaptation.AdaptationReport.HeldOutPoint;
import dev.argot.api.adaptation.AdaptationReport.Licence;
import dev.argot.api.adaptation.AdaptationReport.PlannedQuantity;
import dev.argot.api.adaptation.AdaptationReport.Sample;
import dev.argot.api.adaptation.AdaptationReport.TrainingPoint;
import dev.argot.api.adaptation.AdaptationReport.VocabularyGain;
import dev.argot.api.evaluation.Comparison;
import dev.argot.api.evaluation.Comparison.TaskChange;
import dev.argot.api.evaluation.Comparison.TextChange;
import dev.argot.core.evaluation.Comparisons;
import dev.argot.core.report.Xml.Element;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PagesTest {
    private static final Environment ENVIRONMENT =
            new Environment("0", "java", "system", "engine", "cpu", "float32", 1, 0);

    static Stream<String> pages() {
        return Stream.of(
                Pages.adaptation(SampleReports.adaptation()),
                Pages.adaptation(SampleReports.adaptation(1000)),
                Pages.adaptation(SampleReports.adaptation(1)),
                Pages.adaptation(
                        AdaptationReport.builder("m", "d", "full", ENVIRONMENT).build()),
                Pages.comparison(SampleReports.comparison()),
                Pages.evaluation(SampleReports.evaluation("m", 0.5)),
                Pages.fineTuning(SampleReports.fineTuning("m")),
                Pages.evaluation(SampleReports.fineTuning("m").test().orElseThrow()),
                Pages.sweeps(List.of(SampleReports.sweep("m", 0.4))),
                Pages.sweeps(List.of(SampleReports.sweep("m", 0.2), SampleReports.sweep("n <&>", 0.6))));
    }

    @ParameterizedTest
    @MethodSource("pages")
    void page_isWellFormedAndLoadsNothing(String page) {
        List<Element> elements = Xml.parse(page);
        List<String> ids = elements.stream()
                .map(element -> element.attribute("id"))
                .filter(id -> !id.isEmpty())
                .toList();
        assertThat(ids).doesNotHaveDuplicates();
        for (Element element : elements) {
            assertThat(element.tag())
                    .isNotIn(
                            "script", "link", "img", "iframe", "object", "embed", "base", "form", "audio", "video",
                            "use", "image");
            assertThat(element.attributes().containsKey("src")).isFalse();
            assertThat(element.attributes().containsKey("style")).isFalse(); // the policy would refuse it
            if (element.attributes().containsKey("href")) {
                assertThat(element.attribute("href")).startsWith("#");
                assertThat(ids).contains(element.attribute("href").substring(1));
            }
        }
        // addresses are only names of XML vocabularies
        Matcher address = Pattern.compile("https?://[^\"'\\s]*").matcher(page);
        while (address.find()) {
            assertThat(address.group()).isIn("http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg");
        }
        assertThat(page).doesNotContain("url(").doesNotContain("@import");
        assertThat(page).doesNotContain("NaN").doesNotContain("Infinity").doesNotContain("Optional");
    }

    @ParameterizedTest
    @MethodSource("pages")
    void page_policy_allowsItsStyleAlone(String page) throws Exception {
        List<Element> elements = Xml.parse(page);
        String style = first(elements, "style");
        String hash = Base64.getEncoder()
                .encodeToString(MessageDigest.getInstance("SHA-256").digest(style.getBytes(StandardCharsets.UTF_8)));
        assertThat(page)
                .contains("content=\"default-src &#39;none&#39;; style-src &#39;sha256-" + hash
                        + "&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;\"");
    }

    @ParameterizedTest
    @MethodSource("pages")
    void page_headings_descendByOne(String page) {
        int level = 0;
        int first = 0;
        for (Element element : Xml.parse(page)) {
            if (element.tag().matches("h[1-6]")) {
                int next = element.tag().charAt(1) - '0';
                first += next == 1 ? 1 : 0;
                assertThat(next).as(element.text()).isLessThanOrEqualTo(level + 1);
                level = next;
            }
        }
        assertThat(first).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<script>alert(1)</script>",
                "</title></style></pre><img src=x onerror=alert(1)>",
                "\" onmouseover=\"alert(1)\" x='",
                "]]> <!-- & &amp; &lt; -->",
                "<|im_end|>\u0000\u0008\u001b[31m\ud800\u2028 ünï 😀",
            })
    void adaptation_hostileText_isShownAsText(String text) {
        // GIVEN it stands wherever text can stand
        AdaptationReport report = AdaptationReport.builder(
                        text, text, text, new Environment(text, text, text, text, text, text, 1, 1))
                .heldOut(new HeldOutPoint(text, 0, 0, 1))
                .heldOut(new HeldOutPoint("b", 0, 0, 2))
                .sample(new Sample(text, text, text))
                .configuration(text, text)
                .seed(text, 1)
                .input(new HashedFile(text, 1, text))
                .output(new HashedFile(text, 1, text))
                .licence(new Licence(text, text))
                .plan(new PlannedQuantity(text, text, 1.5, OptionalDouble.of(2.5)))
                .vocabulary(new VocabularyGain(text, 2, 1, List.of(new VocabularyGain.AddedTerm(text, 2, 3))))
                .build();
        // WHEN
        List<Element> page = Xml.parse(Pages.adaptation(report));
        // THEN the same elements and attributes are there as with harmless text, and the text is
        String shown = text.replaceAll("[\u0000\u0008\u001b]|\ud800", "\ufffd");
        assertThat(page)
                .noneMatch(element ->
                        element.tag().equals("script") || element.tag().equals("img"));
        assertThat(page).noneMatch(element -> element.attributes().containsKey("onmouseover"));
        assertThat(first(page, "pre")).isEqualTo(shown.strip());
        assertThat(first(page, "title")).isEqualTo(shown + " adapted to " + shown);
    }

    @Test
    void fineTuning_hostileText_isShownAsText() {
        String text = "</title></style><img src=x onerror=alert(1)>";
        List<Element> page = Xml.parse(Pages.fineTuning(SampleReports.fineTuning(text)));
        assertThat(page).noneMatch(element -> element.tag().equals("img"));
        assertThat(first(page, "title")).isEqualTo(text + ", fine-tuned for " + text);
    }

    @Test
    void fineTuning_everyNumber_isOnThePage() {
        String page = first(Xml.parse(Pages.fineTuning(SampleReports.fineTuning("m"))), "html")
                .replace('\u00a0', ' ');
        assertThat(page)
                .contains(
                        "81.2 %", "70.0 to 90.0", "97.0 %", "75.0 %", "87.5 %", "1,234", "2 (kept)", "1.5000", "0.5000")
                .contains("Entity F1", "Accuracy", "O m", "O O")
                .doesNotContain("item that is right");
    }

    @Test
    void comparison_ofEncoders_showsLossesAndRareTermsAndNoPerplexity() {
        Comparison comparison =
                Comparisons.compare(SampleReports.encoder("bert", 0), SampleReports.encoder("medical-bert", 1));
        String page = first(Xml.parse(Pages.comparison(comparison)), "html").replace('\u00a0', ' ');
        assertThat(page)
                .contains("masked-token loss", fixed(2_345.5 / 1_229, 4), fixed(2_345.5 * 0.8 / 1_229, 4), "−20.0 %")
                .contains(fixed(2_713.25 / 1_013, 4), "+3.0 %", "61.7 %", "66.7 %", "+5.0")
                .contains("25.0 %", "62.5 %", "+37.5", "2 occurrences", "1,229 tokens")
                .doesNotContainIgnoringCase("perplexity")
                .doesNotContainIgnoringCase("per byte");
        String one = first(Xml.parse(Pages.evaluation(SampleReports.encoder("bert", 0))), "html")
                .replace('\u00a0', ' ');
        assertThat(one)
                .contains("masked-token loss", fixed(2_345.5 / 1_229, 4), "58.3", "65.4", "11.1")
                .doesNotContainIgnoringCase("perplexity")
                .doesNotContainIgnoringCase("per byte");
    }

    @Test
    void adaptation_everyNumber_isOnThePage() {
        AdaptationReport report = SampleReports.adaptation();
        String page = first(Xml.parse(Pages.adaptation(report)), "html").replace('\u00a0', ' ');
        var expected = new ArrayList<String>();
        for (TrainingPoint point : report.training()) {
            expected.add(whole(point.tokens()));
            expected.add(fixed(point.loss(), 4));
        }
        report.heldOut().forEach(point -> expected.add(fixed(point.loss(), 4)));
        for (TextChange text : report.comparison().orElseThrow().texts()) {
            expected.addAll(List.of(
                    whole(text.before().tokens()),
                    whole(text.after().bytes()),
                    fixed(text.before().nats() / Math.log(2) / text.before().bytes(), 4),
                    fixed(text.after().nats() / Math.log(2) / text.after().bytes(), 4),
                    fixed(Math.exp(text.before().nats() / text.before().tokens()), 2),
                    fixed(Math.exp(text.after().nats() / text.after().tokens()), 2)));
        }
        for (TaskChange change : report.comparison().orElseThrow().tasks()) {
            for (double value : new double[] {
                change.before().value(), change.before().low(), change.before().high(),
                change.after().value(), change.after().low(), change.after().high(),
                change.difference().value(), change.difference().low(),
                        change.difference().high()
            }) {
                expected.add(fixed(100 * value, 1));
            }
        }
        expected.addAll(List.of("33.3", "62.5 %", "25.0", "87.5")); // baseline, instructions
        expected.addAll(List.of("1.0 %", "−13.1 %", "+1.3 %", "−12.7 %", "+0.9 %", "90.0 %")); // gate
        expected.addAll(List.of("9,876,543", "9,870,001", "9,012,345", "5,120", "4,601", "2,201,345", "too short 47"));
        expected.addAll(
                List.of("near-duplicate 417", "exact duplicate 55", "e-mail addresses masked 23", "91.2 %", "1.9 s"));
        expected.addAll(List.of("28,033", "26,611", "−5.1 %", "412", "233")); // vocabulary
        expected.addAll(List.of("2,123,456,789", "2.25 GB", "+6.2 %", "9 min 0 s", "9 min 23 s", "61,440", "5.76e−7"));
        expected.addAll(
                List.of("1,234,567", "19,567,890", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"));
        expected.addAll(List.of("8,326,230,016", "10 min 11 s", "14 March 2026, 15:09 UTC"));
        assertThat(page).contains(expected);
    }

    @Test
    void adaptation_firstSentence_saysWhatWasGainedAndForgotten() {
        List<Element> page = Xml.parse(Pages.adaptation(SampleReports.adaptation()));
        String verdict = page.stream()
                .filter(element -> element.attribute("class").equals("verdict"))
                .findFirst()
                .orElseThrow()
                .text()
                .replace('\u00a0', ' ');
        assertThat(verdict)
                .isEqualTo(
                        "The model now predicts text of “United States law” 13.6 % better and general text 1.1 % worse."
                                + " Of 12 task scores, 12 rose and 0 fell beyond chance.");
    }

    @Test
    void figures_ofAllKinds_readWell() {
        assertThat(Figures.change(-0.0004)).isEqualTo("0.0\u00a0%");
        assertThat(Figures.change(0.0004)).isEqualTo("0.0\u00a0%");
        assertThat(Figures.change(-0.02)).isEqualTo("−2.0\u00a0%");
        assertThat(Figures.change(0.02)).isEqualTo("+2.0\u00a0%");
        assertThat(Figures.change(Double.NaN)).isEqualTo("–");
        assertThat(Figures.time(3725)).isEqualTo("1\u00a0h 2\u00a0min");
        assertThat(Figures.time(59.96)).isEqualTo("60\u00a0s");
        assertThat(Figures.time(0.25)).isEqualTo("0.3\u00a0s");
        assertThat(Figures.bytes(999)).isEqualTo("999\u00a0bytes");
        assertThat(Figures.bytes(1_500_000)).isEqualTo("1.50\u00a0MB");
        assertThat(Figures.significant(0.000512, 4)).isEqualTo("0.0005120");
        assertThat(Figures.significant(1.25e-12, 4)).isEqualTo("1.25e−12");
        assertThat(Figures.significant(-1234.5678, 4)).isEqualTo("−1,235");
        assertThat(Figures.significant(3e9, 4)).isEqualTo("3e9");
        assertThat(Figures.axis(0.0005)).isEqualTo("5e−4");
        assertThat(Figures.axis(60_000)).isEqualTo("60k");
        assertThat(Figures.axis(-2_500_000)).isEqualTo("−2.5M");
        assertThat(Figures.axis(0)).isEqualTo("0");
        assertThat(Figures.axis(2.5)).isEqualTo("2.5");
    }

    private static String first(List<Element> elements, String tag) {
        return elements.stream()
                .filter(element -> element.tag().equals(tag))
                .findFirst()
                .orElseThrow()
                .text();
    }

    private static String whole(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    private static String fixed(double value, int decimals) {
        return String.format(Locale.ROOT, "%." + decimals + "f", Math.abs(value));
    }

    @Test
    void adaptation_insight_showsBothSides() {
        String text = Xml.parse(Pages.adaptation(SampleReports.adaptation())).stream()
                .filter(element -> element.attribute("id").equals("insight"))
                .findFirst()
                .orElseThrow()
                .text();
        assertThat(text)
                .contains("Most probable next tokens after “The doctrine of res”")
                .contains("“ <pire>” 25", "“ judicata” 62")
                .contains("Ġlaches 0.52, Ġwaiver 0.47")
                .doesNotContain("were not trained");
    }

    @Test
    void adaptation_insightWithoutChange_saysSo() {
        var near = List.of(new TokenNeighbour(7, "waiver", 0.41));
        AdaptationReport report = AdaptationReport.builder("m", "d", "LoRA", ENVIRONMENT)
                .insight(new AdaptationReport.Insight(
                        List.of(new AdaptationReport.Insight.TermNeighbours("estoppel", near, near)), List.of()))
                .build();
        assertThat(Pages.adaptation(report))
                .contains("not trained", "Before and after")
                .doesNotContain(">After<");
    }
}
