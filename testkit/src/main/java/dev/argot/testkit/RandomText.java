package dev.argot.testkit;

import java.util.List;
import java.util.Random;

/** Texts as users and documents have them, from a seed: words, numbers, spaces, several scripts, emoji, code. */
public final class RandomText {
    private static final List<String> PIECES = List.of(
            "the",
            "The",
            "THE",
            "don't",
            "naïve",
            "Straße",
            "İstanbul",
            "e\u0301t\u00e9",
            "данные",
            "Ωμέγα",
            "数据",
            "模型训练",
            "日本語テキスト",
            "한국어",
            "שלום",
            "مرحبا",
            "हिन्दी",
            "ไทย",
            "🙂",
            "👩\u200d💻",
            "🇫🇷",
            "\ud834\udd1e",
            "3.14",
            "1,000,000",
            "2024-05-06",
            "§ 12(a)",
            "x_1 += y[2];",
            "\t",
            "\n",
            "\r\n",
            "  ",
            "   ",
            " ",
            ".",
            ",",
            "...",
            "!?",
            "—",
            "“quoted”",
            "(",
            ")",
            "/",
            "\\",
            "#",
            "@",
            "&amp;",
            "http://a.example/b?c=d",
            "C++",
            "\u00a0",
            "\u200b",
            "\ufeff",
            "ﬁ",
            "½",
            "ａ",
            "_",
            "a",
            "I",
            "zzzz",
            "antidisestablishmentarianism");

    private RandomText() {}

    /**
     * A text.
     *
     * @param seed the same seed gives the same text
     */
    public static String withSeed(long seed) {
        var random = new Random(seed);
        var text = new StringBuilder();
        int count = random.nextInt(40);
        for (int i = 0; i < count; i++) {
            text.append(PIECES.get(random.nextInt(PIECES.size())));
            if (random.nextInt(3) > 0) {
                text.append(' ');
            }
        }
        return text.toString();
    }
}
