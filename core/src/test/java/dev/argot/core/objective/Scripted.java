package dev.argot.core.objective;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.random.RandomGenerator;

/** Gives the numbers it was told to. */
final class Scripted implements RandomGenerator {
    private final Deque<Double> doubles = new ArrayDeque<>();
    private final Deque<Integer> ints = new ArrayDeque<>();

    Scripted then(double next) {
        doubles.add(next);
        return this;
    }

    Scripted thenInt(int next) {
        ints.add(next);
        return this;
    }

    boolean isUsedUp() {
        return doubles.isEmpty() && ints.isEmpty();
    }

    @Override
    public double nextDouble() {
        return doubles.remove();
    }

    @Override
    public int nextInt(int bound) {
        return ints.remove();
    }

    @Override
    public long nextLong() {
        throw new UnsupportedOperationException();
    }
}
