package dev.argot.core.corpus;

import dev.argot.api.ArgotException;
import dev.argot.api.Document;
import dev.argot.api.Tokenizer;
import dev.argot.api.corpus.CurationReport;
import dev.argot.api.corpus.CurationReport.Example;
import dev.argot.core.corpus.Curator.Dropped;
import dev.argot.core.corpus.Curator.Judged;
import dev.argot.core.corpus.Curator.Kept;
import dev.argot.core.corpus.Curator.Options;
import dev.argot.core.corpus.Curator.Passed;
import dev.argot.core.corpus.Curator.Said;
import dev.argot.core.corpus.Curator.Size;
import dev.argot.core.corpus.Curator.Step;
import dev.argot.spi.CurationDocument;
import dev.argot.spi.CurationStep.Verdict;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A run over documents, which gives those that are kept, one after the other. Not thread-safe.
 *
 * <p>Documents are read in batches; each batch is judged by one thread of the pool, all steps at a go; verdicts are then taken in the
 * order of the documents by the thread that asks. What a step says depends on the document alone, and steps that compare decide in
 * order, so that the outcome does not depend on the threads. Memory is bounded by the batches under way and by what comparing steps
 * remember.
 */
public final class Curation implements Iterator<Kept>, AutoCloseable {
    private static final int BATCH_DOCUMENTS = 64;
    private static final int BATCH_CHARACTERS = 1 << 18;
    private static final int EXAMPLES = 5;
    private static final int EXCERPT = 200;
    private static final int MOST_ORIGINS = 1000;
    private static final String OTHER_ORIGINS = "(others)";

    private final List<Step> steps;
    private final Options options;
    private final Iterator<Document> documents;
    private final Consumer<Dropped> dropped;
    private final @Nullable Tokenizer tokenizer;
    private final @Nullable ExecutorService pool;
    private final int batchesAhead;
    private final Deque<FutureTask<List<Judged>>> batches = new ArrayDeque<>();
    private final Deque<Judged> judged = new ArrayDeque<>();
    private final List<StepTotals> totals = new ArrayList<>();
    private final Total in = new Total();
    private final Total out = new Total();
    private final Map<String, Total> sources = new LinkedHashMap<>();
    private final Map<String, Total> licences = new LinkedHashMap<>();
    private final LongTable ids = new LongTable();
    private final long start = System.nanoTime();
    private @Nullable Kept ahead;

    Curation(List<Step> steps, Options options, Iterator<Document> documents, Consumer<Dropped> dropped) {
        this.steps = steps;
        this.options = options;
        this.documents = documents;
        this.dropped = dropped;
        tokenizer = options.tokenizer().orElse(null);
        var random = new SplittableRandom(options.seed());
        for (Step step : steps) {
            totals.add(new StepTotals(step, random.split()));
        }
        int threads = options.threads();
        pool = threads == 1
                ? null
                : Executors.newFixedThreadPool(
                        threads,
                        Thread.ofPlatform().daemon().name("argot-curation-", 1).factory());
        batchesAhead = threads == 1 ? 1 : 2 * threads;
    }

    @Override
    public boolean hasNext() {
        while (ahead == null) {
            if (options.cancellation().isCancellationRequested()) {
                throw new ArgotException("the curation was cancelled after " + in.documents + " documents");
            }
            Judged next = judged.poll();
            if (next != null) {
                ahead = decide(next);
                continue;
            }
            while (batches.size() < batchesAhead && documents.hasNext()) {
                submit(nextBatch());
            }
            FutureTask<List<Judged>> batch = batches.poll();
            if (batch == null) {
                return false;
            }
            judged.addAll(result(batch));
        }
        return true;
    }

    @Override
    public Kept next() {
        Kept next = hasNext() ? ahead : null;
        if (next == null) {
            throw new NoSuchElementException();
        }
        ahead = null;
        return next;
    }

