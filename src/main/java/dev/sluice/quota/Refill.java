package dev.sluice.quota;

import java.math.BigInteger;
import java.time.Instant;

/**
 * How a bucket fills: {@code gain} nanodollars every {@code period} nanoseconds, linearly, up to {@code capacityNanos}.
 *
 * <p>Exact: what an evaluation gains short of a whole nanodollar stays in {@link Balance#fraction}, counted in {@code 1 / period}, so
 * a thousand small steps give what one large step gives. The rate is kept in lowest terms ($5.00 a day is 5 nanodollars every 86.4
 * microseconds), which keeps nearly every product within a {@code long}; the others take the slow way.
 */
record Refill(long capacityNanos, long gain, long period) {

    /** Larger capacities count as this one, two billion dollars: sums of it and of requests cannot overflow. */
    static final long CAPACITY_MAX = 1L << 61;

    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    /** A span longer than this, 146 years, counts as this. */
    private static final long SECONDS_MAX = Long.MAX_VALUE / 2 / NANOS_PER_SECOND;

    static Refill of(Change.Defined definition) {
        var per = definition.per();
        var period = nanosOf(per.getSeconds(), per.getNano());
        var divisor = gcd(definition.rateNanos(), period);
        return new Refill(
                Math.min(definition.capacityNanos(), CAPACITY_MAX), definition.rateNanos() / divisor, period / divisor);
    }

    Balance full(Instant at) {
        return new Balance(capacityNanos, 0, at);
    }

    /** The balance at a later instant; one that is not later changes nothing, so a clock set back neither refills nor charges. */
    Balance evaluate(Balance balance, Instant at) {
        if (!at.isAfter(balance.at())) {
            return balance;
        }
        var missing = capacityNanos - balance.nanos();
        if (missing <= 0 || gain == 0) {
            return new Balance(Math.min(balance.nanos(), capacityNanos), missing <= 0 ? 0 : balance.fraction(), at);
        }
        var elapsed = nanosBetween(balance.at(), at);
        var parts = gain * elapsed + balance.fraction();
        if (Math.multiplyHigh(gain, elapsed) != 0 || gain * elapsed < 0 || parts < 0) {
            return evaluateBig(balance, missing, elapsed, at);
        }
        var gained = parts / period;
        return gained >= missing ? full(at) : new Balance(balance.nanos() + gained, parts % period, at);
    }

    private Balance evaluateBig(Balance balance, long missing, long elapsed, Instant at) {
        var parts = BigInteger.valueOf(gain)
                .multiply(BigInteger.valueOf(elapsed))
                .add(BigInteger.valueOf(balance.fraction()))
                .divideAndRemainder(BigInteger.valueOf(period));
        return parts[0].compareTo(BigInteger.valueOf(missing)) >= 0
                ? full(at)
                : new Balance(balance.nanos() + parts[0].longValueExact(), parts[1].longValueExact(), at);
    }

    /** When the balance reaches {@code nanos}; {@link Instant#MAX} when refilling alone never gets there. */
    Instant reaches(Balance balance, long nanos) {
        if (balance.nanos() >= nanos) {
            return balance.at();
        }
        if (gain == 0 || nanos > capacityNanos) {
            return Instant.MAX;
        }
        var wait = BigInteger.valueOf(nanos - balance.nanos())
                .multiply(BigInteger.valueOf(period))
                .subtract(BigInteger.valueOf(balance.fraction()))
                .add(BigInteger.valueOf(gain - 1))
                .divide(BigInteger.valueOf(gain));
        return wait.bitLength() > 62 ? Instant.MAX : balance.at().plusNanos(wait.longValueExact());
    }

    private static long nanosBetween(Instant from, Instant to) {
        return nanosOf(to.getEpochSecond() - from.getEpochSecond(), to.getNano() - from.getNano());
    }

    private static long nanosOf(long seconds, long nanos) {
        return seconds > SECONDS_MAX ? SECONDS_MAX * NANOS_PER_SECOND : seconds * NANOS_PER_SECOND + nanos;
    }

    private static long gcd(long a, long b) {
        return b == 0 ? a : gcd(b, a % b);
    }
}
