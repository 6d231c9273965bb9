package dev.sluice.journal;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A piece of work and what became of it; only the writing thread touches it until it completes. */
sealed interface Job {

    /** What the work holds in memory, roughly. */
    long bytes();

    /** Inside a transaction, and perhaps again in another one, if that was rolled back. */
    void run(Connection connection) throws SQLException;

    void failed(Throwable failure);

    /** Its transaction is over. */
    void complete();

    /** One piece, and somebody waits for it. */
    final class Urgent<T> implements Job {
        private final SqlWork<T> work;
        private final long bytes;
        private final int crowd;
        private final CompletableFuture<T> done = new CompletableFuture<>();
        private final long sinceNanos = System.nanoTime();
        private @Nullable Runnable outcome;

        Urgent(SqlWork<T> work, long bytes, int crowd) {
            this.work = work;
            this.bytes = bytes;
            this.crowd = crowd;
        }

        /** How many wait for it. */
        int crowd() {
            return crowd;
        }

        /** When it was handed over, by {@link System#nanoTime}. */
        long sinceNanos() {
            return sinceNanos;
        }

        CompletableFuture<T> done() {
            return done;
        }

        @Override
        public long bytes() {
            return bytes;
        }

        @Override
        public void run(Connection connection) throws SQLException {
            var result = work.apply(connection);
            outcome = () -> done.complete(result);
        }

        @Override
        public void failed(Throwable failure) {
            outcome = () -> done.completeExceptionally(failure);
        }

        @Override
        public void complete() {
            if (outcome != null) {
                outcome.run();
            }
        }
    }

    /** Piece after piece, each in a transaction of its own; a piece that fails is the last. */
    final class Patient implements Job {
        private final PatientWork work;
        private final long bytes;
        private final CompletableFuture<Void> done = new CompletableFuture<>();
        private int piece;
        private boolean more = true;
        private @Nullable Throwable failure;

        Patient(PatientWork work, long bytes) {
            this.work = work;
            this.bytes = bytes;
        }

        CompletableFuture<Void> done() {
            return done;
        }

        @Override
        public long bytes() {
            return bytes;
        }

        @Override
        public void run(Connection connection) throws SQLException {
            more = work.apply(connection, piece);
        }

        @Override
        public void failed(Throwable failure) {
            this.failure = failure;
            more = false;
        }

        /** After the commit of a piece. */
        boolean goesOn() {
            piece++;
            return more;
        }

        @Override
        public void complete() {
            if (failure == null) {
                done.complete(null);
            } else {
                done.completeExceptionally(failure);
            }
        }
    }
}
