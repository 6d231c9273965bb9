package dev.sluice;

import com.typesafe.config.Config;
import dev.sluice.admin.AdminEndpoints;
import dev.sluice.admin.MetricsPort;
import dev.sluice.audit.Audit;
import dev.sluice.capture.Captures;
import dev.sluice.cassandra.CassandraStore;
import dev.sluice.cluster.Membership;
import dev.sluice.cluster.NodeSystem;
import dev.sluice.config.ClusterSettings;
import dev.sluice.config.MetricsSettings;
import dev.sluice.config.Settings;
import dev.sluice.export.Exporter;
import dev.sluice.gate.Endpoint;
import dev.sluice.gate.Gate;
import dev.sluice.hook.Hooks;
import dev.sluice.identity.Exposure;
import dev.sluice.identity.Identity;
import dev.sluice.journal.Migration;
import dev.sluice.journal.SqliteStore;
import dev.sluice.journal.Storage;
import dev.sluice.key.GatewayKeys;
import dev.sluice.metric.Metrics;
import dev.sluice.net.Loops;
import dev.sluice.policy.InForce;
import dev.sluice.policy.Policies;
import dev.sluice.policy.PolicyFile;
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
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One running gateway: every room, put together. */
public final class Node {
    private static final Logger log = LoggerFactory.getLogger(Node.class);

    /** A connection that is cut is gone in milliseconds; one that is not must not keep the node. */
    private static final Duration CUT_TIMEOUT = Duration.ofSeconds(5);

    private static final Duration BOOKS_TIMEOUT = Duration.ofSeconds(20);

    private final ActorSystem<?> system;
    private final Settings settings;
    private final Proxy proxy;
    private final Gate gate;
    private final Listener listener;
    private final Optional<InetSocketAddress> metricsAddress;
    private final AtomicBoolean ready;
    private final Membership membership;

    private Node(
            ActorSystem<?> system,
            Settings settings,
            Proxy proxy,
            Gate gate,
            Listener listener,
            Optional<InetSocketAddress> metricsAddress,
            AtomicBoolean ready,
            Membership membership) {
        this.system = system;
        this.settings = settings;
        this.proxy = proxy;
        this.gate = gate;
        this.listener = listener;
        this.metricsAddress = metricsAddress;
        this.ready = ready;
        this.membership = membership;
        var _ = membership.lost().thenRun(this::stopServing);
    }

    /** What it could answer now would be in nobody's books. */
    private void stopServing() {
        ready.set(false);
        var _ = listener.drain();
        var _ = listener.cut();
    }

    /**
     * Starts a gateway; completes when it takes requests.
     *
     * @param file has no errors
     */
    public static CompletionStage<Node> start(Config config, PolicyFile.Content file) {
        var policy = Objects.requireNonNull(file.reading().policy(), "a policy with errors");
        var settings = Settings.of(config);
        checkStorage(config);
        var exposure = Exposure.of(settings, policy);
        exposure.warnings().forEach(log::warn);
        if (exposure.refusal() != null) {
            throw new IllegalArgumentException(exposure.refusal());
        }
        // The prices are read while the actor system starts: either takes some tenths of a second, on a core of its
        // own.
        var clock = InstantSource.system();
        var inForce = CompletableFuture.supplyAsync(() -> InForce.of(policy, clock));
        return NodeSystem.start(config).thenCompose(system -> assembleOrStop(system, settings, file, inForce, clock));
    }

    /** Each with a file of its own, nodes would each spend the same money. */
    private static void checkStorage(Config config) {
        var kind = "sluice.storage.kind";
        var cluster = ClusterSettings.of(config);
        if (!cluster.isSingle()
                && (!config.hasPath(kind) || config.getString(kind).equals("sqlite"))) {
            throw new IllegalArgumentException("sluice.cluster.mode: " + cluster.mode()
                    + " with storage in files (expected: a storage that all nodes share, " + kind + " = cassandra)");
        }
    }

