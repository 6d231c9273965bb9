package dev.sluice.usage;

import dev.sluice.journal.SqliteReadJournal;
import dev.sluice.journal.SqliteStore;
import dev.sluice.session.Exchange;
import dev.sluice.session.ExchangeRecorded;
import dev.sluice.session.Sessions;
import dev.sluice.usage.LedgerTables.Entry;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.persistence.query.EventEnvelope;
import org.apache.pekko.persistence.query.Offset;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.apache.pekko.persistence.query.Sequence;
import org.apache.pekko.stream.ActorAttributes;
import org.apache.pekko.stream.RestartSettings;
import org.apache.pekko.stream.javadsl.RestartSource;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;

/**
 * The ledger in the node's SQLite file.
 *
 * <p>A stream follows the events tagged {@link ExchangeRecorded#TAG}. A few rows and the offset they reach are one transaction, so each
 * event counts exactly once, whenever the process dies. When anything fails, the stream starts again from the saved offset after a
 * pause; an event that cannot be read stops the ledger there, and the log says so, rather than being left out.
 */
final class SqliteLedger implements Ledger {

    /** What gathers while the last batch is written. Fewer cost a busy node more CPU a request, and let the ledger lag. */
    private static final int BATCH = 1000;

    /** Exchanges in a transaction: reservations wait for the same writer, and so many take it about a millisecond. */
    private static final int PIECE = 100;

    private static final RestartSettings BACKOFF =
            RestartSettings.create(Duration.ofMillis(200), Duration.ofSeconds(30), 0.2);

    private final SqliteStore store;
    private final SqliteReadJournal journal;
    // Who asks before the tables are there waits for them.
    private final CompletableFuture<Done> prepared = new CompletableFuture<>();

    private SqliteLedger(ActorSystem<?> system) {
        this.store = SqliteStore.get(system);
        this.journal =
                PersistenceQuery.get(system).getReadJournalFor(SqliteReadJournal.class, SqliteReadJournal.IDENTIFIER);
    }

    static Ledger start(ActorSystem<?> system) {
        var ledger = new SqliteLedger(system);
        RestartSource.onFailuresWithBackoff(BACKOFF, ledger::projection)
                .to(Sink.ignore())
                // Reading a page of events back takes milliseconds, and nobody's answer may wait behind it.
                .addAttributes(ActorAttributes.dispatcher("sluice.ledger-dispatcher"))
                .run(system);
        return ledger;
    }

    private Source<Done, NotUsed> projection() {
        return Source.lazyCompletionStage(this::prepare)
                .flatMapConcat(offset -> journal.eventsByTag(ExchangeRecorded.TAG, Offset.sequence(offset)))
                .map(SqliteLedger::entry)
                // While a batch is written the next one gathers; when little happens, nothing waits.
                .batch(BATCH, SqliteLedger::first, SqliteLedger::and)
                .mapAsync(1, this::add)
                .mapMaterializedValue(_ -> NotUsed.notUsed());
    }

    private CompletionStage<Long> prepare() {
        return store.write(LedgerTables::prepare).whenComplete((offset, _) -> {
            if (offset != null) {
                prepared.complete(Done.getInstance());
            }
        });
    }

    private static Entry entry(EventEnvelope envelope) {
        var exchange = ((ExchangeRecorded) envelope.event()).exchange();
        return new Entry(((Sequence) envelope.offset()).value(), exchange);
    }

    private static List<Entry> first(Entry entry) {
        var batch = new ArrayList<Entry>();
        batch.add(entry);
        return batch;
    }

    private static List<Entry> and(List<Entry> batch, Entry entry) {
        batch.add(entry);
        return batch;
    }

    private CompletionStage<Done> add(List<Entry> batch) {
        return store.writePatiently((connection, piece) -> {
                    var from = piece * PIECE;
                    var to = Math.min(from + PIECE, batch.size());
                    LedgerTables.add(connection, batch.subList(from, to));
                    return to < batch.size();
                })
                .thenApply(_ -> Done.getInstance());
    }

    @Override
    public CompletionStage<List<SessionRow>> sessions(@Nullable String login, int limit, @Nullable Instant before) {
        return prepared.thenCompose(
                _ -> store.read(connection -> LedgerTables.sessions(connection, login, limit, before)));
    }

    @Override
    public CompletionStage<Optional<SessionView>> session(String id, int limit) {
        return prepared.thenCompose(_ -> store.read(connection -> {
            // Before its sums, so that they have all of it.
            var exchanges = exchanges(connection, id, limit);
            return LedgerTables.session(connection, id).stream()
                    .findFirst()
                    .map(row -> new SessionView(row, exchanges));
        }));
    }

    @Override
    public CompletionStage<List<CallerRow>> callers(@Nullable String login, int limit, @Nullable String after) {
        return prepared.thenCompose(
                _ -> store.read(connection -> LedgerTables.callers(connection, login, limit, after)));
    }

    @Override
    public CompletionStage<Long> behind() {
        return prepared.thenCompose(_ -> store.read(
                connection -> journal.countAfter(connection, ExchangeRecorded.TAG, LedgerTables.offset(connection))));
    }

    /** From the journal, as far as the ledger has come; of one that was recorded twice, the first. */
    private List<Exchange> exchanges(Connection connection, String session, int limit) throws SQLException {
        var last =
                journal.lastEvents(connection, Sessions.persistenceId(session), LedgerTables.offset(connection), limit);
        var exchanges = new LinkedHashMap<String, Exchange>();
        for (var event : last) {
            var exchange = ((ExchangeRecorded) event).exchange();
            exchanges.put(exchange.requestId(), exchange);
        }
        return exchanges.values().stream()
                .sorted(Comparator.comparing(Exchange::started))
                .toList();
    }
}
