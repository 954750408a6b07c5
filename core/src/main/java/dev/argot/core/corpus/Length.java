package dev.argot.core.corpus;

import dev.argot.api.corpus.CurationRules;
import dev.argot.spi.CurationContext;
import dev.argot.spi.CurationDocument;
import dev.argot.spi.CurationStep;
import dev.argot.spi.CurationStepProvider;
import dev.argot.spi.Settings;

/**
 * Drops what is too short or too long.
 *
 * <ul>
 *   <li>{@code min-words}: the fewest words; default 20. Gopher (Rae et al. 2021, appendix A.1.1) demands 50 of web pages; the sections
 *       of a statute or the answers of a leaflet are often shorter
 *   <li>{@code max-words}: the most words; default 0: no limit. Gopher has 100,000; a file of a trade may well be a book
 * </ul>
 */
public final class Length implements CurationStepProvider {
    /** For the service loader. */
    public Length() {}

    @Override
    public String name() {
        return CurationRules.LENGTH;
    }

    @Override
    public CurationStep open(Settings settings, CurationContext context) {
        return new Step(settings.integer("min-words", 20, 0), settings.integer("max-words", 0, 0));
    }

    private record Step(int minWords, int maxWords) implements CurationStep {
        @Override
        public Verdict judge(CurationDocument document) {
            int words = document.index().words();
            if (words < minWords) {
                return new Verdict.Drop("too short", words + " words, at least " + minWords);
            }
            if (maxWords > 0 && words > maxWords) {
                return new Verdict.Drop("too long", words + " words, at most " + maxWords);
            }
            return Verdict.KEEP;
        }
    }
}
