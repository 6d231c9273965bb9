package dev.sluice.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.testing.OpenAiAsk;
import dev.sluice.testing.RawHttp;
import dev.sluice.testing.RawHttp.End;
import dev.sluice.testing.Stand;
import dev.sluice.testing.TestGateway;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** OpenAI's other endpoints through sockets: bytes both ways, what is charged, what is refused, what breaks. */
class OpenAiEndpointsIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String MODEL = "test-gpt";
    private static final String TOLD = "id=1; events=3; input=1000; output=100";

    // As TestGateway prices: gpt-4.1 takes $2 and $8 a million tokens.
    private static final long INPUT_NANOS = 2_000;
    private static final long OUTPUT_NANOS = 8_000;

    @TempDir
    static Path data;

    private static Stand stand;

    @BeforeAll
    static void start() throws Exception {
        stand = Stand.start(
                data,
                provider -> TestGateway.policy(provider)
                        .replace("\"test-claude\"", "\"test-claude\", \"omni-moderation-latest\""),
                Map.of());
    }

    @AfterAll
    static void stop() throws Exception {
        stand.close();
    }

    static Stream<OpenAiAsk> streaming() {
        return OpenAiAsk.streaming();
    }

    private static RawHttp ask(OpenAiAsk ask, String model, boolean stream, String name, String script) {
        return ask.post(stand.open(), model, stream, Stand.headers(name, script));
    }

    private static ByteString lastBody() {
        return stand.simulator().received().getLast().body();
    }

    @ParameterizedTest
    @EnumSource
    void passesBytesBothWaysAndChargesWhatIsTold(OpenAiAsk ask) {
        // Given
        var name = "whole-" + ask;
        ByteString said;
        try (var provider = stand.openProvider()) {
            ask.postUpstream(provider, MODEL, false, Stand.headers("reference", TOLD))
                    .readHead();
            said = provider.readRest().bytes();
        }
        // When
        try (var http = ask(ask, MODEL, false, name, TOLD)) {
            var head = http.readHead();
            var rest = http.readRest();
            // Then
            assertThat(head.status()).as(rest.text()).isEqualTo(200);
            assertThat(rest.bytes()).isEqualTo(said);
        }
        assertThat(lastBody()).isEqualTo(ByteString.fromArray(ask.bytes(MODEL, false)));
        var exchange = stand.exchange(name);
        assertThat(exchange.path("outcome").asText()).isEqualTo("completed");
        switch (ask) {
            // Neither tells usage.
            case MODERATIONS, SPEECH ->
                assertThat(exchange.path("estimated").asBoolean()).isTrue();
            case EMBEDDINGS, VERSIONLESS_EMBEDDINGS, RERANK ->
                assertThat(exchange.path("cost_nanos").asLong()).isEqualTo(1000 * INPUT_NANOS);
            default ->
                assertThat(exchange.path("cost_nanos").asLong()).isEqualTo(1000 * INPUT_NANOS + 100 * OUTPUT_NANOS);
        }
    }

    @ParameterizedTest
    @EnumSource
    void namesTheModelAsTheProviderWantsItAndTouchesNothingElse(OpenAiAsk ask) {
        try (var http = ask(ask, "sim/" + MODEL, false, "renamed-" + ask, TOLD)) {
            assertThat(http.readHead().status()).isEqualTo(200);
            http.readRest();
        }
        assertThat(lastBody()).isEqualTo(ByteString.fromArray(ask.bytes(MODEL, false)));
    }

    @ParameterizedTest
    @EnumSource
    void refusesAModelThatNobodyOffers(OpenAiAsk ask) throws Exception {
        var received = stand.simulator().receivedCount();
        try (var http = ask(ask, "no-such-model", false, "unknown-" + ask, "")) {
            assertThat(http.readHead().status()).isEqualTo(404);
            var error = JSON.readTree(http.readRest().text()).path("error");
            assertThat(error.path("code").asText()).isEqualTo("model_not_found");
            assertThat(error.path("message").asText()).contains("no-such-model");
        }
        assertThat(stand.simulator().receivedCount()).isEqualTo(received);
    }

    @ParameterizedTest
    @MethodSource("streaming")
    void chargesAStreamWhatItTells(OpenAiAsk ask) {
        var name = "stream-" + ask;
        try (var http = ask(ask, MODEL, true, name, TOLD)) {
            assertThat(http.readHead().header("content-type").orElse("")).startsWith("text/event-stream");
            assertThat(http.readRest().end()).isEqualTo(End.PROPER);
        }
        var exchange = stand.exchange(name);
        assertThat(exchange.path("outcome").asText()).isEqualTo("completed");
        assertThat(exchange.path("estimated").asBoolean()).isFalse();
        assertThat(exchange.path("cost_nanos").asLong()).isEqualTo(1000 * INPUT_NANOS + 100 * OUTPUT_NANOS);
    }

    @ParameterizedTest
    @MethodSource("streaming")
    void neverPassesOffABrokenStreamAsWhole(OpenAiAsk ask) throws Exception {
        for (var script :
                new String[] {"events=9; cut-after=2", "events=9; end-after=2", "events=2; no-terminal; no-done"}) {
            var name = "broken-" + ask + script.hashCode();
            try (var http = ask(ask, MODEL, true, name, script)) {
                http.readHead();
                var rest = http.readRest();
                assertThat(rest.end()).as(script).isNotEqualTo(End.PROPER);
                var last = rest.events().getLast();
                var data = last.substring(last.indexOf("data: ") + 6);
                assertThat(JSON.readTree(data).path("error").path("code").asText())
                        .as(rest.text())
                        .isEqualTo("upstream_truncated");
            }
            var exchange = stand.exchange(name);
            assertThat(exchange.path("outcome").asText()).isEqualTo("upstream_truncated");
            assertThat(exchange.path("cost_nanos").asLong()).isPositive();
        }
    }

    @ParameterizedTest
    @MethodSource("streaming")
    void chargesAClientThatHangsUp(OpenAiAsk ask) {
        var name = "gone-" + ask;
        var http = ask(ask, MODEL, true, name, "events=9; stall-after=2");
        http.readHead();
        assertThat(http.readEvent()).isPresent();
        http.hangUp();
        var exchange = stand.exchange(name);
        assertThat(exchange.path("outcome").asText()).isEqualTo("client_cancelled");
        assertThat(exchange.path("estimated").asBoolean()).isTrue();
        assertThat(exchange.path("cost_nanos").asLong()).isPositive();
        stand.awaitQuiet();
    }

    @Test
    void hidesTheUsageOfAStreamedCompletionFromThoseWhoDidNotAsk() {
        try (var http = ask(OpenAiAsk.COMPLETIONS, MODEL, true, "hidden", TOLD)) {
            http.readHead();
            assertThat(http.readRest().text()).doesNotContain("prompt_tokens").contains("[DONE]");
        }
        assertThat(lastBody().utf8String()).contains("\"include_usage\":true");
    }

    @Test
    void namesTheDefaultModelOfAModeration() {
        for (var body : new String[] {"{\"input\": \"Weirs\"}", "{\"model\": null, \"input\": \"Weirs\"}"}) {
            try (var http = stand.open()) {
                http.post("/v1/moderations", body, Stand.headers("default", "id=1"));
                assertThat(http.readHead().status()).isEqualTo(200);
                http.readRest();
            }
            assertThat(lastBody().utf8String())
                    .contains("\"omni-moderation-latest\"")
                    .doesNotContain("null");
        }
    }

    @Test
    void countsTokensForNothing() {
        try (var http = stand.open()) {
            http.post(
                    "/v1/responses/input_tokens",
                    "{\"model\": \"test-gpt\", \"input\": \"Weirs\"}",
                    Stand.headers("counted", "input=42"));
            assertThat(http.readHead().status()).isEqualTo(200);
            assertThat(http.readRest().text()).contains("42");
        }
        assertThat(stand.exchange("counted").path("cost_nanos").asLong()).isZero();
    }

    @Test
    void sendsWhatCodexAsksWithoutItsPrefix() {
        try (var http = ask(OpenAiAsk.CODEX, MODEL, false, "codex", "id=1")) {
            assertThat(http.readHead().status()).isEqualTo(200);
            http.readRest();
        }
        assertThat(stand.simulator().received().getLast().path()).isEqualTo("/responses");
    }

    @Test
    void refusesAFormThatTwoParsersMayReadDifferently() throws Exception {
        var body = OpenAiAsk.TRANSCRIPTIONS.body(MODEL, false);
        var twice = body.replace("name=\"prompt\"", "name=\"MODEL\"");
        try (var http = stand.open()) {
            http.send("POST /v1/audio/transcriptions HTTP/1.1\r\nHost: localhost\r\n"
                    + "Content-Type: multipart/form-data; boundary=----b0undary\r\nContent-Length: "
                    + twice.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1).length + "\r\n\r\n");
            http.send(twice.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
            assertThat(http.readHead().status()).isEqualTo(400);
            assertThat(JSON.readTree(http.readRest().text())
                            .path("error")
                            .path("type")
                            .asText())
                    .isEqualTo("invalid_request_error");
        }
    }
}
