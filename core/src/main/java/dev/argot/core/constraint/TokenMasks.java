package dev.argot.core.constraint;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Which tokens may come next so that the text stays the beginning of a text of a set, for any vocabulary whose tokens stand for bytes.
 * Exact: a token is let through if and only if there are tokens that complete what it leads to. Thread-safe; what was worked out for a state
 * is kept for all who come there.
 */
public final class TokenMasks {
    private final Automaton automaton;
    private final Vocabulary vocabulary;
    private final Map<Integer, BitSet> masks = new ConcurrentHashMap<>();
    /** States from which tokens lead to a whole text; null where every state is one, since every byte is a token. */
    private final @Nullable Map<Integer, Boolean> completable;

    /**
     * The bytes of a tokenizer's tokens, sorted so that common beginnings are looked at once. Immutable.
     */
    static final class Vocabulary {
        private final int size;
        private final int[] ids;
        private final byte[][] bytes;
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
    }

    /**
     * Masks.
     *
     * @param automaton the set
     * @param vocabulary the tokens
     * @throws IllegalArgumentException if no sequence of tokens makes a text of the set
     */
    TokenMasks(Automaton automaton, Vocabulary vocabulary) {
        this.automaton = automaton;
        this.vocabulary = vocabulary;
        this.completable = vocabulary.everyByte ? null : completable();
        if (completable != null && !completable.containsKey(0)) {
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
        return masks.computeIfAbsent(state, this::mask);
    }

    /**
     * Where a token leads.
     *
     * @param state where the text before it led
     * @param bytes what it stands for
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
        return automaton.accepts(state);
    }

    /** Takes a token that leads somewhere. */
    @FunctionalInterface
    private interface Step {
        void take(int token, int to);
    }

    private BitSet mask(int state) {
        var result = new BitSet(vocabulary.size);
        walk(state, (token, to) -> {
            if (completable == null || completable.containsKey(to)) {
                result.set(vocabulary.ids[token]);
            }
        });
        return result;
    }

    /** Tries all tokens, common beginnings once. */
    private void walk(int state, Step step) {
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

    /**
     * All states from which tokens lead to a whole text. Needs every state there is, so it is worked out only where some byte is no token.
     */
    private Map<Integer, Boolean> completable() {
        var sources = new HashMap<Integer, BitSet>();
        var seen = new BitSet();
        var open = new ArrayDeque<Integer>();
        seen.set(0);
        open.add(0);
        var found = new ConcurrentHashMap<Integer, Boolean>();
        var good = new ArrayDeque<Integer>();
        while (!open.isEmpty()) {
            int state = open.remove();
            if (automaton.accepts(state)) {
                found.put(state, true);
                good.add(state);
            }
            var reached = new BitSet();
            walk(state, (token, to) -> reached.set(to));
            reached.stream().forEach(to -> {
                sources.computeIfAbsent(to, t -> new BitSet()).set(state);
                if (!seen.get(to)) {
                    seen.set(to);
                    open.add(to);
                }
            });
        }
        while (!good.isEmpty()) {
            BitSet from = sources.get(good.remove());
            if (from != null) {
                from.stream().forEach(state -> {
                    if (found.put(state, true) == null) {
                        good.add(state);
                    }
                });
            }
        }
        return found;
    }
}
