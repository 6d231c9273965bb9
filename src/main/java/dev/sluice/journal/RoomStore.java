package dev.sluice.journal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.actor.ClassicActorSystemProvider;

/**
 * A SQLite file with one writer thread and group commit, a few readers, and a thread that copies its log: the journal's, or a room's
 * own, for what must not stand in the journal's way.
 */
public final class RoomStore {
    /** Callers that do not say are taken to hold this much. */
    private static final int SMALL = 1024;

    /** Whose file it is. Called on the writing thread, and first of all on the one that opens. */
    public interface Owner {
        default void opened(Connection connection) throws SQLException {}

        /** Before anybody else hears of it. */
        default void committed() {}

        /** What was written since the last commit is gone. */
        default void rolledBack() {}
    }

    private final SqliteFile file;
    private final GroupCommit writer;
    private final Checkpoints checkpoints;
    private final Readers readers;

    private RoomStore(SqliteFile file, GroupCommit writer, Checkpoints checkpoints, Readers readers) {
        this.file = file;
        this.writer = writer;
        this.checkpoints = checkpoints;
        this.readers = readers;
    }

    /**
     * Opens a room's own file in the node's data directory; closes it, after everything submitted was written, when the system ends. It is not read whole at start: it may
     * be large.
     *
     * @param queueBytes what may wait for the writer
     * @param group      pieces of work in a transaction, at most
     * @param company    how long the writer waits for more of them under load
     * @throws UnusableStorageException if it cannot be used as it is
     */
    public static RoomStore open(
            ClassicActorSystemProvider system,
            Layout layout,
            long queueBytes,
            int group,
            Duration company,
            Owner owner) {
        var classic = system.classicSystem();
        var settings = StoreSettings.of(classic.settings().config()).beside(queueBytes, group, company);
        var store = open(
                settings,
                layout,
                "sluice-" + layout.name(),
                classic.dispatchers().lookup(settings.dispatcher()),
                owner);
        classic.registerOnTermination(store::close);
        return store;
    }

    static RoomStore open(StoreSettings settings, Layout layout, String threads, Executor executor, Owner owner) {
        var file = SqliteFile.open(settings, layout);
        try {
            var connection = file.writer();
            owner.opened(connection);
            var checkpoints = new Checkpoints(threads, file.checkpoints(), FileChannel.open(file.path()), settings);
            var writer = new GroupCommit(
                    threads, connection, file::writer, settings, executor, new Housekeeping(owner, checkpoints));
            var readers = new Readers(threads, file::reader, settings, executor);
            writer.start();
            checkpoints.start();
            return new RoomStore(file, writer, checkpoints, readers);
        } catch (SQLException | IOException e) {
            file.close();
            throw new UnusableStorageException(
                    file.path(), "cannot be opened (" + e.getMessage() + ")", "Check the disk", e);
        }
    }

    /**
     * As {@link SqliteStore#write}.
     *
     * @param bytes what the work holds in memory
     */
    public <T> CompletionStage<T> write(SqlWork<T> work, long bytes) {
        return write(work, bytes, 1);
    }

    <T> CompletionStage<T> write(SqlWork<T> work, long bytes, int crowd) {
        return writer.submit(work, bytes, crowd);
    }

    /** As {@link SqliteStore#writePatiently}. */
    public CompletionStage<Void> writePatiently(PatientWork work) {
        return writer.submit(work, SMALL);
    }

    /** As {@link SqliteStore#read}. */
    public <T> CompletionStage<T> read(SqlWork<T> work) {
        return readers.submit(work);
    }

    /** What the work that waits for the writer holds in memory. */
    public long queuedBytes() {
        return writer.queuedBytes();
    }

    public Path path() {
        return file.path();
    }

    void close() {
        // Readers first: a snapshot still open would keep the log from being copied into the file.
        readers.close();
        checkpoints.close();
        writer.close();
        file.close();
    }

    /** What the writer's transactions mean to others. */
    private record Housekeeping(Owner owner, Checkpoints checkpoints) implements GroupCommit.Listener {
        @Override
        public void committed() {
            owner.committed();
        }

        @Override
        public void between(Connection connection) {
            checkpoints.committed(connection);
        }

        @Override
        public void rolledBack() {
            owner.rolledBack();
        }
    }
}
