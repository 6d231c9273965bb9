package dev.sluice.capture;

import dev.sluice.config.DatabaseRule;
import dev.sluice.journal.RoomStore;
import dev.sluice.session.Exchange;
import dev.sluice.wire.ToolCall;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Captures in a SQLite file of their own. All that costs time happens on its writer's thread. */
final class SqliteCaptures implements Captures {
    private static final Logger log = LoggerFactory.getLogger(SqliteCaptures.class);

    /** A shorter one may wait in memory: ten thousand streams hold 160 MB at most, and mostly far less. */
    static final int EARLY_BYTES = 16 << 10;

    /** A request's headers and ours. */
    private static final int OVERHEAD = 4 << 10;

    /** A transaction of so many takes some milliseconds, for which nobody waits. */
    private static final int GROUP = 256;

    private static final Duration COMPANY = Duration.ofMillis(5);
    private static final Duration BETWEEN_PURGES = Duration.ofMinutes(1);

    private final RoomStore store;
    private final Writer writer;
    private final Supplier<DatabaseRule> rule;
    private final InstantSource clock;
    private final CaptureCounts counts = new CaptureCounts("captures.db");
    private final AtomicBoolean purging = new AtomicBoolean();

    private SqliteCaptures(RoomStore store, Writer writer, Supplier<DatabaseRule> rule, InstantSource clock) {
        this.store = store;
        this.writer = writer;
        this.rule = rule;
        this.clock = clock;
    }

    static Captures start(ActorSystem<?> system, long queueBytes, Supplier<DatabaseRule> rule, InstantSource clock) {
        var writer = new Writer();
        var store = RoomStore.open(system, CaptureSchema.LAYOUT, queueBytes, GROUP, COMPANY, writer);
        var captures = new SqliteCaptures(store, writer, rule, clock);
        system.scheduler()
                .scheduleWithFixedDelay(
                        BETWEEN_PURGES, BETWEEN_PURGES, () -> captures.purgeQuietly(), system.executionContext());
        return captures;
    }

    /** The tables, as the writer's thread knows them. */
    private static final class Writer implements RoomStore.Owner {
        private @Nullable CaptureTables tables;

        @Override
        public void opened(Connection connection) throws SQLException {
            Sql.number(connection, "PRAGMA secure_delete = ON");
            tables = new CaptureTables(connection);
        }

        CaptureTables tables() {
            return java.util.Objects.requireNonNull(tables);
        }

        @Override
        public void rolledBack() {
            tables().forget();
        }
    }

    @Override
    public void begin(String session, String login, Transcript transcript, DatabaseRule rule) {
        var body = transcript.request();
        if (isNothing(rule) || body.length < EARLY_BYTES) {
            return;
        }
        var _ = store.write(
                        connection -> writer.tables().store(connection, session, login, body, clock.instant()),
                        body.length)
                .whenComplete((stored, failure) -> {
                    // Or else it is tried once more, with all the rest.
                    if (failure == null) {
                        transcript.stored(stored);
                    }
                });
    }

    @Override
    public CompletionStage<Done> keep(
            Exchange exchange, Transcript transcript, List<ToolCall> tools, DatabaseRule rule) {
        if (isNothing(rule)) {
            return CompletableFuture.completedFuture(Done.getInstance());
        }
        if (transcript.isLost()) {
            counts.drop();
            return CompletableFuture.completedFuture(Done.getInstance());
        }
        return store.write(
                        connection -> {
                            writer.tables().keep(connection, exchange, transcript, tools, rule, clock.instant());
                            return Done.getInstance();
                        },
                        OVERHEAD + transcript.bytes())
                .handle((done, failure) -> counts.ended(exchange, failure));
    }

    private static boolean isNothing(DatabaseRule rule) {
        return !rule.keepsCaptures();
    }

    @Override
    public CompletionStage<Optional<Capture>> find(String requestId) {
        return store.read(connection -> CaptureTables.find(connection, requestId));
    }

    @Override
    public CompletionStage<List<Kept>> ofSession(String session, String login, int limit, @Nullable Long before) {
        return store.read(connection ->
                CaptureTables.ofSession(connection, session, login, limit, before == null ? Long.MAX_VALUE : before));
    }

    @Override
    public CompletionStage<List<Headed>> withHeader(
            String name, String value, @Nullable String login, int limit, @Nullable Instant before) {
        return store.read(connection -> CaptureTables.withHeader(
                connection, name, value, login, limit, before == null ? Instant.ofEpochSecond(1L << 33) : before));
    }

    @Override
    public CompletionStage<Long> deleteSession(String session) {
        return delete(session, null);
    }

    @Override
    public CompletionStage<Long> deleteLogin(String login) {
        return delete(null, login);
    }

    private CompletionStage<Long> delete(@Nullable String session, @Nullable String login) {
        // By the writer, for what waits to be written before this goes as well.
        return store.write(connection -> CaptureTables.sessions(connection, session, login), OVERHEAD)
                .thenCompose(sessions -> {
                    var deletion = new Deletion(sessions, writer);
                    return store.writePatiently(deletion::piece).thenApply(_ -> deletion.deleted);
                });
    }

    /** Piece after piece of one session after the other, then the space. */
    private static final class Deletion {
        private final List<Long> sessions;
        private final Writer writer;
        private int at;
        private long deleted;

        Deletion(List<Long> sessions, Writer writer) {
            this.sessions = sessions;
            this.writer = writer;
        }

        boolean piece(Connection connection, int piece) throws SQLException {
            if (at == sessions.size()) {
                return CaptureTables.vacuumSome(connection);
            }
            var gone = writer.tables().deleteSome(connection, sessions.get(at));
            if (gone < 0) {
                at++;
            } else {
                deleted += gone;
            }
            return true;
        }
    }

    @Override
    public CompletionStage<Done> purge() {
        var now = rule.get();
        if (now.retention() == null) {
            return CompletableFuture.completedFuture(Done.getInstance());
        }
        var sweep = new CaptureTables.Sweep(now, clock.instant());
        return store.writePatiently((connection, piece) -> writer.tables().purgeSome(connection, sweep))
                .thenApply(_ -> Done.getInstance());
    }

    private void purgeQuietly() {
        if (!purging.compareAndSet(false, true)) {
            return;
        }
        var _ = purge().whenComplete((done, failure) -> {
            purging.set(false);
            if (failure != null) {
                log.atWarn().setCause(failure).log("captures were not purged; tried again in a minute");
            }
        });
    }

    @Override
    public CompletionStage<Done> exported(Collection<String> requestIds, long offset) {
        var ids = List.copyOf(requestIds);
        return store.write(
                connection -> {
                    CaptureTables.exported(connection, ids, offset);
                    return Done.getInstance();
                },
                100L * ids.size());
    }

    @Override
    public CompletionStage<Long> exportedUpTo() {
        return store.read(connection -> Marks.read(connection, "exported"));
    }

    @Override
    public Counts counts() {
        return counts.counts(store.queuedBytes());
    }
}
