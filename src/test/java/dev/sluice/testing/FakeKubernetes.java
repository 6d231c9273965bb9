package dev.sluice.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Plays what nodes ask of the Kubernetes API in one namespace, over TLS and for one bearer token: lists of pods by label, and leases, which change
 * only for who knows their latest version. Notes what was asked as a role would have to allow it.
 */
public final class FakeKubernetes implements AutoCloseable {
    public static final String NAMESPACE = "sluice";

    private static final String TOKEN = "eyJhbGciOiJSUzI1NiJ9.token-of-the-service-account.signature";
    private static final Pattern PODS = Pattern.compile("/api/v1/namespaces/([^/]+)/pods");
    private static final Pattern LEASES =
            Pattern.compile("/apis/coordination\\.k8s\\.io/v1/namespaces/([^/]+)/leases(?:/([^/]*))?");
    private static final DateTimeFormatter MICRO_TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);
    private static final ObjectMapper json = new ObjectMapper();

    private record Answer(int status, JsonNode body) {}

    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    private final HttpsServer server;
    private final Path account;
    private final List<ObjectNode> pods = new CopyOnWriteArrayList<>();
    private final Map<String, ObjectNode> leases = new HashMap<>();
    private final Set<String> asked = new ConcurrentSkipListSet<>();
    private long version = 1;

    private FakeKubernetes(HttpsServer server, Path account) {
        this.server = server;
        this.account = account;
    }

    /**
     * Starts one.
     *
     * @param directory gets its certificate and {@code serviceaccount}, as it is mounted in pods
     */
    public static FakeKubernetes start(Path directory) throws IOException, GeneralSecurityException {
        var certificate = TestCertificate.make(directory, "kubernetes", "SAN=ip:127.0.0.1", "-validity", "2");
        var account = Files.createDirectory(directory.resolve("serviceaccount"));
        Files.copy(certificate.pem(), account.resolve("ca.crt"));
        Files.writeString(account.resolve("token"), TOKEN);
        Files.writeString(account.resolve("namespace"), NAMESPACE);
        var server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(certificate.showing()));
        var kubernetes = new FakeKubernetes(server, account);
        server.setExecutor(kubernetes.executor);
        server.createContext("/", kubernetes::handle);
        server.start();
        return kubernetes;
    }

    /** Variables that every container has. */
    public Map<String, String> environment() {
        return Map.of(
                "KUBERNETES_SERVICE_HOST",
                "127.0.0.1",
                "KUBERNETES_SERVICE_PORT",
                Integer.toString(server.getAddress().getPort()));
    }

    /** Node settings for the one thing that is not as in a pod: where the service account is mounted. */
    public String settings() {
        return """
                pekko.discovery.kubernetes-api {
                  api-ca-path = "%1$s/ca.crt", api-token-path = "%1$s/token", pod-namespace-path = "%1$s/namespace"
                }
                pekko.coordination.lease.kubernetes {
                  api-ca-path = "%1$s/ca.crt", api-token-path = "%1$s/token", namespace-path = "%1$s/namespace"
                }
                """.formatted(account);
    }

    /**
     * There is a pod.
     *
     * @param ip     null while it has none
     * @param spec   as in a manifest
     * @param labels as in a manifest
     */
    public void pod(String phase, @Nullable String ip, JsonNode spec, JsonNode labels) {
        var pod = json.createObjectNode();
        var name = "sluice-7d9c5b6f4-" + pods.size();
        pod.putObject("metadata")
                .put("name", name)
                .put("namespace", NAMESPACE)
                .put("resourceVersion", "" + pods.size())
                .set("labels", labels);
        pod.set("spec", spec);
        var status = pod.putObject("status").put("phase", phase);
        if (ip != null) {
            status.put("podIP", ip).putArray("podIPs").addObject().put("ip", ip);
            status.putArray("containerStatuses")
                    .addObject()
                    .put("name", "sluice")
                    .put("ready", false)
                    .putObject("state")
                    .putObject("running")
                    .put("startedAt", "2026-01-01T00:00:00Z");
        }
        pods.add(pod);
    }

    /** The pod that came last is about to go, and still runs. */
    public void deleteLast() {
        ((ObjectNode) pods.getLast().path("metadata")).put("deletionTimestamp", "2026-01-01T00:00:00Z");
    }

    /** Who holds a lease; empty for nobody, null when there is no such lease. */
    public synchronized @Nullable String holder(String lease) {
        var found = leases.get(lease);
        return found == null ? null : found.path("spec").path("holderIdentity").asText();
    }

    public synchronized Set<String> leases() {
        return new TreeSet<>(leases.keySet());
    }

    /** {@code GROUP/RESOURCE VERB} of all requests; the core's group is empty. What is asked in another way stands here as it came. */
    public Set<String> asked() {
        return asked;
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            var answer = answer(exchange);
            var body = json.writeValueAsBytes(answer.body());
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(answer.status(), body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private Answer answer(HttpExchange exchange) throws IOException {
        var method = exchange.getRequestMethod();
        var path = exchange.getRequestURI().getPath();
        var body = exchange.getRequestBody().readAllBytes();
        if (!("Bearer " + TOKEN).equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
            return refused(401, "Unauthorized");
        }
        var pods = PODS.matcher(path);
        if (pods.matches() && method.equals("GET")) {
            var query = exchange.getRequestURI().getRawQuery();
            asked.add("/pods " + (query.contains("watch=") ? "watch" : "list"));
            return isOurs(pods.group(1)) ? list(query) : refused(403, "Forbidden");
        }
        var leases = LEASES.matcher(path);
        if (leases.matches()) {
            var name = leases.group(2) == null ? "" : leases.group(2);
            var verb = verb(method, name);
            asked.add("coordination.k8s.io/leases " + verb);
            return isOurs(leases.group(1)) ? lease(verb, name, body) : refused(403, "Forbidden");
        }
        asked.add(method + " " + path);
        return refused(403, "Forbidden");
    }

    private static boolean isOurs(String namespace) {
        return namespace.equals(NAMESPACE);
    }

    /** As Kubernetes has them (Authorization, "Determine the Request Verb"). */
    private static String verb(String method, String name) {
        return switch (method) {
            case "GET" -> name.isEmpty() ? "list" : "get";
            case "POST" -> "create";
            case "PUT" -> "update";
            case "DELETE" -> name.isEmpty() ? "deletecollection" : "delete";
            default -> method;
        };
    }

    /** Of selectors, only {@code labelSelector=NAME=VALUE} is known. */
    private Answer list(String query) {
        var selector = URLDecoder.decode(query, StandardCharsets.UTF_8).split("=", -1);
        var list = json.createObjectNode();
        list.put("kind", "PodList").put("apiVersion", "v1");
        list.putObject("metadata").put("resourceVersion", "" + pods.size());
        var items = list.putArray("items");
        if (selector.length != 3 || !selector[0].equals("labelSelector")) {
            return refused(400, "BadRequest");
        }
        for (var pod : pods) {
            if (pod.path("metadata").path("labels").path(selector[1]).asText().equals(selector[2])) {
                items.add(pod);
            }
        }
        return new Answer(200, list);
    }

    private synchronized Answer lease(String verb, String name, byte[] body) throws IOException {
        var found = leases.get(name);
        return switch (verb) {
            case "get" -> found == null ? refused(404, "NotFound") : new Answer(200, found);
            case "create" -> {
                var sent = (ObjectNode) json.readTree(body);
                var named = sent.path("metadata").path("name").asText();
                yield leases.containsKey(named) ? refused(409, "AlreadyExists") : new Answer(201, keep(named, sent));
            }
            case "update" -> {
                var sent = (ObjectNode) json.readTree(body);
                if (found == null) {
                    yield refused(404, "NotFound");
                }
                yield known(sent).equals(known(found)) ? new Answer(200, keep(name, sent)) : refused(409, "Conflict");
            }
            default -> refused(405, "MethodNotAllowed");
        };
    }

    private static JsonNode known(JsonNode lease) {
        return lease.path("metadata").path("resourceVersion");
    }

    private ObjectNode keep(String name, ObjectNode sent) {
        var lease = json.createObjectNode();
        lease.put("kind", "Lease").put("apiVersion", "coordination.k8s.io/v1");
        lease.putObject("metadata")
                .put("name", name)
                .put("namespace", NAMESPACE)
                .put("resourceVersion", Long.toString(++version));
        var spec = sent.path("spec");
        var acquired = Instant.parse(spec.path("acquireTime").asText());
        lease.putObject("spec")
                .put("holderIdentity", spec.path("holderIdentity").asText())
                .put("acquireTime", MICRO_TIME.format(acquired));
        leases.put(name, lease);
        return lease;
    }

    private static Answer refused(int status, String reason) {
        return new Answer(
                status,
                json.createObjectNode()
                        .put("kind", "Status")
                        .put("apiVersion", "v1")
                        .put("status", "Failure")
                        .put("reason", reason)
                        .put("code", status));
    }

    @Override
    public void close() {
        server.stop(0);
        executor.shutdownNow();
    }
}
