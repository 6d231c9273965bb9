package dev.sluice.quota;

import java.time.Duration;

/**
 * How this room runs on a node.
 *
 * @param readJournal       the read journal that lists persistence ids; its plugin id
 * @param askTimeout        how long a bucket may take to answer before doubt is denial
 * @param renewEvery        how often the reservations held here are renewed
 * @param reservationExpiry how long one may go without renewal before its owner counts as dead; longer than {@code renewEvery}
 * @param snapshotEvery     events of a bucket between snapshots. It stands still while one is written, for 5 to 10 ms if it is busy; a recovery replays at
 *     most two such spans
 * @param singleNode        this process alone writes the journal, so whoever held a reservation in an earlier process is dead
 * @param leases            whether this node takes slices of busy buckets that are elsewhere
 */
public record QuotaSettings(
        String readJournal,
        Duration askTimeout,
        Duration renewEvery,
        Duration reservationExpiry,
        int snapshotEvery,
        boolean singleNode,
        boolean leases) {

    /** A busy bucket takes some seconds to get there, and as many tenths to replay it. */
    public static final int SNAPSHOT_EVERY = 25_000;

    /** With leases, where there is more than one node. */
    public QuotaSettings(
            String readJournal,
            Duration askTimeout,
            Duration renewEvery,
            Duration reservationExpiry,
            int snapshotEvery,
            boolean singleNode) {
        this(readJournal, askTimeout, renewEvery, reservationExpiry, snapshotEvery, singleNode, true);
    }

    public QuotaSettings {
        positive("ask-timeout", askTimeout);
        positive("renew-every", renewEvery);
        positive("reservation-expiry", reservationExpiry);
        if (reservationExpiry.compareTo(renewEvery) <= 0) {
            throw new IllegalArgumentException("reservation-expiry: " + reservationExpiry
                    + " (expected: more than renew-every, " + renewEvery + ")");
        }
    }

    /** The defaults of the node settings: a lost renewal or two must not look like a death. */
    public static QuotaSettings defaults(String readJournal, boolean singleNode) {
        return new QuotaSettings(
                readJournal,
                Duration.ofSeconds(3),
                Duration.ofSeconds(30),
                Duration.ofMinutes(2),
                SNAPSHOT_EVERY,
                singleNode);
    }

    /** The same, but for the snapshots. */
    QuotaSettings withSnapshotEvery(int events) {
        return new QuotaSettings(readJournal, askTimeout, renewEvery, reservationExpiry, events, singleNode, leases);
    }

    /** The same, but every request asks its bucket. */
    QuotaSettings withoutLeases() {
        return new QuotaSettings(
                readJournal, askTimeout, renewEvery, reservationExpiry, snapshotEvery, singleNode, false);
    }

    private static void positive(String key, Duration value) {
        if (value.isZero() || value.isNegative()) {
            throw new IllegalArgumentException(key + ": " + value + " (expected: > 0)");
        }
    }
}
