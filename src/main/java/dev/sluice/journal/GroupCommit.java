package dev.sluice.journal;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that writes.
 *
 * <p>It takes all urgent work that waits, runs it in one transaction, commits, and only then completes the futures, on the executor and
 * never on itself. If a piece of work fails, the group is rolled back and each piece is run again in a transaction of its own, so that
 * only the faulty one fails. We chose that over a savepoint a piece because failures are rare and savepoints would cost every write. Work
 * must therefore bear being run twice.
 *
 * <p>Urgent and patient work take turns: a group, then one piece. So whoever waits for an answer waits for one piece at most, however
 * much patient work there is; and patient work gets a piece a group, however many groups there are. We chose turns over serving patient
 * work when nothing else waits because on a busy node something always does, and the ledger would fall behind for good.
 */
final class GroupCommit implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(GroupCommit.class);

    /** A group of so many is more than what one request leaves behind: others are at work, and more will come. */
    private static final int COMPANY = 8;

    /** So are so many requests in one piece of it. */
    private static final int CROWD = 4;

    /** Longer than any group takes on a slow disk; then the process ends without it, which is as safe as kill -9. */
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(30);

    /** Opens the writing connection. */
    interface Source {
        Connection open() throws SQLException;
    }

    /** Hears of what happens to transactions; runs on the writing thread. */
    interface Listener {
        /** Before anybody else hears of it. */
        void committed();

        /** Between two transactions. */
        void between(Connection connection);

        /** Rows that were written are gone. */
        void rolledBack();
    }

    private final Source source;
    private final StoreSettings settings;
    private final Executor executor;
    private final Listener listener;
    private final WaitingWork waiting;
    private final Thread thread;
    /** Whether the last group was one of many; the writer's own. */
    private boolean company;

    private volatile JournalWatcher watcher = (size, nanos, longestNanos) -> {};

    private @Nullable Connection connection;

    /** @param name of its thread */
    GroupCommit(
            String name,
            Connection first,
            Source source,
            StoreSettings settings,
            Executor executor,
            Listener listener) {
        this.connection = first;
        this.source = source;
        this.settings = settings;
        this.executor = executor;
        this.listener = listener;
        this.waiting = new WaitingWork(settings);
        this.thread = Thread.ofPlatform().daemon().name(name + "-writer").unstarted(this::run);
    }

    void watch(JournalWatcher by) {
        watcher = by;
    }

    int waiting() {
        return waiting.size();
    }

    void start() {
        thread.start();
    }

    /**
     * @param bytes what the work holds in memory, roughly
     * @param crowd how many wait for it
     */
    <T> CompletableFuture<T> submit(SqlWork<T> work, long bytes, int crowd) {
        var job = new Job.Urgent<>(work, bytes, crowd);
        var refusal = waiting.offer(job);
        return refusal == null ? job.done() : refused(refusal);
    }

    /** @param bytes what the work holds in memory, roughly */
    CompletableFuture<Void> submit(PatientWork work, long bytes) {
        var job = new Job.Patient(work, bytes);
        var refusal = waiting.offer(job);
        return refusal == null ? job.done() : refused(refusal);
    }

    /** What waits holds in memory. */
    long queuedBytes() {
        return waiting.bytes();
    }

    private static <T> CompletableFuture<T> refused(String reason) {
        return CompletableFuture.failedFuture(new RejectedExecutionException("Not written: " + reason));
    }

    /** Everything submitted before is written first. */
    @Override
    public void close() {
        waiting.close();
        try {
            if (!thread.join(CLOSE_TIMEOUT)) {
                log.atError().addKeyValue("waiting", waiting.size()).log("Writer did not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        while (waiting.await()) {
            if (company) {
                linger();
            }
            serveUrgent();
            servePatient();
        }
        checkpointAndClose();
    }

    /** Under load the next group gains by waiting; a lone request would only wait. */
    private void linger() {
        if (!waiting.isClosed() && waiting.urgentSize() < settings.groupSize()) {
            LockSupport.parkNanos(settings.linger().toNanos());
        }
    }

    private void serveUrgent() {
        var group = waiting.urgent(settings.groupSize());
        company = group.size() >= COMPANY || group.stream().anyMatch(job -> job.crowd() >= CROWD);
        if (!group.isEmpty()) {
            var beganNanos = System.nanoTime();
            commit(group);
            var nowNanos = System.nanoTime();
            // The first has waited longest.
            watcher.committed(
                    group.size(),
                    nowNanos - beganNanos,
                    nowNanos - group.getFirst().sinceNanos());
            handOver(group);
        }
    }

    private void servePatient() {
        var job = waiting.patient();
        if (job == null) {
            return;
        }
        commit(List.of(job));
        if (!job.goesOn()) {
            waiting.finished();
            handOver(List.of(job));
        }
    }

    private void handOver(List<? extends Job> group) {
        waiting.freed(group.stream().mapToLong(Job::bytes).sum());
        try {
            executor.execute(() -> group.forEach(Job::complete));
        } catch (RejectedExecutionException e) {
            log.atDebug().setCause(e).log("The dispatcher is gone; the last results are handed over here");
            group.forEach(Job::complete);
        }
        // Afterwards, so that what happens between transactions holds up nobody of this group.
        if (connection != null) {
            listener.between(connection);
        }
    }

    private void commit(List<? extends Job> group) {
        if (!commitTogether(group) && group.size() > 1) {
            group.forEach(job -> commitTogether(List.of(job)));
        }
    }

    /** @return whether it is committed; if not, each job holds the failure */
    private boolean commitTogether(List<? extends Job> group) {
        try {
            var open = connection();
            for (var job : group) {
                job.run(open);
            }
            open.commit();
            listener.committed();
            return true;
        } catch (Throwable failure) {
            rollback(failure);
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

    private void rollback(Throwable why) {
        var open = connection;
        try {
            if (open != null) {
                open.rollback();
            }
        } catch (SQLException e) {
            // On a full disk SQLite rolls back by itself, and the driver then has no transaction any more: begin
            // afresh.
            log.atWarn()
                    .addKeyValue("detail", why)
                    .log("The storage cannot be written; its connection is opened again");
            discard(open);
        }
        listener.rolledBack();
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
}
