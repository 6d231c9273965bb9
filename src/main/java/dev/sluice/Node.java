package dev.sluice;

import com.typesafe.config.Config;
import dev.sluice.admin.AdminEndpoints;
import dev.sluice.cluster.NodeSystem;
import dev.sluice.config.Policy;
import dev.sluice.config.Settings;
import dev.sluice.gate.Endpoint;
import dev.sluice.gate.Gate;
import dev.sluice.identity.Identity;
import dev.sluice.journal.SqliteStore;
import dev.sluice.policy.InForce;
import dev.sluice.provider.Providers;
import dev.sluice.proxy.Listener;
import dev.sluice.proxy.Proxy;
import dev.sluice.quota.Quota;
import dev.sluice.quota.QuotaSettings;
import dev.sluice.session.RequestMemo;
import dev.sluice.session.Sessions;
import dev.sluice.usage.Ledger;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;

/** One running gateway: every room, put together. */
public final class Node {
    /** A connection that is cut is gone in milliseconds; one that is not must not keep the node. */
    private static final Duration CUT_TIMEOUT = Duration.ofSeconds(5);

    private static final Duration BOOKS_TIMEOUT = Duration.ofSeconds(20);

    private final ActorSystem<?> system;
    private final Settings settings;
    private final Proxy proxy;
    private final Gate gate;
    private final Listener listener;
    private final AtomicBoolean ready;

    private Node(
            ActorSystem<?> system, Settings settings, Proxy proxy, Gate gate, Listener listener, AtomicBoolean ready) {
        this.system = system;
        this.settings = settings;
        this.proxy = proxy;
        this.gate = gate;
        this.listener = listener;
        this.ready = ready;
    }

    /** Starts a gateway under a policy; completes when it takes requests. */
    public static CompletionStage<Node> start(Config config, Policy policy) {
        var settings = Settings.of(config);
        // The prices are read while the actor system starts: either takes some tenths of a second, on a core of its
        // own.
        var clock = InstantSource.system();
        var inForce = CompletableFuture.supplyAsync(() -> InForce.of(policy, clock));
        return NodeSystem.start(config).thenCompose(system -> assembleOrStop(system, settings, inForce, clock));
    }

    /** A node that cannot start leaves nothing running. */
    private static CompletionStage<Node> assembleOrStop(
            ActorSystem<?> system, Settings settings, CompletionStage<InForce> inForce, InstantSource clock) {
        CompletionStage<Node> assembled;
        try {
            assembled = assemble(system, settings, inForce, clock);
        } catch (RuntimeException e) {
            assembled = CompletableFuture.failedFuture(e);
        }
        var started = new CompletableFuture<Node>();
        var _ = assembled.whenComplete((node, failure) -> {
            if (node != null) {
                started.complete(node);
            } else {
                var _ = stop(system).whenComplete((stopped, ignored) -> started.completeExceptionally(failure));
            }
        });
        return started;
    }

    private static CompletionStage<Node> assemble(
            ActorSystem<?> system, Settings settings, CompletionStage<InForce> inForce, InstantSource clock) {
        // First, and for its errors: a storage that cannot be used ends the start here and says why.
        var _ = SqliteStore.get(system);
        var random = new SecureRandom();
        // Beside the rest: the certificates of all the authorities take a while to read.
        var providers = CompletableFuture.supplyAsync(() -> Providers.start(system, settings, clock, random));
        var sessions = Sessions.start(system, clock, random);
        var quota = Quota.start(
                system,
                (request, text, estimate) -> witness(sessions, request, RequestMemo.of(text), estimate),
                clock,
                new QuotaSettings(
                        "sluice.journal.query",
                        Duration.ofSeconds(3),
                        settings.reservations().renewal(),
                        settings.reservations().expiry(),
                        QuotaSettings.SNAPSHOT_EVERY,
                        true));
        var ledger = Ledger.start(system);
        return inForce.thenCombine(
                        providers,
                        (policy, upstream) ->
                                open(system, settings, policy, upstream, quota, sessions, ledger, clock, random))
                .thenCompose(opened -> opened);
    }

    /** All is there that a request needs: lets requests in. */
    private static CompletionStage<Node> open(
            ActorSystem<?> system,
            Settings settings,
            InForce inForce,
            Providers providers,
            Quota quota,
            Sessions sessions,
            Ledger ledger,
            InstantSource clock,
            SecureRandom random) {
        var identity = Identity.of(settings.trustedProxies());
        var proxy = new Proxy(system, settings, providers, quota, sessions, identity.headers(), clock, random);
        var ready = new AtomicBoolean(true);
        var endpoints = Stream.of(
                        proxy.endpoints(ready::get), AdminEndpoints.all(quota, ledger, providers, clock, system))
                .flatMap(List::stream)
                .toList();
        var gate = new Gate(endpoints, identity, () -> inForce, system, random);
        return Listener.bind(system, settings, clock, gate::handle)
                .thenApply(listener -> new Node(system, settings, proxy, gate, listener, ready));
    }

    /** What a request cost whose gateway died: the sessions know, or take it for lost. */
    private static CompletionStage<Quota.Testimony> witness(
            Sessions sessions, String requestId, RequestMemo memo, long estimateNanos) {
        return sessions.costOrLost(requestId, memo, estimateNanos)
                .thenApply(cost -> new Quota.Testimony(cost, memo.buckets()));
    }

    public InetSocketAddress address() {
        return listener.address();
    }

    /** Whether clients are to speak TLS. */
    public boolean speaksTls() {
        return settings.tls().isOn();
    }

    /** Every way in there is. */
    public List<Endpoint> endpoints() {
        return gate.endpoints();
    }

    public int openConnections() {
        return listener.openConnections();
    }

    /**
     * Readiness off, no new requests, open streams finish up to the drain timeout and are cut then, the books are closed, the actors
     * stop.
     */
    public CompletionStage<Done> drain() {
        ready.set(false);
        return listener.drain()
                .toCompletableFuture()
                .completeOnTimeout(Done.getInstance(), settings.drainTimeout().toMillis(), TimeUnit.MILLISECONDS)
                .thenCompose(drained -> cut())
                .thenCompose(gone -> balance())
                .thenCompose(balanced -> stop(system));
    }

    /** What an answer that is cut has cost is charged, as if its client had gone away. */
    private CompletionStage<Done> cut() {
        return openConnections() == 0
                ? CompletableFuture.completedFuture(Done.getInstance())
                : listener.cut()
                        .toCompletableFuture()
                        .completeOnTimeout(Done.getInstance(), CUT_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Bounded, because a journal that fails would keep the node forever; what is not settled is charged by the next one. */
    private CompletionStage<Done> balance() {
        return proxy.balanced()
                .toCompletableFuture()
                .completeOnTimeout(Done.getInstance(), BOOKS_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static CompletionStage<Done> stop(ActorSystem<?> system) {
        return CoordinatedShutdown.get(system).runAll(CoordinatedShutdown.jvmExitReason());
    }
}
