package dev.sluice.capture;

import static dev.sluice.journal.TestStorage.await;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import dev.sluice.capture.Captures.Headed;
import dev.sluice.capture.Captures.Kept;
import dev.sluice.cassandra.CassandraStore;
import dev.sluice.config.DatabaseRule;
import dev.sluice.config.DatabaseRule.FilterableHeader;
import dev.sluice.config.DatabaseRule.Purge;
import dev.sluice.journal.TestStorage;
import dev.sluice.testing.CassandraServer;
import dev.sluice.testing.Eventually;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Captures in a real Cassandra, as two nodes keep them; the file says what is right. */
class CapturesCassandraIT {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Set<Purge> ALL = Set.of(Purge.CAPTURES, Purge.TOOLS);
    private static final List<FilterableHeader> TEAM = List.of(new FilterableHeader("x-team", false));

    @TempDir
    private Path directory;

    private final CassandraServer server = CassandraServer.shared();
    private final String keyspace = CassandraServer.freshKeyspace();
    private final Transcripts transcripts = new Transcripts(1L << 30);
    private final List<ActorTestKit> kits = new ArrayList<>();
    private volatile Instant now = Talk.NOON;
    private volatile DatabaseRule rule = DatabaseRule.USUAL;
    private Captures one;
    private Captures other;
    private Captures file;

    @BeforeEach
    void start() {
        one = node("");
        other = node("");
        var kit = ActorTestKit.create("file", TestStorage.config(directory));
        kits.add(kit);
        file = Captures.start(kit.system(), 64 << 20, () -> rule, () -> now);
    }

    private Captures node(String more) {
        var kit = ActorTestKit.create(
                "node",
                ConfigFactory.parseString(more)
                        .withFallback(ConfigFactory.parseString(server.settings(keyspace)))
                        .withFallback(ConfigFactory.parseResources("sluice-cassandra.conf"))
                        .withFallback(ConfigFactory.load())
                        .resolve());
        kits.add(kit);
        Eventually.await(
                Duration.ofMinutes(1),
                () -> await(CassandraStore.get(kit.system()).tables("captures")));
        return Captures.start(kit.system(), 64 << 20, () -> rule, () -> now);
    }

    @AfterEach
    void stop() {
        kits.forEach(ActorTestKit::shutdownTestKit);
    }

    private static DatabaseRule kept(Duration retention, Set<Purge> purge, boolean requireExport) {
        return new DatabaseRule(retention, requireExport, purge, TEAM, false, false);
    }

    private void turn(
            Captures captures, String requestId, String session, String login, byte[] request, byte[] answer) {
        var team = login.equals("ann") ? "red" : "blue";
        var transcript = transcripts.begin(Talk.head("x-team", team), request);
        captures.begin(session, login, transcript, rule);
        Talk.answer(transcript, answer);
        await(captures.keep(
                Talk.exchange(requestId, session, login, now, request.length), transcript, Talk.tools(), rule));
        transcript.free();
    }

    private static Capture.Said said(Capture capture) {
        return Objects.requireNonNull(capture.said());
    }

    private void assertAlike(String label, Captures captures, Set<String> requests) {
        for (var id : requests) {
            var expected = await(file.find(id));
            var actual = await(captures.find(id));
            assertThat(actual.isPresent()).as("%s: %s", label, id).isEqualTo(expected.isPresent());
            if (expected.isEmpty() || actual.isEmpty()) {
                continue;
            }
            assertThat(actual.get().tools()).as(label).isEqualTo(expected.get().tools());
            assertThat(actual.get().session()).isEqualTo(expected.get().session());
            assertThat(actual.get().login()).isEqualTo(expected.get().login());
            assertThat(actual.get().kept().getEpochSecond())
                    .isEqualTo(expected.get().kept().getEpochSecond());
            assertThat(actual.get().said() == null)
                    .as("%s: %s was said", label, id)
                    .isEqualTo(expected.get().said() == null);
            if (expected.get().said() != null) {
                var right = said(expected.get());
                var found = said(actual.get());
                assertThat(found.request().body())
                        .as("%s: %s", label, id)
                        .isEqualTo(right.request().body());
                assertThat(found.request().headers()).isEqualTo(right.request().headers());
                assertThat(found.answer().headers()).isEqualTo(right.answer().headers());
                assertThat(found.answer().body()).isEqualTo(right.answer().body());
            }
        }
    }

    private void assertListsAlike(String label, Captures captures, Set<String> sessions) {
        for (var session : sessions) {
            for (var login : List.of("ann", "bob")) {
                assertThat(ids(captures, session, login)).as(label).isEqualTo(ids(file, session, login));
            }
        }
        for (var value : List.of("", "red", "blue", "green")) {
            for (var login : new @Nullable String[] {null, "ann", "bob"}) {
                assertThat(headed(captures, value, login))
                        .as("%s: %s %s", label, value, login)
                        .isEqualTo(headed(file, value, login));
            }
        }
    }

