package dev.argot.core.corpus;

import dev.argot.api.corpus.CurationRules;
import dev.argot.spi.CurationContext;
import dev.argot.spi.CurationDocument;
import dev.argot.spi.CurationStep;
import dev.argot.spi.CurationStepProvider;
import dev.argot.spi.Settings;
import dev.argot.spi.TextIndex;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/**
 * Drops hateful and obscene texts, by a list of words and phrases. Unlike in C4 (Raffel et al. 2020), where one word of a list is enough,
 * several must be there, and close: a list alone removes court cases, medical advice and texts by those who are insulted (Dodge et al.
 * 2021).
 *
 * <ul>
 *   <li>{@code words}: words and phrases, separated by commas, beside the built-in English ones
 *   <li>{@code built-in}: {@code false} to use {@code words} alone; default {@code true}
 *   <li>{@code min-count} 3: how many must be there
 *   <li>{@code max-share} 0.005: which share of the words of a document they may be
 * </ul>
 */
public final class HarmfulContent implements CurationStepProvider {
    private static final String LIST = "harmful-words.txt";

    /** For the service loader. */
    public HarmfulContent() {}

    @Override
    public String name() {
        return CurationRules.HARMFUL_CONTENT;
    }

    @Override
    public CurationStep open(Settings settings, CurationContext context) {
        var words = new TermTrie();
        settings.list("words", List.of()).forEach(words::add);
        if (settings.flag("built-in", true)) {
            builtIn().forEach(words::add);
        }
        return new Step(words, settings.integer("min-count", 3, 1), settings.share("max-share", 0.005));
    }

    static List<String> builtIn() {
        try (InputStream in = HarmfulContent.class.getResourceAsStream(LIST)) {
            if (in == null) {
                throw new IllegalStateException("resource missing: " + LIST);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#") && !line.isBlank())
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private record Step(TermTrie harmful, int minCount, double maxShare) implements CurationStep {
        @Override
        public Verdict judge(CurationDocument document) {
            TextIndex index = document.index();
            int count = 0;
            int found = 0;
            int i = 0;
            while (i < index.words()) {
                int length = harmful.longestAt(index, i);
                if (length > 0) {
                    count++;
                    found += length;
                }
                i += Math.max(1, length);
            }
            double share = index.words() == 0 ? 0 : (double) found / index.words();
            return count >= minCount && share > maxShare
                    ? new Verdict.Drop(
                            "harmful words",
                            String.format(
                                    Locale.ROOT, "%d, share %.3f of the words, at most %.3f", count, share, maxShare))
                    : Verdict.KEEP;
        }
    }
}
