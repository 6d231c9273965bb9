package dev.sluice.journal;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The node's SQLite file: one writer thread with group commit, a few readers. */
public final class SqliteStore {

    /** Runs on the writer thread, inside the transaction of the group it falls into; completes after the commit. */
    public <T> CompletionStage<T> write(SqlWork<T> work) {
        return CompletableFuture.failedStage(new UnsupportedOperationException());
    }

    /** Runs on a reader thread with a read-only connection. */
    public <T> CompletionStage<T> read(SqlWork<T> work) {
        return CompletableFuture.failedStage(new UnsupportedOperationException());
    }
}
