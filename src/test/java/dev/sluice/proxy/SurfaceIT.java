package dev.sluice.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.testing.Stand;
import dev.sluice.testing.TestFormat;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients find: paths, models, and who is let in to them. */
class SurfaceIT {
    private static final String ALICE = "Tailscale-User-Login: alice@example.com";
    private static final String BOB = "Tailscale-User-Login: bob@example.com";
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    static Path data;

    private static Stand stand;

    private record Answer(int status, String body) {
        JsonNode json() throws Exception {
            return JSON.readTree(body);
        }
    }

    @BeforeAll
    static void start() throws Exception {
        stand = Stand.start(data, SurfaceIT::policy, Map.of("sluice.trusted-proxies", List.of("127.0.0.1")));
    }

    @AfterAll
    static void stop() throws Exception {
        stand.close();
    }

    private static String policy(String provider) {
        return """
                {
                  "grants": [
                    { "src": ["(loopback)"], "app": { "tailscale.com/cap/aperture": [
                      { "role": "admin" }, { "models": "**" } ] } },
                    { "src": ["alice@example.com"], "app": { "tailscale.com/cap/aperture": [
                      { "role": "user" },
                      { "models": "sim/test-gpt versioned/test-v1", "quotas": [{ "bucket": "each:<user>" }] } ] } },
                  ],
                  "quotas": { "each:<user>": { "capacity": "$10.00", "rate": "$0.00/day", "on_exceed": "reject" } },
                  "providers": {
                    "sim": %s,
                    "versioned": %s,
                    "chat-only": { "baseurl": "%s", "apikey": "k", "models": ["test-chat"],
                      "compatibility": { "openai_chat": true } },
                  },
                }
                """.formatted(
                        provider(provider, "\"test-gpt\", \"test-claude\""),
                        provider(provider + "/v1", "\"test-v1\""),
                        provider);
    }

    private static String provider(String url, String models) {
        return """
                { "baseurl": "%s", "apikey": "provider-key", "models": [%s],
                  "compatibility": { "openai_chat": true, "openai_responses": true, "anthropic_messages": true },
                  "cost_basis": "openai", "model_cost_map": [{ "match": "*", "as": "gpt-4.1" }] }""".formatted(url, models);
    }

    private static Answer post(String path, String body, String... headers) {
        try (var http = stand.open()) {
            http.post(path, body, headers);
            return new Answer(http.readHead().status(), http.readRest().text());
        }
    }

