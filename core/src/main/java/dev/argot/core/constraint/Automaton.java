package dev.argot.core.constraint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Recognises the UTF-8 bytes of a regular set of texts. States are numbers from 0, the start; each can still lead to a whole text. Built as a
 * nondeterministic automaton (Thompson 1968) whose subsets become states when they are first reached (Rabin and Scott 1959).
 * Thread-safe.
 */
final class Automaton {
    /** No state: the bytes so far begin no text of the set. */
    static final int DEAD = -1;

    private static final int UNKNOWN = -2;
    private static final int MAX_NODES = 2_000_000;

    // the nondeterministic automaton: edges over a range of bytes, or without reading anything
    private int[] edgeFrom = new int[64];
    private int[] edgeTo = new int[64];
    /** First and last byte, or -1 for edges that read nothing. */
    private int[] edgeFirst = new int[64];

    private int[] edgeLast = new int[64];
    private int edges;
    private int nodes;
    private final int end;
    private final int[] firstEdge;
    private final BitSet alive;

    // the deterministic one, as far as it was reached
    private final List<int[]> subsets = new ArrayList<>();
    private final List<int[]> next = new ArrayList<>();
    private final Map<List<Integer>, Integer> numbers = new HashMap<>();

    /**
     * An automaton.
     *
     * @param pattern the set
     * @throws IllegalArgumentException if the set is empty, or its description too large
     */
    Automaton(Pattern pattern) {
        int start = node();
        this.end = build(pattern, start);
        this.firstEdge = sorted();
        this.alive = alive();
        int first = state(closure(new int[] {start}));
        if (first != 0) {
            throw new IllegalArgumentException("no text fits");
        }
    }

    /** Number of states reached so far. */
    synchronized int states() {
        return next.size();
    }

    /**
     * Where a byte leads.
     *
     * @param state a state
     * @param value the byte, 0 to 255
     * @return a state or {@link #DEAD}
     */
    synchronized int next(int state, int value) {
        int[] row = next.get(state);
        int known = row[value];
        if (known == UNKNOWN) {
            known = compute(state, value);
        }
        return known;
    }

    /**
     * Whether the bytes that led here are a whole text.
     *
     * @param state a state
     */
    synchronized boolean accepts(int state) {
        return Arrays.binarySearch(subsets.get(state), end) >= 0;
    }

    /** All bytes that lead alike are filled in at once. */
    private int compute(int state, int value) {
        int[] from = subsets.get(state);
        var targets = new ArrayList<Integer>();
        int low = 0;
        int high = 255;
        for (int node : from) {
            for (int e = firstEdge[node]; e < firstEdge[node + 1]; e++) {
                if (edgeFirst[e] < 0) {
                    continue;
                }
                if (value < edgeFirst[e]) {
                    high = Math.min(high, edgeFirst[e] - 1);
                } else if (value > edgeLast[e]) {
                    low = Math.max(low, edgeLast[e] + 1);
                } else {
                    low = Math.max(low, edgeFirst[e]);
                    high = Math.min(high, edgeLast[e]);
                    targets.add(edgeTo[e]);
                }
            }
        }
        int[] subset = closure(targets.stream().mapToInt(Integer::intValue).toArray());
        int to = state(subset);
        Arrays.fill(next.get(state), low, high + 1, to);
        return to;
    }

    private int state(int[] subset) {
        if (subset.length == 0) {
            return DEAD;
        }
        return numbers.computeIfAbsent(Arrays.stream(subset).boxed().toList(), s -> {
            int[] unknown = new int[256];
            Arrays.fill(unknown, UNKNOWN);
            subsets.add(subset);
            next.add(unknown);
            return next.size() - 1;
        });
    }

    /** The living nodes reached without reading anything, in ascending order. */
    private int[] closure(int[] start) {
        var found = new BitSet(nodes);
        var open = new ArrayList<Integer>();
        for (int node : start) {
            if (alive.get(node) && !found.get(node)) {
                found.set(node);
                open.add(node);
            }
        }
        while (!open.isEmpty()) {
            int node = open.removeLast();
            for (int e = firstEdge[node]; e < firstEdge[node + 1]; e++) {
                if (edgeFirst[e] < 0 && alive.get(edgeTo[e]) && !found.get(edgeTo[e])) {
                    found.set(edgeTo[e]);
                    open.add(edgeTo[e]);
                }
            }
        }
        // nodes that only pass on say nothing of their own
        return found.stream().filter(n -> n == end || reads(n)).toArray();
    }

