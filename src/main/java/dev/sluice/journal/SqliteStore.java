package dev.sluice.journal;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.AbstractExtensionId;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.Extension;
import org.jspecify.annotations.Nullable;

/**
 * The node's SQLite file: one writer thread with group commit, a few readers. There is one a system; it closes, after everything
 * submitted was written, when the last actor has stopped and before the system counts as terminated.
 */
public final class SqliteStore implements Extension {

    /** Callers that do not say are taken to hold this much. */
    private static final int SMALL = 1024;

    private final StoreSettings settings;
    private final EventWriter events;
    private final RoomStore store;
    private final CommitSignal commits = new CommitSignal();

    /**
     * The store of a system, opened by the first who asks. Ask early: a journal that cannot open stays silent until an entity misses it.
     *
     * @throws UnusableStorageException if the storage cannot be used as it is
     */
    public static SqliteStore get(ClassicActorSystemProvider system) {
        return Id.INSTANCE.get(system);
    }

    private SqliteStore(ExtendedActorSystem system) {
        settings = StoreSettings.of(system.settings().config());
        var journal = new Journal();
        store = RoomStore.open(
                settings, Schema.LAYOUT, "sluice-journal", system.dispatchers().lookup(settings.dispatcher()), journal);
        events = journal.events();
        system.registerOnTermination(store::close);
    }

    /**
     * Runs on the writer thread, inside the transaction of the group it falls into; completes after the commit, on a dispatcher. It may be run
     * twice, the first time rolled back. Fails at once, with a {@link java.util.concurrent.RejectedExecutionException}, when too much waits.
     * Statements are prepared once however often {@code prepareStatement} is called.
     */
    public <T> CompletionStage<T> write(SqlWork<T> work) {
        return store.write(work, SMALL, 1);
    }

    /**
     * Runs on the writer thread, a piece at a time and in turn with groups of other writes; completes after the commit of the last piece, on a
     * dispatcher. When a piece fails, those before it are committed and those after it are not run. Fails at once as other writes do.
     */
    public CompletionStage<Void> writePatiently(PatientWork work) {
        return store.writePatiently(work);
    }

    /** Runs on a reader thread with a read-only connection that sees every write completed before; completes on a dispatcher. */
    public <T> CompletionStage<T> read(SqlWork<T> work) {
        return store.read(work);
    }

    /** @param bytes what the work holds in memory */
    <T> CompletionStage<T> write(SqlWork<T> work, long bytes) {
        return store.write(work, SMALL + bytes, 1);
    }

    /** @param crowd how many wait for it */
    CompletionStage<Boolean> append(List<StoredEvent> rows, int crowd) {
        var bytes = rows.stream().mapToLong(row -> row.payload().bytes().length).sum();
        return store.write(
                        connection -> {
                            events.append(connection, rows);
                            return true;
                        },
                        SMALL + bytes,
                        crowd)
                .whenComplete((_, _) -> commits.fire());
    }

    /** One a store; a later one takes its place. */
    public void watch(JournalWatcher watcher) {
        store.watch(watcher);
    }

    /** Writes that wait for the writer. */
    public int waiting() {
        return store.waiting();
    }

    EventWriter events() {
        return events;
    }

    Fresh fresh() {
        return events.fresh();
    }

    CommitSignal commits() {
        return commits;
    }

    StoreSettings settings() {
        return settings;
    }

    /** What transactions mean to events. */
    private static final class Journal implements RoomStore.Owner {
        private @Nullable EventWriter events;

        @Override
        public void opened(Connection connection) throws SQLException {
            events = EventWriter.open(connection);
        }

        EventWriter events() {
            return Objects.requireNonNull(events);
        }

        @Override
        public void committed() {
            events().committed();
        }

        @Override
        public void rolledBack() {
            events().forget();
        }
    }

    private static final class Id extends AbstractExtensionId<SqliteStore> {
        static final Id INSTANCE = new Id();

        @Override
        public SqliteStore createExtension(ExtendedActorSystem system) {
            return new SqliteStore(system);
        }
    }
}
