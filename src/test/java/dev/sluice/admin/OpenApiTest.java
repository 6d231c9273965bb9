package dev.sluice.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import dev.sluice.export.FakeExporter;
import dev.sluice.gate.Endpoint;
import dev.sluice.gate.FakeAudit;
import dev.sluice.gate.Gate;
import dev.sluice.gate.Needs;
import dev.sluice.gate.Visitors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is said of the control plane is held against the rules of OpenAPI, against the table, and against what the endpoints really answer. */
class OpenApiTest {
    private static final ObjectMapper json = new ObjectMapper();
    private static final ActorTestKit kit = ActorTestKit.create();
    private static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");
    private static final FakeAudit audit = new FakeAudit();
    private static final Gate gate = new Gate(
            AdminEndpoints.all(
                    new FakePolicies(),
                    new FakeQuota(),
                    new FakeLedger(),
                    new FakeCaptures(),
                    new FakeProviders(),
                    new FakeKeys(),
                    audit,
                    new FakeHooks(),
                    InstantSource.fixed(NOON),
                    kit.system(),
                    new FakeExporter(kit.system()).endpoints()),
            new Visitors(),
            () -> Visitors.under(new AdminEndpointsTest.TwoBuckets(), new AdminEndpointsTest.OneModel()),
            audit,
            kit.system(),
            new Random(1));

    /** What to ask each endpoint so that it answers as described: a path, or a path, a space and a body. */
    private static final Map<String, List<String>> EXAMPLES = Map.ofEntries(
            Map.entry("GET /api/export", List.of("/api/export")),
            Map.entry("POST /api/export:run", List.of("/api/export:run")),
            Map.entry("GET /api/quotas", List.of("/api/quotas")),
            Map.entry(
                    "POST /api/quotas/refill",
                    List.of("/api/quotas/refill {\"bucket\":\"daily:bob\",\"amount\":\"$5.00\"}")),
            Map.entry(
                    "GET /api/sessions", List.of("/api/sessions", "/api/sessions?limit=1&before=2026-11-21T13:00:00Z")),
            Map.entry("GET /api/sessions/{id}", List.of("/api/sessions/" + FakeLedger.SESSION)),
            Map.entry("GET /api/exchanges/{id}", List.of("/api/exchanges/r1", "/api/exchanges/r2")),
            Map.entry(
                    "DELETE /api/sessions/{id}/captures", List.of("/api/sessions/" + FakeLedger.SESSION + "/captures")),
            Map.entry("DELETE /api/users/{login}/captures", List.of("/api/users/alice/captures")),
            Map.entry("GET /api/audit", List.of("/api/audit", "/api/audit?limit=5&before=100")),
            Map.entry("GET /metrics", List.of("/metrics")),
            Map.entry("GET /api/whoami", List.of("/api/whoami")),
            Map.entry("GET /aperture/config.schema.json", List.of("/aperture/config.schema.json")),
            Map.entry("GET /aperture/openapi.json", List.of("/aperture/openapi.json")),
            Map.entry(
                    "GET /api/access",
                    List.of("/api/access", "/api/access?model=gpt-4.1&login=alice", "/api/access?model=nothing")),
            Map.entry("GET /api/hooks", List.of("/api/hooks")),
            Map.entry("GET /api/providers", List.of("/api/providers")),
            Map.entry("GET /api/models", List.of("/api/models")),
            Map.entry("GET /aperture/pricing", List.of("/aperture/pricing")),
            Map.entry("GET /aperture/pricing/{+model}", List.of("/aperture/pricing/gpt-4.1")),
            Map.entry("GET /aperture/pricing/{maker}/{+model}", List.of("/aperture/pricing/openai/gpt-4.1")),
            Map.entry("GET /api/users", List.of("/api/users")),
            Map.entry("GET /api/users/{login}/usage", List.of("/api/users/alice/usage")),
            Map.entry(
                    "GET /api/usage",
                    List.of(
                            "/api/usage",
                            "/api/usage?group=user,model&from=2026-11-01&to=2026-11-20&limit=5&sort=tokens&agent=claude-cli",
                            "/api/usage?group=hour&from=2026-11-20T01:00:00Z&to=2026-11-20T09:00:00Z&after=1.2.3.4.5.6")),
            Map.entry("GET /api/usage.csv", List.of("/api/usage.csv?from=2020-01-01")),
            Map.entry("GET /api/activity", List.of("/api/activity", "/api/activity?user=alice")),
            Map.entry(
                    "GET /api/logs",
                    List.of(
                            "/api/logs",
                            "/api/logs?status=4xx&outcome=refused&stream=true&min_cost=0.01&tool=read&before=1863219600000000000")),
            Map.entry("GET /api/logs.csv", List.of("/api/logs.csv?status=429")),
            Map.entry("GET /api/tool-calls", List.of("/api/tool-calls", "/api/tool-calls?group=day,tool&user=alice")),
            Map.entry("GET /api/tool-calls/latest", List.of("/api/tool-calls/latest")),
            Map.entry("GET /api/ledger", List.of("/api/ledger")),
            Map.entry("POST /api/ledger:rebuild", List.of("/api/ledger:rebuild {}")),
            Map.entry("GET /api/keys", List.of("/api/keys")),
            Map.entry(
                    "POST /api/keys",
                    List.of(
                            "/api/keys {\"owner\":\"alice\"}",
                            "/api/keys {\"owner\":\"alice\",\"tags\":[\"tag:ci\"],\"quota\":{\"capacity\":\"$10\",\"rate\":\"$5/day\"},\"allow_admin\":true}")),
            Map.entry("DELETE /api/keys/{id}", List.of("/api/keys/key1")),
            Map.entry("GET /aperture/config", List.of("/aperture/config")),
            Map.entry("PUT /aperture/config", List.of("/aperture/config {\"config\":\"{}\"}")),
            Map.entry("POST /aperture/config:validate", List.of("/aperture/config:validate {\"config\":\"{}\"}")),
            Map.entry(
                    "GET /aperture/config/versions",
                    List.of("/aperture/config/versions", "/aperture/config/versions?limit=1&before=9")),
            Map.entry("GET /aperture/config/versions/{number}", List.of("/aperture/config/versions/1")),
            Map.entry(
                    "POST /aperture/config/versions/{number}:rollback",
                    List.of("/aperture/config/versions/1:rollback")),
            Map.entry("GET /api/config", List.of("/api/config")),
            Map.entry("PUT /api/config", List.of("/api/config {\"config\":\"{}\",\"hash\":\"abc\"}")));

