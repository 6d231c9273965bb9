package dev.sluice.hook;

import com.typesafe.config.Config;
import dev.sluice.config.DatabaseRule;
import java.time.Duration;

/**
 * What {@code sluice.hooks} says; a record that exists is valid.
 *
 * @param inFlight        calls to one hook at one time
 * @param firstPause      after a first failure, about; doubled after each further one
 * @param longestPause    the most that becomes of it
 * @param giveUpAfter     the age of a delivery that is given up
 * @param queueDeliveries that wait, of all hooks; beyond it the oldest is given up
 * @param queueBytes      of those
 * @param memory          bytes of them held in memory; what may not be written is given up beyond it
 * @param lease           for which a node that has died keeps its letters from the others
 */
record HookSettings(
        int inFlight,
        Duration firstPause,
        Duration longestPause,
        Duration giveUpAfter,
        int queueDeliveries,
        long queueBytes,
        long memory,
        Duration lease) {
    /** Cassandra counts leases in seconds, and a quarter of one is for clocks that differ. */
    private static final Duration SHORTEST_LEASE = Duration.ofSeconds(4);

    private static final Duration LONGEST_LEASE = Duration.ofHours(1);

    HookSettings {
        positive("in-flight", inFlight);
        positive("first-pause", firstPause.toMillis());
        positive("longest-pause", longestPause.toMillis());
        positive("give-up-after", giveUpAfter.toMillis());
        positive("queue-deliveries", queueDeliveries);
        positive("queue-bytes", queueBytes);
        positive("memory", memory);
        if (lease.compareTo(SHORTEST_LEASE) < 0 || lease.compareTo(LONGEST_LEASE) > 0) {
            throw new IllegalArgumentException(
                    "sluice.hooks.lease: %s (expected: %s to %s)".formatted(lease, SHORTEST_LEASE, LONGEST_LEASE));
        }
    }

    static HookSettings of(Config root) {
        var config = root.getConfig("sluice.hooks");
        return new HookSettings(
                config.getInt("in-flight"),
                config.getDuration("first-pause"),
                config.getDuration("longest-pause"),
                config.getDuration("give-up-after"),
                config.getInt("queue-deliveries"),
                config.getBytes("queue-bytes"),
                config.getBytes("memory"),
                config.getDuration("lease"));
    }

    /** Nothing of what was said is kept here for longer than captures are. */
    Duration giveUpAfter(DatabaseRule rule) {
        var retention = rule.retention();
        return retention == null || retention.isZero() || retention.compareTo(giveUpAfter) > 0
                ? giveUpAfter
                : retention;
    }

    private static void positive(String key, long value) {
        if (value <= 0) {
            throw new IllegalArgumentException("sluice.hooks.%s: %d (expected: > 0)".formatted(key, value));
        }
    }
}
