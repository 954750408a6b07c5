package dev.argot.core.decoding;

import java.util.Arrays;

/** Keeps the largest of many scores offered one by one, with their indices; of equals the earlier. Not thread-safe. */
final class BestScores {
    private final double[] scores; // a heap, the worst on top
    private final long[] indices;
    private int size;

    /**
     * Keeps the best.
     *
     * @param capacity how many; at least 1
     */
    BestScores(int capacity) {
        scores = new double[capacity];
        indices = new long[capacity];
    }

    /** The score a further one must exceed to be kept. */
    double threshold() {
        return size < scores.length ? Double.NEGATIVE_INFINITY : scores[0];
    }

    /**
     * Takes a score; minus infinity is never kept.
     *
     * @param score the score
     * @param index what it belongs to; offered in ascending order
     */
    void offer(double score, long index) {
        if (!(score > threshold())) {
            return;
        }
        int i;
        if (size < scores.length) {
            i = size++;
            while (i > 0 && worse(score, index, scores[(i - 1) / 2], indices[(i - 1) / 2])) {
                move((i - 1) / 2, i);
                i = (i - 1) / 2;
            }
        } else {
            i = 0;
            for (int child = 1; child < size; child = 2 * i + 1) {
                if (child + 1 < size && worse(scores[child + 1], indices[child + 1], scores[child], indices[child])) {
                    child++;
                }
                if (!worse(scores[child], indices[child], score, index)) {
                    break;
                }
                move(child, i);
                i = child;
            }
        }
        scores[i] = score;
        indices[i] = index;
    }

    private void move(int from, int to) {
        scores[to] = scores[from];
        indices[to] = indices[from];
    }

    private static boolean worse(double score, long index, double than, long thanIndex) {
        return score < than || (score == than && index > thanIndex);
    }

    /** What was kept, best first. Empties this. */
    Entry[] drain() {
        var entries = new Entry[size];
        for (int i = 0; i < size; i++) {
            entries[i] = new Entry(scores[i], indices[i]);
        }
        Arrays.sort(entries, (a, b) -> {
            int byScore = Double.compare(b.score, a.score);
            return byScore != 0 ? byScore : Long.compare(a.index, b.index);
        });
        size = 0;
        return entries;
    }

    /** The indices of what was kept, best first. Empties this. */
    int[] indices() {
        return Arrays.stream(drain()).mapToInt(e -> Math.toIntExact(e.index)).toArray();
    }

    /** A score that was kept. */
    record Entry(double score, long index) {}
}
