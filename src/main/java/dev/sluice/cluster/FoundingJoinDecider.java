package dev.sluice.cluster;

import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.management.cluster.bootstrap.ClusterBootstrapSettings;
import org.apache.pekko.management.cluster.bootstrap.JoinDecision;
import org.apache.pekko.management.cluster.bootstrap.JoinSelf;
import org.apache.pekko.management.cluster.bootstrap.KeepProbing;
import org.apache.pekko.management.cluster.bootstrap.LowestAddressJoinDecider;
import org.apache.pekko.management.cluster.bootstrap.SeedNodesInformation;
import org.jspecify.annotations.Nullable;
import scala.concurrent.Future;
import scala.jdk.javaapi.FutureConverters;

/**
 * Among nodes that were looked up, the one with the lowest address founds a cluster, as is Pekko's default; but none beside another. What was
 * looked up is only who can be seen from here: a node that is cut off may see enough others that are cut off with it, or only itself.
 */
final class FoundingJoinDecider extends LowestAddressJoinDecider {
    private record Claim(boolean isOurs, long madeNanos) {}

    private final @Nullable Founding founding;
    private boolean asking;
    private @Nullable Claim last;

    /** Called by Pekko, by reflection. */
    public FoundingJoinDecider(ActorSystem system, ClusterBootstrapSettings settings) {
        super(system, settings);
        this.founding = Founding.of(system);
    }

    @Override
    public Future<JoinDecision> decide(SeedNodesInformation info) {
        return FutureConverters.asScala(
                FutureConverters.asJava(super.decide(info)).thenApply(this::unlessThereIsOne));
    }

    private JoinDecision unlessThereIsOne(JoinDecision decision) {
        return founding == null || !decision.equals(JoinSelf.getInstance()) || mayFound(founding)
                ? decision
                : KeepProbing.getInstance();
    }

    /** Never waits: while the storage says nothing, a cluster may be seen that can be joined. The next decision is a second away. */
    private synchronized boolean mayFound(Founding founding) {
        if (asking) {
            return false;
        }
        if (last != null && System.nanoTime() - last.madeNanos() < Founding.AGAIN.toNanos()) {
            return last.isOurs();
        }
        asking = true;
        var _ = founding.claim().whenComplete((isOurs, failure) -> keep(failure == null && isOurs));
        return false;
    }

    private synchronized void keep(boolean isOurs) {
        last = new Claim(isOurs, System.nanoTime());
        asking = false;
    }
}
