package dev.sluice.quota;

import static dev.sluice.quota.Rules.holds;
import static dev.sluice.quota.Rules.rule;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.quota.Quota.Admitted;
import dev.sluice.quota.Quota.Bucket;
import dev.sluice.quota.Quota.Exhausted;
import dev.sluice.quota.Quota.Request;
import dev.sluice.quota.Quota.Reservation;
import dev.sluice.quota.Quota.Status;
import dev.sluice.quota.Quota.Unavailable;
import dev.sluice.quota.Quota.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.persistence.testkit.javadsl.PersistenceTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The door on a cluster of one. Expiry is short here: a reservation nobody renews is an orphan after 0.6 to 1.2 s. */
class QuotaIT {
    private static final QuotaSettings SETTINGS = new QuotaSettings(
            TestReadJournal.ID,
            Duration.ofSeconds(2),
            Duration.ofMillis(150),
            // So much longer that a busy machine does not look like a death.
            Duration.ofMillis(1500),
            QuotaSettings.SNAPSHOT_EVERY,
            true);

    private static ActorTestKit testKit;
    private static PersistenceTestKit journal;
    private static LedgerWitness witness;
    private static Quota quota;
    private static int requests;

    @BeforeAll
    static void start() {
        testKit = ActorTestKit.create("QuotaIT", TestSystem.oneNodeCluster());
        journal = PersistenceTestKit.create(testKit.system());
        var cluster = Cluster.get(testKit.system());
        cluster.manager().tell(Join.create(cluster.selfMember().address()));
        witness = new LedgerWitness();
        // A process that died left this in the journal.
        journal.persistForRecovery(
                QuotaBucket.ID_PREFIX + "left:behind",
                List.of(new Batch(
                        Instant.now(),
                        List.of(
                                Change.Defined.of(holds(1_000)),
                                new Change.Reserved("orphan", 300, "dead", "session")))));
        witness.costs.put("orphan", 77L);
        witness.buckets.put("orphan", List.of("left:out", "left:behind"));
        quota = Quota.start(testKit.system(), witness, Instant::now, SETTINGS);
    }

    @AfterAll
    static void stop() {
        ActorTestKit.shutdown(testKit.system(), Duration.ofSeconds(40)); // leaving a cluster takes its rounds of gossip
    }

    @Test
    void chargesWhatADeadProcessLeftBehindWithoutAnyoneAsking() {
        await(() -> assertThat(status("left:behind").spentNanos()).isEqualTo(77));

        assertThat(status("left:behind").reservedNanos()).isZero();
        await(() -> assertThat(quota.orphansCharged()).isPositive());
    }

    @Test
    void chargesTheBucketThatHadNotWrittenTheReservationOfADeadProcessYet() {
        await(() -> assertThat(status("left:behind").spentNanos()).isEqualTo(77));

        await(() -> assertThat(status("left:out").spentNanos()).isEqualTo(77));
    }

    @Test
    void reservesThenSettles() {
        var reservation = admitted(request(60, new Bucket("plain", holds(100))));
        done(reservation.recorded());
        done(reservation.settle(40));

        assertThat(status("plain"))
                .returns(60L, Status::balanceNanos)
                .returns(0L, Status::reservedNanos)
                .returns(40L, Status::spentNanos);
    }

    @Test
    void hearsOnlyTheFirstEndOfAReservation() {
        var reservation = admitted(request(60, new Bucket("once", holds(100))));
        var settled = reservation.settle(40);

        assertThat(reservation.release()).isSameAs(settled);
        assertThat(reservation.settle(99)).isSameAs(settled);
        done(settled);
        assertThat(status("once").spentNanos()).isEqualTo(40);
    }

    @Test
    void admitsARequestWithoutBuckets() {
        var reservation = admitted(request(60));

        done(reservation.recorded());
        done(reservation.settle(1));
    }

    @Test
    void chargesABucketThatIsNamedTwiceOnce() {
        var bucket = new Bucket("twice", holds(100));

        done(admitted(request(60, bucket, bucket)).settle(40));

        assertThat(status("twice").spentNanos()).isEqualTo(40);
    }

    @Test
    void holdsAllBucketsOrNone() {
        var full = new Bucket("all:full", holds(100));
        var spent = new Bucket("all:spent", rule(100, 1, Duration.ofSeconds(1)));
        var broke = new Bucket("all:broke", holds(0));
        done(admitted(request(10, spent)).settle(104));

        var verdict = (Exhausted) verdict(request(60, full, spent, broke));

        assertThat(verdict.buckets())
                .extracting(Quota.Empty::bucket)
                .containsExactlyInAnyOrder("all:spent", "all:broke");
        assertThat(verdict.retryAfter()).isEqualTo(RetryAfter.NEVER);
        await(() -> assertThat(status("all:full"))
                .returns(0L, Status::reservedNanos)
                .returns(100L, Status::balanceNanos));
    }

