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
    /** Whether tokens lead from a state to a whole text, as far as it is known. Where every byte is a token, they always do. */
    private final Map<Integer, Boolean> completable = new ConcurrentHashMap<>();

    /**
     * The bytes of a tokenizer's tokens, sorted so that common beginnings are looked at once. Immutable.
     */
    static final class Vocabulary {
        private final int size;
        private final int[] ids;
        private final byte[][] bytes;
        private final byte[][] byId;
        /** How many bytes a token shares with the one before it. */
        private final int[] shared;

        private final boolean everyByte;

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
            int count = 0;
            for (int id = 0; id < size; id++) {
                byte[] text = bytesOf.apply(id);
                all[id] = text == null ? new byte[0] : text;
                count += all[id].length > 0 ? 1 : 0;
            }
            Integer[] order = new Integer[count];
            int at = 0;
            for (int id = 0; id < size; id++) {
                if (all[id].length > 0) {
                    order[at++] = id;
                }
            }
            Arrays.sort(order, (a, b) -> Arrays.compareUnsigned(all[a], all[b]));
            this.ids = Arrays.stream(order).mapToInt(Integer::intValue).toArray();
            this.bytes = new byte[count][];
            this.shared = new int[count];
            var single = new BitSet(256);
            for (int i = 0; i < count; i++) {
                bytes[i] = all[ids[i]];
                if (i > 0) {
                    int mismatch = Arrays.mismatch(bytes[i - 1], bytes[i]);
                    shared[i] = mismatch < 0 ? bytes[i].length : mismatch;
                }
                if (bytes[i].length == 1) {
                    single.set(bytes[i][0] & 0xff);
                }
            }
            this.everyByte = single.cardinality() == 256;
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
        void take(int token, int to);
    }

    private BitSet mask(int state, Vocabulary vocabulary) {
        var result = new BitSet(vocabulary.size);
        walk(state, vocabulary, (token, to) -> {
            if (completes(to)) {
                result.set(vocabulary.ids[token]);
            }
        });
        BitSet same = distinct.putIfAbsent(result, result);
        return same == null ? result : same;
    }

    /** Tries all tokens, common beginnings once. */
    private void walk(int state, Vocabulary vocabulary, Step step) {
        int[] states = new int[64];
        states[0] = state;
        int known = 0; // bytes of the token before that lead somewhere
        for (int i = 0; i < vocabulary.bytes.length; i++) {
            byte[] token = vocabulary.bytes[i];
            if (known < vocabulary.shared[i]) { // what both share leads nowhere
                continue;
            }
            int depth = vocabulary.shared[i];
            if (token.length >= states.length) {
                states = Arrays.copyOf(states, 2 * token.length);
            }
            while (depth < token.length) {
                int to = automaton.next(states[depth], token[depth] & 0xff);
                if (to == Automaton.DEAD) {
                    break;
                }
                states[++depth] = to;
            }
            known = depth;
            if (depth == token.length) {
                step.take(i, states[depth]);
            }
        }
    }

    /** Whether tokens lead from a state to a whole text. Looks for the shortest way, and remembers what it learns on it. */
    private boolean completes(int state) {
        if (vocabulary.everyByte) {
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
            if (automaton.accepts(state) || Boolean.TRUE.equals(completable.get(state))) {
                for (int at = state; at != start; at = from.getOrDefault(at, start)) {
                    completable.put(at, true);
                }
                completable.put(start, true);
                return true;
            }
            var reached = new BitSet();
            walk(state, vocabulary, (token, to) -> reached.set(to));
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
