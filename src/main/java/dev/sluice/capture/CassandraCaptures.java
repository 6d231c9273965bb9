package dev.sluice.capture;

import dev.sluice.capture.CassandraBodies.Stored;
import dev.sluice.capture.CassandraRows.Due;
import dev.sluice.cassandra.CassandraStore;
import dev.sluice.config.DatabaseRule;
import dev.sluice.config.DatabaseRule.Purge;
import dev.sluice.session.Exchange;
import dev.sluice.wire.ToolCall;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Captures in Cassandra. What takes CPU happens on one thread, as with a file; what takes time, on none. */
final class CassandraCaptures implements Captures {
    private static final Logger log = LoggerFactory.getLogger(CassandraCaptures.class);

    private static final int OVERHEAD = 4 << 10;

    /** Each has a few requests under way: far fewer than the session with Cassandra takes at a time. */
    private static final int SESSIONS_AT_ONCE = 32;

    private static final int PURGED_AT_ONCE = 8;

    /** When so many wait for their export, so do those of later hours. */
    private static final int MOST_WAITING = 10_000;

    private static final Duration BETWEEN_PURGES = Duration.ofMinutes(1);
    /** A day more than any two clocks differ by. */
    private static final int HOURS_BACK = 24;

    private static final Duration FAREWELL = Duration.ofSeconds(4);
    private static final String EXPORTED = "exported";

    private record Lane(String session, String login) {}

    private final ActorSystem<?> system;
    private final CompletionStage<Done> opened;
    private final ExecutorService executor;
    private final Lanes<Lane> lanes;
    private final Frames frames = new Frames();
    private final CassandraBodies bodies;
    private final CassandraRows rows;
    private final Supplier<DatabaseRule> rule;
    private final InstantSource clock;
    private final CaptureCounts counts = new CaptureCounts("Cassandra");

    private CassandraCaptures(
            ActorSystem<?> system, long queueBytes, Supplier<DatabaseRule> rule, InstantSource clock) {
        this.system = system;
        this.rule = rule;
        this.clock = clock;
        var store = CassandraStore.get(system);
        executor = Executors.newSingleThreadExecutor(
                work -> Thread.ofPlatform().daemon().name("sluice-captures").unstarted(work));
        lanes = new Lanes<>(executor, SESSIONS_AT_ONCE, queueBytes);
        bodies = new CassandraBodies(system, store, executor, frames);
        rows = new CassandraRows(system, store, bodies);
        opened = store.tables("captures").thenCompose(_ -> begin());
    }

    static Captures start(ActorSystem<?> system, long queueBytes, Supplier<DatabaseRule> rule, InstantSource clock) {
        var captures = new CassandraCaptures(system, queueBytes, rule, clock);
        system.scheduler()
                .scheduleWithFixedDelay(
                        BETWEEN_PURGES, BETWEEN_PURGES, captures::purgeInTurn, system.executionContext());
        CoordinatedShutdown.get(system)
                .addTask(
                        CoordinatedShutdown.PhaseBeforeActorSystemTerminate(),
                        "write-captures",
                        () -> captures.lanes
                                .drained()
                                .toCompletableFuture()
                                .completeOnTimeout(Done.getInstance(), FAREWELL.toMillis(), TimeUnit.MILLISECONDS));
        system.classicSystem().registerOnTermination(captures::close);
        var _ = captures.opened.whenComplete((_, failure) -> {
            if (failure != null) {
                log.atError().setCause(failure).log("nothing that is said is kept: Cassandra's tables cannot be used");
            }
        });
        return captures;
    }

    private void close() {
        executor.execute(frames::close);
        executor.shutdown();
    }

    /** Nobody has captures of the time before the first start. */
    private CompletionStage<Done> begin() {
        var first = CassandraRows.hour(clock.instant()) - HOURS_BACK;
        return rows.each(
                List.of(CassandraRows.SAID, CassandraRows.TOOLS, CassandraRows.PARTS),
                kind -> rows.firstMark(swept(kind), first).thenApply(_ -> Done.getInstance()));
    }

    private static String swept(int kind) {
        return "swept-" + kind;
    }

    // Keeping.

    @Override
    public void begin(String session, String login, Transcript transcript, DatabaseRule rule) {
        var body = transcript.request();
        if (!rule.keepsCaptures() || body.length < SqliteCaptures.EARLY_BYTES) {
            return;
        }
        var _ = lanes.submit(new Lane(session, login), body.length, () -> store(session, login, body, rule))
                .whenComplete((stored, failure) -> {
                    // Or else it is tried once more, with all the rest.
                    if (failure == null) {
                        transcript.stored(stored);
                    }
                });
    }

