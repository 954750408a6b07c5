package dev.argot.engine.reference;

import dev.argot.api.EngineException;
import java.util.concurrent.ForkJoinPool;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/** The engine's threads. Thread-safe. */
final class Workers implements AutoCloseable {
    /** Multiplications below which handing out work costs more than it saves. */
    private static final long WORTH_SHARING = 100_000;

    private final ForkJoinPool pool;

    Workers(int threads) {
        pool = new ForkJoinPool(threads);
    }

    /**
     * Calls {@code body} with 0 to n-1, in any order, on several threads where that pays.
     *
     * @param n number of calls
     * @param work multiplications of all calls together
     * @param body independent for each number
     */
    void forEach(int n, long work, IntConsumer body) {
        if (pool.getParallelism() == 1 || work < WORTH_SHARING) {
            for (int i = 0; i < n; i++) {
                body.accept(i);
            }
        } else {
            checkOpen();
            pool.submit(() -> IntStream.range(0, n).parallel().forEach(body)).join();
        }
    }

    void checkOpen() {
        if (pool.isShutdown()) {
            throw new EngineException("the engine 'reference' is closed");
        }
    }

    @Override
    public void close() {
        pool.shutdown();
    }
}
