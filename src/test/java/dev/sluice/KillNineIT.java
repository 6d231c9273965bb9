package dev.sluice;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatObject;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.sluice.simulator.Simulator;
import dev.sluice.testing.AdminApi;
import dev.sluice.testing.Crowd;
import dev.sluice.testing.Crowd.Seen;
import dev.sluice.testing.Eventually;
import dev.sluice.testing.RawHttp;
import dev.sluice.testing.RawHttp.End;
import dev.sluice.testing.SluiceProcess;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * Kill -9 in the middle of two hundred streams, again and again on one data directory: after each restart the books balance to the
 * nanodollar. Buckets refill by nothing, so that what they spent is a sum and not an estimate.
 */
@Isolated("Its load takes both cores, and must get somewhere before each death.")
class KillNineIT {
    private static final int LIVES = 3;
    private static final int CLIENTS = 200;
    private static final List<String> LOGINS = List.of("", "ann@example.com", "bob@example.com");
    private static final Duration BALANCED = Duration.ofSeconds(30);

    /** An answer that was whole so long before the end is in the journal: what comes after it is off the client's clock. */
    private static final Duration RECORDED = Duration.ofSeconds(2);

    private static final ActorTestKit testKit = ActorTestKit.create();
    private static ServerBinding provider;

    @TempDir
    private Path directory;

