package dev.sluice.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.testing.Eventually;
import dev.sluice.testing.NodeClients;
import dev.sluice.testing.Stand;
import dev.sluice.testing.TestCertificate;
import dev.sluice.testing.TestFormat;
import java.io.IOException;
import java.io.InputStream;
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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that speak HTTP/2: many requests on one connection, none of which may harm another. */
class Http2ListenerIT {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final List<TestFormat> FORMATS = List.of(TestFormat.values());

    @TempDir
    Path data;

    private final List<HttpClient> clients = new ArrayList<>();
    private TestCertificate certificate;

    @BeforeEach
    void makeCertificate() {
        certificate = TestCertificate.make(data);
    }

    private Stand stand(Map<String, ?> more) throws Exception {
        var settings = new HashMap<String, Object>(certificate.settings());
        settings.putAll(more);
        return Stand.start(data, settings);
    }

    @AfterEach
    void leave() {
        // Closing would wait for answers that nobody reads.
        clients.forEach(HttpClient::shutdownNow);
    }

    private HttpClient client() throws Exception {
        var client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_2)
                .sslContext(TestCertificate.trusting(certificate.pem()))
                .build();
        clients.add(client);
        return client;
    }

    private static HttpRequest request(Stand stand, TestFormat format, String body, String name, String script) {
        var builder = HttpRequest.newBuilder(
                        URI.create("https://localhost:" + stand.gateway().port() + format.path()))
                .timeout(Duration.ofSeconds(60))
                .header("content-type", "application/json; charset=utf-8")
                .POST(BodyPublishers.ofString(body));
        for (var line : Stand.headers(name, script)) {
            var colon = line.indexOf(':');
            builder.header(line.substring(0, colon), line.substring(colon + 2));
        }
        return builder.build();
    }

    private static HttpResponse<byte[]> ask(
            Stand stand, HttpClient client, TestFormat format, boolean stream, String name, String script)
            throws Exception {
        var response =
                client.send(request(stand, format, format.body(stream), name, script), BodyHandlers.ofByteArray());
        assertThat(response.version()).isEqualTo(HttpClient.Version.HTTP_2);
        return response;
    }

    private static HttpResponse<InputStream> open(
            Stand stand, HttpClient client, TestFormat format, String name, String script) throws Exception {
        var response =
                client.send(request(stand, format, format.body(true), name, script), BodyHandlers.ofInputStream());
        assertThat(response.version()).isEqualTo(HttpClient.Version.HTTP_2);
        assertThat(response.statusCode()).isEqualTo(200);
        return response;
    }

    @ParameterizedTest
    @EnumSource
    void everyByteOfAnAnswerPasses(TestFormat format) throws Exception {
        try (var stand = stand(Map.of())) {
            var client = client();
            for (var script : List.of("events=300; id=3; chunking=7", "events=3; id=1")) {
                // When
                var document = ask(stand, client, format, false, "document", script);
                var stream = ask(stand, client, format, true, "stream", script);
                // Then
                assertThat(document.statusCode()).isEqualTo(200);
                assertThat(ByteString.fromArray(document.body()))
                        .isEqualTo(stand.said(format, false, script).bytes());
                if (format != TestFormat.CHAT) {
                    assertThat(ByteString.fromArray(stream.body()))
                            .isEqualTo(stand.said(format, true, script).bytes());
                }
                assertThat(stream.headers().map())
                        .doesNotContainKeys("connection", "transfer-encoding", "keep-alive")
                        .containsKeys("date", "x-sluice-request-id");
            }
        }
    }

    @Test
    void aHundredStreamsShareOneConnection() throws Exception {
        try (var stand = stand(Map.of())) {
            var client = client();
            ask(stand, client, TestFormat.CHAT, true, "first", "events=1");
            // When
            var bodies = Stand.together(IntStream.range(0, 100)
                    .mapToObj(number -> (Callable<String>) () -> {
                        var format = FORMATS.get(number % 3);
                        var body = new String(
                                ask(stand, client, format, true, "shared-" + number, "events=20; interval=20ms")
                                        .body(),
                                StandardCharsets.UTF_8);
                        assertThat(format.isComplete(List.of(body.split("\n\n"))))
                                .as(body)
                                .isTrue();
                        return body;
                    })
                    .toList());
            // Then
            assertThat(bodies).hasSize(100);
            assertThat(stand.gateway().node().openConnections()).isEqualTo(1);
            var exchanges = stand.exchanges(IntStream.range(0, 100)
                    .mapToObj(number -> "shared-" + number)
                    .toList());
            assertThat(exchanges.values())
                    .allSatisfy(exchange ->
                            assertThat(exchange.path("outcome").asText()).isEqualTo("completed"));
            client.shutdownNow();
            stand.awaitQuiet();
        }
    }

    @Test
    void aClientThatGivesUpEndsItsOwnRequestOnly() throws Exception {
        try (var stand = stand(Map.of())) {
            var client = client();
            var stays = open(stand, client, TestFormat.MESSAGES, "stays", "events=150; interval=20ms");
            // When: in the middle of an answer
            for (var number = 0; number < 5; number++) {
                var leaves = open(stand, client, TestFormat.MESSAGES, "leaves-" + number, "events=1000; interval=20ms");
                assertThat(leaves.body().read()).isPositive();
                leaves.body().close();
            }
            // And: before it has begun
            var waits = client.sendAsync(
                    request(stand, TestFormat.MESSAGES, TestFormat.MESSAGES.body(true), "waits", "hang"),
                    BodyHandlers.ofInputStream());
            Eventually.await(
                    SOON,
                    () -> assertThat(stand.simulator().received().getLast().header("user-agent"))
                            .contains("waits"));
            waits.cancel(true);
            // Then
            var names = List.of("leaves-0", "leaves-1", "leaves-2", "leaves-3", "leaves-4", "waits");
            assertThat(stand.exchanges(names).values())
                    .allSatisfy(exchange ->
                            assertThat(exchange.path("outcome").asText()).isEqualTo("client_cancelled"));
            assertThat(new String(stays.body().readAllBytes(), StandardCharsets.UTF_8))
                    .contains("message_stop");
            assertThat(stand.gateway().node().openConnections()).isEqualTo(1);
            assertThat(stand.exchange("stays").path("outcome").asText()).isEqualTo("completed");
            client.shutdownNow();
            stand.awaitQuiet();
        }
    }

    @Test
    void aClientThatDiesEndsAllItsRequests() throws Exception {
        try (var stand = stand(Map.of())) {
            var client = client();
            var answers = new ArrayList<HttpResponse<InputStream>>();
            for (var number = 0; number < 9; number++) {
                answers.add(
                        open(stand, client, FORMATS.get(number % 3), "dies-" + number, "events=1000; interval=20ms"));
            }
            // When
            client.shutdownNow();
            // Then
            stand.awaitQuiet();
            assertThat(stand.exchanges(IntStream.range(0, 9)
                                    .mapToObj(number -> "dies-" + number)
                                    .toList())
                            .values())
                    .allSatisfy(exchange ->
                            assertThat(exchange.path("outcome").asText()).isEqualTo("client_cancelled"));
            assertThat(answers).hasSize(9);
        }
    }

    @Test
    void aReaderThatStopsStallsItsOwnAnswerOnly() throws Exception {
        try (var stand = stand(Map.of())) {
            var client = client();
            // Given: less than what this client takes of all answers together
            var stopped = open(stand, client, TestFormat.MESSAGES, "stopped", "big=60m")
                    .body();
            // Then
            for (var number = 0; number < 20; number++) {
                assertThat(ask(stand, client, FORMATS.get(number % 3), true, "goes-on", "events=20")
                                .statusCode())
                        .isEqualTo(200);
            }
            assertThat(stand.gateway().node().openConnections()).isEqualTo(1);
            // And: who reads on, gets on
            assertThat(stopped.readNBytes(20 << 20)).hasSize(20 << 20);
            client.shutdownNow();
            stand.awaitQuiet();
        }
    }

    @Test
    void aReaderThatNeverReadsOnIsResetInTheEnd() throws Exception {
        try (var stand = stand(Map.of("sluice.clocks.client-idle", "1s"))) {
            var client = client();
            var stopped = open(stand, client, TestFormat.MESSAGES, "stopped", "big=60m")
                    .body();
            // Then
            assertThat(stand.exchange("stopped").path("outcome").asText()).isEqualTo("client_cancelled");
            assertThatThrownBy(stopped::readAllBytes).isInstanceOf(IOException.class);
            assertThat(ask(stand, client, TestFormat.CHAT, true, "goes-on", "events=20")
                            .statusCode())
                    .isEqualTo(200);
            assertThat(stand.gateway().node().openConnections()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 70_000, 5 << 20})
    void aRequestOfAnySizeArrivesByteForByte(int size) throws Exception {
        try (var stand = stand(Map.of())) {
            var client = client();
            for (var format : FORMATS) {
                var body = format.body(format.model(), false, "x".repeat(size));
                // When
                var response = client.send(request(stand, format, body, "large", "events=1"), BodyHandlers.ofString());
                // Then
                assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
                assertThat(stand.simulator().received().getLast().body()).isEqualTo(ByteString.fromString(body));
            }
        }
    }

    @Test
    void aBodyPastTheLimitIsToldTheLimit() throws Exception {
        try (var stand = stand(Map.of("sluice.limits.request-body", "1MiB"))) {
            var client = client();
            var body = TestFormat.CHAT.body("test-gpt", false, "x".repeat((1 << 20) + (1 << 19)));
            var response =
                    client.send(request(stand, TestFormat.CHAT, body, "large", "events=1"), BodyHandlers.ofString());
            assertThat(response.statusCode()).isEqualTo(413);
            assertThat(TestFormat.CHAT.errorMessage(response.body())).contains(Integer.toString(1 << 20));
        }
    }

    @Test
    void moreStreamsThanTheNodeTakesAreRefusedOneByOne() throws Exception {
        try (var stand = stand(Map.of("sluice.limits.connections", 3))) {
            var client = client();
            var first = open(stand, client, TestFormat.MESSAGES, "first", "events=40; interval=50ms");
            var more = List.of(
                    open(stand, client, TestFormat.MESSAGES, "second", "events=40; interval=50ms"),
                    open(stand, client, TestFormat.MESSAGES, "third", "events=40; interval=50ms"));
            // When
            assertThatThrownBy(() -> ask(stand, client, TestFormat.CHAT, false, "fourth", "events=1"))
                    .isInstanceOf(IOException.class);
            // Then
            assertThat(new String(first.body().readAllBytes(), StandardCharsets.UTF_8))
                    .contains("message_stop");
            for (var other : more) {
                other.body().readAllBytes();
            }
            assertThat(ask(stand, client, TestFormat.CHAT, false, "fifth", "events=1")
                            .statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void aConnectionWithoutRequestsIsClosed() throws Exception {
        try (var stand = stand(Map.of("sluice.clocks.next-request", "2s"))) {
            var client = client();
            ask(stand, client, TestFormat.CHAT, true, "once", "events=1");
            stand.awaitQuiet();
            // The client may not have heard of the end yet, and then its request fails, for it was written into
            // nothing.
            Eventually.await(
                    SOON,
                    () -> assertThat(ask(stand, client, TestFormat.CHAT, true, "again", "events=1")
                                    .statusCode())
                            .isEqualTo(200));
        }
    }

    @Test
    void aDrainLetsOpenStreamsFinish() throws Exception {
        var stand = stand(Map.of("sluice.drain-timeout", "5m"));
        var client = client();
        var answers = new ArrayList<HttpResponse<InputStream>>();
        for (var number = 0; number < 9; number++) {
            answers.add(open(stand, client, FORMATS.get(number % 3), "finishes", "events=40; interval=50ms"));
        }
        // When
        var drained = CompletableFuture.runAsync(stand::close);
        // Then
        for (var number = 0; number < 9; number++) {
            var body = new String(answers.get(number).body().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(FORMATS.get(number % 3).isComplete(List.of(body.split("\n\n"))))
                    .as(body)
                    .isTrue();
        }
        drained.get(60, TimeUnit.SECONDS);
        assertThatThrownBy(() -> ask(stand, client, TestFormat.CHAT, false, "late", "events=1"))
                .isInstanceOf(IOException.class);
    }

    @Test
    void aDrainThatTakesTooLongCutsStreams() throws Exception {
        var stand = stand(Map.of("sluice.drain-timeout", "500ms"));
        var answer = open(stand, client(), TestFormat.MESSAGES, "cut", "events=10000; interval=50ms");
        // When: this fails after a minute, long before the stream ends by itself
        stand.close();
        // Then
        assertThatThrownBy(() -> answer.body().readAllBytes()).isInstanceOf(IOException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"https", "http"})
    void aClientThatNobodyHereHasWrittenIsContent(String scheme) throws Exception {
        try (var stand = scheme.equals("https") ? stand(Map.of()) : Stand.start(data)) {
            var script = "events=9; id=1; cut-after=5";
            var said = stand.said(TestFormat.MESSAGES, true, "events=9; id=1").events();
            var before = Files.writeString(data.resolve("said"), String.join("\n\n", said.subList(0, 5)) + "\n\n");
            NodeClients.runBare(
                    "http2-client.mjs",
                    Map.of(
                            "BASE_URL",
                            scheme + "://localhost:" + stand.gateway().port(),
                            "BODY",
                            TestFormat.MESSAGES.body(true),
                            "BROKEN",
                            script,
                            "SAID",
                            before.toString(),
                            "NODE_EXTRA_CA_CERTS",
                            certificate.pem().toString()));
            stand.awaitQuiet();
        }
    }
}
