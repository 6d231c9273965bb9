package dev.sluice.export;

import dev.sluice.cassandra.CassandraStore;
import dev.sluice.journal.SqliteStore;
import dev.sluice.session.ExchangeRecorded;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.persistence.query.EventEnvelope;
import org.apache.pekko.persistence.query.Sequence;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;

/** From one order and its offset to slices. What slices have written since, a later stamp says, and this changes nothing of it. */
final class Handover implements Exporter.Moved {
    /** Below any stamp. */
    private static final long TIMESTAMP = 1;

    private final ActorSystem<?> system;
    private final CassandraStore store;
    private final Progress progress;
    private final CompletableFuture<Done> wanted = new CompletableFuture<>();
    private final CompletionStage<Done> stamps;

    private Handover(ActorSystem<?> system, Progress progress) {
        this.system = system;
        this.store = CassandraStore.get(system);
        this.progress = progress;
        this.stamps = wanted.thenCompose(_ -> store.tables("export")).thenCompose(_ -> stamps());
    }

    static CompletionStage<Exporter.Moved> of(ActorSystem<?> system) {
        return SqliteStore.get(system).write(ProgressTable::prepare).thenApply(found -> new Handover(system, found));
    }

    /** No name is given again that the last of these objects, or one before it, may have. */
    private CompletionStage<Done> stamps() {
        return Source.from(IntStream.range(0, ExchangeRecorded.SLICES).boxed().toList())
                .mapAsync(
                        1,
                        slice -> store.writeIf(
                                "INSERT INTO export_slice (slice, stamp, planned) VALUES (?, ?, false) IF NOT EXISTS",
                                slice,
                                SliceRecords.stampAfter(slice, progress.stamp())))
                .runWith(Sink.ignore(), system);
    }

    @Override
    public CompletionStage<Done> take(List<EventEnvelope> events) {
        return events.reversed().stream()
                .filter(it ->
                        it.event() instanceof ExchangeRecorded && ((Sequence) it.offset()).value() <= progress.offset())
                .findFirst()
                .map(last -> {
                    wanted.complete(Done.getInstance());
                    return stamps.thenCompose(_ -> store.write(
                            SliceRecords.EXPORTED,
                            ((ExchangeRecorded) last.event()).exchange().session(),
                            last.sequenceNr(),
                            TIMESTAMP));
                })
                .orElse(CompletableFuture.completedStage(Done.getInstance()));
    }

    @Override
    public Optional<String> inDoubt() {
        return Optional.ofNullable(progress.plan()).map(Plan::object);
    }
}
