package dev.sluice.policy;

import dev.sluice.cluster.CborSerializable;
import dev.sluice.cluster.JsonSerializable;
import dev.sluice.policy.Policies.Version;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.javadsl.CommandHandlerWithReply;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehaviorWithEnforcedReplies;
import org.apache.pekko.persistence.typed.javadsl.ReplyEffect;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.jspecify.annotations.Nullable;

/** The versions of the one policy document, in the order in which all nodes take them. It judges none: that takes a node's environment. */
final class PolicyHistory
        extends EventSourcedBehaviorWithEnforcedReplies<PolicyHistory.Command, PolicyHistory.Event, HistoryState> {
    static final EntityTypeKey<Command> KEY = EntityTypeKey.create(Command.class, "PolicyHistory");

    /** There is one. */
    static final String ID = "policy";

    static final PersistenceId PERSISTENCE_ID = PersistenceId.of(KEY.name(), ID);

    private static final int EVENTS_PER_SNAPSHOT = 50;
    private static final int SNAPSHOTS = 2;
    private static final Duration BACKOFF_MIN = Duration.ofMillis(200);
    private static final Duration BACKOFF_MAX = Duration.ofSeconds(5);
    private static final double BACKOFF_JITTER = 0.1;

    sealed interface Command extends CborSerializable {}

    /**
     * A node starts with this text on its disk. Answered by {@link Newest}.
     *
     * @param shared whether it is one of several nodes, each with a file of its own
     */
    record Open(String text, boolean shared, ActorRef<Reply> replyTo) implements Command {
        @Override
        public String toString() {
            return "Open";
        }
    }

    /** Answered by {@link Newest}, or by {@link Outdated} when the newest text does not have that hash; null takes any. */
    record Save(
            String text,
            @Nullable String over,
            String by,
            @Nullable Long restored,
            ActorRef<Reply> replyTo) implements Command {
        @Override
        public String toString() {
            return "Save[by " + by + "]";
        }
    }

    /** Answered by {@link Newest} when there is a newer version, else by {@link NothingNewer}. */
    record After(long number, ActorRef<Reply> replyTo) implements Command {}

    /** Answered by {@link Written}. */
    record Wrote(long number, ActorRef<Reply> replyTo) implements Command {}

    /** Answered by {@link Listed}. */
    record Tell(ActorRef<Reply> replyTo) implements Command {}

    record Stop() implements Command {}

    sealed interface Reply extends CborSerializable {}

    /**
     * The newest version.
     *
     * @param written whether the file on disk has had it
     */
    record Newest(Version version, String text, boolean written) implements Reply {
        @Override
        public String toString() {
            return "Newest[" + version.number() + "]";
        }
    }

    record Outdated(Version newest) implements Reply {}

    record NothingNewer() implements Reply {}

    record Written() implements Reply {}

    record Listed(List<Version> versions) implements Reply {}

    sealed interface Event extends JsonSerializable permits PolicySaved, PolicyWritten {}

    private final InstantSource clock;

    static Behavior<Command> create(InstantSource clock) {
        return Behaviors.setup(context -> new PolicyHistory(clock));
    }

    private PolicyHistory(InstantSource clock) {
        super(PERSISTENCE_ID, SupervisorStrategy.restartWithBackoff(BACKOFF_MIN, BACKOFF_MAX, BACKOFF_JITTER));
        this.clock = clock;
    }

    @Override
    public HistoryState emptyState() {
        return HistoryState.EMPTY;
    }

    @Override
    public CommandHandlerWithReply<Command, Event, HistoryState> commandHandler() {
        return (state, command) -> switch (command) {
            case Open open -> onOpen(state, open);
            case Save save -> onSave(state, save);
            case After(var number, var replyTo) ->
                Effect().reply(replyTo, state.number() > number ? newest(state) : new NothingNewer());
            case Wrote(var number, var replyTo) -> onWrote(state, number, replyTo);
            case Tell(var replyTo) -> Effect().reply(replyTo, new Listed(state.versions()));
            case Stop() -> Effect().stop().thenNoReply();
        };
    }

    @Override
    public EventHandler<HistoryState, Event> eventHandler() {
        return HistoryState::apply;
    }

    /** Events stay: older versions are read from them. */
    @Override
    public RetentionCriteria retentionCriteria() {
        return RetentionCriteria.snapshotEvery(EVENTS_PER_SNAPSHOT, SNAPSHOTS);
    }

    /**
     * A file that is as the newest version is, or as one before it when those since never reached the disk, is no news. Any other one
     * was changed while nobody watched, and what was changed last holds.
     *
     * <p>Of several nodes one may have been away while another's file had what was saved: its own, with a text that was in force once, is then no
     * news either. Else a node that comes back would bring back what was revoked meanwhile, on all of them.
     */
    private ReplyEffect<Event, HistoryState> onOpen(HistoryState state, Open open) {
        var text = open.text();
        var replyTo = open.replyTo();
        var hash = Version.hash(text);
        if (!state.isEmpty()) {
            if (hash.equals(state.newest().hash())) {
                return state.written()
                        ? Effect().reply(replyTo, newest(state))
                        : Effect().persist(new PolicyWritten(state.number())).thenReply(replyTo, PolicyHistory::newest);
            }
            if (state.isLeftBehind(hash) || (open.shared() && state.had(hash))) {
                return Effect().reply(replyTo, newest(state));
            }
        }
        return save(state, text, Policies.FILE, null, replyTo);
    }

    private ReplyEffect<Event, HistoryState> onSave(HistoryState state, Save save) {
        if (save.over() != null
                && !state.isEmpty()
                && !save.over().equals(state.newest().hash())) {
            return Effect().reply(save.replyTo(), new Outdated(state.newest()));
        }
        // A client that had no answer asks again.
        if (!state.isEmpty() && save.restored() == null && save.text().equals(state.text())) {
            return Effect().reply(save.replyTo(), newest(state));
        }
        return save(state, save.text(), save.by(), save.restored(), save.replyTo());
    }

    private ReplyEffect<Event, HistoryState> save(
            HistoryState state, String text, String by, @Nullable Long restored, ActorRef<Reply> replyTo) {
        return Effect()
                .persist(new PolicySaved(state.number() + 1, text, by, clock.instant(), restored))
                .thenReply(replyTo, PolicyHistory::newest);
    }

    private ReplyEffect<Event, HistoryState> onWrote(HistoryState state, long number, ActorRef<Reply> replyTo) {
        return state.written() || number != state.number()
                ? Effect().reply(replyTo, new Written())
                : Effect().persist(new PolicyWritten(number)).thenReply(replyTo, saved -> new Written());
    }

    private static Reply newest(HistoryState state) {
        return new Newest(state.newest(), state.text(), state.written());
    }
}
