package dev.argot.core.constraint;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.IntPredicate;

/**
 * Recognises the UTF-8 bytes of a regular set of texts. States are numbers from 0, the start; each can still lead to a whole text. Built as a
 * nondeterministic automaton (Thompson 1968) whose subsets become states when they are first reached (Rabin and Scott 1959).
 * Thread-safe.
 */
final class Automaton {
    /** No state: the bytes so far begin no text of the set. */
    static final int DEAD = -1;

    private static final int UNKNOWN = -2;
    private static final int FAR = Integer.MAX_VALUE;
    private static final int MAX_NODES = 2_000_000;
    private static final int MAX_EDGES = 8_000_000;
    private static final int MAX_DEPTH = 2_000;
    /** Numbers that states hold together: 64 MiB. */
    private static final long MAX_HELD = 1 << 24;
    /** What a state holds beside its nodes and rows. */
    private static final int STATE_SIZE = 32;

    // the nondeterministic automaton: edges over a range of bytes, or without reading anything
    private int[] edgeFrom = new int[64];
    private int[] edgeTo = new int[64];
    /** First and last byte, or -1 for edges that read nothing. */
    private int[] edgeFirst = new int[64];

    private int[] edgeLast = new int[64];
    private int edges;
    private int nodes;
    private int parts;
    private final int end;
    private final int[] firstEdge;

    /** Bytes that no edge tells apart have one number. */
    private final int[] kinds;

    private final int kindCount;
    /** The fewest bytes from a node to the end. */
    private final int[] distance;

    // the deterministic one, as far as it was reached; guarded by this, but for reading the rows
    private final Map<Subset, Integer> numbers = new HashMap<>();
    private volatile State[] states = new State[16];
    private int stateCount;
    private long held;
    private final int[] marks;
    private int mark;

    /**
     * A state.
     *
     * @param subset nodes, ascending
     * @param next where a kind of byte leads, or {@link #UNKNOWN}; written once each, after the state it leads to
     * @param accepts whether the text may end here
     * @param distance the fewest bytes to an end
     */
    @SuppressWarnings("ArrayRecordComponent") // handed over, not a value
    private record State(int[] subset, AtomicIntegerArray next, boolean accepts, int distance) {}

