package dev.sluice.session;

import dev.sluice.cluster.CborSerializable;
import dev.sluice.session.Exchange.Outcome;
import dev.sluice.session.Reply.Foreign;
import dev.sluice.session.Reply.Home;
import dev.sluice.session.Reply.Recorded;
import dev.sluice.wire.WireFormat;
import dev.sluice.wire.WireFormats;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
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

/**
 * One conversation of one caller: remembers its exchanges, each once.
 *
 * <p>When the journal fails, the actor stops and sharding starts it anew with the next command; nobody was told of what
 * was not written, so it is sent again.
 */
final class Session extends EventSourcedBehavior<Session.Command, ExchangeRecorded, SessionState> {
    static final EntityTypeKey<Command> KEY = EntityTypeKey.create(Command.class, "Session");

    /** Few conversations are longer, so most need no snapshot; a hot one replays at most this many, well under a second. */
    private static final int EVENTS_PER_SNAPSHOT = 2000;

    /** The latest, and the one before it in case the latest cannot be read. */
    private static final int SNAPSHOTS = 2;

    /** Questions that wait for the journal to be read; askers of more ask again later. */
    private static final int MAX_QUESTIONS = 1024;

    /**
     * What waits with an exchange for others: nobody waits for its being written, and a journal write costs as much as recording ten. A crash
     * in this time leaves a request that is charged its estimate.
     */
    private static final Duration PATIENCE = Duration.ofMillis(5);

    sealed interface Command extends CborSerializable {}

    record Remember(Exchange exchange, long errand, ActorRef<Reply> replyTo) implements Command {}

    /** What did it cost; and if nobody knows, it is lost, at the estimate. */
    record CostOrLost(String requestId, RequestMemo memo, long estimateNanos, long errand, ActorRef<Reply> replyTo)
            implements Command {}

    /** Who answers a model in this conversation. */
    record FindHome(String model, long errand, ActorRef<Reply> replyTo) implements Command {}

    /** From sharding, before the actor moves or rests. */
    record Stop() implements Command {}

    private record Flush() implements Command {}

    private record Recalled(Map<String, Long> costs) implements Command {}

    private record RecallEnded() implements Command {}

    private final ActorContext<Command> context;
    private final TimerScheduler<Command> timers;
    private final String id;
    private final InstantSource clock;
    private final Set<String> tags;

    private Batch<ExchangeRecorded> batch = new Batch<>();
    /** Whose session it is, once an exchange in the batch says so. */
    private String claimant = "";

    /** Waiting for the next recall. */
    private List<CostOrLost> questions = new ArrayList<>();
    /** Those of them that the running recall is to answer. */
    private List<CostOrLost> asked = List.of();

    private boolean recalling;

    static Behavior<Command> create(String id, InstantSource clock) {
        return create(id, clock, Set.of(ExchangeRecorded.TAG));
    }

    /** @param tags of its events */
    static Behavior<Command> create(String id, InstantSource clock, Set<String> tags) {
        return Behaviors.setup(
                context -> Behaviors.withTimers(timers -> new Session(context, timers, id, clock, tags)));
    }

    static PersistenceId persistenceId(String id) {
        return PersistenceId.of(KEY.name(), id);
    }

    private Session(
            ActorContext<Command> context,
            TimerScheduler<Command> timers,
            String id,
            InstantSource clock,
            Set<String> tags) {
        super(persistenceId(id));
        this.context = context;
        this.timers = timers;
        this.id = id;
        this.clock = clock;
        this.tags = tags;
    }

    @Override
    public SessionState emptyState() {
        return new SessionState();
    }

    @Override
    public CommandHandler<Command, ExchangeRecorded, SessionState> commandHandler() {
        return (state, command) -> switch (command) {
            case Remember remember -> onRemember(state, remember);
            case CostOrLost question -> onCostOrLost(state, question);
            case FindHome(var model, var errand, var replyTo) ->
                Effect().reply(replyTo, new Home(errand, home(state, model)));
            case Recalled(var costs) -> onRecalled(state, costs);
            case RecallEnded() -> onRecallEnded();
            case Flush() -> flush();
            case Stop() -> onStop();
        };
    }

    @Override
    public EventHandler<SessionState, ExchangeRecorded> eventHandler() {
        return SessionState::apply;
    }

    @Override
    public Set<String> tagsFor(ExchangeRecorded event) {
        return tags;
    }

    /** As many as one node has under way at most, so that a stalled journal drops none of them. */
    @Override
    public Optional<Integer> stashCapacity() {
        return Optional.of(ShardedSessions.MAX_UNDER_WAY);
    }

    /** Events stay: the ledger is made of them. */
    @Override
    public RetentionCriteria retentionCriteria() {
        return RetentionCriteria.snapshotEvery(EVENTS_PER_SNAPSHOT, SNAPSHOTS);
    }

    @Override
    public SnapshotAdapter<SessionState> snapshotAdapter() {
        return new SessionState.Snapshots();
    }

