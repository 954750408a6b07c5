package dev.argot.core.corpus;

import dev.argot.api.corpus.CurationRules;
import dev.argot.spi.CurationContext;
import dev.argot.spi.CurationDocument;
import dev.argot.spi.CurationStep;
import dev.argot.spi.CurationStepProvider;
import dev.argot.spi.Settings;
import dev.argot.spi.TextIndex;
import java.util.ArrayList;
import java.util.List;

/**
 * Drops all but the first of documents that have the same words in the same order, apart from case, punctuation and spacing. Compares
 * hashes of 64 bits; remembers about 40 bytes and the id of each document. It has no settings.
 */
public final class ExactDuplicates implements CurationStepProvider {
    /** For the service loader. */
    public ExactDuplicates() {}

    @Override
    public String name() {
        return CurationRules.EXACT_DUPLICATES;
    }

    @Override
    public CurationStep open(Settings settings, CurationContext context) {
        return new Step(new LongTable(), new ArrayList<>());
    }

    private record Step(LongTable seen, List<String> ids) implements CurationStep {
        @Override
        public Verdict judge(CurationDocument document) {
            TextIndex index = document.index();
            long hash = index.words();
            for (int i = 0; i < index.words(); i++) {
                hash = hash * Hashing.BASE + index.hash(i);
            }
            long key = index.words() == 0 ? Hashing.of(document.text()) : Hashing.mix(hash);
            String id = document.document().id();
            return new Verdict.InOrder(() -> decide(key, id));
        }

        private Verdict decide(long key, String id) {
            int first = seen.putIfAbsent(key, ids.size());
            if (first >= 0) {
                return new Verdict.Drop("duplicate", "of " + ids.get(first));
            }
            ids.add(id);
            return Verdict.KEEP;
        }
    }
}
