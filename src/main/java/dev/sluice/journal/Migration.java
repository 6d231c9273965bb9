package dev.sluice.journal;

import dev.sluice.cassandra.CassandraStore;
import dev.sluice.journal.JournalLine.Answer;
import dev.sluice.journal.JournalLine.Failed;
import dev.sluice.journal.JournalLine.Numbered;
import dev.sluice.journal.JournalLine.There;
import dev.sluice.journal.JournalLine.Written;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.pattern.Patterns;
import org.apache.pekko.persistence.Persistence;
import org.apache.pekko.persistence.SelectedSnapshot;
import org.apache.pekko.persistence.SnapshotProtocol;
import org.apache.pekko.persistence.SnapshotSelectionCriteria;
import org.apache.pekko.persistence.journal.Tagged;
import org.apache.pekko.persistence.query.EventEnvelope;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.apache.pekko.stream.javadsl.Sink;
import org.jspecify.annotations.Nullable;
import scala.jdk.javaapi.CollectionConverters;
import scala.jdk.javaapi.OptionConverters;

/**
 * Moves what a node wrote into its own file over to Cassandra: events under the numbers they have, and each entity's latest snapshot. Nobody else
 * may work with either meanwhile. What is there stays as it is, so a move that broke off is begun again and goes on. What came of
 * each entity is read back and compared.
 */
public final class Migration {
    private static final String FROM_SNAPSHOTS = "sluice.journal.snapshots";
    private static final String TO_JOURNAL = "pekko.persistence.cassandra.journal";
    private static final String TO_SNAPSHOTS = "pekko.persistence.cassandra.snapshot";

    /** Entities at one time: enough to keep three small Cassandras busy. */
    private static final int AT_ONCE = 16;

    /** Events in a write, which the plugin cuts into batches. */
    private static final int TOGETHER = 100;

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    /** The driver tries every five seconds at the latest; a person who waits for the end knows after this that nobody is there. */
    private static final Duration CONNECT_PATIENCE = Duration.ofSeconds(30);

    /** Under which name the roll has moves of a kind: awake from the first write to the end. */
    private static final String MOVES = "migration";

    private static final String FROM_SQLITE = "sqlite";

    /** What only the entities' rooms know. */
    public interface Rooms {
        /** Tags that an event has in a storage that nodes share. */
        Set<String> tags(String persistenceId, Object event);

        /**
         * Has an entity found by those who do not know its name, before it has events there.
         *
         * @param first of its events; null when only a snapshot is left of it
         */
        CompletionStage<Done> enter(String persistenceId, @Nullable Object first);

        /** Some of an entity's events, in their order, are there. */
        CompletionStage<Done> arrived(String persistenceId, List<EventEnvelope> events);

        /** What an event says was spent, in nanodollars. */
        long cost(Object event);
    }

    /** What was moved, or was there already and is the same. */
    public record Figures(long entities, long events, long snapshots, long nanos) {
        static final Figures NONE = new Figures(0, 0, 0, 0);

        Figures plus(Figures more) {
            return new Figures(
                    entities + more.entities, events + more.events, snapshots + more.snapshots, nanos + more.nanos);
        }
    }

    private final ActorSystem<?> system;
    private final Rooms rooms;
    private final SqliteReadJournal source;
    private final org.apache.pekko.actor.ActorRef from;
    private final org.apache.pekko.actor.ActorRef journal;
    private final org.apache.pekko.actor.ActorRef snapshots;
    private final AtomicLong numbers = new AtomicLong();
    private final Roll moves;
    private final InstantSource clock;
    private final Object lock = new Object();
    private @Nullable CompletionStage<Long> begun;

    private Migration(ActorSystem<?> system, Rooms rooms, InstantSource clock) {
        this.system = system;
        this.rooms = rooms;
        this.clock = clock;
        moves = Roll.of(system, MOVES);
        var plugins = Persistence.get(system);
        var none = com.typesafe.config.ConfigFactory.empty();
        source = PersistenceQuery.get(system).getReadJournalFor(SqliteReadJournal.class, SqliteReadJournal.IDENTIFIER);
        from = plugins.snapshotStoreFor(FROM_SNAPSHOTS, none);
        journal = plugins.journalFor(TO_JOURNAL, none);
        snapshots = plugins.snapshotStoreFor(TO_SNAPSHOTS, none);
    }