    /** A node that cannot start leaves nothing running. */
    private static CompletionStage<Node> assembleOrStop(
            ActorSystem<?> system,
            Settings settings,
            PolicyFile.Content file,
            CompletionStage<InForce> inForce,
            InstantSource clock) {
        CompletionStage<Node> assembled;
        try {
            assembled = assemble(system, settings, file, inForce, clock);
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
            ActorSystem<?> system,
            Settings settings,
            PolicyFile.Content file,
            CompletionStage<InForce> inForce,
            InstantSource clock) {
        return storage(system).thenCompose(_ -> rooms(system, settings, file, inForce, clock));
    }

    /** First, and for its errors: a storage that cannot be used ends the start here and says why. */
    private static CompletionStage<Done> storage(ActorSystem<?> system) {
        return switch (Storage.kind(system)) {
            case SQLITE -> {
                var _ = SqliteStore.get(system);
                yield CompletableFuture.completedStage(Done.getInstance());
            }
            case CASSANDRA -> {
                var store = CassandraStore.get(system);
                yield store.tables("journal")
                        .thenCompose(_ -> store.tables("roll"))
                        .thenCompose(_ -> Migration.checkEnded(system))
                        .thenCompose(_ -> store.tables("captures"))
                        .thenCompose(_ -> store.tables("hooks"))
                        .thenCompose(_ -> store.tables("export"));
            }
        };
    }

    private static CompletionStage<Node> rooms(
            ActorSystem<?> system,
            Settings settings,
            PolicyFile.Content file,
            CompletionStage<InForce> inForce,
            InstantSource clock) {
        var random = new SecureRandom();
        // Beside the rest: the certificates of all the authorities take a while to read.
        var providers = CompletableFuture.supplyAsync(() -> Providers.start(system, settings, clock, random));
        var policies = Policies.start(system, Storage.queries(system), clock, file, inForce);
        var sessions = Sessions.start(system, clock, random);
        var quota = Quota.start(
                system,
                (request, text, estimate) -> witness(sessions, request, RequestMemo.of(text), estimate),
                clock,
                new QuotaSettings(
                        Storage.queries(system),
                        Duration.ofSeconds(3),
                        settings.reservations().renewal(),
                        settings.reservations().expiry(),
                        QuotaSettings.SNAPSHOT_EVERY,
                        ClusterSettings.of(system.settings().config()).isSingle(),
                        settings.reservations().leases()));
        var ledger = Ledger.start(system, clock);
        var keys = GatewayKeys.start(system, clock, random);
        return keys.thenCompose(known -> policies.thenCombine(
                        providers,
                        (policy, upstream) ->
                                open(system, settings, policy, upstream, quota, sessions, ledger, known, clock, random))
                .thenCompose(opened -> opened));
    }

    /** All is there that a request needs: lets requests in. */
    private static CompletionStage<Node> open(
            ActorSystem<?> system,
            Settings settings,
            Policies policies,
            Providers providers,
            Quota quota,
            Sessions sessions,
            Ledger ledger,
            GatewayKeys keys,
            InstantSource clock,
            SecureRandom random) {
        var identity = Identity.of(settings, providers::document, Loops.get(system)::toFile, clock, keys);
        // Asked for, so that it is known when the first hook is told.
        var _ = identity.tailnet();
        return Hooks.start(
                        system, providers, quota, () -> policies.inForce().policy(), identity::tailnet, clock, random)
                .thenCompose(hooks -> serve(
                        system, settings, policies, providers, quota, sessions, ledger, keys, identity, hooks, clock,
                        random));
    }

    private static CompletionStage<Node> serve(
            ActorSystem<?> system,
            Settings settings,
            Policies policies,
            Providers providers,
            Quota quota,
            Sessions sessions,
            Ledger ledger,
            GatewayKeys keys,
            Identity identity,
            Hooks hooks,
            InstantSource clock,
            SecureRandom random) {
        var captures = Captures.start(
                system,
                settings.limits().captures(),
                () -> policies.inForce().policy().database(),
                clock);
        var proxy = new Proxy(
                system, settings, providers, quota, sessions, captures, hooks, identity.headers(), clock, random);
        var audit = Audit.start(system, clock, random);
        var exporter = Exporter.start(system, settings.egress(), policies::inForce, captures, clock, random);
        var ready = new AtomicBoolean(true);
        var membership = Membership.of(system);
        var endpoints = Stream.of(
                        proxy.endpoints(
                                () -> ready.get() && membership.isUp(),
                                () -> !policies.troubles().isEmpty()),
                        AdminEndpoints.all(
                                policies,
                                quota,
                                ledger,
                                captures,
                                providers,
                                keys,
                                audit,
                                hooks,
                                clock,
                                system,
                                exporter.endpoints()))
                .flatMap(List::stream)
                .toList();
        var numbers = new NodeMetrics(system);
        numbers.watch(policies, providers, quota, ledger);
        numbers.watch(captures, hooks, exporter);
        numbers.watch(membership);
        var gate = new Gate(endpoints, identity, policies::inForce, audit, system, random);
        var metricsPort = MetricsSettings.of(system.settings().config());
        var metrics = metricsPort.isOn()
                ? MetricsPort.bind(system, metricsPort).<Optional<InetSocketAddress>>thenApply(Optional::of)
                : CompletableFuture.completedStage(Optional.<InetSocketAddress>empty());
        return metrics.thenCompose(metricsAddress -> Listener.bind(system, settings, clock, gate::handle)
                .thenApply(listener -> {
                    Metrics.get(system)
                            .gauge("sluice_connections_open", "Clients' connections.", listener::openConnections);
                    return new Node(system, settings, proxy, gate, listener, metricsAddress, ready, membership);
                }));
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

    /** Where the numbers are read without identity, if anywhere. */
    public Optional<InetSocketAddress> metricsAddress() {
        return metricsAddress;
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
        return farewell()
                .thenCompose(said -> listener.drain())
                .toCompletableFuture()
                .completeOnTimeout(Done.getInstance(), settings.drainTimeout().toMillis(), TimeUnit.MILLISECONDS)
                .thenCompose(drained -> cut())
                .thenCompose(gone -> balance())
                .thenCompose(balanced -> stop(system));
    }

    private CompletionStage<Done> farewell() {
        var farewell = ClusterSettings.of(system.settings().config()).farewell();
        var said = new CompletableFuture<Done>();
        return farewell.isZero()
                ? CompletableFuture.completedFuture(Done.getInstance())
                : said.completeOnTimeout(Done.getInstance(), farewell.toMillis(), TimeUnit.MILLISECONDS);
    }

    /**
     * Completes, with the reason, when the cluster goes on without this node, which then takes no more requests, cuts what is open and ends its
     * actors.
     */
    CompletionStage<String> lost() {
        return membership.lost();
    }

    /** Completes when the actors have ended. */
    CompletionStage<Done> ended() {
        return system.getWhenTerminated();
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
