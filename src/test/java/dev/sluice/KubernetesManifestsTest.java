package dev.sluice;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.sluice.config.Finding;
import dev.sluice.config.PolicyDocument;
import dev.sluice.config.SettingsKeys;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The manifests are what Kubernetes' published schemas want, agree with each other, and with the gateway that they start. */
class KubernetesManifestsTest {
    private static final Path DIRECTORY = Path.of("cluster/kubernetes");
    private static final Path SETTINGS = DIRECTORY.resolve("node.conf");
    private static final ObjectMapper json = new ObjectMapper();

    /** Of each kind, the name of its schema. */
    private static final Map<String, String> SCHEMAS = Map.ofEntries(
            Map.entry("v1 Secret", "io.k8s.api.core.v1.Secret"),
            Map.entry("v1 Service", "io.k8s.api.core.v1.Service"),
            Map.entry("v1 ServiceAccount", "io.k8s.api.core.v1.ServiceAccount"),
            Map.entry("apps/v1 Deployment", "io.k8s.api.apps.v1.Deployment"),
            Map.entry("autoscaling/v2 HorizontalPodAutoscaler", "io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler"),
            Map.entry("networking.k8s.io/v1 NetworkPolicy", "io.k8s.api.networking.v1.NetworkPolicy"),
            Map.entry("policy/v1 PodDisruptionBudget", "io.k8s.api.policy.v1.PodDisruptionBudget"),
            Map.entry("rbac.authorization.k8s.io/v1 Role", "io.k8s.api.rbac.v1.Role"),
            Map.entry("rbac.authorization.k8s.io/v1 RoleBinding", "io.k8s.api.rbac.v1.RoleBinding"));

    private static final JsonNode definitions = definitions();
    private static final List<Manifest> manifests = manifests();

    record Manifest(String file, JsonNode content) {
        String kind() {
            return content.path("kind").asText();
        }

        @Override
        public String toString() {
            return file + ": " + kind() + " "
                    + content.path("metadata").path("name").asText();
        }
    }

    static Stream<Manifest> all() {
        return manifests.stream();
    }

    @ParameterizedTest
    @MethodSource("all")
    void areWhatTheSchemasWant(Manifest manifest) {
        assertThat(problems(manifest.content())).isEmpty();
    }

    @Test
    void wouldNotPassWithAFieldThatKubernetesDoesNotKnow() {
        // Given
        var wrong = deployment().deepCopy();
        ((ObjectNode) container(wrong)).put("readOnlyRootFilesytem", true);
        ((ObjectNode) wrong.at("/spec/strategy")).put("type", "Rolling");
        ((ObjectNode) wrong.at("/spec/template/spec")).put("terminationGracePeriodSeconds", "380");
        // Then
        assertThat(String.join("\n", problems(wrong)))
                .contains("'readOnlyRootFilesytem' is not defined")
                .contains("$.spec.strategy.type")
                .contains("terminationGracePeriodSeconds: string found");
    }

    @Test
    void areAllApplied() throws IOException {
        var kustomization = yaml(DIRECTORY.resolve("kustomization.yaml")).getFirst();
        var applied = new TreeSet<>(texts(kustomization.path("resources")));
        applied.add("kustomization.yaml");
        applied.add("secret.example.yaml");
        assertThat(names(DIRECTORY, ".yaml")).isEqualTo(applied);
        assertThat(kustomization.path("images").get(0).path("name").asText())
                .isEqualTo(container(deployment()).path("image").asText());
    }

    @Test
    void selectThePodsThatThereAre() {
        var labels = deployment().at("/spec/template/metadata/labels");
        assertThat(deployment().at("/spec/selector/matchLabels")).isEqualTo(labels);
        for (var service : of("Service").toList()) {
            assertThat(service.at("/spec/selector")).isEqualTo(labels);
        }
        assertThat(one("PodDisruptionBudget").at("/spec/selector/matchLabels")).isEqualTo(labels);
        assertThat(one("NetworkPolicy").at("/spec/podSelector/matchLabels")).isEqualTo(labels);
        assertThat(deployment().at("/spec/template/spec/topologySpreadConstraints"))
                .allSatisfy(constraint ->
                        assertThat(constraint.at("/labelSelector/matchLabels")).isEqualTo(labels));
        // What nodes look each other up by.
        assertThat(environment().get("SLUICE_CLUSTER_SERVICE"))
                .isEqualTo(labels.path("app").asText());
    }

