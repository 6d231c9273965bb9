package dev.sluice.quota;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.QuotaRule;
import dev.sluice.quota.Change.Defined;
import java.math.BigDecimal;
import java.math.MathContext;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/**
 * For any window of time: spent &lt;= capacity + refill by rate + refill by hand + what definitions added to the capacity + the estimate
 * of one request, less one nanodollar; where no request costs more than its estimate, and time is the latest the clock has shown.
 */
class BucketInvariantTest {

    /** One step of a bucket's life. */
    sealed interface Step {}

    record Pass(long nanos) implements Step {}

    record Reserve(long estimate) implements Step {}

    record Settle(int which, int percent) implements Step {}

    record Release(int which) implements Step {}

    record Expire(int which) implements Step {}

    record SettleLate(int which, int percent) implements Step {}

    record Refill(long nanos) implements Step {}

    record Define(QuotaRule rule) implements Step {}

    @Property(tries = 2_000)
    void cannotBeOverrun(@ForAll("rules") QuotaRule rule, @ForAll("steps") List<Step> steps) {
        var life = new Life(rule);

        steps.forEach(life::live);

        for (var from = 0; from < life.moments.size(); from++) {
            for (var to = from + 1; to < life.moments.size(); to++) {
                var start = life.moments.get(from);
                var end = life.moments.get(to);
                var allowed = end.granted
                        .subtract(start.granted)
                        .add(BigDecimal.valueOf(life.capacityMax))
                        .add(BigDecimal.valueOf(Math.max(life.estimateMax - 1, 0)));
                assertThat(BigDecimal.valueOf(end.spent - start.spent)).isLessThanOrEqualTo(allowed);
            }
        }
    }

    /** After some step. */
    record Moment(long spent, BigDecimal granted) {}

    /** Plays the entity, and keeps its own books. */
    private static final class Life {
        private final BucketState bucket = new BucketState();
        private final List<String> open = new ArrayList<>();
        private final List<String> expired = new ArrayList<>();
        private final List<Long> estimates = new ArrayList<>();
        private final List<Moment> moments = new ArrayList<>();
        private QuotaRule rule;
        private Instant clock = Rules.NOON;
        private Instant latest = Rules.NOON;
        private BigDecimal granted = BigDecimal.ZERO;
        private long capacityMax;
        private long estimateMax;

        Life(QuotaRule rule) {
            this.rule = rule;
            capacityMax = rule.capacityNanos();
            bucket.apply(Defined.of(rule), clock);
            moments.add(new Moment(0, granted));
        }

        void live(Step step) {
            switch (step) {
                case Pass(var nanos) -> pass(nanos);
                case Reserve(var estimate) -> reserve(estimate);
                case Settle(var which, var percent) -> settle(open, which, percent);
                case SettleLate(var which, var percent) -> settle(expired, which, percent);
                case Release(var which) -> release(which);
                case Expire(var which) -> expire(which);
                case Refill(var nanos) -> refill(nanos);
                case Define(var next) -> define(next);
            }
            moments.add(new Moment(bucket.spentNanos(), granted));
        }

        private void pass(long nanos) {
            clock = clock.plusNanos(nanos);
            if (clock.isAfter(latest)) {
                var elapsed = BigDecimal.valueOf(Duration.between(latest, clock).toNanos());
                granted = granted.add(elapsed.multiply(BigDecimal.valueOf(rule.rateNanos()))
                        .divide(BigDecimal.valueOf(rule.per().toNanos()), MathContext.DECIMAL128));
                latest = clock;
            }
        }

        private void reserve(long estimate) {
            if (bucket.admits(estimate, now())) {
                var id = String.valueOf(estimates.size());
                bucket.apply(new Change.Reserved(id, estimate, "node", ""), now());
                open.add(id);
                estimates.add(estimate);
                estimateMax = Math.max(estimateMax, estimate);
            }
        }

        private void settle(List<String> from, int which, int percent) {
            if (!from.isEmpty()) {
                var id = from.remove(which % from.size());
                bucket.apply(new Change.Settled(id, estimateOf(id) * percent / 100), now());
            }
        }

        private void release(int which) {
            if (!open.isEmpty()) {
                bucket.apply(new Change.Released(open.remove(which % open.size())), now());
            }
        }

        private void expire(int which) {
            if (!open.isEmpty()) {
                var id = open.remove(which % open.size());
                bucket.apply(new Change.Expired(id, estimateOf(id)), now());
                expired.add(id);
            }
        }

        private void refill(long nanos) {
            bucket.apply(new Change.Refilled(nanos), now());
            granted = granted.add(BigDecimal.valueOf(nanos));
        }

        private void define(QuotaRule next) {
            bucket.apply(Defined.of(next), now());
            granted = granted.add(BigDecimal.valueOf(Math.max(0, next.capacityNanos() - rule.capacityNanos())));
            capacityMax = Math.max(capacityMax, next.capacityNanos());
            rule = next;
        }

        private long estimateOf(String id) {
            return estimates.get(Integer.parseInt(id));
        }

        private Instant now() {
            return clock.isBefore(bucket.lastChargeAt()) ? bucket.lastChargeAt() : clock;
        }
    }

    @Provide
    Arbitrary<QuotaRule> rules() {
        return Combinators.combine(
                        Arbitraries.longs().between(0, 10_000),
                        Arbitraries.longs().between(0, 5_000),
                        Arbitraries.of(Duration.ofSeconds(1), Duration.ofNanos(777), Duration.ofDays(30)),
                        Arbitraries.of(true, false))
                .as((capacity, rate, per, strict) ->
                        strict ? Rules.strict(Rules.rule(capacity, rate, per)) : Rules.rule(capacity, rate, per));
    }

    @Provide
    Arbitrary<List<Step>> steps() {
        var which = Arbitraries.integers().between(0, 50);
        var percent = Arbitraries.integers().between(0, 100);
        Arbitrary<Step> step = Arbitraries.frequencyOf(
                Tuple.of(
                        4,
                        Arbitraries.longs()
                                .between(-2_000_000_000L, 3_000_000_000L)
                                .map(Pass::new)),
                Tuple.of(3, Arbitraries.longs().between(0, 1_000).map(Pass::new)),
                Tuple.of(8, Arbitraries.longs().between(0, 6_000).map(Reserve::new)),
                Tuple.of(5, Combinators.combine(which, percent).as(Settle::new)),
                Tuple.of(2, which.map(Release::new)),
                Tuple.of(2, which.map(Expire::new)),
                Tuple.of(1, Combinators.combine(which, percent).as(SettleLate::new)),
                Tuple.of(1, Arbitraries.longs().between(1, 10_000).map(Refill::new)),
                Tuple.of(1, rules().map(Define::new)));
        return step.list().ofMaxSize(60);
    }
}
