package dev.sluice.quota;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.cluster.sharding.typed.ShardingEnvelope;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The desk with buckets that the test plays, and a network that may lose what it says. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DeskTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(2);

    private final ActorTestKit kit = ActorTestKit.create(TestSystem.config());
    private final TestProbe<ShardingEnvelope<QuotaBucket.Command>> buckets = kit.createTestProbe();
    private final ActorRef<Desk.Message> desk = kit.spawn(Desk.create(
            buckets.ref(),
            "owner",
            new QuotaSettings("none", TIMEOUT, Duration.ofSeconds(30), Duration.ofMinutes(2), 100, false),
            new Outages(TIMEOUT.dividedBy(8), _ -> {}),
            () -> 0));

    @AfterAll
    void stop() {
        kit.shutdownTestKit();
    }

    private Holding ask(String id, String... names) {
        var rule = Rules.holds(100);
        var holding = new Holding(
                new Quota.Request(
                        id,
                        List.of(names).stream()
                                .map(name -> new Quota.Bucket(name, rule))
                                .toList(),
                        10,
                        ""),
                desk);
        desk.tell(new Desk.Ask(holding));
        return holding;
    }

    private <T extends QuotaBucket.Command> T heard(String bucket, Class<T> kind) {
        var envelope = buckets.receiveMessage();
        assertThat(envelope.entityId()).isEqualTo(bucket);
        return kind.cast(envelope.message());
    }

    @Test
    void onlyASilentBucketIsAskedAgainBeforeTimeIsOver() throws Exception {
        var holding = ask("lost", "a", "b");
        heard("a", QuotaBucket.Reserve.class).replyTo().tell(new QuotaBucket.Held("a", "lost"));
        var lost = heard("b", QuotaBucket.Reserve.class);

        var again = heard("b", QuotaBucket.Reserve.class);
        again.replyTo().tell(new QuotaBucket.Held("b", "lost"));

        assertThat(again).isEqualTo(lost);
        assertThat(holding.verdict.get(20, TimeUnit.SECONDS)).isInstanceOf(Quota.Admitted.class);
        holding.release();
        for (var bucket : List.of("a", "b")) {
            heard(bucket, QuotaBucket.Release.class)
                    .replyTo()
                    .tell(new QuotaBucket.Journaled(bucket, List.of(), List.of("lost")));
        }
        holding.closed.get(20, TimeUnit.SECONDS);
    }

    /** Its refusal crossed with the second question, which it may have said yes to: that must not stay set aside. */
    @Test
    void aBucketThatWasAskedAgainAndRefusedIsToldTheEnd() throws Exception {
        var holding = ask("crossed", "c");
        var first = heard("c", QuotaBucket.Reserve.class);
        heard("c", QuotaBucket.Reserve.class);
        first.replyTo()
                .tell(new QuotaBucket.Refused(
                        "crossed", new Quota.Empty("c", 100, 0, Instant.MAX), Duration.ofSeconds(1)));

        assertThat(holding.verdict.get(20, TimeUnit.SECONDS)).isInstanceOf(Quota.Exhausted.class);
        first.replyTo().tell(new QuotaBucket.Held("c", "crossed"));
        heard("c", QuotaBucket.Release.class)
                .replyTo()
                .tell(new QuotaBucket.Journaled("c", List.of(), List.of("crossed")));
        holding.closed.get(20, TimeUnit.SECONDS);
    }

    /** A request that is worth something must not be forgotten with its bucket. */
    @Test
    void aReservationThatIsInsistedOnIsRepeatedUntilTheJournalHoldsIt() throws Exception {
        var holding = ask("unwritten", "e");
        var desk = heard("e", QuotaBucket.Reserve.class).replyTo();
        desk.tell(new QuotaBucket.Held("e", "unwritten"));
        desk.tell(new QuotaBucket.NotJournaled("e", List.of("unwritten"), List.of()));
        assertThat(holding.verdict.get(5, TimeUnit.SECONDS)).isInstanceOf(Quota.Admitted.class);
        assertThat(holding.recorded).failsWithin(Duration.ofSeconds(5));

        var insisted = holding.insist().toCompletableFuture();

        var first = heard("e", QuotaBucket.Insist.class);
        var again = heard("e", QuotaBucket.Insist.class);
        assertThat(again).isEqualTo(first);
        assertThat(insisted).isNotDone();
        desk.tell(new QuotaBucket.Journaled("e", List.of("unwritten"), List.of()));
        insisted.get(5, TimeUnit.SECONDS);
        holding.settle(7);
        assertThat(heard("e", QuotaBucket.Settle.class).nanos()).isEqualTo(7);
        desk.tell(new QuotaBucket.Journaled("e", List.of(), List.of("unwritten")));
        holding.closed.get(5, TimeUnit.SECONDS);
    }

    @Test
    void aBucketThatNeverAnswersIsAskedThreeTimesAndThenToldTheEnd() throws Exception {
        var holding = ask("silent", "d");
        for (var time = 0; time < 3; time++) {
            heard("d", QuotaBucket.Reserve.class);
        }

        assertThat(holding.verdict.get(20, TimeUnit.SECONDS)).isInstanceOf(Quota.Unavailable.class);
        heard("d", QuotaBucket.Release.class)
                .replyTo()
                .tell(new QuotaBucket.Journaled("d", List.of(), List.of("silent")));
        holding.closed.get(20, TimeUnit.SECONDS);
    }
}
