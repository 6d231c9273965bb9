package dev.sluice.journal;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that writes.
 *
 * <p>It takes all work that waits, runs it in one transaction, commits, and only then completes the futures, on the executor and never on
 * itself. If a piece of work fails, the group is rolled back and each piece is run again in a transaction of its own, so that only the
 * faulty one fails. We chose that over a savepoint a piece because failures are rare and savepoints would cost every write. Work must
 * therefore bear being run twice.
 */
final class GroupCommit implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(GroupCommit.class);

    /** A group of so many is more than what one request leaves behind: others are at work, and more will come. */
    private static final int COMPANY = 8;

    /** Longer than any group takes on a slow disk; then the process ends without it, which is as safe as kill -9. */
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(30);

    /** Opens the writing connection. */
    interface Source {
        Connection open() throws SQLException;
    }

    private final Source source;
    private final StoreSettings settings;
    private final Executor executor;
    private final Runnable afterRollback;
    private final BlockingQueue<Job<?>> queue;
    private final AtomicLong queuedBytes = new AtomicLong();
    private final Thread thread;
    private volatile boolean closed;
    /** Whether the last group was one of many; the writer's own. */
    private boolean company;

    private @Nullable Connection connection;

    /** @param afterRollback forgets what is remembered of rows that are gone; runs on the writing thread */
    GroupCommit(Connection first, Source source, StoreSettings settings, Executor executor, Runnable afterRollback) {
        this.connection = first;
        this.source = source;
        this.settings = settings;
        this.executor = executor;
        this.afterRollback = afterRollback;
        this.queue = new ArrayBlockingQueue<>(settings.queueCapacity());
        this.thread = Thread.ofPlatform().daemon().name("sluice-journal-writer").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** @param bytes what the work holds in memory, roughly */
    <T> CompletableFuture<T> submit(SqlWork<T> work, long bytes) {
        var job = new Job<>(work, bytes);
        if (closed) {
            return refused("the storage is closed");
        }
        if (queuedBytes.addAndGet(bytes) > settings.queueBytes() || !queue.offer(job)) {
            queuedBytes.addAndGet(-bytes);
            return refused("the writer is behind: %d pieces of work and %d bytes wait (limits: %d and %d)"
                    .formatted(queue.size(), queuedBytes.get(), settings.queueCapacity(), settings.queueBytes()));
        }
        // Closing may have overtaken us: what the thread did not take, it will never take.
        return closed && queue.remove(job) ? refused("the storage is closed") : job.done;
    }

    private static <T> CompletableFuture<T> refused(String reason) {
        return CompletableFuture.failedFuture(new RejectedExecutionException("Not written: " + reason));
    }

    /** Everything submitted before is written first. */
    @Override
    public void close() {
        closed = true;
        // Wakes the thread; if there is no room, it is awake.
        var wakeUp = queue.offer(new Job<>(_ -> true, 0));
        try {
            if (!thread.join(CLOSE_TIMEOUT)) {
                log.atError()
                        .addKeyValue("waiting", queue.size())
                        .addKeyValue("woken", wakeUp)
                        .log("Writer did not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        while (!(closed && queue.isEmpty())) {
            var group = nextGroup();
            commit(group);
            queuedBytes.addAndGet(-group.stream().mapToLong(job -> job.bytes).sum());
            handOver(group);
        }
        checkpointAndClose();
    }

    private void handOver(List<Job<?>> group) {
        try {
            executor.execute(() -> group.forEach(Job::complete));
        } catch (RejectedExecutionException e) {
            log.atDebug().setCause(e).log("The dispatcher is gone; the last results are handed over here");
            group.forEach(Job::complete);
        }
    }

    private List<Job<?>> nextGroup() {
        var group = new ArrayList<Job<?>>();
        try {
            group.add(queue.take());
        } catch (InterruptedException e) {
            log.atDebug().setCause(e).log("Nobody may interrupt the writer; it goes on");
            return group;
        }
        // Under load the next group gains by waiting; a lone request would only wait.
        if (company && !closed && queue.size() < settings.groupSize()) {
            LockSupport.parkNanos(settings.linger().toNanos());
        }
        queue.drainTo(group, settings.groupSize() - 1);
        company = group.size() >= COMPANY;
        return group;
    }

    private void commit(List<Job<?>> group) {
        if (!commitTogether(group) && group.size() > 1) {
            group.forEach(job -> commitTogether(List.of(job)));
        }
    }

    /** @return whether it is committed; if not, each job holds the failure */
    private boolean commitTogether(List<Job<?>> group) {
        try {
            var open = connection();
            for (var job : group) {
                job.run(open);
            }
            open.commit();
            return true;
        } catch (Throwable failure) {
            rollback();
            group.forEach(job -> job.failed(failure));
            return false;
        }
    }

    private Connection connection() throws SQLException {
        var open = connection;
        if (open == null) {
            open = source.open();
            connection = open;
        }
        return open;
    }

    private void rollback() {
        var open = connection;
        try {
            if (open != null) {
                open.rollback();
            }
        } catch (SQLException e) {
            // On a full disk SQLite rolls back by itself, and the driver then has no transaction any more: begin
            // afresh.
            log.atWarn().setCause(e).log("Connection to the storage is opened again");
            discard(open);
        }
        afterRollback.run();
    }

    private void discard(@Nullable Connection broken) {
        connection = null;
        try {
            if (broken != null) {
                broken.close();
            }
        } catch (SQLException e) {
            log.atWarn().setCause(e).log("Broken connection did not close");
        }
    }

    private void checkpointAndClose() {
        try (var open = connection()) {
            open.setAutoCommit(true);
            SqliteFile.execute(open, "PRAGMA wal_checkpoint(TRUNCATE)");
        } catch (SQLException e) {
            // Nothing is lost: the next start reads the log.
            log.atWarn().setCause(e).log("Log of the storage was not copied into the file");
        }
    }

    /** A piece of work and what became of it; only the writing thread touches it until it completes. */
    private static final class Job<T> {
        private final SqlWork<T> work;
        private final long bytes;
        private final CompletableFuture<T> done = new CompletableFuture<>();
        private @Nullable Runnable outcome;

        Job(SqlWork<T> work, long bytes) {
            this.work = work;
            this.bytes = bytes;
        }

        void run(Connection connection) throws SQLException {
            var result = work.apply(connection);
            outcome = () -> done.complete(result);
        }

        void failed(Throwable failure) {
            outcome = () -> done.completeExceptionally(failure);
        }

        void complete() {
            if (outcome != null) {
                outcome.run();
            }
        }
    }
}
