package dev.sluice.quota;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.quota.Change.Defined;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class RefillTest {
    private static final long DOLLAR = 1_000_000_000L;

    @Test
    void fillsFiveDollarsADay() {
        var refill = refill(5 * DOLLAR, 5 * DOLLAR, Duration.ofDays(1));

        var noon = refill.evaluate(empty(), Rules.NOON.plus(Duration.ofHours(12)));

        assertThat(noon.nanos()).isEqualTo(2_500_000_000L);
    }

    @Test
    void doesNotMoveWhenTheClockIsSetBack() {
        var refill = refill(DOLLAR, DOLLAR, Duration.ofDays(1));

        assertThat(refill.evaluate(empty(), Rules.NOON.minusSeconds(3600))).isEqualTo(empty());
    }

    @Test
    void neverReachesMoreThanItsCapacity() {
        var refill = refill(10, 1, Duration.ofSeconds(1));

        assertThat(refill.reaches(empty(), 11)).isEqualTo(Instant.MAX);
    }

    @Test
    void neverRefillsAtRateZero() {
        assertThat(refill(10, 0, Duration.ofSeconds(1)).reaches(empty(), 1)).isEqualTo(Instant.MAX);
    }

    @Test
    void survivesTheLargestOfEverything() {
        var refill = refill(Long.MAX_VALUE, Long.MAX_VALUE, Duration.ofNanos(1));

        var full = refill.evaluate(new Balance(Balance.DEBT_MAX, 0, Instant.MIN), Instant.MAX);

        assertThat(full.nanos()).isEqualTo(Refill.CAPACITY_MAX);
    }

    @Property
    void losesNoFractionOverManySmallEvaluations(
            @ForAll @LongRange(min = 0, max = 10_000 * DOLLAR) long rate,
            @ForAll @LongRange(min = 1, max = 2_592_000) long perSeconds,
            @ForAll @Size(max = 40) List<@LongRange(min = 0, max = 5_000_000_000L) Long> steps) {
        var refill = refill(Refill.CAPACITY_MAX, rate, Duration.ofSeconds(perSeconds));
        var stepwise = empty();
        for (var step : steps) {
            stepwise = refill.evaluate(stepwise, stepwise.at().plusNanos(step));
        }

        assertThat(stepwise).isEqualTo(refill.evaluate(empty(), stepwise.at()));
    }

    @Property
    void gainsExactlyRateTimesElapsed(
            @ForAll @LongRange(min = 0) long rate,
            @ForAll @LongRange(min = 1, max = 4_000_000_000_000_000_000L) long perNanos,
            @ForAll @LongRange(min = 0, max = 4_000_000_000_000_000_000L) long elapsed) {
        var refill = refill(Refill.CAPACITY_MAX, rate, Duration.ofNanos(perNanos));

        var gained = refill.evaluate(empty(), Rules.NOON.plusNanos(elapsed)).nanos();

        var exact =
                BigInteger.valueOf(rate).multiply(BigInteger.valueOf(elapsed)).divide(BigInteger.valueOf(perNanos));
        assertThat(BigInteger.valueOf(gained)).isEqualTo(exact.min(BigInteger.valueOf(Refill.CAPACITY_MAX)));
    }

    @Property
    void reachesAnAmountAtTheFirstNanosecondThatHasIt(
            @ForAll @LongRange(min = 1, max = 100 * DOLLAR) long rate,
            @ForAll @LongRange(min = 1, max = 2_592_000) long perSeconds,
            @ForAll @LongRange(min = -DOLLAR, max = 0) long owed,
            @ForAll @LongRange(min = 1, max = DOLLAR) long amount) {
        var refill = refill(DOLLAR, rate, Duration.ofSeconds(perSeconds));
        var balance = new Balance(owed, 0, Rules.NOON);

        var at = refill.reaches(balance, amount);

        if (!at.equals(Instant.MAX)) { // it may take longer than a lifetime
            assertThat(refill.evaluate(balance, at).nanos()).isGreaterThanOrEqualTo(amount);
            assertThat(refill.evaluate(balance, at.minusNanos(1)).nanos()).isLessThan(amount);
        }
    }

    private static Balance empty() {
        return new Balance(0, 0, Rules.NOON);
    }

    private static Refill refill(long capacity, long rate, Duration per) {
        return Refill.of(new Defined(capacity, rate, per, "", false));
    }
}
