package dev.sluice.cluster;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.testing.CassandraServer;
import dev.sluice.testing.FreePorts;
import dev.sluice.testing.TestCluster;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorSystem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nodes that are the first seed, and reach no other node of the cluster that there is, as behind a cut. */
class FoundingCassandraIT {
    private final CassandraServer cassandra = CassandraServer.shared();

    @TempDir
    private Path directory;

    private Path settings;

    @BeforeEach
    void writeSettings() throws Exception {
        settings = directory.resolve("node.conf");
        Files.writeString(settings, cassandra.settings(CassandraServer.freshKeyspace()));
    }

    @Test
    void aFirstSeedThatReachesNobodyFoundsNoSecondCluster() throws Exception {
        var one = await(start(Map.of()));
        try {
            assertThatThrownBy(() -> await(start(Map.of("sluice.cluster.join-timeout", "12s"))))
                    .hasMessageContaining("no cluster let this node in within 12 s");
        } finally {
            end(one);
        }

        // The last one has said that it goes.
        end(await(start(Map.of("sluice.cluster.join-timeout", "12s"))));
    }

    @Test
    void aClusterIsFoundedAgainSomeTimeAfterAllWereKilled() throws Exception {
        end(await(start(Map.of("pekko.coordinated-shutdown.run-by-actor-system-terminate", "off"))));

        assertThatThrownBy(() -> await(start(Map.of("sluice.cluster.join-timeout", "5s"))))
                .hasMessageContaining("no cluster let this node in");
        end(await(start(Map.of())));
    }

    private CompletableFuture<ActorSystem<?>> start(Map<String, ?> more) {
        var own = "127.0.0.1:" + FreePorts.take();
        var all = new HashMap<String, Object>(TestCluster.quick());
        all.put("sluice.cluster.mode", "seeds");
        all.put("sluice.cluster.listen", own);
        all.put("sluice.cluster.seeds", List.of(own, "127.0.0.1:" + FreePorts.take()));
        all.putAll(more);
        return NodeSystem.start(NodeSystem.config(settings, all)).toCompletableFuture();
    }

    private static ActorSystem<?> await(CompletableFuture<ActorSystem<?>> starting) throws Exception {
        return starting.get(150, TimeUnit.SECONDS);
    }

    private static void end(ActorSystem<?> system) throws Exception {
        system.terminate();
        system.getWhenTerminated().toCompletableFuture().get(60, TimeUnit.SECONDS);
    }
}
