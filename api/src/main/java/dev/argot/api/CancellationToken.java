package dev.argot.api;

/**
 * Says that running work is no longer wanted. It rides in requests; work looks at it between steps (a token, a training step) and ends
 * early in good order. A token that was cancelled never becomes uncancelled.
 *
 * <p>Thread-safe.
 */
public sealed interface CancellationToken permits CancellationToken.Cancellable, CancellationToken.Never {
    /** A new token that can be cancelled. */
    static CancellationToken create() {
        return new Cancellable();
    }

    /** A token that cannot be cancelled: {@link #cancel()} on it is an error. */
    static CancellationToken never() {
        return Never.INSTANCE;
    }

    /** Whether {@link #cancel()} was called. Once true, always true. */
    boolean isCancellationRequested();

    /**
     * Asks the work that carries this token to end. Calling it again does nothing.
     *
     * @throws IllegalStateException if this is {@link #never()}
     */
    void cancel();

    /** The token made by {@link #create()}. */
    final class Cancellable implements CancellationToken {
        private volatile boolean cancelled;

        private Cancellable() {}

        @Override
        public boolean isCancellationRequested() {
            return cancelled;
        }

        @Override
        public void cancel() {
            cancelled = true;
        }
    }

    /** The token made by {@link #never()}. */
    enum Never implements CancellationToken {
        /** The only instance. */
        INSTANCE;

        @Override
        public boolean isCancellationRequested() {
            return false;
        }

        @Override
        public void cancel() {
            throw new IllegalStateException(
                    "CancellationToken.never() cannot be cancelled; use CancellationToken.create()");
        }
    }
}