    /** By pages of three. */
    private static List<String> ids(Captures captures, String session, String login) {
        var all = new ArrayList<String>();
        var page = await(captures.ofSession(session, login, 3, null));
        while (!page.isEmpty()) {
            page.stream().map(Kept::requestId).forEach(all::add);
            page = await(captures.ofSession(session, login, 3, page.getLast().number()));
        }
        return all;
    }

    private static List<String> headed(Captures captures, String value, @Nullable String login) {
        var all = new ArrayList<String>();
        var page = await(captures.withHeader("X-Team", value, login, 4, null));
        while (!page.isEmpty()) {
            page.stream().map(Headed::requestId).forEach(all::add);
            page = await(captures.withHeader(
                    "X-Team", value, login, 4, page.getLast().started()));
        }
        return all;
    }

    /** Conversations of two callers on two nodes, with deletions, exports and purges between: all that can be asked is as with a file. */
    @Test
    void tellsWhatTheFileTells() {
        var seed = Long.getLong("sluice.seed", System.nanoTime());
        var label = "-Dsluice.seed=" + seed;
        var random = new Random(seed);
        // For ever, so that whatever goes is purged by the rule that is in force then, and not by Cassandra's own
        // clock.
        rule = new DatabaseRule(null, false, Set.of(Purge.CAPTURES), TEAM, false, false);
        var talks = new HashMap<String, Talk>();
        var requests = new java.util.TreeSet<String>();
        for (var step = 0; step < 90; step++) {
            now = now.plusSeconds(1 + random.nextInt(random.nextInt(12) == 0 ? 40_000 : 600));
            var captures = random.nextBoolean() ? one : other;
            var login = random.nextBoolean() ? "ann" : "bob";
            var session = login + random.nextInt(3);
            switch (random.nextInt(14)) {
                case 0 ->
                    assertThat(await(captures.deleteSession(session)))
                            .as(label)
                            .isEqualTo(await(file.deleteSession(session)));
                case 1 -> {
                    if (random.nextInt(3) == 0) {
                        assertThat(await(captures.deleteLogin(login)))
                                .as(label)
                                .isEqualTo(await(file.deleteLogin(login)));
                    }
                }
                case 2 -> {
                    var keeping = rule;
                    rule = kept(
                            Duration.ofHours(1 + random.nextInt(20)),
                            random.nextBoolean() ? ALL : Set.of(Purge.CAPTURES),
                            random.nextBoolean());
                    await(file.purge());
                    await(captures.purge());
                    rule = keeping;
                }
                case 3 -> {
                    var some =
                            requests.stream().filter(_ -> random.nextBoolean()).toList();
                    await(file.exported(some, step));
                    await(captures.exported(some, step));
                    assertThat(await(captures.exportedUpTo())).isEqualTo(step);
                }
                default -> {
                    var talk = talks.computeIfAbsent(
                            session, _ -> new Talk(random.nextLong(), 500 + random.nextInt(30_000)));
                    var request = talk.user(20 + random.nextInt(900)).request();
                    var answer = talk.answer(20 + random.nextInt(900));
                    var id = "%s-%03d".formatted(login, step);
                    turn(captures, id, session, login, request, answer);
                    turn(file, id, session, login, request, answer);
                    requests.add(id);
                }
            }
        }
        assertAlike(label, one, requests);
        assertListsAlike(label, other, Set.of("ann0", "ann1", "ann2", "bob0", "bob1", "bob2"));
        for (var login : List.of("ann", "bob")) {
            await(one.deleteLogin(login));
        }
        assertNothingIsLeft(label);
    }

    /** But for the days and hours that hold nothing, and how far purges have come. */
    private void assertNothingIsLeft(String label) {
        try (var session = server.session()) {
            for (var table : List.of(
                    "capture",
                    "capture_pack",
                    "capture_part",
                    "capture_by_session",
                    "capture_session_day",
                    "capture_login_day",
                    "capture_login_session",
                    "capture_header",
                    "capture_header_hour")) {
                assertThat(session.execute("SELECT * FROM %s.%s".formatted(keyspace, table))
                                .all())
                        .as("%s: %s", label, table)
                        .isEmpty();
            }
            assertThat(session.execute("SELECT session FROM %s.capture_hour".formatted(keyspace)).all().stream()
                            .filter(row -> row.getString(0) != null))
                    .as(label)
                    .isEmpty();
        }
    }

    @Test
    void storesAConversationOnceOnWhicheverNodesItsTurnsAre() {
        var talk = new Talk(7, 40_000);
        var passed = 0L;
        var last = new byte[0];
        for (var turn = 0; turn < 40; turn++) {
            now = now.plusSeconds(20);
            last = talk.user(1_200).request();
            passed += last.length;
            turn(turn % 2 == 0 ? one : other, "r" + turn, "s", "ann", last, talk.answer(1_400));
        }

        assertThat(said(await(other.find("r39")).orElseThrow()).request().body())
                .isEqualTo(last);
        try (var session = server.session()) {
            var stored = session.execute("SELECT frame FROM %s.capture_pack".formatted(keyspace)).all().stream()
                    .mapToLong(
                            row -> Objects.requireNonNull(row.getByteBuffer(0)).remaining())
                    .sum();
            assertThat(stored).isLessThan(passed * 3 / 100);
        }
    }

