package dev.sluice.journal;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A few threads that read, a connection each; opened when first needed. */
final class Readers implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Readers.class);
    private static final long CLOSE_SECONDS = 10;

    private final GroupCommit.Source source;
    private final Executor executor;
    private final ThreadPoolExecutor threads;
    private final Queue<Connection> idle = new ConcurrentLinkedQueue<>();

    Readers(GroupCommit.Source source, StoreSettings settings, Executor executor) {
        this.source = source;
        this.executor = executor;
        this.threads = new ThreadPoolExecutor(
                settings.readers(),
                settings.readers(),
                0,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(settings.readQueueCapacity()),
                Thread.ofPlatform().daemon().name(settings.thread("reader-"), 0).factory());
    }

    <T> CompletableFuture<T> submit(SqlWork<T> work) {
        var done = new CompletableFuture<T>();
        try {
            threads.execute(() -> read(work, done));
        } catch (RejectedExecutionException e) {
            var reason = threads.isShutdown()
                    ? "Not read: the storage is closed"
                    : "Not read: %d reads wait already"
                            .formatted(threads.getQueue().size());
            done.completeExceptionally(new RejectedExecutionException(reason, e));
        }
        return done;
    }

    private <T> void read(SqlWork<T> work, CompletableFuture<T> done) {
        try {
            var waiting = idle.poll();
            // There are as many threads as connections, so this opens at most that many.
            var connection = waiting == null ? source.open() : waiting;
            try {
                var result = work.apply(connection);
                executor.execute(() -> done.complete(result));
            } finally {
                idle.add(connection);
            }
        } catch (Throwable failure) {
            executor.execute(() -> done.completeExceptionally(failure));
        }
    }

    @Override
    public void close() {
        threads.shutdown();
        try {
            if (!threads.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                log.atWarn().log("Reads are still under way while the storage closes");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        idle.forEach(Readers::close);
    }

    private static void close(Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            log.atWarn().setCause(e).log("Reading connection did not close");
        }
    }
}
