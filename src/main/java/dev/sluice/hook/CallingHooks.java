package dev.sluice.hook;

import dev.sluice.config.GrantRule.HookDatum;
import dev.sluice.config.Policy;
import dev.sluice.hook.Letters.Left;
import dev.sluice.journal.Storage;
import dev.sluice.quota.Quota;
import dev.sluice.session.Exchange;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.stream.SystemMaterializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The door's inside: guardrails are asked from here, the rest is told by a scribe and a postman. */
final class CallingHooks implements Hooks {
    private static final Logger log = LoggerFactory.getLogger(CallingHooks.class);

    /** Its threads are the room's own: what it does with bodies may take a while, and nobody else is to wait for it. */
    private static final DispatcherSelector DISPATCHER = DispatcherSelector.fromConfig("sluice.hook-dispatcher");

    /** Requests whose letters are not written yet. Their bytes are bounded, too: by the transcripts. */
    private static final int MOST_WAITING = 8_192;

    /** Whoever is told of quotas is told without them rather than later. */
    private static final Duration QUOTAS_PATIENCE = Duration.ofSeconds(2);

    private final Letters store;
    private final Executor executor;
    private final Quota quota;
    private final Tallies tallies;
    private final Guardrails guardrails;
    private final ActorRef<Scribe.Message> scribe;
    private final AtomicInteger waiting = new AtomicInteger();

    static CompletionStage<Hooks> start(
            ActorSystem<?> system,
            HookClient.Sender sender,
            Quota quota,
            Supplier<Policy> policy,
            Supplier<String> tailnet,
            InstantSource clock,
            RandomGenerator random) {
        var settings = HookSettings.of(system.settings().config());
        var store = letters(system, settings, policy, clock);
        return store.left()
                .thenApply(left ->
                        new CallingHooks(system, settings, store, left, sender, quota, policy, tailnet, clock, random));
    }

    private static Letters letters(
            ActorSystem<?> system, HookSettings settings, Supplier<Policy> policy, InstantSource clock) {
        return switch (Storage.kind(system)) {
            case SQLITE -> SqliteLetters.open(system);
            case CASSANDRA -> CassandraLetters.open(system, settings, policy, clock, DISPATCHER);
        };
    }

    private CallingHooks(
            ActorSystem<?> system,
            HookSettings settings,
            Letters store,
            Left left,
            HookClient.Sender sender,
            Quota quota,
            Supplier<Policy> policy,
            Supplier<String> tailnet,
            InstantSource clock,
            RandomGenerator random) {
        this.store = store;
        this.executor = system.dispatchers().lookup(DISPATCHER);
        this.quota = quota;
        this.tallies = new Tallies(clock);
        left.totals().forEach((hook, totals) -> {
            tallies.of(hook).delivered(totals.delivered());
            tallies.of(hook).dead(totals.dead());
        });
        var client =
                new HookClient(sender, clock, SystemMaterializer.get(system).materializer());
        var backoff = new Backoff(
                settings.firstPause().toMillis(), settings.longestPause().toMillis(), random);
        var outbox = new Outbox(settings.inFlight(), settings.queueDeliveries(), settings.queueBytes(), backoff);
        var postman = system.systemActorOf(
                Postman.create(new Postman.Surroundings(store, client, tallies, policy, clock, outbox, settings)),
                "hook-postman",
                DISPATCHER);
        postman.tell(new Postman.Deliver(left.letters()));
        store.open(postman);
        var lastId = left.letters().isEmpty() ? 0 : left.letters().getLast().id;
        this.scribe =
                system.systemActorOf(Scribe.create(store, postman, tailnet, clock, lastId), "hook-scribe", DISPATCHER);
        this.guardrails = new Guardrails(client, tallies, this::quotas, tailnet, executor);
    }

    @Override
    public CompletionStage<Verdict> ask(Question question) {
        return guardrails.ask(question);
    }

    @Override
    public CompletionStage<Done> tell(Ended ended) {
        var hooks = ended.permit().hooks();
        if (hooks.isEmpty()
                || ended.exchange().outcome() == Exchange.Outcome.REFUSED
                || hooks.stream().noneMatch(hook -> Scribe.isTold(hook, ended))) {
            return CompletableFuture.completedFuture(Done.getInstance());
        }
        if (waiting.incrementAndGet() > MOST_WAITING) {
            waiting.decrementAndGet();
            drop(ended);
            return CompletableFuture.completedFuture(Done.getInstance());
        }
        var done = new CompletableFuture<Done>();
        var _ = done.whenComplete((_, _) -> waiting.decrementAndGet());
        if (hooks.stream().anyMatch(hook -> hook.send().contains(HookDatum.QUOTAS))) {
            var _ = quotas(ended.exchange().buckets())
                    .thenAccept(statuses -> scribe.tell(new Scribe.Write(ended, statuses, done)));
        } else {
            scribe.tell(new Scribe.Write(ended, List.of(), done));
        }
        return done;
    }

    private void drop(Ended ended) {
        for (var hook : ended.permit().hooks()) {
            if (Scribe.isTold(hook, ended)) {
                tallies.of(hook.name()).dead(1);
            }
        }
        log.atError()
                .addKeyValue("requestId", ended.exchange().requestId())
                .log("hooks are not told of a request: too many wait for the disk");
    }

    /** Never fails, and never takes long; asked from elsewhere, for whoever wants to know it is on a loop. */
    private CompletionStage<List<Quota.Status>> quotas(List<String> buckets) {
        return CompletableFuture.supplyAsync(() -> quota.of(buckets), executor)
                .thenCompose(asked -> asked)
                .completeOnTimeout(List.of(), QUOTAS_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
                .exceptionally(failure -> List.of());
    }

    @Override
    public List<Status> status() {
        return tallies.status();
    }

    @Override
    public CompletionStage<List<DeadLetter>> deadLetters(int most) {
        return store.dead(most);
    }
}
