package dev.sluice.cluster;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigRenderOptions;
import dev.sluice.testing.Eventually;
import dev.sluice.testing.FakeKubernetes;
import dev.sluice.testing.FreePorts;
import dev.sluice.testing.SluiceProcess;
import dev.sluice.testing.TestCertificate;
import dev.sluice.testing.TestCluster;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nodes in processes of their own, set up as {@code cluster/kubernetes} sets up pods, beside something that answers as the Kubernetes API does. */
class KubernetesIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final Path MANIFESTS = Path.of("cluster", "kubernetes");
    private static final String LEASE = "sluice-pekko-sbr";
    private static final ObjectMapper yaml = new ObjectMapper(new YAMLFactory());

    @TempDir
    private Path directory;

    private final HttpClient client = HttpClient.newHttpClient();
    private final int artery = FreePorts.take();
    private final int management = FreePorts.take();

    @Test
    void podsFormAClusterAndOneThatHangsIsDownedByTheOneThatGetsTheLease() throws Exception {
        var template = manifests("deployment.yaml").getFirst().at("/spec/template");
        try (client;
                var kubernetes = FakeKubernetes.start(directory)) {
            // Each would keep a new cluster from being formed: nobody answers there.
            kubernetes.pod("Running", "127.0.0.3", template.path("spec"), labels("cassandra"));
            kubernetes.pod("Pending", null, template.path("spec"), labels("sluice"));
            kubernetes.pod("Running", "127.0.0.4", template.path("spec"), labels("sluice"));
            kubernetes.deleteLast();
            for (var ip : List.of("127.0.0.1", "127.0.0.2")) {
                kubernetes.pod("Running", ip, template.path("spec"), template.at("/metadata/labels"));
            }
            var settings = settings(kubernetes);
            var container = template.at("/spec/containers/0");
            try (var first = start(kubernetes, settings, container, "127.0.0.1");
                    var second = start(kubernetes, settings, container, "127.0.0.2")) {
                Eventually.await(SOON, () -> {
                    assertThat(up("127.0.0.1")).containsExactly("127.0.0.1", "127.0.0.2");
                    assertThat(up("127.0.0.2")).containsExactly("127.0.0.1", "127.0.0.2");
                });
                assertThat(kubernetes.asked()).containsExactly("/pods list");

                // Were it not for the lease, the lower address would be the larger half, and the other node would end.
                first.pause();
                Eventually.await(
                        SOON, () -> assertThat(kubernetes.holder(LEASE)).contains("127.0.0.2"));
                first.resume();

                assertThat(first.awaitExit(SOON)).isEqualTo(1);
                assertThat(second.isAlive()).isTrue();
                assertThat(up("127.0.0.2")).containsExactly("127.0.0.2");
                assertThat(kubernetes.holder(LEASE)).contains("127.0.0.2");
                assertThat(kubernetes.leases()).containsExactly(LEASE);
            }
            // Nothing is asked that the pods may not ask, and they may ask nothing else.
            assertThat(kubernetes.asked()).isEqualTo(allowed());
        }
    }

    private static ObjectNode labels(String app) {
        return yaml.createObjectNode().put("app", app);
    }

    /** The settings of the pods; but several nodes share this machine, decide fast, and keep no books. */
    private Path settings(FakeKubernetes kubernetes) throws IOException {
        var quick = ConfigFactory.parseMap(TestCluster.quick()).root().render(ConfigRenderOptions.concise());
        return Files.writeString(directory.resolve("node.conf"), """
                include file("%s")
                %s
                sluice.storage.kind = sqlite
                pekko.management.cluster.bootstrap.contact-point-discovery.stable-margin = 1s
                %s
                """.formatted(
                        MANIFESTS.resolve("node.conf").toAbsolutePath(),
                        quick.substring(1, quick.length() - 1),
                        kubernetes.settings()));
    }

    private SluiceProcess start(FakeKubernetes kubernetes, Path settings, JsonNode container, String ip)
            throws Exception {
        var tls = Files.createDirectories(directory.resolve("cluster-tls"));
        if (Files.notExists(tls.resolve("tls.crt"))) {
            var certificate =
                    TestCertificate.make(directory, "sluice", "SAN=dns:sluice", "-validity", "2", "-keyalg", "RSA");
            Files.copy(certificate.pem(), tls.resolve("tls.crt"));
            Files.copy(certificate.pem(), tls.resolve("ca.crt"));
            Files.copy(certificate.key(), tls.resolve("tls.key"));
        }
        var environment = new HashMap<>(kubernetes.environment());
        for (var variable : container.path("env")) {
            var name = variable.path("name").asText();
            if (name.startsWith("SLUICE_CLUSTER_")) {
                environment.put(
                        name,
                        variable.path("value")
                                .asText()
                                .replace("0.0.0.0", ip)
                                .replace("$(POD_IP)", ip)
                                .replace(":7355", ":" + artery)
                                .replace(":7626", ":" + management)
                                .replace("/etc/sluice/cluster-tls", tls.toString()));
            }
        }
        return SluiceProcess.bareNode(directory, environment, settings);
    }

    /** Nodes that are up and can be reached, as one of them tells others that look for a cluster. */
    private List<String> up(String ip) throws Exception {
        var answer = client.send(
                HttpRequest.newBuilder(URI.create("http://" + ip + ":" + management + "/bootstrap/seed-nodes"))
                        .build(),
                BodyHandlers.ofString());
        var hosts = new ArrayList<String>();
        for (var node : new ObjectMapper().readTree(answer.body()).path("seedNodes")) {
            if (node.path("status").asText().equals("Up")) {
                hosts.add(requireNonNull(URI.create(node.path("node").asText()).getHost()));
            }
        }
        hosts.sort(null);
        return hosts;
    }

    private static Set<String> allowed() throws IOException {
        var allowed = new TreeSet<String>();
        for (var manifest : manifests("access.yaml")) {
            for (var rule : manifest.path("rules")) {
                for (var group : rule.path("apiGroups")) {
                    for (var resource : rule.path("resources")) {
                        for (var verb : rule.path("verbs")) {
                            allowed.add(group.asText() + "/" + resource.asText() + " " + verb.asText());
                        }
                    }
                }
            }
        }
        return allowed;
    }

    private static List<JsonNode> manifests(String file) throws IOException {
        try (var parser = yaml.getFactory().createParser(MANIFESTS.resolve(file).toFile())) {
            return yaml.readValues(parser, JsonNode.class).readAll();
        }
    }
}
