package dev.sluice.session;

import dev.sluice.identity.Caller;
import dev.sluice.journal.Storage;
import dev.sluice.session.Reply.Foreign;
import dev.sluice.session.Reply.Found;
import dev.sluice.session.Reply.Home;
import dev.sluice.session.Reply.Recorded;
import dev.sluice.wire.RequestHead.SessionHints;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.random.RandomGenerator;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.cluster.sharding.typed.ShardingEnvelope;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The door's inside: names sessions and carries exchanges to them. */
final class ShardedSessions implements Sessions {
    private static final Logger log = LoggerFactory.getLogger(ShardedSessions.class);

    /**
     * Exchanges and questions between the door and the journal, at some 2 kB each: about 32 MB, or some seconds of a
     * stalled journal at full speed. Whatever comes beyond is refused, because a caller must never wait for it.
     */
    static final int MAX_UNDER_WAY = 16_384;

    /** The first refused one is logged, then one in so many: a stalled journal must not fill the log. */
    private static final int REFUSALS_PER_LOG_LINE = 1_000;

    /** Only this format's requests name a previous response. */
    private static final String CHAINING_PREFIX = "oare_";

    private final ActorRef<ShardingEnvelope<Session.Command>> sessions;
    private final ActorRef<ShardingEnvelope<ResponseIndex.Command>> indexes;
    private final ActorRef<Courier.Message> courier;
    private final AtomicInteger underWay;
    private final AtomicLong refused = new AtomicLong();
    private final RandomGenerator random;

    static Sessions start(ActorSystem<?> system, InstantSource clock, RandomGenerator random) {
        var sharding = ClusterSharding.get(system);
        var isShared = Storage.kind(system) == Storage.Kind.CASSANDRA;
        var sessions = sharding.init(Entity.of(
                        Session.KEY,
                        entity -> Session.create(entity.getEntityId(), clock, tags(entity.getEntityId(), isShared)))
                .withStopMessage(new Session.Stop()));
        var indexes = sharding.init(Entity.of(ResponseIndex.KEY, entity -> ResponseIndex.create(entity.getEntityId()))
                .withStopMessage(new ResponseIndex.Stop()));
        var underWay = new AtomicInteger();
        var courier = system.systemActorOf(Courier.create(underWay), "session-courier", Props.empty());
        return new ShardedSessions(sessions, indexes, courier, underWay, random);
    }

    private static Set<String> tags(String session, boolean isShared) {
        return Set.of(isShared ? ExchangeRecorded.tag(ExchangeRecorded.slice(session)) : ExchangeRecorded.TAG);
    }

    ShardedSessions(
            ActorRef<ShardingEnvelope<Session.Command>> sessions,
            ActorRef<ShardingEnvelope<ResponseIndex.Command>> indexes,
            ActorRef<Courier.Message> courier,
            AtomicInteger underWay,
            RandomGenerator random) {
        this.sessions = sessions;
        this.indexes = indexes;
        this.courier = courier;
        this.underWay = underWay;
        this.random = random;
    }

    @Override
    public CompletionStage<String> name(Caller caller, String prefix, SessionHints hints) {
        var login = caller.login();
        var id = hints.sessionId();
        if (id != null && !id.isEmpty()) {
            return CompletableFuture.completedFuture(SessionNames.own(prefix, login, id));
        }
        var previous = hints.previousResponse();
        if (previous != null && !previous.isEmpty()) {
            return continuing(prefix, login, previous);
        }
        return CompletableFuture.completedFuture(
                hints.fingerprint().isEmpty()
                        ? SessionNames.random(prefix, random.nextLong())
                        : SessionNames.fingerprinted(prefix, login, hints.fingerprint()));
    }

    private CompletionStage<String> continuing(String prefix, String login, String previous) {
        return find(login, previous)
                .thenApply(link -> link.map(ResponseLinked::session)
                        .orElseGet(() -> SessionNames.continuing(prefix, login, previous)));
    }

    @Override
    public CompletionStage<Optional<Origin>> origin(Caller caller, String responseId) {
        return find(caller.login(), responseId).thenApply(link -> link.flatMap(ShardedSessions::origin));
    }

    private static Optional<Origin> origin(ResponseLinked link) {
        return link.provider() == null || link.model() == null
                ? Optional.empty()
                : Optional.of(new Origin(link.session(), link.provider(), link.model()));
    }

