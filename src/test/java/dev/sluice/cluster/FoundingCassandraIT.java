package dev.sluice.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.testing.CassandraServer;
import dev.sluice.testing.Eventually;
import dev.sluice.testing.FreePorts;
import dev.sluice.testing.NameServer;
import dev.sluice.testing.TestCluster;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorSystem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nodes that would found a cluster, and reach no other node of the one that there is, as behind a cut. */
class FoundingCassandraIT {
    private static final String NAME = "gateway.sluice.test";

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

    @Test
    void aNodeThatFindsOnlyItselfFoundsNoSecondCluster() throws Exception {
        try (var names = names()) {
            var one = await(start(lookedUp(names, "2m")));
            try {
                assertThatThrownBy(() -> await(start(lookedUp(names, "12s"))))
                        .hasMessageContaining("no cluster let this node in within 12 s");
            } finally {
                end(one);
            }
            // The last one has said that it goes.
            end(await(start(lookedUp(names, "12s"))));
        }
    }

    @Test
    void aNodeThatFindsOnlyItselfWaitsForTheStorage() throws Exception {
        try (var names = names()) {
            CompletableFuture<ActorSystem<?>> starting;
            cassandra.pause();
            try {
                starting = start(lookedUp(names, "2m"));
                // It goes on looking, and without the storage would have founded one by then.
                Eventually.await(
                        Duration.ofSeconds(30),
                        () -> assertThat(Collections.frequency(names.asked(), "A " + NAME))
                                .isGreaterThan(5));
                assertThat(starting).isNotDone();
            } finally {
                cassandra.resume();
            }
            end(await(starting));
        }
    }

    private static NameServer names() {
        return NameServer.start().addresses(NAME, "127.0.0.1");
    }

    /** A node whose name has no address but its own, and which would be content with that. */
    private static Map<String, Object> lookedUp(NameServer names, String joinTimeout) {
        var settings = new HashMap<>(names.settings());
        settings.put("sluice.cluster.mode", "dns");
        settings.put("sluice.cluster.discovery.service", NAME);
        settings.put("sluice.cluster.discovery.contact-points", 1);
        settings.put("sluice.cluster.discovery.management", "127.0.0.1:" + FreePorts.take());
        settings.put("sluice.cluster.join-timeout", joinTimeout);
        settings.put("pekko.management.cluster.bootstrap.contact-point-discovery.stable-margin", "1s");
        return settings;
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
