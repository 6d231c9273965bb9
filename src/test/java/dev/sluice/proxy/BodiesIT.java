package dev.sluice.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.simulator.ReceivedRequest;
import dev.sluice.testing.RawHttp;
import dev.sluice.testing.RawHttp.End;
import dev.sluice.testing.Stand;
import dev.sluice.testing.TestFormat;
import dev.sluice.testing.TestGateway;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients send: huge, odd or broken bodies, and headers of every kind. */
class BodiesIT {
    private static final int HUGE = 60 << 20;
    private static final String LIMIT = Integer.toString(50 << 20);

    @TempDir
    static Path data;

    private static Stand stand;

    @BeforeAll
    static void start() throws Exception {
        stand = Stand.start(
                data,
                provider -> TestGateway.policy(provider).replace("(loopback)", "*"),
                Map.of("sluice.trusted-proxies", List.of("127.0.0.1")));
    }

    @AfterAll
    static void stop() throws Exception {
        stand.close();
    }

    @AfterEach
    void nothingIsLeft() {
        stand.awaitQuiet();
    }

    private static String head(TestFormat format, String... lines) {
        return "POST " + format.path() + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + String.join("\r\n", lines) + "\r\n\r\n";
    }

    private static void assertTooLarge(TestFormat format, RawHttp http) {
        assertThat(http.readHead().status()).isEqualTo(413);
        assertThat(format.errorMessage(http.readRest().text())).contains(LIMIT);
    }