    @Test
    void nameThingsThatThereAre() {
        var name = deployment().at("/metadata/name").asText();
        var target = one("HorizontalPodAutoscaler").at("/spec/scaleTargetRef");
        assertThat(target.path("kind").asText()).isEqualTo("Deployment");
        assertThat(target.path("name").asText()).isEqualTo(name);
        var account = one("ServiceAccount").at("/metadata/name").asText();
        assertThat(deployment().at("/spec/template/spec/serviceAccountName").asText())
                .isEqualTo(account);
        assertThat(one("RoleBinding").at("/subjects/0/name").asText()).isEqualTo(account);
        assertThat(one("RoleBinding").at("/roleRef/name")).isEqualTo(one("Role").at("/metadata/name"));
    }

    @Test
    void namePortsThatThePodsHave() {
        // Given
        var ports = container(deployment()).path("ports");
        var names = texts(ports, "name");
        var used = new HashSet<String>();
        for (var service : of("Service").toList()) {
            used.addAll(texts(service.at("/spec/ports"), "targetPort"));
        }
        for (var probe : List.of("startupProbe", "livenessProbe", "readinessProbe")) {
            used.add(container(deployment())
                    .path(probe)
                    .path("httpGet")
                    .path("port")
                    .asText());
        }
        for (var rule : one("NetworkPolicy").at("/spec/ingress")) {
            used.addAll(texts(rule.path("ports"), "port"));
        }
        // Then
        assertThat(names).containsAll(used);
        // And each is where the gateway listens.
        assertThat(number(ports, "http")).isEqualTo(port("SLUICE_LISTEN"));
        assertThat(number(ports, "metrics")).isEqualTo(port("SLUICE_METRICS_LISTEN"));
        assertThat(number(ports, "artery"))
                .isEqualTo(port("SLUICE_CLUSTER_LISTEN"))
                .isEqualTo(port("SLUICE_CLUSTER_ADVERTISE"));
        assertThat(number(ports, "management")).isEqualTo(port("SLUICE_CLUSTER_MANAGEMENT"));
        // And what may be reached among the nodes from inside is what they may reach.
        assertThat(texts(one("NetworkPolicy").at("/spec/egress/0/ports"), "port"))
                .containsExactly(number(ports, "artery") + "", number(ports, "management") + "");
    }

    @Test
    void letOnlyThePodsReachWhatIsTheirs() {
        for (var rule : one("NetworkPolicy").at("/spec/ingress")) {
            if (!texts(rule.path("ports"), "port").equals(List.of("http"))) {
                assertThat(rule.path("from")).isNotEmpty();
            }
        }
    }

    @Test
    void setVariablesThatSomebodyReads() throws IOException {
        // Given
        var readers = Files.readString(Path.of("src/main/resources/sluice.conf"))
                + Files.readString(Path.of("src/main/resources/sluice-cassandra.conf"))
                + Files.readString(Path.of("src/main/java/dev/sluice/ServeCommand.java"))
                + Files.readString(Path.of("src/main/distribution/bin/sluice"))
                + Files.readString(SETTINGS)
                + Files.readString(DIRECTORY.resolve("policy.hujson"));
        var ofOthers = texts(container(deployment()).path("env"), "value").toString();
        // Then
        for (var name : environment().keySet()) {
            assertThat(Pattern.compile("\\b" + name + "\\b")
                            .matcher(readers + ofOthers)
                            .find())
                    .as(name)
                    .isTrue();
        }
    }

