package dev.sluice.hook;

import java.time.Duration;
import java.util.UUID;
import java.util.function.LongSupplier;

/**
 * A queue in Cassandra for as long as this process holds it. It ends once and for all when it was not renewed in time, however late anybody looks: another
 * process may hold the queue then. It ends here a quarter of the lease before it does in Cassandra, whose clocks may differ. Safe to share.
 */
final class Tenure {
    private static final int SAFE_PARTS = 4;

    private final UUID queue;
    private final long spanNanos;
    private final LongSupplier nanoTime;
    private long until;
    private boolean lost;

    /** @param asked when the lease was asked for, by {@code nanoTime} */
    Tenure(UUID queue, Duration lease, long asked, LongSupplier nanoTime) {
        this.queue = queue;
        this.spanNanos = lease.toNanos() - lease.toNanos() / SAFE_PARTS;
        this.nanoTime = nanoTime;
        this.until = asked + spanNanos;
    }

    UUID queue() {
        return queue;
    }

    synchronized boolean isHeld() {
        lost |= nanoTime.getAsLong() - until >= 0;
        return !lost;
    }

    /**
     * Cassandra has given the lease anew.
     *
     * @return false when that came too late
     */
    synchronized boolean renew(long asked) {
        if (!isHeld()) {
            return false;
        }
        until = Math.max(until - asked, spanNanos) + asked;
        return true;
    }

    synchronized void lose() {
        lost = true;
    }
}