    /** Either the next request is served on the connection, or the connection has ended as it should. */
    private static void assertUsableOrClosed(TestFormat format, RawHttp http) {
        try {
            http.post(format.path(), format.body(false));
        } catch (java.io.UncheckedIOException closed) {
            return;
        }
        if (http.isOpen()) {
            assertThat(http.readHead().status()).isEqualTo(200);
            assertThat(http.readRest().end()).isEqualTo(End.PROPER);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aBodyPastTheLimitIsToldTheLimit(TestFormat format) {
        try (var http = stand.open()) {
            // When
            http.send(head(format, "Content-Length: " + HUGE));
            sendHuge(http);
            // Then
            assertTooLarge(format, http);
            assertUsableOrClosed(format, http);
        }
    }

    private static void sendHuge(RawHttp http) {
        var block = new byte[1 << 20];
        Arrays.fill(block, (byte) ' ');
        for (var sent = 0; sent < HUGE; sent += block.length) {
            http.send(block);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aBodyInChunksPastTheLimitIsToldTheLimit(TestFormat format) {
        try (var http = stand.open()) {
            // When
            http.send(head(format, "Transfer-Encoding: chunked"));
            var block = " ".repeat(1 << 20);
            for (var sent = 0; sent < HUGE; sent += block.length()) {
                http.send("100000\r\n" + block + "\r\n");
            }
            http.send("0\r\n\r\n");
            // Then
            assertTooLarge(format, http);
            assertUsableOrClosed(format, http);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aClientThatAsksBeforeItSendsIsRefusedBeforeItSends(TestFormat format) {
        try (var http = stand.open()) {
            // When
            http.send(head(format, "Expect: 100-continue", "Content-Length: " + HUGE));
            // Then
            assertTooLarge(format, http);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aClientThatAsksBeforeItSendsIsToldToGoOn(TestFormat format) {
        try (var http = stand.open()) {
            // When
            http.send(head(
                    format,
                    "Expect: 100-continue",
                    "Content-Length: " + format.body(false).length()));
            assertThat(http.readHead().status()).isEqualTo(100);
            http.send(format.body(false));
            // Then
            assertThat(http.readHead().status()).isEqualTo(200);
            assertThat(http.readRest().end()).isEqualTo(End.PROPER);
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatCannotBeReadIsABadRequestInTheClientsFormat(TestFormat format) {
        var good = format.body(false);
        var bad = List.of(
                "",
                "not json",
                "[]",
                "{}",
                good.substring(0, good.length() / 2),
                good.replace("\"model\"", "\"modell\""),
                good.replace("\"test-", "7, \"x\": \"test-"),
                good.replaceFirst("\\{", "{\"model\": \"test-gpt\", "),
                good + good);
        for (var body : bad) {
            try (var http = stand.open()) {
                // When
                http.post(format.path(), body);
                // Then
                assertThat(http.readHead().status()).as(body).isEqualTo(400);
                assertThat(format.errorMessage(http.readRest().text())).as(body).isNotBlank();
                // And
                assertUsableOrClosed(format, http);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void theModelMayComeLastInALargeBody(TestFormat format) {
        // Given
        var prompt = "x".repeat(20 << 20);
        var body = format.body("\\u0074est-" + format.model().substring(5), false, prompt);
        var model = body.substring(1, body.indexOf(',') + 1);
        var last = "{" + body.substring(model.length() + 2, body.length() - 1) + ", " + model.replace(",", "}");
        // When
        var answer = exchange(format, last.getBytes(StandardCharsets.UTF_8));
        // Then
        assertThat(answer).isEqualTo(200);
        assertThat(stand.simulator().received().getLast().body()).isEqualTo(ByteString.fromString(last));
    }

    private static int exchange(TestFormat format, byte[] body, String... headers) {
        try (var http = stand.open()) {
            var lines = IntStream.rangeClosed(0, headers.length)
                    .mapToObj(at -> at == 0 ? "Content-Length: " + body.length : headers[at - 1])
                    .toArray(String[]::new);
            http.send(head(format, lines)).send(body);
            var status = http.readHead().status();
            var rest = http.readRest();
            assertThat(rest.end()).isEqualTo(End.PROPER);
            return status;
        }
    }

    @ParameterizedTest
    @EnumSource
    void aCompressedBodyArrivesAsItCame(TestFormat format) throws IOException {
        // Given
        var zipped = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(zipped)) {
            gzip.write(format.body(false).getBytes(StandardCharsets.UTF_8));
        }
        // When
        exchange(format, zipped.toByteArray(), "Content-Encoding: gzip");
        // Then
        var received = stand.simulator().received().getLast();
        assertThat(received.body()).isEqualTo(ByteString.fromArray(zipped.toByteArray()));
        assertThat(received.header("content-encoding")).contains("gzip");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 20261121, 77})
    void anyBodyArrivesByteForByte(long seed) {
        var random = new Random(seed);
        for (var round = 0; round < 40; round++) {
            var format = List.of(TestFormat.values()).get(random.nextInt(3));
            for (var qualified : List.of(false, true)) {
                // Given
                var name = format.model();
                var body = scribbled(random, format, qualified ? "sim/" + name : name);
                // When
                assertThat(exchange(format, body.getBytes(StandardCharsets.UTF_8)))
                        .as("seed " + seed + ": " + body)
                        .isEqualTo(200);
                // Then
                assertThat(stand.simulator().received().getLast().body().utf8String())
                        .isEqualTo(qualified ? body.replace("sim/" + name, name) : body);
            }
        }
    }

    /** A good request among members that say nothing, some twice, in any order, with every kind of space and escape. */
    private static String scribbled(Random random, TestFormat format, String model) {
        var good = format.body(model, false, text(random));
        var members = Arrays.stream(good.substring(1, good.length() - 1).split(", (?=\"(?:stream|messages|input|max))"))
                .collect(Collectors.toList());
        var count = random.nextInt(6);
        for (var at = 0; at < count; at++) {
            members.add("\"unrelated%d\"%s:%s%s".formatted(at % 2, space(random), space(random), value(random, 3)));
        }
        Collections.shuffle(members, random);
        return members.stream()
                .map(member -> space(random) + member + space(random))
                .collect(Collectors.joining(",", space(random) + "{", "}" + space(random)));
    }

    private static String space(Random random) {
        return List.of("", " ", "\n", "\t \r\n", "").get(random.nextInt(5));
    }

    private static String value(Random random, int depth) {
        return switch (random.nextInt(depth == 0 ? 5 : 7)) {
            case 0 -> "\"" + text(random) + "\"";
            case 1 -> Double.toString(random.nextGaussian() * 1e30);
            case 2 -> "-0.0e-7";
            case 3 -> "123456789012345678901234567890";
            case 4 -> random.nextBoolean() ? "null" : "true";
            case 5 -> "[" + space(random) + value(random, depth - 1) + " ," + value(random, depth - 1) + "]";
            default -> "{\"model\":" + value(random, depth - 1) + ",\"\":" + value(random, depth - 1) + "}";
        };
    }

    private static String text(Random random) {
        return IntStream.range(0, random.nextInt(30))
                .mapToObj(at -> List.of(
                                "a", "\\\"", "\\\\", "\\u00e9", "é", "\\ud83d\\ude00", "😀", "\\/", "\u2028", "}{")
                        .get(random.nextInt(10)))
                .collect(Collectors.joining());
    }

    @Test
    void headersPassEndToEndAndCredentialsDoNot() {
        // Given
        var passing = List.of(
                "anthropic-beta: a-1,b-2",
                "x-request-id: mine",
                "Idempotency-Key: once",
                "x-stainless-lang: js",
                "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "X-Odd: (a; \"q\" ,,");
        var stopping = List.of(
                "Authorization: Bearer client-secret",
                "x-api-key: client-secret",
                "x-goog-api-key: client-secret",
                "api-key: client-secret",
                "Cookie: session=client-secret",
                "Proxy-Authorization: Basic client-secret",
                "Tailscale-User-Login: alice@example.com",
                "Tailscale-User-Name: Alice",
                "Tailscale-User-Profile-Pic: https://example.com/a.png",
                "X-Forwarded-For: 100.64.0.1",
                "Connection: x-hop, keep-alive",
                "x-hop: 1",
                "Keep-Alive: timeout=5",
                "TE: trailers",
                "Trailer: x-t",
                "Accept-Encoding: gzip");
        try (var http = stand.open()) {
            // When
            var lines = java.util.stream.Stream.concat(passing.stream(), stopping.stream())
                    .toArray(String[]::new);
            http.post("/v1/messages?beta=true&key=client-secret", TestFormat.MESSAGES.body(false), lines);
            // Then
            var status = http.readHead().status();
            assertThat(status).as(http.readRest().text()).isEqualTo(200);
        }
        var received = stand.simulator().received().getLast();
        assertThat(received.path()).isEqualTo("/v1/messages?beta=true");
        assertThat(received.toString()).doesNotContain("client-secret").doesNotContain("alice");
        for (var line : passing) {
            var colon = line.indexOf(':');
            assertThat(received.header(line.substring(0, colon))).as(line).contains(line.substring(colon + 2));
        }
        assertThat(received.header("authorization")).contains("Bearer provider-key");
        assertThat(received.header("accept-encoding")).contains("identity");
        assertThat(names(received))
                .doesNotContain(
                        "x-api-key",
                        "x-goog-api-key",
                        "api-key",
                        "cookie",
                        "proxy-authorization",
                        "x-hop",
                        "keep-alive",
                        "te",
                        "trailer",
                        "tailscale-user-login",
                        "tailscale-user-name",
                        "tailscale-user-profile-pic",
                        "x-forwarded-for");
    }

    private static List<String> names(ReceivedRequest request) {
        return request.headers().stream()
                .map(header -> header.getKey().toLowerCase(java.util.Locale.ROOT))
                .toList();
    }

    @Test
    void requestsMayComeOneBehindTheOther() {
        try (var http = stand.open()) {
            // When
            var body = TestFormat.CHAT.body(false);
            var request = head(TestFormat.CHAT, "Content-Length: " + body.length()) + body;
            http.send(request + request + request);
            // Then
            for (var answer = 0; answer < 3; answer++) {
                assertThat(http.readHead().status()).isEqualTo(200);
                assertThat(http.readRest().end()).isEqualTo(End.PROPER);
            }
        }
    }

    @Test
    void aClientThatWantsTheConnectionClosedGetsItsWholeAnswer() {
        try (var http = stand.open()) {
            // When
            http.post("/v1/messages", TestFormat.MESSAGES.body(true), "Connection: close", "x-simulate: interval=20ms");
            // Then
            assertThat(http.readHead().status()).isEqualTo(200);
            var rest = http.readRest();
            assertThat(rest.end()).isEqualTo(End.PROPER);
            assertThat(rest.text()).contains("message_stop");
            assertThat(http.endInsteadOfAnswer()).isEqualTo(End.CUT);
        }
    }

    @Test
    void anOldClientGetsItsWholeAnswer() {
        try (var http = stand.open()) {
            // When
            var body = TestFormat.MESSAGES.body(true);
            http.send("POST /v1/messages HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: " + body.length()
                    + "\r\nx-simulate: interval=20ms\r\n\r\n" + body);
            // Then
            assertThat(http.readHead().status()).isEqualTo(200);
            assertThat(http.readRest().text()).contains("message_stop");
        }
    }
}
