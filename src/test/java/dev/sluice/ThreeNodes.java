package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.simulator.Simulator;
import dev.sluice.testing.AdminApi;
import dev.sluice.testing.CassandraServer;
import dev.sluice.testing.ClusterLoad;
import dev.sluice.testing.ClusterLoad.Seen;
import dev.sluice.testing.Eventually;
import dev.sluice.testing.NodeNetworks;
import dev.sluice.testing.SluiceProcess;
import dev.sluice.testing.TestCluster;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three nodes and a real Cassandra, and what must hold of them whatever happens. Buckets refill by nothing, so that what they spent is a sum and not an estimate.
 */
abstract class ThreeNodes {
    static final int NODES = 3;
    static final int CLIENTS = 24;
    static final List<String> LOGINS =
            IntStream.range(0, 8).mapToObj(i -> "user" + i + "@example.com").toList();
    private static final Duration STARTING = Duration.ofMinutes(2);
    private static final Duration BALANCED = Duration.ofMinutes(2);
    private static final String ADMIN = "admin@example.com";
    private static ActorTestKit testKit;
    static NodeNetworks networks;
    static CassandraServer cassandra;
    private static ServerBinding provider;

    private final String keyspace = CassandraServer.freshKeyspace();
    private final List<Integer> ports = TestCluster.freePorts(2 * NODES);
    final SluiceProcess[] nodes = new SluiceProcess[NODES];
    final Random random = new Random(Long.getLong("sluice.seed", 1));

    /** What the nodes said is kept when the books do not balance. */
    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path directory;

    @BeforeAll
    static void startProviderAndStorage() throws Exception {
        testKit = ActorTestKit.create();
        networks = NodeNetworks.open(NODES);
        cassandra = CassandraServer.start(networks.outside());
        provider = Simulator.start(testKit.system(), networks.outside(), 0)
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
    }

    @AfterAll
    static void stopProviderAndStorage() {
        testKit.shutdownTestKit();
        cassandra.kill();
        networks.close();
    }

    @BeforeEach
    void startNodes() throws Exception {
        for (var node = 0; node < NODES; node++) {
            writeConfiguration(node);
        }
        // The first makes the tables.
        for (var node = 0; node < NODES; node++) {
            start(node);
            awaitReady(node);
        }
    }

    @AfterEach
    void killNodes() {
        for (var node : nodes) {
            if (node != null) {
                node.resume();
                node.close();
            }
        }
    }

    // --- what must hold

    void assertBooks(List<Seen> seen) throws Exception {
        assertThat(seen).noneMatch(Seen::falselyEnded);
        try (var admin = admin(0)) {
            Eventually.await(BALANCED, () -> assertBalance(admin));
            var exchanges = admin.exchanges().stream()
                    .collect(Collectors.groupingBy(it -> it.path("request_id").asText()));
            assertThat(exchanges.values()).allMatch(it -> it.size() == 1);
            assertThat(exchanges.keySet())
                    .as("every answered request is in the books")
                    .containsAll(seen.stream()
                            .filter(it -> it.status() == 200)
                            .map(Seen::requestId)
                            .collect(Collectors.toSet()));
        }
    }

    private static void assertBalance(AdminApi admin) throws Exception {
        var costs = new HashMap<String, Long>();
        for (var exchange : admin.exchanges()) {
            for (var bucket : exchange.path("buckets")) {
                costs.merge(bucket.asText(), exchange.path("cost_nanos").asLong(), Long::sum);
            }
        }
        var buckets = admin.buckets();
        assertThat(amounts(buckets, "reserved_nanos").values()).allMatch(nanos -> nanos == 0);
        assertThat(amounts(buckets, "spent_nanos")).isEqualTo(costs);
        for (var bucket : buckets.values()) {
            assertThat(bucket.path("balance_nanos").asLong())
                    .isEqualTo(bucket.path("capacity_nanos").asLong()
                            - bucket.path("spent_nanos").asLong());
        }
    }

