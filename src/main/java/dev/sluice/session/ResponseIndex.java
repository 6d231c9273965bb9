package dev.sluice.session;

import dev.sluice.cluster.CborSerializable;
import dev.sluice.cluster.JsonSerializable;
import dev.sluice.session.Reply.Found;
import dev.sluice.session.Reply.Linked;
import dev.sluice.session.Reply.NotFound;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.SnapshotAdapter;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.Effect;
import org.apache.pekko.persistence.typed.javadsl.EffectBuilder;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.jspecify.annotations.Nullable;

/**
 * Which session a response belongs to and who made it, for requests that name nothing but a previous response. A caller's responses are spread over
 * a few of these; only that caller's are in them, under names that have the login inside.
 *
 * <p>A client that goes on the moment it has its answer may be faster than the record of that answer, so a look-up that finds
 * nothing waits a moment for a link to come.
 */
final class ResponseIndex
        extends EventSourcedBehavior<ResponseIndex.Command, ResponseLinked, Map<String, ResponseLinked>> {
    static final EntityTypeKey<Command> KEY = EntityTypeKey.create(Command.class, "ResponseIndex");

    /** Spreads a busy caller; with {@link #REMEMBERED} it makes 65,536 responses a caller. */
    private static final int SLOTS = 16;

    /** Chains go on from recent answers; an index that is full has about a megabyte. */
    static final int REMEMBERED = 4096;

    /** As often as the memory turns over, so that snapshots cost about as much as events. */
    private static final int EVENTS_PER_SNAPSHOT = 4096;

    private static final int SNAPSHOTS = 2;

    /** Far more than it takes to record an answer, and a pause that nobody notices, once, before a model's answer. */
    static final Duration GRACE = Duration.ofMillis(250);

    /** Look-ups that wait; more than these find nothing at once. */
    private static final int MAX_WAITING = 1024;

    sealed interface Command extends CborSerializable {}

    record Link(ResponseLinked link, long errand, ActorRef<Reply> replyTo) implements Command {}

    record Find(String response, long errand, ActorRef<Reply> replyTo) implements Command {}

    /** From sharding, before the actor moves or rests. */
    record Stop() implements Command {}

    private record Flush() implements Command {}

    private record GraceOver(Find find) implements Command {}

    /**
     * The index as the journal keeps it, the oldest response first.
     *
     * @param upstreams {@code provider/model} by response, where that is known; null in snapshots of the first version
     */
    record Snapshot(Map<String, String> sessions, @Nullable Map<String, String> upstreams) implements JsonSerializable {
        static Snapshot of(Map<String, ResponseLinked> links) {
            var sessions = new LinkedHashMap<String, String>();
            var upstreams = new LinkedHashMap<String, String>();
            links.forEach((response, link) -> {
                sessions.put(response, link.session());
                if (link.provider() != null && link.model() != null) {
                    upstreams.put(response, link.provider() + "/" + link.model());
                }
            });
            return new Snapshot(sessions, upstreams.isEmpty() ? null : upstreams);
        }

        Map<String, ResponseLinked> links() {
            var links = new Latest<String, ResponseLinked>(REMEMBERED);
            sessions.forEach((response, session) -> links.put(response, link(response, session)));
            return links;
        }

        /** Names of providers have no slash, so the first one ends it. */
        private ResponseLinked link(String response, String session) {
            var upstream = upstreams == null ? null : upstreams.get(response);
            var slash = upstream == null ? -1 : upstream.indexOf('/');
            return upstream == null || slash < 0
                    ? new ResponseLinked(response, session, null, null)
                    : new ResponseLinked(
                            response, session, upstream.substring(0, slash), upstream.substring(slash + 1));
        }
    }

    private final ActorContext<Command> context;
    private final TimerScheduler<Command> timers;
    private final Map<String, List<Find>> waiting = new HashMap<>();
    private Batch<ResponseLinked> batch = new Batch<>();
    private int waiters;

    static Behavior<Command> create(String id) {
        return Behaviors.setup(context -> Behaviors.withTimers(timers -> new ResponseIndex(context, timers, id)));
    }

    /** The entity that knows a response. */
    static String entityId(String login, String response) {
        return SessionNames.caller(login) + '-' + Math.floorMod(response.hashCode(), SLOTS);
    }

    private ResponseIndex(ActorContext<Command> context, TimerScheduler<Command> timers, String id) {
        super(PersistenceId.of(KEY.name(), id));
        this.context = context;
        this.timers = timers;
    }

    @Override
    public Map<String, ResponseLinked> emptyState() {
        return new Latest<>(REMEMBERED);
    }

    @Override
    public CommandHandler<Command, ResponseLinked, Map<String, ResponseLinked>> commandHandler() {
        return (links, command) -> switch (command) {
            case Link link -> onLink(links, link);
            case Find find -> onFind(links, find);
            case GraceOver(var find) -> onGraceOver(find);
            case Flush() -> flush();
            case Stop() -> flush().thenStop();
        };
    }

    /** Mutable, as a session's state and for the same reason; a snapshot is a copy. */
    @Override
    public EventHandler<Map<String, ResponseLinked>, ResponseLinked> eventHandler() {
        return (links, event) -> {
            links.put(event.response(), event);
            return links;
        };
    }

    /** As many as one node has under way at most, so that a stalled journal drops none of them. */
    @Override
    public Optional<Integer> stashCapacity() {
        return Optional.of(ShardedSessions.MAX_UNDER_WAY);
    }

    @Override
    public RetentionCriteria retentionCriteria() {
        return RetentionCriteria.snapshotEvery(EVENTS_PER_SNAPSHOT, SNAPSHOTS);
    }

    @Override
    public SnapshotAdapter<Map<String, ResponseLinked>> snapshotAdapter() {
        return new SnapshotAdapter<>() {
            @Override
            public Object toJournal(Map<String, ResponseLinked> state) {
                return Snapshot.of(state);
            }

            @Override
            public Map<String, ResponseLinked> fromJournal(Object from) {
                return ((Snapshot) from).links();
            }
        };
    }

    private Effect<ResponseLinked, Map<String, ResponseLinked>> onLink(Map<String, ResponseLinked> links, Link link) {
        if (links.containsKey(link.link().response())) {
            return Effect().reply(link.replyTo(), new Linked(link.errand()));
        }
        if (batch.isEmpty()) {
            context.getSelf().tell(new Flush());
        }
        batch.addIfAbsent(link.link().response(), link.link());
        batch.thenTell(link.replyTo(), new Linked(link.errand()));
        return batch.isFull() ? flush() : Effect().none();
    }

    private Effect<ResponseLinked, Map<String, ResponseLinked>> onFind(Map<String, ResponseLinked> links, Find find) {
        var link = links.get(find.response());
        if (link != null) {
            return Effect().reply(find.replyTo(), new Found(find.errand(), link));
        }
        if (waiters == MAX_WAITING) {
            return Effect().reply(find.replyTo(), new NotFound(find.errand()));
        }
        waiters++;
        waiting.computeIfAbsent(find.response(), response -> new ArrayList<>()).add(find);
        timers.startSingleTimer(find, new GraceOver(find), GRACE);
        return Effect().none();
    }

    private Effect<ResponseLinked, Map<String, ResponseLinked>> onGraceOver(Find find) {
        var finds = waiting.get(find.response());
        if (finds != null && finds.remove(find)) {
            waiters--;
            if (finds.isEmpty()) {
                waiting.remove(find.response());
            }
            find.replyTo().tell(new NotFound(find.errand()));
        }
        return Effect().none();
    }

    private EffectBuilder<ResponseLinked, Map<String, ResponseLinked>> flush() {
        if (batch.isEmpty()) {
            return Effect().none();
        }
        var written = batch;
        batch = new Batch<>();
        return Effect().persist(written.events()).thenRun(() -> {
            written.acknowledge();
            written.events().forEach(this::answerWaiting);
        });
    }

    private void answerWaiting(ResponseLinked link) {
        var finds = waiting.remove(link.response());
        if (finds != null) {
            waiters -= finds.size();
            for (var find : finds) {
                timers.cancel(find);
                find.replyTo().tell(new Found(find.errand(), link));
            }
        }
    }
}
