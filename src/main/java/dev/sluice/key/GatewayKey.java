package dev.sluice.key;

import dev.sluice.cluster.CborSerializable;
import dev.sluice.key.KeyState.Absent;
import dev.sluice.key.KeyState.Present;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.javadsl.CommandHandlerWithReply;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehaviorWithEnforcedReplies;
import org.apache.pekko.persistence.typed.javadsl.ReplyEffect;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;

/** One key: that it was made, whether it was revoked, when it was used last. Knows its hash, not the key. */
final class GatewayKey extends EventSourcedBehaviorWithEnforcedReplies<GatewayKey.Command, KeyEvent, KeyState> {
    static final EntityTypeKey<Command> KEY = EntityTypeKey.create(Command.class, "GatewayKey");

    /** Nobody needs to know it closer, and every use told is an event. */
    static final Duration USE_GRAIN = Duration.ofMinutes(1);

    /** Most keys have few events but uses; a busy one gets here in two hours. */
    private static final int EVENTS_PER_SNAPSHOT = 100;

    /** The latest, and the one before it in case the latest cannot be read. */
    private static final int SNAPSHOTS = 2;

    sealed interface Command extends CborSerializable {}

    record Create(KeyRecord key, String sha256, ActorRef<Answer> replyTo) implements Command {}

    record Tell(ActorRef<Answer> replyTo) implements Command {}

    record Revoke(Instant at, String by, ActorRef<Answer> replyTo) implements Command {}

    /** Nobody waits for it. */
    record Use(Instant at) implements Command {}

    /** From sharding, before the actor moves or rests. */
    record Stop() implements Command {}

    sealed interface Answer extends CborSerializable {}

    record Known(KeyStatus status, String sha256) implements Answer {}

    record NoSuchKey() implements Answer {}

    /** There is another key of this id. */
    record Taken() implements Answer {}

    private final ActorRef<Command> self;
    private final ActorRef<ClusterSharding.ShardCommand> shard;

    static Behavior<Command> create(String id, ActorRef<ClusterSharding.ShardCommand> shard) {
        return Behaviors.setup(context -> new GatewayKey(id, context.getSelf(), shard));
    }

    private GatewayKey(String id, ActorRef<Command> self, ActorRef<ClusterSharding.ShardCommand> shard) {
        super(PersistenceId.of(KEY.name(), id));
        this.self = self;
        this.shard = shard;
    }

    @Override
    public KeyState emptyState() {
        return new Absent();
    }

    @Override
    public CommandHandlerWithReply<Command, KeyEvent, KeyState> commandHandler() {
        return (state, command) -> switch (command) {
            case Create create -> onCreate(state, create);
            case Tell(var replyTo) -> onTell(state, replyTo);
            case Revoke revoke -> onRevoke(state, revoke);
            case Use(var at) -> onUse(state, at);
            case Stop() -> Effect().stop().thenNoReply();
        };
    }

    @Override
    public EventHandler<KeyState, KeyEvent> eventHandler() {
        return KeyState::apply;
    }

    @Override
    public Set<String> tagsFor(KeyEvent event) {
        return GatewayKeys.tags(event);
    }

    /** Events stay: the list of keys is made of them. */
    @Override
    public RetentionCriteria retentionCriteria() {
        return RetentionCriteria.snapshotEvery(EVENTS_PER_SNAPSHOT, SNAPSHOTS);
    }

    private ReplyEffect<KeyEvent, KeyState> onCreate(KeyState state, Create create) {
        return switch (state) {
            case Absent() ->
                Effect()
                        .persist(new KeyCreated(create.key(), create.sha256()))
                        .thenReply(create.replyTo(), GatewayKey::answer);
            case Present _ -> Effect().reply(create.replyTo(), new Taken());
        };
    }

    private ReplyEffect<KeyEvent, KeyState> onTell(KeyState state, ActorRef<Answer> replyTo) {
        if (state instanceof Absent) {
            rest();
        }
        return Effect().reply(replyTo, answer(state));
    }

    private ReplyEffect<KeyEvent, KeyState> onRevoke(KeyState state, Revoke revoke) {
        if (state instanceof Present present && present.revoked() == null) {
            return Effect()
                    .persist(new KeyRevoked(revoke.at(), revoke.by()))
                    .thenReply(revoke.replyTo(), GatewayKey::answer);
        }
        return onTell(state, revoke.replyTo());
    }

    private ReplyEffect<KeyEvent, KeyState> onUse(KeyState state, Instant at) {
        if (!(state instanceof Present present)) {
            rest();
            return Effect().noReply();
        }
        var last = present.lastUsed();
        return last == null || !at.isBefore(last.plus(USE_GRAIN))
                ? Effect().persist(new KeyUsed(at)).thenNoReply()
                : Effect().noReply();
    }

    /** Ids that somebody made up must not fill the memory. */
    private void rest() {
        shard.tell(new ClusterSharding.Passivate<>(self));
    }

    private static Answer answer(KeyState state) {
        return switch (state) {
            case Absent() -> new NoSuchKey();
            case Present present -> new Known(present.status(), present.sha256());
        };
    }
}
