package dev.sluice.quota;

import dev.sluice.quota.Quota.Away;
import dev.sluice.quota.Quota.Bucket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Buckets that do not answer, or whose journal does not: the storage is slow or away, or the bucket's node is. Nobody waits for one of which
 * that is known; its definition says whether requests are refused then or let in for a while, on its {@link Grace}. A value of the desk and
 * its ticks, without actors; what it counts may be read by anybody.
 *
 * <p>A bucket is away once a request has waited for it in vain, or its journal has failed twice in a row: once may be an accident, and heals
 * within the wait. It works again when its journal has something, whatever that is. In between one question at a time looks: a request that it
 * has not heard of yet, or not of its end, or if there is none, the next one that comes.
 */
final class Outages {
    private static final Logger log = LoggerFactory.getLogger(Outages.class);

    /** So many fell away and nobody was heard of since: it is the storage, and the others are not to be found out one by one. */
    static final int EVERYWHERE = 3;

    /** Ticks between two questions to a bucket that is away. */
    static final int LOOK_EVERY = 3;

    /** Ticks between two requests that have to look themselves: longer than one waits in vain, so that they are few. */
    static final int WAIT_EVERY = 12;

    private static final int FAILURES = 2;

    /**
     * Requests of a node that were let in and are not booked, all buckets together: their exchanges wait in memory, too, and sessions carry
     * four times as many. Bounds what is let in at no price.
     */
    static final int UNBOOKED_MAX = 4_000;

    /** Buckets in a report. */
    private static final int REPORTED_MAX = 1_000;

    /** About what it takes to find out that the storage is back, and for a bucket to be read from it. */
    static final Duration RETRY_AFTER = Duration.ofSeconds(5);

    /** What is known of a bucket that failed. */
    private static final class Trouble {
        final long since;
        int failures;
        boolean isAway;
        long lookAt;

        Trouble(long now) {
            since = now;
        }
    }

    private final Map<String, Trouble> troubles = new HashMap<>();
    private final Map<String, Grace> graces = new HashMap<>();
    private final Set<String> back = new HashSet<>();
    private final LongAdder refused = new LongAdder();
    private final LongAdder letIn = new LongAdder();
    private final Duration tick;
    private final Consumer<Boolean> isTrouble;
    private int away;
    private int unheard;
    private long nextTry;
    private int unbooked;
    private volatile Quota.Outage seen = Quota.Outage.NONE;

    /**
     * None so far.
     *
     * @param tick      how long one is of those that everything here is told in
     * @param isTrouble hears whether any bucket is away
     */
    Outages(Duration tick, Consumer<Boolean> isTrouble) {
        this.tick = tick;
        this.isTrouble = isTrouble;
    }

    /**
     * What one bucket has let in on this node that its journal does not know: neither that it is reserved nor what became of it. As much as
     * the definition says is let in; what the journal takes up makes room for more, and nothing else does. So whatever dies whenever, this
     * is all that can be lost.
     */
    final class Grace {
        private final String bucket;
        private long nanos;
        private int requests;

        private Grace(String bucket) {
            this.bucket = bucket;
        }

        private void take(long estimate) {
            nanos += estimate;
            requests++;
            unbooked++;
        }

        /** What was let in at its worst case has ended. */
        void costs(long before, long after) {
            nanos += after - before;
        }

        /** The journal has it. */
        void booked(long amount) {
            nanos -= amount;
            unbooked--;
            if (--requests == 0) {
                graces.remove(bucket);
            }
        }
    }

    /** Whether there is anything to be asked here; else everything is as ever. */
    boolean isTroubled() {
        return !troubles.isEmpty();
    }

    /** Whether it is not to be asked now. */
    private boolean isAway(String bucket, long now) {
        var trouble = troubles.get(bucket);
        if (trouble == null || !trouble.isAway) {
            return isEverywhere() && nextTry > now;
        }
        // Whoever was to look has not for so long: there is nobody but requests.
        return trouble.lookAt + LOOK_EVERY > now;
    }

    private void isAsked(String bucket, long now) {
        var trouble = troubles.get(bucket);
        if (trouble != null) {
            trouble.lookAt = now + WAIT_EVERY;
        } else {
            nextTry = now + WAIT_EVERY;
        }
    }

    boolean isEverywhere() {
        return unheard >= EVERYWHERE;
    }

    /**
     * Whether a bucket that is away is asked next with this request.
     *
     * @param wants which buckets it has something to tell, by their places
     */
    boolean looksWith(Holding holding, IntPredicate wants, long now) {
        var looks = false;
        var buckets = holding.request.buckets();
        for (var i = 0; i < buckets.size(); i++) {
            var trouble = troubles.get(buckets.get(i).name());
            if (trouble != null && trouble.isAway && trouble.lookAt <= now && wants.test(i)) {
                trouble.lookAt = now + LOOK_EVERY;
                looks = true;
            }
        }
        return looks;
    }

    // --- what happens to buckets

    /** Its journal could not write. */
    void failed(String bucket, long now) {
        var trouble = troubles.computeIfAbsent(bucket, _ -> new Trouble(now));
        if (++trouble.failures >= FAILURES) {
            fellAway(bucket, trouble, now);
        }
    }

    /** It, or its journal, said nothing in time. */
    void silent(String bucket, long now) {
        fellAway(bucket, troubles.computeIfAbsent(bucket, _ -> new Trouble(now)), now);
    }

