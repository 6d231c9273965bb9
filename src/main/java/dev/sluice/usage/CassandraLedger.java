package dev.sluice.usage;

import dev.sluice.cassandra.CassandraStore;
import dev.sluice.session.Exchange;
import dev.sluice.session.ExchangeRecorded;
import dev.sluice.usage.SliceStore.Event;
import dev.sluice.usage.SliceStore.Value;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.sharding.typed.javadsl.ShardedDaemonProcess;
import org.jspecify.annotations.Nullable;

/**
 * The ledger in Cassandra, which all nodes read and share the writing of: a writer a slice ({@link SliceWriter}), spread over them by the cluster. An
 * exchange is in it some seconds after it was recorded.
 */
final class CassandraLedger implements Ledger {
    /** How often it looks how far the writers are. */
    private static final Duration LOOK = Duration.ofSeconds(2);

    /** Writers tell every few seconds; one that has not for so long is behind, or moves. */
    private static final Duration SILENT = Duration.ofSeconds(30);

    private static final int MOST_COUNTED = 5_000;
    private static final int REBUILDS = 10;

    private static final List<Integer> SLICES =
            IntStream.range(0, ExchangeRecorded.SLICES).boxed().toList();

    private final CassandraStore store;
    private final Turns turns;
    private final CassandraNames names;
    private final SessionEvents journal;
    private final CassandraSlices slices;
    private final CassandraLists lists;
    private final InstantSource clock;

    private volatile State state = new State(0, 0, true);

    private CassandraLedger(ActorSystem<?> system, InstantSource clock) {
        this.store = CassandraStore.get(system);
        this.turns = new Turns(system);
        this.names = new CassandraNames(store, turns);
        this.clock = clock;
        this.journal = SessionEvents.of(system, clock);
        this.slices = new CassandraSlices(store, turns, names, journal);
        this.lists = new CassandraLists(store, turns, names);
    }

    static Ledger start(ActorSystem<?> system, InstantSource clock) {
        var ledger = new CassandraLedger(system, clock);
        ShardedDaemonProcess.get(system)
                .init(
                        SliceWriter.Stop.class,
                        "ledger",
                        ExchangeRecorded.SLICES,
                        slice -> new SliceWriter(slice, ledger.store, ledger.slices, ledger.journal, clock)
                                .behavior(system),
                        new SliceWriter.Stop());
        var _ = system.scheduler()
                .scheduleWithFixedDelay(
                        Duration.ZERO,
                        LOOK,
                        () -> {
                            var _ = ledger.look();
                        },
                        system.executionContext());
        return ledger;
    }

    /** Who asks before the tables are there waits for them. */
    private <T> CompletionStage<T> read(Function<CassandraStore, CompletionStage<T>> question) {
        return store.tables("ledger").thenCompose(_ -> question.apply(store));
    }

    private <T> CompletionStage<T> ask(Function<Rollups, CompletionStage<T>> question) {
        return read(_ -> CassandraRollups.of(store, turns, names)).thenCompose(question);
    }

    // --- how far it is

    private CompletionStage<Map<Integer, Long>> followers() {
        var all = SLICES.stream().map(it -> it.toString()).collect(Collectors.joining(", "));
        return read(_ -> store.read("SELECT slice, caught_up FROM ledger_follower WHERE slice IN (" + all + ")"))
                .thenApply(
                        rows -> rows.stream().collect(Collectors.toMap(row -> row.getInt(0), row -> row.getLong(1))));
    }

    private CompletionStage<State> look() {
        return followers().thenApply(followers -> {
            var now = clock.millis();
            var reached = SLICES.stream()
                    .mapToLong(slice -> followers.getOrDefault(slice, 0L))
                    .min()
                    .orElse(0);
            state = new State(reached, now, now - reached > SILENT.toMillis());
            return state;
        });
    }

    /** In milliseconds: what was recorded before is in it. */
    @Override
    public State state() {
        return state;
    }

    @Override
    public CompletionStage<Done> rebuild() {
        return read(_ -> turns.each(SLICES, slice -> buildAnew(slice, REBUILDS)))
                .thenCompose(_ -> turns.each(
                        SLICES,
                        slice -> store.write("INSERT INTO ledger_follower (slice, caught_up) VALUES (?, 0)", slice)))
                .thenCompose(done -> look().thenApply(_ -> done));
    }

