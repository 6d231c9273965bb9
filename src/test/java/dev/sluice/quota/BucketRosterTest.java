package dev.sluice.quota;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.QuotaRule;
import dev.sluice.quota.QuotaBucket.Acknowledged;
import dev.sluice.quota.QuotaBucket.Command;
import dev.sluice.quota.QuotaBucket.Granted;
import dev.sluice.quota.QuotaBucket.Held;
import dev.sluice.quota.QuotaBucket.Journaled;
import dev.sluice.quota.QuotaBucket.Reply;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.LongAdder;
import org.apache.pekko.Done;
import org.apache.pekko.actor.testkit.typed.FishingOutcome;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.FishingOutcomes;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.persistence.testkit.PersistenceTestKitPlugin;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** What a bucket says of itself, so that it is found after the death of its node. */
class BucketRosterTest {
    private static final ActorTestKit testKit =
            ActorTestKit.create(PersistenceTestKitPlugin.getInstance().config().withFallback(TestSystem.config()));
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final QuotaRule RULE = Rules.holds(1_000);
    private static int buckets;

    private final String name = "pool:" + ++buckets;
    private final TestProbe<Reply> desk = testKit.createTestProbe();

    @AfterAll
    static void stop() {
        testKit.shutdownTestKit();
    }

    private ActorRef<Command> spawn(Roster roster) {
        return testKit.spawn(QuotaBucket.create(
                name,
                new QuotaBucket.Surroundings(
                        "node",
                        new LedgerWitness(),
                        new SetClock(),
                        QuotaSettings.defaults(TestReadJournal.ID, false),
                        new LongAdder(),
                        LedgerWitness.ALONE,
                        _ -> {},
                        roster,
                        () -> true)));
    }

    private void stop(ActorRef<Command> bucket) {
        bucket.tell(new QuotaBucket.Stop());
        desk.expectTerminated(bucket, Duration.ofSeconds(5));
    }

    private void reserve(ActorRef<Command> bucket, String id) {
        bucket.tell(new QuotaBucket.Reserve(id, 10, "node", "", RULE, 0, 0, desk.ref()));
    }

    @Test
    void writesNothingBeforeTheRosterHasIt() {
        var noted = new CompletableFuture<Done>();
        var bucket = spawn(new NotedRoster(noted));

        reserve(bucket, "a");
        reserve(bucket, "b");

        assertThat(desk.receiveMessage()).isEqualTo(new Held(name, "a"));
        assertThat(desk.receiveMessage()).isEqualTo(new Held(name, "b"));
        desk.expectNoMessage(Duration.ofMillis(200));
        noted.complete(Done.getInstance());
        assertThat(desk.receiveMessage()).isEqualTo(new Journaled(name, List.of("a", "b"), List.of()));
    }

    @Test
    void goesOnWhenTheRosterFailsAndSaysItAgain() {
        var roster = new NotedRoster(CompletableFuture.supplyAsync(() -> {
            throw new IllegalStateException("away");
        }));
        var bucket = spawn(roster);

        reserve(bucket, "a");
        desk.fishForMessage(PATIENCE, BucketRosterTest::untilJournaled);
        reserve(bucket, "b");
        desk.fishForMessage(PATIENCE, BucketRosterTest::untilJournaled);

        assertThat(roster.told).containsExactly("wakes 0", "wakes 1");
    }

    @Test
    void saysThatItRestsOnlyWithNothingOpenAndSomethingWritten() {
        // Given
        var first = new NotedRoster();
        var idle = new NotedRoster();
        var second = new NotedRoster();

        // When
        var bucket = spawn(first);
        reserve(bucket, "a");
        desk.fishForMessage(PATIENCE, BucketRosterTest::untilJournaled);
        stop(bucket);
        stop(spawn(idle));
        var again = spawn(second);
        again.tell(new QuotaBucket.Release("a", desk.ref()));
        desk.fishForMessage(PATIENCE, BucketRosterTest::untilJournaled);
        stop(again);

        // Then
        assertThat(first.told).containsExactly("wakes 0");
        assertThat(idle.told).isEmpty();
        assertThat(second.told).containsExactly("wakes 1", "rests 2");
    }

    @Test
    void restsOnlyWithoutLeases() {
        // Given
        var lent = new NotedRoster();
        var returned = new NotedRoster();

        // When
        var bucket = spawn(lent);
        for (var i = 0; i < Lending.HOT_ASKS; i++) {
            bucket.tell(new QuotaBucket.Reserve(
                    "r" + i, 10, "elsewhere", "", RULE, QuotaBucket.WITHOUT_LEASE, 1, desk.ref()));
        }
        var granted = (Granted) desk.fishForMessage(
                        PATIENCE,
                        reply -> reply instanceof Granted
                                ? FishingOutcomes.complete()
                                : FishingOutcomes.continueAndIgnore())
                .getFirst();
        for (var i = 0; i < Lending.HOT_ASKS; i++) {
            bucket.tell(new QuotaBucket.Release("r" + i, desk.ref()));
        }
        desk.fishForMessage(PATIENCE, BucketRosterTest::untilJournaled);
        stop(bucket);
        var again = spawn(returned);
        again.tell(new QuotaBucket.Report(
                granted.lease(), 1, List.of(new Entry.Returned(granted.nanos())), true, 2, desk.ref()));
        desk.fishForMessage(
                PATIENCE,
                reply -> reply instanceof Acknowledged
                        ? FishingOutcomes.complete()
                        : FishingOutcomes.continueAndIgnore());
        stop(again);

        // Then
        assertThat(granted.nanos()).isPositive();
        assertThat(lent.told).containsExactly("wakes 0");
        assertThat(returned.told).hasSize(2).last().asString().startsWith("rests");
    }

    private static FishingOutcome untilJournaled(Reply reply) {
        return reply instanceof Journaled ? FishingOutcomes.complete() : FishingOutcomes.continueAndIgnore();
    }
}
