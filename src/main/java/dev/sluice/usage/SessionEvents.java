package dev.sluice.usage;

import dev.sluice.journal.TagHours;
import dev.sluice.session.ExchangeRecorded;
import dev.sluice.session.Sessions;
import dev.sluice.usage.SliceStore.Event;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.persistence.cassandra.query.javadsl.CassandraReadJournal;
import org.apache.pekko.persistence.query.EventEnvelope;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;

/** Session events in a journal on Cassandra: of one session by their numbers, and of a slice by its tag. */
record SessionEvents(ActorSystem<?> system, CassandraReadJournal journal, InstantSource clock) {
    /**
     * A tag's row is written after its event, and by whoever recovers the session if that node died between; then it is older than what was
     * read already. A reader that begins again looks so far back; what it knows it leaves alone.
     */
    private static final Duration OVERLAP = Duration.ofMinutes(10);

    static SessionEvents of(ActorSystem<?> system, InstantSource clock) {
        return new SessionEvents(
                system,
                PersistenceQuery.get(system)
                        .getReadJournalFor(CassandraReadJournal.class, CassandraReadJournal.Identifier()),
                clock);
    }

    /** As many as asked for, so ask for no more than a page. */
    CompletionStage<List<Event>> events(String session, long from, long to) {
        return journal.currentEventsByPersistenceId(Sessions.persistenceId(session), Math.max(1, from), to)
                .map(SessionEvents::event)
                .runWith(Sink.seq(), system);
    }

    private static Event event(EventEnvelope envelope) {
        return new Event(
                envelope.sequenceNr(),
                ((ExchangeRecorded) envelope.event()).exchange(),
                Long.toString(envelope.timestamp()));
    }

    /** @param reached milliseconds of the last one that is known; empty for the beginning */
    Source<Event, NotUsed> follow(int slice, String reached) {
        return Source.completionStageSource(from(reached)
                        .thenApply(from -> journal.eventsByTag(
                                        ExchangeRecorded.tag(slice), journal.timeBasedUUIDFrom(from.toEpochMilli()))
                                .map(SessionEvents::event)))
                .mapMaterializedValue(_ -> NotUsed.notUsed());
    }

    private CompletionStage<Instant> from(String reached) {
        return reached.isEmpty()
                ? TagHours.beginning(system, clock)
                : CompletableFuture.completedStage(
                        Instant.ofEpochMilli(Long.parseLong(reached)).minus(OVERLAP));
    }

    /** How many there are behind a moment, counted to {@code most}. */
    CompletionStage<Long> countAfter(int slice, Instant moment, int most) {
        return journal.currentEventsByTag(ExchangeRecorded.tag(slice), journal.timeBasedUUIDFrom(moment.toEpochMilli()))
                .take(most)
                .runFold(0L, (count, _) -> count + 1, system);
    }
}
