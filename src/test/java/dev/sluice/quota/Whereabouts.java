package dev.sluice.quota;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.cluster.sharding.ShardRegion.CurrentShardRegionState;
import org.apache.pekko.cluster.sharding.typed.ClusterShardingQuery;
import org.apache.pekko.cluster.sharding.typed.GetShardRegionState;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;

/** On which node a bucket lives that was asked for. */
final class Whereabouts {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private Whereabouts() {}

    static ActorSystem<?> of(String bucket, List<? extends ActorSystem<?>> nodes) throws Exception {
        for (var node : nodes) {
            var shards = AskPattern.<ClusterShardingQuery, CurrentShardRegionState>ask(
                            ClusterSharding.get(node).shardState(),
                            replyTo -> new GetShardRegionState(QuotaBucket.KEY, replyTo),
                            TIMEOUT,
                            node.scheduler())
                    .toCompletableFuture()
                    .get(TIMEOUT.toSeconds(), TimeUnit.SECONDS)
                    .getShards();
            if (shards.stream().anyMatch(shard -> shard.getEntityIds().contains(bucket))) {
                return node;
            }
        }
        throw new AssertionError(bucket + " is on none of " + nodes);
    }
}
