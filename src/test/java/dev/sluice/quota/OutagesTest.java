package dev.sluice.quota;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.QuotaRule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.apache.pekko.actor.testkit.typed.javadsl.BehaviorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.Test;

/** What is known of buckets that do not answer, and what is let in without them. Time is the test's. */
class OutagesTest {
    private static final Duration TICK = Duration.ofMillis(100);
    private static final QuotaRule DENIES = Rules.holds(1_000);
    private static final QuotaRule GRACE = grace(100);

    private final Outages outages = new Outages(TICK, _ -> {});
    private final ActorRef<Desk.Message> nobody =
            BehaviorTestKit.<Desk.Message>create(Behaviors.empty()).getRef();
    private int requests;

    private static QuotaRule grace(long nanos) {
        return new QuotaRule("test", 1_000, 0, Duration.ofDays(1), "$0/day", false, nanos);
    }

    private Holding request(long estimate, QuotaRule rule, String... buckets) {
        return new Holding(
                new Quota.Request(
                        "r" + ++requests,
                        Stream.of(buckets)
                                .map(name -> new Quota.Bucket(name, rule))
                                .toList(),
                        estimate,
                        ""),
                nobody);
    }

    @Test
    void oneFailureIsAnAccident() {
        outages.failed("a", 0);

        assertThat(outages.goAround(request(1, DENIES, "a"), 0)).isNull();
    }

    @Test
    void aSecondFailureInARowIsAnOutage() {
        outages.failed("a", 0);
        outages.failed("a", 1);

        assertThat(outages.goAround(request(1, DENIES, "a"), 1)).contains("bucket a ");
    }

    @Test
    void aFailureAfterASuccessIsAnAccidentAgain() {
        outages.failed("a", 0);
        outages.works("a", 1);
        outages.failed("a", 2);

        assertThat(outages.goAround(request(1, DENIES, "a"), 2)).isNull();
    }

    @Test
    void nobodyWaitsForASilentBucketButTheOneWhoLooks() {
        outages.silent("a", 0);

        var refused = IntStream.range(0, 3 * Outages.WAIT_EVERY)
                .mapToObj(now -> outages.goAround(request(1, DENIES, "a"), now) != null)
                .toList();

        assertThat(refused).filteredOn(it -> !it).hasSize(3);
        assertThat(outages.refusedSoFar()).isEqualTo(refused.size() - 3);
    }

    @Test
    void endsThatAreToBeToldLookSoThatNoRequestHasTo() {
        outages.silent("a", 0);
        var ends = List.of(request(1, DENIES, "a"), request(1, DENIES, "a"));

        for (var now = 0; now < 20; now++) {
            var tick = now;
            var looks = ends.stream()
                    .filter(end -> outages.looksWith(end, end::isOpen, tick))
                    .count();
            assertThat(looks).isEqualTo(now % Outages.LOOK_EVERY == 1 ? 1 : 0);
            assertThat(outages.goAround(request(1, DENIES, "a"), now)).contains("bucket a ");
        }
    }

    @Test
    void whenSeveralAreAwayTheOthersAreNotFoundOutOneByOne() {
        for (var i = 0; i < Outages.EVERYWHERE; i++) {
            assertThat(outages.goAround(request(1, DENIES, "other"), 0)).isNull();
            outages.silent("b" + i, 0);
        }

        assertThat(outages.goAround(request(1, DENIES, "other"), 1)).contains("bucket other ");
        assertThat(outages.goAround(request(1, DENIES, "other"), Outages.LOOK_EVERY))
                .as("the one that looks")
                .isNull();
        assertThat(outages.goAround(request(1, DENIES, "other"), Outages.LOOK_EVERY))
                .contains("bucket other ");
        outages.works("else", 5);
        assertThat(outages.goAround(request(1, DENIES, "other"), 5)).isNull();
        assertThat(outages.goAround(request(1, DENIES, "b0"), 1)).contains("bucket b0 ");
    }

    @Test
    void letsInUpToTheGraceAndMakesRoomOnlyForWhatIsBooked() {
        outages.silent("a", 0);
        var first = request(60, GRACE, "a");
        assertThat(outages.goAround(first, 0)).isNull();

        assertThat(first.isAnswered()).isTrue();
        assertThat(first.recorded).isCompleted();
        assertThat(outages.goAround(request(41, GRACE, "a"), 0)).contains("bucket a ");
        assertThat(outages.goAround(request(40, GRACE, "a"), 0)).isNull();
        assertThat(outages.goAround(request(1, GRACE, "a"), 0)).contains("bucket a ");

        outages.works("a", 1);
        outages.silent("a", 2);
        assertThat(outages.goAround(request(1, GRACE, "a"), 2))
                .as("it works, but has booked nothing")
                .contains("bucket a ");

        first.recorded("a");
        assertThat(outages.goAround(request(60, GRACE, "a"), 2)).isNull();
    }

