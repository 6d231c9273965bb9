package dev.sluice.journal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies SQLite's log into the file, on a thread and a connection of its own, while the writer writes on.
 *
 * <p>The log starts over only when all of it is copied and nobody writes, which on a busy node is never. So when it is long, this thread
 * copies what there is and asks the writer to copy the little that came since, between two transactions: two waits for the disk, and
 * the writer's next transaction starts the log over. We chose that over SQLite's own checkpoints because those are run by the commit
 * that makes the log too long: all of the log is copied while everybody waits.
 */
final class Checkpoints implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Checkpoints.class);

    /** The longer it is, the more often written pages are copied once only; the shorter, the less is copied at a time. */
    private static final Duration PAUSE = Duration.ofMillis(100);

    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);
    private static final String COPY = "PRAGMA wal_checkpoint(PASSIVE)";

    private final Connection connection;
    private final FileChannel file;
    private final int pages;
    private final Thread thread;
    private volatile boolean closed;
    private volatile boolean written;
    private volatile boolean writersTurn;

    /** @param file stays open until this is closed: with any descriptor of the file the process gives up SQLite's locks */
    Checkpoints(String name, Connection connection, FileChannel file, StoreSettings settings) {
        this.connection = connection;
        this.file = file;
        this.pages = settings.checkpointPages();
        this.thread = Thread.ofPlatform().daemon().name(name + "-checkpoints").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** The writer's, between two transactions. */
    void committed(Connection writer) {
        if (writersTurn) {
            writersTurn = false;
            try {
                copy(writer);
            } catch (SQLException e) {
                log.atWarn().setCause(e).log("Log of the storage does not start over");
            }
        }
        if (!written) {
            written = true;
            LockSupport.unpark(thread);
        }
    }

    private void run() {
        while (!closed) {
            if (written) {
                pause();
                written = false;
                copyBeside();
            } else {
                LockSupport.park(this);
            }
        }
    }

    /** To its end, whoever wakes us. */
    private void pause() {
        var end = System.nanoTime() + PAUSE.toNanos();
        for (var left = PAUSE.toNanos(); left > 0 && !closed; left = end - System.nanoTime()) {
            LockSupport.parkNanos(this, left);
        }
    }

    private void copyBeside() {
        try {
            if (copy(connection) >= pages) {
                // SQLite waits for the file to reach the disk only when all is copied: the writer would.
                file.force(false);
                // Meanwhile more came: the less is left, the less the writer has to do.
                copy(connection);
                writersTurn = true;
            }
        } catch (SQLException | IOException e) {
            // The writer goes on, and copies for itself when the log has become much longer.
            log.atWarn().setCause(e).log("Log of the storage was not copied into the file");
        }
    }

    /** @return the pages in the log, copied or not */
    private static long copy(Connection connection) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(COPY)) {
            rows.next();
            return rows.getLong(2);
        }
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
        try {
            if (!thread.join(CLOSE_TIMEOUT)) {
                log.atWarn().log("The log is being copied while the storage closes");
                return;
            }
            connection.close();
            file.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (SQLException | IOException e) {
            log.atWarn().setCause(e).log("Connection of the checkpoints did not close");
        }
    }
}
