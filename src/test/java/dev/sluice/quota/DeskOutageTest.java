package dev.sluice.quota;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.QuotaRule;
import dev.sluice.quota.QuotaBucket.Command;
import dev.sluice.testing.Eventually;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.ShardingEnvelope;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The desk with buckets that the test plays, when they fall silent or their journal fails. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DeskOutageTest {
    private static final Duration TIMEOUT = Duration.ofMillis(800);
    private static final QuotaRule DENIES = Rules.holds(1_000);
    private static final QuotaRule GRACE = new QuotaRule("test", 1_000, 0, Duration.ofDays(1), "$0/day", false, 100);

    private final ActorTestKit kit = ActorTestKit.create(TestSystem.config());
    private int requests;

    @AfterAll
    void stop() {
        kit.shutdownTestKit();
    }

    private enum Mode {
        WORKS,
        SILENT,
        /** Lets in, and cannot write. */
        FAILS
    }

    /** A desk and its buckets. */
    private final class Room {
        volatile Mode mode = Mode.WORKS;
        final Queue<Command> heard = new ConcurrentLinkedQueue<>();
        final QuotaSettings settings =
                new QuotaSettings("none", TIMEOUT, Duration.ofSeconds(30), Duration.ofMinutes(2), 100, false);
        final Outages outages = new Outages(Desk.tick(settings), _ -> {});
        final ActorRef<Desk.Message> desk =
                kit.spawn(Desk.create(kit.spawn(buckets()), "owner", settings, outages, System::nanoTime));

        private Behavior<ShardingEnvelope<Command>> buckets() {
            return Behaviors.receiveMessage(envelope -> {
                heard.add(envelope.message());
                answer(envelope.entityId(), envelope.message());
                return Behaviors.same();
            });
        }

        private void answer(String bucket, Command command) {
            if (mode == Mode.SILENT) {
                return;
            }
            switch (command) {
                case QuotaBucket.Reserve reserve -> {
                    reserve.replyTo().tell(new QuotaBucket.Held(bucket, reserve.id()));
                    tellEnd(reserve.replyTo(), bucket, List.of(reserve.id()), List.of());
                }
                case QuotaBucket.Settle settle -> tellEnd(settle.replyTo(), bucket, List.of(), List.of(settle.id()));
                case QuotaBucket.Release release ->
                    tellEnd(release.replyTo(), bucket, List.of(), List.of(release.id()));
                default -> {}
            }
        }

        private void tellEnd(
                ActorRef<QuotaBucket.Reply> desk, String bucket, List<String> reserved, List<String> closed) {
            desk.tell(
                    mode == Mode.WORKS
                            ? new QuotaBucket.Journaled(bucket, reserved, closed)
                            : new QuotaBucket.NotJournaled(bucket, reserved, closed));
        }

        Holding ask(long estimate, QuotaRule rule, String... buckets) {
            var holding = new Holding(
                    new Quota.Request(
                            "r" + ++requests,
                            Stream.of(buckets)
                                    .map(name -> new Quota.Bucket(name, rule))
                                    .toList(),
                            estimate,
                            ""),
                    desk);
            desk.tell(new Desk.Ask(holding));
            return holding;
        }

        List<Command> heardOf(Holding holding) {
            return heard.stream()
                    .filter(command -> switch (command) {
                        case QuotaBucket.Reserve reserve -> reserve.id().equals(holding.request.requestId());
                        case QuotaBucket.Settle(var id, var nanos, var rule, var replyTo) ->
                            id.equals(holding.request.requestId());
                        case QuotaBucket.Release(var id, var replyTo) -> id.equals(holding.request.requestId());
                        default -> false;
                    })
                    .toList();
        }
    }

    private static Quota.Verdict verdict(Holding holding) throws Exception {
        return holding.verdict.get(5, TimeUnit.SECONDS);
    }

    @Test
    void theFirstWaitsAndTheNextAreRefusedAtOnceUntilTheBucketIsHeardOf() throws Exception {
        var room = new Room();
        room.mode = Mode.SILENT;
        var first = room.ask(10, DENIES, "a");
        var waited = verdict(first);

        var second = room.ask(10, DENIES, "a");
        var refused = (Quota.Unavailable) verdict(second);

        assertThat(waited).isInstanceOf(Quota.Unavailable.class);
        assertThat(refused.retryAfter()).isEqualTo(Outages.RETRY_AFTER);
        assertThat(refused.why()).contains("bucket a");
        second.closed.get(5, TimeUnit.SECONDS);
        assertThat(room.heardOf(second)).isEmpty();
        assertThat(room.outages.refusedSoFar()).isOne();

        room.mode = Mode.WORKS;
        first.closed.get(5, TimeUnit.SECONDS);
        assertThat(verdict(room.ask(10, DENIES, "a"))).isInstanceOf(Quota.Admitted.class);
        Eventually.await(
                Duration.ofSeconds(5), () -> assertThat(room.outages.seen()).isEqualTo(Quota.Outage.NONE));
    }

    @Test
    void letsInUpToTheGraceAndTellsTheBucketWhenItIsBack() throws Exception {
        var room = new Room();
        room.mode = Mode.SILENT;
        var first = room.ask(40, GRACE, "a");

        assertThat(verdict(first)).isInstanceOf(Quota.Admitted.class);
        first.recorded.get(5, TimeUnit.SECONDS);
        var second = room.ask(60, GRACE, "a");
        assertThat(verdict(second)).isInstanceOf(Quota.Admitted.class);
        assertThat(second.recorded).isCompleted();
        assertThat(verdict(room.ask(1, GRACE, "a"))).isInstanceOf(Quota.Unavailable.class);
        first.settle(30);
        assertThat(verdict(room.ask(10, GRACE, "a"))).isInstanceOf(Quota.Admitted.class);
        assertThat(verdict(room.ask(1, GRACE, "a"))).isInstanceOf(Quota.Unavailable.class);
        assertThat(first.closed).isNotDone();
        Eventually.await(
                Duration.ofSeconds(5),
                () -> assertThat(room.outages.seen().unbookedNanos()).isEqualTo(100));

        room.mode = Mode.WORKS;
        first.closed.get(5, TimeUnit.SECONDS);
        Eventually.await(
                Duration.ofSeconds(5), () -> assertThat(room.outages.seen()).isEqualTo(Quota.Outage.NONE));
        assertThat(room.heardOf(first))
                .last()
                .isInstanceOfSatisfying(
                        QuotaBucket.Settle.class,
                        settle -> assertThat(settle.nanos()).isEqualTo(30));
        assertThat(room.heardOf(second))
                .as("it is an ordinary reservation from now on")
                .isNotEmpty()
                .allMatch(QuotaBucket.Reserve.class::isInstance);
        assertThat(verdict(room.ask(90, GRACE, "a"))).isInstanceOf(Quota.Admitted.class);
    }

    @Test
    void whoWasLetInBeforeTheJournalFailedGoesOnIfThereIsGrace() throws Exception {
        var room = new Room();
        room.mode = Mode.FAILS;

        var graced = room.ask(40, GRACE, "a");
        var denied = room.ask(40, DENIES, "b");

        assertThat(verdict(graced)).isInstanceOf(Quota.Admitted.class);
        graced.recorded.get(5, TimeUnit.SECONDS);
        assertThat(verdict(denied)).isInstanceOf(Quota.Admitted.class);
        assertThat(denied.recorded).failsWithin(Duration.ofSeconds(5));
    }

    @Test
    void aBucketThatDeniesDeniesForAllOfARequest() throws Exception {
        var room = new Room();
        room.mode = Mode.SILENT;
        verdict(room.ask(10, DENIES, "denies"));
        verdict(room.ask(10, GRACE, "grace"));
        room.mode = Mode.FAILS; // "works" as far as others can see; nothing is heard of these two
        var both = new Holding(
                new Quota.Request(
                        "both", List.of(new Quota.Bucket("grace", GRACE), new Quota.Bucket("denies", DENIES)), 10, ""),
                room.desk);
        room.desk.tell(new Desk.Ask(both));

        assertThat(verdict(both)).isInstanceOf(Quota.Unavailable.class);
        both.closed.get(5, TimeUnit.SECONDS);
        assertThat(room.heardOf(both)).isEmpty();
    }

    @Test
    void aSlowJournalIsAnOutageForTheNextOnes() throws Exception {
        var room = new Room();
        var slow = room.ask(10, DENIES, "a");
        slow.recorded.get(5, TimeUnit.SECONDS);
        var desk = room.desk;
        room.mode = Mode.SILENT;
        var unrecorded = room.ask(10, DENIES, "a");
        desk.tell(new QuotaBucket.Held("a", unrecorded.request.requestId()));
        assertThat(verdict(unrecorded)).isInstanceOf(Quota.Admitted.class);

        Eventually.await(
                Duration.ofSeconds(5),
                () -> assertThat(room.outages.seen().bucketsAway()).isOne());
        assertThat(verdict(room.ask(10, DENIES, "a"))).isInstanceOf(Quota.Unavailable.class);
        assertThat(unrecorded.recorded).failsWithin(Duration.ofSeconds(5));
    }
}
