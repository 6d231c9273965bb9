package dev.sluice.journal;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.persistence.AtomicWrite;
import org.apache.pekko.persistence.PersistentRepr;
import org.apache.pekko.persistence.journal.Tagged;
import org.apache.pekko.persistence.journal.japi.AsyncWriteJournal;
import org.jspecify.annotations.Nullable;
import scala.concurrent.Future;
import scala.jdk.javaapi.CollectionConverters;
import scala.jdk.javaapi.FutureConverters;
import scala.jdk.javaapi.OptionConverters;

/** The journal plugin. It turns events into rows on its own dispatcher and leaves the rest to the store; it never blocks. */
class SqliteJournal extends AsyncWriteJournal {
    /** About half a millisecond of the writer. */
    private static final int DELETED_AT_ONCE = 100;

    private final SqliteStore store;
    private final EventReader reader;
    private final Payloads payloads;
    // The last write under way of each entity: one that restarts must not recover past it.
    private final Map<String, CompletionStage<?>> writing = new ConcurrentHashMap<>();

    SqliteJournal() {
        var system = (ExtendedActorSystem) context().system();
        store = SqliteStore.get(system);
        reader = new EventReader(store);
        payloads = new Payloads(system);
    }

    @Override
    public Future<Iterable<Optional<Exception>>> doAsyncWriteMessages(Iterable<AtomicWrite> messages) {
        var rows = new ArrayList<StoredEvent>();
        var verdicts = new ArrayList<Optional<Exception>>();
        for (var message : messages) {
            verdicts.add(addRows(message, rows));
        }
        var written = rows.isEmpty() ? CompletableFuture.completedStage(true) : append(rows);
        return FutureConverters.asScala(written.thenApply(_ -> verdicts));
    }

    /** All of its events become rows, or none and the reason why. */
    private Optional<Exception> addRows(AtomicWrite message, List<StoredEvent> rows) {
        try {
            var added = CollectionConverters.asJava(message.payload()).stream()
                    .map(this::row)
                    .toList();
            rows.addAll(added);
            return Optional.empty();
        } catch (Exception e) {
            return Optional.of(e);
        }
    }

    private CompletionStage<Boolean> append(List<StoredEvent> rows) {
        var crowd = rows.stream()
                .mapToInt(row -> row.event() instanceof Crowd event ? event.waiting() : 1)
                .max();
        var written = store.append(rows, crowd.orElse(1));
        var entities = new HashSet<String>();
        rows.forEach(row -> entities.add(row.persistenceId()));
        entities.forEach(entity -> writing.put(entity, written));
        return written.whenComplete((_, _) -> entities.forEach(entity -> writing.remove(entity, written)));
    }

    private StoredEvent row(PersistentRepr event) {
        var tagged = event.payload() instanceof Tagged with ? with : null;
        var payload = tagged == null ? event.payload() : tagged.payload();
        var tags = tagged == null ? Set.<String>of() : Set.copyOf(CollectionConverters.asJava(tagged.tags()));
        return new StoredEvent(
                0,
                event.persistenceId(),
                event.sequenceNr(),
                event.writerUuid(),
                event.timestamp(),
                payloads.write(payload, event.manifest()),
                metadata(event),
                tags,
                payload);
    }

    private @Nullable Payload metadata(PersistentRepr event) {
        return OptionConverters.toJava(event.metadata())
                .map(metadata -> payloads.write(metadata, ""))
                .orElse(null);
    }

    @Override
    public Future<Void> doAsyncDeleteMessagesTo(String persistenceId, long toSequenceNr) {
        return FutureConverters.asScala(afterWrites(persistenceId)
                .thenCompose(_ ->
                        store.write(connection -> store.events().markDeleted(connection, persistenceId, toSequenceNr)))
                .thenCompose(deletedTo -> store.writePatiently((connection, _) ->
                        store.events().deleteSome(connection, persistenceId, deletedTo, DELETED_AT_ONCE))));
    }

    @Override
    public Future<Long> doAsyncReadHighestSequenceNr(String persistenceId, long fromSequenceNr) {
        return FutureConverters.asScala(
                afterWrites(persistenceId).thenCompose(_ -> reader.highestSequenceNumber(persistenceId)));
    }

    private CompletionStage<?> afterWrites(String persistenceId) {
        var last = writing.get(persistenceId);
        return last == null ? CompletableFuture.completedStage(true) : last.handle((_, _) -> true);
    }

    @Override
    public Future<Void> doAsyncReplayMessages(
            String persistenceId, long fromSequenceNr, long toSequenceNr, long max, Consumer<PersistentRepr> callback) {
        return FutureConverters.asScala(replay(persistenceId, fromSequenceNr, toSequenceNr, max, callback));
    }

    private CompletionStage<Void> replay(
            String persistenceId, long from, long to, long max, Consumer<PersistentRepr> callback) {
        if (from > to || max <= 0) {
            return CompletableFuture.completedStage(null);
        }
        return reader.ofEntity(persistenceId, from, to, max).thenCompose(page -> {
            page.forEach(row -> callback.accept(event(row)));
            return page.isEmpty()
                    ? CompletableFuture.<Void>completedStage(null)
                    : replay(persistenceId, page.getLast().seq() + 1, to, max - page.size(), callback);
        });
    }

    private PersistentRepr event(StoredEvent row) {
        var event = PersistentRepr.apply(
                        payloads.read(row.payload()),
                        row.seq(),
                        row.persistenceId(),
                        row.payload().type().adapter(),
                        false,
                        ActorRef.noSender(),
                        row.writer())
                .withTimestamp(row.written());
        return row.metadata() == null ? event : event.withMetadata(payloads.read(row.metadata()));
    }
}
