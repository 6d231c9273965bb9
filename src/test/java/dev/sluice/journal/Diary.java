package dev.sluice.journal;

import dev.sluice.cluster.JsonSerializable;
import java.time.Duration;
import java.util.Set;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;

/** An entity as the rooms write them: it keeps lines, tags them, and snapshots every tenth. */
final class Diary extends EventSourcedBehavior<Diary.Command, Diary.Noted, Diary.Lines> {
    static final String TAG = "noted";

    sealed interface Command {}

    record Note(String line, ActorRef<Done> replyTo) implements Command {}

    record Read(ActorRef<Lines> replyTo) implements Command {}

    record Noted(String line) implements JsonSerializable {}

    record Lines(long count, String last) implements JsonSerializable {}

    static Behavior<Command> create(String id) {
        return new Diary(id);
    }

    private Diary(String id) {
        super(
                PersistenceId.ofUniqueId(id),
                org.apache.pekko.actor.typed.SupervisorStrategy.restartWithBackoff(
                        Duration.ofMillis(50), Duration.ofSeconds(1), 0.1));
    }

    @Override
    public Lines emptyState() {
        return new Lines(0, "");
    }

    @Override
    public CommandHandler<Command, Noted, Lines> commandHandler() {
        return (state, command) -> switch (command) {
            case Note(var line, var replyTo) ->
                Effect().persist(new Noted(line)).thenRun(() -> replyTo.tell(Done.getInstance()));
            case Read(var replyTo) -> Effect().none().thenRun(() -> replyTo.tell(state));
        };
    }

    @Override
    public EventHandler<Lines, Noted> eventHandler() {
        return (state, event) -> new Lines(state.count() + 1, event.line());
    }

    @Override
    public Set<String> tagsFor(Noted event) {
        return event.line().startsWith("secret") ? Set.of() : Set.of(TAG, "all");
    }

    @Override
    public RetentionCriteria retentionCriteria() {
        return RetentionCriteria.snapshotEvery(10, 2);
    }
}
