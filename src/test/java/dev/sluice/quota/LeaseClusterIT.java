package dev.sluice.quota;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cassandra.CassandraStore;
import dev.sluice.cluster.NodeSystem;
import dev.sluice.config.QuotaRule;
import dev.sluice.journal.Storage;
import dev.sluice.quota.Quota.Admitted;
import dev.sluice.quota.Quota.Reservation;
import dev.sluice.testing.CassandraServer;
import dev.sluice.testing.Eventually;
import dev.sluice.testing.TestCluster;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.apache.pekko.persistence.query.javadsl.CurrentEventsByPersistenceIdQuery;
import org.apache.pekko.stream.javadsl.Sink;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Three nodes, a real network and a real journal: all charge one bucket at once, up to its limit, and one of them dies over it. What the sessions
 * do is played: they know each request once, whichever node asks.
 */
class LeaseClusterIT {
    private static final int NODES = 3;
    private static final int CLIENTS = 8;
    private static final long ESTIMATE = 1_000;
    private static final long CAPACITY = 8_000 * ESTIMATE;
    private static final long REFILL = 700 * ESTIMATE;
    private static final Duration EXPIRY = Duration.ofSeconds(8);
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String BUCKET = "pool";
    private static final QuotaRule RULE = Rules.holds(CAPACITY);

    enum Victim {
        HOLDER_OF_A_LEASE,
        NODE_OF_THE_BUCKET
    }

    private final CassandraServer cassandra = CassandraServer.shared();
    private final List<Member> members = new ArrayList<>();
    private final Map<String, Long> sessions = new ConcurrentHashMap<>();
    private final Set<String> answered = ConcurrentHashMap.newKeySet();
    private final AtomicInteger heldAllTheSame = new AtomicInteger();
    private volatile boolean isEnding;

    @TempDir
    private Path directory;

    @BeforeEach
    void form() throws Exception {
        var file =
                Files.writeString(directory.resolve("node.conf"), cassandra.settings(CassandraServer.freshKeyspace()));
        var starting = new ArrayList<CompletionStage<ActorSystem<?>>>();
        try (var cluster = new TestCluster(NODES, Map.of())) {
            for (var node = 0; node < NODES; node++) {
                var settings = new HashMap<>(cluster.settings(node));
                // Who dies says nothing to anybody.
                settings.put("pekko.coordinated-shutdown.run-by-actor-system-terminate", "off");
                starting.add(NodeSystem.start(NodeSystem.config(file, settings)));
            }
        }
        for (var node : starting) {
            var system = now(node);
            now(CassandraStore.get(system).tables("journal"));
            now(CassandraStore.get(system).tables("roll"));
            members.add(new Member(system));
        }
    }

    @AfterEach
    void stop() throws Exception {
        members.forEach(Member::die);
        for (var member : members) {
            now(member.system.getWhenTerminated());
        }
    }

