package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.servererrors.InvalidQueryException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.simulator.Simulator;
import dev.sluice.testing.AdminApi;
import dev.sluice.testing.CassandraServer;
import dev.sluice.testing.Eventually;
import dev.sluice.testing.RawHttp;
import dev.sluice.testing.SluiceProcess;
import dev.sluice.testing.TestCluster;
import java.math.BigDecimal;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node that has grown on its own files goes on where it was, on Cassandra. */
class MigrateCassandraIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int REQUESTS = 300;
    private static final int SESSIONS = 25;
    private static final Pattern MOVED = Pattern.compile(
            "all of it is there, compared event by event: (\\d+) entities, (\\d+) events, (\\d+) snapshots, \\$([0-9.]+) spent");
    private static final Pattern KEY = Pattern.compile("sk-sluice-\\S+");
    private static final ActorTestKit testKit = ActorTestKit.create();
    private static ServerBinding provider;

    private final CassandraServer cassandra = CassandraServer.shared();
    private final String keyspace = CassandraServer.freshKeyspace();

    @TempDir
    private Path directory;

    @BeforeAll
    static void startProvider() throws Exception {
        provider = Simulator.start(testKit.system(), "127.0.0.1", 0)
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
    }

    @AfterAll
    static void stopProvider() {
        testKit.shutdownTestKit();
    }

    @BeforeEach
    void writeConfiguration() throws Exception {
        Files.writeString(directory.resolve("policy.hujson"), """
                {
                  "grants": [
                    { "src": ["(loopback)"], "app": { "tailscale.com/cap/aperture": [{ "role": "admin" }] } },
                    { "src": ["*"], "app": { "tailscale.com/cap/aperture": [
                      { "role": "user" },
                      { "models": "**", "quotas": [{ "bucket": "each:<user>" }, { "bucket": "pool" }] },
                    ] } },
                  ],
                  "quotas": {
                    "each:<user>": { "capacity": "$1000.00", "rate": "$0.00/day", "on_exceed": "reject" },
                    "pool": { "capacity": "$1000.00", "rate": "$0.00/day", "on_exceed": "reject" },
                  },
                  "providers": {
                    "sim": {
                      "baseurl": "http://127.0.0.1:%d", "apikey": "provider-key", "models": ["test-gpt"],
                      "compatibility": { "openai_chat": true },
                      "cost_basis": "openai", "model_cost_map": [{ "match": "*", "as": "gpt-4.1" }],
                    },
                  },
                }
                """.formatted(
                        provider.localAddress().getPort()));
        Files.writeString(directory.resolve("node.conf"), cassandra.settings(keyspace));
    }

    /** What must be the same before and after. */
    private record State(Map<String, String> exchanges, Map<String, Long> spent, int keys) {}

    @Test
    void goesOnWhereItWasThoughTheMoveBrokeOff() throws Exception {
        // Given
        State before;
        String key;
        try (var grown = serve()) {
            var address = grown.awaitAddress();
            key = makeKey(address);
            ask(address, "Authorization: Bearer " + key);
            for (var request = 0; request < REQUESTS; request++) {
                ask(address, "x-session-id: conversation-" + request % SESSIONS);
            }
            Eventually.await(
                    PATIENCE, () -> assertThat(state(address).exchanges()).hasSize(REQUESTS + 1));
            before = state(address);
            grown.terminate();
            assertThat(grown.awaitExit(PATIENCE)).isZero();
        }

        // When
        try (var looking = cassandra.session();
                var move = migrate()) {
            // Wherever it is by then: there is something already, and not all.
            Eventually.await(PATIENCE, () -> assertThat(arrived(looking)).isPositive());
            move.kill();
            assertThat(move.out()).doesNotContain("all of it is there");
        }
        assertRefuses("run again, to its end");
        String said;
        try (var move = migrate()) {
            assertThat(move.awaitExit(PATIENCE)).as(move.out() + move.error()).isZero();
            said = move.out();
        }
        String saidAgain;
        try (var move = migrate()) {
            assertThat(move.awaitExit(PATIENCE)).as(move.out() + move.error()).isZero();
            saidAgain = move.out();
        }

        // Then
        var figures = MOVED.matcher(said);
        assertThat(figures.find()).as(said).isTrue();
        assertThat(figures.group(4)).isEqualTo(dollars(before));
        assertThat(saidAgain).contains(figures.group());
        try (var renewed = serve("--settings", "node.conf")) {
            var address = renewed.awaitAddress();
            Eventually.await(PATIENCE, () -> assertThat(state(address)).isEqualTo(before));
            ask(address, "Authorization: Bearer " + key);
            Eventually.await(
                    PATIENCE,
                    () -> assertThat(state(address).spent().get("pool"))
                            .isGreaterThan(before.spent().get("pool")));
        }
    }

    /** A node, to start on what is half there. */
    private void assertRefuses(String why) {
        try (var early = serve("--settings", "node.conf")) {
            assertThat(early.awaitExit(PATIENCE)).isEqualTo(1);
            assertThat(early.error()).contains("keyspace " + keyspace + ": a migration to it", why);
            assertThat(early.out()).doesNotContain("sluice listens on");
        }
    }

    @Test
    void endsWhenThereIsNoCassandra() throws Exception {
        try (var grown = serve()) {
            ask(grown.awaitAddress(), "x-session-id: one");
            grown.terminate();
            assertThat(grown.awaitExit(PATIENCE)).isZero();
        }
        var nobody = TestCluster.freePorts(1).getFirst();
        Files.writeString(
                directory.resolve("node.conf"),
                cassandra.settings(keyspace) + "sluice.cassandra.contact-points = [\"127.0.0.1:" + nobody + "\"]\n");

        try (var move = migrate()) {
            assertThat(move.awaitExit(PATIENCE)).isEqualTo(1);
            assertThat(move.error().lines().filter(line -> line.startsWith("sluice: ")))
                    .singleElement()
                    .asString()
                    .startsWith("sluice: no Cassandra has answered for 30 s at 127.0.0.1:" + nobody);
        }
    }

    @Test
    void saysWhatIsMissing() throws Exception {
        try (var move = migrate()) {
            assertThat(move.awaitExit(PATIENCE)).isEqualTo(2);
            assertThat(move.error()).contains("no sluice.db in there (expected: a node's data directory)");
        }
    }

    private long arrived(CqlSession session) {
        try {
            var row = session.execute("SELECT count(*) FROM " + keyspace + ".messages")
                    .one();
            return row == null ? 0 : row.getLong(0);
        } catch (InvalidQueryException e) {
            // The table is being made.
            return 0;
        }
    }

    private static String dollars(State state) {
        // Each request is charged to two buckets, once.
        return BigDecimal.valueOf(state.spent().getOrDefault("pool", 0L), 9).toPlainString();
    }

    private SluiceProcess serve(String... more) {
        return run("serve", "--config", "policy.hujson", "--listen", "127.0.0.1:0", more);
    }

    private SluiceProcess migrate() {
        return run("migrate", "--from", "sqlite", "--to", "cassandra", "--settings", "node.conf");
    }

    private SluiceProcess run(String command, String a, String b, String c, String d, String... more) {
        var arguments = new ArrayList<>(List.of(command, a, b, c, d, "--data", "data"));
        arguments.addAll(List.of(more));
        return SluiceProcess.start(directory, arguments.toArray(String[]::new));
    }

    private String makeKey(InetSocketAddress address) {
        try (var make = SluiceProcess.start(
                directory,
                "key",
                "create",
                "--url",
                "http://127.0.0.1:" + address.getPort(),
                "--owner",
                "ci@example.com")) {
            assertThat(make.awaitExit(PATIENCE)).as(make.out() + make.error()).isZero();
            var key = KEY.matcher(make.out());
            assertThat(key.find()).as(make.out()).isTrue();
            return key.group();
        }
    }

    private static void ask(InetSocketAddress address, String header) {
        try (var http = RawHttp.connect(address).silenceAfter(PATIENCE)) {
            http.post(
                    "/v1/chat/completions",
                    "{\"model\":\"test-gpt\",\"max_tokens\":10,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
                    header);
            assertThat(http.readHead().status()).isEqualTo(200);
            http.readRest();
        }
    }

    private static State state(InetSocketAddress address) throws Exception {
        try (var admin = new AdminApi(address)) {
            var exchanges = admin.exchanges().stream()
                    .collect(Collectors.toMap(
                            it -> it.path("request_id").asText(),
                            it -> it.path("session").asText() + " "
                                    + it.path("cost_nanos").asText()));
            var spent = new TreeMap<String, Long>();
            admin.buckets().forEach((name, bucket) -> spent.put(name, spentOf(bucket)));
            return new State(
                    new TreeMap<>(exchanges),
                    spent,
                    admin.get("/api/keys").path("keys").size());
        }
    }

    private static long spentOf(JsonNode bucket) {
        assertThat(bucket.path("reserved_nanos").asLong()).isZero();
        return bucket.path("spent_nanos").asLong();
    }
}
