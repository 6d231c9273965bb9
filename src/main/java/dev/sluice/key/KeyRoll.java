package dev.sluice.key;

import dev.sluice.journal.Storage;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.persistence.query.EventEnvelope;
import org.apache.pekko.persistence.query.Offset;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.apache.pekko.persistence.query.javadsl.CurrentEventsByTagQuery;
import org.apache.pekko.persistence.query.javadsl.EventsByTagQuery;
import org.apache.pekko.stream.RestartSettings;
import org.apache.pekko.stream.javadsl.RestartSource;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;

/** Where a node hears of the keys there are. */
interface KeyRoll {

    /** A key is about to be made; completes when every node that starts would hear of it. */
    CompletionStage<Done> enter(KeyCreated key);

    /** Tells of all keys that there are, completes, and goes on to tell of those that are made, here or elsewhere. */
    CompletionStage<Done> follow(Consumer<KeyCreated> listener);

    static KeyRoll of(ActorSystem<?> system, InstantSource clock) {
        return Storage.kind(system) == Storage.Kind.CASSANDRA
                ? new KeyRollInCassandra(system, clock)
                : new JournalsOwn(system);
    }

    /** All that there are is little to read from a file: the events that made them. */
    record JournalsOwn(ActorSystem<?> system) implements KeyRoll {
        @Override
        public CompletionStage<Done> enter(KeyCreated key) {
            return CompletableFuture.completedStage(Done.getInstance());
        }

        @Override
        public CompletionStage<Done> follow(Consumer<KeyCreated> listener) {
            var live = new Live(system, Offset.noOffset(), listener);
            return PersistenceQuery.get(system)
                    .getReadJournalFor(CurrentEventsByTagQuery.class, Storage.queries(system))
                    .currentEventsByTag(KeyCreated.TAG, Offset.noOffset())
                    .runWith(Sink.foreach(live::hear), system)
                    .thenApply(done -> {
                        live.run();
                        return done;
                    });
        }
    }

    /** Follows the journal, and goes on where it was when that fails. */
    final class Live {
        private static final RestartSettings BACKOFF =
                RestartSettings.create(Duration.ofMillis(200), Duration.ofSeconds(30), 0.2);

        private final ActorSystem<?> system;
        private final Consumer<KeyCreated> listener;
        private final AtomicReference<Offset> heard;

        Live(ActorSystem<?> system, Offset from, Consumer<KeyCreated> listener) {
            this.system = system;
            this.listener = listener;
            this.heard = new AtomicReference<>(from);
        }

        void hear(EventEnvelope envelope) {
            if (envelope.event() instanceof KeyCreated key) {
                listener.accept(key);
            }
            heard.set(envelope.offset());
        }

        void run() {
            RestartSource.onFailuresWithBackoff(BACKOFF, this::events)
                    .to(Sink.foreach(this::hear))
                    .run(system);
        }

        private Source<EventEnvelope, NotUsed> events() {
            return PersistenceQuery.get(system)
                    .getReadJournalFor(EventsByTagQuery.class, Storage.queries(system))
                    .eventsByTag(KeyCreated.TAG, heard.get());
        }
    }
}