    private void fellAway(String bucket, Trouble trouble, long now) {
        if (trouble.isAway) {
            return;
        }
        trouble.isAway = true;
        // Whoever found out has just asked.
        trouble.lookAt = now + 1;
        away++;
        unheard++;
        isTrouble.accept(true);
        if (unheard <= EVERYWHERE) {
            nextTry = now + LOOK_EVERY;
            log.atWarn()
                    .addKeyValue("bucket", bucket)
                    .log(
                            isEverywhere()
                                    ? "the journal does not answer for several quota buckets; nobody waits for others, either"
                                    : "the journal does not answer for a quota bucket; requests go by its on_storage_failure");
        }
    }

    /** Its journal has something. */
    void works(String bucket, long now) {
        var wasEverywhere = isEverywhere();
        unheard = 0;
        var trouble = troubles.remove(bucket);
        if (trouble == null) {
            return;
        }
        back.add(bucket);
        away -= trouble.isAway ? 1 : 0;
        isTrouble.accept(away > 0);
        if (trouble.isAway && (wasEverywhere || troubles.size() < EVERYWHERE)) {
            var grace = graces.get(bucket);
            log.atInfo()
                    .addKeyValue("bucket", bucket)
                    .addKeyValue(
                            "seconds", tick.multipliedBy(now - trouble.since).toSeconds())
                    .addKeyValue("unbookedNanos", grace == null ? 0 : grace.nanos)
                    .addKeyValue("unbookedRequests", grace == null ? 0 : grace.requests)
                    .log("the journal answers for a quota bucket again");
        }
    }

    /** Those that came back since this was asked last. */
    Set<String> back() {
        if (back.isEmpty()) {
            return Set.of();
        }
        var news = Set.copyOf(back);
        back.clear();
        return news;
    }

    // --- what happens to requests

    /**
     * Before a request asks its buckets: one that is away is left out if its grace allows it.
     *
     * @return why it is refused; null when it may ask the others
     */
    @Nullable
    String goAround(Holding holding, long now) {
        var buckets = holding.request.buckets();
        var missing = new BitSet();
        for (var i = 0; i < buckets.size(); i++) {
            missing.set(i, isAway(buckets.get(i).name(), now));
        }
        if (!missing.isEmpty() && !letIn(holding, missing::get)) {
            refused.increment();
            return missing.stream()
                    .mapToObj(buckets::get)
                    .filter(bucket -> !covers(bucket, holding.graceNanos()))
                    .findFirst()
                    .map(Outages::why)
                    .orElse("too many requests are not booked");
        }
        for (var i = missing.nextClearBit(0); i < buckets.size(); i = missing.nextClearBit(i + 1)) {
            isAsked(buckets.get(i).name(), now);
        }
        return null;
    }

    private static String why(Bucket bucket) {
        return "the storage of bucket " + bucket.name() + " does not answer"
                + (bucket.rule().graceNanos() == 0 ? "" : ", and what may be spent until it does is used up");
    }

    /**
     * Lets a request go on without some of its buckets, if each of these has enough left of its grace; otherwise changes nothing.
     *
     * @param missing which of them, by their places
     */
    boolean letIn(Holding holding, IntPredicate missing) {
        var buckets = holding.request.buckets();
        for (var i = 0; i < buckets.size(); i++) {
            if (missing.test(i) && !covers(buckets.get(i), holding.graceNanos())) {
                return false;
            }
        }
        var isLetIn = false;
        for (var i = 0; i < buckets.size(); i++) {
            if (missing.test(i)) {
                var grace = graces.computeIfAbsent(buckets.get(i).name(), Grace::new);
                grace.take(holding.graceNanos());
                holding.graced(i, grace);
                isLetIn = true;
            }
        }
        if (isLetIn) {
            letIn.increment();
        }
        return true;
    }

    private boolean covers(Bucket bucket, long estimate) {
        var rule = bucket.rule();
        return rule.graceNanos() > 0
                && unbooked < UNBOOKED_MAX
                && unbookedNanos(graces.get(bucket.name())) + estimate <= rule.graceNanos();
    }

    private static long unbookedNanos(@Nullable Grace grace) {
        return grace == null ? 0 : grace.nanos;
    }

    // --- for others to read

    /** Makes what others read of it; cheap when there is nothing. */
    void show(long now) {
        if (troubles.isEmpty() && graces.isEmpty()) {
            seen = Quota.Outage.NONE;
            return;
        }
        var names = new TreeSet<>(graces.keySet());
        troubles.forEach((bucket, trouble) -> {
            if (trouble.isAway) {
                names.add(bucket);
            }
        });
        var list = new ArrayList<Away>();
        for (var bucket : names) {
            if (list.size() == REPORTED_MAX) {
                break;
            }
            list.add(away(bucket, now));
        }
        var nanos = graces.values().stream().mapToLong(grace -> grace.nanos).sum();
        seen = new Quota.Outage(away, isEverywhere(), nanos, unbooked, List.copyOf(list));
    }

    private Away away(String bucket, long now) {
        var trouble = troubles.get(bucket);
        var grace = graces.get(bucket);
        return new Away(
                bucket,
                trouble == null ? Duration.ZERO : tick.multipliedBy(now - trouble.since),
                unbookedNanos(grace),
                grace == null ? 0 : grace.requests);
    }

    Quota.Outage seen() {
        return seen;
    }

    long refusedSoFar() {
        return refused.sum();
    }

    long letInSoFar() {
        return letIn.sum();
    }

    /** The desk begins anew, and its ticks with it. */
    void beginAnew() {
        troubles.clear();
        back.clear();
        away = 0;
        unheard = 0;
        isTrouble.accept(false);
    }
}