    /**
     * Moves everything. Fails with what to do when the file is in use, when Cassandra does not answer, or when what is there is something else. From
     * its first write to its end no node starts on what is there ({@link #checkEnded}).
     *
     * @param system   with settings for Cassandra, and the directory of the file
     * @param progress hears of all that is done so far, after each entity
     */
    public static CompletionStage<Figures> run(
            ActorSystem<?> system, Rooms rooms, InstantSource clock, Consumer<Figures> progress) {
        // For its errors.
        var _ = SqliteStore.get(system);
        var store = CassandraStore.get(system);
        return store.connected(CONNECT_PATIENCE)
                .thenCompose(_ -> store.tables("journal"))
                .thenCompose(_ -> store.tables("roll"))
                .thenCompose(_ -> new Migration(system, rooms, clock).run(progress));
    }

    /** Fails with what to do when somebody began to move a node's file to this system's Cassandra and did not get to the end. */
    public static CompletionStage<Done> checkEnded(ActorSystem<?> system) {
        return isOpen(system, Roll.of(system, MOVES)).thenApply(open -> {
            if (open.orElse(false)) {
                throw new IllegalStateException(
                        "keyspace "
                                + CassandraStore.get(system).keyspace()
                                + ": a migration to it has not come to its end, so money, sessions or keys are missing there"
                                + " (expected: \"sluice migrate\" run again, to its end, before any node is started; it goes on)");
            }
            return Done.getInstance();
        });
    }

    /** @return empty when there was no move */
    private static CompletionStage<Optional<Boolean>> isOpen(ActorSystem<?> system, Roll moves) {
        return moves.marks()
                .filter(move -> move.name().equals(FROM_SQLITE))
                .map(Roll.Marked::awake)
                .runWith(Sink.headOption(), system);
    }

    private CompletionStage<Figures> run(Consumer<Figures> progress) {
        return isOpen(system, moves)
                // One that came to its end may be tried again for its figures, even while nodes work there: only a
                // write
                // opens it again.
                .thenCompose(open -> open.orElse(true)
                        ? opened().thenApply(_ -> Done.getInstance())
                        : CompletableFuture.completedStage(Done.getInstance()))
                .thenCompose(_ -> moveAll(progress))
                .thenCompose(moved -> ended().thenApply(_ -> moved));
    }

    /** Before anything is written. */
    private CompletionStage<Long> opened() {
        synchronized (lock) {
            if (begun == null) {
                var version = clock.millis();
                begun = moves.mark(FROM_SQLITE, version, true).thenApply(_ -> version);
            }
            return begun;
        }
    }

    private CompletionStage<Done> ended() {
        CompletionStage<Long> opened;
        synchronized (lock) {
            opened = begun;
        }
        return opened == null
                ? CompletableFuture.completedStage(Done.getInstance())
                : opened.thenCompose(version -> moves.mark(FROM_SQLITE, Math.max(version + 1, clock.millis()), false));
    }

    private CompletionStage<Figures> moveAll(Consumer<Figures> progress) {
        return source.currentPersistenceIds()
                .mapAsyncUnordered(AT_ONCE, this::move)
                .scan(Figures.NONE, Figures::plus)
                .map(sum -> {
                    progress.accept(sum);
                    return sum;
                })
                .runWith(Sink.last(), system);
    }

    private CompletionStage<Figures> move(String persistenceId) {
        var line = system.systemActorOf(
                JournalLine.create(journal, persistenceId, rooms::cost),
                "migration-" + numbers.incrementAndGet(),
                Props.empty());
        var entity = new Entity(persistenceId, line);
        return source.currentEventsByPersistenceId(persistenceId, 0, Long.MAX_VALUE)
                .grouped(TOGETHER)
                .mapAsync(1, entity::take)
                .runWith(Sink.ignore(), system)
                .thenCompose(_ -> entity.snapshot())
                .thenCompose(snapshots -> entity.compared().thenApply(_ -> entity.figures(snapshots)))
                .whenComplete((_, _) -> line.tell(new JournalLine.Close()));
    }

    /** One on its way. Its pages come one after the other. */
    private final class Entity {
        private final String name;
        private final ActorRef<JournalLine.Message> line;
        private long first;
        private long last;
        private long events;
        private long nanos;
        private long there;

        Entity(String name, ActorRef<JournalLine.Message> line) {
            this.name = name;
            this.line = line;
        }

        Figures figures(long snapshots) {
            return new Figures(1, events, snapshots, nanos);
        }

