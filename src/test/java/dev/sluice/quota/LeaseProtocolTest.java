package dev.sluice.quota;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.config.QuotaRule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.statistics.Statistics;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Leases, whatever the network does and whoever dies when. At every step: no holder may spend what the bucket's journal has not set aside for
 * it, and, for any window of time, what requests cost is at most capacity + refill + the estimate of one request, less one nanodollar, beside
 * what is excused. In the end: nothing is set aside, every exchange is charged once, and the balance is what follows from that.
 *
 * <p>Excused is, to the nanodollar, what a bucket let in itself and died before writing down, which leases change nothing about, and what a slice let in
 * whose holder was then not heard of until it was forfeited: paused or cut off for a minute, and alive. Without pauses and cuts there is none of the latter.
 *
 * <p>{@link #findsWhatIsSpoilt} shows that this test can fail.
 */
class LeaseProtocolTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long MILLI = 1_000_000L;
    private static final List<QuotaRule> RULES = List.of(
            Rules.holds(1_000_000),
            Rules.holds(20_000),
            Rules.rule(100_000, 2_000, Duration.ofSeconds(1)),
            Rules.strict(Rules.rule(50_000, 1_000, Duration.ofSeconds(1))));

    /** What happens next. */
    sealed interface Step {}

    record Pass(long millis) implements Step {}

    record Burst(int holder, int requests, long estimate, int percent) implements Step {}

    record End(int holder, int which) implements Step {}

    record Leave(int holder, int which) implements Step {}

    record EndAll(int holder) implements Step {}

    record HolderDies(int holder) implements Step {}

    record BucketDies(long millis) implements Step {}

    record Pause(int holder, long millis) implements Step {}

    record Cut(int holder, long millis) implements Step {}

    record Refill(long nanos) implements Step {}

    record Define(int rule) implements Step {}

    @Property(tries = 1_500, edgeCases = EdgeCasesMode.NONE)
    void holdsWhateverHappens(@ForAll long seed, @ForAll("steps") List<Step> steps) {
        var life = new Life(seed, LeaseWorld.Spoilt.NOT);

        life.live(steps);

        Statistics.label("requests were let in by slices")
                .collect(life.world.drawn > 0)
                .coverage(c -> c.check(true).percentage(p -> p > 60));
        Statistics.label("requests were insisted on")
                .collect(life.world.insisted > 0)
                .coverage(c -> c.check(true).percentage(p -> p > 2));
        if (steps.stream().noneMatch(step -> step instanceof Pause || step instanceof Cut)) {
            assertThat(life.world.strayNanos).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NOT")
    void findsWhatIsSpoilt(LeaseWorld.Spoilt spoilt) {
        assertThatThrownBy(() -> {
                    var sample = new java.util.Random(42);
                    for (var i = 0; i < 4_000; i++) {
                        new Life(sample.nextLong(), spoilt).live(randomSteps(sample));
                    }
                })
                .isInstanceOf(AssertionError.class);
    }

    private static List<Step> randomSteps(java.util.Random random) {
        var steps = new ArrayList<Step>();
        for (var i = 0; i < 40; i++) {
            var holder = random.nextInt(3);
            steps.add(
                    switch (random.nextInt(18)) {
                        case 0, 1, 2, 3 -> new Pass(1 + random.nextInt(400));
                        case 4 -> new Pass(random.nextInt(40_000));
                        case 5, 6, 7, 8 ->
                            new Burst(holder, 1 + random.nextInt(20), 1 + random.nextInt(500), random.nextInt(101));
                        case 9, 10 -> new End(holder, random.nextInt(50));
                        case 11 -> new EndAll(holder);
                        case 12 -> new HolderDies(holder);
                        case 13, 14 -> new BucketDies(random.nextInt(2_000));
                        case 15 -> new Leave(holder, random.nextInt(50));
                        case 16 -> new Cut(holder, random.nextInt(30_000));
                        default -> new Pause(holder, random.nextInt(20_000));
                    });
        }
        return steps;
    }

    private record Moment(long spent, long granted, long excused) {}

    private static final class Life {
        final LeaseWorld world;
        private final List<Moment> moments = new ArrayList<>();
        private long granted;
        private long capacityMax;
        private long estimateMax = 1;
        private boolean isRedefined;

        Life(long seed, LeaseWorld.Spoilt spoilt) {
            world = new LeaseWorld(seed, RULES.getFirst(), 3, spoilt);
            capacityMax = world.rule.capacityNanos();
        }

        void live(List<Step> steps) {
            steps.forEach(step -> {
                step(step);
                checkNothingIsPromisedTwice();
                moments.add(new Moment(world.sessionNanos, granted, world.excusedNanos));
            });
            settleDown();
            moments.add(new Moment(world.sessionNanos, granted, world.excusedNanos));
            checkWindows();
            checkTheEnd();
        }

        private void step(Step step) {
            switch (step) {
                case Pass(var millis) -> pass(millis * MILLI);
                case Burst(var holder, var requests, var estimate, var percent) -> {
                    estimateMax = Math.max(estimateMax, estimate);
                    for (var i = 0; i < requests; i++) {
                        world.holders.get(holder).ask(estimate, percent);
                        pass(5 * MILLI);
                    }
                }
                case End(var holder, var which) -> world.holders.get(holder).end(which);
                case Leave(var holder, var which) -> world.holders.get(holder).leave(which);
                case EndAll(var holder) -> world.holders.get(holder).endAll();
                case HolderDies(var holder) -> world.holders.get(holder).crash();
                case BucketDies(var millis) -> world.bucket.crash(millis * MILLI);
                case Pause(var holder, var millis) -> world.holders.get(holder).pause(millis * MILLI);
                case Cut(var holder, var millis) -> world.holders.get(holder).cut(millis * MILLI);
                case Refill(var nanos) -> {
                    granted += nanos;
                    world.bucket.refill(nanos);
                }
                case Define(var which) -> define(RULES.get(which));
            }
        }

        private void pass(long nanos) {
            world.pass(nanos);
            // The highest of all rates: the bucket may not have heard of the latest definition.
            granted += 2_000 * nanos / SECOND + 1;
        }

        private void define(QuotaRule rule) {
            granted += Math.max(0, rule.capacityNanos() - world.rule.capacityNanos());
            capacityMax = Math.max(capacityMax, rule.capacityNanos());
            // Definitions that are on their way may alternate: what a bucket is raised by each time is granted, too.
            world.rule = rule;
            isRedefined = true;
        }

        /** Charged, reserved and leased together: the capacity and what was refilled, but for the last request that was let in. */
        private void checkNothingIsPromisedTwice() {
            var bucket = world.bucket.ahead;
            var least = 1 - estimateMax - world.excusedNanos - world.heldTwiceNanos;
            if (!isRedefined && bucket.isDefined() && bucket.availableAt(world.instant()) < least) {
                throw new AssertionError("promised " + -bucket.availableAt(world.instant()) + " more than there is, of "
                        + -least + " that may be");
            }
        }

        /** The network heals, all requests end, and time passes until what the dead left behind is charged. */
        private void settleDown() {
            world.isCalm = true;
            world.holders.forEach(LeaseWorld.Holder::heal);
            for (var i = 0; i < 40; i++) {
                pass(20 * SECOND);
                world.holders.forEach(LeaseWorld.Holder::endAll);
            }
        }

        private void checkWindows() {
            for (var from = 0; from < moments.size(); from++) {
                for (var to = from + 1; to < moments.size(); to++) {
                    var start = moments.get(from);
                    var end = moments.get(to);
                    // What was excused before a window may be spent within it.
                    var allowed = end.granted() - start.granted() + capacityMax + estimateMax - 1 + end.excused();
                    if (end.spent() - start.spent() > allowed) {
                        throw new AssertionError("spent " + (end.spent() - start.spent()) + " of " + allowed
                                + " between steps " + from + " and " + to);
                    }
                }
            }
        }

        private void checkTheEnd() {
            var bucket = world.bucket.durable();
            assertThat(world.holders).allMatch(LeaseWorld.Holder::isIdle);
            assertThat(bucket.leases()).isEmpty();
            assertThat(bucket.leasedNanos()).isZero();
            assertThat(bucket.open()).isEmpty();
            assertThat(world.session.keySet()).containsAll(world.answered);
            var charged = new HashMap<String, Long>();
            var balance = 0L;
            var fraction = 0L;
            var at = Rules.NOON;
            Change.Defined rule = null;
            for (var batch : world.bucket.journal) {
                for (var change : batch.changes()) {
                    if (rule != null) {
                        // By hand, in 64 bits: rates here are whole nanodollars a second.
                        var gained = rule.rateNanos() == 0
                                ? 0
                                : rule.rateNanos()
                                                * Duration.between(at, batch.at())
                                                        .toNanos()
                                        + fraction;
                        balance = Math.min(rule.capacityNanos(), balance + gained / SECOND);
                        fraction = balance == rule.capacityNanos() ? 0 : gained % SECOND;
                    }
                    at = batch.at();
                    switch (change) {
                        case Change.Defined defined -> {
                            balance = rule == null
                                    ? defined.capacityNanos() + balance // charged before it was defined
                                    : defined.capacityNanos() - (rule.capacityNanos() - balance);
                            fraction = 0;
                            rule = defined;
                        }
                        case Change.Settled(var id, var nanos) -> {
                            var before = charged.put(id, nanos);
                            balance += (before == null ? 0 : before) - nanos;
                        }
                        case Change.Expired(var id, var nanos) -> {
                            charged.put(id, nanos);
                            balance -= nanos;
                        }
                        case Change.Refilled(var nanos) ->
                            balance = Math.min(rule == null ? 0 : rule.capacityNanos(), balance + nanos);
                        default -> {}
                    }
                    if (rule != null) {
                        balance = Math.min(balance, rule.capacityNanos());
                    }
                }
            }
            charged.values().removeIf(nanos -> nanos == 0);
            var costs = new HashMap<>(world.session);
            costs.values().removeIf(nanos -> nanos == 0);
            assertThat(charged).isEqualTo(costs);
            assertThat(bucket.spentNanos()).isEqualTo(world.sessionNanos);
            if (rule != null) {
                assertThat(bucket.balanceAt(at)).isEqualTo(balance);
            }
        }
    }

    @Provide
    Arbitrary<List<Step>> steps() {
        var holder = Arbitraries.integers().between(0, 2);
        var millis = Arbitraries.longs().between(0, 100_000);
        Arbitrary<Step> step = Arbitraries.frequencyOf(
                Tuple.of(6, Arbitraries.longs().between(0, 400).map(Pass::new)),
                Tuple.of(2, Arbitraries.longs().between(0, 40_000).map(Pass::new)),
                Tuple.of(
                        8,
                        Combinators.combine(
                                        holder,
                                        Arbitraries.integers().between(1, 20),
                                        Arbitraries.longs().between(1, 500),
                                        Arbitraries.integers().between(0, 100))
                                .as(Burst::new)),
                Tuple.of(
                        4,
                        Combinators.combine(holder, Arbitraries.integers().between(0, 50))
                                .as(End::new)),
                Tuple.of(
                        2,
                        Combinators.combine(holder, Arbitraries.integers().between(0, 50))
                                .as(Leave::new)),
                Tuple.of(3, holder.map(EndAll::new)),
                Tuple.of(1, holder.map(HolderDies::new)),
                Tuple.of(1, Arbitraries.longs().between(0, 5_000).map(BucketDies::new)),
                Tuple.of(1, Combinators.combine(holder, millis).as(Pause::new)),
                Tuple.of(1, Combinators.combine(holder, millis).as(Cut::new)),
                Tuple.of(1, Arbitraries.longs().between(1, 20_000).map(Refill::new)),
                Tuple.of(1, Arbitraries.integers().between(0, 3).map(Define::new)));
        Arbitrary<List<Step>> one = step.map(List::of);
        return Arbitraries.frequencyOf(Tuple.of(40, one), Tuple.of(1, isolation(holder)))
                .list()
                .ofMinSize(10)
                .ofMaxSize(50)
                .map(some -> some.stream().flatMap(List::stream).toList());
    }

    /** A node is cut off and goes on for a while, clients leave it, and it may not be heard of again: by chance alone this would seldom come together. */
    private static Arbitrary<List<Step>> isolation(Arbitrary<Integer> holder) {
        return Combinators.combine(
                        holder,
                        Arbitraries.integers().between(Lending.HOT_ASKS, 20),
                        Arbitraries.integers().between(1, 5),
                        Arbitraries.integers().between(0, 50),
                        Arbitraries.longs().between(8_000, 40_000),
                        Arbitraries.of(true, false))
                .as((node, before, after, which, millis, dies) -> List.of(
                        new Burst(node, before, 100, 50),
                        new Pass(200),
                        new Cut(node, 40_000),
                        new Burst(node, after, 100, 50),
                        new Leave(node, which),
                        new Leave(node, which),
                        new Pass(millis),
                        dies ? new HolderDies(node) : new Pass(40_000)));
    }
}
