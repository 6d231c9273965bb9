package dev.sluice.proxy;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.simulator.Simulator;
import dev.sluice.testing.Eventually;
import dev.sluice.testing.RawHttp;
import dev.sluice.testing.TestGateway;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.testkit.javadsl.TestKit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Responses that were made before: fetched, stopped, deleted; and those that go on in the background, and what they cost. */
class FollowUpIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final String ALICE = "alice@example.com";
    private static final String BOB = "bob@example.com";
    private static final String TOLD = "x-simulate: input=1000; output=100";

    // gpt-4.1: $2 and $8 a million tokens.
    private static final long COST_NANOS = 1000 * 2_000 + 100 * 8_000;

    /** Prices the worst case of a request that limits its answer to 500 tokens, above what was told. */
    private static final String BACKGROUND =
            "{\"model\": \"test-gpt\", \"input\": \"Weirs\", \"background\": true, \"max_output_tokens\": 5000%s}";

    private static ActorSystem system;
    private static Simulator simulator;
    private static String provider;

    @TempDir
    Path data;

    private @Nullable TestGateway gateway;

    @BeforeAll
    static void startProvider() throws Exception {
        system = ActorSystem.create("providers", com.typesafe.config.ConfigFactory.load("simulator.conf"));
        simulator = new Simulator(system);
        var binding = simulator.bind("127.0.0.1", 0).toCompletableFuture().get(20, TimeUnit.SECONDS);
        provider = "http://127.0.0.1:" + binding.localAddress().getPort();
    }

    @AfterAll
    static void stopProvider() {
        TestKit.shutdownActorSystem(system);
    }

    @BeforeEach
    void start() throws Exception {
        gateway = start("test-gpt");
    }

    @AfterEach
    void stop() {
        requireNonNull(gateway).close();
    }

    private TestGateway start(String granted) throws Exception {
        return start(granted, "1h");
    }

    private TestGateway start(String granted, String patience) throws Exception {
        return TestGateway.start(
                data,
                """
                {
                  "grants": [{ "src": ["%s", "%s"], "app": { "tailscale.com/cap/aperture": [
                    { "role": "admin" }, { "models": "sim/%s", "quotas": [{ "bucket": "pool" }] } ] } }],
                  "quotas": { "pool": { "capacity": "$1000.00", "rate": "$0.00/day", "on_exceed": "reject" } },
                  "providers": { "sim": { "baseurl": "%s", "apikey": "k", "models": ["test-gpt", "other"],
                    "compatibility": { "openai_responses": true },
                    "cost_basis": "openai", "model_cost_map": [{ "match": "*", "as": "gpt-4.1" }] } },
                }
                """.formatted(ALICE, BOB, granted, provider),
                Map.of("sluice.trusted-proxies", List.of("127.0.0.1"), "sluice.clocks.background", patience));
    }

    private void restart(String granted) throws Exception {
        requireNonNull(gateway).close();
        gateway = start(granted);
    }

    private record Reply(int status, String text) {
        JsonNode json() {
            try {
                return JSON.readTree(text);
            } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
                throw new AssertionError(text, e);
            }
        }
    }

    private RawHttp open() {
        return RawHttp.connect(requireNonNull(gateway).node().address());
    }

    private Reply ask(String login, String method, String path, String body, String... headers) {
        try (var http = open()) {
            http.send(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nTailscale-User-Login: " + login
                    + "\r\nContent-Type: application/json\r\nContent-Length: " + body.length() + "\r\n"
                    + (headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n") + "\r\n" + body);
            return new Reply(http.readHead().status(), http.readRest().text());
        }
    }

    private Reply get(String login, String path) {
        return ask(login, "GET", path, "");
    }

    private String stored() {
        var made = ask(
                ALICE,
                "POST",
                "/v1/responses",
                "{\"model\": \"test-gpt\", \"input\": \"Weirs\", \"store\": true}",
                TOLD);
        assertThat(made.status()).as(made.text()).isEqualTo(200);
        // Whose response it is is known when its exchange is, a moment after the answer.
        Eventually.await(SOON, () -> assertThat(exchanges()).isNotEmpty());
        return made.json().path("id").asText();
    }

    private String inBackground() {
        var made = ask(ALICE, "POST", "/v1/responses", BACKGROUND.formatted(""), TOLD);
        assertThat(made.json().path("status").asText()).as(made.text()).isEqualTo("queued");
        return made.json().path("id").asText();
    }

    private JsonNode bucket() {
        return get(ALICE, "/api/quotas").json().path("buckets").path(0);
    }

    private List<JsonNode> exchanges() {
        var all = new java.util.ArrayList<JsonNode>();
        for (var session : get(ALICE, "/api/sessions?limit=500").json().path("sessions")) {
            get(ALICE, "/api/sessions/" + session.path("session").asText() + "?limit=1000")
                    .json()
                    .path("exchanges")
                    .forEach(all::add);
        }
        return all;
    }

    private void awaitSpent(long nanos) {
        Eventually.await(SOON, () -> {
            assertThat(bucket().path("spent_nanos").asLong()).isEqualTo(nanos);
            assertThat(bucket().path("reserved_nanos").asLong()).isZero();
        });
    }

    @ParameterizedTest
    @CsvSource({"GET,''", "GET,/input_items", "POST,/cancel", "DELETE,''"})
    void isForTheCallerWhoMadeTheResponseAndForNobodyElse(String method, String what) {
        // Given
        var id = stored();
        var received = simulator.receivedCount();
        // When
        var others = ask(BOB, method, "/v1/responses/" + id + what, "");
        var unknown = ask(ALICE, method, "/v1/responses/resp_nobody" + what, "");
        // Then
        for (var no : List.of(others, unknown)) {
            assertThat(no.status()).isEqualTo(404);
            assertThat(no.json().at("/error/type").asText()).isEqualTo("invalid_request_error");
            assertThat(no.json().at("/error/param").asText()).isEqualTo("id");
        }
        assertThat(simulator.receivedCount()).isEqualTo(received);
        assertThat(ask(ALICE, method, "/v1/responses/" + id + what, "").status())
                .isEqualTo(200);
        assertThat(simulator.received().getLast().path()).isEqualTo("/v1/responses/" + id + what);
        assertThat(simulator.received().getLast().header("authorization")).contains("Bearer k");
    }

    @Test
    void isNeverCharged() {
        // Given
        var id = stored();
        awaitSpent(COST_NANOS);
        // When
        for (var i = 0; i < 3; i++) {
            assertThat(get(ALICE, "/v1/responses/" + id)
                            .json()
                            .at("/usage/output_tokens")
                            .asLong())
                    .isEqualTo(100);
        }
        // Then
        awaitSpent(COST_NANOS);
        Eventually.await(SOON, () -> assertThat(exchanges()).hasSize(1));
    }

    @Test
    void isKnownAfterARestartWhileTheModelIsGranted() throws Exception {
        // Given
        var id = stored();
        awaitSpent(COST_NANOS);
        // When
        restart("test-gpt");
        // Then
        assertThat(get(ALICE, "/v1/responses/" + id).status()).isEqualTo(200);
        // When
        restart("other");
        // Then
        assertThat(get(ALICE, "/v1/responses/" + id).status()).isEqualTo(404);
    }

    @Test
    void streamsAResponseOnceMore() {
        var id = stored();

        var again = get(ALICE, "/v1/responses/" + id + "?stream=true&starting_after=3");

        assertThat(again.text()).contains("event: response.completed");
        assertThat(simulator.received().getLast().path()).endsWith("?stream=true&starting_after=3");
    }

    @Test
    void holdsTheWorstCaseOfAResponseInTheBackgroundUntilItsEndIsSeenAndThenChargesWhatItCost() {
        // When
        var id = inBackground();
        // Then
        Eventually.await(
                SOON, () -> assertThat(bucket().path("reserved_nanos").asLong()).isGreaterThan(COST_NANOS));
        assertThat(bucket().path("spent_nanos").asLong()).isZero();
        assertThat(exchanges()).isEmpty();
        // When
        assertThat(get(ALICE, "/v1/responses/" + id).json().path("status").asText())
                .isEqualTo("in_progress");
        // Then
        assertThat(bucket().path("spent_nanos").asLong()).isZero();
        // When
        assertThat(get(ALICE, "/v1/responses/" + id).json().path("status").asText())
                .isEqualTo("completed");
        // Then
        awaitSpent(COST_NANOS);
        get(ALICE, "/v1/responses/" + id);
        awaitSpent(COST_NANOS);
        Eventually.await(
                SOON,
                () -> assertThat(exchanges()).singleElement().satisfies(exchange -> {
                    assertThat(exchange.path("cost_nanos").asLong()).isEqualTo(COST_NANOS);
                    assertThat(exchange.path("estimated").asBoolean()).isFalse();
                    assertThat(exchange.path("outcome").asText()).isEqualTo("completed");
                }));
    }

    @Test
    void chargesABackgroundStreamThatWasLostByTheOneThatResumedIt() {
        // Given
        var http = open();
        var body = BACKGROUND.formatted(", \"stream\": true");
        http.post("/v1/responses", body, "Tailscale-User-Login: " + ALICE, TOLD + "; stall-after=5");
        http.readHead();
        var id = "";
        for (var i = 0; i < 3; i++) {
            var event = http.readEvent().orElseThrow();
            if (event.contains("\"resp_")) {
                id = event.replaceAll("(?s).*\"(resp_[^\"]+)\".*", "$1");
            }
        }
        http.hangUp();
        assertThat(id).startsWith("resp_");
        // When
        var resumed = get(ALICE, "/v1/responses/" + id + "?stream=true&starting_after=2");
        // Then
        assertThat(resumed.status()).as(resumed.text()).isEqualTo(200);
        awaitSpent(COST_NANOS);
    }

    @Test
    void chargesTheWorstCaseOfAResponseWhoseEndNobodySaw() throws Exception {
        // Given
        inBackground();
        Eventually.await(
                SOON, () -> assertThat(bucket().path("reserved_nanos").asLong()).isPositive());
        var worst = bucket().path("reserved_nanos").asLong();
        // When
        restart("test-gpt");
        // Then
        awaitSpent(worst);
        Eventually.await(
                SOON,
                () -> assertThat(exchanges()).singleElement().satisfies(exchange -> {
                    assertThat(exchange.path("cost_nanos").asLong()).isEqualTo(worst);
                    assertThat(exchange.path("estimated").asBoolean()).isTrue();
                }));
    }

    @Test
    void chargesTheWorstCaseOfAResponseThatNobodyFetchesInTime() throws Exception {
        // Given
        requireNonNull(gateway).close();
        gateway = start("test-gpt", "1s");
        var id = inBackground();
        // Then
        Eventually.await(SOON, () -> {
            assertThat(bucket().path("spent_nanos").asLong()).isGreaterThan(COST_NANOS);
            assertThat(bucket().path("reserved_nanos").asLong()).isZero();
        });
        // When
        var spent = bucket().path("spent_nanos").asLong();
        get(ALICE, "/v1/responses/" + id);
        assertThat(get(ALICE, "/v1/responses/" + id).json().path("status").asText())
                .isEqualTo("completed");
        // Then
        awaitSpent(spent);
        Eventually.await(SOON, () -> assertThat(exchanges()).hasSize(1));
    }

    @Test
    void chargesAResponseThatWasStoppedForWhatIsKnownOfIt() {
        var id = inBackground();

        assertThat(ask(ALICE, "POST", "/v1/responses/" + id + "/cancel", "")
                        .json()
                        .path("status")
                        .asText())
                .isEqualTo("cancelled");

        Eventually.await(SOON, () -> {
            assertThat(bucket().path("spent_nanos").asLong()).isPositive().isLessThan(COST_NANOS);
            assertThat(bucket().path("reserved_nanos").asLong()).isZero();
        });
    }
}