    private CompletionStage<Stored> store(String session, String login, byte[] body, DatabaseRule rule) {
        var lifetime = new Lifetime(rule, clock.instant());
        var where = new SessionDay(session, login, Lifetime.day(lifetime.now()));
        return opened.thenCompose(_ -> rows.announceParts(where, lifetime))
                .thenComposeAsync(_ -> bodies.store(where, body, lifetime), executor);
    }

    @Override
    public CompletionStage<Done> keep(
            Exchange exchange, Transcript transcript, List<ToolCall> tools, DatabaseRule rule) {
        if (!rule.keepsCaptures()) {
            return CompletableFuture.completedStage(Done.getInstance());
        }
        if (transcript.isLost()) {
            counts.drop();
            return CompletableFuture.completedStage(Done.getInstance());
        }
        return lanes.submit(
                        new Lane(exchange.session(), exchange.login()),
                        OVERHEAD + transcript.bytes(),
                        () -> written(exchange, transcript, tools, rule))
                .handle((_, failure) -> counts.ended(exchange, unwrapped(failure)));
    }

    private static @Nullable Throwable unwrapped(@Nullable Throwable failure) {
        return failure instanceof java.util.concurrent.CompletionException wrapped && wrapped.getCause() != null
                ? wrapped.getCause()
                : failure;
    }

    private CompletionStage<Done> written(
            Exchange exchange, Transcript transcript, List<ToolCall> tools, DatabaseRule rule) {
        return opened.thenComposeAsync(_ -> body(exchange, transcript, rule), executor)
                .thenComposeAsync(
                        stored -> {
                            var lifetime = new Lifetime(rule, clock.instant());
                            var manifest = stored.map(Stored::manifest).orElse(null);
                            var where = stored.map(Stored::where)
                                    .orElseGet(() -> new SessionDay(
                                            exchange.session(), exchange.login(), Lifetime.day(lifetime.now())));
                            return rows.keep(
                                    where,
                                    exchange,
                                    frames.close(Contents.write(exchange, transcript, manifest, rule)),
                                    tools.isEmpty() ? null : frames.close(Contents.write(tools)),
                                    FoundBy.of(transcript, rule),
                                    lifetime);
                        },
                        executor);
    }

    /** Stored already when the request was sent, or now; empty when it was, and has gone meanwhile. */
    private CompletionStage<Optional<Stored>> body(Exchange exchange, Transcript transcript, DatabaseRule rule) {
        // In this order: what is stored first and let go then is one or the other here.
        var body = transcript.request();
        if (!(transcript.stored() instanceof Stored stored)
                || !stored.where().session().equals(exchange.session())
                || !stored.where().login().equals(exchange.login())) {
            return anew(exchange, transcript, body, rule);
        }
        return bodies.isThere(stored)
                .thenComposeAsync(
                        there -> there
                                ? CompletableFuture.completedStage(Optional.of(stored))
                                : anew(exchange, transcript, body, rule),
                        executor);
    }

    private CompletionStage<Optional<Stored>> anew(
            Exchange exchange, Transcript transcript, byte[] body, DatabaseRule rule) {
        return body.length == 0 && transcript.stored() != null
                ? CompletableFuture.completedStage(Optional.empty())
                : store(exchange.session(), exchange.login(), body, rule).thenApply(Optional::of);
    }

    // Reading.

    @Override
    public CompletionStage<Optional<Capture>> find(String requestId) {
        return opened.thenCompose(_ -> rows.find(requestId));
    }

    @Override
    public CompletionStage<List<Kept>> ofSession(String session, String login, int limit, @Nullable Long before) {
        return opened.thenCompose(_ -> rows.ofSession(session, login, limit, before == null ? Long.MAX_VALUE : before));
    }

    @Override
    public CompletionStage<List<Headed>> withHeader(
            String name, String value, @Nullable String login, int limit, @Nullable Instant before) {
        return opened.thenCompose(_ -> rows.withHeader(
                FoundBy.name(name),
                FoundBy.value(value),
                login == null ? "" : login,
                limit,
                before == null ? Instant.ofEpochSecond(1L << 33) : before));
    }

    // Deleting.

    @Override
    public CompletionStage<Long> deleteSession(String session) {
        return opened.thenCompose(_ -> lanes.drained())
                .thenCompose(_ -> rows.ofSession(session))
                .thenCompose(this::erase);
    }

