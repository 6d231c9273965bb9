package dev.sluice.cluster;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.sluice.config.ClusterSettings;
import dev.sluice.config.ClusterSettings.Discovery;
import dev.sluice.config.ClusterSettings.Mode;
import dev.sluice.config.ClusterSettings.SplitBrain;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the settings of a cluster come to in Pekko's own; nothing for a single node, which is as {@code sluice.conf} says. */
final class PekkoSettings {
    private static final String ARTERY = "pekko.remote.artery.";
    private static final String BOOTSTRAP = "pekko.management.cluster.bootstrap.";

    private PekkoSettings() {}

    /**
     * Translates.
     *
     * @param version of this program; null when it has none
     */
    static Config of(ClusterSettings settings, @Nullable String version) {
        var set = new HashMap<String, Object>();
        if (!settings.isSingle()) {
            artery(settings, set);
            tls(settings, set);
            membership(settings, set);
            if (version != null) {
                // While nodes are renewed one by one, shards go to those that will stay.
                set.put("pekko.cluster.app-version", version);
            }
        }
        if (settings.mode() == Mode.DNS || settings.mode() == Mode.KUBERNETES) {
            bootstrap(settings, set);
        }
        return ConfigFactory.parseMap(set);
    }

    private static void artery(ClusterSettings settings, Map<String, Object> set) {
        set.put(ARTERY + "canonical.hostname", settings.advertised().host());
        set.put(ARTERY + "canonical.port", settings.advertised().port());
        set.put(ARTERY + "bind.hostname", settings.listen().host());
        set.put(ARTERY + "bind.port", settings.listen().port());
    }

    private static void tls(ClusterSettings settings, Map<String, Object> set) {
        var tls = settings.tls();
        if (tls.isOn()) {
            set.put(ARTERY + "transport", "tls-tcp");
            set.put(
                    ARTERY + "ssl.ssl-engine-provider",
                    "org.apache.pekko.remote.artery.tcp.ssl.RotatingKeysSSLEngineProvider");
            set.put(ARTERY + "ssl.rotating-keys-engine.cert-file", tls.certificate());
            set.put(ARTERY + "ssl.rotating-keys-engine.key-file", tls.key());
            set.put(ARTERY + "ssl.rotating-keys-engine.ca-cert-file", tls.authority());
        }
    }

    private static void membership(ClusterSettings settings, Map<String, Object> set) {
        // Joining decides when it has taken too long, and says so.
        set.put("pekko.cluster.shutdown-after-unsuccessful-join-seed-nodes", "off");
        set.put("pekko.cluster.downing-provider-class", "org.apache.pekko.cluster.sbr.SplitBrainResolverProvider");
        var resolver = "pekko.cluster.split-brain-resolver.";
        set.put(resolver + "stable-after", millis(settings.stableAfter()));
        if (settings.splitBrain() == SplitBrain.LEASE_MAJORITY) {
            lease(settings.discovery(), resolver, set);
        } else {
            set.put(resolver + "active-strategy", "keep-majority");
        }
        // A tenth of the shards at a time goes to a node that comes, and not all that there are.
        set.put("pekko.cluster.sharding.least-shard-allocation-strategy.rebalance-absolute-limit", 20);
        set.put("pekko.cluster.sharding.least-shard-allocation-strategy.rebalance-relative-limit", 0.1);
        // Entities write what is pending before they go.
        set.put("pekko.coordinated-shutdown.phases.cluster-sharding-shutdown-region.timeout", "20s");
    }

    private static void lease(Discovery discovery, String resolver, Map<String, Object> set) {
        set.put(resolver + "active-strategy", "lease-majority");
        set.put(resolver + "lease-majority.lease-implementation", "pekko.coordination.lease.kubernetes");
        // Else clusters of one namespace would wait for each other's.
        set.put(resolver + "lease-majority.lease-name", discovery.service() + "-pekko-sbr");
        // As Kubernetes has them (coordination.k8s.io): Pekko's own kind would need a resource definition.
        set.put(
                "pekko.coordination.lease.kubernetes.lease-class",
                "org.apache.pekko.coordination.lease.kubernetes.NativeKubernetesLease");
    }

    private static void bootstrap(ClusterSettings settings, Map<String, Object> set) {
        var discovery = settings.discovery();
        set.put("pekko.management.http.hostname", settings.advertised().host());
        set.put("pekko.management.http.port", discovery.management().port());
        set.put("pekko.management.http.bind-hostname", discovery.management().host());
        set.put("pekko.management.http.bind-port", discovery.management().port());
        var contacts = BOOTSTRAP + "contact-point-discovery.";
        set.put(contacts + "service-name", discovery.service());
        set.put(contacts + "required-contact-point-nr", discovery.contactPoints());
        set.put(
                BOOTSTRAP + "contact-point.fallback-port",
                discovery.management().port());
        set.put(BOOTSTRAP + "join-decider.class", FoundingJoinDecider.class.getName());
        if (!discovery.port().isEmpty()) {
            set.put(contacts + "port-name", discovery.port());
        }
        if (settings.mode() == Mode.KUBERNETES) {
            kubernetes(discovery, set);
        } else {
            set.put(contacts + "discovery-method", "pekko-dns");
        }
    }

    private static void kubernetes(Discovery discovery, Map<String, Object> set) {
        set.put(BOOTSTRAP + "contact-point-discovery.discovery-method", "kubernetes-api");
        // Addresses as nodes advertise them, which is how they know themselves.
        set.put("pekko.discovery.kubernetes-api.use-raw-ip", true);
        if (!discovery.namespace().isEmpty()) {
            set.put("pekko.discovery.kubernetes-api.pod-namespace", discovery.namespace());
            set.put("pekko.coordination.lease.kubernetes.namespace", discovery.namespace());
        }
    }

    private static String millis(Duration duration) {
        return duration.toMillis() + "ms";
    }
}