    @BeforeAll
    static void startProvider() throws Exception {
        provider = Simulator.start(testKit.system(), "127.0.0.1", 0)
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);
    }

    @AfterAll
    static void stopProvider() {
        testKit.shutdownTestKit();
    }

    @Test
    void theBooksBalanceAfterEveryDeath() throws Exception {
        var seed = Long.getLong("sluice.seed", System.nanoTime());
        var random = new Random(seed);
        writeConfiguration();
        var seen = new ArrayList<Seen>();
        var gateway = serve();
        try {
            for (var life = 1; life <= LIVES; life++) {
                var label = "life " + life + " of -Dsluice.seed=" + seed;
                var lived = liveAndDie(gateway, random, label);
                seen.addAll(lived.seen());
                gateway = serve();
                try (var admin = new AdminApi(gateway.awaitAddress())) {
                    Eventually.await(
                            BALANCED, () -> assertThat(admin.status("/readyz")).isEqualTo(200));
                    Eventually.await(BALANCED, () -> assertBalance(admin, label));
                    assertRemembered(admin, seen, lived, label);
                }
            }
        } finally {
            gateway.close();
        }
    }

    /** A crash may come at any moment: so no byte of an answer goes out before its reservation has come in. */
    @Test
    void nothingIsAnsweredThatTheJournalDoesNotHold() throws Exception {
        writeConfiguration();
        try (var gateway = serve();
                var admin = new AdminApi(gateway.awaitAddress())) {
            var address = gateway.awaitAddress();
            assertThat(ask(address).readHead().status()).isEqualTo(200);
            Eventually.await(BALANCED, () -> assertThat(admin.exchanges()).hasSize(1));
            try (var journal = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("data/sluice.db"));
                    var statement = journal.createStatement()) {
                statement.execute("BEGIN IMMEDIATE"); // nobody else can write now
                try (var late = ask(address).silenceAfter(Duration.ofSeconds(1))) {
                    assertThat(late.endInsteadOfAnswer()).isEqualTo(End.SILENCE);

                    statement.execute("ROLLBACK");

                    assertThat(late.silenceAfter(BALANCED).readHead().status()).isEqualTo(200);
                }
            }
        }
    }

    private static RawHttp ask(InetSocketAddress address) {
        return RawHttp.connect(address)
                .post(
                        "/v1/chat/completions",
                        "{\"model\":\"test-gpt\",\"max_tokens\":10,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
    }

    /** @param diedAt by {@link System#nanoTime} */
    private record Lived(List<Seen> seen, long diedAt) {}

    private static Lived liveAndDie(SluiceProcess gateway, Random random, String label) throws Exception {
        try (var crowd = new Crowd(gateway.awaitAddress(), CLIENTS, LOGINS, random)) {
            // Some die while the first requests come in, the others in full flow.
            var first = random.nextInt(3) == 0 ? 1 : CLIENTS;
            Eventually.await(
                    Duration.ofSeconds(60), () -> assertThat(crowd.begun()).isGreaterThanOrEqualTo(first));
            LockSupport.parkNanos(
                    Duration.ofMillis(random.nextInt(first == 1 ? 200 : 3_000)).toNanos());
            var diedAt = System.nanoTime();
            gateway.kill();
            crowd.awaitTheEnd();
            assertThat(crowd.surprises()).as(label).isEmpty();
            assertThat(crowd.seen()).as(label).isNotEmpty();
            return new Lived(crowd.seen(), diedAt);
        }
    }

    /** Nothing is set aside any more, and every bucket has spent exactly what the exchanges that name it have cost. */
    private static void assertBalance(AdminApi admin, String label) throws Exception {
        var costs = new HashMap<String, Long>();
        for (var exchange : admin.exchanges()) {
            for (var bucket : exchange.path("buckets")) {
                costs.merge(bucket.asText(), exchange.path("cost_nanos").asLong(), Long::sum);
            }
        }
        var buckets = admin.buckets();
        assertThat(buckets).as(label).containsKeys("pool", "each:(loopback)", "each:ann@example.com");
        assertThat(amounts(buckets, "reserved_nanos"))
                .as(label)
                .allSatisfy((bucket, nanos) -> assertThat(nanos).as(bucket).isZero());
        assertThat(amounts(buckets, "spent_nanos")).as(label).isEqualTo(costs);
        assertLedger(admin, amounts(buckets, "spent_nanos"), label);
    }

    /** Rows of the ledger are the exchanges, and its sums, however they are told apart, what the buckets spent. */
    private static void assertLedger(AdminApi admin, Map<String, Long> spent, String label) throws Exception {
        var exchanges = admin.exchanges().stream()
                .collect(Collectors.toMap(
                        it -> it.path("request_id").asText(),
                        it -> it.path("cost_nanos").asLong()));
        var logs = admin.logs();
        assertThat(logs.entrySet().stream()
                        .collect(Collectors.toMap(
                                Map.Entry::getKey,
                                it -> it.getValue().path("cost_nanos").asLong())))
                .as(label)
                .isEqualTo(exchanges);
        for (var group : List.of("day", "hour", "user", "model", "day,provider,agent", "user,model")) {
            var usage = admin.get("/api/usage?group=" + group);
            for (var sums : List.of(usage.path("totals"), sum(usage.path("rows")))) {
                assertThatObject(sums)
                        .as("%s: by %s", label, group)
                        .returns(
                                (long) exchanges.size(),
                                it -> it.path("requests").asLong())
                        .returns(spent.get("pool"), it -> it.path("cost_nanos").asLong());
            }
        }
        var byUser = new HashMap<String, Long>();
        admin.get("/api/usage?group=user")
                .path("rows")
                .forEach(row -> byUser.put(
                        "each:" + row.path("user").asText(),
                        row.at("/sums/cost_nanos").asLong()));
        byUser.put("pool", spent.getOrDefault("pool", 0L));
        assertThat(byUser).as(label).isEqualTo(spent);
        var lines = admin.text("/api/usage.csv").lines().skip(1).toList();
        assertThat(lines.stream()
                        .mapToLong(line -> Long.parseLong(line.split(",", -1)[5]))
                        .sum())
                .as(label)
                .isEqualTo(exchanges.size());
    }

    private static JsonNode sum(JsonNode rows) {
        var requests = 0L;
        var nanos = 0L;
        for (var row : rows) {
            requests += row.at("/sums/requests").asLong();
            nanos += row.at("/sums/cost_nanos").asLong();
        }
        return JsonNodeFactory.instance.objectNode().put("requests", requests).put("cost_nanos", nanos);
    }

    private static Map<String, Long> amounts(Map<String, JsonNode> buckets, String field) {
        return buckets.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey,
                        bucket -> bucket.getValue().path(field).asLong()));
    }

    private static void assertRemembered(AdminApi admin, List<Seen> all, Lived lived, String label) throws Exception {
        var exchanges = admin.exchanges();
        var byId = exchanges.stream()
                .collect(Collectors.groupingBy(it -> it.path("request_id").asText()));
        assertThat(byId.values())
                .as("%s: each request is in one session, once", label)
                .allMatch(it -> it.size() == 1);
        assertThat(byId)
                .as("%s: no answered request is missing", label)
                .containsKeys(all.stream().map(Seen::requestId).toArray(String[]::new));
        var known = byId.entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, it -> it.getValue().getFirst()));
        for (var answer : all) {
            assertTold(answer, requireNonNull(known.get(answer.requestId()), label), label);
        }
        var whole = lived.seen().stream()
                .filter(it -> it.whole() && it.wholeAt() < lived.diedAt() - RECORDED.toNanos())
                .collect(Collectors.toMap(Seen::requestId, Function.identity()));
        assertThat(whole.values())
                .as("%s: whole answers cost what they cost", label)
                .allSatisfy(answer -> assertThatObject(known.get(answer.requestId()))
                        .returns("completed", it -> it.path("outcome").asText())
                        .returns(answer.costNanos(), it -> it.path("cost_nanos").asLong()));
        assertThat(exchanges)
                .as("%s: every exchange is charged to both buckets", label)
                .allSatisfy(exchange -> assertThat(exchange.path("buckets")).hasSize(2));
    }

    /** Also of a request that was lost there is all that was known when it began. */
    private static void assertTold(Seen answer, JsonNode exchange, String label) {
        assertThatObject(exchange)
                .as(label)
                .returns(answer.login(), it -> it.path("login").asText())
                .returns(answer.path(), it -> it.path("path").asText())
                .returns("sim", it -> it.path("provider").asText())
                .returns("POST", it -> it.path("method").asText());
        assertThat(exchange.path("model").asText()).as(label).startsWith("test-");
        assertThat(exchange.path("format").asText()).as(label).isNotEmpty();
        assertThat(exchange.path("cost_nanos").isNumber()).as(label).isTrue();
    }

    private SluiceProcess serve() {
        return SluiceProcess.start(
                directory,
                "serve",
                "--config",
                "policy.hujson",
                "--settings",
                "node.conf",
                "--data",
                "data",
                "--listen",
                "127.0.0.1:0");
    }

    private void writeConfiguration() throws IOException {
        var port = provider.localAddress().getPort();
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
                    "each:<user>": { "capacity": "$100000.00", "rate": "$0.00/day", "on_exceed": "reject" },
                    "pool": { "capacity": "$1000000.00", "rate": "$0.00/day", "on_exceed": "reject" },
                  },
                  "providers": {
                    "sim": {
                      "baseurl": "http://127.0.0.1:%d", "apikey": "provider-key", "models": ["test-gpt", "test-claude"],
                      "compatibility": { "openai_chat": true, "openai_responses": true, "anthropic_messages": true },
                      "cost_basis": "openai", "model_cost_map": [{ "match": "*", "as": "gpt-4.1" }],
                    },
                  },
                }
                """.formatted(port));
        Files.writeString(directory.resolve("node.conf"), "sluice.trusted-proxies = [\"127.0.0.1\"]\n");
    }
}
