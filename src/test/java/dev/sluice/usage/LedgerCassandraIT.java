package dev.sluice.usage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cassandra.CassandraStore;
import dev.sluice.cluster.NodeSystem;
import dev.sluice.session.Exchange;
import dev.sluice.session.Exchange.Outcome;
import dev.sluice.session.Sessions;
import dev.sluice.testing.CassandraServer;
import dev.sluice.testing.Eventually;
import dev.sluice.usage.LedgerTables.Entry;
import dev.sluice.usage.Reports.Asked;
import dev.sluice.usage.Reports.By;
import dev.sluice.usage.Reports.Filter;
import dev.sluice.usage.Reports.LogFilter;
import dev.sluice.usage.Reports.LogRow;
import dev.sluice.usage.Reports.Order;
import dev.sluice.usage.Reports.Page;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the ledger in Cassandra says of many random exchanges, against what the embedded one says of the same, after its writers were stopped and doubled,
 * and Cassandra was killed, while they came in.
 */
class LedgerCassandraIT {
    private static final int EXCHANGES = 1500;
    private static final int AT_ONCE = 100;
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final InstantSource CLOCK = InstantSource.system();

    @TempDir
    private static Path directory;

    private static final CassandraServer server = CassandraServer.shared();
    private static final String keyspace = CassandraServer.freshKeyspace();
    private static final List<ActorSystem<?>> systems = new ArrayList<>();
    private static List<Exchange> exchanges;
    private static Ledger embedded;
    private static Ledger ledger;

    @BeforeAll
    static void fill() throws Exception {
        exchanges = ProjectionTest.entries(new Random(42)).stream()
                .map(Entry::exchange)
                .limit(EXCHANGES)
                .toList();
        var file = start(Map.of("sluice.storage.directory", directory.toString()), null);
        embedded = Ledger.start(file, InstantSource.system());
        record(Sessions.start(file, CLOCK, new Random(1)), exchanges);

        var first = shared();
        ledger = Ledger.start(first, InstantSource.system());
        var sessions = Sessions.start(first, CLOCK, new Random(2));
        record(sessions, exchanges.subList(0, 500));
        // Another node that takes all slices for its own.
        var second = shared();
        var _ = Ledger.start(second, InstantSource.system());
        for (var from = 500; from < 800; from += 60) {
            record(sessions, exchanges.subList(from, from + 60));
            // Batch by batch, each of which both want to make.
            awaitAll(ledger, from + 60);
        }
        try {
            server.kill();
        } finally {
            server.startAgain();
        }
        record(sessions, exchanges.subList(800, 1000));
        awaitAll(ledger, 1000);
        stop(second);
        stop(first);
        var third = shared();
        ledger = Ledger.start(third, InstantSource.system());
        record(Sessions.start(third, CLOCK, new Random(3)), exchanges.subList(1000, EXCHANGES));
        awaitAll(embedded, EXCHANGES);
        awaitAll(ledger, EXCHANGES);
    }

    private static ActorSystem<?> shared() throws Exception {
        var settings = Files.writeString(directory.resolve("node.conf"), server.settings(keyspace));
        var system = start(Map.of(), settings);
        now(CassandraStore.get(system).tables("journal"));
        return system;
    }

    private static ActorSystem<?> start(Map<String, String> settings, @Nullable Path file) {
        ActorSystem<?> system = now(NodeSystem.start(NodeSystem.config(file, settings)));
        systems.add(system);
        return system;
    }

    private static void stop(ActorSystem<?> system) {
        system.terminate();
        now(system.getWhenTerminated());
    }

    @AfterAll
    static void stopAll() {
        systems.forEach(LedgerCassandraIT::stop);
    }

