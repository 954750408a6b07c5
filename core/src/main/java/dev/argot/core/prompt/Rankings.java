package dev.argot.core.prompt;

import dev.argot.api.prompt.Example;
import dev.argot.spi.SearchIndex.Hit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** The rankings behind the {@link dev.argot.api.prompt.ExemplarSelection selections}. */
final class Rankings {
    private Rankings() {}

    /** An order that is the same for every item. */
    record InOrder(List<Integer> order) implements Ranking {
        /** The pool's own. */
        static InOrder asItIs(int size) {
            return new InOrder(IntStream.range(0, size).boxed().toList());
        }

        /** A random permutation. */
        static InOrder shuffled(int size, long seed) {
            var order = new ArrayList<>(asItIs(size).order());
            Collections.shuffle(order, new SplittableRandom(seed));
            return new InOrder(List.copyOf(order));
        }

        @Override
        public ForItem forItem(String text) {
            return (allowed, count) ->
                    order.stream().filter(allowed::get).limit(count).toList();
        }

        @Override
        public boolean isBestLast() {
            return false;
        }

        @Override
        public void close() {}
    }

    /** The most like the item; where not enough are like it at all, others of the pool, the first of them first. */
    record MostLike(Likeness likeness) implements Ranking {
        @Override
        public ForItem forItem(String text) {
            IntFunction<List<Hit>> like = likeness.like(text);
            return (allowed, count) -> {
                if (count == 0 || allowed.isEmpty()) {
                    return List.of();
                }
                int size = likeness.size();
                int most = Math.min(size, count + size - allowed.cardinality());
                var best = new ArrayList<Integer>();
                var others = (BitSet) allowed.clone();
                for (Hit hit : like.apply(most)) {
                    if (best.size() < count && others.get(hit.entry())) {
                        best.add(hit.entry());
                        others.clear(hit.entry());
                    }
                }
                others.stream().limit(count - best.size()).forEach(best::add);
                return List.copyOf(best);
            };
        }

        @Override
        public boolean isBestLast() {
            return true;
        }

        @Override
        public void close() {
            likeness.close();
        }
    }

    /**
     * Maximal marginal relevance (Carbonell and Goldstein 1998): one after the other, the exemplar with the greatest λ · likeness to the
     * item − (1 − λ) · greatest likeness to one chosen before; then those chosen by their likeness to the item.
     */
    record Diverse(Likeness likeness, double lambda) implements Ranking {
        @Override
        public ForItem forItem(String text) {
            double[] relevance = likeness.toText(text);
            Comparator<Integer> byRelevance =
                    Comparator.<Integer>comparingDouble(i -> -relevance[i]).thenComparingInt(i -> i);
            return new ForItem() {
                @Override
                public List<Integer> best(BitSet allowed, int count) {
                    return chosen(relevance, byRelevance, allowed, count);
                }

                @Override
                public List<Integer> byRelevance(BitSet allowed) {
                    return allowed.stream().boxed().sorted(byRelevance).toList();
                }
            };
        }

        private List<Integer> chosen(double[] relevance, Comparator<Integer> byRelevance, BitSet allowed, int count) {
            var left =
                    new ArrayList<>(allowed.stream().boxed().sorted(byRelevance).toList());
            var chosen = new ArrayList<Integer>();
            double[] nearest = new double[relevance.length]; // greatest likeness to one chosen
            while (chosen.size() < count && !left.isEmpty()) {
                int best = 0;
                for (int i = 1; i < left.size(); i++) {
                    if (worth(left.get(i), relevance, nearest) > worth(left.get(best), relevance, nearest)) {
                        best = i;
                    }
                }
                int taken = left.remove(best);
                double[] likeTaken = likeness.toExemplar(taken);
                for (int i : left) {
                    nearest[i] = chosen.isEmpty() ? likeTaken[i] : Math.max(nearest[i], likeTaken[i]);
                }
                chosen.add(taken);
            }
            chosen.sort(byRelevance);
            return chosen;
        }

        private double worth(int exemplar, double[] relevance, double[] nearest) {
            return lambda * relevance[exemplar] - (1 - lambda) * nearest[exemplar];
        }

        @Override
        public boolean isBestLast() {
            return true;
        }

        @Override
        public void close() {
            likeness.close();
        }
    }

    /**
     * Answers take turns, first the one whose best exemplar is the best of all; the base chooses among exemplars of an answer.
     *
     * @param base the base
     * @param groups numbers of the exemplars of each answer
     */
    record Balanced(Ranking base, List<BitSet> groups) implements Ranking {
        /** With the groups of a pool. */
        static Balanced of(Ranking base, List<Example> pool) {
            Map<String, BitSet> groups = new LinkedHashMap<>();
            for (int i = 0; i < pool.size(); i++) {
                groups.computeIfAbsent(pool.get(i).answer(), answer -> new BitSet())
                        .set(i);
            }
            return new Balanced(base, List.copyOf(groups.values()));
        }

        @Override
        public ForItem forItem(String text) {
            ForItem item = base.forItem(text);
            return (allowed, count) -> turns(inTurn(item.byRelevance(allowed), allowed), item, count);
        }

        /** The allowed ones of each group, the group with the best exemplar first. */
        private List<BitSet> inTurn(List<Integer> byRelevance, BitSet allowed) {
            int[] rank = new int[allowed.length()];
            Arrays.setAll(rank, i -> i);
            for (int i = 0; i < byRelevance.size(); i++) {
                rank[byRelevance.get(i)] = i;
            }
            return groups.stream()
                    .map(group -> {
                        var both = (BitSet) group.clone();
                        both.and(allowed);
                        return both;
                    })
                    .filter(group -> !group.isEmpty())
                    .sorted(Comparator.comparingInt(
                            group -> group.stream().map(i -> rank[i]).min().orElse(Integer.MAX_VALUE)))
                    .toList();
        }

        private static List<Integer> turns(List<BitSet> groups, ForItem item, int count) {
            int[] quotas = new int[groups.size()];
            int left = Math.min(
                    count, groups.stream().mapToInt(BitSet::cardinality).sum());
            for (int i = 0; left > 0; i = (i + 1) % quotas.length) {
                if (quotas[i] < groups.get(i).cardinality()) {
                    quotas[i]++;
                    left--;
                }
            }
            List<List<Integer>> best = IntStream.range(0, quotas.length)
                    .mapToObj(i -> item.best(groups.get(i), quotas[i]))
                    .toList();
            var turns = new ArrayList<Integer>();
            for (int turn = 0; turn < count; turn++) {
                for (List<Integer> group : best) {
                    if (turn < group.size()) {
                        turns.add(group.get(turn));
                    }
                }
            }
            return turns;
        }

        @Override
        public boolean isBestLast() {
            return base.isBestLast();
        }

        @Override
        public void close() {
            base.close();
        }
    }
}
