package dev.sluice.quota;

import dev.sluice.journal.Roll;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.stream.javadsl.Source;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The roster of buckets on Cassandra: one write when a bucket that slept is used again, one when it goes back to sleep. That is little beside the
 * five reads that waking takes, and it spares whoever looks for orphans to wake buckets that have none.
 *
 * <p>What counts is which was last, and nodes' clocks do not know: so a bucket's own events, which are numbered, do.
 */
final class RosterInCassandra implements Roster {
    private static final Logger log = LoggerFactory.getLogger(RosterInCassandra.class);

    private final Roll roll;

    RosterInCassandra(ActorSystem<?> system) {
        roll = Roll.of(system, QuotaBucket.KEY.name());
    }

    @Override
    public Source<String, NotUsed> all() {
        return roll.marks().map(Roll.Marked::name);
    }

    @Override
    public Source<String, NotUsed> awake() {
        return roll.marks().filter(Roll.Marked::awake).map(Roll.Marked::name);
    }

    /** Newer than the rest before it, which had as many events, and older than the next, which has one more at least. */
    @Override
    public CompletionStage<Done> wakes(String bucket, long events) {
        return roll.mark(bucket, 2 * events + 2, true);
    }

    /** One that gets lost makes the bucket be woken in vain. */
    @Override
    public void rests(String bucket, long events) {
        var _ = roll.mark(bucket, 2 * events + 1, false).whenComplete((_, failure) -> {
            if (failure != null) {
                log.atDebug().addKeyValue("bucket", bucket).setCause(failure).log("a bucket's rest was not noted");
            }
        });
    }
}
