package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cluster.Membership;
import dev.sluice.config.QuotaRule;
import dev.sluice.identity.Caller;
import dev.sluice.key.GatewayKeys;
import dev.sluice.key.GatewayKeys.Created;
import dev.sluice.key.GatewayKeys.Refused;
import dev.sluice.key.GatewayKeys.Valid;
import dev.sluice.key.KeyTerms;
import dev.sluice.policy.InForce;
import dev.sluice.policy.Policies;
import dev.sluice.policy.PolicyFile;
import dev.sluice.quota.Quota;
import dev.sluice.quota.Quota.Admitted;
import dev.sluice.quota.Quota.Bucket;
import dev.sluice.quota.QuotaSettings;
import dev.sluice.testing.Eventually;
import dev.sluice.testing.SharedJournal;
import dev.sluice.testing.TestCluster;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Down;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The rooms of three nodes with one journal: what is done at one holds at all. */
class RoomsClusterIT {
    private static final int NODES = 3;
    private static final long COST = 1_000;
    private static final Duration EXPIRY = Duration.ofSeconds(4);

    @TempDir
    private Path directory;

    private final InstantSource clock = InstantSource.system();
    private TestCluster cluster;
    private List<ActorSystem<?>> systems;

    @BeforeEach
    void form() throws Exception {
        cluster = new TestCluster(
                NODES, SharedJournal.settings(directory.resolve("snapshots").toString()));
        var starting = new ArrayList<CompletionStage<ActorSystem<?>>>();
        for (var node = 0; node < NODES; node++) {
            starting.add(cluster.start(
                    node,
                    Map.of(
                            "sluice.storage.directory",
                            directory.resolve("node-" + node).toString())));
        }
        systems = new ArrayList<>();
        for (var system : starting) {
            systems.add(now(system));
        }
    }

    @AfterEach
    void stop() throws Exception {
        cluster.close();
    }

    private static <T> T now(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(40, TimeUnit.SECONDS);
    }

    private List<Quota> quotas() {
        return systems.stream()
                .map(system -> Quota.start(
                        system,
                        (request, memo, estimate) ->
                                CompletableFuture.completedFuture(new Quota.Testimony(estimate, List.of(memo))),
                        clock,
                        new QuotaSettings(
                                SharedJournal.READ,
                                Duration.ofSeconds(3),
                                Duration.ofSeconds(1),
                                EXPIRY,
                                QuotaSettings.SNAPSHOT_EVERY,
                                false)))
                .toList();
    }

    private static Quota.Request request(String bucket, long capacity, String id) {
        var rule = new QuotaRule("test", capacity, 0, Duration.ofDays(1), "$0/day", true);
        return new Quota.Request(id, List.of(new Bucket(bucket, rule)), COST, bucket);
    }

    @Test
    void requestsThroughAnyNodeAreChargedToOneBucketAndNotOneTooMany() throws Exception {
        var quotas = quotas();
        var bucket = "pool-" + UUID.randomUUID();
        var capacity = 100 * COST;
        var asked = new ArrayList<CompletionStage<Boolean>>();
        for (var i = 0; i < 300; i++) {
            asked.add(quotas.get(i % NODES)
                    .reserve(request(bucket, capacity, "request-" + i))
                    .thenCompose(verdict -> verdict instanceof Admitted(var reservation)
                            ? reservation
                                    .recorded()
                                    .thenCompose(_ -> reservation.settle(COST))
                                    .thenApply(_ -> true)
                            : CompletableFuture.completedFuture(false)));
        }
        var admitted = 0;
        for (var answer : asked) {
            admitted += now(answer) ? 1 : 0;
        }

        assertThat(admitted).isEqualTo(100);
        for (var quota : quotas) {
            assertThat(now(quota.of(List.of(bucket)))).singleElement().satisfies(status -> {
                assertThat(status.spentNanos()).isEqualTo(capacity);
                assertThat(status.reservedNanos()).isZero();
            });
        }
    }

    @Test
    void whatADeadNodeHeldIsChargedThoughNobodyAsksForTheBucketAgain() throws Exception {
        var quotas = quotas();
        var buckets = new ArrayList<String>();
        var held = new ArrayList<CompletionStage<Boolean>>();
        for (var i = 0; i < 12; i++) {
            var bucket = "left-" + i + "-" + UUID.randomUUID();
            buckets.add(bucket);
            held.add(quotas.getLast()
                    .reserve(request(bucket, 10 * COST, bucket))
                    .thenCompose(verdict ->
                            ((Admitted) verdict).reservation().recorded().thenApply(_ -> true)));
        }
        for (var reservation : held) {
            assertThat(now(reservation)).isTrue();
        }
        var lost = Membership.of(systems.getLast()).lost();

        var first = Cluster.get(systems.getFirst());
        first.manager()
                .tell(new Down(Cluster.get(systems.getLast()).selfMember().address()));

        assertThat(now(lost)).contains("go on without this one");
        // Read from the count, and not from the buckets: to ask them would wake them.
        Eventually.await(
                Duration.ofSeconds(60),
                () -> assertThat(quotas.get(0).orphansCharged() + quotas.get(1).orphansCharged())
                        .isEqualTo(buckets.size()));
        assertThat(now(quotas.getFirst().of(buckets))).hasSize(buckets.size()).allSatisfy(status -> {
            assertThat(status.reservedNanos()).isZero();
            assertThat(status.spentNanos()).isEqualTo(COST);
        });
    }

