package dev.argot.core;

import dev.argot.core.bundle.ForwardingCheckpoint;
import dev.argot.spi.Checkpoint;

/** A checkpoint that its owner closes. */
final class BorrowedCheckpoint extends ForwardingCheckpoint {
    /**
     * Borrows a checkpoint.
     *
     * @param owned the checkpoint
     */
    BorrowedCheckpoint(Checkpoint owned) {
        super(owned);
    }

    @Override
    public void close() {
        // its owner does
    }
}
