package dev.sluice.cluster;

import dev.sluice.config.ClusterSettings;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.CoordinatedShutdown.Reason;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;

/** How a node stands with the others. */
public final class Membership {
    private final Cluster cluster;
    private final boolean single;
    private final CompletableFuture<String> lost = new CompletableFuture<>();

    private Membership(ActorSystem<?> system) {
        this.cluster = Cluster.get(system);
        this.single = ClusterSettings.of(system.settings().config()).isSingle();
    }

    /** A system's; once, before it leaves. */
    public static Membership of(ActorSystem<?> system) {
        var membership = new Membership(system);
        membership.watch(CoordinatedShutdown.get(system));
        return membership;
    }

    private void watch(CoordinatedShutdown shutdown) {
        shutdown.addTask(CoordinatedShutdown.PhaseBeforeServiceUnbind(), "note-loss", () -> {
            shutdown.getShutdownReason().filter(Membership::isLoss).ifPresent(reason -> lost.complete(said(reason)));
            return CompletableFuture.completedFuture(Done.getInstance());
        });
    }

    private static boolean isLoss(Reason reason) {
        return !reason.equals(CoordinatedShutdown.jvmExitReason())
                && !reason.equals(CoordinatedShutdown.actorSystemTerminateReason());
    }

    private static String said(Reason reason) {
        return reason.equals(CoordinatedShutdown.clusterDowningReason())
                ? "the other nodes go on without this one, or it was on the smaller side of a cut network"
                : "the cluster was left (" + reason.getClass().getSimpleName() + ")";
    }

    /** Whether it takes part, with at least half of those there are in reach: what is not could not be asked about money. */
    public boolean isUp() {
        if (!cluster.selfMember().status().equals(MemberStatus.up())) {
            return false;
        }
        if (single) {
            return true;
        }
        var state = cluster.state();
        var unreachable = state.getUnreachable();
        var members = 0;
        var reached = 0;
        for (Member member : state.getMembers()) {
            members++;
            reached += unreachable.contains(member) ? 0 : 1;
        }
        return reached * 2 >= members;
    }

    /** Members by status as this node sees them; those it cannot reach are {@code unreachable}, whatever else they are. */
    public Map<String, Integer> members() {
        var counts = new TreeMap<String, Integer>();
        var state = cluster.state();
        for (Member member : state.getMembers()) {
            var status = state.getUnreachable().contains(member)
                    ? "unreachable"
                    : member.status().toString().toLowerCase(java.util.Locale.ROOT);
            counts.merge(status, 1, Integer::sum);
        }
        return counts;
    }

    /** Completes, with the reason, when the node is in the cluster no more and did not mean to leave it. Its system ends by itself then. */
    public CompletionStage<String> lost() {
        return lost;
    }
}
