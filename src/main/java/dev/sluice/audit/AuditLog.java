package dev.sluice.audit;

import dev.sluice.audit.AuditEvent.Begun;
import dev.sluice.audit.AuditEvent.Ended;
import dev.sluice.cluster.CborSerializable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.apache.pekko.persistence.typed.JournalPersistFailed;
import org.apache.pekko.persistence.typed.JournalPersistRejected;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.javadsl.CommandHandlerWithReply;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehaviorWithEnforcedReplies;
import org.apache.pekko.persistence.typed.javadsl.ReplyEffect;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;
import org.jspecify.annotations.Nullable;

/** The one who writes it all down. Knows what is still open; what is over stays in the journal and is read from there. */
final class AuditLog extends EventSourcedBehaviorWithEnforcedReplies<AuditLog.Command, AuditEvent, AuditState> {
    static final EntityTypeKey<Command> KEY = EntityTypeKey.create(Command.class, "Audit");

    /** There is one. */
    static final String ENTITY = "all";

    static final PersistenceId PERSISTENCE_ID = PersistenceId.of("Audit", ENTITY);

    /** A recovery replays at most this many, in milliseconds. */
    private static final int EVENTS_PER_SNAPSHOT = 1000;

    /** The latest, and the one before it in case the latest cannot be read. */
    private static final int SNAPSHOTS = 2;

    private static final Duration BACKOFF_MIN = Duration.ofMillis(200);
    private static final Duration BACKOFF_MAX = Duration.ofSeconds(10);
    private static final double BACKOFF_JITTER = 0.1;

    /** Every one is answered when the journal holds it, or when it says that it does not. */
    sealed interface Command extends CborSerializable {}

    record Begin(Action action, ActorRef<Answer> replyTo) implements Command {}

    record End(Ended ended, ActorRef<Answer> replyTo) implements Command {}

    record Look(ActorRef<Answer> replyTo) implements Command {}

    /** From sharding, before the actor moves or rests. */
    record Stop() implements Command {}

    /** What someone hears. */
    sealed interface Answer extends CborSerializable {}

    record Written() implements Answer {}

    record NotWritten(String why) implements Answer {}

    /**
     * How far the journal goes.
     *
     * @param open ids of what has begun and not ended
     */
    record Seen(long last, Set<String> open) implements Answer {}

    private final ActorContext<Command> context;
    /** For whom the journal writes; one at a time. */
    private @Nullable ActorRef<Answer> waiting;

    static Behavior<Command> create() {
        return Behaviors.setup(AuditLog::new);
    }

    private AuditLog(ActorContext<Command> context) {
        super(PERSISTENCE_ID, SupervisorStrategy.restartWithBackoff(BACKOFF_MIN, BACKOFF_MAX, BACKOFF_JITTER));
        this.context = context;
    }

    @Override
    public AuditState emptyState() {
        return new AuditState(List.of());
    }

    @Override
    public CommandHandlerWithReply<Command, AuditEvent, AuditState> commandHandler() {
        return (state, command) -> switch (command) {
            case Begin(var action, var replyTo) -> onBegin(state, action, replyTo);
            case End(var ended, var replyTo) -> write(List.of(ended), replyTo);
            case Look(var replyTo) -> Effect().reply(replyTo, seen(state));
            case Stop() -> Effect().stop().thenNoReply();
        };
    }

    @Override
    public EventHandler<AuditState, AuditEvent> eventHandler() {
        return AuditState::apply;
    }

    @Override
    public SignalHandler<AuditState> signalHandler() {
        return newSignalHandlerBuilder()
                .onSignal(JournalPersistFailed.class, (state, signal) -> onJournalFailed(signal.failure()))
                .onSignal(JournalPersistRejected.class, (state, signal) -> onJournalFailed(signal.failure()))
                .build();
    }

    @Override
    public RetentionCriteria retentionCriteria() {
        return RetentionCriteria.snapshotEvery(EVENTS_PER_SNAPSHOT, SNAPSHOTS);
    }

    private ReplyEffect<AuditEvent, AuditState> onBegin(AuditState state, Action action, ActorRef<Answer> replyTo) {
        if (state.isOpen(action.id())) {
            return Effect().reply(replyTo, new Written());
        }
        var events = new ArrayList<AuditEvent>();
        state.abandoned(action.at()).forEach(abandoned -> events.add(Ended.unknown(abandoned)));
        events.add(new Begun(action));
        return write(events, replyTo);
    }

    private ReplyEffect<AuditEvent, AuditState> write(List<AuditEvent> events, ActorRef<Answer> replyTo) {
        waiting = replyTo;
        return Effect().persist(events).thenReply(replyTo, _ -> new Written());
    }

    private void onJournalFailed(Throwable failure) {
        if (waiting != null) {
            waiting.tell(new NotWritten(failure.toString()));
        }
    }

    private Seen seen(AuditState state) {
        return new Seen(
                lastSequenceNumber(context),
                state.open().stream().map(Action::id).collect(Collectors.toSet()));
    }
}