    private static Answer get(String path, String... headers) {
        try (var http = stand.open()) {
            http.get(path, headers);
            return new Answer(http.readHead().status(), http.readRest().text());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/healthz", "/readyz"})
    void anybodyMayAskWhetherItIsThere(String path) {
        assertThat(get(path, BOB).status()).isEqualTo(200);
    }

    @Test
    void aHeadOfTheRootIsAnswered() {
        try (var http = stand.open()) {
            http.send("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n");
            assertThat(http.readHead().status()).isEqualTo(200);
            // And there is no body in the way of the next answer.
            http.get("/healthz");
            assertThat(http.readHead().status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @EnumSource
    void whoHasNoRoleIsToldSoInTheClientsFormat(TestFormat format) {
        // When
        var answer = post(format.path(), format.body(false), BOB);
        // Then
        assertThat(answer.status()).isEqualTo(403);
        assertThat(format.errorMessage(answer.body())).contains("access denied");
    }

    @ParameterizedTest
    @EnumSource
    void aModelThatIsNotGrantedLooksLikeOneThatDoesNotExist(TestFormat format) {
        // When
        var notGranted = post(format.path(), format.body("test-claude", false, "Hello"), ALICE);
        var unknown = post(format.path(), format.body("no-such-model", false, "Hello"), ALICE);
        // Then
        assertThat(notGranted.status()).isEqualTo(404);
        assertThat(unknown.status()).isEqualTo(404);
        assertThat(format.errorMessage(notGranted.body()))
                .isEqualTo(format.errorMessage(unknown.body()).replace("no-such-model", "test-claude"));
    }

    @ParameterizedTest
    @EnumSource(names = {"RESPONSES", "MESSAGES"})
    void aModelOfAnotherFormatIsNamedWithItsFormat(TestFormat format) {
        // When
        var answer = post(format.path(), format.body("test-chat", false, "Hello"));
        // Then
        assertThat(answer.status()).isEqualTo(404);
        assertThat(format.errorMessage(answer.body())).contains("openai_chat");
    }

    @ParameterizedTest
    @EnumSource
    void aModelMayBeNamedWithItsProvider(TestFormat format) throws Exception {
        // When
        var answer = post(format.path(), format.body("sim/test-gpt", false, "Hello"), ALICE);
        // Then
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.json().path("model").asText()).isEqualTo("test-gpt");
    }

    @ParameterizedTest
    @EnumSource
    void aBaseUrlThatEndsInAVersionIsNotDoubled(TestFormat format) {
        // When
        var answer = post(format.path(), format.body("test-v1", false, "Hello"), ALICE);
        // Then
        assertThat(answer.status()).isEqualTo(200);
        assertThat(stand.simulator().received().getLast().path()).isEqualTo(format.path());
    }

    @Test
    void theVersionMayBeLeftOutOfAChat() {
        // When
        var answer = post("/chat/completions", TestFormat.CHAT.body("test-v1", false, "Hello"), ALICE);
        // Then
        assertThat(answer.status()).isEqualTo(200);
        assertThat(stand.simulator().received().getLast().path()).isEqualTo("/v1/chat/completions");
    }

    @Test
    void theListNamesWhatTheCallerMayUse() throws Exception {
        assertThat(ids(get("/v1/models", ALICE))).containsExactly("test-gpt", "test-v1");
        assertThat(ids(get("/v1/models"))).containsExactly("test-gpt", "test-claude", "test-v1", "test-chat");
        assertThat(get("/v1/models", BOB).status()).isEqualTo(403);
    }

    private static List<String> ids(Answer answer) throws Exception {
        assertThat(answer.status()).isEqualTo(200);
        var ids = new ArrayList<String>();
        answer.json().path("data").forEach(model -> ids.add(model.path("id").asText()));
        return ids;
    }

    @Test
    void tokensAreCountedForWhoMayUseTheModelAndForNothing() throws Exception {
        // Given
        var path = "/v1/messages/count_tokens";
        // What was asked before is settled a moment after it was answered.
        stand.awaitQuiet();
        var spent = spent();
        var body = TestFormat.MESSAGES.body("test-gpt", false, "How many?");
        // When
        var answer = post(path, body, ALICE, "User-Agent: counting", "x-simulate: input=1234");
        // Then
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.json().path("input_tokens").asInt()).isEqualTo(1234);
        assertThat(stand.simulator().received().getLast().path()).isEqualTo(path);
        var exchange = stand.exchange("counting");
        assertThat(exchange.path("cost_nanos").asLong()).isZero();
        assertThat(exchange.path("usage").isNull()).as(exchange.toString()).isTrue();
        assertThat(spent()).isEqualTo(spent);
        assertThat(post(path, TestFormat.MESSAGES.body("test-claude", false, "How many?"), ALICE)
                        .status())
                .isEqualTo(404);
        assertThat(post(path, body, BOB).status()).isEqualTo(403);
    }

    private static long spent() {
        var bucket = stand.buckets().get("each:alice@example.com");
        return bucket == null ? 0 : bucket.path("spent_nanos").asLong();
    }

    @Test
    void aCallersSessionsAreTheirOwn() throws Exception {
        // Given
        post("/v1/messages", TestFormat.MESSAGES.body("test-gpt", false, "Mine"), ALICE, "User-Agent: of-alice");
        stand.exchange("of-alice");
        // When
        var sessions = get("/api/sessions", ALICE).json().path("sessions");
        // Then
        assertThat(sessions)
                .isNotEmpty()
                .allSatisfy(row -> assertThat(row.path("login").asText()).isEqualTo("alice@example.com"));
        var session = sessions.path(0).path("session").asText();
        assertThat(get("/api/sessions/" + session, ALICE).status()).isEqualTo(200);
        assertThat(get("/api/sessions/" + session, BOB).status()).isEqualTo(403);
        assertThat(post("/api/quotas/refill", "{}", ALICE).status()).isEqualTo(403);
    }
}
