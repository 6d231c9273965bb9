package dev.sluice.capture;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.testing.Eventually;
import dev.sluice.testing.Stand;
import dev.sluice.testing.TestFormat;
import dev.sluice.testing.TestGateway;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What was said, as a whole gateway keeps it and shows it. */
class CapturesIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final String[] ANN = {"Tailscale-User-Login", "ann@example.com"};
    private static final String[] BOB = {"Tailscale-User-Login", "bob@example.com"};
    private static final String[] LOCAL = {};
    private static final Map<String, ?> SETTINGS = Map.of("sluice.trusted-proxies", List.of("127.0.0.1"));

    @TempDir
    private static Path data;

    private static Stand stand;
    private static HttpClient client;

    @BeforeAll
    static void start() throws Exception {
        stand = Stand.start(
                data,
                url -> policy(url, "\"database\": {\"headers\": {\"filterable\": [{\"name\": \"X-Team\"}]}},"),
                SETTINGS);
        client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    }

    @AfterAll
    static void stop() {
        client.close();
        stand.close();
    }

    private static String policy(String url, String database) {
        return """
                {
                  "grants": [
                    {"src": ["(loopback)"], "app": {"tailscale.com/cap/aperture": [{"role": "admin"}, {"models": "**"}]}},
                    {"src": ["ann@example.com", "bob@example.com"], "app": {"tailscale.com/cap/aperture": [
                      {"role": "user"}, {"models": "**"}]}}],
                  %s
                  "providers": {
                    "sim": {"baseurl": "%s", "apikey": "provider-key", "models": ["test-gpt", "test-claude"],
                      "compatibility": {"openai_chat": true, "openai_responses": true, "anthropic_messages": true},
                      "cost_basis": "openai", "model_cost_map": [{"match": "*", "as": "gpt-4.1"}]}},
                }
                """.formatted(database, url);
    }

    /** One request, with a credential of its own; answers its id. */
    private static String say(
            InetSocketAddress gateway, TestFormat format, boolean stream, String prompt, String... who)
            throws IOException, InterruptedException {
        var response = client.send(
                request(gateway, format.path(), who)
                        .header("content-type", "application/json")
                        .header("x-api-key", "sk-clients-own-secret")
                        .POST(BodyPublishers.ofString(format.body(format.model(), stream, prompt)))
                        .build(),
                BodyHandlers.ofString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return response.headers().firstValue("x-sluice-request-id").orElseThrow();
    }

    private static HttpRequest.Builder request(InetSocketAddress gateway, String path, String... headers) {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + gateway.getPort() + path))
                .timeout(Duration.ofSeconds(20));
        return headers.length == 0 ? request : request.headers(headers);
    }

    private static InetSocketAddress gateway() {
        return stand.gateway().node().address();
    }

    private static HttpResponse<String> get(String path, String... who) throws IOException, InterruptedException {
        return client.send(request(gateway(), path, who).build(), BodyHandlers.ofString());
    }

    private static JsonNode shown(String path, String... who) throws IOException, InterruptedException {
        var response = get(path, who);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return JSON.readTree(response.body());
    }

    /** As soon as it is in the books, which is a moment after it is captured. */
    private static JsonNode exchange(String id, String... who) {
        var found = new JsonNode[1];
        Eventually.await(SOON, () -> found[0] = shown("/api/exchanges/" + id, who));
        return found[0];
    }

    @Test
    void logsAreFoundByAHeaderThatThePolicyNames() throws Exception {
        var ids = new ArrayList<String>();
        for (var i = 0; i < 5; i++) {
            ids.addFirst(say(
                    gateway(),
                    TestFormat.CHAT,
                    false,
                    "turn " + i,
                    "Tailscale-User-Login",
                    "ann@example.com",
                    "x-team",
                    "core"));
        }
        say(gateway(), TestFormat.CHAT, false, "another", "Tailscale-User-Login", "ann@example.com", "x-team", "other");
        say(gateway(), TestFormat.CHAT, false, "without", ANN);
        exchange(say(gateway(), TestFormat.CHAT, false, "last", ANN), ANN);

        Eventually.await(
                SOON, () -> assertThat(found("header=x-team:core", LOCAL)).isEqualTo(ids));
        assertThat(found("header=X-Team:%20core&limit=2", ANN)).isEqualTo(ids);
        Eventually.await(
                SOON, () -> assertThat(found("header=x-team", ANN)).hasSize(6).containsAll(ids));
        assertThat(found("header=x-team:core&status=200&model=test-gpt&user=ann@example.com", LOCAL))
                .isEqualTo(ids);
        assertThat(found("header=x-team:core&status=4xx", LOCAL)).isEmpty();
        assertThat(found("header=x-team:core&to=2026-01-01", LOCAL)).isEmpty();
        assertThat(found("header=x-team:core", BOB)).as("another caller").isEmpty();
        assertThat(get("/api/logs.csv?header=x-team:core", LOCAL).body().lines())
                .hasSize(6);
        var refused = get("/api/logs?header=x-other:core", LOCAL);
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.body()).contains("x-other", "x-team");
    }

    /** All pages. */
    private static List<String> found(String query, String... who) throws IOException, InterruptedException {
        var ids = new ArrayList<String>();
        @Nullable String before = "";
        do {
            var page = shown("/api/logs?" + query + before, who);
            page.path("exchanges").forEach(it -> ids.add(it.path("request_id").asText()));
            before = page.path("next_before").isNull()
                    ? null
                    : "&before=" + page.path("next_before").asText();
        } while (before != null);
        return ids;
    }

    @ParameterizedTest
    @EnumSource(TestFormat.class)
    void showsWhatWasSaid(TestFormat format) throws Exception {
        var prompt = "Something about weirs in " + format;
        var id = say(gateway(), format, true, prompt, ANN);

        var shown = exchange(id, ANN);
        assertThat(shown.at("/exchange/request_id").asText()).isEqualTo(id);
        assertThat(shown.at("/exchange/usage/output_tokens").asLong()).isPositive();
        assertThat(shown.at("/exchange/cost_nanos").asLong()).isPositive();
        assertThat(shown.at("/request/body")).isEqualTo(JSON.readTree(format.body(format.model(), true, prompt)));
        assertThat(shown.at("/request/headers").toString())
                .contains("\"x-api-key\"", "***")
                .doesNotContain("sk-clients-own-secret", "provider-key")
                .as("what no client has sent")
                .doesNotContain("timeout-access", "raw-request-uri");
        assertThat(shown.at("/response/status").asInt()).isEqualTo(200);
        assertThat(shown.at("/response/form").asText()).isEqualTo("object");
        assertThat(shown.at("/response/body").isObject()).isTrue();
        assertThat(shown.at("/response/headers").isEmpty()).isFalse();

        assertThat(exchange(id, LOCAL)).as("an administrator").isEqualTo(shown);
        var foreign = get("/api/exchanges/" + id, BOB);
        var unknown = get("/api/exchanges/nothing", BOB);
        assertThat(foreign.statusCode()).isEqualTo(404);
        assertThat(foreign.body().replace(id, "nothing")).isEqualTo(unknown.body());

        var session = shown.path("session").asText();
        var detail = shown("/api/sessions/" + session, ANN);
        assertThat(detail.path("captured").get(0).asText()).isEqualTo(id);
        assertThat(detail.at("/conversation/request")).isEqualTo(shown.at("/request/body"));
        assertThat(detail.at("/conversation/response")).isEqualTo(shown.at("/response/body"));
        assertThat(get("/api/sessions/" + session, BOB).statusCode()).isEqualTo(404);
    }

    @Test
    void forgetsWhatWasSaidAndNotWhatItCost() throws Exception {
        var prompt = "a conversation that is to be forgotten";
        var id = say(gateway(), TestFormat.MESSAGES, false, prompt, BOB);
        var session = exchange(id, BOB).path("session").asText();
        var cost = exchange(id, BOB).at("/exchange/cost_nanos").asLong();
        assertThat(exchange(id, BOB).at("/request/body").toString()).contains(prompt);

        assertThat(delete("/api/sessions/" + session + "/captures", BOB).statusCode())
                .isEqualTo(403);
        assertThat(delete("/api/users/bob@example.com/captures", BOB).statusCode())
                .isEqualTo(403);
        var deleted = delete("/api/sessions/" + session + "/captures", LOCAL);

        assertThat(JSON.readTree(deleted.body()).path("captures").asLong()).isEqualTo(1);
        var shown = exchange(id, BOB);
        assertThat(shown.path("request").isNull()).isTrue();
        assertThat(shown.path("response").isNull()).isTrue();
        assertThat(shown.at("/exchange/cost_nanos").asLong()).isEqualTo(cost).isPositive();
        assertThat(shown("/api/audit", LOCAL).toString()).contains("/captures", session);
        var again = say(gateway(), TestFormat.MESSAGES, false, "another one", BOB);
        assertThat(exchange(again, BOB).path("request").isNull()).isFalse();
        assertThat(JSON.readTree(delete("/api/users/bob@example.com/captures", LOCAL)
                                .body())
                        .path("captures")
                        .asLong())
                .isEqualTo(1);
        assertThat(exchange(again, BOB).path("request").isNull()).isTrue();
    }

    private static HttpResponse<String> delete(String path, String... who) throws IOException, InterruptedException {
        return client.send(request(gateway(), path, who).DELETE().build(), BodyHandlers.ofString());
    }

    /** Neither what was asked nor what was answered reaches the disk, however it is stored. */
    @Test
    void neverWritesWhatIsNotToBeKept(@TempDir Path other) throws Exception {
        var provider = stand.providerAddress();
        var policy = policy(
                "http://127.0.0.1:" + provider.getPort(),
                "\"database\": {\"retention\": {\"duration\": \"0\"}, \"headers\": {\"filterable\": [{\"name\": \"x-marked\"}]}},");
        try (var never = TestGateway.start(other, policy, SETTINGS)) {
            var marked = List.of(ANN[0], ANN[1], "x-marked", "MARKED-HEADER").toArray(String[]::new);
            for (var format : TestFormat.values()) {
                for (var stream : List.of(true, false)) {
                    var prompt = "MARKED-PROMPT " + "weir ".repeat(stream ? 10_000 : 1);
                    say(never.node().address(), format, stream, prompt, marked);
                }
            }
        }
        try (var files = Files.walk(other)) {
            assertThat(files.filter(Files::isRegularFile))
                    .isNotEmpty()
                    .allSatisfy(file -> assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
                            .as(file.toString())
                            .doesNotContain("MARKED-", "sk-clients-own-secret"));
        }
        for (var table : List.of("login", "session", "capture", "content", "tool", "pack", "part", "use", "header")) {
            assertThat(rows(other.resolve("captures.db"), table)).as(table).isZero();
        }
    }

    private static long rows(Path file, String table) throws SQLException {
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file)) {
            return Sql.number(connection, "SELECT count(*) FROM " + table);
        }
    }
}
