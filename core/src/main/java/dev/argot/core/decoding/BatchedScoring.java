package dev.argot.core.decoding;

import dev.argot.api.TokenContinuations;
import dev.argot.spi.Session;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Sums log-probabilities of continuations of many prompts.
 *
 * <p>What all prompts begin with is run once, in a session of one row. The rests of the prompts are rows of forks of it, those of about
 * the same length together, so that little is padded; where some prompts have much more in common, that is run once, too. The probability
 * of a continuation's first token is known at the end of the prompt. So a continuation is run without its last token, as a row of a fork of
 * the prompts' rows; one that another begins with needs no row.
 */
final class BatchedScoring {
    /** Rows run at once; bounds the memory for their keys and values. */
    private static final int ROWS = 64;

    /** Tokens run at once, unless a single row has more. */
    private static final int TOKENS = 1024;

    /** Tokens that may be wasted, or computed again, rather than begin another batch: about what reading all weights costs. */
    private static final int WORTH = 32;

    private final double[][] sums; // [requests][continuations]
    private final List<Prompt> prompts;

    /**
     * Scoring of some requests, done once.
     *
     * @param requests prompts and continuations
     */
    BatchedScoring(List<TokenContinuations> requests) {
        this.sums = requests.stream()
                .map(request -> new double[request.continuations().size()])
                .toArray(double[][]::new);
        this.prompts = prompts(requests);
    }

    /** A continuation's place in the results. */
    private record Target(int request, int continuation) {}

    /** A prompt that one or several requests have. */
    private record Prompt(int[] ids, List<int[]> continuations, List<Target> targets) {
        /** Tokens all continuations begin with, less than any of them has. */
        int shared() {
            int[] first = continuations.get(0);
            int shared = first.length - 1;
            for (int[] other : continuations) {
                shared = Math.min(shared, Math.min(OpenText.common(first, other), other.length - 1));
            }
            return shared;
        }
    }

    /**
     * Tokens to run, and whose probabilities are read from them.
     *
     * @param source the row they continue
     * @param ids at least one
     * @param wanted the tokens wanted after each of the ids
     */
    private record Row(int source, int[] ids, List<List<Wanted>> wanted) {
        static Row of(int source, int[] ids) {
            return new Row(
                    source,
                    ids,
                    IntStream.range(0, ids.length)
                            .<List<Wanted>>mapToObj(i -> new ArrayList<>())
                            .toList());
        }

        int[][] next() {
            return wanted.stream()
                    .map(ids -> ids.stream().mapToInt(Wanted::id).toArray())
                    .toArray(int[][]::new);
        }
    }

    /** A token of a continuation. */
    private record Wanted(int id, Target target) {}

    /** The first prompt; empty if there are no continuations. */
    int[] first() {
        return prompts.isEmpty() ? new int[0] : prompts.get(0).ids();
    }

    /** What all prompts begin with, leaving at least one token of each. */
    int[] beginning() {
        return prompts.isEmpty() ? new int[0] : Arrays.copyOf(first(), beginning(prompts));
    }

    /**
     * Scores.
     *
     * @param session of one row, which has nothing but tokens of the {@link #beginning}; afterwards it has more of the {@link #first}
     *     prompt, and maybe of a continuation of it
     * @return for each request the sums for its continuations
     */
    double[][] run(Session session) {
        if (!prompts.isEmpty()) {
            run(session, prompts);
        }
        return sums;
    }

    /** Requests with the same prompt become one. */
    private static List<Prompt> prompts(List<TokenContinuations> requests) {
        Map<IntBuffer, Prompt> prompts = new LinkedHashMap<>();
        for (int i = 0; i < requests.size(); i++) {
            int[] ids = requests.get(i).prompt();
            List<int[]> continuations = requests.get(i).continuations();
            for (int k = 0; k < continuations.size(); k++) {
                Prompt prompt = prompts.computeIfAbsent(
                        IntBuffer.wrap(ids), key -> new Prompt(ids, new ArrayList<>(), new ArrayList<>()));
                prompt.continuations().add(continuations.get(k));
                prompt.targets().add(new Target(i, k));
            }
        }
        return List.copyOf(prompts.values());
    }

    /** Leaves at least a token of each prompt, after which the first of its continuations are read. */
    private static int beginning(List<Prompt> prompts) {
        int[] first = prompts.get(0).ids();
        int shared = first.length - 1;
        for (Prompt prompt : prompts) {
            shared = Math.min(shared, Math.min(OpenText.common(first, prompt.ids()), prompt.ids().length - 1));
        }
        return shared;
    }

