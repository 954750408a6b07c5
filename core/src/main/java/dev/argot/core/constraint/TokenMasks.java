package dev.argot.core.constraint;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Which tokens may come next so that the text stays the beginning of a text of a set, for any vocabulary whose tokens stand for bytes.
 * Exact: a token is let through if and only if there are tokens that complete what it leads to. Thread-safe; what was worked out for a state
 * is kept for all who come there.
 */
public final class TokenMasks {
    /** The state where the text continues another. */
    public static final int START = 0;

    /** The state where nothing stands before the text: some tokenizers drop a blank there. */
    public static final int BEGINNING = -2;

    private static final byte[] NOTHING = {};

    private final Automaton automaton;
    private final Vocabulary vocabulary;
    /** What tokens stand for where a text begins: some decoders drop a blank there. */
    private final Supplier<Vocabulary> beginning;

    private final Map<Integer, BitSet> masks = new ConcurrentHashMap<>();
    /** Masks that were made, each once: those of many states are alike. */
    private final Map<BitSet, BitSet> distinct = new ConcurrentHashMap<>();
    /** Places of the automaton from which tokens of one byte lead to a whole text: nearly all, where nearly every byte is a token. */
    private final BitSet spelt;
    /** Whether tokens lead from a state to a whole text, as far as it is known, where tokens of one byte do not. */
    private final Map<Integer, Boolean> completable = new ConcurrentHashMap<>();

    /**
     * The bytes of a tokenizer's tokens, and the trie that they make: its nodes in the order in which a walk meets them, so that what many
     * tokens begin with is looked at once, and a beginning that leads nowhere is skipped with all that goes on from it. Immutable.
     */
    static final class Vocabulary {
        private final int size;
        private final byte[][] byId;
        /** Tokens in the order of their bytes. */
        private final int[] ids;

        private final byte[] label;
        /** Bytes from the root to a node, itself included. */
        private final int[] depth;
        /** The node after all that go on from a node. */
        private final int[] after;
        /** The place among {@link #ids} of the first token that ends at a node; those up to the first of the next node do too. */
        private final int[] first;

        private final int longest;
        /** Bytes that are tokens. */
        private final BitSet single = new BitSet(256);

        /**
         * A vocabulary.
         *
         * @param size one more than the largest id
         * @param bytesOf what a token stands for; null or empty for tokens that never stand for text, such as control tokens
         */
        Vocabulary(int size, IntFunction<byte @Nullable []> bytesOf) {
            this.size = size;
            byte[][] all = new byte[size][];
            this.byId = all;
            for (int id = 0; id < size; id++) {
                byte[] text = bytesOf.apply(id);
                all[id] = text == null ? NOTHING : text;
            }
            this.ids = IntStream.range(0, size)
                    .filter(id -> all[id].length > 0)
                    .boxed()
                    .sorted((a, b) -> Arrays.compareUnsigned(all[a], all[b]))
                    .mapToInt(Integer::intValue)
                    .toArray();
            int[] shared = new int[ids.length]; // bytes that a token has in common with the one before it
            int nodes = 0;
            int deepest = 0;
            for (int i = 0; i < ids.length; i++) {
                byte[] token = all[ids[i]];
                if (i > 0) {
                    int mismatch = Arrays.mismatch(all[ids[i - 1]], token);
                    shared[i] = mismatch < 0 ? token.length : mismatch;
                }
                nodes += token.length - shared[i];
                deepest = Math.max(deepest, token.length);
                if (token.length == 1) {
                    single.set(token[0] & 0xff);
                }
            }
            this.longest = deepest;
            this.label = new byte[nodes];
            this.depth = new int[nodes];
            this.after = new int[nodes];
            this.first = new int[nodes + 1];
            int[] open = new int[deepest]; // the nodes from the root to the last
            int above = 0;
            int node = 0;
            for (int i = 0; i < ids.length; i++) {
                byte[] token = all[ids[i]];
                if (shared[i] == token.length) {
                    continue; // another id of the same bytes
                }
                while (above > shared[i]) {
                    after[open[--above]] = node;
                }
                for (; above < token.length; above++, node++) {
                    open[above] = node;
                    label[node] = token[above];
                    depth[node] = above + 1;
                    first[node] = i;
                }
            }
            while (above > 0) {
                after[open[--above]] = node;
            }
            first[nodes] = ids.length;
        }

        private byte[] of(int id) {
            return id < size ? byId[id] : NOTHING;
        }
    }

