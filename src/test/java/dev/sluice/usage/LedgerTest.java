package dev.sluice.usage;

import static dev.sluice.journal.TestStorage.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.sluice.journal.TestStorage;
import dev.sluice.session.Exchange;
import dev.sluice.session.ExchangeRecorded;
import dev.sluice.testing.Eventually;
import dev.sluice.usage.Ledger.CallerRow;
import dev.sluice.usage.Ledger.SessionRow;
import dev.sluice.usage.Ledger.SessionView;
import dev.sluice.usage.Reports.Filter;
import dev.sluice.usage.Reports.LogFilter;
import dev.sluice.usage.Reports.Span;
import dev.sluice.wire.Usage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.Done;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.LoggingTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The ledger behind sessions that record, on a real file. */
class LedgerTest {
    private static final Instant NOON = Instant.parse("2026-11-21T12:00:00.123456789Z");

    @TempDir
    private Path directory;

    private ActorTestKit kit;
    private Ledger ledger;
    private final Map<String, ActorRef<Recorder.Keep>> recorders = new HashMap<>();

    @BeforeEach
    void start() {
        kit = ActorTestKit.create("ledger", TestStorage.config(directory));
        ledger = Ledger.start(kit.system(), InstantSource.system());
        recorders.clear();
    }

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    @Test
    void addsUpASession() {
        record(exchange("r1", "oacc_1", "ann", NOON, new Usage(100, 20, 3, 4, 50, 0, 0, 0, 0, 0, 0), 1000L));
        record(exchange("r2", "oacc_1", "ann", NOON.plusSeconds(5), Usage.ofText(10, 5), null));
        record(exchange("r3", "oacc_1", "ann", NOON.minusSeconds(5), null, null));

        assertThat(awaitSessions(3))
                .containsExactly(new SessionRow(
                        "oacc_1",
                        "ann",
                        "openai_chat",
                        NOON.minusSeconds(5),
                        NOON.plusSeconds(5),
                        3,
                        117,
                        20,
                        55,
                        1000,
                        1));
    }

    @Test
    void givesBackAnExchangeAsItWasRecorded() {
        var exchange = exchange("r1", "oacc_1", "ann", NOON, Usage.ofText(1, 2), 7L);
        record(exchange);
        awaitSessions(1);

        assertThat(view("oacc_1", 10).exchanges()).containsExactly(exchange);
    }

    @Test
    void findsAnExchangeByItsRequest() {
        var exchange = exchange("r2", "oacc_2", "ann", NOON, Usage.ofText(1, 2), 7L);
        record(exchange("r1", "oacc_1", "ann", NOON, null, null));
        record(exchange);
        awaitSessions(2);

        assertThat(await(ledger.exchange("r2"))).contains(exchange);
        assertThat(await(ledger.exchange("r3"))).isEmpty();
    }

    @Test
    void showsTheLatestExchangesTheOldestFirst() {
        for (var i = 0; i < 9; i++) {
            record(exchange("r" + i, "oacc_1", "ann", NOON.plusSeconds(i), null, null));
        }
        awaitSessions(9);

        assertThat(view("oacc_1", 3).exchanges())
                .extracting(Exchange::requestId)
                .containsExactly("r6", "r7", "r8");
        assertThat(view("oacc_1", 3).session().exchanges()).isEqualTo(9);
    }

    @Test
    void knowsNoSessionThatNeverWas() {
        assertThat(await(ledger.session("oacc_none", 10))).isEmpty();
        assertThat(await(ledger.sessions(null, 10, null))).isEmpty();
    }

    @Test
    void listsTheLastUsedFirstPageByPage() {
        for (var i = 0; i < 25; i++) {
            record(exchange("r" + i, "s" + i, "ann", NOON.plusSeconds(i), null, null));
        }
        awaitSessions(25);

        assertThat(pages(null, 10)).extracting(SessionRow::session).containsExactlyElementsOf(names(24, 0));
    }

    @Test
    void addsUpACallerOverTheirSessions() {
        for (var i = 0; i < 30; i++) {
            var usage = i % 4 == 0 ? null : Usage.ofText(i, 2L * i);
            record(exchange(
                    "r" + i,
                    "s" + i % 7,
                    i % 7 < 3 ? "ann" : "bob",
                    NOON.plusSeconds(i),
                    usage,
                    i % 3 == 0 ? null : 10L));
        }
        awaitSessions(30);

        assertThat(await(ledger.callers(null, 10, null)))
                .extracting(CallerRow::login, CallerRow::sessions, CallerRow::exchanges)
                .containsExactly(tuple("ann", 3L, 14L), tuple("bob", 4L, 16L));
    }