    private static <T> T now(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    /** A node with clients, each of which waits for one request before it makes the next. */
    private final class Member {
        final ActorSystem<?> system;
        private final CountDownLatch clients = new CountDownLatch(CLIENTS);
        private final AtomicInteger requests = new AtomicInteger();
        private volatile boolean isDead;
        private final Quota quota;

        Member(ActorSystem<?> system) {
            this.system = system;
            this.quota = Quota.start(
                    system,
                    (id, _, estimate) ->
                            CompletableFuture.completedStage(new Quota.Testimony(cost(id, estimate), List.of(BUCKET))),
                    InstantSource.system(),
                    new QuotaSettings(
                            Storage.queries(system),
                            Duration.ofSeconds(3),
                            Duration.ofSeconds(2),
                            EXPIRY,
                            QuotaSettings.SNAPSHOT_EVERY,
                            false));
        }

        /** From here on nothing that its callbacks do is done by anybody. */
        void die() {
            isDead = true;
            system.terminate();
        }

        void begin(long seed) {
            for (var i = 0; i < CLIENTS; i++) {
                next(new Random(seed + i));
            }
        }

        private void next(Random random) {
            if (isEnding || isDead) {
                clients.countDown();
                return;
            }
            var id = system.address().port().get() + "-" + requests.incrementAndGet();
            var cost = random.nextLong(ESTIMATE + 1);
            var request = new Quota.Request(id, List.of(new Quota.Bucket(BUCKET, RULE)), ESTIMATE, "");
            var _ = quota.reserve(request).whenComplete((verdict, _) -> {
                if (verdict instanceof Admitted(var held)) {
                    var _ = held.recorded().whenComplete((_, unrecorded) -> {
                        if (unrecorded == null) {
                            answer(id, cost, held);
                        } else {
                            fail(id, cost, held);
                        }
                        next(random);
                    });
                } else {
                    system.scheduler()
                            .scheduleOnce(Duration.ofMillis(50), () -> next(random), system.executionContext());
                }
            });
        }

        private void answer(String id, long cost, Reservation held) {
            if (!isDead) {
                answered.add(id);
                settle(id, cost, held);
            }
        }

        /** Of an even cost, to play something: the client had left before, and the provider wants to be paid. */
        private void fail(String id, long cost, Reservation held) {
            if (isDead) {
                return;
            }
            if (cost % 2 != 0) {
                settle(id, 0, held);
                return;
            }
            var _ = held.insist().whenComplete((_, failure) -> {
                if (failure == null && !isDead) {
                    heldAllTheSame.incrementAndGet();
                    settle(id, cost, held);
                }
            });
        }

        private void settle(String id, long cost, Reservation held) {
            var known = cost(id, cost);
            var _ = known == 0 ? held.release() : held.settle(known);
        }

        Quota.Status status() throws Exception {
            var statuses = now(quota.of(List.of(BUCKET)));
            assertThat(statuses).hasSize(1);
            return statuses.getFirst();
        }
    }

    private long cost(String id, long cost) {
        var known = sessions.putIfAbsent(id, cost);
        return known == null ? cost : known;
    }

    @ParameterizedTest
    @EnumSource
    void theBooksBalanceToTheNanodollarWhoeverDies(Victim victim) throws Exception {
        // Given
        for (var i = 0; i < NODES; i++) {
            members.get(i).begin((long) CLIENTS * i);
        }
        Eventually.await(PATIENCE, () -> assertThat(leasesIn(events())).hasSizeGreaterThanOrEqualTo(NODES - 1));
        Eventually.await(PATIENCE, () -> assertThat(answered).hasSizeGreaterThan(4_000));

        // When
        var home = Whereabouts.of(BUCKET, members.stream().map(it -> it.system).toList());
        var dies = members.stream()
                .filter(it -> it.system.equals(home) == (victim == Victim.NODE_OF_THE_BUCKET))
                .findFirst()
                .orElseThrow();
        dies.die();
        var others = members.stream().filter(it -> !it.equals(dies)).toList();
        // It may be on its way to another node.
        Eventually.await(PATIENCE, () -> others.getFirst().status());
        assertThat(now(others.getFirst().quota.refill(BUCKET, REFILL))).isPresent();
        Eventually.await(PATIENCE, () -> {
            var status = others.getFirst().status();
            assertThat(status.availableNanos()).isNotPositive();
            assertThat(status.reservedNanos()).isZero();
        });
        isEnding = true;
        for (var member : others) {
            assertThat(member.clients.await(30, TimeUnit.SECONDS)).isTrue();
        }

        // Then
        Eventually.await(
                PATIENCE,
                () -> assertThat(others.getFirst().status().reservedNanos()).isZero());
        var costs = sessions.values().stream().mapToLong(Long::longValue).sum();
        assertThat(costs).isBetween(CAPACITY + REFILL, CAPACITY + REFILL + ESTIMATE - 1);
        assertThat(sessions.keySet()).containsAll(answered);
        for (var member : others) {
            var status = member.status();
            assertThat(status.spentNanos()).isEqualTo(costs);
            assertThat(status.balanceNanos()).isEqualTo(CAPACITY + REFILL - costs);
        }
        assertJournal(costs);
        System.out.printf(
                "%s: %,d requests answered, %,d in the books, %d held though the journal was late%n",
                victim, answered.size(), sessions.size(), heldAllTheSame.get());
    }

    /** What lies in the journal, and not what a bucket has in its memory. */
    private void assertJournal(long costs) throws Exception {
        var bucket = new BucketState();
        events().forEach(bucket::apply);
        assertThat(bucket.open()).isEmpty();
        assertThat(bucket.leases()).isEmpty();
        assertThat(bucket.leasedNanos()).isZero();
        assertThat(bucket.spentNanos()).isEqualTo(costs);
    }

    private static Set<String> leasesIn(List<Batch> events) {
        var holders = new HashSet<String>();
        for (var batch : events) {
            for (var change : batch.changes()) {
                if (change instanceof Change.Leased leased) {
                    holders.add(leased.holder());
                }
            }
        }
        return holders;
    }

    private List<Batch> events() throws Exception {
        var alive = members.stream().filter(it -> !it.isDead).findFirst().orElseThrow().system;
        return now(PersistenceQuery.get(alive)
                .getReadJournalFor(CurrentEventsByPersistenceIdQuery.class, Storage.queries(alive))
                .currentEventsByPersistenceId(QuotaBucket.ID_PREFIX + BUCKET, 0, Long.MAX_VALUE)
                .map(envelope -> (Batch) Objects.requireNonNull(envelope.event()))
                .runWith(Sink.seq(), alive));
    }
}