    /** Runs prompts that begin with the tokens of a session's only row. */
    private void run(Session session, List<Prompt> prompts) {
        if (prompts.size() > 1) {
            int shared = beginning(prompts);
            if (shared > session.length(0)) {
                session.append(new int[][] {Arrays.copyOfRange(prompts.get(0).ids(), session.length(0), shared)});
            }
        }
        int from = session.length(0);
        Map<Integer, List<Prompt>> byNext = new LinkedHashMap<>();
        for (Prompt prompt : prompts) {
            byNext.computeIfAbsent(prompt.ids()[from], id -> new ArrayList<>()).add(prompt);
        }
        List<Prompt> together = new ArrayList<>();
        for (List<Prompt> group : byNext.values()) {
            if (byNext.size() > 1 && (group.size() - 1) * (beginning(group) - from) > WORTH) {
                try (Session fork = session.fork(0)) {
                    run(fork, group);
                }
            } else {
                together.addAll(group);
            }
        }
        List<Row> rows = together.stream().map(prompt -> row(prompt, from)).toList();
        for (int[] batch : batches(rows)) {
            List<Prompt> ofBatch = Arrays.stream(batch).mapToObj(together::get).toList();
            List<Row> rowsOfBatch = Arrays.stream(batch).mapToObj(rows::get).toList();
            if (prompts.size() == 1) {
                runBatch(session, rowsOfBatch, ofBatch);
            } else {
                try (Session fork = session.fork(new int[batch.length])) {
                    runBatch(fork, rowsOfBatch, ofBatch);
                }
            }
        }
    }

    /** The end of a prompt, with what all its continuations begin with. */
    private static Row row(Prompt prompt, int from) {
        int shared = prompt.shared();
        int end = prompt.ids().length - from;
        int[] ids = Arrays.copyOfRange(prompt.ids(), from, prompt.ids().length + shared);
        System.arraycopy(prompt.continuations().get(0), 0, ids, end, shared);
        Row row = Row.of(0, ids);
        for (int k = 0; k < prompt.continuations().size(); k++) {
            for (int i = 0; i <= shared; i++) {
                row.wanted()
                        .get(end - 1 + i)
                        .add(new Wanted(
                                prompt.continuations().get(k)[i],
                                prompt.targets().get(k)));
            }
        }
        return row;
    }

    /** Runs prompts, each in its row, and then what follows. */
    private void runBatch(Session session, List<Row> rows, List<Prompt> prompts) {
        score(session, rows);
        List<Row> continuations = new ArrayList<>();
        for (int i = 0; i < prompts.size(); i++) {
            continuations.addAll(continuations(prompts.get(i), i));
        }
        for (int[] batch : batches(continuations)) {
            List<Row> ofBatch =
                    Arrays.stream(batch).mapToObj(continuations::get).toList();
            try (Session fork =
                    session.fork(ofBatch.stream().mapToInt(Row::source).toArray())) {
                score(fork, ofBatch);
            }
        }
    }

    /** What has to be run of a prompt's continuations, behind what they have in common. */
    private static List<Row> continuations(Prompt prompt, int source) {
        int shared = prompt.shared();
        List<Integer> order = new ArrayList<>();
        for (int k = 0; k < prompt.continuations().size(); k++) {
            if (prompt.continuations().get(k).length > shared + 1) {
                order.add(k);
            }
        }
        // those that another begins with come behind it
        order.sort(Comparator.comparing(
                        (Integer k) -> withoutLast(prompt.continuations().get(k)), Arrays::compare)
                .reversed());
        List<Row> rows = new ArrayList<>();
        for (int k : order) {
            int[] ids = prompt.continuations().get(k);
            int[] run = Arrays.copyOfRange(withoutLast(ids), shared, ids.length - 1);
            Row last = rows.isEmpty() ? null : rows.get(rows.size() - 1);
            if (last == null || OpenText.common(last.ids(), run) < run.length) {
                last = Row.of(source, run);
                rows.add(last);
            }
            for (int i = 0; i < run.length; i++) {
                last.wanted()
                        .get(i)
                        .add(new Wanted(ids[shared + i + 1], prompt.targets().get(k)));
            }
        }
        return rows;
    }

    private static int[] withoutLast(int[] ids) {
        return Arrays.copyOf(ids, ids.length - 1);
    }

    private void score(Session session, List<Row> rows) {
        double[][][] scores = session.score(
                rows.stream().map(Row::ids).toArray(int[][]::new),
                rows.stream().map(Row::next).toArray(int[][][]::new));
        for (int row = 0; row < rows.size(); row++) {
            for (int i = 0; i < scores[row].length; i++) {
                for (int k = 0; k < scores[row][i].length; k++) {
                    Target target = rows.get(row).wanted().get(i).get(k).target();
                    sums[target.request()][target.continuation()] += scores[row][i][k];
                }
            }
        }
    }

    /** Rows of about the same length, as indices. */
    private static List<int[]> batches(List<Row> rows) {
        int[] byLength = IntStream.range(0, rows.size())
                .boxed()
                .sorted(Comparator.comparingInt(i -> rows.get(i).ids().length))
                .mapToInt(Integer::intValue)
                .toArray();
        List<int[]> batches = new ArrayList<>();
        int from = 0;
        int tokens = 0;
        for (int i = 0; i < byLength.length; i++) {
            int length = rows.get(byLength[i]).ids().length;
            int padded = (i + 1 - from) * length;
            int wasted = padded - tokens - length;
            if (i > from && (i - from == ROWS || padded > TOKENS || wasted > Math.max(WORTH, tokens / 10))) {
                batches.add(Arrays.copyOfRange(byLength, from, i));
                from = i;
                tokens = 0;
            }
            tokens += length;
        }
        if (from < byLength.length) {
            batches.add(Arrays.copyOfRange(byLength, from, byLength.length));
        }
        return batches;
    }
}
