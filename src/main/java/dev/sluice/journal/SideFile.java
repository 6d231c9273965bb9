package dev.sluice.journal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A SQLite file of its own beside the journal's, for tables that would make the journal's writer slower: with a writer thread, readers and a
 * thread that copies its log, as the journal has them. It closes with the actor system, before the journal's file.
 *
 * <p>Nothing in it shares a transaction with the journal. After a loss of power it may know of events that the journal has lost, and after a
 * backup came back it may be of another time: whoever keeps offsets here must look whether they still fit.
 */
public final class SideFile {
    private static final Logger log = LoggerFactory.getLogger(SideFile.class);

    /** Callers that do not say are taken to hold this much. */
    private static final int SMALL = 1024;

    private final SqliteFile file;
    private final GroupCommit writer;
    private final Checkpoints checkpoints;
    private final Readers readers;

    /** What becomes of a file that cannot be used as it is. */
    public enum Loss {
        /** Ends the start and says why. */
        REFUSED,
        /** All in it can be made again: it is put aside, and begins anew. */
        BEGUN_ANEW
    }

    /**
     * Opens it, or makes it; once an actor system.
     *
     * @param name     in the storage's directory, {@code .db} is added
     * @param cacheKib of pages that the writer keeps
     * @throws UnusableStorageException if the storage cannot be used as it is
     */
    public static SideFile open(ClassicActorSystemProvider system, String name, int cacheKib, Loss loss) {
        // First, because its lock is for the directory.
        var settings = SqliteStore.get(system).settings();
        var classic = system.classicSystem();
        var side = new SideFile(
                open(settings, name, cacheKib, loss),
                name,
                settings,
                classic.dispatchers().lookup(settings.dispatcher()));
        classic.registerOnTermination(side::close);
        return side;
    }

    private SideFile(SqliteFile file, String name, StoreSettings settings, Executor executor) {
        this.file = file;
        try {
            checkpoints = new Checkpoints(name, file.checkpoints(), FileChannel.open(file.path()), settings);
            writer = new GroupCommit(name, file.writer(), file::writer, settings, executor, new Copying(checkpoints));
            readers = new Readers(name, file::reader, settings, executor);
        } catch (SQLException | IOException e) {
            throw new UnusableStorageException(
                    file.path(), "cannot be opened (" + e.getMessage() + ")", "Check the disk", e);
        }
        writer.start();
        checkpoints.start();
    }

    private static SqliteFile open(StoreSettings settings, String name, int cacheKib, Loss loss) {
        var fileName = name + ".db";
        try {
            // Reading all of what can be made again would only make starts longer.
            return SqliteFile.beside(settings, fileName, cacheKib, settings.checkAtStart() && loss == Loss.REFUSED);
        } catch (UnusableStorageException e) {
            if (loss == Loss.REFUSED) {
                throw e;
            }
            log.atError().setCause(e).addKeyValue("file", fileName).log("A file is put aside and made anew");
            putAside(settings.directory().resolve(fileName), e);
            return SqliteFile.beside(settings, fileName, cacheKib, false);
        }
    }

    private static void putAside(Path path, UnusableStorageException reason) {
        try {
            for (var part : new String[] {"", "-wal", "-shm"}) {
                var from = Path.of(path + part);
                if (Files.exists(from)) {
                    Files.move(from, Path.of(path + ".unusable" + part), StandardCopyOption.REPLACE_EXISTING);
                }
            }
        } catch (IOException e) {
            reason.addSuppressed(e);
            throw reason;
        }
    }

    /** As {@link SqliteStore#write}. */
    public <T> CompletionStage<T> write(SqlWork<T> work) {
        return writer.submit(work, SMALL, 1);
    }

    /** As {@link SqliteStore#write}, for work that holds more than a little memory. */
    public <T> CompletionStage<T> write(SqlWork<T> work, long bytes) {
        return writer.submit(work, SMALL + bytes, 1);
    }

    /** As {@link SqliteStore#writePatiently}. */
    public CompletionStage<Void> writePatiently(PatientWork work) {
        return writer.submit(work, SMALL);
    }

    /** As {@link SqliteStore#read}. */
    public <T> CompletionStage<T> read(SqlWork<T> work) {
        return readers.submit(work);
    }

    private void close() {
        readers.close();
        checkpoints.close();
        writer.close();
        file.close();
    }

    private record Copying(Checkpoints checkpoints) implements GroupCommit.Listener {
        @Override
        public void committed() {
            // Nobody follows what is written here.
        }

        @Override
        public void between(Connection connection) {
            checkpoints.committed(connection);
        }

        @Override
        public void rolledBack() {
            // Nor does anybody remember it.
        }
    }
}
