package dev.sluice.export;

import dev.sluice.export.Exporter.Export;
import dev.sluice.journal.SqliteReadJournal;
import dev.sluice.journal.SqliteStore;
import dev.sluice.session.ExchangeRecorded;
import java.time.Instant;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.persistence.query.EventEnvelope;
import org.apache.pekko.persistence.query.Offset;
import org.apache.pekko.persistence.query.Sequence;
import org.apache.pekko.stream.ActorAttributes;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;

/** The node's own file: one order, and progress beside it. */
final class JournalRecords implements Records {
    /** Nobody needs to know more exactly how far it is behind. */
    private static final int MOST_COUNTED = 1_000_000;

    private static final int TOLD_AT_ONCE = 1000;

    private final ActorSystem<?> system;
    private final SqliteStore store;
    private final SqliteReadJournal journal;
    private final Captured captured;

    JournalRecords(ActorSystem<?> system, SqliteReadJournal journal, Captured captured) {
        this.system = system;
        this.store = SqliteStore.get(system);
        this.journal = journal;
        this.captured = captured;
    }

    @Override
    public CompletionStage<Progress> begin() {
        return store.write(ProgressTable::prepare)
                .thenCompose(progress -> tell(progress.offset()).thenApply(_ -> progress));
    }

    /** What somebody was not told because of a crash is told now. */
    private CompletionStage<Done> tell(long offset) {
        return captured.exportedUpTo()
                .thenCompose(told -> told >= offset
                        ? CompletableFuture.completedStage(Done.getInstance())
                        : events(told)
                                .map(JournalRecords::entry)
                                .takeWhile(entry -> entry.offset() <= offset)
                                .grouped(TOLD_AT_ONCE)
                                .mapAsync(
                                        1,
                                        entries -> captured.exported(
                                                entries.stream()
                                                        .map(entry ->
                                                                entry.exchange().requestId())
                                                        .toList(),
                                                entries.getLast().offset()))
                                .runWith(
                                        Sink.<Done>ignore().addAttributes(ActorAttributes.dispatcher(Round.DISPATCHER)),
                                        system));
    }

    private Source<EventEnvelope, NotUsed> events(long after) {
        return journal.currentEventsByTag(ExchangeRecorded.TAG, Offset.sequence(after));
    }

    private static Entry entry(EventEnvelope envelope) {
        return Entry.of(envelope, ((Sequence) envelope.offset()).value());
    }

    @Override
    public CompletionStage<Long> lag(long offset) {
        return journal.countAfter(ExchangeRecorded.TAG, offset, MOST_COUNTED);
    }

    @Override
    public Source<Entry, NotUsed> after(Progress progress, Instant settled) {
        return events(progress.offset())
                .takeWhile(envelope -> envelope.timestamp() <= settled.toEpochMilli())
                .map(JournalRecords::entry);
    }

    @Override
    public Source<Entry, NotUsed> planned(Plan plan) {
        return events(plan.from()).map(JournalRecords::entry).takeWhile(entry -> entry.offset() <= plan.to());
    }

    /** Later ones of a second wait for none. */
    @Override
    public long stamp(long second, Progress progress) {
        return Math.max(second, progress.stamp() + 1);
    }

    @Override
    public long id(Entry entry, long stamp, int place) {
        return entry.offset();
    }

    @Override
    public CompletionStage<Done> plan(Progress before, Plan plan, Runs taken) {
        return store.write(connection -> {
            ProgressTable.plan(connection, plan);
            return Done.getInstance();
        });
    }

    @Override
    public CompletionStage<Done> done(
            Progress after, Plan plan, Export export, Runs taken, Collection<String> requests) {
        return store.write(connection -> {
                    ProgressTable.done(connection, plan, export);
                    return Done.getInstance();
                })
                .thenCompose(_ -> tell(after.offset()));
    }
}