    /** What was done so far; after the last document, of all. */
    public CurationReport report() {
        boolean counted = tokenizer != null;
        return new CurationReport(
                options.domain(),
                in.amount(counted),
                out.amount(counted),
                totals.stream().map(total -> total.report(counted)).toList(),
                amounts(sources, counted),
                amounts(licences, counted),
                counted,
                options.seed(),
                Duration.ofNanos(System.nanoTime() - start));
    }

    /** Ends the threads; what is under way is not waited for. Idempotent. */
    @Override
    public void close() {
        batches.clear();
        judged.clear();
        if (pool != null) {
            pool.shutdownNow();
        }
    }

    private List<Document> nextBatch() {
        var batch = new ArrayList<Document>();
        long characters = 0;
        while (batch.size() < BATCH_DOCUMENTS && characters < BATCH_CHARACTERS && documents.hasNext()) {
            Document document = documents.next();
            characters += document.text().length();
            batch.add(document);
        }
        return batch;
    }

    private void submit(List<Document> batch) {
        Callable<List<Judged>> work = () -> batch.stream().map(this::judge).toList();
        var task = new FutureTask<>(work);
        batches.add(task);
        if (pool == null) {
            task.run();
        } else {
            pool.execute(task);
        }
    }

    private static <T> T result(FutureTask<T> task) {
        try {
            return task.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ArgotException("the curation was interrupted", e);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            if (cause instanceof RuntimeException failure) {
                throw failure;
            }
            if (cause instanceof Error error) {
                throw error;
            }
            throw new ArgotException("the curation failed: " + cause, cause);
        }
    }

    /** Asks the steps; on a thread of the pool. */
    private Judged judge(Document document) {
        Size size = Size.of(document.text(), tokenizer);
        var said = new ArrayList<Said>(steps.size());
        var current = new CurationDocument(document);
        Size currentSize = size;
        for (Step step : steps) {
            Verdict verdict = verdict(step, current);
            if (verdict instanceof Verdict.Change change) {
                if (change.text().isBlank()) {
                    verdict = new Verdict.Drop("nothing left", "");
                } else {
                    Document was = current.document();
                    current = new CurationDocument(new Document(was.id(), change.text(), was.source(), was.licence()));
                    currentSize = Size.of(change.text(), tokenizer);
                }
            }
            said.add(new Said(verdict, current.document(), currentSize));
            if (verdict instanceof Verdict.Drop) {
                break;
            }
        }
        return new Judged(document, size, said);
    }

    private static Verdict verdict(Step step, CurationDocument document) {
        try {
            return step.step().judge(document);
        } catch (ArgotException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new ArgotException(
                    "curation step '" + step.name() + "' failed on the document '"
                            + document.document().id() + "': " + e,
                    e);
        }
    }

    /** Takes the verdicts, in the order of the documents; null where the document is dropped. */
    private @Nullable Kept decide(Judged judgement) {
        in.add(judgement.size());
        var passed = new ArrayList<Passed>(steps.size());
        Document document = judgement.document();
        Size size = judgement.size();
        for (int i = 0; i < judgement.said().size(); i++) {
            Said said = judgement.said().get(i);
            StepTotals total = totals.get(i);
            total.in.add(size);
            Verdict verdict = said.verdict();
            if (verdict instanceof Verdict.InOrder inOrder) {
                verdict = inOrder.decision().get();
            }
            switch (verdict) {
                case Verdict.Drop drop -> {
                    total.dropped(document, drop);
                    dropped.accept(new Dropped(judgement.document(), total.step.name(), drop.reason(), drop.detail()));
                    return null;
                }
                case Verdict.Keep keep -> passed.add(total.passed(false, keep.counts()));
                case Verdict.Change change -> passed.add(total.passed(true, change.counts()));
                case Verdict.InOrder again ->
                    throw new ArgotException("curation step '" + total.step.name()
                            + "': expected a decision to keep or to drop, found another to be made in order");
            }
            document = said.document();
            size = said.size();
            total.out.add(size);
        }
        out.add(size);
        total(sources, document.source()).add(size);
        total(licences, document.licence()).add(size);
        return new Kept(withUniqueId(document), size.tokens(), passed);
    }

