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
    record Unavailable(String why) implements Verdict {}

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

    /** Reservations that this node charged since it started because their owner had died. */
    default long orphansCharged() {
        return 0;
    }
}