    private boolean reads(int node) {
        for (int e = firstEdge[node]; e < firstEdge[node + 1]; e++) {
            if (edgeFirst[e] >= 0) {
                return true;
            }
        }
        return false;
    }

    // ---- the nondeterministic automaton

    private int node() {
        if (nodes == MAX_NODES) {
            throw new IllegalArgumentException("the description is too large: more than " + MAX_NODES + " places");
        }
        return nodes++;
    }

    private void edge(int from, int to, int first, int last) {
        if (edges == edgeFrom.length) {
            edgeFrom = Arrays.copyOf(edgeFrom, 2 * edges);
            edgeTo = Arrays.copyOf(edgeTo, 2 * edges);
            edgeFirst = Arrays.copyOf(edgeFirst, 2 * edges);
            edgeLast = Arrays.copyOf(edgeLast, 2 * edges);
        }
        edgeFrom[edges] = from;
        edgeTo[edges] = to;
        edgeFirst[edges] = first;
        edgeLast[edges] = last;
        edges++;
    }

    private void pass(int from, int to) {
        edge(from, to, -1, -1);
    }

    /** Writes a pattern that begins at a node; gives the node where it ends. */
    private int build(Pattern pattern, int from) {
        return switch (pattern) {
            case Pattern.Symbols symbols -> {
                int to = node();
                symbols.ranges()
                        .forEach(range -> Utf8Ranges.split(range.first(), range.last(), bytes -> {
                            int at = from;
                            for (int i = 0; i < bytes.length; i += 2) {
                                int following = i + 2 == bytes.length ? to : node();
                                edge(at, following, bytes[i], bytes[i + 1]);
                                at = following;
                            }
                        }));
                yield to;
            }
            case Pattern.Sequence sequence -> {
                int at = from;
                for (Pattern part : sequence.parts()) {
                    at = build(part, at);
                }
                yield at;
            }
            case Pattern.Choice choice -> {
                int to = node();
                for (Pattern option : choice.options()) {
                    int start = node();
                    pass(from, start);
                    pass(build(option, start), to);
                }
                yield to;
            }
            case Pattern.Repeat repeat -> {
                int at = from;
                for (int i = 0; i < repeat.least(); i++) {
                    at = build(repeat.of(), at);
                }
                int to = node();
                if (repeat.most() < 0) {
                    int loop = node();
                    pass(at, loop);
                    pass(build(repeat.of(), loop), loop);
                    pass(loop, to);
                } else {
                    for (int i = repeat.least(); i < repeat.most(); i++) {
                        pass(at, to);
                        int start = node();
                        pass(at, start);
                        at = build(repeat.of(), start);
                    }
                    pass(at, to);
                }
                yield to;
            }
        };
    }

    /** Sorts edges by where they begin; gives the first edge of each node. */
    private int[] sorted() {
        int[] first = new int[nodes + 1];
        for (int e = 0; e < edges; e++) {
            first[edgeFrom[e] + 1]++;
        }
        for (int n = 0; n < nodes; n++) {
            first[n + 1] += first[n];
        }
        int[] place = first.clone();
        int[] to = new int[edges];
        int[] low = new int[edges];
        int[] high = new int[edges];
        for (int e = 0; e < edges; e++) {
            int p = place[edgeFrom[e]]++;
            to[p] = edgeTo[e];
            low[p] = edgeFirst[e];
            high[p] = edgeLast[e];
        }
        edgeTo = to;
        edgeFirst = low;
        edgeLast = high;
        return first;
    }

    /** The nodes from which the end can be reached. */
    private BitSet alive() {
        int[] count = new int[nodes + 1];
        for (int e = 0; e < edges; e++) {
            count[edgeTo[e] + 1]++;
        }
        for (int n = 0; n < nodes; n++) {
            count[n + 1] += count[n];
        }
        int[] place = count.clone();
        int[] sources = new int[edges];
        for (int n = 0; n < nodes; n++) {
            for (int e = firstEdge[n]; e < firstEdge[n + 1]; e++) {
                sources[place[edgeTo[e]]++] = n;
            }
        }
        var living = new BitSet(nodes);
        var open = new ArrayList<>(List.of(end));
        living.set(end);
        while (!open.isEmpty()) {
            int node = open.removeLast();
            for (int i = count[node]; i < count[node + 1]; i++) {
                if (!living.get(sources[i])) {
                    living.set(sources[i]);
                    open.add(sources[i]);
                }
            }
        }
        return living;
    }
}