    private Document withUniqueId(Document document) {
        String id = document.id();
        for (int number = 2; !ids.add(Hashing.of(id)); number++) {
            id = document.id() + "#" + number;
        }
        return id.equals(document.id())
                ? document
                : new Document(id, document.text(), document.source(), document.licence());
    }

    private static Total total(Map<String, Total> totals, String origin) {
        String key = totals.containsKey(origin) || totals.size() < MOST_ORIGINS ? origin : OTHER_ORIGINS;
        return totals.computeIfAbsent(key, k -> new Total());
    }

    private static Map<String, CurationReport.Amount> amounts(Map<String, Total> totals, boolean counted) {
        var amounts = new LinkedHashMap<String, CurationReport.Amount>();
        totals.entrySet().stream()
                .sorted(Comparator.comparingLong(
                        (Map.Entry<String, Total> e) -> -e.getValue().characters)) // stable: first come, first
                .forEach(e -> amounts.put(e.getKey(), e.getValue().amount(counted)));
        return amounts;
    }

    /** Sums sizes. */
    private static final class Total {
        private long documents;
        private long characters;
        private long bytes;
        private long tokens;

        void add(Size size) {
            documents++;
            characters += size.characters();
            bytes += size.bytes();
            tokens += size.tokens();
        }

        CurationReport.Amount amount(boolean counted) {
            return new CurationReport.Amount(
                    documents, characters, bytes, counted ? OptionalLong.of(tokens) : OptionalLong.empty());
        }
    }

    /** Sums what a step did. */
    private static final class StepTotals {
        private final Step step;
        private final SplittableRandom random;
        private final Total in = new Total();
        private final Total out = new Total();
        private final Map<String, Long> reasons = new LinkedHashMap<>();
        private final Map<String, Long> counts = new LinkedHashMap<>();
        private final List<Example> examples = new ArrayList<>();
        private long changed;
        private long droppedDocuments;

        StepTotals(Step step, SplittableRandom random) {
            this.step = step;
            this.random = random;
        }

        Passed passed(boolean asChanged, Map<String, Long> found) {
            if (asChanged) {
                changed++;
            }
            found.forEach((name, count) -> counts.merge(name, count, Long::sum));
            return new Passed(step.name(), asChanged, found);
        }

        /** Each document dropped becomes an example with equal probability (Vitter 1985, algorithm R). */
        void dropped(Document document, Verdict.Drop drop) {
            reasons.merge(drop.reason(), 1L, Long::sum);
            droppedDocuments++;
            long slot = examples.size() < EXAMPLES ? examples.size() : random.nextLong(droppedDocuments);
            if (slot < EXAMPLES) {
                var example = new Example(document.id(), drop.reason(), drop.detail(), excerpt(document.text()));
                if (slot == examples.size()) {
                    examples.add(example);
                } else {
                    examples.set((int) slot, example);
                }
            }
        }

        CurationReport.Step report(boolean counted) {
            return new CurationReport.Step(
                    step.name(),
                    step.settings(),
                    in.amount(counted),
                    out.amount(counted),
                    changed,
                    reasons,
                    counts,
                    examples,
                    step.step().note());
        }
    }

    /** How a text begins, on one line and without personal data. */
    private static String excerpt(String text) {
        String begin = text.strip();
        boolean cut = begin.length() > EXCERPT;
        if (cut) {
            int end = Character.isHighSurrogate(begin.charAt(EXCERPT - 1)) ? EXCERPT - 1 : EXCERPT;
            // Masked before it is cut, lest half a number stay.
            begin = begin.substring(0, Math.min(begin.length(), 2 * EXCERPT));
            String masked = PersonalData.mask(begin);
            begin = masked.substring(0, Math.min(masked.length(), end));
        } else {
            begin = PersonalData.mask(begin);
        }
        return String.join(" ", begin.split("\\s+")) + (cut ? " …" : "");
    }
}
