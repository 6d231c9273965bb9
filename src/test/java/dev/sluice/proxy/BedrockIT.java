package dev.sluice.proxy;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bedrock's formats through sockets: paths, bodies and frames arrive as they were sent, and the books are right however an answer ends. */
class BedrockIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String MODEL = "us.anthropic.sim-test-v1%3A0";
    private static final String SCRIPT = "events=3; id=1";

    @TempDir
    static Path data;

    private static Stand stand;

    /** For providers that fall silent. */
    private static Stand impatient;

    /** The two formats, and what they are asked. */
    enum Format {
        INVOKE("invoke", "invoke-with-response-stream", """
                {"anthropic_version":  "bedrock-2023-05-31", "max_tokens": 512,
                 "messages": [{"role": "user", "content": "Tell me of w\\u0065irs, 1.0 or 1."}]}"""),
        CONVERSE("converse", "converse-stream", """
                {"inferenceConfig":  {"maxTokens": 512},
                 "messages": [{"role": "user", "content": [{"text": "Tell me of w\\u0065irs, 1.0 or 1."}]}]}""");

        final String body;
        private final String whole;
        private final String stream;

        Format(String whole, String stream, String body) {
            this.whole = whole;
            this.stream = stream;
            this.body = body;
        }

        String path(String model, boolean streaming) {
            return "/model/" + model + "/" + (streaming ? stream : whole);
        }

        /** The frame that tells the end; what follows only adds to it. */
        int end(List<ByteString> frames) {
            var sign = this == INVOKE ? "bWVzc2FnZV9zdG9w" : "stopReason";
            for (var i = 0; i < frames.size(); i++) {
                if (frames.get(i).utf8String().contains(sign)) {
                    return i + 1;
                }
            }
            throw new AssertionError("no end");
        }
    }

    private record Answer(Head head, Rest rest) {}

    @BeforeAll
    static void start() throws Exception {
        stand = Stand.start(data.resolve("patient"), TestGateway::bedrock, Map.of());
        impatient = Stand.start(
                data.resolve("impatient"),
                TestGateway::bedrock,
                Map.of("sluice.clocks.first-event", "400ms", "sluice.clocks.idle", "400ms"));
    }

    @AfterAll
    static void stop() throws Exception {
        stand.close();
        impatient.close();
    }

    private static Answer ask(String path, String body, String name, String script) {
        return ask(stand, path, body, name, script);
    }

    private static Answer ask(Stand stand, String path, String body, String name, String script) {
        try (var http = stand.open()) {
            var headers = new ArrayList<>(List.of(headers(name, script)));
            // Nobody but the gateway writes a first line by hand.
            headers.add("Raw-Request-URI: /bedrock/model/us%2Eanthropic.sim-test-v1%3A0/converse");
            http.post(path, body, headers.toArray(String[]::new));
            return new Answer(http.readHead(), http.readRest());
        }
    }

    private static String[] headers(String name, String script) {
        var headers = new ArrayList<>(List.of(Stand.headers(name, script)));
        headers.set(0, "Authorization: AWS4-HMAC-SHA256 Credential=AKIA/20261120/eu-central-1/bedrock/aws4_request");
        headers.add("x-amzn-bedrock-guardrailidentifier: guard");
        return headers.toArray(String[]::new);
    }

    private static ByteString said(Format format, boolean streaming, String script) {
        try (var http = stand.openProvider()) {
            http.post(format.path(MODEL, streaming), format.body, headers("reference", script));
            http.readHead();
            return http.readRest().bytes();
        }
    }

    private static List<ByteString> frames(ByteString bytes) {
        var frames = new ArrayList<ByteString>();
        var rest = bytes;
        while (!rest.isEmpty()) {
            var length = rest.toByteBuffer().getInt();
            frames.add(rest.take(length));
            rest = rest.drop(length);
        }
        return frames;
    }

    private static ReceivedRequest received() {
        return stand.simulator().received().getLast();
    }

    @ParameterizedTest
    @EnumSource
    void everythingArrivesAsItWasSent(Format format) {
        for (var streaming : List.of(true, false)) {
            for (var prefix : List.of("/bedrock", "")) {
                for (var script : List.of(
                        SCRIPT, SCRIPT + "; chunking=1", SCRIPT + "; tools=2", "events=200; id=2; chunking=5")) {
                    // Given
                    var said = said(format, streaming, script);
                    // When
                    var answer = ask(prefix + format.path(MODEL, streaming), format.body, "whole", script);
                    // Then
                    assertThat(answer.head().status()).isEqualTo(200);
                    assertThat(answer.rest().end()).isEqualTo(End.PROPER);
                    assertThat(answer.rest().bytes()).isEqualTo(said);
                    assertThat(answer.head().header("content-type").orElse(""))
                            .isEqualTo(streaming ? "application/vnd.amazon.eventstream" : "application/json");
                    assertThat(answer.head().header("x-amzn-requestid")).isPresent();
                    assertThat(received().path()).isEqualTo(format.path(MODEL, streaming));
                    assertThat(received().body().utf8String()).isEqualTo(format.body);
                    assertThat(received().header("authorization")).contains("Bearer provider-key");
                    assertThat(received().header("x-amzn-bedrock-guardrailidentifier"))
                            .contains("guard");
                }
            }
        }
        stand.awaitQuiet();
    }

    @ParameterizedTest
    @CsvSource({
        // As the client has encoded it.
        "us.anthropic.sim-test-v1%3A0, us.anthropic.sim-test-v1%3A0",
        "us.anthropic.sim-test-v1%3a0, us.anthropic.sim-test-v1%3a0",
        "us.anthropic.sim-test-v1:0, us.anthropic.sim-test-v1:0",
        "%75s.anthropic.sim-test-v1:0, %75s.anthropic.sim-test-v1:0",
        "arn%3Aaws%3Abedrock%3Aeu-central-1%3A123456789012%3Ainference-profile%2Feu.anthropic.sim-test-v1%3A0, arn%3Aaws%3Abedrock%3Aeu-central-1%3A123456789012%3Ainference-profile%2Feu.anthropic.sim-test-v1%3A0",
        "arn:aws:bedrock:eu-central-1:123456789012:inference-profile%2Feu.anthropic.sim-test-v1:0, arn:aws:bedrock:eu-central-1:123456789012:inference-profile%2Feu.anthropic.sim-test-v1:0",
        // Asked for as provider/model.
        "aws%2Fus.anthropic.sim-test-v1%3A0, us.anthropic.sim-test-v1%3A0",
        "aws%2Fus.anthropic.sim-test-v1:0, us.anthropic.sim-test-v1%3A0",
        "aws%2Farn%3Aaws%3Abedrock%3Aeu-central-1%3A123456789012%3Ainference-profile%2Feu.anthropic.sim-test-v1%3A0, arn%3Aaws%3Abedrock%3Aeu-central-1%3A123456789012%3Ainference-profile%2Feu.anthropic.sim-test-v1%3A0",
    })
    void theModelOfThePathIsKeptAsItCameOrReplaced(String asked, String upstream) {
        for (var query : List.of("", "?x=%3A&y=a+b")) {
            // When
            var answer =
                    ask("/bedrock" + Format.CONVERSE.path(asked, false) + query, Format.CONVERSE.body, "path", SCRIPT);
            // Then
            assertThat(answer.head().status()).as(answer.rest().text()).isEqualTo(200);
            assertThat(received().path()).isEqualTo(Format.CONVERSE.path(upstream, false) + query);
        }
    }

    @Test
    void aBaseUrlsOwnPathStandsBeforeTheModels(@TempDir Path other) throws Exception {
        // Given
        var lines = new LinkedBlockingQueue<String>();
        try (var provider = BareProvider.start((request, in, out) -> {
                    lines.add(request.head().lines().findFirst().orElse(""));
                    out.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
                            .getBytes(StandardCharsets.UTF_8));
                });
                var gateway = TestGateway.start(other, TestGateway.bedrock(provider.url() + "/inner/bedrock/"));
                var client = RawHttp.connect(gateway.node().address())) {
            // When
            client.post("/bedrock" + Format.CONVERSE.path(MODEL, false), Format.CONVERSE.body);
            client.readHead();
            client.readRest();
            // Then
            assertThat(lines.take())
                    .isEqualTo("POST /inner/bedrock" + Format.CONVERSE.path(MODEL, false) + " HTTP/1.1");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "no-such-model",
                "us.anthropic.sim-test-v1%253A0",
                "aws%2F..%2Fus.anthropic.sim-test-v1%3A0",
                "other%2Fus.anthropic.sim-test-v1%3A0"
            })
    void anUnknownModelIsNotFoundInAmazonsWords(String model) throws Exception {
        for (var format : Format.values()) {
            for (var streaming : List.of(true, false)) {
                // Given
                var before = stand.simulator().receivedCount();
                // When
                var answer = ask("/bedrock" + format.path(model, streaming), format.body, "unknown", SCRIPT);
                // Then
                assertThat(answer.head().status()).isEqualTo(404);
                assertThat(stand.simulator().receivedCount()).isEqualTo(before);
                if (!model.contains("..")) {
                    assertThat(answer.head().header("x-amzn-errortype")).contains("ResourceNotFoundException");
                    assertThat(JSON.readTree(answer.rest().text())
                                    .path("message")
                                    .asText())
                            .contains("no route found");
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aStreamThatBreaksOffBehindAnyFrameIsNeverPassedOffAsComplete(Format format) {
        var frames = frames(said(format, true, SCRIPT));
        for (var ending : List.of("cut-after", "end-after", "stall-after", "reset-after")) {
            for (var sent = 0; sent < format.end(frames); sent++) {
                // Given
                var name = "breaks-" + format + ending + sent;
                var asked = ending.startsWith("stall") ? impatient : stand;
                var passed = frames.subList(0, sent).stream().reduce(ByteString.emptyByteString(), ByteString::concat);
                // When
                var answer = ask(
                        asked,
                        "/bedrock" + format.path(MODEL, true),
                        format.body,
                        name,
                        SCRIPT + "; " + ending + "=" + sent);
                // Then
                assertThat(answer.rest().end()).as(name).isIn(End.CUT, End.RESET);
                assertThat(answer.rest().bytes().take(passed.size())).as(name).isEqualTo(passed);
                var added = frames(answer.rest().bytes().drop(passed.size()));
                assertThat(added).as(name).hasSize(1);
                assertThat(added.getFirst().utf8String())
                        .as(name)
                        .contains("exception", "modelStreamErrorException", "broke off");
                var exchange = asked.exchange(name);
                assertThat(exchange.path("outcome").asText())
                        .as(exchange.toString())
                        .isEqualTo("upstream_truncated");
                assertThat(exchange.path("cost_nanos").asLong())
                        .as(exchange.toString())
                        .isPositive();
            }
        }
        stand.awaitQuiet();
    }

    @ParameterizedTest
    @EnumSource
    void aStreamThatHasSaidItsEndIsCompleteHoweverItsConnectionEnds(Format format) {
        // Given
        var frames = frames(said(format, true, SCRIPT));
        var end = format.end(frames);
        var passed = frames.subList(0, end).stream().reduce(ByteString.emptyByteString(), ByteString::concat);
        // When
        var answer = ask(
                "/bedrock" + format.path(MODEL, true), format.body, "said-" + format, SCRIPT + "; cut-after=" + end);
        // Then
        assertThat(answer.rest().end()).isEqualTo(End.PROPER);
        assertThat(answer.rest().bytes()).isEqualTo(passed);
        assertThat(stand.exchange("said-" + format).path("outcome").asText()).isEqualTo("completed");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 11, 12, 40, 120})
    void nothingIsPutIntoAFrameThatBrokeOff(int length, @TempDir Path other) throws Exception {
        // Given
        var frames = said(Format.CONVERSE, true, SCRIPT);
        var whole = frames(frames).getFirst().size();
        var sent = frames.take(whole + length);
        try (var provider = BareProvider.start((request, in, out) -> {
                    out.write(("HTTP/1.1 200 OK\r\nContent-Type: application/vnd.amazon.eventstream\r\nContent-Length: "
                                    + frames.size() + "\r\n\r\n")
                            .getBytes(StandardCharsets.UTF_8));
                    out.write(sent.toArray());
                    out.flush();
                    throw new IllegalStateException("breaks off");
                });
                var gateway = TestGateway.start(other, TestGateway.bedrock(provider.url()));
                var client = RawHttp.connect(gateway.node().address())) {
            // When
            client.post(Format.CONVERSE.path(MODEL, true), Format.CONVERSE.body);
            client.readHead();
            var rest = client.readRest();
            // Then
            assertThat(rest.end()).isIn(End.CUT, End.RESET);
            assertThat(rest.bytes()).isEqualTo(sent);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aClientThatHangsUpBehindAnyFrameIsCharged(Format format) {
        // Given
        var frames = frames(said(format, true, SCRIPT));
        var names = new HashSet<String>();
        // A provider may be silent for long, so that only the hang-up can end the exchange.
        // When
        for (var sent = 1; sent < format.end(frames); sent++) {
            var name = "leaves-" + format + sent;
            names.add(name);
            var bytes =
                    frames.subList(0, sent).stream().mapToInt(ByteString::size).sum();
            var http = stand.open();
            http.post(
                    "/bedrock" + format.path(MODEL, true),
                    format.body,
                    headers(name, SCRIPT + "; stall-after=" + sent));
            http.readHead();
            assertThat(http.readSome(bytes)).hasSize(bytes);
            http.hangUp();
        }
        // Then
        stand.awaitQuiet();
        var exchanges = stand.exchanges(names);
        for (var name : names) {
            var exchange = requireNonNull(exchanges.get(name));
            assertThat(exchange.path("outcome").asText())
                    .as(exchange.toString())
                    .isEqualTo("client_cancelled");
            assertThat(exchange.path("cost_nanos").asLong())
                    .as(exchange.toString())
                    .isPositive();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aStreamWithoutItsSignOfCompletionIsCut(Format format) {
        // Given
        var script = SCRIPT + "; no-terminal";
        var said = said(format, true, script);
        var name = "no-terminal-" + format;
        // When
        var answer = ask("/bedrock" + format.path(MODEL, true), format.body, name, script);
        // Then
        assertThat(answer.rest().end()).isIn(End.CUT, End.RESET);
        assertThat(answer.rest().bytes().take(said.size())).isEqualTo(said);
        assertThat(answer.rest().text()).contains("modelStreamErrorException");
        assertThat(stand.exchange(name).path("outcome").asText()).isEqualTo("upstream_truncated");
    }

    @ParameterizedTest
    @EnumSource
    void anAnswerWithoutUsageIsCountedAndCharged(Format format) {
        for (var streaming : List.of(true, false)) {
            // Given
            var name = "no-usage-" + format + streaming;
            // When
            var answer = ask("/bedrock" + format.path(MODEL, streaming), format.body, name, SCRIPT + "; no-usage");
            // Then
            assertThat(answer.rest().end()).isEqualTo(End.PROPER);
            var exchange = stand.exchange(name);
            assertThat(exchange.path("outcome").asText()).isEqualTo("completed");
            assertThat(exchange.path("estimated").asBoolean())
                    .as(exchange.toString())
                    .isTrue();
            assertThat(exchange.path("cost_nanos").asLong())
                    .as(exchange.toString())
                    .isPositive();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aStreamThatIsReadInAnyCodingIsMetered(Format format) {
        // Given
        var name = "gzip-" + format;
        // When
        var answer = ask("/bedrock" + format.path(MODEL, true), format.body, name, "gzip; output=77");
        // Then
        assertThat(answer.head().header("content-encoding")).contains("gzip");
        assertThat(stand.exchange(name).path("usage").path("output_tokens").asLong())
                .isEqualTo(77);
    }

    @ParameterizedTest
    @EnumSource
    void whatWasToldIsCharged(Format format) {
        for (var streaming : List.of(true, false)) {
            // Given
            var name = "told-" + format + streaming;
            // When
            ask(
                    "/bedrock" + format.path(MODEL, streaming),
                    format.body,
                    name,
                    "events=2; input=1000; cached=2000; cache-write=300; cache-write-1h=40; output=500; tools=1");
            // Then
            var exchange = stand.exchange(name);
            assertThat(exchange.path("estimated").asBoolean()).isFalse();
            var usage = exchange.path("usage");
            assertThat(usage.path("input_tokens").asLong()).isEqualTo(1000);
            assertThat(usage.path("output_tokens").asLong()).isEqualTo(500);
            // 3, 0.3, 3.75, 6 and 15 dollars a million.
            assertThat(exchange.path("cost_nanos").asLong())
                    .isEqualTo(1000 * 3000L + 2000 * 300L + 300 * 3750L + 40 * 6000L + 500 * 15000L);
            assertThat(exchange.path("session").asText(""))
                    .satisfiesAnyOf(
                            session -> assertThat(session).isEmpty(),
                            session -> assertThat(session).startsWith(format == Format.INVOKE ? "beiv_" : "beco_"));
        }
    }

    @Test
    void countingTokensCostsNothing() {
        // When
        var answer = ask(
                "/bedrock/model/" + MODEL + "/count-tokens",
                "{\"input\":{\"converse\":{\"messages\":[]}}}",
                "count",
                "input=42");
        // Then
        assertThat(answer.rest().text()).isEqualTo("{\"inputTokens\":42}");
        assertThat(received().path()).isEqualTo("/model/" + MODEL + "/count-tokens");
        assertThat(stand.exchange("count").path("cost_nanos").asLong(-1)).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void anExceptionWithinAStreamPassesAndIsRemembered(Format format) {
        // Given
        var script = SCRIPT + "; error-event-at=3";
        var said = said(format, true, script);
        // When
        var answer = ask(format.path(MODEL, true), format.body, "exception-" + format, script);
        // Then
        assertThat(answer.rest().bytes()).isEqualTo(said);
        assertThat(answer.rest().end()).isEqualTo(End.PROPER);
        assertThat(stand.exchange("exception-" + format).path("outcome").asText())
                .isEqualTo("upstream_error");
    }

    @ParameterizedTest
    @EnumSource
    void aMalformedEventPassesAsItIs(Format format) {
        // Given
        var script = SCRIPT + "; malformed-at=3";
        var said = said(format, true, script);
        // When
        var answer = ask(format.path(MODEL, true), format.body, "malformed-" + format, script);
        // Then
        assertThat(answer.rest().bytes()).isEqualTo(said);
        assertThat(stand.exchange("malformed-" + format).path("outcome").asText())
                .isEqualTo("completed");
    }

    @ParameterizedTest
    @EnumSource
    void aProvidersNoPassesAsItCameAndCostsNothing(Format format) {
        for (var status : List.of(400, 403, 404, 429, 500, 503)) {
            // Given
            var script = "id=9; retry-after=7; fault=" + status;
            var said = said(format, true, script);
            var name = "no-" + format + status;
            // When
            var answer = ask("/bedrock" + format.path(MODEL, true), format.body, name, script);
            // Then
            assertThat(answer.head().status()).isEqualTo(status);
            assertThat(answer.rest().bytes()).isEqualTo(said);
            assertThat(answer.head().header("x-amzn-errortype").orElse("")).contains("Exception:http://");
            var exchange = stand.exchange(name);
            assertThat(exchange.path("outcome").asText())
                    .as(exchange.toString())
                    .isEqualTo("upstream_error");
            assertThat(exchange.path("cost_nanos").asLong(-1)).isZero();
        }
    }

    @Test
    void aRequestThatMayBeReadInTwoWaysIsRefused() throws Exception {
        // When
        var answer = ask(
                "/bedrock" + Format.CONVERSE.path(MODEL, false),
                "{\"inferenceConfig\":{\"maxTokens\":1},\"inferenceConfig\":{\"maxTokens\":99999}}",
                "twice",
                SCRIPT);
        // Then
        assertThat(answer.head().status()).isEqualTo(400);
        assertThat(answer.head().header("x-amzn-errortype")).contains("ValidationException");
        assertThat(JSON.readTree(answer.rest().text()).path("message").asText()).contains("inferenceConfig: twice");
    }
}