    @Test
    void listsCallersByLoginPageByPage() {
        for (var i = 0; i < 9; i++) {
            record(exchange("r" + i, "s" + i, "caller-" + (8 - i), NOON, null, null));
        }
        awaitSessions(9);

        assertThat(await(ledger.callers(null, 4, null)))
                .extracting(CallerRow::login)
                .containsExactly("caller-0", "caller-1", "caller-2", "caller-3");
        assertThat(await(ledger.callers(null, 4, "caller-6")))
                .extracting(CallerRow::login)
                .containsExactly("caller-7", "caller-8");
        assertThat(await(ledger.callers("caller-5", 4, null)))
                .extracting(CallerRow::login)
                .containsExactly("caller-5");
        assertThat(await(ledger.callers("nobody", 4, null))).isEmpty();
    }

    @Test
    void splitsNoPageAmongSessionsOfTheSameInstant() {
        for (var i = 0; i < 7; i++) {
            record(exchange("r" + i, "s" + i, "ann", NOON, null, null));
        }
        record(exchange("r7", "s7", "ann", NOON.minusNanos(1), null, null));
        awaitSessions(8);

        assertThat(pages(null, 3))
                .extracting(SessionRow::session)
                .containsExactlyElementsOf(List.of("s6", "s5", "s4", "s3", "s2", "s1", "s0", "s7"));
    }

    @Test
    void listsOneCallersSessions() {
        for (var i = 0; i < 9; i++) {
            record(exchange("r" + i, "s" + i, i % 3 == 0 ? "ann" : "bob", NOON.plusSeconds(i), null, null));
        }
        awaitSessions(9);

        assertThat(pages("ann", 2)).extracting(SessionRow::session).containsExactly("s6", "s3", "s0");
        assertThat(pages("carl", 2)).isEmpty();
    }

    @Test
    void countsARequestOnceThoughItWasRecordedTwice() {
        record(exchange("r1", "oacc_1", "ann", NOON, null, 5L));
        record(exchange("r1", "oacc_1", "ann", NOON.plusSeconds(1), null, 5L));
        record(exchange("r2", "oacc_1", "ann", NOON, null, 5L));

        var session = awaitSessions(2).getFirst();

        assertThat(session.costNanos()).isEqualTo(10);
        assertThat(session.last()).isEqualTo(NOON);
        assertThat(view("oacc_1", 10).exchanges())
                .extracting(Exchange::requestId, Exchange::started)
                .containsExactlyInAnyOrder(tuple("r1", NOON), tuple("r2", NOON));
    }

    @Test
    void goesOnWhereItStoodAfterARestart() {
        for (var i = 0; i < 40; i++) {
            record(exchange("r" + i, "s" + i % 4, "ann", NOON.plusSeconds(i), Usage.ofText(1, 1), 1L));
            if (i % 10 == 5) {
                stop();
                start();
            }
        }

        assertThat(awaitSessions(40)).allSatisfy(session -> {
            assertThat(session.exchanges()).isEqualTo(10);
            assertThat(session.costNanos()).isEqualTo(10);
        });
    }

    @Test
    void countsNothingTwiceWhenItReadsEverythingAgain() {
        fill();
        var before = awaitSessions(30);
        execute("UPDATE projection_offset SET last = 0");

        stop();
        start();
        record(exchange("last", "last", "ann", NOON.plusSeconds(99), null, null));

        assertThat(awaitSessions(31)).hasSize(before.size() + 1).containsAll(before);
    }

    @Test
    void isBuiltAnewFromTheJournalAlone() {
        fill();
        var before = awaitSessions(30);
        var exchanges = view("s1", 10);
        execute("DROP TABLE exchange");
        execute("DROP TABLE session");
        execute("DELETE FROM projection_offset");

        stop();
        start();

        assertThat(awaitSessions(30)).isEqualTo(before);
        assertThat(view("s1", 10)).isEqualTo(exchanges);
    }

    @Test
    void isBuiltAnewOnDemandRowForRow() {
        fill();
        awaitSessions(30);
        var before = dump();

        await(ledger.rebuild());
        awaitSessions(30);

        Eventually.await(
                TestStorage.PATIENCE,
                () -> assertThat(ledger.state().isCatchingUp()).isFalse());
        assertThat(dump()).isEqualTo(before);
        record(exchange("r99", "s1", "ann", NOON, null, null));
        awaitSessions(31);
    }

