package dev.sluice.config;

import java.time.Duration;

/**
 * A quota's definition. Money in nanodollars.
 *
 * @param name          as written in the policy, template included
 * @param capacityNanos the most a bucket holds, and what it starts with; {@code >= 0}
 * @param rateNanos     refilled over {@code per}, linearly; {@code >= 0}
 * @param rate          as written, for example {@code $5.00/day}
 * @param strict        admit only what surely fits: available &gt;= estimate
 * @param graceNanos    what each node may let through while the bucket cannot be kept; 0 to let nothing through
 */
public record QuotaRule(
        String name, long capacityNanos, long rateNanos, Duration per, String rate, boolean strict, long graceNanos) {

    /** One without grace. */
    public QuotaRule(String name, long capacityNanos, long rateNanos, Duration per, String rate, boolean strict) {
        this(name, capacityNanos, rateNanos, per, rate, strict, 0);
    }

    public QuotaRule {
        if (capacityNanos < 0) {
            throw new IllegalArgumentException("quotas." + name + ".capacity: " + capacityNanos + " (expected: >= 0)");
        }
        if (rateNanos < 0) {
            throw new IllegalArgumentException("quotas." + name + ".rate: " + rateNanos + " (expected: >= 0)");
        }
        if (per.isZero() || per.isNegative()) {
            throw new IllegalArgumentException("quotas." + name + ".rate: per " + per + " (expected: > 0)");
        }
        if (graceNanos < 0 || graceNanos > capacityNanos) {
            throw new IllegalArgumentException("quotas." + name + ".on_storage_failure: " + graceNanos
                    + " (expected: >= 0, at most the capacity)");
        }
    }

    /**
     * One that is written outside of a policy, in the same words.
     *
     * @throws IllegalArgumentException naming what cannot be read
     */
    public static QuotaRule of(String name, String capacity, String rate) {
        var nanos = Dollars.nanos(capacity)
                .orElseThrow(() -> new IllegalArgumentException(
                        "capacity: \"" + capacity + "\" (expected: " + Dollars.EXPECTED + ")"));
        var refill = RefillRate.of(rate)
                .orElseThrow(() ->
                        new IllegalArgumentException("rate: \"" + rate + "\" (expected: " + RefillRate.EXPECTED + ")"));
        return new QuotaRule(name, nanos, refill.nanos(), refill.per(), rate, false);
    }
}
