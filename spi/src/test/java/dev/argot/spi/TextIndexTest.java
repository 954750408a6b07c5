package dev.argot.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class TextIndexTest {
    private static final Pattern WORD = Pattern.compile(
            "[\\p{L}\\p{M}\\p{Nd}\\p{Nl}](?:[\\p{L}\\p{M}\\p{Nd}\\p{Nl}]|(?<=\\p{L})['\u2019](?=\\p{L})|(?<=[0-9])[.,](?=[0-9]))*");

    private static List<String> words(String text) {
        TextIndex index = TextIndex.of(text);
        List<String> words = new ArrayList<>();
        for (int i = 0; i < index.words(); i++) {
            words.add(text.substring(index.start(i), index.end(i)));
        }
        return words;
    }

    @Test
    void of_sentence_findsWordsLinesAndCounts() {
        String text = "The court\u2019s 3.5 % rule,\r\n\nno. 1,234-5: \ud835\udc00b 'naïve'.";
        TextIndex index = TextIndex.of(text);
        assertThat(words(text))
                .containsExactly("The", "court\u2019s", "3.5", "rule", "no", "1,234", "5", "\ud835\udc00b", "naïve");
        assertThat(index.lines()).isEqualTo(3);
        assertThat(text.substring(index.lineStart(0), index.lineEnd(0))).endsWith("rule,");
        assertThat(index.lineEnd(1)).isEqualTo(index.lineStart(1));
        assertThat(text.substring(index.lineStart(2), index.lineEnd(2)))
                .startsWith("no.")
                .endsWith("'.");
        assertThat(index.digits()).isEqualTo(7);
        assertThat(index.letters()).isEqualTo(3 + 6 + 4 + 2 + 3 + 5);
        assertThat(index.hasLetter(0)).isTrue();
        assertThat(index.hasLetter(2)).isFalse();
    }

    @Test
    void hash_sameWordInAnotherCase_isTheSame() {
        TextIndex index = TextIndex.of("Court's COURT\u2019S courts");
        assertThat(index.hash(0)).isEqualTo(index.hash(1)).isNotEqualTo(index.hash(2));
        assertThat(TextIndex.hashOf("court's")).isEqualTo(index.hash(0));
        assertThatThrownBy(() -> TextIndex.hashOf("two words")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void lines_endsWithAFeed_hasNoEmptyLineBehindIt() {
        assertThat(TextIndex.of("a\nb\n").lines()).isEqualTo(2);
        assertThat(TextIndex.of("").lines()).isEqualTo(1);
        assertThat(TextIndex.of("\n\n").lines()).isEqualTo(2);
    }

    @RepeatedTest(200)
    void of_randomText_findsWhatThePatternFinds(RepetitionInfo info) {
        var random = new Random(info.getCurrentRepetition());
        String alphabet = "aB\u00e9\u0301\u4e2d9 0.,'\u2019-\n\ud835\udc00\ud83d\ude00\u00a0\u2028";
        int[] points = alphabet.codePoints().toArray();
        var text = new StringBuilder();
        for (int i = random.nextInt(60); i >= 0; i--) {
            text.appendCodePoint(points[random.nextInt(points.length)]);
        }
        // Patterns don't look behind at characters of two chars.
        String found = text.toString().replaceAll("\ud835\udc00['\u2019]", "\ud835\udc00-");
        List<String> expected = new ArrayList<>();
        for (Matcher matcher = WORD.matcher(found); matcher.find(); ) {
            expected.add(matcher.group());
        }
        assertThat(words(found))
                .as("seed %d: %s", info.getCurrentRepetition(), found)
                .isEqualTo(expected);
        TextIndex index = TextIndex.of(found);
        for (int i = 0; i < index.words(); i++) {
            for (int k = 0; k < i; k++) {
                String one = expected.get(i).toLowerCase(Locale.ROOT).replace('\u2019', '\'');
                String other = expected.get(k).toLowerCase(Locale.ROOT).replace('\u2019', '\'');
                assertThat(index.hash(i) == index.hash(k))
                        .as("seed %d: %s %s", info.getCurrentRepetition(), one, other)
                        .isEqualTo(one.equals(other));
            }
        }
    }
}