    private static <T> T now(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static void record(Sessions sessions, List<Exchange> some) {
        for (var from = 0; from < some.size(); from += AT_ONCE) {
            now(CompletableFuture.allOf(some.subList(from, Math.min(some.size(), from + AT_ONCE)).stream()
                    .map(it -> sessions.record(it).toCompletableFuture())
                    .toArray(CompletableFuture[]::new)));
        }
    }

    private static void awaitAll(Ledger of, int recorded) {
        var once = exchanges.subList(0, recorded).stream()
                .map(Exchange::requestId)
                .distinct()
                .count();
        Eventually.await(PATIENCE, () -> {
            var callers = now(of.callers(null, 1000, null));
            assertThat(callers.stream().mapToLong(it -> it.exchanges()).sum()).isEqualTo(once);
            assertThat(now(of.activity(ProjectionTest.ALL, null)).days().stream()
                            .mapToLong(it -> it.requests())
                            .sum())
                    .isEqualTo(once);
        });
    }

    private static <T> List<T> sorted(List<T> rows) {
        return rows.stream().sorted(Comparator.comparing(Object::toString)).toList();
    }

    // --- sums

    @Test
    void addsUpTheSame() {
        var random = new Random(3);
        for (var i = 0; i < 80; i++) {
            var asked = asked(random);
            var is = now(ledger.usage(asked, 100_000, null));
            var expected = now(embedded.usage(asked, 100_000, null));

            assertThat(sorted(is.page().rows()))
                    .as(asked.toString())
                    .isEqualTo(sorted(expected.page().rows()));
            assertThat(is.page().next()).isNull();
            assertThat(is.totals()).as(asked.toString()).isEqualTo(expected.totals());
            assertThat(is.activeUsers()).as(asked.toString()).isEqualTo(expected.activeUsers());
        }
    }

    private static Asked asked(Random random) {
        var by = EnumSet.noneOf(By.class);
        for (var possible : List.of(By.HOUR, By.DAY, By.USER, By.MODEL, By.PROVIDER, By.AGENT)) {
            if (random.nextInt(3) == 0) {
                by.add(possible);
            }
        }
        if (by.contains(By.HOUR)) {
            by.remove(By.DAY);
        }
        return new Asked(
                ProjectionTest.span(random),
                filter(random, false),
                by,
                List.of(Order.values()).get(random.nextInt(3)));
    }

    private static Filter filter(Random random, boolean withTool) {
        return new Filter(
                ProjectionTest.some("user-", 18, random),
                ProjectionTest.some("model-", 6, random),
                ProjectionTest.some("provider-", 3, random),
                ProjectionTest.agent(random),
                withTool ? ProjectionTest.some("tool-", 5, random) : null);
    }

    @Test
    void pagesHaveEveryRowOnceInTheirOrder() {
        var random = new Random(4);
        for (var by : List.of(
                Set.of(By.DAY, By.USER, By.AGENT),
                Set.of(By.HOUR, By.MODEL),
                Set.of(By.USER),
                Set.of(By.MODEL, By.AGENT),
                Set.of(By.USER, By.MODEL))) {
            for (var filter : List.of(Filter.NONE, ProjectionTest.BEN)) {
                var asked = new Asked(ProjectionTest.ALL, filter, by, Order.COST);
                var whole = now(ledger.usage(asked, 100_000, null)).page().rows();
                var limit = 20 + random.nextInt(60);

                var paged = ProjectionTest.all(
                        after -> now(ledger.usage(asked, limit, after)).page());

                assertThat(paged).as(asked.toString()).isEqualTo(whole);
            }
        }
    }

    @Test
    void everyLineOfTheDaysIsThereOnce() {
        var by = EnumSet.of(By.DAY, By.USER, By.MODEL, By.PROVIDER, By.AGENT);
        for (var filter : List.of(Filter.NONE, ProjectionTest.BEN, new Filter(null, null, "provider-1", null, null))) {
            var asked = new Asked(ProjectionTest.ALL, filter, by, Order.COST);

            assertThat(sorted(ProjectionTest.all(after -> now(ledger.days(asked, 67, after)))))
                    .isEqualTo(sorted(ProjectionTest.all(after -> now(embedded.days(asked, 67, after)))));
        }
    }

    @Test
    void countsToolCallsAndWhoWasThere() {
        for (var by : List.of(
                Set.of(By.TOOL), Set.of(By.DAY, By.TOOL), Set.of(By.USER, By.TOOL), Set.of(By.HOUR, By.MODEL))) {
            for (var filter : List.of(
                    Filter.NONE,
                    new Filter(null, "model-2", null, null, null),
                    new Filter(null, null, null, null, "tool-3"))) {
                var asked = new Asked(ProjectionTest.ALL, filter, by, Order.COST);
                assertThat(sorted(now(ledger.toolCalls(asked, 100_000, null)).rows()))
                        .as(asked.toString())
                        .isEqualTo(sorted(
                                now(embedded.toolCalls(asked, 100_000, null)).rows()));
            }
        }
        for (var login : Arrays.asList(null, "user-3", "nobody")) {
            assertThat(now(ledger.activity(ProjectionTest.ALL, login)))
                    .isEqualTo(now(embedded.activity(ProjectionTest.ALL, login)));
        }
    }

    // --- lists

    private static LogRow placeless(LogRow it) {
        return new LogRow(
                it.requestId(),
                it.started(),
                0,
                it.session(),
                it.user(),
                it.model(),
                it.provider(),
                it.agent(),
                it.status(),
                it.outcome(),
                it.stream(),
                it.tokens(),
                it.costNanos(),
                it.durationMillis(),
                it.firstByteMillis(),
                it.tools());
    }

    private static List<LogRow> placeless(List<LogRow> rows) {
        return sorted(rows.stream().map(LedgerCassandraIT::placeless).toList());
    }

    @Test
    void listsTheSameExchangesTheLatestFirst() {
        var random = new Random(6);
        for (var i = 0; i < 80; i++) {
            var filter = new LogFilter(
                    ProjectionTest.span(random),
                    filter(random, true),
                    random.nextInt(4) == 0 ? List.of(2, 4, 200, 402).get(random.nextInt(4)) : null,
                    random.nextInt(5) == 0 ? List.of(Outcome.values()).get(random.nextInt(6)) : null,
                    random.nextInt(6) == 0 ? "s" + random.nextInt(301) : null,
                    random.nextInt(4) == 0 ? random.nextBoolean() : null,
                    random.nextInt(6) == 0 ? 500_000_000L : null,
                    random.nextInt(6) == 0);

            var rows = ProjectionTest.all(before -> now(ledger.logs(filter, 37, before)));

            assertThat(rows).extracting(LogRow::started).isSortedAccordingTo(Comparator.reverseOrder());
            assertThat(placeless(rows))
                    .as(filter.toString())
                    .isEqualTo(placeless(ProjectionTest.all(before -> now(embedded.logs(filter, 1000, before)))));
        }
    }

    @Test
    void tellsToolCallsAndExchangesAsTheyWereRecorded() {
        var all = new LogFilter(ProjectionTest.ALL, ProjectionTest.BEN, null, null, null, null, null, true);
        Page<Reports.CallsOf> calls = now(ledger.calls(all, 50, null));
        assertThat(calls.rows())
                .isNotEmpty()
                .allSatisfy(it -> assertThat(it.tools())
                        .isEqualTo(now(ledger.exchange(it.exchange().requestId()))
                                .orElseThrow()
                                .tools()));
        var ids = exchanges.subList(0, 40).stream().map(Exchange::requestId).toList();
        assertThat(placeless(now(ledger.logs(ids)))).isEqualTo(placeless(now(embedded.logs(ids))));
        ids.forEach(id -> assertThat(now(ledger.exchange(id))).isEqualTo(now(embedded.exchange(id))));
        assertThat(now(ledger.exchange("none"))).isEmpty();
    }

    @Test
    void listsTheSameSessionsAndCallers() {
        for (var login : Arrays.asList(null, "user-3", "nobody")) {
            assertThat(sessions(ledger, login, 23)).isEqualTo(sessions(embedded, login, 1000));
        }
        assertThat(callers(ledger, 5)).isEqualTo(now(embedded.callers(null, 1000, null)));
        assertThat(now(ledger.callers("user-4", 9, null))).isEqualTo(now(embedded.callers("user-4", 9, null)));
        for (var i = 0; i < 301; i += 10) {
            var is = now(ledger.session("s" + i, 1000));
            var expected = now(embedded.session("s" + i, 1000));
            assertThat(is.map(it -> it.session())).isEqualTo(expected.map(it -> it.session()));
            assertThat(is.map(it -> sorted(it.exchanges()))).isEqualTo(expected.map(it -> sorted(it.exchanges())));
        }
        for (var by : By.values()) {
            assertThat(now(ledger.names(by, "", 10))).isEqualTo(now(embedded.names(by, "", 10)));
            assertThat(now(ledger.names(by, "model-", 3))).isEqualTo(now(embedded.names(by, "model-", 3)));
        }
    }

    private static List<Ledger.SessionRow> sessions(Ledger of, @Nullable String login, int limit) {
        var all = new ArrayList<Ledger.SessionRow>();
        var before = (@Nullable Instant) null;
        while (true) {
            var page = now(of.sessions(login, limit, before));
            if (page.isEmpty()) {
                break;
            }
            all.addAll(page);
            before = page.getLast().last();
        }
        assertThat(all).extracting(Ledger.SessionRow::last).isSortedAccordingTo(Comparator.reverseOrder());
        return sorted(all);
    }

    private static List<Ledger.CallerRow> callers(Ledger of, int limit) {
        var all = new ArrayList<>(now(of.callers(null, limit, null)));
        while (true) {
            var page = now(of.callers(null, limit, all.getLast().login()));
            if (page.isEmpty()) {
                return all;
            }
            all.addAll(page);
        }
    }

    /** As on a single node, retention is about what was said: what was used and what it cost is kept for ever. */
    @Test
    void nothingOfItExpires() {
        var columns = new TreeMap<>(Map.of(
                "ledger_sums", "sums",
                "ledger_session", "sums",
                "ledger_session_used", "last",
                "ledger_exchange", "cost",
                "ledger_request", "number",
                "ledger_slice", "reached",
                "ledger_follower", "caught_up",
                "ledger_name", "number",
                "ledger_number", "name",
                "ledger_next", "next"));
        // Nothing but keys, of which Cassandra tells no time to live.
        var keysOnly = Set.of("ledger_hour", "ledger_month");
        try (var session = server.session()) {
            var tables = session.execute(
                            "SELECT table_name, default_time_to_live FROM system_schema.tables WHERE keyspace_name = ?",
                            keyspace)
                    .all();
            assertThat(tables).allSatisfy(it -> assertThat(it.getInt(1)).isZero());
            assertThat(tables.stream().map(it -> it.getString(0)).filter(it -> it.startsWith("ledger_")))
                    .containsExactlyInAnyOrderElementsOf(Stream.concat(columns.keySet().stream(), keysOnly.stream())
                            .toList());
            columns.forEach((table, column) -> assertThat(
                            session.execute("SELECT TTL(" + column + ") FROM " + keyspace + "." + table)
                                    .all())
                    .as(table)
                    .isNotEmpty()
                    .allSatisfy(it -> assertThat(it.isNull(0)).isTrue()));
        }
    }

    @Test
    void isTheSameOnceItWasBuiltAnew() {
        var asked = new Asked(
                ProjectionTest.ALL,
                Filter.NONE,
                EnumSet.of(By.DAY, By.USER, By.MODEL, By.PROVIDER, By.AGENT),
                Order.COST);
        var before = sorted(ProjectionTest.all(after -> now(ledger.days(asked, 500, after))));

        now(ledger.rebuild());

        awaitAll(ledger, EXCHANGES);
        assertThat(sorted(ProjectionTest.all(after -> now(ledger.days(asked, 500, after)))))
                .isEqualTo(before);
        Eventually.await(
                PATIENCE, () -> assertThat(ledger.state().isCatchingUp()).isFalse());
        assertThat(now(ledger.behind())).isZero();
    }
}