    /** On the caller's clock, so it is never sent again: without an answer in time the response is as good as unknown. */
    private CompletionStage<Optional<ResponseLinked>> find(String login, String responseId) {
        var found = new CompletableFuture<Optional<ResponseLinked>>();
        var response = SessionNames.response(login, responseId);
        var index = ResponseIndex.entityId(login, response);
        Runnable unknown = () -> found.complete(Optional.empty());
        var isUnderWay = carry(new Errand(
                (number, replyTo) ->
                        indexes.tell(new ShardingEnvelope<>(index, new ResponseIndex.Find(response, number, replyTo))),
                reply -> {
                    if (reply instanceof Found(var number, var link)) {
                        found.complete(Optional.of(link));
                    } else {
                        unknown.run();
                    }
                },
                unknown,
                unknown));
        if (!isUnderWay) {
            unknown.run();
        }
        return found;
    }

    @Override
    public CompletionStage<Done> link(String login, String responseId, Origin origin) {
        var done = new CompletableFuture<Done>();
        var response = SessionNames.response(login, responseId);
        var index = ResponseIndex.entityId(login, response);
        var link = new ResponseLinked(response, origin.session(), origin.provider(), origin.model());
        carryOrFail(
                (number, replyTo) ->
                        indexes.tell(new ShardingEnvelope<>(index, new ResponseIndex.Link(link, number, replyTo))),
                reply -> done.complete(Done.getInstance()),
                done);
        return done;
    }

    /** On the caller's clock, so it is never sent again. */
    @Override
    public CompletionStage<String> home(String session, String model) {
        var home = new CompletableFuture<String>();
        Runnable unknown = () -> home.complete("");
        var isUnderWay = carry(new Errand(
                (number, replyTo) ->
                        sessions.tell(new ShardingEnvelope<>(session, new Session.FindHome(model, number, replyTo))),
                reply -> home.complete(reply instanceof Home(var number, var upstream) ? upstream : ""),
                unknown,
                unknown));
        if (!isUnderWay) {
            unknown.run();
        }
        return home;
    }

    @Override
    public CompletionStage<Long> record(Exchange exchange) {
        var cost = new CompletableFuture<Long>();
        var response = exchange.responseId();
        if (response == null || !exchange.session().startsWith(CHAINING_PREFIX)) {
            record(exchange, cost, cost::complete);
            return cost;
        }
        var linked =
                link(exchange.login(), response, new Origin(exchange.session(), exchange.provider(), exchange.model()));
        record(exchange, cost, cost::complete);
        return cost.thenCombine(linked, (nanos, _) -> nanos);
    }

    private void record(Exchange exchange, CompletableFuture<Long> failing, LongConsumer recorded) {
        carryOrFail(
                (number, replyTo) -> sessions.tell(
                        new ShardingEnvelope<>(exchange.session(), new Session.Remember(exchange, number, replyTo))),
                reply -> {
                    if (reply instanceof Foreign) {
                        record(exchange.in(SessionNames.apart(exchange)), failing, recorded);
                    } else if (reply instanceof Recorded(var number, var nanos)) {
                        recorded.accept(nanos);
                    }
                },
                failing);
    }

    @Override
    public CompletionStage<Long> costOrLost(String requestId, RequestMemo memo, long estimateNanos) {
        var cost = new CompletableFuture<Long>();
        carryOrFail(
                (number, replyTo) -> sessions.tell(new ShardingEnvelope<>(
                        memo.session(), new Session.CostOrLost(requestId, memo, estimateNanos, number, replyTo))),
                reply -> {
                    if (reply instanceof Recorded(var number, var nanos)) {
                        cost.complete(nanos);
                    }
                },
                cost);
        return cost;
    }

    private void carryOrFail(Errand.Path path, Consumer<Reply> answered, CompletableFuture<?> failing) {
        var isUnderWay = carry(new Errand(
                path,
                answered,
                null,
                () -> failing.completeExceptionally(new IllegalStateException("the node goes down"))));
        if (!isUnderWay) {
            countRefused();
            failing.completeExceptionally(
                    new IllegalStateException(MAX_UNDER_WAY + " exchanges wait for the journal already"));
        }
    }

    private void countRefused() {
        var count = refused.incrementAndGet();
        if (count % REFUSALS_PER_LOG_LINE == 1) {
            log.atError()
                    .addKeyValue("underWay", MAX_UNDER_WAY)
                    .addKeyValue("refused", count)
                    .log("an exchange is not recorded: the journal does not keep up");
        }
    }

    private boolean carry(Errand errand) {
        if (underWay.incrementAndGet() > MAX_UNDER_WAY) {
            underWay.decrementAndGet();
            return false;
        }
        courier.tell(new Courier.Carry(errand));
        return true;
    }
}
