package dev.sluice.usage;

import dev.sluice.cassandra.CassandraStore;
import dev.sluice.cluster.CborSerializable;
import dev.sluice.usage.SliceStore.Event;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.RestartSettings;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.RestartSource;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;

/**
 * Follows a slice's tag and adds what comes to the ledger, wherever the cluster has it run. When anything fails it begins again from what is on
 * disk; that another one may do the same at the same time is {@link SliceProjection}'s matter.
 */
final class SliceWriter {
    /** What its slice's row must hold is a batch's rows: some 14 an exchange, of 100 bytes before they are compressed. */
    private static final int BATCH = 250;

    /** Nothing for so long is all there is. */
    private static final Duration IDLE = Duration.ofSeconds(5);

    private static final RestartSettings BACKOFF =
            RestartSettings.create(Duration.ofMillis(200), Duration.ofSeconds(10), 0.2);

    /** From the cluster, before it moves. */
    record Stop() implements CborSerializable {}

    private final int slice;
    private final CassandraStore store;
    private final CassandraSlices slices;
    private final SessionEvents journal;
    private final InstantSource clock;

    SliceWriter(int slice, CassandraStore store, CassandraSlices slices, SessionEvents journal, InstantSource clock) {
        this.slice = slice;
        this.store = store;
        this.slices = slices;
        this.journal = journal;
        this.clock = clock;
    }

    Behavior<Stop> behavior(ActorSystem<?> system) {
        return Behaviors.setup(_ -> {
            var running = RestartSource.withBackoff(BACKOFF, this::follow)
                    .viaMat(KillSwitches.single(), Keep.right())
                    .to(Sink.ignore())
                    .run(system);
            return Behaviors.receive(Stop.class)
                    .onMessage(Stop.class, _ -> Behaviors.stopped())
                    .onSignal(PostStop.class, _ -> {
                        running.shutdown();
                        return Behaviors.same();
                    })
                    .build();
        });
    }

    private Source<Done, NotUsed> follow() {
        var projection = new SliceProjection(slice, slices);
        return Source.lazyCompletionStage(() -> store.tables("ledger").thenCompose(_ -> projection.begin()))
                .flatMapConcat(reached -> journal.follow(slice, reached).scan(Optional.<Event>empty(), this::onward))
                .keepAlive(IDLE, Optional::empty)
                .batch(BATCH, SliceWriter::first, SliceWriter::and)
                .mapAsync(1, batch -> add(projection, batch))
                .mapMaterializedValue(_ -> NotUsed.notUsed());
    }

    /** An event that was late must not lead back. */
    private Optional<Event> onward(Optional<Event> last, Event next) {
        var reached = last.map(it -> Math.max(Long.parseLong(it.reached()), Long.parseLong(next.reached())))
                .map(it -> Long.toString(it))
                .orElse(next.reached());
        return Optional.of(new Event(next.sequence(), next.exchange(), reached));
    }

    private static List<Event> first(Optional<Event> event) {
        return and(new ArrayList<>(), event);
    }

    private static List<Event> and(List<Event> batch, Optional<Event> event) {
        event.ifPresent(batch::add);
        return batch;
    }

    private CompletionStage<Done> add(SliceProjection projection, List<Event> batch) {
        if (batch.isEmpty()) {
            return projection.check().thenCompose(_ -> tell());
        }
        var reached = Long.parseLong(batch.getLast().reached());
        return projection
                .add(batch)
                .thenCompose(done ->
                        clock.millis() - reached < IDLE.toMillis() ? tell() : CompletableFuture.completedStage(done));
    }

    private CompletionStage<Done> tell() {
        return store.write(
                "INSERT INTO ledger_follower (slice, caught_up) VALUES (?, ?)",
                slice,
                clock.millis() - IDLE.toMillis());
    }
}