    private CompletionStage<Done> buildAnew(int slice, int times) {
        return slices.head(slice)
                .thenCompose(head ->
                        head.batch() == 0 ? CompletableFuture.completedStage(true) : slices.buildAnew(slice, head))
                .thenCompose(isDone -> {
                    if (isDone) {
                        return CompletableFuture.completedStage(Done.getInstance());
                    }
                    return times > 1
                            ? buildAnew(slice, times - 1)
                            : CompletableFuture.failedStage(
                                    new IllegalStateException("slice " + slice + " of the ledger does not hold still"));
                });
    }

    @Override
    public CompletionStage<Long> behind() {
        return followers()
                .thenCompose(followers -> turns.all(
                        SLICES,
                        slice -> slices.head(slice).thenCompose(head -> {
                            var reached = head.reached().isEmpty() ? 0 : Long.parseLong(head.reached());
                            return journal.countAfter(
                                    slice,
                                    Instant.ofEpochMilli(Math.max(reached + 1, followers.getOrDefault(slice, 0L))),
                                    MOST_COUNTED);
                        })))
                .thenApply(counts -> counts.stream().mapToLong(it -> it).sum());
    }

    // --- sessions, exchanges, callers

    @Override
    public CompletionStage<List<SessionRow>> sessions(@Nullable String login, int limit, @Nullable Instant before) {
        return read(_ -> lists.sessions(login, limit, before));
    }

    @Override
    public CompletionStage<Optional<SessionView>> session(String id, int limit) {
        return read(_ -> lists.sessionSums(id))
                .thenCompose(found -> found.isEmpty()
                        ? CompletableFuture.completedStage(Optional.empty())
                        : view(id, found.get(), limit));
    }

    private CompletionStage<Optional<SessionView>> view(String id, Value value, int limit) {
        var last = value.sums()[Value.SESSION_SEQUENCE];
        return journal.events(id, last - limit + 1, last)
                .thenCombine(
                        lists.session(id, value),
                        (events, session) -> session.map(row -> new SessionView(row, exchanges(events))));
    }

    /** The oldest first; of one that was recorded twice, the first. */
    private static List<Exchange> exchanges(List<Event> events) {
        var exchanges = new LinkedHashMap<String, Exchange>();
        events.forEach(it -> exchanges.putIfAbsent(it.exchange().requestId(), it.exchange()));
        return exchanges.values().stream()
                .sorted(Comparator.comparing(Exchange::started))
                .toList();
    }

    @Override
    public CompletionStage<Optional<Exchange>> exchange(String requestId) {
        return read(_ -> lists.places(requestId))
                .thenCompose(places -> places.isEmpty()
                        ? CompletableFuture.completedStage(List.of())
                        : journal.events(
                                places.getFirst().session(),
                                places.getFirst().sequence(),
                                places.getFirst().sequence()))
                .thenApply(events -> events.stream().findFirst().map(Event::exchange));
    }

    @Override
    public CompletionStage<List<CallerRow>> callers(@Nullable String login, int limit, @Nullable String after) {
        return read(_ -> lists.callers(login, limit, after));
    }

    // --- reports

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
        return read(_ -> lists.logs(filter, limit, before));
    }

    @Override
    public CompletionStage<Page<CallsOf>> calls(LogFilter filter, int limit, @Nullable String before) {
        return logs(filter, limit, before)
                .thenCompose(page -> turns.all(
                                page.rows(), row -> journal.events(row.session(), row.offset(), row.offset()))
                        .thenApply(events -> new Page<>(calls(page.rows(), events), page.next())));
    }

    private static List<CallsOf> calls(List<LogRow> rows, List<List<Event>> events) {
        var tools = new HashMap<LogRow, List<Exchange.Tool>>();
        for (var i = 0; i < rows.size(); i++) {
            for (var event : events.get(i)) {
                tools.put(rows.get(i), event.exchange().tools());
            }
        }
        return rows.stream()
                .map(row -> new CallsOf(row, tools.getOrDefault(row, List.of())))
                .toList();
    }

    @Override
    public CompletionStage<List<LogRow>> logs(List<String> requestIds) {
        return read(_ -> lists.logs(requestIds));
    }

    @Override
    public CompletionStage<List<String>> names(By by, String prefix, int limit) {
        var dimension = CubeReader.dimension(by);
        return dimension == null
                ? CompletableFuture.completedStage(List.of())
                : read(_ -> lists.names(dimension, prefix, limit));
    }
}
