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
 * The journal's SQLite file, which the ledger shares. There is one a system; it closes, after everything
 * submitted was written, when the last actor has stopped and before the system counts as terminated.
 */
public final class SqliteStore implements Extension {
    private final StoreSettings settings;
    private final SqliteDatabase database;
    private final Housekeeping housekeeping = new Housekeeping();
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
        settings = StoreSettings.of(system.settings().config(), Schema.LAYOUT);
        database = new SqliteDatabase(settings, system.dispatchers().lookup(settings.dispatcher()), housekeeping::over);
        system.registerOnTermination(database::close);
    }

    /** As {@link SqliteDatabase#write}. */
    public <T> CompletionStage<T> write(SqlWork<T> work) {
        return database.write(work);
    }

    /** As {@link SqliteDatabase#writePatiently}. */
    public CompletionStage<Void> writePatiently(PatientWork work) {
        return database.writePatiently(work);
    }

    /** As {@link SqliteDatabase#read}. */
    public <T> CompletionStage<T> read(SqlWork<T> work) {
        return database.read(work);
    }

    /** @param bytes what the work holds in memory */
    <T> CompletionStage<T> write(SqlWork<T> work, long bytes) {
        return database.write(work, bytes);
    }

    /** @param crowd how many wait for it */
    CompletionStage<Boolean> append(List<StoredEvent> rows, int crowd) {
        var bytes = rows.stream().mapToLong(row -> row.payload().bytes().length).sum();
        return database.write(
                        connection -> {
                            events().append(connection, rows);
                            return true;
                        },
                        bytes,
                        crowd)
                .whenComplete((_, _) -> commits.fire());
    }

    EventWriter events() {
        return housekeeping.events();
    }

    Fresh fresh() {
        return events().fresh();
    }

    CommitSignal commits() {
        return commits;
    }

    StoreSettings settings() {
        return settings;
    }

    /** What the writer's transactions mean to whoever writes events. */
    private static final class Housekeeping implements GroupCommit.Listener {
        private @Nullable EventWriter events;

        GroupCommit.Listener over(Connection writer) throws SQLException {
            events = EventWriter.open(writer);
            return this;
        }

        EventWriter events() {
            return Objects.requireNonNull(events);
        }

        @Override
        public void committed() {
            events().committed();
        }

        @Override
        public void between(Connection connection) {
            // Nothing to do.
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
