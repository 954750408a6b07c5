package dev.argot.core.decoding;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import dev.argot.spi.CompiledModel;
import dev.argot.spi.Session;
import dev.argot.spi.graph.Op;
import dev.argot.spi.graph.RotaryFrequencies;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Sessions kept for later prompts that begin with the same tokens: of the same model and the same tenant, never of others. Thread-safe.
 *
 * <p>A kept session is never continued, only copied from, so that it can be freed at any time.
 */
public final class SessionCache {
    /** Tokens from which on what rows begin with is run apart: a pass over few tokens costs as much as a pass over one. */
    private static final int WORTH_SHARING = 32;

    private static final long KIB = 1024; // the unit of weights, which are ints

    private final boolean off;
    private final Cache<Key, Kept> kept;
    private final AtomicLong numbers = new AtomicLong();

    /** A model is its weights with its adapter; two loaded from the same files are different. */
    private record Key(CompiledModel model, String tenant, long number) {
        boolean isOf(CompiledModel otherModel, String otherTenant) {
            return model.equals(otherModel) && tenant.equals(otherTenant);
        }
    }

    /**
     * A cache.
     *
     * @param bytes the most bytes that keys and values of all kept sessions take; 0: none are kept
     */
    public SessionCache(long bytes) {
        this.off = bytes == 0;
        this.kept = Caffeine.newBuilder()
                .maximumWeight(bytes / KIB)
                .weigher((Key key, Kept session) -> session.weight())
                .executor(Runnable::run) // what is evicted is freed before the call returns that had it evicted
                .removalListener((@Nullable Key key, @Nullable Kept session, RemovalCause cause) -> {
                    if (session != null) {
                        session.free();
                    }
                })
                .build();
    }

    /**
     * Opens a session of one row, with as much of a prompt in it as is known from before.
     *
     * @param model the model
     * @param tenant on whose behalf; empty: nothing is reused or kept
     * @param beginning the tokens that may be reused, from the first on
     * @param capacity the most tokens of the session
     */
    Lease open(CompiledModel model, Optional<String> tenant, int[] beginning, int capacity) {
        if (!off && tenant.isPresent() && isReusable(model)) {
            Optional<Map.Entry<Key, Kept>> best = kept.asMap().entrySet().stream()
                    .filter(entry -> entry.getKey().isOf(model, tenant.get()))
                    .max(Comparator.comparingInt(entry -> entry.getValue().shared(beginning)));
            if (best.isPresent() && best.get().getValue().shared(beginning) > 0) {
                int shared = best.get().getValue().shared(beginning);
                Kept found = kept.getIfPresent(best.get().getKey()); // counts as a use
                Session copy = found == null ? null : found.copy(shared, capacity);
                if (copy != null) {
                    return new Lease(copy, shared, tokens -> keep(model, tenant.get(), tokens, copy));
                }
            }
            Session session = model.openSession(1, capacity);
            return new Lease(session, 0, tokens -> keep(model, tenant.get(), tokens, session));
        }
        return fresh(model.openSession(1, capacity));
    }

    /**
     * A session of several rows. What all of them begin with is run once, where it is more than a few tokens.
     *
     * @param model of the session
     * @param rows what each row begins with; at least one token
     * @param capacity the most tokens of a row
     */
    Lease openRows(CompiledModel model, int[][] rows, int capacity) {
        int shared = rows[0].length - 1; // the last gives logits
        for (int[] row : rows) {
            shared = Math.min(shared, Math.min(row.length - 1, OpenText.common(rows[0], row)));
        }
        if (shared < WORTH_SHARING || !isReusable(model)) {
            return fresh(model.openSession(rows.length, capacity));
        }
        try (Session beginning = model.openSession(1, capacity)) {
            beginning.append(new int[][] {Arrays.copyOf(rows[0], shared)});
            return new Lease(beginning.fork(new int[rows.length]), shared, null);
        }
    }

    /**
     * A session of any rows of which nothing is kept.
     *
     * @param session the lease's from now on
     */
    Lease fresh(Session session) {
        return new Lease(session, 0, null);
    }

    /** Whether keys and values of tokens do not depend on what follows them. */
    private static boolean isReusable(CompiledModel model) {
        return model.graph().nodes().stream()
                .noneMatch(node -> node.op() instanceof Op.RotaryTable table
                        && switch (table.frequencies()) {
                            case RotaryFrequencies.Fixed fixed -> false;
                            case RotaryFrequencies.LongRope rope -> true;
                            case RotaryFrequencies.Dynamic dynamic -> true;
                        });
    }

    /**
     * Frees all sessions of a model.
     *
     * @param model no call with it is under way
     */
    public void forget(CompiledModel model) {
        kept.asMap().keySet().removeIf(key -> key.model().equals(model));
    }

    /** Bytes that are kept, up to rounding. */
    long bytes() {
        kept.cleanUp();
        return kept.asMap().values().stream().mapToLong(Kept::weight).sum() * KIB;
    }

    private void keep(CompiledModel model, String tenant, int[] tokens, Session session) {
        var added = new Kept(tokens, session);
        for (Map.Entry<Key, Kept> entry : kept.asMap().entrySet()) {
            if (entry.getKey().isOf(model, tenant)) {
                int shared = entry.getValue().shared(tokens);
                if (shared == tokens.length && kept.getIfPresent(entry.getKey()) != null) {
                    added.free(); // known already
                    return;
                }
                if (shared == entry.getValue().tokens.length) {
                    kept.invalidate(entry.getKey()); // known better from now on
                }
            }
        }
        kept.put(new Key(model, tenant, numbers.incrementAndGet()), added);
    }

    /** A session in use. Not thread-safe. Who opens it closes it, which frees the session unless it is kept. */
    static final class Lease implements AutoCloseable {
        private final Session session;
        private final int reused;
        private final @Nullable Consumer<int[]> keeper;
        private boolean handedOver;

        private Lease(Session session, int reused, @Nullable Consumer<int[]> keeper) {
            this.session = session;
            this.reused = reused;
            this.keeper = keeper;
        }

        /** The session, which the lease owns. */
        Session session() {
            return session;
        }

        /** Tokens that were in it when it was opened. */
        int reused() {
            return reused;
        }

        /**
         * Leaves the session to later prompts, where there is a tenant. It may be freed at any time from now on, except for what forks use.
         *
         * @param tokens its first ones
         */
        void keep(int[] tokens) {
            if (keeper != null && tokens.length > 0) {
                handedOver = true;
                keeper.accept(tokens);
            }
        }

        @Override
        public void close() {
            if (!handedOver) {
                session.close();
            }
        }
    }

    /** A session that others are copied from. */
    private static final class Kept {
        private final int[] tokens;
        private final int weight;
        private final Session session; // guarded by this
        private boolean freed; // guarded by this

        Kept(int[] tokens, Session session) {
            this.tokens = tokens.clone();
            this.session = session;
            this.weight = Math.toIntExact((session.bytes() + (long) Integer.BYTES * tokens.length) / KIB + 1);
        }

        int weight() {
            return weight;
        }

        /** How many tokens both begin with. */
        int shared(int[] beginning) {
            return OpenText.common(tokens, beginning);
        }

        synchronized @Nullable Session copy(int length, int capacity) {
            return freed ? null : session.copy(0, length, capacity);
        }

        synchronized void free() {
            if (!freed) {
                freed = true;
                session.close();
            }
        }
    }
}