    /** A loss of power may take the journal's end, and a backup brings back an older one: what is written there next must not be passed over. */
    @Test
    void isBuiltAnewWhenTheJournalIsAnotherOne() throws IOException {
        fill();
        awaitSessions(30);
        kit.shutdownTestKit();
        Files.delete(directory.resolve("sluice.db"));
        kit = ActorTestKit.create("ledger", TestStorage.config(directory));
        recorders.clear();
        record(exchange("other", "s1", "bob", NOON, null, 5L));
        for (var i = 0; i < 40; i++) {
            record(exchange("o" + i, "s1", "bob", NOON, null, 5L));
        }

        ledger = Ledger.start(kit.system(), InstantSource.system());

        assertThat(awaitSessions(41)).extracting(SessionRow::login).containsExactly("bob");
    }

    @Test
    void beginsAnewWhenItsFileCannotBeUsed() throws IOException {
        fill();
        var before = awaitSessions(30);
        kit.shutdownTestKit();
        Files.writeString(directory.resolve("ledger.db"), "not a database at all");
        start();

        assertThat(awaitSessions(30)).isEqualTo(before);
        assertThat(directory.resolve("ledger.db.unusable")).exists();
    }

    @Test
    void tellsTheToolCallsOfAnExchange() {
        record(exchange("r1", "s1", "ann", NOON, null, null));
        awaitSessions(1);
        var all = new Span(Instant.EPOCH, NOON.plusSeconds(1));

        var calls = await(ledger.calls(new LogFilter(all, Filter.NONE, null, null, null, null, null, true), 10, null));

        assertThat(calls.rows().getFirst().tools())
                .containsExactly(new Exchange.Tool("search", "call_1"), new Exchange.Tool("read", null));
    }