    private static Map<String, Long> amounts(Map<String, JsonNode> buckets, String field) {
        return buckets.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey,
                        bucket -> bucket.getValue().path(field).asLong()));
    }

    // --- what was seen

    /** Each of these nodes serves again, whoever asks it. */
    static void awaitTraffic(ClusterLoad load, int... nodes) {
        var since = System.nanoTime();
        for (var node : nodes) {
            Eventually.await(
                    Duration.ofSeconds(90),
                    () -> assertThat(load.wholeSince(node, since))
                            .as("node " + node)
                            .isGreaterThan(20));
        }
    }

    void awaitMembers(int asked, int up) throws Exception {
        try (var admin = admin(asked)) {
            Eventually.await(
                    Duration.ofSeconds(60),
                    () -> assertThat(admin.text("/metrics").lines())
                            .contains("sluice_cluster_members{status=\"up\"} " + up + ".0")
                            .noneMatch(line -> line.startsWith("sluice_cluster_members{status=\"unreachable\"}")
                                    && !line.endsWith(" 0.0")));
        }
    }

    static void tell(String what, ClusterLoad load, long since, int... nodes) {
        var others = IntStream.of(nodes).boxed().collect(Collectors.toSet());
        var seen = load.seen().stream()
                .filter(it -> others.contains(it.node()) && it.endedAt() > since)
                .toList();
        var failed = seen.stream().filter(it -> !it.whole()).toList();
        var last = failed.stream().mapToLong(Seen::endedAt).max().orElse(since);
        var longest = seen.stream().mapToLong(Seen::waitedNanos).max().orElse(0);
        var byStatus = failed.stream().collect(Collectors.groupingBy(Seen::status, Collectors.counting()));
        System.out.printf(
                "%s: through the other nodes the last failure came %.1f s after it, the longest wait for an answer was %.1f s; %d whole, not so by status: %s%n",
                what, (last - since) / 1e9, longest / 1e9, seen.size() - failed.size(), byStatus);
    }

    // --- nodes

    List<InetSocketAddress> addresses() {
        var addresses = new ArrayList<InetSocketAddress>();
        for (var node = 0; node < NODES; node++) {
            addresses.add(new InetSocketAddress(networks.address(node), ports.get(node)));
        }
        return addresses;
    }

    private AdminApi admin(int node) {
        return new AdminApi(addresses().get(node), ADMIN);
    }

    private String peer(int node) {
        return networks.peer(node) + ":" + ports.get(NODES + node);
    }

    void start(int node) {
        nodes[node] = SluiceProcess.start(
                directory.resolve("node-" + node),
                networks.entering(node),
                Map.of(),
                "serve",
                "--config",
                "policy.hujson",
                "--settings",
                "node.conf",
                "--data",
                "data",
                "--listen",
                networks.address(node) + ":" + ports.get(node));
    }

    void awaitReady(int node) throws Exception {
        Eventually.await(STARTING, () -> {
            if (!nodes[node].isAlive()) {
                throw new IllegalStateException(nodes[node].out() + nodes[node].error());
            }
            try (var admin = admin(node)) {
                assertThat(admin.status("/readyz")).isEqualTo(200);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
    }

    private void writeConfiguration(int node) throws IOException {
        var own = Files.createDirectories(directory.resolve("node-" + node));
        Files.writeString(own.resolve("policy.hujson"), """
                {
                  "grants": [
                    { "src": ["%s"], "app": { "tailscale.com/cap/aperture": [{ "role": "admin" }] } },
                    { "src": [%s], "app": { "tailscale.com/cap/aperture": [
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
                      "baseurl": "http://%s:%d", "apikey": "provider-key", "models": ["test-gpt"],
                      "compatibility": { "openai_chat": true },
                      "cost_basis": "openai", "model_cost_map": [{ "match": "*", "as": "gpt-4.1" }],
                    },
                  },
                }
                """.formatted(
                        ADMIN,
                        quoted(LOGINS),
                        networks.outside(),
                        provider.localAddress().getPort()));
        var seeds =
                IntStream.range(0, NODES).mapToObj(i -> "\"" + peer(i) + "\"").collect(Collectors.joining(", "));
        Files.writeString(
                own.resolve("node.conf"),
                cassandra.settings(keyspace) + """
                sluice {
                  event-loops = 1
                  trusted-proxies = ["%s"]
                  drain-timeout = 1m
                  cluster { mode = seeds, listen = "%s", allow-plaintext = on, seeds = [%s], stable-after = 5s, farewell = 1s }
                  reservations { renewal = 2s, expiry = 10s }
                }
                # Three nodes, a Cassandra and the load share a machine that may have other things to do.
                pekko.cluster.failure-detector.acceptable-heartbeat-pause = 8s
                # What was recorded while it could not be tagged is found soon.
                pekko.persistence.cassandra.events-by-tag.back-track.long-interval = 10s
                """.formatted(networks.outside(), peer(node), seeds));
    }

    private static String quoted(List<String> texts) {
        return texts.stream().map(text -> '"' + text + '"').collect(Collectors.joining(", "));
    }
}
