package dev.argot.core.corpus;

import dev.argot.api.CancellationToken;
import dev.argot.api.Document;
import dev.argot.api.Domain;
import dev.argot.api.corpus.CurationRules;
import dev.argot.spi.CurationContext;
import dev.argot.spi.CurationDocument;
import dev.argot.spi.CurationStep;
import dev.argot.spi.CurationStep.Verdict;
import dev.argot.spi.CurationStepProvider;
import dev.argot.spi.MinHash;
import dev.argot.spi.Settings;
import dev.argot.spi.TermStatistics;
import dev.argot.spi.TextAnalysis;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Opens steps, and makes what they need. */
final class Steps {
    static final List<CurationStepProvider> ALL = List.of(
            new Boilerplate(),
            new Length(),
            new Quality(),
            new Repetition(),
            new ExactDuplicates(),
            new NearDuplicates(),
            new HarmfulContent(),
            new PersonalData(),
            new Decontamination(),
            new Relevance());

    private Steps() {}

    static CurationStepProvider provider(String name) {
        return ALL.stream().filter(p -> p.name().equals(name)).findFirst().orElseThrow();
    }

    static CurationContext context(Optional<Domain> domain, String... evaluationTexts) {
        return new CurationContext(domain, SlowAnalysis::new, () -> Stream.of(evaluationTexts), 1);
    }

    static CurationStep open(CurationStepProvider provider, CurationContext context, String... settings) {
        var given = new TreeMap<String, String>();
        for (int i = 0; i < settings.length; i += 2) {
            given.put(settings[i], settings[i + 1]);
        }
        var all = new Settings("step", given);
        CurationStep step = provider.open(all, context);
        all.requireAllKnown();
        return step;
    }

    static Verdict judge(CurationStep step, String text) {
        return judge(step, "id", text);
    }

    static Verdict judge(CurationStep step, String id, String text) {
        Verdict verdict = step.judge(new CurationDocument(new Document(id, text, "s", "l")));
        return verdict instanceof Verdict.InOrder inOrder ? inOrder.decision().get() : verdict;
    }

    static Curator curator(CurationRules rules, int threads, CurationContext context) {
        return Curator.open(
                rules,
                Steps::provider,
                context,
                new Curator.Options(Optional.empty(), threads, Optional.empty(), 1, CancellationToken.never()));
    }

    /** Words that make sentences without meaning, seeded. */
    static String prose(Random random, int words) {
        var text = new StringBuilder();
        String[] glue = {"the", "of", "and", "to", "with", "that"};
        for (int i = 0; i < words; i++) {
            text.append(i == 0 ? "" : " ");
            if (random.nextInt(3) == 0) {
                text.append(glue[random.nextInt(glue.length)]);
            } else {
                for (int k = 3 + random.nextInt(5); k > 0; k--) {
                    text.append((char) ('a' + random.nextInt(26)));
                }
            }
        }
        return text.append('.').toString();
    }

    static Set<List<String>> shingles(String text, int size) {
        List<String> words = Arrays.stream(text.toLowerCase(Locale.ROOT).split("[^a-z0-9]+"))
                .filter(word -> !word.isEmpty())
                .toList();
        var shingles = new HashSet<List<String>>();
        for (int i = 0; i + size <= words.size(); i++) {
            shingles.add(words.subList(i, i + size));
        }
        return shingles;
    }

    static double jaccard(String a, String b, int size) {
        Set<List<String>> one = shingles(a, size);
        Set<List<String>> other = shingles(b, size);
        var both = new HashSet<>(one);
        both.retainAll(other);
        return (double) both.size() / (one.size() + other.size() - both.size());
    }

    /** MinHash as the definition has it. */
    static final class SlowAnalysis implements TextAnalysis {
        @Override
        public int[] signature(String text, MinHash parameters) {
            var random = new Random(parameters.seed());
            int[] salts = random.ints(parameters.hashes()).toArray();
            int[] smallest = new int[parameters.hashes()];
            Arrays.fill(smallest, Integer.MAX_VALUE);
            for (List<String> shingle : Steps.shingles(text, parameters.shingle())) {
                long hash = Hashing.of(String.join(" ", shingle));
                for (int i = 0; i < smallest.length; i++) {
                    smallest[i] = Math.min(smallest[i], (int) Hashing.mix(hash ^ ((long) salts[i] << 32 | i)));
                }
            }
            return smallest;
        }

        @Override
        public List<Token> tokens(String text) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<String> terms(String text) {
            throw new UnsupportedOperationException();
        }

        @Override
        public TermStatistics statistics(Stream<String> documents) {
            return new TermStatistics(0, 0, Map.of());
        }

        @Override
        public List<String> shingles(String text, int size) {
            return new ArrayList<>();
        }
    }
}