    private Map<String, List<String>> dump() {
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("ledger.db"))) {
            return ProjectionTest.dump(connection);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void comesBackAfterAFailure() {
        record(exchange("r1", "s1", "ann", NOON, null, null));
        awaitSessions(1);
        // A trigger that fails every insert stands for a disk that fails for a while.
        execute("CREATE TRIGGER broken BEFORE INSERT ON exchange BEGIN SELECT RAISE(ABORT, 'on purpose'); END");
        LoggingTestKit.warn("on purpose").expect(kit.system(), () -> {
            record(exchange("r2", "s1", "ann", NOON, null, null));
            return true;
        });
        execute("DROP TRIGGER broken");

        assertThat(awaitSessions(2).getFirst().exchanges()).isEqualTo(2);
    }

    @Test
    void countsEachExchangeOnceThoughABatchFailsHalfway() {
        record(exchange("r0", "s1", "ann", NOON, null, null));
        awaitSessions(1);
        execute("CREATE TRIGGER broken BEFORE INSERT ON exchange WHEN new.request = 'r70'"
                + " BEGIN SELECT RAISE(ABORT, 'on purpose'); END");
        LoggingTestKit.warn("on purpose").expect(kit.system(), () -> {
            for (var i = 1; i < 100; i++) {
                record(exchange("r" + i, "s1", "ann", NOON, null, 1L));
            }
            return true;
        });
        execute("DROP TRIGGER broken");

        var session = awaitSessions(100).getFirst();

        assertThat(session.exchanges()).isEqualTo(100);
        assertThat(session.costNanos()).isEqualTo(99);
    }

    private void fill() {
        for (var i = 0; i < 30; i++) {
            record(exchange(
                    "r" + i, "s" + i % 3, "ann", NOON.plusSeconds(i), Usage.ofText(i, 1), i % 2 == 0 ? 3L : null));
        }
    }

    private List<SessionRow> awaitSessions(long exchanges) {
        var deadline = System.nanoTime() + TestStorage.PATIENCE.toNanos();
        while (true) {
            var sessions = await(ledger.sessions(null, 1000, null));
            if (sessions.stream().mapToLong(SessionRow::exchanges).sum() >= exchanges || System.nanoTime() > deadline) {
                assertThat(sessions.stream().mapToLong(SessionRow::exchanges).sum())
                        .isEqualTo(exchanges);
                assertCallersAddUpAs(sessions);
                return sessions;
            }
            Thread.onSpinWait();
        }
    }

    /** Whatever happened to the ledger: the sums of callers are those of their sessions. */
    private void assertCallersAddUpAs(List<SessionRow> sessions) {
        var callers = await(ledger.callers(null, 1000, null));
        assertThat(callers)
                .extracting(CallerRow::login)
                .containsExactlyElementsOf(sessions.stream()
                        .map(SessionRow::login)
                        .distinct()
                        .sorted()
                        .toList());
        for (var caller : callers) {
            var own = sessions.stream()
                    .filter(it -> it.login().equals(caller.login()))
                    .toList();
            assertThat(caller)
                    .isEqualTo(new CallerRow(
                            caller.login(),
                            own.stream()
                                    .map(SessionRow::first)
                                    .min(Instant::compareTo)
                                    .orElseThrow(),
                            own.stream()
                                    .map(SessionRow::last)
                                    .max(Instant::compareTo)
                                    .orElseThrow(),
                            own.size(),
                            own.stream().mapToLong(SessionRow::exchanges).sum(),
                            own.stream().mapToLong(SessionRow::inputTokens).sum(),
                            own.stream()
                                    .mapToLong(SessionRow::cachedInputTokens)
                                    .sum(),
                            own.stream().mapToLong(SessionRow::outputTokens).sum(),
                            own.stream().mapToLong(SessionRow::costNanos).sum(),
                            own.stream().mapToLong(SessionRow::unpriced).sum()));
        }
    }

    private List<SessionRow> pages(@Nullable String login, int limit) {
        var all = new ArrayList<SessionRow>();
        while (true) {
            var page = await(ledger.sessions(
                    login, limit, all.isEmpty() ? null : all.getLast().last()));
            if (page.isEmpty()) {
                return all;
            }
            all.addAll(page);
        }
    }

    private static List<String> names(int from, int to) {
        var names = new ArrayList<String>();
        for (var i = from; i >= to; i--) {
            names.add("s" + i);
        }
        return names;
    }

    private SessionView view(String session, int limit) {
        return await(ledger.session(session, limit)).orElseThrow();
    }

    private void execute(String sql) {
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("ledger.db"));
                var statement = connection.createStatement()) {
            statement.execute("PRAGMA busy_timeout = 5000");
            statement.execute(sql);
        } catch (SQLException e) {
            throw new AssertionError(sql, e);
        }
    }

    private void record(Exchange exchange) {
        var recorder = recorders.computeIfAbsent(exchange.session(), id -> kit.spawn(Recorder.create(id)));
        await(AskPattern.<Recorder.Keep, Done>ask(
                recorder,
                replyTo -> new Recorder.Keep(exchange, replyTo),
                TestStorage.PATIENCE,
                kit.system().scheduler()));
    }

    static Exchange exchange(
            String request,
            String session,
            String login,
            Instant started,
            @Nullable Usage usage,
            @Nullable Long costNanos) {
        return new Exchange(
                request,
                session,
                login,
                "node-1",
                List.of("tag:dev"),
                "openai",
                "gpt-5",
                "gpt-5-2026",
                "openai_chat",
                "/v1/chat/completions",
                "POST",
                200,
                "test/1.0",
                true,
                started,
                12,
                345,
                usage,
                costNanos,
                costNanos == null ? null : "openai/gpt-5",
                List.of(new Exchange.Tool("search", "call_1"), new Exchange.Tool("read", null)),
                "stop",
                Exchange.Outcome.COMPLETED,
                null,
                false,
                1000,
                2000,
                List.of("daily"),
                null,
                null);
    }

    /** Records what it is told, every time: the real session is wiser, the ledger must not need it. */
    private static final class Recorder extends EventSourcedBehavior<Recorder.Keep, ExchangeRecorded, Long> {
        record Keep(Exchange exchange, ActorRef<Done> replyTo) {}

        static Behavior<Keep> create(String id) {
            return new Recorder(id);
        }

        private Recorder(String id) {
            super(PersistenceId.of("Session", id));
        }

        @Override
        public Long emptyState() {
            return 0L;
        }

        @Override
        public CommandHandler<Keep, ExchangeRecorded, Long> commandHandler() {
            return (_, command) -> Effect()
                    .persist(new ExchangeRecorded(command.exchange()))
                    .thenRun(() -> command.replyTo().tell(Done.getInstance()));
        }

        @Override
        public EventHandler<Long, ExchangeRecorded> eventHandler() {
            return (count, _) -> count + 1;
        }

        @Override
        public Set<String> tagsFor(ExchangeRecorded event) {
            return Set.of(ExchangeRecorded.TAG);
        }
    }
}
