package dev.sluice.quota;

import static dev.sluice.quota.Rules.NOON;
import static dev.sluice.quota.Rules.holds;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import dev.sluice.config.QuotaRule;
import dev.sluice.quota.QuotaBucket.Answer;
import dev.sluice.quota.QuotaBucket.Command;
import dev.sluice.quota.QuotaBucket.Held;
import dev.sluice.quota.QuotaBucket.Journaled;
import dev.sluice.quota.QuotaBucket.Known;
import dev.sluice.quota.QuotaBucket.NoSuchBucket;
import dev.sluice.quota.QuotaBucket.NotJournaled;
import dev.sluice.quota.QuotaBucket.Refused;
import dev.sluice.quota.QuotaBucket.Reply;
import dev.sluice.quota.QuotaBucket.Unable;
import dev.sluice.testing.Eventually;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.apache.pekko.actor.testkit.typed.FishingOutcome;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.FishingOutcomes;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.persistence.testkit.javadsl.EventSourcedBehaviorTestKit;
import org.apache.pekko.persistence.testkit.javadsl.PersistenceTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class QuotaBucketTest {
    private static final int SNAPSHOT_EVERY = 500;
    private static final ActorTestKit testKit =
            ActorTestKit.create(ConfigFactory.parseString("pekko.persistence.testkit.snapshots.serialize = on")
                    // Else a snapshot would be the state itself, and go on changing.
                    .withFallback(EventSourcedBehaviorTestKit.config())
                    .withFallback(TestSystem.config()));
    private static final PersistenceTestKit journal = PersistenceTestKit.create(testKit.system());
    private static int buckets;

    private final String name = "daily:" + ++buckets + "|a@example.com";
    private final SetClock clock = new SetClock();
    private final LedgerWitness witness = new LedgerWitness();
    private final LongAdder orphansCharged = new LongAdder();
    private final List<Command> region = new ArrayList<>();
    private final TestProbe<Reply> desk = testKit.createTestProbe();
    private final TestProbe<Answer> person = testKit.createTestProbe();

    @AfterAll
    static void stop() {
        testKit.shutdownTestKit();
    }

    @Test
    void serializesEverythingItPersistsAndIsTheSameAfterARestart() {
        var kit = EventSourcedBehaviorTestKit.<Command, Batch, BucketState>create(
                testKit.system(), QuotaBucket.create(name, surroundings("node")));
        kit.runCommand(reserve("a", 60, holds(100)));
        kit.runCommand(new QuotaBucket.Settle("a", 40, holds(100), desk.ref()));
        kit.runCommand(reserve("b", 10, holds(100)));
        kit.getState(); // stands in the queue behind the flush

        assertThat(kit.restart().state().snapshot()).isEqualTo(kit.getState().snapshot());
        assertThat(kit.getState().spentNanos()).isEqualTo(40);
        assertThat(kit.getState().reservedNanos()).isEqualTo(10);
    }

    @Test
    void serializesWhatItHearsAndSays() {
        var serialization = testKit.serializationTestKit();
        var rule = Rules.rule(100, 3, Duration.ofMillis(7));

        List.of(
                        reserve("a", 1, rule),
                        new QuotaBucket.Settle("a", 1, rule, desk.ref()),
                        new QuotaBucket.Release("a", desk.ref()),
                        new QuotaBucket.Insist("a", 1, "node", "memo", rule, desk.ref()),
                        new QuotaBucket.Renew(List.of("a", "b")),
                        new QuotaBucket.Refill(1, person.ref()),
                        new QuotaBucket.Tell(person.ref()),
                        new QuotaBucket.ChargeToo("a", 1, person.ref()),
                        new QuotaBucket.Charged(),
                        new QuotaBucket.StayAwake(),
                        new QuotaBucket.Stop(),
                        new Held("bucket", "a"),
                        new Refused("a", new Quota.Empty("bucket", 1, 2, Instant.MAX), Duration.ofSeconds(3)),
                        new Unable("bucket", "a", "why"),
                        new Journaled("bucket", List.of("a"), List.of("b")),
                        new NotJournaled("bucket", List.of("a"), List.of()),
                        new Known(new Quota.Status("bucket", 1, 2, 3, 4, 5, "$1/day", NOON)),
                        new NoSuchBucket())
                .forEach(message -> serialization.verifySerialization(message, true));
    }

    @Test
    void answersBeforeTheJournalDoes() {
        var bucket = spawn("node");

        bucket.tell(reserve("a", 60, holds(100)));

        assertThat(desk.receiveMessage()).isEqualTo(new Held(name, "a"));
        assertThat(desk.receiveMessage()).isEqualTo(new Journaled(name, List.of("a"), List.of()));
    }

    @Test
    void holdsWhatIsInsistedOnHoweverLittleIsLeftAndOnce() {
        var bucket = spawn("node");
        var insist = new QuotaBucket.Insist("b", 60, "node", "memo of b", holds(100), desk.ref());
        bucket.tell(insist);
        bucket.tell(reserve("a", 100, holds(100)));
        awaitStatus(bucket, 160, 0);

        bucket.tell(insist);
        bucket.tell(settle("b", 30));
        awaitStatus(bucket, 100, 30);
        bucket.tell(insist);
        bucket.tell(new QuotaBucket.Insist("c", 50, "node", "memo of c", holds(100), desk.ref()));

        awaitStatus(bucket, 150, 30);
        assertThat(desk.fishForMessage(
                        Duration.ofSeconds(3),
                        reply -> reply instanceof Journaled(var _, var reserved, var _) && reserved.contains("c")
                                ? FishingOutcomes.complete()
                                : FishingOutcomes.continueAndIgnore()))
                .hasSize(1);
    }

    @Test
    void writesOneEventForACrowd() {
        var bucket = spawn("node");

        for (var i = 0; i < 300; i++) {
            bucket.tell(reserve("r" + i, 1, holds(1_000)));
            bucket.tell(settle("r" + i, 1));
        }

        awaitStatus(bucket, 0, 300);
        assertThat(journal.persistedInStorage(QuotaBucket.ID_PREFIX + name)).hasSizeLessThan(60);
    }

    @Test
    void writesTheEndOfOneRequestWithTheBeginningOfTheNext() {
        var bucket = spawn("node");
        bucket.tell(reserve("r0", 60, holds(1_000)));
        awaitJournaled(1);
        var last = new AtomicInteger();

        // An end waits for a twentieth of a second only, in which a busy machine may do something else.
        Eventually.await(Duration.ofSeconds(20), () -> {
            var ended = "r" + last.getAndIncrement();
            var begun = "r" + last.get();
            bucket.tell(settle(ended, 0));
            bucket.tell(reserve(begun, 60, holds(1_000)));

            var written = new ArrayList<Journaled>();
            while (written.stream().noneMatch(it -> it.reserved().contains(begun))) {
                if (desk.receiveMessage() instanceof Journaled journaled) {
                    written.add(journaled);
                }
            }
            assertThat(written).containsExactly(new Journaled(name, List.of(begun), List.of(ended)));
        });
    }

    @Test
    void writesTheEndOfARequestThoughNoOtherComes() {
        var bucket = spawn("node");
        bucket.tell(reserve("a", 60, holds(1_000)));
        desk.fishForMessage(Duration.ofSeconds(3), QuotaBucketTest::untilJournaled);

        bucket.tell(settle("a", 30));

        assertThat(desk.fishForMessage(Duration.ofSeconds(3), QuotaBucketTest::untilJournaled))
                .containsExactly(new Journaled(name, List.of(), List.of("a")));
    }

    @Test
    void saysHowManyWaitForAnEvent() {
        var batch = new Batch(
                NOON,
                List.of(
                        new Change.Settled("a", 1),
                        new Change.Reserved("b", 1, "node", ""),
                        new Change.Released("c"),
                        new Change.Reserved("d", 1, "node", "")));

        assertThat(batch.waiting()).isEqualTo(2);
    }

    @Test
    void refusesWithTheTimeItIsPositiveAgain() {
        var bucket = spawn("node");
        var rule = Rules.rule(100, 1, Duration.ofSeconds(1));
        bucket.tell(reserve("a", 60, rule));
        bucket.tell(new QuotaBucket.Settle("a", 109, rule, desk.ref()));
        desk.receiveMessage();

        bucket.tell(reserve("b", 1, rule));

        assertThat(desk.fishForMessage(Duration.ofSeconds(3), QuotaBucketTest::untilRefused))
                .contains(
                        new Refused("b", new Quota.Empty(name, 100, -9, NOON.plusSeconds(10)), Duration.ofSeconds(10)));
    }

    @Test
    void chargesOnceHoweverOftenItIsTold() {
        var bucket = spawn("node");
        bucket.tell(reserve("a", 60, holds(100)));
        bucket.tell(settle("a", 30));
        bucket.tell(settle("a", 30));
        awaitStatus(bucket, 0, 30);

        bucket.tell(settle("a", 30));

        awaitStatus(bucket, 0, 30);
    }

    @Test
    void holdsNothingForARequestThatWasReleasedBeforeItAsked() {
        var bucket = spawn("node");
        bucket.tell(new QuotaBucket.Release("a", desk.ref()));
        assertThat(desk.receiveMessage()).isEqualTo(new Journaled(name, List.of(), List.of("a")));
        bucket = restart(bucket, "node");

        bucket.tell(reserve("a", 60, holds(100)));

        assertThat(desk.receiveMessage()).isInstanceOf(Unable.class);
    }

    @Test
    void takesAChangedDefinitionFromTheNextRequestAndNotFromALateSettlement() {
        var bucket = spawn("node");
        bucket.tell(reserve("a", 60, holds(100)));
        bucket.tell(reserve("b", 60, holds(500)));
        bucket.tell(new QuotaBucket.Settle("a", 10, holds(100), desk.ref()));

        var status = awaitStatus(bucket, 60, 10);

        assertThat(status.capacityNanos()).isEqualTo(500);
        assertThat(status.availableNanos()).isEqualTo(430);
    }

    @Test
    void doesNotExistBeforeItWasUsed() {
        var bucket = spawn("node");

        bucket.tell(new QuotaBucket.Tell(person.ref()));
        bucket.tell(new QuotaBucket.Refill(5, person.ref()));

        assertThat(person.receiveSeveralMessages(2)).containsOnly(new NoSuchBucket());
        assertThat(journal.persistedInStorage(QuotaBucket.ID_PREFIX + name)).isEmpty();
    }

    @Test
    void refillsByHand() {
        var bucket = spawn("node");
        bucket.tell(settle("a", 70));

        bucket.tell(new QuotaBucket.Refill(50, person.ref()));

        assertThat(person.receiveMessage())
                .isEqualTo(new Known(new Quota.Status(name, 80, 0, 80, 100, 70, "$0/PT24H", NOON)));
    }

    @Test
    void tellsThoseWhoWaitWhenTheJournalFailsAndForgetsWhatItDecided() {
        var bucket = spawn("node");
        bucket.tell(settle("before", 10));
        desk.receiveMessage();
        journal.failNextPersisted(QuotaBucket.ID_PREFIX + name);

        bucket.tell(reserve("a", 60, holds(100)));

        assertThat(desk.receiveMessage()).isEqualTo(new Held(name, "a"));
        assertThat(desk.receiveMessage()).isEqualTo(new NotJournaled(name, List.of("a"), List.of()));
        awaitStatus(bucket, 0, 10);
    }

    @Test
    void stopsOnTheJournalsRefusalAndTellsThoseWhoWait() {
        var bucket = spawn("node");
        journal.rejectNextPersisted(QuotaBucket.ID_PREFIX + name);

        bucket.tell(reserve("a", 60, holds(100)));

        assertThat(desk.receiveMessage()).isEqualTo(new Held(name, "a"));
        assertThat(desk.receiveMessage()).isEqualTo(new NotJournaled(name, List.of("a"), List.of()));
        desk.expectTerminated(bucket);
    }

    @Test
    void writesWhatIsPendingBeforeItIsPassivated() {
        var bucket = spawn("node");
        bucket.tell(reserve("a", 60, holds(100)));

        bucket.tell(new QuotaBucket.Stop());

        desk.receiveMessage();
        assertThat(desk.receiveMessage()).isEqualTo(new Journaled(name, List.of("a"), List.of()));
        desk.expectTerminated(bucket);
        awaitStatus(spawn("node"), 60, 0);
    }

    @Test
    void chargesTheReservationsOfADeadProcessWhatTheWitnessSays() {
        var bucket = spawn("node");
        bucket.tell(reserve("a", 60, holds(100)));
        bucket.tell(reserve("b", 7, holds(100)));
        awaitJournaled(2);
        witness.costs.put("a", 33L);
        witness.failNext(1);

        bucket = restart(bucket, "new");

        awaitStatus(bucket, 0, 33);
        assertThat(witness.asked())
                .containsOnly("a memo of a 60", "b memo of b 7")
                .hasSize(3);
        assertThat(orphansCharged.sum()).isEqualTo(2);
    }

    @Test
    void isChargedForAnOrphanOfAnotherBucketOnce() {
        var bucket = spawn("node");
        bucket.tell(reserve("a", 60, holds(100)));
        awaitJournaled(1);

        for (var id : List.of("a", "unheard-of", "a", "unheard-of")) {
            bucket.tell(new QuotaBucket.ChargeToo(id, 33, person.ref()));
            person.expectMessage(new QuotaBucket.Charged());
        }

        awaitStatus(restart(bucket, "new"), 0, 66);
    }

    /** Its session knows it as lost by now, at what was charged. */
    @Test
    void whatExpiredIsNotGivenBack() {
        var bucket = spawn("node");
        bucket.tell(new QuotaBucket.Reserve("a", 60, "dead", "memo of a", holds(100), 0, 0, desk.ref()));
        desk.fishForMessage(Duration.ofSeconds(3), QuotaBucketTest::untilJournaled);
        witness.costs.put("a", 60L);
        var again = restart(bucket, "node");
        awaitStatus(again, 0, 60);

        again.tell(new QuotaBucket.Release("a", desk.ref()));

        assertThat(desk.fishForMessage(Duration.ofSeconds(3), QuotaBucketTest::untilJournaled))
                .containsExactly(new Journaled(name, List.of(), List.of("a")));
        awaitStatus(again, 0, 60);
    }

    @Test
    void isNotChargedForAnOrphanThatIsSettledHere() {
        var bucket = spawn("node");
        bucket.tell(settle("a", 40));
        bucket.tell(new QuotaBucket.ChargeToo("a", 33, person.ref()));
        person.expectMessage(new QuotaBucket.Charged());

        awaitStatus(bucket, 0, 40);
    }

    @Test
    void remembersAChargeThatCameBeforeItsDefinition() {
        var bucket = spawn("node");
        bucket.tell(new QuotaBucket.ChargeToo("a", 33, person.ref()));
        person.expectMessage(new QuotaBucket.Charged());
        assertThat(awaitStatus(bucket, 0, 33)).returns(0L, Quota.Status::capacityNanos);

        bucket.tell(reserve("b", 7, holds(100)));

        assertThat(awaitStatus(bucket, 7, 33)).returns(67L, Quota.Status::balanceNanos);
    }

    @Test
    void leavesTheReservationsOfItsOwnProcessAlone() {
        var bucket = spawn("node");
        bucket.tell(reserve("a", 60, holds(100)));
        awaitJournaled(1);

        bucket = restart(bucket, "node");

        awaitStatus(bucket, 60, 0);
        assertThat(witness.asked()).isEmpty();
    }

    @Test
    void takesSnapshotsAndDeletesWhatTheyCover() {
        var bucket = spawn("node");
        for (var i = 0; i < 4 * SNAPSHOT_EVERY; i++) {
            // Each waits for the one before, so each is an event.
            bucket.tell(reserve("r" + i, 1, holds(10_000)));
            desk.fishForMessage(Duration.ofSeconds(3), QuotaBucketTest::untilJournaled);
            bucket.tell(settle("r" + i, 1));
        }
        desk.fishForMessage(Duration.ofSeconds(3), QuotaBucketTest::untilJournaled);

        awaitStatus(restart(bucket, "node"), 0, 4 * SNAPSHOT_EVERY);
        assertThat(journal.persistedInStorage(QuotaBucket.ID_PREFIX + name))
                .hasSizeLessThanOrEqualTo(3 * SNAPSHOT_EVERY);
    }

    private static FishingOutcome untilRefused(Reply reply) {
        return reply instanceof Refused ? FishingOutcomes.complete() : FishingOutcomes.continueAndIgnore();
    }

    private static FishingOutcome untilJournaled(Reply reply) {
        return reply instanceof Journaled ? FishingOutcomes.complete() : FishingOutcomes.continueAndIgnore();
    }

    private ActorRef<Command> spawn(String incarnation) {
        return testKit.spawn(QuotaBucket.create(name, surroundings(incarnation)));
    }

    private ActorRef<Command> restart(ActorRef<Command> bucket, String incarnation) {
        testKit.stop(bucket);
        return spawn(incarnation);
    }

    private QuotaBucket.Surroundings surroundings(String incarnation) {
        return new QuotaBucket.Surroundings(
                incarnation,
                witness,
                clock,
                QuotaSettings.defaults(TestReadJournal.ID, true).withSnapshotEvery(SNAPSHOT_EVERY),
                orphansCharged,
                LedgerWitness.ALONE,
                region::add,
                new NotedRoster(),
                () -> true);
    }

    private QuotaBucket.Reserve reserve(String id, long estimate, QuotaRule rule) {
        return new QuotaBucket.Reserve(id, estimate, "node", "memo of " + id, rule, 0, 0, desk.ref());
    }

    private QuotaBucket.Settle settle(String id, long nanos) {
        return new QuotaBucket.Settle(id, nanos, holds(100), desk.ref());
    }

    private void awaitJournaled(int reservations) {
        for (var journaled = 0; journaled < reservations; ) {
            journaled += desk.receiveMessage() instanceof Journaled(var bucket, var reserved, var closed)
                    ? reserved.size()
                    : 0;
        }
    }

    private Quota.Status awaitStatus(ActorRef<Command> bucket, long reserved, long spent) {
        return person.awaitAssert(Duration.ofSeconds(10), () -> {
            bucket.tell(new QuotaBucket.Tell(person.ref()));
            var status = ((Known) person.receiveMessage()).status();
            assertThat(status.reservedNanos()).isEqualTo(reserved);
            assertThat(status.spentNanos()).isEqualTo(spent);
            return status;
        });
    }
}