    @Test
    void readSecretsAndFilesThatThereAre() throws IOException {
        // Given
        var secrets = of("Secret")
                .collect(Collectors.toMap(
                        secret -> secret.at("/metadata/name").asText(), secret -> keys(secret.path("stringData"))));
        // Then
        for (var variable : container(deployment()).path("env")) {
            var reference = variable.at("/valueFrom/secretKeyRef");
            if (!reference.isMissingNode()) {
                assertThat(secrets.get(reference.path("name").asText()))
                        .contains(reference.path("key").asText());
            }
        }
        var mounts = container(deployment()).path("volumeMounts");
        assertThat(new TreeSet<>(texts(mounts, "name")))
                .isEqualTo(new TreeSet<>(texts(deployment().at("/spec/template/spec/volumes"), "name")));
        for (var file : environment().entrySet()) {
            if (file.getKey().startsWith("SLUICE_CLUSTER_TLS_")) {
                assertThat(secrets.get("sluice-cluster-tls"))
                        .contains(Path.of(file.getValue()).getFileName().toString());
            }
        }
        // And no value of a secret stands in a manifest.
        for (var secret : of("Secret").toList()) {
            assertThat(secret.path("stringData"))
                    .allMatch(value -> value.asText().isEmpty());
        }
        var generated = yaml(DIRECTORY.resolve("kustomization.yaml")).getFirst().path("configMapGenerator");
        assertThat(texts(generated, "name"))
                .containsExactlyInAnyOrderElementsOf(StreamSupport.stream(
                                deployment().at("/spec/template/spec/volumes").spliterator(), false)
                        .map(volume -> volume.at("/configMap/name").asText())
                        .filter(name -> !name.isEmpty())
                        .toList());
        for (var map : generated) {
            for (var file : texts(map.path("files"))) {
                assertThat(DIRECTORY.resolve(file)).exists();
            }
        }
    }

    @Test
    void waitLongerForAPodThanItDrains() {
        // Given
        var grace = Duration.ofSeconds(deployment()
                .at("/spec/template/spec/terminationGracePeriodSeconds")
                .asLong());
        var before = Duration.ofSeconds(
                container(deployment()).at("/lifecycle/preStop/exec/command/1").asLong());
        var drain = settings().getDuration("sluice.drain-timeout");
        // Then
        assertThat(grace).isGreaterThanOrEqualTo(before.plus(drain).plusSeconds(60));
        assertThat(before).isPositive();
    }

    @Test
    void probeEndpointsThatNeedNobody() throws IOException {
        var proxy = Files.readString(Path.of("src/main/java/dev/sluice/proxy/Proxy.java"));
        for (var probe : Map.of("startupProbe", "/healthz", "livenessProbe", "/healthz", "readinessProbe", "/readyz")
                .entrySet()) {
            var path = container(deployment()).path(probe.getKey()).at("/httpGet/path");
            assertThat(path.asText()).isEqualTo(probe.getValue());
            assertThat(proxy).contains("\"" + path.asText() + "\"");
        }
    }

    @Test
    void scaleByANumberThatIsCounted() throws IOException {
        var metric = one("HorizontalPodAutoscaler").at("/spec/metrics/0/pods/metric/name");
        assertThat(Files.readString(Path.of("src/main/java/dev/sluice/proxy/RequestMetrics.java")))
                .contains("metrics.gauge(\"" + metric.asText() + "\"");
    }

    @Test
    void giveThePodsAsLittleAsTheyNeed() {
        var pod = deployment().at("/spec/template/spec");
        assertThat(pod.at("/securityContext/runAsNonRoot").asBoolean()).isTrue();
        assertThat(pod.at("/securityContext/runAsUser").asInt()).isPositive();
        assertThat(pod.at("/securityContext/seccompProfile/type").asText()).isEqualTo("RuntimeDefault");
        var container = container(deployment()).path("securityContext");
        assertThat(container.path("readOnlyRootFilesystem").asBoolean()).isTrue();
        assertThat(container.path("allowPrivilegeEscalation").asBoolean(true)).isFalse();
        assertThat(texts(container.at("/capabilities/drop"))).containsExactly("ALL");
        for (var rule : one("Role").path("rules")) {
            assertThat(texts(rule.path("resources"))).doesNotContain("*", "secrets");
            assertThat(texts(rule.path("verbs"))).doesNotContain("*");
        }
    }