    /** Nodes as a key. */
    @SuppressWarnings("ArrayRecordComponent") // compared by their elements
    private record Subset(int[] nodes) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Subset subset && Arrays.equals(nodes, subset.nodes);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(nodes);
        }
    }

    /**
     * An automaton.
     *
     * @param pattern the set
     * @throws IllegalArgumentException if the set is empty, or its description too large
     */
    Automaton(Pattern pattern) {
        int start = node();
        this.end = build(pattern, start, 0);
        this.firstEdge = sorted();
        this.distance = distances(e -> true);
        this.marks = new int[nodes];
        this.kinds = kinds();
        this.kindCount = kinds[255] + 1;
        if (state(closure(new int[] {start}, 1)) != 0) {
            throw new IllegalArgumentException("no text fits");
        }
    }

    /** Number of states reached so far. */
    synchronized int states() {
        return stateCount;
    }

    /**
     * Where a byte leads.
     *
     * @param state a state
     * @param value the byte, 0 to 255
     * @return a state or {@link #DEAD}
     * @throws IllegalArgumentException if there are too many states to be kept
     */
    int next(int state, int value) {
        int kind = kinds[value];
        int known = states[state].next.getAcquire(kind);
        return known == UNKNOWN ? compute(state, value, kind) : known;
    }

    /**
     * Whether the bytes that led here are a whole text.
     *
     * @param state a state
     */
    boolean accepts(int state) {
        return states[state].accepts;
    }

    /**
     * The fewest bytes that lead from here to the end of a text.
     *
     * @param state a state
     */
    int distance(int state) {
        return states[state].distance;
    }

    /**
     * The nodes from which the end can be reached by some bytes alone.
     *
     * @param bytes values from 0 to 255
     */
    BitSet reaching(BitSet bytes) {
        int[] distances =
                distances(e -> bytes.nextSetBit(edgeFirst[e]) >= 0 && bytes.nextSetBit(edgeFirst[e]) <= edgeLast[e]);
        var result = new BitSet(nodes);
        for (int n = 0; n < nodes; n++) {
            result.set(n, distances[n] != FAR);
        }
        return result;
    }

    /**
     * Whether a state stands at one of some nodes.
     *
     * @param state a state
     * @param nodes what {@link #reaching} gave
     */
    boolean isAt(int state, BitSet nodes) {
        for (int node : states[state].subset) {
            if (nodes.get(node)) {
                return true;
            }
        }
        return false;
    }

    private synchronized int compute(int state, int value, int kind) {
        int[] from = states[state].subset;
        int[] targets = new int[16];
        int count = 0;
        for (int node : from) {
            for (int e = firstEdge[node]; e < firstEdge[node + 1]; e++) {
                if (edgeFirst[e] <= value && value <= edgeLast[e] && edgeFirst[e] >= 0) {
                    if (count == targets.length) {
                        targets = Arrays.copyOf(targets, 2 * count);
                    }
                    targets[count++] = edgeTo[e];
                }
            }
        }
        int to = state(closure(targets, count));
        states[state].next.setRelease(kind, to);
        return to;
    }

    private int state(int[] subset) {
        if (subset.length == 0) {
            return DEAD;
        }
        var key = new Subset(subset);
        Integer known = numbers.get(key);
        if (known != null) {
            return known;
        }
        held += subset.length + kindCount + STATE_SIZE;
        if (held > MAX_HELD) {
            throw new IllegalArgumentException("what may come next depends on too much of the text before: more than "
                    + stateCount + " states. Repeat less, or parts that can be told apart by how they begin");
        }
        int[] unknown = new int[kindCount];
        Arrays.fill(unknown, UNKNOWN);
        int least = Arrays.stream(subset).map(n -> distance[n]).min().orElseThrow();
        var state = new State(subset, new AtomicIntegerArray(unknown), Arrays.binarySearch(subset, end) >= 0, least);
        State[] all = states;
        if (stateCount == all.length) {
            all = Arrays.copyOf(all, 2 * stateCount);
        }
        all[stateCount] = state;
        states = all; // after the state was written: who reads without lock finds it
        numbers.put(key, stateCount);
        return stateCount++;
    }

    /** The living nodes reached without reading anything, in ascending order. */
    private int[] closure(int[] start, int count) {
        mark++;
        int[] found = new int[Math.max(16, count)];
        int size = 0;
        for (int i = 0; i < count; i++) {
            size = reach(start[i], found, size);
        }
        for (int i = 0; i < size; i++) { // grows meanwhile
            int node = found[i];
            for (int e = firstEdge[node]; e < firstEdge[node + 1]; e++) {
                if (edgeFirst[e] < 0) {
                    if (size == found.length) {
                        found = Arrays.copyOf(found, 2 * size);
                    }
                    size = reach(edgeTo[e], found, size);
                }
            }
        }
        // nodes that only pass on say nothing of their own
        return Arrays.stream(found, 0, size)
                .filter(n -> n == end || reads(n))
                .sorted()
                .toArray();
    }

    private int reach(int node, int[] found, int size) {
        if (distance[node] == FAR || marks[node] == mark) {
            return size;
        }
        marks[node] = mark;
        found[size] = node;
        return size + 1;
    }

    private boolean reads(int node) {
        for (int e = firstEdge[node]; e < firstEdge[node + 1]; e++) {
            if (edgeFirst[e] >= 0) {
                return true;
            }
        }
        return false;
    }

    private int[] kinds() {
        var begins = new BitSet(257);
        for (int e = 0; e < edges; e++) {
            if (edgeFirst[e] >= 0) {
                begins.set(edgeFirst[e]);
                begins.set(edgeLast[e] + 1);
            }
        }
        int[] kind = new int[256];
        for (int value = 1; value < 256; value++) {
            kind[value] = kind[value - 1] + (begins.get(value) ? 1 : 0);
        }
        return kind;
    }

    // ---- the nondeterministic automaton

    private int node() {
        if (nodes == MAX_NODES) {
            throw new IllegalArgumentException("the description is too large: more than " + MAX_NODES + " places");
        }
        return nodes++;
    }

    private void edge(int from, int to, int first, int last) {
        if (edges == MAX_EDGES) {
            throw new IllegalArgumentException("the description is too large: more than " + MAX_EDGES + " ways");
        }
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
    private int build(Pattern pattern, int from, int depth) {
        if (depth > MAX_DEPTH) {
            throw new IllegalArgumentException("the description is nested deeper than " + MAX_DEPTH);
        }
        if (++parts > MAX_NODES) { // some have no nodes
            throw new IllegalArgumentException("the description is too large: more than " + MAX_NODES + " parts");
        }
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
                    at = build(part, at, depth + 1);
                }
                yield at;
            }
            case Pattern.Choice choice -> {
                int to = node();
                for (Pattern option : choice.options()) {
                    int start = node();
                    pass(from, start);
                    pass(build(option, start, depth + 1), to);
                }
                yield to;
            }
            case Pattern.Members members -> {
                int none = from; // nothing was written yet
                int some = node();
                for (Pattern.Member member : members.members()) {
                    int before = node();
                    pass(build(members.separator(), some, depth + 1), before);
                    pass(none, before);
                    int written = build(member.of(), before, depth + 1);
                    int nothing = node();
                    if (!member.needed()) {
                        pass(none, nothing);
                        pass(some, written);
                    }
                    none = nothing;
                    some = written;
                }
                int to = node();
                pass(none, to);
                pass(some, to);
                yield to;
            }
            case Pattern.Repeat repeat -> {
                int at = from;
                for (int i = 0; i < repeat.least(); i++) {
                    at = build(repeat.of(), at, depth + 1);
                }
                int to = node();
                if (repeat.most() < 0) {
                    int loop = node();
                    pass(at, loop);
                    pass(build(repeat.of(), loop, depth + 1), loop);
                    pass(loop, to);
                } else {
                    for (int i = repeat.least(); i < repeat.most(); i++) {
                        pass(at, to);
                        int start = node();
                        pass(at, start);
                        at = build(repeat.of(), start, depth + 1);
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

    /** The fewest bytes from each node to the end, or {@link #FAR}: shortest paths against edges that are open. */
    private int[] distances(IntPredicate open) {
        int[] count = new int[nodes + 1];
        for (int e = 0; e < edges; e++) {
            count[edgeTo[e] + 1]++;
        }
        for (int n = 0; n < nodes; n++) {
            count[n + 1] += count[n];
        }
        int[] place = count.clone();
        int[] sources = new int[edges];
        int[] costs = new int[edges];
        for (int n = 0; n < nodes; n++) {
            for (int e = firstEdge[n]; e < firstEdge[n + 1]; e++) {
                int p = place[edgeTo[e]]++;
                sources[p] = n;
                costs[p] = edgeFirst[e] < 0 ? 0 : open.test(e) ? 1 : FAR;
            }
        }
        int[] far = new int[nodes];
        Arrays.fill(far, FAR);
        far[end] = 0;
        var near = new ArrayDeque<Integer>(List.of(end));
        while (!near.isEmpty()) { // open edges cost 0 or 1
            int node = near.remove();
            for (int i = count[node]; i < count[node + 1]; i++) {
                if (costs[i] < FAR && far[node] + costs[i] < far[sources[i]]) {
                    far[sources[i]] = far[node] + costs[i];
                    if (costs[i] == 0) {
                        near.addFirst(sources[i]);
                    } else {
                        near.addLast(sources[i]);
                    }
                }
            }
        }
        return far;
    }
}
