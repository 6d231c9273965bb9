package dev.sluice.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.testing.Eventually;
import dev.sluice.testing.TestCertificate;
import dev.sluice.testing.TestCluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How nodes come together, and who stays outside. */
class FormingIT {
    private static final Duration SOON = Duration.ofSeconds(20);

    @TempDir
    private Path directory;

    @Test
    void threeNodesBecomeOneBySeedsAndOneThatLeavesIsGone() throws Exception {
        try (var cluster = new TestCluster(3, Map.of())) {
            var systems = cluster.startAll();
            var first = Membership.of(systems.getFirst());
            var last = Membership.of(systems.getLast());
            Eventually.await(SOON, () -> {
                assertThat(first.members()).isEqualTo(Map.of("up", 3));
                assertThat(first.isUp()).isTrue();
            });

            TestCluster.leave(systems.getLast()).toCompletableFuture().get(30, TimeUnit.SECONDS);

            Eventually.await(SOON, () -> assertThat(first.members()).isEqualTo(Map.of("up", 2)));
            assertThat(last.isUp()).isFalse();
            assertThat(last.lost().toCompletableFuture()).isNotDone();
        }
    }

    @Test
    void saysWhenNobodyLetsItIn() throws Exception {
        try (var cluster = new TestCluster(2, Map.of("sluice.cluster.join-timeout", "2s"))) {
            // The second never forms a cluster, and the first is not there.
            assertThatThrownBy(() ->
                            cluster.start(1, Map.of()).toCompletableFuture().get(20, TimeUnit.SECONDS))
                    .hasMessageContaining("no cluster let this node in within 2 s")
                    .hasMessageContaining("127.0.0.1:" + cluster.port(0));
        }
    }

    @Test
    void nodesWithOneAuthorityMeetAndStrangersStayOutside() throws Exception {
        var ours = tls("ours");
        try (var cluster = new TestCluster(2, ours)) {
            var systems = cluster.startAll();
            // A node is up when it hears so itself; others may hear it later.
            Eventually.await(
                    SOON,
                    () -> assertThat(Membership.of(systems.getFirst()).members())
                            .isEqualTo(Map.of("up", 2)));

            assertStaysOutside(cluster, tls("strangers"));
            assertStaysOutside(cluster, Map.of());
            assertThat(Membership.of(systems.getFirst()).members()).isEqualTo(Map.of("up", 2));
        }
    }

    private static void assertStaysOutside(TestCluster cluster, Map<String, ?> tls) {
        var port = TestCluster.freePorts(1).getFirst();
        var settings = new HashMap<String, Object>(TestCluster.quick());
        settings.putAll(Map.of(
                "sluice.cluster.mode",
                "seeds",
                "sluice.cluster.join-timeout",
                "3s",
                "sluice.cluster.listen",
                "127.0.0.1:" + port,
                "sluice.cluster.seeds",
                List.of("127.0.0.1:" + cluster.port(0))));
        settings.putAll(tls);
        assertThatThrownBy(() -> NodeSystem.start(NodeSystem.config(null, settings))
                        .toCompletableFuture()
                        .get(20, TimeUnit.SECONDS))
                .hasMessageContaining("no cluster let this node in");
    }

    private Map<String, Object> tls(String authority) throws Exception {
        var certificate =
                TestCertificate.make(directory, authority, "SAN=dns:sluice", "-validity", "2", "-keyalg", "RSA");
        return Map.of(
                "sluice.cluster.tls.certificate", certificate.pem().toString(),
                "sluice.cluster.tls.key", certificate.key().toString(),
                "sluice.cluster.tls.authority", certificate.pem().toString());
    }

    @Test
    void nodesThatNobodyListedFindEachOtherAndBindManagementOnItsOwnPort() throws Exception {
        var management = TestCluster.freePorts(2);
        var endpoints = management.stream()
                .map(port -> Map.of("host", "127.0.0.1", "port", port))
                .toList();
        // Looked up in the settings in place of a name server; all that follows is as with one.
        var settings = Map.<String, Object>of(
                "sluice.cluster.mode", "dns",
                "sluice.cluster.discovery.service", "gateway",
                "sluice.cluster.discovery.port", "management",
                "pekko.management.cluster.bootstrap.contact-point-discovery.discovery-method", "config",
                "pekko.management.cluster.bootstrap.contact-point-discovery.stable-margin", "1s",
                "pekko.discovery.config.services.gateway.endpoints", endpoints);
        try (var cluster = new TestCluster(2, settings)) {
            var first = cluster.start(0, management(management.getFirst()));
            var second = cluster.start(1, management(management.getLast()));

            ActorSystem<?> one = first.toCompletableFuture().get(40, TimeUnit.SECONDS);
            second.toCompletableFuture().get(40, TimeUnit.SECONDS);

            Eventually.await(
                    SOON, () -> assertThat(Membership.of(one).members()).isEqualTo(Map.of("up", 2)));
        }
    }

    private static Map<String, ?> management(int port) {
        return Map.of("sluice.cluster.discovery.management", "127.0.0.1:" + port);
    }
}
