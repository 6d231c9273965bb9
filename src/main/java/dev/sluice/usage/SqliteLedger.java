package dev.sluice.usage;

import dev.sluice.journal.RoomStore;
import dev.sluice.journal.SqlWork;
import dev.sluice.journal.SqliteReadJournal;
import dev.sluice.session.Exchange;
import dev.sluice.session.ExchangeRecorded;
import dev.sluice.session.Sessions;
import dev.sluice.usage.LedgerTables.Entry;
import dev.sluice.usage.LedgerTables.Reached;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.persistence.query.EventEnvelope;
import org.apache.pekko.persistence.query.Offset;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.apache.pekko.persistence.query.Sequence;
import org.apache.pekko.stream.ActorAttributes;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.RestartSettings;
import org.apache.pekko.stream.SharedKillSwitch;
import org.apache.pekko.stream.javadsl.RestartSource;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The ledger in a SQLite file of its own.
 *
 * <p>A stream follows the events tagged {@link ExchangeRecorded#TAG}. Rows and the offset they reach are one transaction, so each event
 * counts exactly once, whenever the process dies. When anything fails, the stream starts again from the saved offset after a pause; an event
 * that cannot be read stops the ledger there, and the log says so, rather than being left out.
 *
 * <p>The journal is another file. So at each start the exchange that the ledger came to last must still be where the journal had it: if it
 * is not, because a loss of power took the journal's end or a backup came back, the ledger is built anew.
 */
final class SqliteLedger implements Ledger {
    private static final Logger log = LoggerFactory.getLogger(SqliteLedger.class);

    /** Exchanges in a transaction, at most: what gathers while the last ones are written. The more, the fewer rows of sums an exchange. */
    private static final int BATCH = 2000;

    /** Nobody needs to know more exactly how far it is behind. */
    private static final int MOST_COUNTED = 100_000;

    private static final RestartSettings BACKOFF =
            RestartSettings.create(Duration.ofMillis(200), Duration.ofSeconds(30), 0.2);

    private final RoomStore file;
    private final SqliteReadJournal journal;
    // Who asks before the tables are there waits for them.
    private final CompletableFuture<Done> prepared = new CompletableFuture<>();
    private final AtomicReference<@Nullable CompletableFuture<Done>> rebuild = new AtomicReference<>();

    /** The one whose batches count; whoever comes later with another's is of a stream that failed. The writer's own. */
    private Projection projection = new Projection();

    private volatile SharedKillSwitch running = KillSwitches.shared("ledger");
    private volatile long reached;
    private volatile long target;

    private SqliteLedger(ActorSystem<?> system) {
        this.file = RoomStore.open(system, LedgerTables.LAYOUT);
        this.journal =
                PersistenceQuery.get(system).getReadJournalFor(SqliteReadJournal.class, SqliteReadJournal.IDENTIFIER);
    }

    static Ledger start(ActorSystem<?> system) {
        var ledger = new SqliteLedger(system);
        RestartSource.withBackoff(BACKOFF, ledger::follow)
                .to(Sink.ignore())
                // Reading a page of events back takes milliseconds, and nobody's answer may wait behind it.
                .addAttributes(ActorAttributes.dispatcher("sluice.ledger-dispatcher"))
                .run(system);
        return ledger;
    }

    private Source<Done, NotUsed> follow() {
        var kill = KillSwitches.shared("ledger");
        running = kill;
        var mine = new Projection();
        return Source.lazyCompletionStage(() -> prepare(mine))
                .flatMapConcat(offset -> journal.eventsByTag(ExchangeRecorded.TAG, Offset.sequence(offset)))
                .via(kill.flow())
                .map(SqliteLedger::entry)
                // While a batch is written the next one gathers; when little happens, nothing waits.
                .batch(BATCH, SqliteLedger::first, SqliteLedger::and)
                .mapAsync(1, batch -> add(mine, batch))
                .mapMaterializedValue(_ -> NotUsed.notUsed());
    }

    private CompletionStage<Long> prepare(Projection mine) {
        var asked = rebuild.get();
        return journal.lastOffset(ExchangeRecorded.TAG)
                .thenCompose(last -> {
                    target = last;
                    return prepare(mine, asked != null);
                })
                .thenCompose(there -> fits(there)
                        .thenCompose(fits -> fits ? CompletableFuture.completedStage(there) : prepare(mine, true)))
                .thenApply(there -> {
                    reached = there.offset();
                    prepared.complete(Done.getInstance());
                    if (asked != null) {
                        rebuild.compareAndSet(asked, null);
                        asked.complete(Done.getInstance());
                    }
                    return there.offset();
                });
    }

    /** In turn with batches, so that one which is still on its way comes before, and counts for nothing. */
    private CompletionStage<Reached> prepare(Projection mine, boolean anew) {
        var there = new AtomicReference<>(Reached.NOTHING);
        return file.writePatiently((connection, _) -> {
                    if (anew) {
                        LedgerTables.forget(connection);
                    }
                    there.set(LedgerTables.prepare(connection));
                    projection = mine;
                    return false;
                })
                .thenApply(_ -> there.get());
    }

    private CompletionStage<Boolean> fits(Reached there) {
        if (there.offset() == 0) {
            return CompletableFuture.completedStage(true);
        }
        return journal.eventsAt(List.of(there.offset())).thenApply(events -> {
            var fits = events.stream()
                    .anyMatch(event -> event instanceof ExchangeRecorded(var exchange)
                            && exchange.requestId().equals(there.requestId()));
            if (!fits) {
                log.atWarn()
                        .addKeyValue("offset", there.offset())
                        .addKeyValue("requestId", there.requestId())
                        .log("The journal does not have what the ledger has; the ledger is built anew");
            }
            return fits;
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

    private CompletionStage<Done> add(Projection mine, List<Entry> batch) {
        return file.writePatiently((connection, _) -> {
                    if (projection == mine) {
                        mine.add(connection, batch);
                    }
                    return false;
                })
                .thenApply(_ -> {
                    reached = batch.getLast().offset();
                    return Done.getInstance();
                });
    }

    @Override
    public CompletionStage<Done> rebuild() {
        var mine = new CompletableFuture<Done>();
        var waiting = rebuild.updateAndGet(other -> other == null ? mine : other);
        // Where no stream runs, the next one sees what is asked.
        running.shutdown();
        return waiting == null ? mine : waiting;
    }

    @Override
    public State state() {
        return new State(reached, Math.max(reached, target), reached < target || rebuild.get() != null);
    }

    private <T> CompletionStage<T> read(SqlWork<T> work) {
        return prepared.thenCompose(_ -> file.read(work));
    }

    /** What is asked of roll-ups on a connection is answered when it returns. */
    private <T> CompletionStage<T> ask(Function<Rollups, CompletionStage<T>> question) {
        return read(connection -> question.apply(new SqliteRollups(connection))).thenCompose(answer -> answer);
    }

    @Override
    public CompletionStage<List<SessionRow>> sessions(@Nullable String login, int limit, @Nullable Instant before) {
        return read(connection -> LedgerTables.sessions(connection, login, limit, before));
    }

    @Override
    public CompletionStage<Optional<SessionView>> session(String id, int limit) {
        // Exchanges before sums, so that these have all of them.
        return read(connection -> Objects.requireNonNullElse(LedgerTables.reached(connection), Reached.NOTHING))
                .thenCompose(there -> journal.lastEvents(Sessions.persistenceId(id), there.offset(), limit))
                .thenCompose(events -> read(connection -> LedgerTables.session(connection, id).stream()
                        .findFirst()
                        .map(row -> new SessionView(row, exchanges(events)))));
    }

    @Override
    public CompletionStage<Optional<Exchange>> exchange(String requestId) {
        return read(connection -> LedgerTables.offsetOf(connection, requestId))
                .thenCompose(offset ->
                        offset == 0 ? CompletableFuture.completedStage(List.of()) : journal.eventsAt(List.of(offset)))
                .thenApply(events -> events.stream()
                        .map(event -> ((ExchangeRecorded) event).exchange())
                        .findFirst());
    }

    @Override
    public CompletionStage<List<CallerRow>> callers(@Nullable String login, int limit, @Nullable String after) {
        return read(connection -> LedgerTables.callers(connection, login, limit, after));
    }

    @Override
    public CompletionStage<Long> behind() {
        return read(connection -> Optional.ofNullable(LedgerTables.reached(connection)))
                .thenCompose(there -> journal.countAfter(
                        ExchangeRecorded.TAG, there.map(Reached::offset).orElse(0L), MOST_COUNTED));
    }

    @Override
    public CompletionStage<UsageAnswer> usage(Asked asked, int limit, @Nullable String after) {
        return ask(rollups -> UsageQuery.answer(rollups, asked, limit, after));
    }

    @Override
    public CompletionStage<Page<CallsRow>> toolCalls(Asked asked, int limit, @Nullable String after) {
        return ask(rollups -> UsageQuery.toolCalls(rollups, asked, limit, after));
    }

    @Override
    public CompletionStage<Page<UsageRow>> days(Asked asked, int rows, @Nullable String after) {
        return ask(rollups -> UsageQuery.days(rollups, asked, rows, after));
    }

    @Override
    public CompletionStage<Activity> activity(Span span, @Nullable String login) {
        return ask(rollups -> ActivityQuery.answer(rollups, span, login));
    }

    @Override
    public CompletionStage<Page<LogRow>> logs(LogFilter filter, int limit, @Nullable String before) {
        return read(connection -> LogQuery.page(connection, filter, limit, before));
    }

    @Override
    public CompletionStage<Page<CallsOf>> calls(LogFilter filter, int limit, @Nullable String before) {
        return logs(filter, limit, before)
                .thenCompose(page -> journal.eventsAt(
                                page.rows().stream().map(LogRow::offset).toList())
                        .thenApply(events -> new Page<>(calls(page.rows(), events), page.next())));
    }

    private static List<CallsOf> calls(List<LogRow> rows, List<Object> events) {
        var tools = new HashMap<String, List<Exchange.Tool>>();
        for (var event : events) {
            var exchange = ((ExchangeRecorded) event).exchange();
            tools.put(exchange.requestId(), exchange.tools());
        }
        return rows.stream()
                .map(row -> new CallsOf(row, tools.getOrDefault(row.requestId(), List.of())))
                .toList();
    }

    @Override
    public CompletionStage<List<LogRow>> logs(List<String> requestIds) {
        return read(connection -> LogQuery.of(connection, requestIds));
    }

    @Override
    public CompletionStage<List<String>> names(By by, String prefix, int limit) {
        return read(connection -> SqliteRollups.names(connection, by, prefix, limit));
    }

    /** The oldest first; of one that was recorded twice, the first. */
    private static List<Exchange> exchanges(List<Object> latestFirst) {
        var exchanges = new LinkedHashMap<String, Exchange>();
        for (var event : latestFirst) {
            var exchange = ((ExchangeRecorded) event).exchange();
            exchanges.put(exchange.requestId(), exchange);
        }
        return exchanges.values().stream()
                .sorted(Comparator.comparing(Exchange::started))
                .toList();
    }
}
