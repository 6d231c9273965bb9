package dev.sluice.quota;

import dev.sluice.config.QuotaRule;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;

/** Money left. Reserves before a request, settles after it; all buckets of a request, or none. */
public interface Quota {

    /**
     * Opens the room on a node: call it once. Stages that {@link #reserve} and {@link Reservation} return complete on the room's own
     * actor, so what hangs on them must be brief or move to an executor.
     */
    static Quota start(ActorSystem<?> system, Witness witness, InstantSource clock, QuotaSettings settings) {
        return ShardedQuota.start(system, witness, clock, settings);
    }

    /** Whether an entity of the journal is a bucket. */
    static boolean isBucket(String persistenceId) {
        return persistenceId.startsWith(QuotaBucket.ID_PREFIX);
    }

    /** Has a bucket found on Cassandra that was filled elsewhere, and looked through for what nobody will settle. */
    static CompletionStage<Done> enter(ActorSystem<?> system, String bucket) {
        return new RosterInCassandra(system).wakes(bucket, 0);
    }

    /** A bucket by its expanded name, with the definition that holds now. */
    record Bucket(String name, QuotaRule rule) {}

    /**
     * What a request wants set aside.
     *
     * @param estimateNanos the worst case; charged when the request's owner dies
     * @param memo          comes back to the {@link Witness} when the owner died
     */
    record Request(String requestId, List<Bucket> buckets, long estimateNanos, String memo) {}

    /** The answer to a reservation. */
    sealed interface Verdict {}

    /** Every bucket holds the reservation. */
    record Admitted(Reservation reservation) implements Verdict {}

    /**
     * No bucket holds anything.
     *
     * @param retryAfter until every exhausted bucket is positive again
     */
    record Exhausted(List<Empty> buckets, Duration retryAfter) implements Verdict {}

    /** The buckets could not be asked (journal failed, no answer in time): doubt is denial. */
    record Unavailable(String why, Duration retryAfter) implements Verdict {
        public Unavailable(String why) {
            this(why, RetryAfter.MIN);
        }
    }

    /** One exhausted bucket. {@code positiveAt} is {@link Instant#MAX} when it never refills. */
    record Empty(String bucket, long capacityNanos, long availableNanos, Instant positiveAt) {}

    /** Money set aside. Held until settled or released; renewed by the room itself while it is held. */
    interface Reservation {
        /** Completes when the journal holds it: what is answered before could be lost to a crash. Fails when it cannot. */
        CompletionStage<Done> recorded();

        /**
         * Has every bucket hold it all the same, however little is left, for a request that costs something although {@link #recorded} failed:
         * once. Completes when the journal holds it, which is tried until then; fails when the node goes down before. What is in anybody's books
         * earlier, a death would leave charged nowhere.
         */
        CompletionStage<Done> insist();

        /**
         * What it has cost, as soon as that is known: {@link #settle} may have to wait until somebody else's journal has it. Counts for what is let
         * in without a bucket that is away.
         */
        default void cost(long costNanos) {}

        /** Charges the actual cost. Idempotent by request id, retried until the bucket has it; completes when the journal holds it. */
        CompletionStage<Done> settle(long costNanos);

        /** Charges nothing. Idempotent, as {@link #settle}. */
        CompletionStage<Done> release();
    }

    /** A bucket as a person sees it. {@code availableNanos} is balance less reserved. */
    record Status(
            String bucket,
            long balanceNanos,
            long reservedNanos,
            long availableNanos,
            long capacityNanos,
            long spentNanos,
            String rate,
            Instant at) {}

    /** Says what a reservation of a dead owner cost; asked at least once for each, and always with the same answer. */
    interface Witness {
        CompletionStage<Testimony> costOf(String requestId, String memo, long estimateNanos);
    }

    /**
     * What a request cost.
     *
     * @param buckets all that it is charged to: the death may have come when some of them had not written its reservation yet
     */
    record Testimony(long costNanos, List<String> buckets) {}

    CompletionStage<Verdict> reserve(Request request);

    /** Every bucket that ever was charged, by name. */
    CompletionStage<List<Status>> list();

    /** Those of these buckets that ever were charged. */
    CompletionStage<List<Status>> of(List<String> buckets);

    /** Adds money, never above capacity; empty when there is no such bucket. */
    CompletionStage<Optional<Status>> refill(String bucket, long nanos);

    /**
     * What this node cannot reach of the buckets, as of a moment ago.
     *
     * @param bucketsAway      that did not answer when they were asked, or whose journal did not
     * @param everywhere       so many that others are not asked, either
     * @param unbookedNanos    what requests have cost or may cost that were let in without a bucket that has not heard of them yet
     * @param unbookedRequests how many these are
     * @param buckets          those that are away or have something unbooked; a thousand at most
     */
    record Outage(int bucketsAway, boolean everywhere, long unbookedNanos, int unbookedRequests, List<Away> buckets) {
        public static final Outage NONE = new Outage(0, false, 0, 0, List.of());
    }

    /** One such bucket. It has been away for so long; not at all if only something is left to be booked. */
    record Away(String bucket, Duration lasting, long unbookedNanos, int unbookedRequests) {}

    default Outage outage() {
        return Outage.NONE;
    }

    /** Requests that this node refused since it started without asking, because a bucket was known to be away. */
    default long refusedAtOnce() {
        return 0;
    }

    /** Requests that this node let in since it started without a bucket that was away. */
    default long letInOnGrace() {
        return 0;
    }

    /** Reservations that this node charged since it started because their owner had died. */
    default long orphansCharged() {
        return 0;
    }
}
