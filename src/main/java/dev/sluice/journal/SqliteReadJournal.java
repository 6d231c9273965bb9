package dev.sluice.journal;

import com.typesafe.config.Config;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongFunction;
import java.util.function.ToLongFunction;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.pattern.Patterns;
import org.apache.pekko.persistence.Persistence;
import org.apache.pekko.persistence.journal.EventAdapters;
import org.apache.pekko.persistence.query.EventEnvelope;
import org.apache.pekko.persistence.query.Offset;
import org.apache.pekko.persistence.query.Sequence;
import org.apache.pekko.persistence.query.javadsl.CurrentEventsByPersistenceIdQuery;
import org.apache.pekko.persistence.query.javadsl.CurrentEventsByTagQuery;
import org.apache.pekko.persistence.query.javadsl.CurrentPersistenceIdsQuery;
import org.apache.pekko.persistence.query.javadsl.EventsByTagQuery;
import org.apache.pekko.persistence.query.javadsl.PersistenceIdsQuery;
import org.apache.pekko.persistence.query.javadsl.ReadJournal;
import org.apache.pekko.stream.javadsl.Source;
import scala.Option;
import scala.jdk.javaapi.CollectionConverters;

/**
 * The read journal plugin: events by tag, in the order of their commit, those of one entity, and the entities there are. Offsets are
 * {@link Sequence}s, exclusive; live queries are woken by commits. Events that an entity deleted are gone from here, too.
 */
