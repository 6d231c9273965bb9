package dev.sluice.journal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.actor.ClassicActorSystemProvider;

/**
 * One SQLite file: one writer thread with group commit, a few readers. For rooms whose tables must not share the journal's writer, since
 * they are large, or since somebody waits for the journal and nobody for them.
 */
public final class SqliteDatabase implements AutoCloseable {
    /** Callers that do not say are taken to hold this much. */
    private static final int SMALL = 1024;

    private final SqliteFile file;
    private final GroupCommit writer;
    private final Checkpoints checkpoints;
    private final Readers readers;

    /** Makes what hears of the writer's transactions. */
    interface Owner {
        GroupCommit.Listener of(Connection writer) throws SQLException;
    }

    /**
     * A room's own file, beside the journal's; it closes, after everything submitted was written, before the system counts as
     * terminated. Open it after the journal: whoever holds that holds the directory. It is not read through at the start, as the journal is.
     *
     * @throws UnusableStorageException if it cannot be used as it is
     */
    public static SqliteDatabase open(ClassicActorSystemProvider system, Layout layout) {
        var classic = system.classicSystem();
        var settings = StoreSettings.of(classic.settings().config(), layout).unchecked();
        var database =
                new SqliteDatabase(settings, classic.dispatchers().lookup(settings.dispatcher()), _ -> new Nobody());
        classic.registerOnTermination(database::close);
        return database;
    }

    SqliteDatabase(StoreSettings settings, Executor executor, Owner owner) {
        file = SqliteFile.open(settings);
        try {
            var connection = file.writer();
            var listener = owner.of(connection);
            checkpoints = new Checkpoints(file.checkpoints(), FileChannel.open(settings.file()), settings);
            writer = new GroupCommit(
                    connection, file::writer, settings, executor, new Housekeeping(listener, checkpoints));
            readers = new Readers(file::reader, settings, executor);
        } catch (SQLException | IOException e) {
            file.close();
            throw new UnusableStorageException(
                    settings.file(), "cannot be opened (" + e.getMessage() + ")", "Check the disk", e);
        }
        writer.start();
        checkpoints.start();
    }

    /**
     * Runs on the writer thread, inside the transaction of the group it falls into; completes after the commit, on a dispatcher. It may be run
     * twice, the first time rolled back. Fails at once, with a {@link java.util.concurrent.RejectedExecutionException}, when too much waits.
     * Statements are prepared once however often {@code prepareStatement} is called.
     */
    public <T> CompletionStage<T> write(SqlWork<T> work) {
        return write(work, 0);
    }

    /** @param bytes what the work holds in memory */
    public <T> CompletionStage<T> write(SqlWork<T> work, long bytes) {
        return write(work, bytes, 1);
    }

    /**
     * Runs on the writer thread, a piece at a time and in turn with groups of other writes; completes after the commit of the last piece, on a
     * dispatcher. When a piece fails, those before it are committed and those after it are not run. Fails at once as other writes do.
     */
    public CompletionStage<Void> writePatiently(PatientWork work) {
        return writer.submit(work, SMALL);
    }

    /** Runs on a reader thread with a read-only connection that sees every write completed before; completes on a dispatcher. */
    public <T> CompletionStage<T> read(SqlWork<T> work) {
        return readers.submit(work);
    }

    /** @param crowd how many wait for it */
    <T> CompletionStage<T> write(SqlWork<T> work, long bytes, int crowd) {
        return writer.submit(work, SMALL + bytes, crowd);
    }

    @Override
    public void close() {
        // Readers first: a snapshot still open would keep the log from being copied into the file.
        readers.close();
        checkpoints.close();
        writer.close();
        file.close();
    }

    /** What the writer's transactions mean to others. */
    private record Housekeeping(GroupCommit.Listener owner, Checkpoints checkpoints) implements GroupCommit.Listener {
        @Override
        public void committed() {
            owner.committed();
        }

        @Override
        public void between(Connection connection) {
            checkpoints.committed(connection);
            owner.between(connection);
        }

        @Override
        public void rolledBack() {
            owner.rolledBack();
        }
    }

    private record Nobody() implements GroupCommit.Listener {
        @Override
        public void committed() {
            // Nobody keeps anything in memory that a transaction could undo.
        }

        @Override
        public void between(Connection connection) {
            // As above.
        }

        @Override
        public void rolledBack() {
            // As above.
        }
    }
}