    private static JsonNode document;

    @BeforeAll
    static void read() {
        document = body(ask(HttpRequest.GET("/aperture/openapi.json")));
    }

    @AfterAll
    static void stop() {
        kit.shutdownTestKit();
    }

    static Stream<Endpoint> endpoints() {
        return gate.endpoints().stream();
    }

    @Test
    void keepsTheRulesOfOpenApi() throws IOException {
        try (var in =
                Objects.requireNonNull(OpenApiTest.class.getResourceAsStream("/openapi/openapi-3.1.schema.json"))) {
            var rules = json.readTree(in);
            assertThat(validate(rules, document)).isEmpty();

            var broken = document.deepCopy();
            ((ObjectNode) broken.at("/paths/~1api~1quotas/get")).remove("responses");
            ((ObjectNode) broken).put("paths", 1);
            assertThat(validate(rules, broken))
                    .as("the rules do refuse something")
                    .isNotEmpty();
        }
    }

    @Test
    void refersToNothingThatIsNotThere() {
        assertThat(document.findValuesAsText("$ref"))
                .isNotEmpty()
                .allSatisfy(reference -> assertThat(
                                document.at(reference.substring(1)).isObject())
                        .as(reference)
                        .isTrue());
        assertThat(document.findValuesAsText("operationId")).doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @MethodSource("endpoints")
    void describesEveryEndpoint(Endpoint endpoint) {
        var operation = operation(endpoint);

        assertThat(endpoint.doc()).as("its doc").isNotNull();
        assertThat(operation.path("summary").asText()).isNotBlank();
        assertThat(operation.path("x-needs").asText()).isEqualTo(endpoint.needs() == Needs.ADMIN ? "admin" : "role");
    }

    @Test
    void describesNothingElse() {
        var described = document.path("paths").properties().stream()
                .mapToInt(path -> path.getValue().size())
                .sum();

        assertThat(described).isEqualTo(gate.endpoints().size());
    }

    /** All that a caller gets is as described, and a body that the description allows is taken. */
    @ParameterizedTest
    @MethodSource("endpoints")
    void answersAsDescribed(Endpoint endpoint) {
        var examples = EXAMPLES.getOrDefault(key(endpoint), List.of());
        assertThat(examples).as("an example of " + key(endpoint)).isNotEmpty();
        for (var example : examples) {
            var space = example.indexOf(' ');
            var request = HttpRequest.create(space < 0 ? example : example.substring(0, space))
                    .withMethod(endpoint.method());
            if (space > 0) {
                var body = example.substring(space + 1);
                assertThat(validate(schema("/requestBody", endpoint), tree(body)))
                        .isEmpty();
                request = request.withEntity(HttpEntities.create(ContentTypes.APPLICATION_JSON, body));
            }
            var response = ask(request);
            var status = Integer.toString(response.status().intValue());
            assertThat(operation(endpoint).path("responses").has(status))
                    .as("status " + status + " of " + example)
                    .isTrue();
            assertThat(validate(schema("/responses/" + status, endpoint), value(response)))
                    .as(example)
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("endpoints")
    void refusesAsDescribed(Endpoint endpoint) {
        var request = HttpRequest.create(endpoint.path().replaceAll("\\{\\+?\\w+}", "x"))
                .withMethod(endpoint.method());

        var response = gate.handle(Visitors.PEER, request).toCompletableFuture().join();

        assertThat(validate(schema("/responses/default", endpoint), body(response)))
                .isEmpty();
    }

    @Test
    void aDescriptionThatIsWrongWouldShow() {
        var quotas = schema("/responses/200", gate.endpoints().getFirst());
        var more = json.createObjectNode();
        more.putArray("buckets").addObject().put("bucket", "pool");

        assertThat(validate(quotas, more)).isNotEmpty();
    }

    private static JsonNode operation(Endpoint endpoint) {
        return document.path("paths")
                .path(endpoint.path().replace("{+", "{"))
                .path(endpoint.method().name().toLowerCase(Locale.ROOT));
    }

    private static String key(Endpoint endpoint) {
        return endpoint.method().name() + " " + endpoint.path();
    }

    /** The schema of one body, with all that it refers to. */
    private static JsonNode schema(String at, Endpoint endpoint) {
        var content = operation(endpoint).at(at).path("content");
        assertThat(content).as(at + " of " + key(endpoint)).hasSize(1);
        ObjectNode schema = content.iterator().next().path("schema").deepCopy();
        schema.set("components", document.path("components"));
        return schema;
    }

    private static Set<ValidationMessage> validate(JsonNode schema, JsonNode value) {
        return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                .getSchema(schema)
                .validate(value);
    }

    private static HttpResponse ask(HttpRequest request) {
        return gate.handle(
                        Visitors.PEER,
                        request.addHeader(RawHeader.create(Visitors.HEADER, "root"))
                                .addHeader(RawHeader.create("If-Match", "*")))
                .toCompletableFuture()
                .join();
    }

    /** What is no JSON is a text. */
    private static JsonNode value(HttpResponse response) {
        if (!response.entity().getContentType().mediaType().subType().equals("csv")) {
            return body(response);
        }
        var text = response.entity()
                .toStrict(10_000, kit.system())
                .toCompletableFuture()
                .join();
        return TextNode.valueOf(text.getData().utf8String());
    }

    private static JsonNode body(HttpResponse response) {
        var text = ((HttpEntity.Strict) response.entity()).getData().utf8String();
        // Text is a string to those who validate.
        return response.entity().getContentType().mediaType().mainType().equals("text")
                ? TextNode.valueOf(text)
                : tree(text);
    }

    private static JsonNode tree(String text) {
        try {
            return json.readTree(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