    @Test
    void bucketsGoOnElsewhereWhenTheirNodeLeaves() throws Exception {
        var quotas = quotas();
        var held = new ArrayList<Quota.Reservation>();
        var buckets = new ArrayList<String>();
        for (var i = 0; i < 12; i++) {
            var bucket = "moving-" + i + "-" + UUID.randomUUID();
            buckets.add(bucket);
            var verdict = now(quotas.getFirst().reserve(request(bucket, 10 * COST, bucket)));
            held.add(((Admitted) verdict).reservation());
        }

        now(TestCluster.leave(systems.getLast()));
        for (var reservation : held) {
            now(reservation.settle(COST / 2));
        }

        assertThat(now(quotas.get(1).of(buckets))).hasSize(buckets.size()).allSatisfy(status -> {
            assertThat(status.reservedNanos()).isZero();
            assertThat(status.spentNanos()).isEqualTo(COST / 2);
        });
    }

    @Test
    void aPolicyOfAlmostAMegabyteIsInForceEverywhereWithinASecond() throws Exception {
        var starting = new ArrayList<CompletionStage<Policies>>();
        for (var i = 0; i < NODES; i++) {
            var path = Files.writeString(directory.resolve("policy-" + i + ".hujson"), policy("", 10));
            var file = new PolicyFile(path).read();
            var policy = Objects.requireNonNull(file.reading().policy());
            starting.add(Policies.start(
                    systems.get(i),
                    SharedJournal.READ,
                    clock,
                    file,
                    CompletableFuture.completedFuture(InForce.of(policy, clock))));
        }
        var nodes = new ArrayList<Policies>();
        for (var policies : starting) {
            nodes.add(now(policies));
        }
        var text = policy("// " + "x".repeat(900_000), 20);

        var outcome = now(nodes.get(1)
                .save(text, null, new Caller("ann@example.com", "Ann", "", List.of(), List.of(), false, List.of())));

        var saved = System.nanoTime();
        assertThat(outcome).isInstanceOf(Policies.Saved.class);
        var hash = ((Policies.Saved) outcome).document().version().hash();
        for (var node : nodes) {
            Eventually.await(
                    Duration.ofSeconds(5),
                    () -> assertThat(node.current().version().hash()).isEqualTo(hash));
        }
        assertThat(Duration.ofNanos(System.nanoTime() - saved)).isLessThan(Duration.ofSeconds(1));
    }

    private static String policy(String comment, int dollars) {
        return """
                {
                  "grants": [{ "src": ["*"], "app": { "tailscale.com/cap/aperture": [{ "role": "admin" }] } }],
                  "quotas": { "pool": { "capacity": "$%d.00", "rate": "$1.00/day", "on_exceed": "reject" } },
                  "providers": {
                    "sim": {
                      "baseurl": "http://127.0.0.1:9", "apikey": "simulated-key", "models": ["sim-model"],
                      "compatibility": { "openai_chat": true },
                    },
                  },
                }
                %s
                """.formatted(dollars, comment);
    }

    /** Shards that were never asked for have to find a place first. */
    private static Created create(GatewayKeys keys, KeyTerms terms) {
        var made = new AtomicReference<Created>();
        Eventually.await(Duration.ofSeconds(30), () -> {
            try {
                made.set((Created) now(keys.create(terms, "root")));
            } catch (ExecutionException e) {
                throw new AssertionError(e);
            }
        });
        return made.get();
    }

    @Test
    void aKeyThatIsRevokedAtOneNodeIsRefusedAtAllWithinASecond() throws Exception {
        var nodes = new ArrayList<GatewayKeys>();
        for (var system : systems) {
            nodes.add(now(GatewayKeys.start(system, clock, new SecureRandom())));
        }
        var terms = new KeyTerms("ann@example.com", "test", List.of(), List.of("**"), null, null, false);
        var made = create(nodes.getFirst(), terms);
        var text = made.text().reveal();
        for (var node : nodes) {
            assertThat(now(node.verify(text))).isInstanceOf(Valid.class);
        }

        now(nodes.getFirst().revoke(made.key().key().id(), "root"));

        var revoked = System.nanoTime();
        var refused = new HashMap<GatewayKeys, Boolean>();
        while (refused.size() < NODES) {
            for (var node : nodes) {
                var asked = System.nanoTime();
                if (now(node.verify(text)) instanceof Refused) {
                    refused.put(node, true);
                } else {
                    assertThat(Duration.ofNanos(asked - revoked)).isLessThan(Duration.ofSeconds(1));
                }
            }
        }
    }
}
