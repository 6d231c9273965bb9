package dev.sluice.cluster;

import dev.sluice.config.ClusterSettings;
import dev.sluice.config.ClusterSettings.Mode;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.pekko.Done;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractMatchingBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.cluster.typed.JoinSeedNodes;
import org.apache.pekko.cluster.typed.SelfUp;
import org.apache.pekko.cluster.typed.Subscribe;
import org.apache.pekko.management.cluster.bootstrap.ClusterBootstrap;
import org.apache.pekko.management.javadsl.PekkoManagement;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A node's way into its cluster: says how it goes, and gives up in the end. */
final class Joining extends AbstractMatchingBehavior<Object> {
    private static final Logger log = LoggerFactory.getLogger(Joining.class);
    private static final Duration LOOK = Duration.ofSeconds(5);

    private record Look() {}

    private record TimeOver() {}

    private record NoManagement(Throwable failure) {}

    private record Claim() {}

    private record Claimed(boolean isOurs) {}

    private record Renew() {}

    private record Renewed(@Nullable Throwable failure) {}

    private final ClusterSettings settings;
    private final CompletableFuture<SelfUp> up;
    private final ActorContext<Object> context;
    private final TimerScheduler<Object> timers;
    private final Cluster cluster;
    private final @Nullable Founding founding;

    static Behavior<Object> create(ClusterSettings settings, CompletableFuture<SelfUp> up) {
        return Behaviors.setup(context -> Behaviors.withTimers(timers -> {
            if (!settings.isSingle()) {
                timers.startTimerWithFixedDelay(new Look(), LOOK);
                timers.startSingleTimer(new TimeOver(), settings.joinTimeout());
            }
            var joining = new Joining(context, timers, settings, up);
            joining.join();
            return joining;
        }));
    }

    private Joining(
            ActorContext<Object> context,
            TimerScheduler<Object> timers,
            ClusterSettings settings,
            CompletableFuture<SelfUp> up) {
        super(context);
        this.context = context;
        this.timers = timers;
        this.settings = settings;
        this.up = up;
        this.cluster = Cluster.get(context.getSystem());
        this.founding = settings.isSingle() ? null : Founding.of(context.getSystem());
    }

    private void join() {
        var system = context.getSystem();
        cluster.subscriptions().tell(Subscribe.create(context.getSelf().narrow(), SelfUp.class));
        var self = cluster.selfMember().address();
        switch (settings.mode()) {
            case SINGLE -> cluster.manager().tell(Join.create(self));
            case SEEDS -> {
                var seeds = settings.seeds().stream()
                        .map(seed -> Address.apply(self.protocol(), self.system(), seed.host(), seed.port()))
                        .toList();
                if (founding == null || !seeds.getFirst().equals(self)) {
                    cluster.manager().tell(new JoinSeedNodes(seeds));
                } else {
                    joinOthers(seeds.stream().filter(seed -> !seed.equals(self)).toList());
                }
            }
            case DNS, KUBERNETES -> {
                context.pipeToSelf(
                        PekkoManagement.get(system).start(),
                        (uri, failure) -> failure == null ? new Look() : new NoManagement(failure));
                ClusterBootstrap.get(system).start();
            }
        }
        if (!settings.isSingle()) {
            log.atInfo()
                    .addKeyValue("self", self)
                    .addKeyValue("by", way())
                    .addKeyValue("tls", settings.tls().isOn())
                    .log("joining the cluster");
        }
    }

    /** A list that begins with another node never founds a cluster. */
    private void joinOthers(List<Address> others) {
        if (!others.isEmpty()) {
            cluster.manager().tell(new JoinSeedNodes(others));
        }
        timers.startSingleTimer(
                new Claim(), context.getSystem().settings().config().getDuration("pekko.cluster.seed-node-timeout"));
    }

    private void claim() {
        if (founding != null) {
            context.pipeToSelf(founding.claim(), (isOurs, failure) -> new Claimed(failure == null && isOurs));
        }
    }

    private void onClaimed(boolean isOurs) {
        if (isOurs) {
            cluster.manager().tell(Join.create(cluster.selfMember().address()));
        } else {
            timers.startSingleTimer(new Claim(), Founding.AGAIN);
        }
    }

    /** In the cluster: one of its nodes says now and then that there is one. */
    private Behavior<Object> in(Founding shared) {
        timers.startTimerWithFixedDelay(new Renew(), Founding.AGAIN);
        var shutdown = CoordinatedShutdown.get(context.getSystem());
        var isLast = new AtomicBoolean();
        shutdown.addTask(CoordinatedShutdown.PhaseBeforeClusterShutdown(), "look-who-stays", () -> {
            isLast.set(isAlone());
            return CompletableFuture.completedStage(Done.getInstance());
        });
        // When what it had has been written, and another cluster may have it.
        shutdown.addTask(
                CoordinatedShutdown.PhaseBeforeActorSystemTerminate(),
                "end-cluster",
                () -> isLast.get() ? shared.end() : CompletableFuture.completedStage(Done.getInstance()));
        return this;
    }

    private boolean isAlone() {
        for (var member : cluster.state().getMembers()) {
            if (!member.uniqueAddress().equals(cluster.selfMember().uniqueAddress())) {
                return false;
            }
        }
        return true;
    }

    private void renew() {
        if (founding != null
                && cluster.selfMember().address().equals(cluster.state().getLeader())) {
            context.pipeToSelf(founding.renew(), (_, failure) -> new Renewed(failure));
        }
    }

    @Override
    public Behavior<Object> onMessage(Object message) {
        switch (message) {
            case SelfUp selfUp -> {
                if (!settings.isSingle()) {
                    log.atInfo()
                            .addKeyValue(
                                    "members",
                                    selfUp.currentClusterState().members().size())
                            .log("joined the cluster");
                }
                timers.cancelAll();
                up.complete(selfUp);
                // The guardian stays: the system ends with it.
                return founding == null ? Behaviors.ignore() : in(founding);
            }
            case Claim() -> claim();
            case Claimed(var isOurs) -> onClaimed(isOurs);
            case Renew() -> renew();
            case Renewed(var failure) -> {
                if (failure != null) {
                    log.warn(
                            "the storage was not told that there is a cluster; telling it again: {}",
                            failure.getMessage());
                }
            }
            case Look() -> log.atInfo().addKeyValue("by", way()).log("not in the cluster yet; trying on");
            case TimeOver() ->
                giveUp(new IllegalStateException("no cluster let this node in within "
                        + settings.joinTimeout().toSeconds()
                        + " s, by " + way() + " (expected: at least one node that is in, or enough new ones; is "
                        + settings.advertised() + " reachable for them, and TLS the same on all?)"));
            case NoManagement(var failure) ->
                giveUp(new IllegalStateException(
                        "cannot listen on sluice.cluster.discovery.management: " + failure.getMessage(), failure));
            default -> log.warn("unexpected: {}", message.getClass());
        }
        return this;
    }

    private void giveUp(RuntimeException why) {
        up.completeExceptionally(why);
        context.getSystem().terminate();
    }

    private String way() {
        return settings.mode() == Mode.SEEDS
                ? "seeds " + settings.seeds()
                : settings.mode() + " name " + settings.discovery().service();
    }
}