    @Test
    void haveAPolicyWithoutFindings() throws IOException {
        // Given
        var text = Files.readString(DIRECTORY.resolve("policy.hujson"));
        var variables = environment().keySet();
        // When
        var reading = PolicyDocument.read(text, name -> variables.contains(name) ? "key" : null);
        // Then
        assertThat(reading.findings()).extracting(Finding::message).isEmpty();
        assertThat(requireNonNull(reading.policy()).providers()).hasSize(2);
    }

    @Test
    void haveSettingsThatThereAre() {
        var defaults = ConfigFactory.parseResources("sluice.conf");
        SettingsKeys.check(settings(), defaults);
    }

    private static Config settings() {
        return ConfigFactory.parseFile(SETTINGS.toFile());
    }

    private static List<String> problems(JsonNode manifest) {
        var name = manifest.path("apiVersion").asText() + " "
                + manifest.path("kind").asText();
        return schema(requireNonNull(SCHEMAS.get(name), name)).validate(manifest).stream()
                .map(ValidationMessage::getMessage)
                .toList();
    }

    private static JsonSchema schema(String definition) {
        var document = json.createObjectNode();
        document.put("$schema", definitions.path("$schema").asText());
        document.put("$ref", "#/$defs/" + definition);
        document.set("$defs", definitions.path("$defs"));
        return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(document);
    }

    /** As published, and strict: what has fields has no others. */
    private static JsonNode definitions() {
        try {
            var read = json.readTree(
                    Path.of("src/test/resources/kubernetes/schemas-1.27.1.json").toFile());
            for (var definition : read.path("$defs")) {
                if (definition.has("properties") && !definition.has("additionalProperties")) {
                    ((ObjectNode) definition).put("additionalProperties", false);
                }
            }
            return read;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Manifest> manifests() {
        var read = new ArrayList<Manifest>();
        for (var name : names(DIRECTORY, ".yaml")) {
            if (!name.equals("kustomization.yaml")) {
                yaml(DIRECTORY.resolve(name)).forEach(content -> read.add(new Manifest(name, content)));
            }
        }
        return read;
    }

    /** Keys that stand twice are an error, too. */
    private static List<JsonNode> yaml(Path file) {
        var factory = new YAMLFactory();
        factory.enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);
        factory.disable(YAMLParser.Feature.EMPTY_STRING_AS_NULL);
        try (var parser = factory.createParser(file.toFile())) {
            return new ObjectMapper(factory).readValues(parser, JsonNode.class).readAll();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Set<String> names(Path directory, String end) {
        try (var files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(end))
                    .collect(Collectors.toCollection(TreeSet::new));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Stream<JsonNode> of(String kind) {
        return manifests.stream()
                .filter(manifest -> manifest.kind().equals(kind))
                .map(Manifest::content);
    }

    private static JsonNode one(String kind) {
        var found = of(kind).toList();
        assertThat(found).hasSize(1);
        return found.getFirst();
    }

    private static JsonNode deployment() {
        return one("Deployment");
    }

    private static JsonNode container(JsonNode deployment) {
        return deployment.at("/spec/template/spec/containers/0");
    }

    /** Variables that are set, by their values; empty where a value comes from elsewhere. */
    private static Map<String, String> environment() {
        return StreamSupport.stream(container(deployment()).path("env").spliterator(), false)
                .collect(Collectors.toMap(
                        variable -> variable.path("name").asText(),
                        variable -> variable.path("value").asText()));
    }

    private static int port(String variable) {
        var value = requireNonNull(environment().get(variable), variable);
        return Integer.parseInt(value.substring(value.lastIndexOf(':') + 1));
    }

    private static int number(JsonNode ports, String name) {
        for (var port : ports) {
            if (port.path("name").asText().equals(name)) {
                return port.path("containerPort").asInt();
            }
        }
        throw new AssertionError("no port " + name);
    }

    private static List<String> texts(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false)
                .map(JsonNode::asText)
                .toList();
    }

    private static List<String> texts(JsonNode array, String key) {
        return StreamSupport.stream(array.spliterator(), false)
                .map(element -> element.path(key).asText())
                .toList();
    }

    private static Set<String> keys(JsonNode object) {
        var keys = new TreeSet<String>();
        object.fieldNames().forEachRemaining(keys::add);
        return keys;
    }
}
