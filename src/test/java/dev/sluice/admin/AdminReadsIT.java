package dev.sluice.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.testing.Eventually;
import dev.sluice.testing.Stand;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a whole gateway tells about itself, through its socket, against what it does. */
class AdminReadsIT {
    private static final ObjectMapper json = new ObjectMapper();
    private static final String[] ANN = {"Tailscale-User-Login", "ann@example.com"};
    private static final String[] BOB = {"Tailscale-User-Login", "bob@example.com"};
    private static final String[] CARRYING = {
        "Tailscale-User-Login",
        "dan@example.com",
        "Tailscale-App-Capabilities",
        "{\"tailscale.com/cap/aperture\": [{\"role\": \"user\"}, {\"models\": \"sim/**\"}]}"
    };
    private static final String[] LOCAL = {};

    @TempDir
    private static Path data;

    private static Stand stand;
    private static HttpClient client;

    @BeforeAll
    static void start() throws Exception {
        stand = Stand.start(data, AdminReadsIT::policy, Map.of("sluice.trusted-proxies", List.of("127.0.0.1")));
        client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    }

    @AfterAll
    static void stop() {
        client.close();
        stand.close();
    }

    private static String policy(String url) {
        return """
                {
                  "grants": [
                    {"src": ["(loopback)"], "app": {"tailscale.com/cap/aperture": [{"role": "admin"}, {"models": "**"}]}},
                    {"src": ["ann@example.com", "bob@example.com"], "app": {"tailscale.com/cap/aperture": [
                      {"role": "user"}, {"models": "sim/test-gpt"}]}},
                    {"src": ["bob@example.com"], "expires": "2020-01-01T00:00:00Z",
                      "app": {"tailscale.com/cap/aperture": [{"models": "sim/**"}]}}],
                  "providers": {
                    "sim": {"baseurl": "%s", "apikey": "k", "models": ["test-gpt", "test-claude"], "cost_basis": "openai",
                      "model_cost_map": [{"match": "*", "as": "gpt-4.1"}]},
                    "dead": {"baseurl": "http://127.0.0.1:1", "apikeys": ["k1", "k2"], "models": ["lost"]}},
                }
                """.formatted(url);
    }

    @Test
    void explainsWhatHappensToRequests() throws Exception {
        for (var model : List.of("test-gpt", "test-claude", "sim/test-gpt", "sim/test-claude", "dead/lost", "none")) {
            for (var login : List.of("ann@example.com", "bob@example.com", "stranger@example.com")) {
                var explained = get("/api/access?login=" + login + "&model=" + model, LOCAL);
                var status = ask(model, "Tailscale-User-Login", login);

                assertThat(explained.get("allowed").booleanValue())
                        .as(login + " " + model + " " + explained)
                        .isEqualTo(status == 200);
            }
        }
    }

    @Test
    void tellsACallerOfTheGrantsTheyBringAlong() throws Exception {
        var own = get("/api/access?model=test-claude", CARRYING);
        var fromOutside = get("/api/access?login=dan@example.com&model=test-claude", LOCAL);

        assertThat(own.at("/upstreams/0/decided_by/0/grant").textValue()).isEqualTo("carried[0]");
        assertThat(own.get("allowed").booleanValue()).isTrue();
        assertThat(ask("test-claude", CARRYING)).isEqualTo(200);
        assertThat(fromOutside.get("allowed").booleanValue()).isFalse();
        assertThat(fromOutside.get("note").isTextual()).isTrue();
    }

    @Test
    void tellsWhichProviderFails() throws Exception {
        // Each of them is tried again.
        for (var i = 0; i < 2; i++) {
            assertThat(ask("dead/lost", LOCAL)).isEqualTo(502);
        }

        Eventually.await(Duration.ofSeconds(20), () -> {
            var providers = stand.get("/api/providers");
            var sim = providers.get(0).get("condition");
            var dead = providers.get(1).get("condition");
            assertThat(sim.get("breaker").textValue()).isEqualTo("closed");
            assertThat(dead.get("breaker").textValue()).isIn("open", "half_open");
            assertThat(dead.get("since").isTextual()).isTrue();
            assertThat(dead.get("consecutive_failures").intValue()).isGreaterThanOrEqualTo(5);
            assertThat(dead.get("open_requests").intValue()).isZero();
            assertThat(dead.get("keys").intValue()).isEqualTo(2);
        });
        assertThat(get("/api/providers", ANN).toString())
                .contains("\"sim\"")
                .doesNotContain("dead", "condition", "127.0.0.1");
    }

    @Test
    void countsWhoUsedWhat() throws Exception {
        assertThat(ask("test-gpt", ANN)).isEqualTo(200);
        assertThat(ask("test-gpt", BOB)).isEqualTo(200);

        Eventually.await(Duration.ofSeconds(20), () -> {
            var users = stand.get("/api/users").get("users");
            assertThat(users.findValuesAsText("login")).contains("ann@example.com", "bob@example.com");
        });
        var own = get("/api/users", ANN).get("users");
        assertThat(own).hasSize(1);
        assertThat(own.get(0).get("login").textValue()).isEqualTo("ann@example.com");
        assertThat(own.get(0).get("output_tokens").longValue()).isPositive();
        assertThat(own.get(0).get("cost_nanos").longValue()).isPositive();
        assertThat(get("/api/models", ANN).get("models").findValuesAsText("id")).containsExactly("test-gpt");
    }

    @Test
    void sendsThePriceTableOnce() throws Exception {
        var first = send("/aperture/pricing", "Accept-Encoding", "gzip");
        var tag = first.headers().firstValue("etag").orElseThrow();
        var again = send("/aperture/pricing", "Accept-Encoding", "gzip", "If-None-Match", tag);
        var one = get("/aperture/pricing/openrouter%2Fauto", LOCAL);

        assertThat(first.headers().firstValue("content-encoding")).contains("gzip");
        try (var inflated = new GZIPInputStream(new ByteArrayInputStream(first.body()))) {
            assertThat(json.readTree(inflated)
                            .at("/models/gpt-4.1/cost_bases/openai/effective_pricing/input")
                            .intValue())
                    .isEqualTo(2);
        }
        assertThat(again.statusCode()).isEqualTo(304);
        assertThat(again.body()).isEmpty();
        assertThat(again.headers().firstValue("etag")).contains(tag);
        assertThat(one.get("currency").textValue()).isEqualTo("USD");
        assertThat(send("/aperture/pricing", ANN).statusCode()).isEqualTo(403);
    }

    private static int ask(String model, String... headers) throws Exception {
        var request = request("/v1/chat/completions", headers)
                .header("content-type", "application/json")
                .POST(BodyPublishers.ofString(
                        "{\"model\":\"" + model + "\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}"))
                .build();
        return client.send(request, BodyHandlers.discarding()).statusCode();
    }

    private static JsonNode get(String path, String... headers) throws IOException, InterruptedException {
        var response = send(path, headers);
        assertThat(response.statusCode()).as(path).isEqualTo(200);
        return json.readTree(response.body());
    }

    private static HttpResponse<byte[]> send(String path, String... headers) throws IOException, InterruptedException {
        return client.send(request(path, headers).build(), BodyHandlers.ofByteArray());
    }

    private static HttpRequest.Builder request(String path, String... headers) {
        var request =
                HttpRequest.newBuilder(URI.create(stand.gateway().url() + path)).timeout(Duration.ofSeconds(20));
        return headers.length == 0 ? request : request.headers(headers);
    }
}
