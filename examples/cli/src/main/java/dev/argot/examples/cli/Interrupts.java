package dev.argot.examples.cli;

import dev.argot.api.CancellationToken;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Lets Ctrl-C end running work in good order: it is cancelled, and the process waits for it a while. */
final class Interrupts implements AutoCloseable {
    private final CancellationToken cancellation = CancellationToken.create();
    private final CountDownLatch done = new CountDownLatch(1);
    private final Thread hook;

    /** Waits at most ten seconds. */
    Interrupts() {
        this(10);
    }

    /**
     * Waits longer.
     *
     * @param seconds at most
     */
    Interrupts(int seconds) {
        hook = new Thread(() -> {
            cancellation.cancel();
            try {
                if (!done.await(seconds, TimeUnit.SECONDS)) {
                    System.getLogger(Interrupts.class.getName())
                            .log(System.Logger.Level.WARNING, "the work did not end in time");
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** Cancelled by Ctrl-C. */
    CancellationToken cancellation() {
        return cancellation;
    }

    @Override
    public void close() {
        done.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is ending already: the hook runs, and has just been told that it need not wait.
        }
    }
}
