package dev.sluice.proxy;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.simulator.ReceivedRequest;
import dev.sluice.testing.BareProvider;
import dev.sluice.testing.RawHttp;
import dev.sluice.testing.RawHttp.End;
import dev.sluice.testing.RawHttp.Head;
import dev.sluice.testing.RawHttp.Rest;
import dev.sluice.testing.Stand;
import dev.sluice.testing.TestGateway;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Gemini, Gemini on Vertex and Anthropic on Vertex through sockets: what goes on, what is changed on the way, how it ends, what it costs. */
class GoogleFormatsIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String SCRIPT = "events=3; id=1";
    private static final String PROMPT = "Tell me something about weirs.";
    private static final String GEMINI_BODY = "{ \"contents\":[ {\"parts\": [{\"text\":\"" + PROMPT
            + "\"}]}],\"generationConfig\": {\"maxOutputTokens\": 512} }";
    private static final String CLAUDE_BODY =
            "{\"anthropic_version\": \"vertex-2023-10-16\", \"max_tokens\": 512, \"messages\": [{\"role\": \"user\", \"content\": \""
                    + PROMPT + "\"}]}";
    private static final String IN_PROJECT = "/v1/projects/my-project/locations/europe-west4/publishers";
    private static final String POLICY = """
            {
              "grants": [{ "src": ["(loopback)"], "app": { "tailscale.com/cap/aperture": [
                { "role": "admin" }, { "models": "**", "quotas": [{ "bucket": "pool" }] },
              ] } }],
              "quotas": { "pool": { "capacity": "$1000.00", "rate": "$0.00/day", "on_exceed": "reject" } },
              "providers": {
                "gem": { "baseurl": "%1$s", "apikey": "gemini-key", "authorization": "x-goog-api-key", "models": ["test-gemini"],
                  "compatibility": { "gemini_generate_content": true },
                  "cost_basis": "google", "model_cost_map": [{ "match": "*", "as": "gemini-2.5-flash" }] },
                "vert": { "baseurl": "%1$s", "apikey": "vertex-token", "models": ["vertex-gemini", "claude-sonnet-4-5@20250929"],
                  "compatibility": { "google_generate_content": true, "google_raw_predict": true },
                  "cost_basis": "vertex", "model_cost_map": [{ "match": "vertex-*", "as": "gemini-2.5-flash" }] },
                "cli": { "baseurl": "%1$s", "apikey": "vertex-token", "models": ["cli-gemini"],
                  "compatibility": { "google_generate_content": true, "experimental_gemini_cli_vertex_compat": true },
                  "cost_basis": "vertex", "model_cost_map": [{ "match": "*", "as": "gemini-2.5-flash" }] },
              },
            }
            """;

    /** The ways in which these formats stream. */
    enum Streaming {
        GEMINI_EVENTS("/v1beta/models/test-gemini:streamGenerateContent?alt=sse", GEMINI_BODY),
        GEMINI_ARRAY("/v1/models/test-gemini:streamGenerateContent", GEMINI_BODY),
        VERTEX_EVENTS(IN_PROJECT + "/google/models/vertex-gemini:streamGenerateContent?alt=sse", GEMINI_BODY),
        VERTEX_ARRAY("/v1beta1/publishers/google/models/vertex-gemini:streamGenerateContent", GEMINI_BODY),
        VERTEX_CLAUDE(IN_PROJECT + "/anthropic/models/claude-sonnet-4-5@20250929:streamRawPredict", CLAUDE_BODY);

        final String path;
        final String body;

        Streaming(String path, String body) {
            this.path = path;
            this.body = body;
        }

        boolean isArray() {
            return name().endsWith("ARRAY");
        }

        boolean isError(JsonNode event) {
            return this == VERTEX_CLAUDE
                    ? event.path("type").asText().equals("error")
                    : event.at("/error/code").asInt() == 502
                            && event.at("/error/status").asText().equals("UNAVAILABLE");
        }
    }

    private record Answer(Head head, Rest rest) {}

    @TempDir
    static Path data;

    private static Stand stand;

    /** For providers that fall silent. */
    private static Stand impatient;

    @BeforeAll
    static void start() throws Exception {
        stand = Stand.start(data.resolve("patient"), POLICY::formatted, Map.of());
        impatient = Stand.start(
                data.resolve("impatient"),
                POLICY::formatted,
                Map.of("sluice.clocks.first-event", "400ms", "sluice.clocks.idle", "400ms"));
    }

    @AfterAll
    static void stop() {
        stand.close();
        impatient.close();
    }

    private static Answer ask(RawHttp connection, String path, String body, String name, String script) {
        try (var http = connection.post(path, body, Stand.headers(name, script))) {
            return new Answer(http.readHead(), http.readRest());
        }
    }

    private static Answer ask(String path, String body, String name, String script) {
        return ask(stand.open(), path, body, name, script);
    }

    private static ReceivedRequest received() {
        return stand.simulator().received().getLast();
    }

    private static JsonNode json(String text) throws Exception {
        return JSON.readTree(text);
    }

    @ParameterizedTest
    @EnumSource
    void aStreamPassesByteForByteBothWays(Streaming way) {
        for (var script :
                List.of(SCRIPT, SCRIPT + "; chunking=1", SCRIPT + "; tools=2; reasoning=5", "events=300; id=2")) {
            // Given
            var said = ask(stand.openProvider(), way.path, way.body, "reference", script);
            // When
            var answer = ask(way.path, way.body, "whole", script);
            // Then
            assertThat(answer.head().status()).isEqualTo(200);
            assertThat(answer.head().header("content-type"))
                    .isEqualTo(said.head().header("content-type"));
            assertThat(answer.head().header("x-accel-buffering")).contains("no");
            assertThat(answer.rest()).isEqualTo(said.rest());
            assertThat(received().path()).isEqualTo(way.path);
            assertThat(received().body().utf8String()).isEqualTo(way.body);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1beta/models/test-gemini:generateContent",
                "/v1alpha/models/test-gemini:generateContent",
                "/v1/models/test-gemini:embedContent",
                "/v1beta1/projects/p/locations/global/publishers/google/models/vertex-gemini:generateContent",
                "/v1/publishers/google/models/vertex-gemini:predict"
            })
    void aDocumentPassesByteForByteBothWays(String path) {
        // Given
        var said = ask(stand.openProvider(), path, GEMINI_BODY, "reference", SCRIPT);
        // When
        var answer = ask(path, GEMINI_BODY, "document", SCRIPT);
        // Then
        assertThat(answer.rest()).isEqualTo(said.rest());
        assertThat(received().path()).isEqualTo(path);
        assertThat(received().body().utf8String()).isEqualTo(GEMINI_BODY);
    }

    @Test
    void theClientsKeyStaysHereAndTheProvidersGoesThere() {
        // When
        ask("/v1beta/models/test-gemini:streamGenerateContent?key=secret&alt=sse", GEMINI_BODY, "key", SCRIPT);
        // Then
        assertThat(received().path()).isEqualTo("/v1beta/models/test-gemini:streamGenerateContent?alt=sse");
        assertThat(received().header("x-goog-api-key")).contains("gemini-key");
        assertThat(received().header("authorization")).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aStreamThatBreaksOffIsNeverPassedOffAsComplete(Streaming way) throws Exception {
        for (var ending : List.of("end-after", "cut-after", "reset-after", "stall-after")) {
            // Given
            var frames = way == Streaming.VERTEX_CLAUDE ? 7 : 4;
            var name = "breaks-" + way + "-" + ending + "-";
            var asked = ending.startsWith("stall") ? impatient : stand;
            var all = IntStream.rangeClosed(way == Streaming.VERTEX_CLAUDE ? 1 : 0, frames - 1)
                    .boxed()
                    .toList();
            // When
            var answers = Stand.together(all.stream()
                    .map(sent -> (Callable<Answer>) () ->
                            ask(asked.open(), way.path, way.body, name + sent, SCRIPT + "; " + ending + "=" + sent))
                    .toList());
            // Then
            var exchanges =
                    asked.exchanges(all.stream().map(sent -> name + sent).toList());
            for (var sent : all) {
                var answer = answers.get(all.indexOf(sent));
                var text = answer.rest().text();
                var last = way.isArray()
                        ? json(text).get(json(text).size() - 1)
                        : json(text.substring(text.lastIndexOf("data: ") + 6));
                assertThat(way.isError(last)).as(name + sent + ": " + text).isTrue();
                assertThat(answer.rest().end()).as(name + sent).isIn(End.CUT, End.RESET);
                if (way.isArray()) {
                    assertThat(json(text)).as(name + sent).hasSize(sent + 1);
                }
                var exchange = requireNonNull(exchanges.get(name + sent));
                assertThat(exchange.path("outcome").asText()).as(name + sent).isEqualTo("upstream_truncated");
                assertThat(exchange.path("cost_nanos").asLong()).as(name + sent).isPositive();
            }
            asked.awaitQuiet();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "application/json, '[{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Hi\"}]}}]}]', ''",
        "application/json, '[{\"candidates\":[{\"finishReason\":\"STOP\"}]},', '{\"error\"'",
        "application/json, '[{\"candidates\":[{\"finishReason\":\"STOP\"}]}', ',{\"error\"'",
        "text/event-stream, 'data: {\"candidates\":[{\"content\":{}}]}', 'data: {\"error\"'"
    })
    void aStreamThatCameAtOnceMustSayThatItIsCompleteToo(String type, String body, String added, @TempDir Path own)
            throws Exception {
        try (var provider = BareProvider.start((request, in, out) -> out.write(("HTTP/1.1 200 OK\r\nContent-Type: "
                                + type + "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body)
                        .getBytes(StandardCharsets.UTF_8)));
                var gateway = TestGateway.start(own, POLICY.formatted(provider.url()));
                var http = RawHttp.connect(gateway.node().address())) {
            // When
            http.post("/v1beta/models/test-gemini:streamGenerateContent", GEMINI_BODY)
                    .readHead();
            var rest = http.readRest();
            // Then
            assertThat(rest.end()).isIn(End.CUT, End.RESET);
            assertThat(rest.text()).startsWith(body);
            assertThat(rest.text().substring(body.length()).strip()).startsWith(added);
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatWasProducedForAClientThatHangsUpIsCharged(Streaming way) {
        // Given
        var name = "leaves-" + way;
        var http = stand.open().post(way.path, way.body, Stand.headers(name, SCRIPT + "; stall-after=3"));
        assertThat(http.readHead().status()).isEqualTo(200);
        assertThat(http.readSome(40)).isNotEmpty();
        // When
        http.hangUp();
        // Then
        stand.awaitQuiet();
        var exchange = stand.exchange(name);
        assertThat(exchange.path("outcome").asText()).isEqualTo("client_cancelled");
        assertThat(exchange.path("cost_nanos").asLong()).isPositive();
    }

    @Test
    void aWholeStreamIsChargedWhatItTells() {
        for (var way : Streaming.values()) {
            // When
            ask(way.path, way.body, "told-" + way, "events=2; input=1000; cached=100; output=500; reasoning=20");
            // Then
            var exchange = stand.exchange("told-" + way);
            assertThat(exchange.path("outcome").asText())
                    .as(exchange.toString())
                    .isEqualTo("completed");
            assertThat(exchange.path("estimated").asBoolean())
                    .as(exchange.toString())
                    .isFalse();
            assertThat(exchange.at("/usage/input_tokens").asLong())
                    .as(exchange.toString())
                    .isEqualTo(1000);
            assertThat(exchange.at("/usage/cached_input_tokens").asLong())
                    .as(exchange.toString())
                    .isEqualTo(100);
            assertThat(exchange.at("/usage/output_tokens").asLong())
                    .as(exchange.toString())
                    .isEqualTo(500);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/v1beta/models/gem%2Ftest-gemini:generateContent, /v1beta/models/test-gemini:generateContent",
        "/v1/models/gem%2ftest-gemini:streamGenerateContent?alt=sse, /v1/models/test-gemini:streamGenerateContent?alt=sse",
        "/v1/projects/p/locations/l/publishers/google/models/vert%2Fvertex-gemini:countTokens, /v1/projects/p/locations/l/publishers/google/models/vertex-gemini:countTokens",
        "/v1/projects/p/locations/l/publishers/anthropic/models/vert%2Fclaude-sonnet-4-5@20250929:rawPredict, /v1/projects/p/locations/l/publishers/anthropic/models/claude-sonnet-4-5@20250929:rawPredict"
    })
    void aModelAskedForWithItsProviderIsSentWithoutIt(String path, String sent) {
        // When
        var answer = ask(path, path.contains("anthropic") ? CLAUDE_BODY : GEMINI_BODY, "named", SCRIPT);
        // Then
        assertThat(answer.head().status()).isEqualTo(200);
        assertThat(received().path()).isEqualTo(sent);
    }

    @Test
    void aCompatibleVertexIsAskedInItsOwnWay() throws Exception {
        // Given
        var body =
                "{\"contents\": [{\"role\": \"model\", \"parts\": [{\"functionCall\": {\"name\": \"f\", \"id\": \"fc-1\"}}]}, "
                        + "{\"parts\": [{\"functionResponse\": {\"id\": \"fc-1\", \"name\": \"f\", \"response\": {\"id\": 7}}}]}]}";
        // When
        var answer = ask("/v1beta/models/cli-gemini:streamGenerateContent?alt=sse", body, "cli", SCRIPT);
        // Then
        assertThat(answer.head().status()).isEqualTo(200);
        assertThat(received().path())
                .isEqualTo("/v1/projects/_aperture_auto_vertex_project_id_/locations/_aperture_auto_vertex_region_"
                        + "/publishers/google/models/cli-gemini:streamGenerateContent?alt=sse");
        assertThat(received().body().utf8String())
                .isEqualTo("{\"contents\": [{\"role\": \"model\", \"parts\": [{\"functionCall\": {\"name\": \"f\"}}]}, "
                        + "{\"parts\": [{\"functionResponse\": {\"name\": \"f\", \"response\": {\"id\": 7}}}]}]}");
        var exchange = stand.exchange("cli");
        assertThat(exchange.path("outcome").asText()).isEqualTo("completed");
    }

    @ParameterizedTest
    @CsvSource({
        "/v1beta/models/nobody:generateContent, false",
        "/v1beta/models/nobody:streamGenerateContent?alt=sse, false",
        "/v1beta/models/nobody:streamGenerateContent, true",
        "/v1/publishers/google/models/nobody:streamGenerateContent, true",
        "/v1/models/nobody:countTokens, false"
    })
    void anUnknownModelIsRefusedInTheFormatsShape(String path, boolean array) throws Exception {
        // When
        var answer = ask(path, GEMINI_BODY, "unknown", SCRIPT);
        // Then
        var error =
                array ? json(answer.rest().text()).path(0) : json(answer.rest().text());
        assertThat(answer.head().status()).isEqualTo(404);
        assertThat(error.at("/error/code").asInt()).isEqualTo(404);
        assertThat(error.at("/error/status").asText()).isEqualTo("NOT_FOUND");
        assertThat(error.at("/error/message").asText()).contains("nobody");
    }

    @ParameterizedTest
    @CsvSource({
        "/v1beta/models/vertex-gemini:generateContent, google_generate_content",
        "/v1/publishers/google/models/test-gemini:generateContent, gemini_generate_content",
        "/v1/projects/p/locations/l/publishers/google/models/claude-sonnet-4-5@20250929:streamGenerateContent?alt=sse, "
    })
    void aModelOfAnotherFormatIsRefusedUnlessItsProviderSpeaksIt(String path, String offered) throws Exception {
        // When
        var answer = ask(path, GEMINI_BODY, "other", SCRIPT);
        // Then
        if (offered == null) {
            // What a provider speaks is told for all its models; this one it will refuse itself.
            assertThat(answer.head().status()).isEqualTo(200);
        } else {
            assertThat(answer.head().status()).isEqualTo(404);
            assertThat(json(answer.rest().text()).at("/error/message").asText()).contains("`" + offered + "`");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/v1beta/models/test-gemini:countTokens, totalTokens",
        "/v1/projects/p/locations/l/publishers/google/models/vertex-gemini:countTokens, totalTokens",
        "/v1/projects/p/locations/l/publishers/anthropic/models/count-tokens:rawPredict, input_tokens"
    })
    void countingCostsNothing(String path, String told) throws Exception {
        // Given
        var body = path.contains("anthropic")
                ? CLAUDE_BODY.replace("{\"anthropic", "{\"model\": \"claude-sonnet-4-5@20250929\", \"anthropic")
                : GEMINI_BODY;
        var name = "counts-" + path.replaceAll("[^a-z]", "");
        // When
        var answer = ask(path, body, name, "input=1000000");
        // Then
        assertThat(json(answer.rest().text()).path(told).asLong()).isEqualTo(1_000_000);
        assertThat(stand.exchange(name).path("cost_nanos").asLong()).isZero();
    }

    @Test
    void embeddingIsChargedForItsPromptThoughNobodyTellsHowMuchItWas() {
        // When
        ask(
                "/v1beta/models/test-gemini:batchEmbedContents",
                "{\"requests\": [{\"model\": \"models/test-gemini\", " + "\"content\": {\"parts\": [{\"text\": \""
                        + "word ".repeat(800) + "\"}]}}]}",
                "embeds",
                SCRIPT);
        // Then
        var exchange = stand.exchange("embeds");
        assertThat(exchange.path("outcome").asText()).isEqualTo("completed");
        assertThat(exchange.path("estimated").asBoolean()).isTrue();
        assertThat(exchange.at("/usage/input_tokens").asLong()).isBetween(800L, 1_200L);
        assertThat(exchange.path("cost_nanos").asLong()).isPositive();
    }

    @Test
    void aModelInTheBodyMustBeThePaths() throws Exception {
        // Given
        var count = stand.simulator().receivedCount();
        // When
        var answer = ask(
                "/v1beta/models/test-gemini:embedContent", "{\"model\": \"models/gemini-ultra\"}", "mentions", SCRIPT);
        // Then
        assertThat(answer.head().status()).isEqualTo(400);
        assertThat(json(answer.rest().text()).at("/error/status").asText()).isEqualTo("INVALID_ARGUMENT");
        assertThat(stand.simulator().receivedCount()).isEqualTo(count);
    }

    @Test
    void oneRegionIsDearerThanTheWorld() {
        // When
        for (var location : List.of("global", "europe-west1")) {
            ask(
                    "/v1/projects/p/locations/" + location
                            + "/publishers/anthropic/models/claude-sonnet-4-5@20250929:rawPredict",
                    CLAUDE_BODY,
                    "at-" + location,
                    "input=1000; output=0; events=1");
        }
        // Then
        var world = stand.exchange("at-global").path("cost_nanos").asLong();
        var region = stand.exchange("at-europe-west1").path("cost_nanos").asLong();
        assertThat(world).isPositive();
        assertThat(region * 10).isEqualTo(world * 11);
    }
}
