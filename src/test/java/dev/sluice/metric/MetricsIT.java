package dev.sluice.metric;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.sluice.testing.Eventually;
import dev.sluice.testing.Exposition;
import dev.sluice.testing.Stand;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a whole gateway counts, against what was sent to it; who may read that; and what is never in there. */
class MetricsIT {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final String ADMIN = "admin-marker@example.com";
    private static final String READER = "reader-marker@example.com";
    private static final String USER = "user-marker@example.com";
    private static final String POOR = "poor-marker@example.com";
    private static final String SECRET = "sk-client-secret-marker";
    private static final String SESSION = "session-marker";

    @TempDir
    private static Path data;

    private static Stand stand;
    private static HttpClient client;

    @BeforeAll
    static void start() throws Exception {
        stand = Stand.start(
                data,
                MetricsIT::policy,
                Map.of("sluice.trusted-proxies", List.of("127.0.0.1"), "sluice.metrics.listen", "127.0.0.1:0"));
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
                    {"src": ["admin-marker@example.com"], "app": {"tailscale.com/cap/aperture": [{"role": "admin"}]}},
                    {"src": ["reader-marker@example.com"], "app": {"tailscale.com/cap/aperture": [
                      {"role": "user"}, {"read_metrics": true}]}},
                    {"src": ["user-marker@example.com"], "app": {"tailscale.com/cap/aperture": [
                      {"role": "user"}, {"models": "**"}]}},
                    {"src": ["poor-marker@example.com"], "app": {"tailscale.com/cap/aperture": [
                      {"role": "user"}, {"models": "**", "quotas": [{"bucket": "nothing-marker:<user>"}]}]}}],
                  "quotas": {"nothing-marker:<user>": {"capacity": "$0.00", "rate": "$0.00/day", "on_exceed": "reject"}},
                  "providers": {
                    "sim": {"baseurl": "%1$s", "apikey": "provider-secret-marker", "models": ["test-gpt"], "cost_basis": "openai",
                      "model_cost_map": [{"match": "*", "as": "gpt-4.1"}]},
                    "wild": {"baseurl": "%1$s", "apikey": "provider-secret-marker", "models": ["wild-*"], "cost_basis": "none"},
                    "dead": {"baseurl": "http://127.0.0.1:1", "apikey": "provider-secret-marker", "models": ["lost-*"]}},
                }
                """.formatted(url);
    }

    /** One test, because all of it counts into the same numbers. */
    @Test
    void countsWhatHappensToRequests() throws Exception {
        // What was answered before is counted a moment after its answer.
        Eventually.await(
                SOON, () -> assertThat(scrape().sum("sluice_requests_open")).isZero());
        var before = scrape();

        for (var i = 0; i < 5; i++) {
            assertThat(ask(USER, "sim/test-gpt", i % 2 == 0, "events=4")).isEqualTo(200);
        }
        // The provider takes any name, so these are names that it has answered to.
        assertThat(ask(USER, "wild/wild-one", false, "events=2")).isEqualTo(200);
        // Nobody has ever answered to these.
        for (var i = 0; i < 3; i++) {
            assertThat(ask(USER, "dead/lost-marker-" + i, false, "")).isEqualTo(502);
        }
        assertThat(ask(USER, "sim/no-such-marker", false, "")).isEqualTo(404);
        assertThat(ask(POOR, "sim/test-gpt", false, "")).isEqualTo(429);
        assertThat(ask("stranger-marker@example.com", "sim/test-gpt", false, ""))
                .isEqualTo(403);
        assertThat(client.send(request("/nowhere-marker", USER).build(), BodyHandlers.discarding())
                        .statusCode())
                .isEqualTo(404);
        hangUp();

        Eventually.await(SOON, () -> {
            var now = scrape();
            // 5 + 1 + 3 + 1 + 1 + 1 that the gate let in
            assertThat(more(now, before, "sluice_requests_total"))
                    .as(now.toString())
                    .isEqualTo(12);
            assertThat(more(now, before, "sluice_requests_total", "outcome=completed", "model=test-gpt", "status=2xx"))
                    .isEqualTo(5);
            assertThat(more(now, before, "sluice_requests_total", "model=wild-one", "provider=wild"))
                    .isEqualTo(1);
            assertThat(more(
                            now,
                            before,
                            "sluice_requests_total",
                            "provider=dead",
                            "model=other",
                            "outcome=upstream_error"))
                    .isEqualTo(3);
            assertThat(more(now, before, "sluice_requests_total", "outcome=client_cancelled"))
                    .isEqualTo(1);
            assertThat(more(now, before, "sluice_requests_total", "outcome=refused", "status=4xx"))
                    .isEqualTo(2);
            assertThat(more(now, before, "sluice_refusals_total", "reason=provider_unreachable"))
                    .isEqualTo(3);
            assertThat(more(now, before, "sluice_refusals_total", "reason=not_granted"))
                    .isEqualTo(1);
            assertThat(more(now, before, "sluice_refusals_total", "reason=quota_exhausted"))
                    .isEqualTo(1);
            assertThat(more(now, before, "sluice_refusals_total", "reason=no_role"))
                    .isEqualTo(1);
            assertThat(more(now, before, "sluice_refusals_total", "reason=no_such_path"))
                    .isEqualTo(1);
            assertThat(more(now, before, "sluice_unpriced_requests_total")).isEqualTo(1);
            assertThat(more(now, before, "sluice_request_duration_seconds_count", "model=test-gpt"))
                    .isEqualTo(7);
            assertThat(more(now, before, "sluice_time_to_first_byte_seconds_count", "model=test-gpt"))
                    .isEqualTo(6);
            assertThat(now.sum("sluice_requests_open")).isZero();
            assertThat(now.sum("sluice_streams_open")).isZero();
            assertThat(now.sum("sluice_ledger_behind")).isZero();
            assertThat(now.sum("sluice_reservations_expired_unsettled_total")).isZero();
        });
        Eventually.await(SOON, () -> {
            var exchanges = exchanges(ADMIN);
            var told = scrape();
            assertThat(told.sum("sluice_tokens_total", "type=output")).isEqualTo(sum(exchanges, "output_tokens"));
            assertThat(told.sum("sluice_cost_dollars_total") * 1e9)
                    .isCloseTo(sum(exchanges, "cost_nanos"), Offset.offset(0.5));
        });
        var now = scrape();
        assertThat(now.sum("sluice_cost_dollars_total")).isPositive();
        assertThat(now.sum("sluice_journal_commit_seconds_count")).isPositive();
        assertThat(now.sum("sluice_event_loop_delay_seconds_count")).isPositive();
        assertThat(now.sum("sluice_dispatcher_delay_seconds_count")).isPositive();

        // Nobody's name, key or session, no bucket, and nothing that a client made up.
        assertThat(text("/metrics", ADMIN)).doesNotContain("marker", SECRET, SESSION, "nothing-marker");
    }

    @Test
    void isForAdministratorsAndForWhoeverIsGrantedIt() throws Exception {
        assertThat(send("/metrics", ADMIN).statusCode()).isEqualTo(200);
        assertThat(send("/metrics", READER).statusCode()).isEqualTo(200);
        assertThat(send("/metrics", USER).statusCode()).isEqualTo(403);
        assertThat(send("/metrics", "nobody@example.com").statusCode()).isEqualTo(403);
    }

    @Test
    void isReadWithoutIdentityOnAPortOfItsOwn() throws Exception {
        var address = stand.gateway().node().metricsAddress().orElseThrow();
        var url = "http://127.0.0.1:" + address.getPort();
        var scrape =
                client.send(HttpRequest.newBuilder(URI.create(url + "/metrics")).build(), BodyHandlers.ofString());
        var other = client.send(
                HttpRequest.newBuilder(URI.create(url + "/api/quotas")).build(), BodyHandlers.discarding());
        var posted = client.send(
                HttpRequest.newBuilder(URI.create(url + "/metrics"))
                        .POST(BodyPublishers.ofString("{}"))
                        .build(),
                BodyHandlers.discarding());

        assertThat(Exposition.of(scrape.body()).sum("sluice_build_info")).isEqualTo(1);
        assertThat(other.statusCode()).isEqualTo(404);
        assertThat(posted.statusCode()).isEqualTo(404);
    }

    @Test
    void speaksPrometheusAndOpenMetricsCompressedOrNot() throws Exception {
        var plain = send("/metrics", ADMIN);
        var open = send("/metrics", ADMIN, "Accept", "application/openmetrics-text;version=1.0.0,text/plain;q=0.5");
        var zipped = send("/metrics", ADMIN, "Accept-Encoding", "gzip");

        assertThat(plain.headers().firstValue("content-type").orElse("")).startsWith("text/plain; version=0.0.4");
        assertThat(open.headers().firstValue("content-type").orElse(""))
                .startsWith("application/openmetrics-text; version=1.0.0");
        assertThat(new String(open.body(), StandardCharsets.UTF_8)).endsWith("# EOF\n");
        assertThat(zipped.headers().firstValue("content-encoding")).contains("gzip");
        try (var inflated = new GZIPInputStream(new ByteArrayInputStream(zipped.body()))) {
            assertThat(Exposition.of(new String(inflated.readAllBytes(), StandardCharsets.UTF_8))
                            .names())
                    .contains("sluice_requests_open", "jvm_memory_used_bytes", "process_open_fds");
        }
    }

    /** Else a panel stays empty, and nobody knows whether that is good news. */
    @Test
    void theDashboardAsksForNothingThatIsNotThere() throws Exception {
        // Refused after more than one attempt, so that there is something of everything.
        assertThat(ask(USER, "dead/lost-marker", true, "")).isEqualTo(502);
        assertThat(ask(USER, "sim/test-gpt", true, "events=2")).isEqualTo(200);
        Eventually.await(
                SOON, () -> assertThat(scrape().sum("sluice_requests_open")).isZero());
        var families = scrape().families();
        var dashboard = new ObjectMapper().readTree(Files.readString(Path.of("conf/grafana-dashboard.json")));
        var asked = new TreeSet<String>();
        for (var expression : dashboard.findValuesAsText("expr")) {
            Pattern.compile("\\b(sluice|jvm|process)_\\w+")
                    .matcher(expression)
                    .results()
                    .forEach(name -> asked.add(name.group()));
        }

        assertThat(asked).hasSizeGreaterThan(20);
        assertThat(asked)
                .allSatisfy(name ->
                        assertThat(families).as(name).containsAnyOf(name, name.replaceAll("_(bucket|sum|count)$", "")));
    }

    private static double more(Exposition now, Exposition before, String name, String... labels) {
        return now.sum(name, labels) - before.sum(name, labels);
    }

    private static Exposition scrape() throws AssertionError {
        try {
            return Exposition.of(text("/metrics", ADMIN));
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /** A client that takes an event of an answer and goes away. */
    private static void hangUp() {
        try (var http = stand.open()) {
            http.post(
                    "/v1/chat/completions",
                    body("sim/test-gpt", true),
                    "Tailscale-User-Login: " + USER,
                    "x-simulate: events=1000;interval=20ms",
                    "User-Agent: agent-marker");
            http.readHead();
            http.readEvent();
        }
    }

    private static int ask(String login, String model, boolean stream, String script) throws Exception {
        var request = request("/v1/chat/completions", login)
                .header("content-type", "application/json")
                .header("Authorization", "Bearer " + SECRET)
                .header("x-session-id", SESSION)
                .header("User-Agent", "agent-marker")
                .header("x-simulate", script)
                .POST(BodyPublishers.ofString(body(model, stream)))
                .build();
        return client.send(request, BodyHandlers.ofString()).statusCode();
    }

    private static String body(String model, boolean stream) {
        return "{\"model\":\"" + model + "\",\"stream\":" + stream
                + ",\"messages\":[{\"role\":\"user\",\"content\":\"prompt-marker\"}]}";
    }

    private static double sum(JsonNode exchanges, String field) {
        return exchanges.findValues(field).stream()
                .mapToDouble(JsonNode::asDouble)
                .sum();
    }

    private static JsonNode exchanges(String login) throws AssertionError {
        try {
            return read(login);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static JsonNode read(String login) throws Exception {
        var json = new ObjectMapper();
        var all = json.createArrayNode();
        for (var session : json.readTree(text("/api/sessions?limit=500", login)).path("sessions")) {
            all.addAll((ArrayNode) json.readTree(
                            text("/api/sessions/" + session.path("session").asText() + "?limit=1000", login))
                    .path("exchanges"));
        }
        return all;
    }

    private static String text(String path, String login) throws Exception {
        var answer = send(path, login);
        assertThat(answer.statusCode()).as(path).isEqualTo(200);
        return new String(answer.body(), StandardCharsets.UTF_8);
    }

    private static HttpResponse<byte[]> send(String path, String login, String... headers) throws Exception {
        var request = request(path, login);
        return client.send(
                (headers.length == 0 ? request : request.headers(headers)).build(), BodyHandlers.ofByteArray());
    }

    private static HttpRequest.Builder request(String path, String login) {
        return HttpRequest.newBuilder(URI.create(stand.gateway().url() + path))
                .timeout(Duration.ofSeconds(20))
                .header("Tailscale-User-Login", login);
    }
}
