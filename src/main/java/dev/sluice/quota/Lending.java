package dev.sluice.quota;

import dev.sluice.quota.Change.Leased;
import dev.sluice.quota.Change.Released;
import dev.sluice.quota.Change.Reserved;
import dev.sluice.quota.Change.Settled;
import dev.sluice.quota.QuotaBucket.Report;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The bucket's side of leases: to whom, how much, until when. What was lent is in the {@link BucketState} and in the journal; what is here
 * is memory that a crash may take. Knows nothing of actors, journals and clocks. The holder's side is {@link Slice}; the protocol
 * stands in the card of this room.
 */
final class Lending {

    /** Questions of another node within {@link #HOT_WITHIN} that make the bucket hot for it: fewer are cheaper asked than lent. */
    static final int HOT_ASKS = 8;

    static final Duration HOT_WITHIN = Duration.ofSeconds(1);

    /** A slice is worth its while for so many of the larger requests; with less left, they are let in one at a time. */
    static final int WORTH = 8;

    /** No slice is for more requests: it is filled up with every report, and what a dead holder had is of no use to anybody for a while. */
    static final int REQUESTS_MAX = 1_000;

    /** Of what is available, all holders get this part at most. */
    private static final int SHARE = 2;

    /** Holders at once, and those that are counted on their way to be one: more nodes than there will be. */
    static final int HOLDERS_MAX = 256;

    /**
     * A lease is forfeited when nothing was heard of its holder while the bucket looked so often. One look may come late, after a pause
     * of this node, with the holder's reports right behind it.
     */
    static final int LOOKS = 3;

    /** After everything was called back, so long nothing is lent: else a request too large for what is not leased calls it back again. */
    static final Duration REST = Duration.ofSeconds(1);

    /** How much of the larger estimates is forgotten with each request. */
    private static final int FADES = 64;

    private record Asked(Instant since, int times) {}

    private final Map<String, Asked> asked = new HashMap<>();
    private final Map<Long, Integer> looks = new HashMap<>();
    private long usualNanos;
    private boolean recalling;
    private Instant recalledAt = Instant.EPOCH;

    /** Of a request, however it asks. */
    void estimated(long nanos) {
        usualNanos = Math.max(nanos, usualNanos - usualNanos / FADES);
    }

    /** A question of a process on another node: whether it is one of many. */
    boolean isHot(String holder, Instant now) {
        var before = asked.get(holder);
        if (before == null || Duration.between(before.since(), now).abs().compareTo(HOT_WITHIN) > 0) {
            if (asked.size() >= HOLDERS_MAX) {
                asked.clear();
            }
            asked.put(holder, new Asked(now, 1));
            return false;
        }
        asked.put(holder, new Asked(before.since(), before.times() + 1));
        return before.times() + 1 >= HOT_ASKS;
    }

    /** A first slice for a process that has none; 0 for none. */
    long first(BucketState bucket, Instant now) {
        var holders = bucket.leases().size() + 1;
        if (holders > HOLDERS_MAX || isResting(now)) {
            return 0;
        }
        return worth(slice(bucket.availableAt(now), holders));
    }

    /**
     * Takes in what is new in a report, and fills the slice up. Entries count by their number, so that it does not matter how often
     * and when a report comes; requests count by their id besides, for a request may be ended by other ways.
     *
     * @return whether the holder is to give its slice back
     */
    boolean take(BucketState bucket, Report report, Instant now, Consumer<Change> change) {
        var lease = bucket.lease(report.lease());
        if (lease == null) {
            return false;
        }
        heard(lease.lease());
        var seen = lease.seen();
        var left = lease.nanos();
        var number = report.first();
        for (var entry : report.entries()) {
            if (number == seen + 1) {
                left -= enter(bucket, lease.holder(), entry, change);
                seen = number;
            }
            number++;
        }
        var over = lease.over() || (report.last() && seen == number - 1);
        var isNew = seen != lease.seen() || over != lease.over();
        if (!isNew) {
            return !over && isCalledBack(bucket, lease, now);
        }
        // A forfeited slice is empty already; what its holder drew all the same is charged like everything else.
        left = over ? 0 : Math.max(left, 0);
        var grant = over ? 0 : Math.max(0, target(bucket, lease, now) - left);
        var next = new Leased(lease.lease(), lease.holder(), left + grant, lease.granted() + grant, seen, over);
        change.accept(next);
        return !over && isCalledBack(bucket, next, now);
    }

    /** What it takes from the slice. */
    private long enter(BucketState bucket, String holder, Entry entry, Consumer<Change> change) {
        return switch (entry) {
            case Entry.Drawn(var id, var nanos, var memo) -> {
                estimated(nanos);
                if (!bucket.isOver(id) && !bucket.isOpen(id)) {
                    change.accept(new Reserved(id, nanos, holder, memo));
                }
                yield nanos;
            }
            case Entry.Ended(var id, var nanos) -> {
                if (nanos != Desk.RELEASE && !bucket.isClosed(id)) {
                    change.accept(new Settled(id, nanos));
                } else if (nanos == Desk.RELEASE && !bucket.isOver(id)) {
                    change.accept(new Released(id));
                }
                yield 0;
            }
            case Entry.Returned(var nanos) -> nanos;
        };
    }

    private boolean isCalledBack(BucketState bucket, Leased lease, Instant now) {
        return target(bucket, lease, now) == 0;
    }

    /** What should be in this slice, out of what is available and what the bucket last knew to be in it. */
    private long target(BucketState bucket, Leased lease, Instant now) {
        return recalling
                ? 0
                : worth(slice(
                        bucket.availableAt(now) + lease.nanos(),
                        Math.max(1, bucket.leases().size())));
    }

    private long slice(long pool, int holders) {
        var share = pool / (SHARE * (long) holders);
        return usualNanos < share / REQUESTS_MAX ? usualNanos * REQUESTS_MAX : share;
    }

    /** The last dollars are handed out one request at a time: near the limit exactness beats speed. */
    private long worth(long slice) {
        return slice / WORTH < Math.max(1, usualNanos) ? 0 : slice;
    }

    // --- calling back

    /** Nothing is lent from here on, and every holder is to give back what it has. */
    void recall() {
        recalling = true;
    }

    boolean isRecalling() {
        return recalling;
    }

    void recalled(Instant now) {
        recalling = false;
        recalledAt = now;
    }

    private boolean isResting(Instant now) {
        return recalling || Duration.between(recalledAt, now).abs().compareTo(REST) < 0;
    }

    // --- time

    void heard(long lease) {
        looks.remove(lease);
    }

    /** After a recovery every holder gets its whole time to be heard of. */
    void recovered() {
        looks.clear();
        asked.clear();
        recalling = false;
    }

    /** Comes {@link QuotaBucket#WATCHES_PER_EXPIRY} times in the expiry of a reservation. What is forfeited goes back to the bucket. */
    List<Leased> look(BucketState bucket) {
        var active = bucket.leases();
        looks.keySet().retainAll(active.stream().map(Leased::lease).toList());
        return active.stream()
                .filter(lease -> looks.merge(lease.lease(), 1, Integer::sum) >= LOOKS)
                .map(Lending::forfeited)
                .toList();
    }

    private static Leased forfeited(Leased lease) {
        return new Leased(lease.lease(), lease.holder(), 0, lease.granted(), lease.seen(), true);
    }
}
