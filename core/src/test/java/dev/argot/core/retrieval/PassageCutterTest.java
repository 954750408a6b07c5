package dev.argot.core.retrieval;

import static org.assertj.core.api.Assertions.assertThat;

import dev.argot.core.retrieval.PassageCutter.Span;
import dev.argot.spi.TextIndex;
import dev.argot.testkit.RandomText;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PassageCutterTest {
    @Test
    void cut_ofSentences_keepsThemWhole() {
        assertThat(texts("One two three. Four five six? Seven eight. Nine ten eleven twelve.", 6))
                .containsExactly("One two three. Four five six?", "Seven eight. Nine ten eleven twelve.");
    }

    @Test
    void cut_ofLongSentence_cutsBetweenWords() {
        assertThat(texts("One two three four five six seven. Eight.", 3))
                .containsExactly("One two three", "four five six", "seven. Eight.");
    }

    @Test
    void cut_ofShortRest_addsItToTheLast() {
        assertThat(texts("One two three four five. Six seven eight nine. Ten.", 9))
                .containsExactly("One two three four five. Six seven eight nine. Ten.");
    }

    @Test
    void cut_ofHeadings_endsAtEmptyLines() {
        assertThat(texts("Title without an end\r\n \r\nBody of one two three.", 5))
                .containsExactly("Title without an end", "Body of one two three.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "\n\n\n", "***", "—\n\n…", "\ud800"})
    void cut_withoutWords_givesNothing(String text) {
        assertThat(PassageCutter.cut(text, 10)).isEmpty();
    }

    @RepeatedTest(100)
    void cut_ofRandomText_coversEveryWordOnce(RepetitionInfo info) {
        long seed = info.getCurrentRepetition();
        var random = new Random(seed);
        String text = IntStream.range(0, 1 + random.nextInt(6))
                .mapToObj(i -> RandomText.withSeed(seed * 10 + i))
                .collect(Collectors.joining(random.nextBoolean() ? "\n\n" : ". "));
        int most = 1 + random.nextInt(30);
        List<Span> spans = PassageCutter.cut(text, most);
        TextIndex words = TextIndex.of(text);
        for (int word = 0; word < words.words(); word++) {
            int start = words.start(word);
            int end = words.end(word);
            assertThat(spans)
                    .as("seed %d, %s", seed, text.substring(start, end))
                    .filteredOn(span -> span.start() <= start && end <= span.end())
                    .hasSize(1);
        }
        int before = 0;
        for (Span span : spans) {
            assertThat(span.start()).as("seed %d", seed).isGreaterThanOrEqualTo(before);
            before = span.end();
            String passage = text.substring(span.start(), span.end());
            assertThat(passage.strip()).as("seed %d", seed).isEqualTo(passage).isNotEmpty();
            assertThat(span.words())
                    .as("seed %d", seed)
                    .isEqualTo(TextIndex.of(passage).words())
                    .isBetween(1, most + most / 4);
        }
    }

    private static List<String> texts(String text, int most) {
        return PassageCutter.cut(text, most).stream()
                .map(span -> text.substring(span.start(), span.end()))
                .toList();
    }
}