    /**
     * Masks.
     *
     * @param automaton the set
     * @param vocabulary the tokens
     * @throws IllegalArgumentException if no sequence of tokens makes a text of the set
     */
    TokenMasks(Automaton automaton, Vocabulary vocabulary) {
        this(automaton, vocabulary, () -> vocabulary);
    }

    /**
     * Masks.
     *
     * @param automaton the set
     * @param vocabulary the tokens
     * @param beginning the tokens where they begin a text
     * @throws IllegalArgumentException if no sequence of tokens makes a text of the set
     */
    TokenMasks(Automaton automaton, Vocabulary vocabulary, Supplier<Vocabulary> beginning) {
        this.automaton = automaton;
        this.vocabulary = vocabulary;
        this.beginning = beginning;
        this.spelt = automaton.reaching(vocabulary.single);
        if (!completes(START)) {
            throw new IllegalArgumentException("no text that fits can be spelt with the tokens of this model");
        }
    }

    /**
     * The tokens that may come next.
     *
     * @param state where the text so far led
     * @return ids; not to be changed. Empty where the text is whole and nothing can follow
     */
    public BitSet allowed(int state) {
        return masks.computeIfAbsent(state, s -> s == BEGINNING ? mask(START, beginning.get()) : mask(s, vocabulary));
    }

    /**
     * Where a token leads.
     *
     * @param state where the text before it led
     * @param id the token
     * @return a state, or {@link Automaton#DEAD} if no text of the set goes on so
     */
    public int next(int state, int id) {
        return state == BEGINNING ? next(START, beginning.get().of(id)) : next(state, vocabulary.of(id));
    }

    /** Whether a token stands for no text, as control tokens do. */
    public boolean isSilent(int id) {
        return vocabulary.of(id).length == 0;
    }

    /**
     * Where bytes lead.
     *
     * @param state where the text before them led
     * @param bytes of a text
     */
    public int next(int state, byte[] bytes) {
        int at = state;
        for (byte b : bytes) {
            if (at == Automaton.DEAD) {
                return at;
            }
            at = automaton.next(at, b & 0xff);
        }
        return at;
    }

    /** Whether the text may end here. */
    public boolean mayEnd(int state) {
        return automaton.accepts(state == BEGINNING ? START : state);
    }

    /** Takes a token that leads somewhere. */
    @FunctionalInterface
    private interface Step {
        void take(int id, int to);
    }

    private BitSet mask(int state, Vocabulary vocabulary) {
        var result = new BitSet(vocabulary.size);
        walk(state, vocabulary, (id, to) -> {
            if (completes(to)) {
                result.set(id);
            }
        });
        BitSet same = distinct.putIfAbsent(result, result);
        return same == null ? result : same;
    }

    /** Tries all tokens, common beginnings once. */
    private void walk(int state, Vocabulary vocabulary, Step step) {
        int[] states = new int[vocabulary.longest + 1];
        states[0] = state;
        int node = 0;
        while (node < vocabulary.label.length) {
            int depth = vocabulary.depth[node];
            int to = automaton.next(states[depth - 1], vocabulary.label[node] & 0xff);
            if (to == Automaton.DEAD) {
                node = vocabulary.after[node];
                continue;
            }
            states[depth] = to;
            int end = vocabulary.first[node + 1];
            for (int i = vocabulary.first[node]; i < end; i++) {
                step.take(vocabulary.ids[i], to);
            }
            node++;
        }
    }

    /** Whether tokens lead from a state to a whole text. Looks for the shortest way, and remembers what it learns on it. */
    private boolean completes(int state) {
        if (automaton.isAt(state, spelt)) {
            return true;
        }
        Boolean known = completable.get(state);
        return known != null ? known : search(state);
    }

    private boolean search(int start) {
        var from = new HashMap<Integer, Integer>();
        var open = new PriorityQueue<Integer>(Comparator.comparingInt(automaton::distance));
        from.put(start, start);
        open.add(start);
        while (!open.isEmpty()) {
            int state = open.remove();
            if (automaton.isAt(state, spelt) || Boolean.TRUE.equals(completable.get(state))) {
                for (int at = state; at != start; at = from.getOrDefault(at, start)) {
                    completable.put(at, true);
                }
                completable.put(start, true);
                return true;
            }
            var reached = new BitSet();
            walk(state, vocabulary, (id, to) -> reached.set(to));
            reached.stream().forEach(to -> {
                if (!Boolean.FALSE.equals(completable.get(to)) && from.putIfAbsent(to, state) == null) {
                    open.add(to);
                }
            });
        }
        from.keySet().forEach(state -> completable.put(state, false)); // none of them leads out
        return false;
    }
}