    @Test
    void saysHowLongToWait() {
        var bucket = new Bucket("wait", rule(100, 1, Duration.ofSeconds(1)));
        done(admitted(request(10, bucket)).settle(130));

        var verdict = (Exhausted) verdict(request(1, bucket));

        assertThat(verdict.retryAfter()).isBetween(Duration.ofSeconds(25), Duration.ofSeconds(31));
    }

    @Test
    void isNotOverrunByACrowd() {
        var bucket = new Bucket("crowd", holds(1_000));

        var verdicts = IntStream.range(0, 500)
                .mapToObj(_ -> quota.reserve(request(10, bucket)))
                .toList();

        assertThat(verdicts.stream().map(QuotaIT::get).filter(Admitted.class::isInstance))
                .hasSize(100);
    }

    @Test
    void refillsAndListsByName() {
        done(admitted(request(10, new Bucket("refill:b|x", holds(100)))).settle(50));

        assertThat(get(quota.refill("refill:b|x", 20))).get().returns(70L, Status::balanceNanos);
        assertThat(get(quota.refill("no such bucket", 20))).isEmpty();
        assertThat(get(quota.list()))
                .extracting(Status::bucket)
                .contains("refill:b|x")
                .isSorted();
    }

    @Test
    void renewsWhatIsHeldForAsLongAsItIsHeld() {
        var reservation = admitted(request(60, new Bucket("renewed", holds(100))));
        var other = reserveAndDie("renewed", 7);

        await(() -> assertThat(witness.asked()).anyMatch(asked -> asked.startsWith(other)));

        assertThat(status("renewed").reservedNanos()).isEqualTo(60);
        done(reservation.settle(1));
    }

    @Test
    void settlesAgainWhenTheJournalFailed() {
        var reservation = admitted(request(60, new Bucket("again", holds(100))));
        done(reservation.recorded());
        journal.failNextPersisted(QuotaBucket.ID_PREFIX + "again");

        done(reservation.settle(40));

        assertThat(status("again").spentNanos()).isEqualTo(40);
    }

    @Test
    void saysThatAReservationCouldNotBeRecordedAndChargesItAllTheSame() {
        done(admitted(request(1, new Bucket("unrecorded", holds(100)))).settle(1));
        journal.failNextPersisted(QuotaBucket.ID_PREFIX + "unrecorded");

        var reservation = admitted(request(60, new Bucket("unrecorded", holds(100))));

        assertThat(reservation.recorded().toCompletableFuture()).failsWithin(Duration.ofSeconds(20));
        done(reservation.settle(40));
        assertThat(status("unrecorded").spentNanos()).isEqualTo(41);
    }

    @Test
    void doubtsABucketThatDoesNotAnswerAndFreesWhatItMayHold() {
        var silent = new Bucket("silent", holds(100));
        journal.failNextNReads(QuotaBucket.ID_PREFIX + "silent", 4); // with its pauses longer than a timeout

        var verdict = verdict(request(60, silent, new Bucket("talkative", holds(100))));

        assertThat(verdict).isInstanceOf(Unavailable.class);
        await(() -> assertThat(status("talkative").reservedNanos()).isZero());
    }

    /** Reserves as a node that then dies: nobody renews. */
    private static String reserveAndDie(String bucket, long nanos) {
        var id = "dead" + ++requests;
        TestProbe<QuotaBucket.Reply> desk = testKit.createTestProbe();
        ClusterSharding.get(testKit.system())
                .entityRefFor(QuotaBucket.KEY, bucket)
                .tell(new QuotaBucket.Reserve(id, nanos, "dead", "session", holds(100), 0, 0, desk.ref()));
        return id;
    }

    private static Request request(long estimate, Bucket... buckets) {
        return new Request("q" + ++requests, List.of(buckets), estimate, "session");
    }

    private static Reservation admitted(Request request) {
        return ((Admitted) verdict(request)).reservation();
    }

    private static Verdict verdict(Request request) {
        return get(quota.reserve(request));
    }

    private static Status status(String bucket) {
        return get(quota.list()).stream()
                .filter(status -> status.bucket().equals(bucket))
                .findAny()
                .orElseThrow(() -> new AssertionError(bucket + " is not listed"));
    }

    private static void done(CompletionStage<?> stage) {
        get(stage);
    }

    private static <T> T get(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
    }

    private static void await(Runnable assertion) {
        testKit.createTestProbe().awaitAssert(Duration.ofSeconds(20), () -> {
            assertion.run();
            return null;
        });
    }
}