    @Test
    void whatWasLetInCountsAtItsCostOnceItHasEnded() {
        outages.silent("a", 0);
        var first = request(100, GRACE, "a");
        outages.goAround(first, 0);

        first.ends(30);

        assertThat(outages.goAround(request(70, GRACE, "a"), 0)).isNull();
        assertThat(outages.goAround(request(1, GRACE, "a"), 0)).contains("bucket a ");
    }

    @Test
    void goesWithoutAllThatAreAwayOrIsRefused() {
        outages.silent("a", 0);
        outages.silent("b", 0);
        var mixed = new Holding(
                new Quota.Request(
                        "mixed", List.of(new Quota.Bucket("a", GRACE), new Quota.Bucket("b", DENIES)), 10, ""),
                nobody);

        assertThat(outages.goAround(mixed, 0)).contains("bucket b ");

        assertThat(mixed.isAnswered()).isFalse();
        outages.show(1);
        assertThat(outages.seen().unbookedNanos()).isZero();
    }

    @Test
    void boundsHowManyAreLetInAtNoPrice() {
        outages.silent("a", 0);

        var letIn = IntStream.range(0, Outages.UNBOOKED_MAX + 10)
                .filter(_ -> outages.goAround(request(0, GRACE, "a"), 0) == null)
                .count();

        assertThat(letIn).isEqualTo(Outages.UNBOOKED_MAX);
    }

    @Test
    void tellsWhatIsAwayAndWhatIsNotBooked() {
        outages.silent("a", 0);
        var letIn = request(60, GRACE, "a");
        outages.goAround(letIn, 1);
        outages.silent("b", 5);
        outages.works("a", 8);

        outages.show(15);

        assertThat(outages.seen())
                .isEqualTo(new Quota.Outage(
                        1,
                        false,
                        60,
                        1,
                        List.of(
                                new Quota.Away("a", Duration.ZERO, 60, 1),
                                new Quota.Away("b", TICK.multipliedBy(10), 0, 0))));
        letIn.closed("a");
        outages.works("b", 16);
        outages.show(16);
        assertThat(outages.seen()).isEqualTo(Quota.Outage.NONE);
    }

    /** Buckets come and go, requests are let in, end and are booked in any order: no bucket has more unbooked than its grace allows. */
    @Property(tries = 300)
    void neverHasMoreUnbookedThanTheGrace(@ForAll long seed) {
        var random = new Random(seed);
        var outages = new Outages(TICK, _ -> {});
        var rule = grace(100);
        var open = new ArrayList<Holding>();
        var unbooked = new HashMap<String, Map<Holding, Long>>();
        for (var now = 0; now < 200; now++) {
            var bucket = "b" + random.nextInt(3);
            switch (random.nextInt(6)) {
                case 0 -> outages.silent(bucket, now);
                case 1 -> outages.works(bucket, now);
                case 2, 3 -> {
                    var names = new HashSet<>(List.of(bucket, "b" + random.nextInt(3)));
                    var request = request(random.nextInt(60), rule, names.toArray(String[]::new));
                    if (outages.goAround(request, now) == null) {
                        open.add(request);
                        names.stream()
                                .filter(name -> request.isUnbookedIn(Set.of(name)))
                                .forEach(name -> unbooked.computeIfAbsent(name, _ -> new HashMap<>())
                                        .put(request, request.graceNanos()));
                    }
                }
                case 4 -> {
                    if (!open.isEmpty()) {
                        var request = open.get(random.nextInt(open.size()));
                        var cost = random.nextLong(request.graceNanos() + 1);
                        request.ends(cost);
                        unbooked.values().forEach(of -> of.computeIfPresent(request, (_, _) -> cost));
                    }
                }
                default -> {
                    if (!open.isEmpty()) {
                        var request = open.get(random.nextInt(open.size()));
                        if (random.nextBoolean()) {
                            request.recorded(bucket);
                        } else {
                            request.closed(bucket);
                        }
                        unbooked.getOrDefault(bucket, new HashMap<>()).remove(request);
                    }
                }
            }
            outages.show(now);
            var told = new HashMap<String, Long>();
            outages.seen().buckets().forEach(it -> told.put(it.bucket(), it.unbookedNanos()));
            unbooked.forEach((name, of) -> {
                var sum = of.values().stream().mapToLong(Long::longValue).sum();
                assertThat(told.getOrDefault(name, 0L)).isEqualTo(sum).isLessThanOrEqualTo(rule.graceNanos());
            });
        }
    }
}
