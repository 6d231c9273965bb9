package dev.sluice.export;

import dev.sluice.config.Egress;
import dev.sluice.config.S3Rule;
import dev.sluice.export.Exporting.Message;
import dev.sluice.export.Exporting.Pace;
import dev.sluice.journal.SqliteReadJournal;
import dev.sluice.session.ExchangeRecorded;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.apache.pekko.cluster.typed.ClusterSingleton;
import org.apache.pekko.cluster.typed.SingletonActor;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.jspecify.annotations.Nullable;

/** What exports on this node: all of its own journal, or those slices of a shared one that the cluster has put here. */
record ExportingNode(
        ActorSystem<?> system,
        Egress egress,
        Supplier<@Nullable S3Rule> rules,
        Captured captured,
        InstantSource clock,
        RandomGenerator random) {
    static final EntityTypeKey<Message> SLICE = EntityTypeKey.create(Message.class, "Export");

    /** Each node tells every slice that it is to be awake, so that one whose node has gone begins anew somewhere else. */
    private static final Duration BETWEEN_WAKES = Duration.ofSeconds(10);

    Exporter journal() {
        var counters = new Counters();
        var journal =
                PersistenceQuery.get(system).getReadJournalFor(SqliteReadJournal.class, SqliteReadJournal.IDENTIFIER);
        var exporting = exporting(new Round(system, journal, captured, clock), this::bucket, Pace.USUAL, counters);
        var singleton = ClusterSingleton.get(system)
                .init(SingletonActor.of(exporting, "export").withStopMessage(new Exporting.Stop()));
        return new RunningExporter(system, List.of(singleton), counters);
    }

    Exporter slices() {
        var counters = new Counters();
        var buckets = new SharedBuckets(this::bucket);
        var turn = new Turn();
        var sharding = ClusterSharding.get(system);
        sharding.init(Entity.of(SLICE, entity -> {
                    var slice = Integer.parseInt(entity.getEntityId());
                    var records = new SliceRecords(system, slice, captured, clock);
                    var round = new Round(system, records, turn, captured, clock, Round.MOST_BYTES);
                    return exporting(round, buckets, Pace.SLICE, counters.part(slice));
                })
                .withStopMessage(new Exporting.Stop()));
        var slices = IntStream.range(0, ExchangeRecorded.SLICES)
                .mapToObj(slice -> sharding.entityRefFor(SLICE, Integer.toString(slice)))
                .toList();
        var _ = system.scheduler()
                .scheduleWithFixedDelay(
                        Duration.ZERO,
                        BETWEEN_WAKES,
                        () -> slices.forEach(slice -> slice.tell(new Exporting.Wake())),
                        system.executionContext());
        return new RunningExporter(system, slices, counters);
    }

    private Behavior<Message> exporting(Round round, Function<S3Rule, Bucket> buckets, Pace pace, Counters counters) {
        return Exporting.create(rules, round, buckets, clock, random, pace, counters);
    }

    private Bucket bucket(S3Rule rule) {
        var blocking = system.dispatchers().lookup(DispatcherSelector.blocking());
        return new S3Bucket(rule, egress, S3Bucket.Timeouts.USUAL, blocking);
    }
}
