package dev.sluice.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.testing.Eventually;
import dev.sluice.testing.FreePorts;
import dev.sluice.testing.RawHttp;
import dev.sluice.testing.RawHttp.End;
import dev.sluice.testing.RawHttp.Rest;
import java.io.ByteArrayInputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a client sees on its socket when it asks for a manner of answering. */
class SimulatorTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String CHAT = "/v1/chat/completions";
    private static final String RESPONSES = "/v1/responses";
    private static final String MESSAGES = "/v1/messages";
    private static final Duration SOON = Duration.ofSeconds(20);

    private static final ActorTestKit testKit = ActorTestKit.create();
    private static final Simulator simulator = new Simulator(testKit.system());
    private static ServerBinding binding;

    @BeforeAll
    static void start() throws Exception {
        binding = simulator.bind("127.0.0.1", 0).toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    @AfterAll
    static void stop() {
        testKit.shutdownTestKit();
    }

    /** Whatever happened, it is over: the simulator noticed that its client went away. */
    @AfterEach
    void noStreamIsLeftOpen() {
        Eventually.await(SOON, () -> assertThat(simulator.openStreams()).isZero());
    }

    private static RawHttp connected() {
        return RawHttp.connect(binding.localAddress());
    }

    private static String body(String path, boolean stream) {
        var prompt =
                path.equals(RESPONSES) ? "\"input\":\"Hi\"" : "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]";
        return "{\"model\":\"m\",\"stream\":" + stream + "," + prompt + "}";
    }

    private static RawHttp asked(RawHttp http, String path, boolean stream, String script) {
        return http.post(path, body(path, stream), "x-api-key: k", "x-simulate: " + script);
    }

    private static Rest streamed(String path, String script) {
        return streamed(path, script, SOON);
    }

    private static Rest streamed(String path, String script, Duration silence) {
        try (var http = asked(connected(), path, true, script)) {
            assertThat(http.readHead().status()).isEqualTo(200);
            return http.silenceAfter(silence).readRest();
        }
    }

    private static JsonNode answered(String path, String script) throws Exception {
        try (var http = asked(connected(), path, false, script)) {
            http.readHead();
            return JSON.readTree(http.readRest().text());
        }
    }

    @Test
    void refusesARequestWithoutACredentialInItsFormat() throws Exception {
        try (var http = connected().post(MESSAGES, body(MESSAGES, false))) {
            assertThat(http.readHead().status()).isEqualTo(401);
            assertThat(JSON.readTree(http.readRest().text()).at("/error/type").asText())
                    .isEqualTo("authentication_error");
        }
    }

    @Test
    void remembersARequestByteForByte() {
        // Given
        var body = "{ \"model\" : \"m\",\t\"messages\":[ ] , \"x\":\"Zürich\" }";
        // When
        try (var http = connected().post(CHAT + "?beta=%41true", body, "Authorization: Bearer a  b", "X-Odd: ä,b")) {
            http.readHead();
        }
        // Then
        var received = simulator.received().getLast();
        assertThat(received.method()).isEqualTo("POST");
        assertThat(received.path()).isEqualTo(CHAT + "?beta=%41true");
        assertThat(received.body().utf8String()).isEqualTo(body);
        assertThat(received.header("authorization")).contains("Bearer a  b");
        assertThat(received.header("Content-Type")).contains("application/json");
    }

    @ParameterizedTest
    @ValueSource(strings = {CHAT, RESPONSES, MESSAGES})
    void answersTheSameRequestWithTheSameBytes(String path) {
        assertThat(streamed(path, "id=7")).isEqualTo(streamed(path, "id=7"));
    }

    @ParameterizedTest
    @ValueSource(strings = {CHAT, RESPONSES, MESSAGES})
    void everyEventOfAStreamIsJson(String path) throws Exception {
        var rest = streamed(path, "tools=2; reasoning=9; events=4");

        assertThat(rest.end()).isEqualTo(End.PROPER);
        for (var event : rest.events()) {
            var data = event.substring(event.indexOf("data: ") + 6);
            assertThat(data.equals("[DONE]") || JSON.readTree(data).isObject())
                    .as(event)
                    .isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource({
        CHAT + ", /usage/prompt_tokens, 60",
        CHAT + ", /usage/completion_tokens, 50",
        CHAT + ", /usage/prompt_tokens_details/cached_tokens, 20",
        CHAT + ", /usage/prompt_tokens_details/cache_write_tokens, 30",
        CHAT + ", /usage/completion_tokens_details/reasoning_tokens, 5",
        RESPONSES + ", /usage/input_tokens, 60",
        RESPONSES + ", /usage/input_tokens_details/cache_write_tokens_details/ttl_12h_tokens, 10",
        RESPONSES + ", /usage/output_tokens_details/reasoning_tokens, 5",
        MESSAGES + ", /usage/input_tokens, 10",
        MESSAGES + ", /usage/cache_read_input_tokens, 20",
        MESSAGES + ", /usage/cache_creation_input_tokens, 30",
        MESSAGES + ", /usage/cache_creation/ephemeral_1h_input_tokens, 10",
        MESSAGES + ", /usage/output_tokens, 50"
    })
    void reportsTheUsageItWasTold(String path, String pointer, long expected) throws Exception {
        var answer = answered(path, "input=10; cached=20; cache-write=20; cache-write-1h=10; output=50; reasoning=5");

        assertThat(answer.at(pointer).asLong()).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {CHAT, RESPONSES, MESSAGES})
    void leavesUsageOutWhenTold(String path) throws Exception {
        assertThat(answered(path, "no-usage").path("usage").isObject()).isFalse();
    }

    @Test
    void sendsTheUsageChunkOnlyToThoseWhoAsk() {
        // Given
        var asking = body(CHAT, true)
                .replace("\"stream\":true", "\"stream\":true,\"stream_options\":{\"include_usage\":true}");
        // When
        try (var http = connected().post(CHAT, asking, "Authorization: Bearer k")) {
            http.readHead();
            var events = http.readRest().events();
            // Then
            assertThat(events)
                    .filteredOn(event -> event.contains("\"usage\":null"))
                    .hasSize(events.size() - 2);
            assertThat(events.get(events.size() - 2)).contains("\"choices\":[]").contains("\"prompt_tokens\":");
        }
        assertThat(streamed(CHAT, "").text()).doesNotContain("usage");
    }

    @Test
    void stopsAtTheOutputLimitOfTheRequest() throws Exception {
        try (var http = connected()
                .post(CHAT, "{\"model\":\"m\",\"max_tokens\":3,\"messages\":[]}", "Authorization: Bearer k")) {
            http.readHead();
            var answer = JSON.readTree(http.readRest().text());
            assertThat(answer.at("/choices/0/finish_reason").asText()).isEqualTo("length");
            assertThat(answer.at("/usage/completion_tokens").asLong()).isEqualTo(3);
        }
    }

    @ParameterizedTest
    @CsvSource({
        CHAT + ", 429, rate_limit_exceeded",
        CHAT + ", 503, server_error",
        RESPONSES + ", 500, server_error",
        MESSAGES + ", 429, rate_limit_error",
        MESSAGES + ", 500, api_error",
        MESSAGES + ", 529, overloaded_error"
    })
    void answersWithTheErrorItWasTold(String path, int status, String word) {
        try (var http = asked(connected(), path, true, "fault=" + status + "; retry-after=7")) {
            var head = http.readHead();
            assertThat(head.status()).isEqualTo(status);
            assertThat(head.header("retry-after")).contains("7");
            assertThat(http.readRest().text()).contains(word);
        }
    }

    @Test
    void failsOnlySoManyTimes() {
        assertThat(statusOf("fault=503; times=2; seed=1")).isEqualTo(503);
        assertThat(statusOf("fault=503; times=2; seed=1")).isEqualTo(503);
        assertThat(statusOf("fault=503; times=2; seed=1")).isEqualTo(200);
    }

    private static int statusOf(String script) {
        try (var http = asked(connected(), CHAT, false, script)) {
            return http.readHead().status();
        }
    }

    @Test
    void resetsInsteadOfAnswering() {
        try (var http = asked(connected(), CHAT, true, "reset")) {
            assertThat(http.endInsteadOfAnswer()).isEqualTo(End.RESET);
        }
    }

    @Test
    void neverAnswersWhenToldToHang() {
        try (var http = asked(connected(), CHAT, true, "hang").silenceAfter(Duration.ofMillis(300))) {
            assertThat(http.endInsteadOfAnswer()).isEqualTo(End.SILENCE);
        }
    }

    @Test
    void answersLateWhenToldTo() {
        try (var http = asked(connected(), CHAT, true, "answer-delay=2s").silenceAfter(Duration.ofMillis(200))) {
            assertThat(http.endInsteadOfAnswer()).isEqualTo(End.SILENCE);
            assertThat(http.silenceAfter(SOON).readHead().status()).isEqualTo(200);
        }
    }

    @Test
    void sendsTheHeadBeforeALateFirstEvent() {
        try (var http = asked(connected(), CHAT, true, "first-event-delay=2s")) {
            assertThat(http.readHead().status()).isEqualTo(200);
            http.silenceAfter(Duration.ofMillis(200));
            assertThatThrownBy(http::readEvent).isInstanceOf(UncheckedIOException.class);
        }
    }

    @ParameterizedTest
    @CsvSource({"cut-after, CUT", "reset-after, RESET", "end-after, PROPER"})
    void breaksOffAfterEveryNumberOfEvents(String word, End end) {
        for (var path : new String[] {CHAT, RESPONSES, MESSAGES}) {
            var whole = streamed(path, "events=2; id=1").events();
            for (var count = 0; count < whole.size(); count++) {
                var rest = streamed(path, "events=2; id=1; " + word + "=" + count);
                assertThat(rest.end()).as(path + " " + count).isEqualTo(end);
                assertThat(rest.events()).isEqualTo(whole.subList(0, count));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {CHAT, RESPONSES, MESSAGES})
    void stallsWithTheConnectionOpen(String path) {
        var rest = streamed(path, "stall-after=3", Duration.ofSeconds(1));

        assertThat(rest.end()).isEqualTo(End.SILENCE);
        assertThat(rest.events()).hasSize(3);
    }

    @ParameterizedTest
    @CsvSource({"cut-after, CUT", "reset-after, RESET", "stall-after, SILENCE"})
    void breaksOffAJsonAnswerToo(String word, End end) {
        try (var http = asked(connected(), CHAT, false, word + "=2").silenceAfter(Duration.ofMillis(500))) {
            assertThat(http.readHead().status()).isEqualTo(200);
            var rest = http.readRest();
            assertThat(rest.end()).isEqualTo(end);
            assertThat(rest.text()).hasSize(128);
        }
    }

    @Test
    void breaksTheEventItWasTold() {
        var events = streamed(CHAT, "malformed-at=3").events();

        assertThatThrownBy(() -> JSON.readTree(events.get(2).substring(6))).isNotNull();
        assertThat(events.getLast()).isEqualTo("data: [DONE]");
    }

    @ParameterizedTest
    @CsvSource({CHAT + ", server_error", RESPONSES + ", server_is_overloaded", MESSAGES + ", overloaded_error"})
    void endsWithAnErrorEvent(String path, String word) {
        var rest = streamed(path, "error-event-at=4");

        assertThat(rest.end()).isEqualTo(End.PROPER);
        assertThat(rest.events()).hasSize(4).last().asString().contains(word);
    }

    @Test
    void leavesOutTheSignOfCompletion() {
        assertThat(streamed(CHAT, "no-done").text()).contains("\"stop\"").doesNotContain("[DONE]");
        assertThat(streamed(CHAT, "no-terminal").text())
                .doesNotContain("\"stop\"")
                .contains("[DONE]");
        assertThat(streamed(RESPONSES, "no-terminal").text()).doesNotContain("event: response.completed");
        assertThat(streamed(MESSAGES, "no-terminal").text()).doesNotContain("message_stop");
    }

    @Test
    void sendsALineThatNeverEnds() {
        try (var http = asked(connected(), CHAT, true, "endless")) {
            http.readHead();
            http.readEvent();
            http.readEvent();
            assertThat(new String(http.readSome(3_000_000), StandardCharsets.UTF_8))
                    .hasSize(3_000_000)
                    .doesNotContain("\n");
        }
    }

    @Test
    void sendsAJsonAnswerOfExactlyTheSizeItWasTold() throws Exception {
        try (var http = asked(connected(), CHAT, false, "big=3m")) {
            var length = http.readHead()
                    .header("content-length")
                    .map(Integer::parseInt)
                    .orElseThrow();
            assertThat(length).isEqualTo(3 << 20);
            assertThat(JSON.readTree(http.readRest().text())
                            .at("/choices/0/finish_reason")
                            .asText())
                    .isEqualTo("stop");
        }
    }

    @Test
    void sendsABigStream() {
        assertThat(streamed(MESSAGES, "big=3m").text())
                .hasSizeBetween(3 << 20, 4 << 20)
                .contains("message_stop");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void compresses(boolean stream) throws Exception {
        try (var http = asked(connected(), MESSAGES, stream, "gzip; id=1")) {
            assertThat(http.readHead().header("content-encoding")).contains("gzip");
            var bytes = http.readSome(Integer.MAX_VALUE);
            var plain = new GZIPInputStream(new ByteArrayInputStream(bytes)).readAllBytes();
            assertThat(new String(plain, StandardCharsets.UTF_8)).contains(stream ? "message_stop" : "end_turn");
        }
    }

    @Test
    void splitsEventsAnywhere() {
        var whole = streamed(MESSAGES, "id=1");

        assertThat(streamed(MESSAGES, "id=1; chunking=1")).isEqualTo(whole);
        assertThat(streamed(MESSAGES, "id=1; chunking")).isEqualTo(whole);
    }

    @Test
    void keepsThePaceItWasTold() {
        // Given
        var begun = System.nanoTime();
        // When
        streamed(CHAT, "events=10; interval=20ms; no-done");
        // Then 12 events are 11 intervals apart; slower is the machine's doing.
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThanOrEqualTo(Duration.ofMillis(200));
    }

    @ParameterizedTest
    @CsvSource({"interval=5ms, true", "interval=5ms, false", "stall-after=2, true", "stall-after=2, false"})
    void noticesAReaderThatGoesAway(String manner, boolean rudely) {
        // Given
        var http = asked(connected(), CHAT, true, "events=100000; " + manner);
        http.readHead();
        http.readEvent();
        Eventually.await(SOON, () -> assertThat(simulator.openStreams()).isEqualTo(1));
        // When
        if (rudely) {
            http.reset();
        } else {
            http.close();
        }
        // Then
        Eventually.await(SOON, () -> assertThat(simulator.openStreams()).isZero());
    }

    @Test
    void takesItsScriptFromTheModelsNameToo() {
        var named = body(CHAT, false).replace("\"m\"", "\"any?fault=503\"");

        try (var http = connected().post(CHAT, named, "Authorization: Bearer k")) {
            assertThat(http.readHead().status()).isEqualTo(503);
        }
    }

    @Test
    void aFlakyModelFailsInTurn() {
        var statuses = java.util.stream.IntStream.range(0, 6).mapToObj(_ -> {
            try (var http = connected()
                    .post(CHAT, body(CHAT, false).replace("\"m\"", "\"sim-flaky\""), "Authorization: Bearer k")) {
                return http.readHead().status();
            }
        });

        assertThat(statuses).containsExactly(200, 429, 200, 503, 200, 200);
    }

    @Test
    void saysWhatItDidNotUnderstand() {
        try (var http = asked(connected(), CHAT, true, "cut-aftr=3")) {
            assertThat(http.readHead().status()).isEqualTo(400);
            assertThat(http.readRest().text()).contains("cut-aftr").contains("cut-after");
        }
    }

    @Test
    void countsTokensWithoutGenerating() throws Exception {
        assertThat(answered(MESSAGES + "/count_tokens", "input=42")
                        .path("input_tokens")
                        .asLong())
                .isEqualTo(42);
    }

    @Test
    void servesSeveralRequestsOnOneConnection() {
        try (var http = connected()) {
            for (var turn = 0; turn < 3; turn++) {
                asked(http, MESSAGES, true, "events=2");
                assertThat(http.readHead().status()).isEqualTo(200);
                assertThat(http.readRest().end()).isEqualTo(End.PROPER);
            }
        }
    }

    @Test
    void diesAndComesBackOnTheSamePort() throws Exception {
        // Given
        var other = new Simulator(testKit.system());
        var first =
                other.bind("127.0.0.1", FreePorts.take()).toCompletableFuture().get(20, TimeUnit.SECONDS);
        var address = first.localAddress();
        try (var open = asked(RawHttp.connect(address), CHAT, true, "events=100; interval=50ms")) {
            open.readHead();
            // When
            first.terminate(Duration.ofSeconds(1)).toCompletableFuture().get(20, TimeUnit.SECONDS);
            // Then
            assertThat(open.readRest().end()).isIn(End.CUT, End.RESET);
        }
        other.bind("127.0.0.1", address.getPort()).toCompletableFuture().get(20, TimeUnit.SECONDS);
        try (var again = asked(RawHttp.connect(address), CHAT, true, "")) {
            assertThat(again.readHead().status()).isEqualTo(200);
        }
    }
}
