package dev.sluice.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testing.Eventually;
import dev.sluice.testing.FreePorts;
import dev.sluice.testing.NameServer;
import dev.sluice.testing.NameServer.Place;
import dev.sluice.testing.TestCluster;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorSystem;
import org.junit.jupiter.api.Test;

/** Nodes that nobody listed, and that ask a name server for each other. */
class NameServiceIT {
    private static final Duration SOON = Duration.ofSeconds(20);

    @Test
    void nodesFindEachOtherByTheAddressesOfOneNameAsSoonAsItHasThem() throws Exception {
        try (var names = NameServer.start().addresses("gateway.sluice.test", "127.0.0.1");
                var cluster = new TestCluster(2, settings(names, "gateway"))) {
            var management = FreePorts.take();
            // A short name, as pods have them.
            var search = Map.of("pekko.io.dns.async-dns.search-domains", "sluice.test");
            var first = start(cluster, 0, "127.0.0.1", management, search);
            var second = start(cluster, 1, "127.0.0.2", management, search);

            // The answer with one address is kept no longer than it may be, and nobody founds a cluster by it.
            Eventually.await(
                    SOON,
                    () -> assertThat(Collections.frequency(names.asked(), "A gateway.sluice.test"))
                            .isGreaterThan(3));
            assertThat(first).isNotDone();
            assertThat(second).isNotDone();
            names.addresses("gateway.sluice.test", "127.0.0.1", "127.0.0.2");

            assertAreOne(first, second);
        }
    }

    @Test
    void nodesFindEachOthersManagementPortsByServiceRecords() throws Exception {
        try (var names = NameServer.start()
                        .addresses("one.sluice.test", "127.0.0.1")
                        .addresses("two.sluice.test", "127.0.0.2");
                var cluster = new TestCluster(2, settings(names, "gateway.sluice.test"))) {
            var ports = FreePorts.take(2);
            names.service(
                    "_management._tcp.gateway.sluice.test",
                    new Place("one.sluice.test", ports.getFirst()),
                    new Place("two.sluice.test", ports.getLast()));
            var more = Map.of(
                    "sluice.cluster.discovery.port", "management",
                    // Else the system's name server would be asked for the targets when they are connected to.
                    "pekko.io.dns.resolver", "async-dns");
            var first = start(cluster, 0, "127.0.0.1", ports.getFirst(), more);
            var second = start(cluster, 1, "127.0.0.2", ports.getLast(), more);

            assertAreOne(first, second);
        }
    }

    private static Map<String, Object> settings(NameServer names, String service) {
        var settings = new HashMap<>(names.settings());
        settings.put("sluice.cluster.mode", "dns");
        settings.put("sluice.cluster.discovery.service", service);
        settings.put("pekko.management.cluster.bootstrap.contact-point-discovery.stable-margin", "1s");
        return settings;
    }

    private static CompletableFuture<ActorSystem<?>> start(
            TestCluster cluster, int node, String host, int management, Map<String, ?> more) {
        var settings = new HashMap<String, Object>(more);
        settings.put("sluice.cluster.listen", host + ":" + cluster.port(node));
        settings.put("sluice.cluster.discovery.management", host + ":" + management);
        return cluster.start(node, settings).toCompletableFuture();
    }

    private static void assertAreOne(CompletableFuture<ActorSystem<?>> first, CompletableFuture<ActorSystem<?>> second)
            throws Exception {
        var one = Membership.of(first.get(40, TimeUnit.SECONDS));
        var other = Membership.of(second.get(40, TimeUnit.SECONDS));
        Eventually.await(SOON, () -> {
            assertThat(one.members()).isEqualTo(Map.of("up", 2));
            assertThat(other.members()).isEqualTo(Map.of("up", 2));
        });
    }
}
