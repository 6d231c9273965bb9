package dev.sluice.journal;

import dev.sluice.cassandra.CassandraStore;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.ClassicActorSystemProvider;

/**
 * The hours for which a journal in Cassandra has events by tag. A follower who asks for each hour since {@code first-time-bucket} asks some
 * seven hundred times a month, and each of sixteen slices does.
 */
public final class TagHours {
    /** A tag may be written late, by whoever recovers an entity whose node died, and then it lies in an hour before all others. */
    private static final Duration LATE = Duration.ofDays(1);

    private TagHours() {}

    /**
     * Where to begin for who has read nothing yet: before the first event of any tag. Reads the keys of all partitions, one a tag and hour, so it
     * is for those who begin, not for those who go on.
     */
    public static CompletionStage<Instant> beginning(ClassicActorSystemProvider system, InstantSource clock) {
        var store = CassandraStore.get(system);
        return store.tables("journal")
                .thenCompose(_ -> store.rows("SELECT DISTINCT tag_name, timebucket FROM tag_views")
                        .runFold(clock.millis(), (first, row) -> Math.min(first, row.getLong(1)), system))
                .thenApply(first -> Instant.ofEpochMilli(first).minus(LATE));
    }
}