    private Effect<ExchangeRecorded, SessionState> onRemember(SessionState state, Remember command) {
        var exchange = command.exchange();
        if (state.costOf(exchange.requestId()) == null
                && batch.get(exchange.requestId()) == null
                && isForeign(state, exchange.login())) {
            return Effect().reply(command.replyTo(), new Foreign(command.errand()));
        }
        answer(state, exchange, command.errand(), command.replyTo());
        return flushIfFull();
    }

    private Effect<ExchangeRecorded, SessionState> onCostOrLost(SessionState state, CostOrLost question) {
        var request = question.requestId();
        if (state.costOf(request) != null || batch.get(request) != null || !state.hasForgotten()) {
            answer(state, lost(state, question), question.errand(), question.replyTo());
        } else if (questions.size() < MAX_QUESTIONS) {
            questions.add(question);
            recall();
        }
        return flushIfFull();
    }

    /** The request may be older than the memory: an exchange must not be taken for lost because it was long ago. */
    private void recall() {
        if (!recalling && !questions.isEmpty()) {
            recalling = true;
            asked = questions;
            questions = new ArrayList<>();
            var wanted = asked.stream().map(CostOrLost::requestId).collect(Collectors.toSet());
            var self = context.getSelf();
            var recall = context.spawnAnonymous(
                    Recall.create(persistenceId(id), wanted, costs -> self.tell(new Recalled(costs))));
            context.watchWith(recall, new RecallEnded());
        }
    }

    private Effect<ExchangeRecorded, SessionState> onRecalled(SessionState state, Map<String, Long> costs) {
        for (var question : asked) {
            var cost = costs.get(question.requestId());
            if (cost == null) {
                answer(state, lost(state, question), question.errand(), question.replyTo());
            } else {
                question.replyTo().tell(new Recorded(question.errand(), cost));
            }
        }
        asked = List.of();
        return flushIfFull();
    }

    /** With an answer, or, when the journal could not be read, without: then those who asked ask again. */
    private Effect<ExchangeRecorded, SessionState> onRecallEnded() {
        recalling = false;
        asked = List.of();
        recall();
        return Effect().none();
    }

    /** The recorded cost of the exchange's request, at once or when it is written; this exchange is recorded if none was. */
    private void answer(SessionState state, Exchange exchange, long errand, ActorRef<Reply> replyTo) {
        var request = exchange.requestId();
        var cost = state.costOf(request);
        if (cost != null) {
            replyTo.tell(new Recorded(errand, cost));
            return;
        }
        if (batch.isEmpty()) {
            timers.startSingleTimer(new Flush(), PATIENCE);
        }
        var recorded = batch.addIfAbsent(request, new ExchangeRecorded(exchange));
        if (claimant.isEmpty()) {
            claimant = exchange.login();
        }
        batch.thenTell(replyTo, new Recorded(errand, SessionState.costOf(recorded.exchange())));
    }

    /** What waits to be written counts: the next request of a conversation may come sooner. */
    private String home(SessionState state, String model) {
        var home = state.home(model);
        return home.isEmpty()
                ? batch.events().stream()
                        .map(ExchangeRecorded::exchange)
                        .filter(exchange -> SessionState.hasHome(exchange)
                                && exchange.askedModel().equals(model))
                        .findFirst()
                        .map(SessionState::homeOf)
                        .orElse("")
                : home;
    }

    private boolean isForeign(SessionState state, String login) {
        var owner = state.login().isEmpty() ? claimant : state.login();
        return !owner.isEmpty() && !owner.equals(login);
    }

    private Exchange lost(SessionState state, CostOrLost question) {
        var memo = question.memo();
        return new Exchange(
                question.requestId(),
                id,
                memo.login().isEmpty() ? state.login() : memo.login(),
                memo.node(),
                memo.tags(),
                memo.provider(),
                memo.model(),
                null,
                memo.format().isEmpty() ? format() : memo.format(),
                memo.path(),
                memo.method(),
                0,
                "",
                memo.stream(),
                memo.started() == null ? clock.instant() : memo.started(),
                -1,
                0,
                null,
                question.estimateNanos(),
                null,
                List.of(),
                null,
                Outcome.LOST,
                null,
                true,
                0,
                0,
                memo.buckets(),
                null,
                null);
    }

    /** For memos that do not say. */
    private String format() {
        return WireFormats.ALL.stream()
                .filter(format -> id.startsWith(format.sessionPrefix() + '_'))
                .map(WireFormat::name)
                .findFirst()
                .orElse("");
    }

    private Effect<ExchangeRecorded, SessionState> flushIfFull() {
        return batch.isFull() ? flush() : Effect().none();
    }

    private EffectBuilder<ExchangeRecorded, SessionState> flush() {
        if (batch.isEmpty()) {
            return Effect().none();
        }
        var written = batch;
        batch = new Batch<>();
        return Effect().persist(written.events()).thenRun(written::acknowledge);
    }

    private Effect<ExchangeRecorded, SessionState> onStop() {
        return flush().thenStop();
    }
}