public final class SqliteReadJournal
        implements ReadJournal,
                EventsByTagQuery,
                CurrentEventsByTagQuery,
                CurrentEventsByPersistenceIdQuery,
                PersistenceIdsQuery,
                CurrentPersistenceIdsQuery {

    /** For {@code PersistenceQuery.getReadJournalFor}. */
    public static final String IDENTIFIER = "sluice.journal.query";

    private final ExtendedActorSystem system;
    private final SqliteStore store;
    private final EventReader reader;
    private final Payloads payloads;
    private final EventAdapters adapters;
    private final Duration liveDelay;

    SqliteReadJournal(ExtendedActorSystem system, Config config) {
        this.system = system;
        store = SqliteStore.get(system);
        reader = new EventReader(store);
        payloads = new Payloads(system);
        adapters = Persistence.get(system).adaptersFor(config.getString("write-plugin"));
        liveDelay = config.getDuration("live-delay");
    }

    @Override
    public Source<EventEnvelope, NotUsed> eventsByTag(String tag, Offset offset) {
        return live(after(offset), from -> withTag(tag, from), StoredEvent::ordering)
                .mapConcat(this::envelopes);
    }

    private CompletionStage<List<StoredEvent>> withTag(String tag, long from) {
        var fresh = store.fresh().after(tag, from);
        return fresh == null ? reader.withTag(tag, from, Long.MAX_VALUE) : CompletableFuture.completedStage(fresh);
    }

    /** An entity's last events up to an offset, the last first. All at once: ask for no more than a page. */
    public CompletionStage<List<Object>> lastEvents(String persistenceId, long toOffset, int limit) {
        return reader.last(persistenceId, toOffset, limit)
                .thenApply(rows ->
                        rows.stream().flatMap(row -> events(row).stream()).toList());
    }

    /** Of the last event with a tag; 0 if there is none. */
    public CompletionStage<Long> lastOffset(String tag) {
        return reader.lastOrdering(tag);
    }

    /** The events at these offsets, as far as there are any. All at once: ask for no more than a page. */
    public CompletionStage<List<Object>> eventsAt(List<Long> offsets) {
        return reader.at(offsets)
                .thenApply(rows ->
                        rows.stream().flatMap(row -> events(row).stream()).toList());
    }

    /** How many events follow an offset, counted to {@code most}: for those who want to know how far behind they are. */
    public CompletionStage<Long> countAfter(String tag, long offset, int most) {
        return reader.countAfter(tag, offset, most);
    }

    @Override
    public Source<EventEnvelope, NotUsed> currentEventsByTag(String tag, Offset offset) {
        // Lazily: what is current is decided when the stream starts.
        return Source.lazyCompletionStage(() -> reader.lastOrdering(tag))
                .flatMapConcat(
                        last -> current(after(offset), from -> reader.withTag(tag, from, last), StoredEvent::ordering))
                .mapConcat(this::envelopes)
                .mapMaterializedValue(_ -> NotUsed.notUsed());
    }

    @Override
    public Source<EventEnvelope, NotUsed> currentEventsByPersistenceId(String persistenceId, long fromSeq, long toSeq) {
        return current(
                        fromSeq - 1,
                        after -> reader.ofEntity(persistenceId, after + 1, toSeq, Long.MAX_VALUE),
                        StoredEvent::seq)
                .mapConcat(this::envelopes);
    }

    @Override
    public Source<String, NotUsed> persistenceIds() {
        return live(0, reader::persistenceIds, EventReader.Numbered::number).map(EventReader.Numbered::name);
    }

    @Override
    public Source<String, NotUsed> currentPersistenceIds() {
        return current(0, reader::persistenceIds, EventReader.Numbered::number).map(EventReader.Numbered::name);
    }

    private static <T> Source<T, NotUsed> current(
            long start, LongFunction<CompletionStage<List<T>>> read, ToLongFunction<T> offset) {
        return Source.unfoldAsync(
                        start,
                        (Long from) -> read.apply(from)
                                .thenApply(page -> page.isEmpty()
                                        ? Optional.<Pair<Long, List<T>>>empty()
                                        : Optional.of(Pair.create(offset.applyAsLong(page.getLast()), page))))
                .mapConcat(page -> page);
    }

    private <T> Source<T, NotUsed> live(
            long start, LongFunction<CompletionStage<List<T>>> read, ToLongFunction<T> offset) {
        return Source.unfoldAsync(
                        start, (Long from) -> livePage(from, read, offset).thenApply(Optional::of))
                .mapConcat(page -> page);
    }

    /** A page, empty when it was woken but found nothing. */
    private <T> CompletionStage<Pair<Long, List<T>>> livePage(
            long from, LongFunction<CompletionStage<List<T>>> read, ToLongFunction<T> offset) {
        var nextCommit = store.commits().next();
        return read.apply(from)
                .thenCompose(page -> page.isEmpty()
                        ? nextCommit.thenCompose(_ -> delay()).thenApply(_ -> Pair.create(from, page))
                        : CompletableFuture.completedStage(Pair.create(offset.applyAsLong(page.getLast()), page)));
    }

    private CompletionStage<Boolean> delay() {
        return Patterns.after(liveDelay, system, () -> CompletableFuture.completedStage(true));
    }

    private static long after(Offset offset) {
        if (offset instanceof Sequence sequence) {
            return sequence.value();
        }
        if (offset.equals(Offset.noOffset())) {
            return 0;
        }
        throw new IllegalArgumentException(
                "offset: %s (expected: Offset.sequence or Offset.noOffset)".formatted(offset));
    }

    private List<EventEnvelope> envelopes(StoredEvent row) {
        return events(row).stream().map(event -> envelope(row, event)).toList();
    }

    private Collection<Object> events(StoredEvent row) {
        var stored = row.event() == null ? payloads.read(row.payload()) : row.event();
        var events = adapters.get(stored.getClass())
                .fromJournal(stored, row.payload().type().adapter())
                .events();
        return CollectionConverters.asJavaCollection(events);
    }

    private EventEnvelope envelope(StoredEvent row, Object event) {
        Option<Object> metadata = row.metadata() == null ? Option.empty() : Option.apply(payloads.read(row.metadata()));
        return new EventEnvelope(
                Offset.sequence(row.ordering()), row.persistenceId(), row.seq(), event, row.written(), metadata);
    }
}
