package dev.sluice.quota;

import java.time.Instant;

/**
 * What a bucket held at an instant.
 *
 * @param fraction what it held beyond {@code nanos}, in parts of the {@link Refill}'s period
 */
record Balance(long nanos, long fraction, Instant at) {

    /** No debt is deeper than this, four billion dollars: sums cannot overflow. */
    static final long DEBT_MAX = -(1L << 62);

    Balance less(long cost) {
        return new Balance(Math.max(nanos - cost, DEBT_MAX), fraction, at);
    }
}
