package dev.sluice.journal;

import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.pekko.persistence.AtomicWrite;
import org.apache.pekko.persistence.PersistentRepr;
import scala.concurrent.Future;
import scala.jdk.javaapi.FutureConverters;

/** The journal on SQLite, as nodes have it, whose storage goes away and comes back when the test says so. */
public final class UnsteadyJournal extends SqliteJournal {
    private static final String SWITCH = "test.unsteady-journal.switch";
    private static final Map<String, Switch> SWITCHES = new ConcurrentHashMap<>();
    private static final AtomicInteger COUNT = new AtomicInteger();

    /** How the storage is. */
    public enum Weather {
        FAIR,
        /** A full disk: what is there can be read. */
        FULL,
        /** Nothing works, and says so at once. */
        AWAY,
        /** Nothing says anything. What was begun meanwhile happens afterwards. */
        STALLED
    }

    /** Of one actor system. */
    public static final class Switch {
        private final String name = Integer.toString(COUNT.incrementAndGet());
        private volatile Weather weather = Weather.FAIR;
        private volatile CompletableFuture<Void> end = CompletableFuture.completedFuture(null);

        public Switch() {
            SWITCHES.put(name, this);
        }

        /** What makes a node use it. */
        public Map<String, String> settings() {
            return Map.of("sluice.journal.events.class", UnsteadyJournal.class.getName(), SWITCH, name);
        }

        public synchronized void turn(Weather to) {
            var stalled = end;
            if (to == Weather.STALLED) {
                end = new CompletableFuture<>();
            }
            weather = to;
            stalled.complete(null);
        }
    }

    private final Switch weather;

    UnsteadyJournal() {
        weather = Objects.requireNonNull(
                SWITCHES.get(context().system().settings().config().getString(SWITCH)));
    }

    @Override
    public Future<Iterable<Optional<Exception>>> doAsyncWriteMessages(Iterable<AtomicWrite> messages) {
        return weather.weather == Weather.FULL ? refused() : through(() -> super.doAsyncWriteMessages(messages));
    }

    @Override
    public Future<Void> doAsyncDeleteMessagesTo(String persistenceId, long toSequenceNr) {
        return weather.weather == Weather.FULL
                ? refused()
                : through(() -> super.doAsyncDeleteMessagesTo(persistenceId, toSequenceNr));
    }

    @Override
    public Future<Long> doAsyncReadHighestSequenceNr(String persistenceId, long fromSequenceNr) {
        return through(() -> super.doAsyncReadHighestSequenceNr(persistenceId, fromSequenceNr));
    }

    @Override
    public Future<Void> doAsyncReplayMessages(
            String persistenceId, long fromSequenceNr, long toSequenceNr, long max, Consumer<PersistentRepr> callback) {
        return through(() -> super.doAsyncReplayMessages(persistenceId, fromSequenceNr, toSequenceNr, max, callback));
    }

    private <T> Future<T> through(Supplier<Future<T>> work) {
        return switch (weather.weather) {
            case AWAY -> refused();
            case STALLED -> FutureConverters.asScala(weather.end.thenCompose(_ -> FutureConverters.asJava(work.get())));
            case FAIR, FULL -> work.get();
        };
    }

    private static <T> Future<T> refused() {
        return FutureConverters.asScala(
                CompletableFuture.failedStage(new IllegalStateException("the storage is away")));
    }
}