    @Test
    void retentionIsCassandrasOwn() {
        rule = kept(Duration.ofHours(10), Set.of(Purge.CAPTURES), false);
        var talk = new Talk(1, 20_000);
        turn(one, "r1", "s", "ann", talk.user(100).request(), talk.answer(100));

        try (var session = server.session()) {
            var hours = (int) Duration.ofHours(10).toSeconds();
            for (var row : session.execute("SELECT kind, TTL(frame) FROM %s.capture".formatted(keyspace))) {
                if (row.getInt(0) == CassandraRows.SAID) {
                    assertThat(row.getInt(1)).isBetween(hours - 60, hours);
                } else {
                    assertThat(row.isNull(1)).as("tools are kept until told").isTrue();
                }
            }
            // Until a day after the end of the day, which began twelve hours ago, and as long as captures live.
            var parts = (int) Duration.ofHours(12 + 24 + 10).toSeconds();
            for (var row : session.execute("SELECT TTL(frame) FROM %s.capture_pack".formatted(keyspace))) {
                assertThat(row.getInt(0)).isBetween(parts - 60, parts);
            }
        }
        // Whoever needs parts for longer stores them once more.
        rule = DatabaseRule.USUAL;
        var request = talk.user(100).request();
        turn(other, "r2", "s", "ann", request, talk.answer(100));
        try (var session = server.session()) {
            session.execute(
                    "DELETE FROM %s.capture_part WHERE session = 's' AND login = 'ann' AND day = '2026-11-21' AND written = %d"
                            .formatted(keyspace, firstWritten(session)));
        }
        assertThat(said(await(one.find("r2")).orElseThrow()).request().body()).isEqualTo(request);
    }

    private long firstWritten(com.datastax.oss.driver.api.core.CqlSession session) {
        return Objects.requireNonNull(session.execute(
                                "SELECT written FROM %s.capture_part WHERE session = 's' AND login = 'ann' AND day = '2026-11-21' LIMIT 1"
                                        .formatted(keyspace))
                        .one())
                .getLong(0);
    }

    /** What was stored when the request was sent went with the session, on another node. */
    @Test
    void aSessionMayBeDeletedWhileARequestIsUnderWay() {
        var talk = new Talk(1, 30_000);
        var request = talk.user(10).request();
        var transcript = transcripts.begin(Talk.head(), request);
        one.begin("s", "ann", transcript, rule);
        transcript.onlyCaptured();
        Eventually.await(SOON, () -> assertThat(transcript.stored()).isNotNull());
        assertThat(transcripts.held()).isZero();

        await(other.deleteSession("s"));
        Talk.answer(transcript, talk.answer(100));
        await(one.keep(Talk.exchange("r1", "s", "ann", now, request.length), transcript, List.of(), rule));
        var next = talk.user(10).request();
        turn(one, "r2", "s", "ann", next, talk.answer(10));

        assertThat(said(await(other.find("r1")).orElseThrow()).request().body()).isNull();
        assertThat(said(await(other.find("r2")).orElseThrow()).request().body()).isEqualTo(next);
    }

    @Test
    void whatIsTooLargeForARowIsKeptInSeveral() {
        var body = new byte[3 << 20];
        new Random(1).nextBytes(body);
        await(one.keep(
                Talk.exchange("r1", "s", "ann", now, body.length),
                Talk.document(transcripts, Talk.head(), body, "{}"),
                List.of(),
                rule));

        assertThat(said(await(other.find("r1")).orElseThrow()).request().body()).isEqualTo(body);
    }

    @Test
    void whileCassandraIsAwayCapturesAreDroppedAndCountedAndNothingHangs() {
        var hasty = node("sluice.cassandra.request-timeout = 2s");
        turn(hasty, "before", "s", "ann", new Talk(1, 3_000).user(10).request(), "x".getBytes(UTF_8));
        try {
            server.kill();
            for (var nth = 0; nth < 20; nth++) {
                turn(
                        hasty,
                        "r" + nth,
                        "s" + nth % 5,
                        "ann",
                        new Talk(nth, 3_000).user(10).request(),
                        "x".getBytes(UTF_8));
            }
            assertThat(hasty.counts().failed()).isEqualTo(20);
            assertThat(hasty.counts().queuedBytes()).isZero();
            assertThat(transcripts.held()).isZero();
        } finally {
            server.startAgain();
        }
        Eventually.await(SOON, () -> {
            turn(hasty, "after", "s", "ann", new Talk(1, 3_000).user(10).request(), "x".getBytes(UTF_8));
            assertThat(await(hasty.find("after"))).isPresent();
        });
        assertThat(await(hasty.find("before"))).isPresent();
    }
}