    @Override
    public CompletionStage<Long> deleteLogin(String login) {
        return opened.thenCompose(_ -> lanes.drained())
                .thenCompose(_ -> rows.ofLogin(login))
                .thenCompose(this::erase)
                .thenCompose(gone -> rows.forgetLogin(login).thenApply(_ -> gone));
    }

    private CompletionStage<Long> erase(List<SessionDay> days) {
        return Source.from(days)
                .mapAsync(
                        PURGED_AT_ONCE,
                        day -> lanes.submit(new Lane(day.session(), day.login()), 0, () -> {
                            bodies.forget(day);
                            return rows.erase(day);
                        }))
                .runFold(0L, Long::sum, system);
    }

    // Purging.

    @Override
    public CompletionStage<Done> purge() {
        var now = rule.get();
        var retention = now.retention();
        if (retention == null) {
            return CompletableFuture.completedStage(Done.getInstance());
        }
        var cutoff = clock.instant().minus(retention);
        var captures = now.purge().contains(Purge.CAPTURES);
        var tools = now.purge().contains(Purge.TOOLS);
        return opened.thenCompose(_ -> captures ? sweep(CassandraRows.SAID, cutoff, now) : done())
                .thenCompose(_ -> tools ? sweep(CassandraRows.TOOLS, cutoff, now) : done())
                .thenCompose(_ -> captures ? sweep(CassandraRows.PARTS, cutoff, now) : done());
    }

    private static CompletionStage<Done> done() {
        return CompletableFuture.completedStage(Done.getInstance());
    }

    /** Hour after hour, from the first that may have something. */
    private CompletionStage<Done> sweep(int kind, Instant cutoff, DatabaseRule rule) {
        return rows.mark(swept(kind)).thenCompose(first -> sweep(kind, cutoff, rule, first.intValue(), true, 0));
    }

    private CompletionStage<Done> sweep(
            int kind, Instant cutoff, DatabaseRule rule, int hour, boolean allGone, long left) {
        if (hour > CassandraRows.hour(cutoff) || left > MOST_WAITING) {
            return done();
        }
        return rows.ofHour(hour, kind)
                .filter(due -> !due.item().kept().isAfter(cutoff))
                .mapAsync(PURGED_AT_ONCE, due -> purge(due, cutoff, rule))
                .runFold(0L, (sum, gone) -> gone ? sum : sum + 1, system)
                .thenCompose(waiting -> {
                    // An hour that is just over may still get what another node's clock puts there.
                    var gone = allGone && waiting == 0 && hour < CassandraRows.hour(cutoff) - 1;
                    return (gone ? rows.mark(swept(kind), hour + 1) : done())
                            .thenCompose(_ -> sweep(kind, cutoff, rule, hour + 1, gone, left + waiting));
                });
    }

    private CompletionStage<Boolean> purge(Due due, Instant cutoff, DatabaseRule rule) {
        var item = due.item();
        if (item.kind() == CassandraRows.PARTS) {
            return lanes.submit(new Lane(item.where().session(), item.where().login()), 0, () -> {
                bodies.forget(item.where());
                return rows.release(item.where(), cutoff);
            });
        }
        return rule.requireExport() && !due.exported()
                ? CompletableFuture.completedStage(false)
                : rows.erase(item).thenApply(_ -> true);
    }

    private void purgeInTurn() {
        if (rule.get().retention() == null) {
            return;
        }
        var node = system.address().toString();
        var _ = opened.thenCompose(_ -> rows.claim("purging", node, BETWEEN_PURGES))
                .thenCompose(mine -> mine ? purge() : done())
                .whenComplete((_, failure) -> {
                    if (failure != null) {
                        log.atWarn().setCause(failure).log("captures were not purged; tried again in a minute");
                    }
                });
    }

    // Export.

    @Override
    public CompletionStage<Done> exported(Collection<String> requestIds, long offset) {
        return opened.thenCompose(_ -> rows.each(List.copyOf(requestIds), rows::exported))
                .thenCompose(_ -> rows.mark(EXPORTED))
                .thenCompose(before -> rows.mark(EXPORTED, Math.max(before, offset)));
    }

    @Override
    public CompletionStage<Long> exportedUpTo() {
        return opened.thenCompose(_ -> rows.mark(EXPORTED));
    }

    @Override
    public Counts counts() {
        return counts.counts(lanes.queuedBytes());
    }
}
