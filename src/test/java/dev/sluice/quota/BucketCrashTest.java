package dev.sluice.quota;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.QuotaRule;
import dev.sluice.quota.QuotaBucket.Answer;
import dev.sluice.quota.QuotaBucket.Command;
import dev.sluice.quota.QuotaBucket.Held;
import dev.sluice.quota.QuotaBucket.Journaled;
import dev.sluice.quota.QuotaBucket.Known;
import dev.sluice.quota.QuotaBucket.Reply;
import dev.sluice.quota.QuotaBucket.Unable;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tuple;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.statistics.Statistics;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * Whatever dies whenever, every request that was answered is charged what it cost, once, and nothing stays set aside. The bucket is the
 * real one on a journal; it is killed with whatever it has not written. Played here is the door, which answers a request only after its
 * reservation is recorded, and settles until it is acknowledged or dies itself.
 */
class BucketCrashTest {
    private static final ActorTestKit testKit = ActorTestKit.create(TestSystem.config());
    private static final QuotaRule RULE = Rules.holds(1_000_000);
    private static int buckets;

    @AfterContainer
    static void stop() {
        testKit.shutdownTestKit();
    }

    /** What happens next. */
    enum Step {
        RESERVE,
        ANSWER,
        RELEASE,
        SETTLE_AGAIN,
        LISTEN,
        BUCKET_DIES,
        PROCESS_DIES
    }

    @Property(tries = 100, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
    void balancesToTheNanodollar(@ForAll("steps") List<Step> steps) {
        var life = new Life();

        steps.forEach(life::live);
        life.settleTheRest();
        life.processDies();

        var status = life.awaitNothingReserved();
        var answered =
                life.witness.costs.values().stream().mapToLong(Long::longValue).sum();
        Statistics.label("some were answered")
                .collect(answered > 0)
                .coverage(c -> c.check(true).percentage(p -> p > 60));
        assertThat(status.spentNanos()).isEqualTo(answered);
        assertThat(status.balanceNanos()).isEqualTo(RULE.capacityNanos() - answered);
    }

    @Provide
    Arbitrary<List<Step>> steps() {
        return Arbitraries.frequency(
                        Tuple.of(7, Step.RESERVE),
                        Tuple.of(8, Step.ANSWER),
                        Tuple.of(1, Step.RELEASE),
                        Tuple.of(2, Step.SETTLE_AGAIN),
                        Tuple.of(7, Step.LISTEN),
                        Tuple.of(2, Step.BUCKET_DIES),
                        Tuple.of(1, Step.PROCESS_DIES))
                .list()
                .ofMinSize(20)
                .ofMaxSize(40);
    }

    /** One bucket, and the doors that use it one after the other. */
    private static final class Life {
        private final String name = "crash:" + ++buckets;
        private final LedgerWitness witness = new LedgerWitness();
        private final TestProbe<Answer> person = testKit.createTestProbe();
        private int incarnation;
        private int requests;
        private ActorRef<Command> bucket = spawn();

        // The door's memory, which dies with it.
        private final BlockingQueue<Reply> heard = new LinkedBlockingQueue<>();
        private ActorRef<Reply> door = testKit.spawn(ear(heard));
        private final Set<String> held = new HashSet<>();
        private final Set<String> recorded = new HashSet<>();
        private final Map<String, Long> settling = new HashMap<>();

        void live(Step step) {
            switch (step) {
                case RESERVE -> reserve();
                case ANSWER -> answer();
                case RELEASE -> release();
                case SETTLE_AGAIN -> settleAll();
                case LISTEN -> listen();
                case BUCKET_DIES -> bucketDies();
                case PROCESS_DIES -> processDies();
            }
        }

        private void reserve() {
            var id = "r" + ++requests;
            bucket.tell(new QuotaBucket.Reserve(id, 100, owner(), "memo", RULE, 0, 0, door));
        }

        /** Only what is recorded is answered; from here on the witness knows what it cost. */
        private void answer() {
            recorded.stream().findAny().ifPresent(id -> {
                recorded.remove(id);
                witness.costs.put(id, 1L + requests);
                settling.put(id, 1L + requests);
                settle(id, 1L + requests);
            });
        }

        private void release() {
            recorded.stream().findAny().ifPresent(id -> {
                recorded.remove(id);
                bucket.tell(new QuotaBucket.Release(id, door));
            });
        }

        private void settle(String id, long cost) {
            bucket.tell(new QuotaBucket.Settle(id, cost, RULE, door));
        }

        private void settleAll() {
            settling.forEach(this::settle);
        }

        /** Takes what has come so far. */
        private void listen() {
            for (var i = 0; i < 2; i++) { // the second stands in the queue behind the flush
                bucket.tell(new QuotaBucket.Tell(person.ref()));
                person.receiveMessage();
            }
            bucket.tell(new QuotaBucket.Release("mark", door));
            bucket.tell(new QuotaBucket.Reserve("mark", 1, owner(), "memo", RULE, 0, 0, door));
            Reply reply;
            do {
                reply = take();
                hear(reply);
            } while (!(reply instanceof Unable));
        }

        private Reply take() {
            try {
                return Objects.requireNonNull(heard.poll(20, TimeUnit.SECONDS), "the bucket fell silent");
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        private void hear(Reply reply) {
            if (reply instanceof Held(var bucket, var id)) {
                held.add(id);
            } else if (reply instanceof Journaled(var bucket, var reserved, var closed)) {
                reserved.stream().filter(held::remove).forEach(recorded::add);
                closed.forEach(settling::remove);
            }
        }

        private void bucketDies() {
            testKit.stop(bucket);
            bucket = spawn();
        }

        void processDies() {
            testKit.stop(bucket);
            held.clear();
            recorded.clear();
            settling.clear();
            testKit.stop(door);
            heard.clear();
            door = testKit.spawn(ear(heard));
            incarnation++;
            bucket = spawn();
        }

        void settleTheRest() {
            settleAll();
        }

        Quota.Status awaitNothingReserved() {
            bucket.tell(new QuotaBucket.Settle("last", 0, RULE, door)); // so that it exists
            return person.awaitAssert(Duration.ofSeconds(5), () -> {
                bucket.tell(new QuotaBucket.Tell(person.ref()));
                var status = ((Known) person.receiveMessage()).status();
                assertThat(status.reservedNanos()).isZero();
                return status;
            });
        }

        private ActorRef<Command> spawn() {
            return testKit.spawn(QuotaBucket.create(
                    name,
                    new QuotaBucket.Surroundings(
                            owner(),
                            witness,
                            new SetClock(),
                            QuotaSettings.defaults(TestReadJournal.ID, true),
                            new LongAdder(),
                            LedgerWitness.ALONE,
                            _ -> {},
                            new NotedRoster(),
                            () -> true)));
        }

        private static Behavior<Reply> ear(Queue<Reply> heard) {
            return Behaviors.receiveMessage(reply -> {
                heard.add(reply);
                return Behaviors.same();
            });
        }

        private String owner() {
            return "process" + incarnation;
        }
    }
}