        CompletionStage<Done> take(List<EventEnvelope> page) {
            var begun = first == 0 ? begin(page.getFirst()) : CompletableFuture.completedStage(Done.getInstance());
            last = page.getLast().sequenceNr();
            events += page.size();
            nanos += page.stream().mapToLong(event -> rooms.cost(event.event())).sum();
            return begun.thenCompose(_ -> write(page.stream()
                            .filter(event -> event.sequenceNr() > there)
                            .map(this::numbered)
                            .toList()))
                    .thenCompose(_ -> rooms.arrived(name, page));
        }

        private CompletionStage<Done> begin(EventEnvelope event) {
            first = event.sequenceNr();
            return rooms.enter(name, event.event())
                    .thenCompose(_ -> read())
                    .thenAccept(found -> there = found.highest())
                    .thenApply(_ -> Done.getInstance());
        }

        private Numbered numbered(EventEnvelope event) {
            var tags = rooms.tags(name, event.event());
            return new Numbered(
                    event.sequenceNr(),
                    tags.isEmpty()
                            ? event.event()
                            : new Tagged(
                                    event.event(),
                                    CollectionConverters.asScala(tags).toSet()));
        }

        private CompletionStage<Done> write(List<Numbered> missing) {
            if (missing.isEmpty()) {
                return CompletableFuture.completedStage(Done.getInstance());
            }
            return opened().thenCompose(_ -> ask(replyTo -> new JournalLine.Write(missing, replyTo)))
                    .thenApply(answer -> switch (answer) {
                        case Written() -> Done.getInstance();
                        case Failed(var cause) ->
                            throw new IllegalStateException(name + ": not written: " + cause, cause);
                        case There _ -> throw new IllegalStateException(name + ": an answer to nothing");
                    });
        }

        private CompletionStage<There> read() {
            return ask(replyTo -> new JournalLine.Read(first, replyTo)).thenApply(answer -> switch (answer) {
                case There found -> found;
                case Failed(var cause) -> throw new IllegalStateException(name + ": not read: " + cause, cause);
                case Written() -> throw new IllegalStateException(name + ": an answer to nothing");
            });
        }

        private CompletionStage<Answer> ask(Function<ActorRef<Answer>, JournalLine.Message> question) {
            return AskPattern.ask(line, question::apply, PATIENCE, system.scheduler());
        }

        /** @return how many there were, which is one or none */
        CompletionStage<Long> snapshot() {
            var wanted = new SnapshotProtocol.LoadSnapshot(name, SnapshotSelectionCriteria.latest(), Long.MAX_VALUE);
            return Patterns.ask(from, wanted, PATIENCE).thenCompose(answer -> switch (answer) {
                case SnapshotProtocol.LoadSnapshotResult result ->
                    OptionConverters.toJava(result.snapshot())
                            .map(this::save)
                            .orElse(CompletableFuture.completedStage(0L));
                case SnapshotProtocol.LoadSnapshotFailed failed ->
                    throw new IllegalStateException(name + ": its snapshot cannot be read: " + failed.cause());
                default -> throw new IllegalStateException(name + ": " + answer);
            });
        }

        private CompletionStage<Long> save(SelectedSnapshot snapshot) {
            var entered = first == 0 ? rooms.enter(name, null) : CompletableFuture.completedStage(Done.getInstance());
            return entered.thenCompose(_ -> Patterns.ask(
                            snapshots,
                            new SnapshotProtocol.SaveSnapshot(snapshot.metadata(), snapshot.snapshot()),
                            PATIENCE))
                    .thenApply(answer -> {
                        if (answer instanceof org.apache.pekko.persistence.SaveSnapshotSuccess) {
                            return 1L;
                        }
                        throw new IllegalStateException(name + ": its snapshot is not written: " + answer);
                    });
        }

        CompletionStage<Done> compared() {
            if (first == 0) {
                return CompletableFuture.completedStage(Done.getInstance());
            }
            return read().thenApply(found -> {
                if (!found.equals(new There(events, last, nanos))) {
                    throw new IllegalStateException(name + ": Cassandra has " + found.events() + " events up to number "
                            + found.highest() + " with a cost of " + found.nanos() + " (expected: " + events
                            + " up to " + last + " with " + nanos
                            + "; has a node been running on it? Then drop its keyspace and begin again)");
                }
                return Done.getInstance();
            });
        }
    }
}
