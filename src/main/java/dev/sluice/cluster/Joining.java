package dev.sluice.cluster;

import dev.sluice.config.ClusterSettings;
import dev.sluice.config.ClusterSettings.Mode;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.Address;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A node's way into its cluster: says how it goes, and gives up in the end. */
final class Joining extends AbstractMatchingBehavior<Object> {
    private static final Logger log = LoggerFactory.getLogger(Joining.class);
    private static final Duration LOOK = Duration.ofSeconds(5);

    private record Look() {}

    private record TimeOver() {}

    private record NoManagement(Throwable failure) {}

    private final ClusterSettings settings;
    private final CompletableFuture<SelfUp> up;
    private final ActorContext<Object> context;
    private final TimerScheduler<Object> timers;

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
    }

    private void join() {
        var system = context.getSystem();
        var cluster = Cluster.get(system);
        cluster.subscriptions().tell(Subscribe.create(context.getSelf().narrow(), SelfUp.class));
        var self = cluster.selfMember().address();
        switch (settings.mode()) {
            case SINGLE -> cluster.manager().tell(Join.create(self));
            case SEEDS -> {
                var seeds = settings.seeds().stream()
                        .map(seed -> Address.apply(self.protocol(), self.system(), seed.host(), seed.port()))
                        .toList();
                cluster.manager().tell(new JoinSeedNodes(seeds));
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
                return Behaviors.ignore();
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
