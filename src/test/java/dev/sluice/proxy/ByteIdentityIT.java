package dev.sluice.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testing.BareProvider;
import dev.sluice.testing.RawHttp;
import dev.sluice.testing.RawHttp.End;
import dev.sluice.testing.TestFormat;
import dev.sluice.testing.TestGateway;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.GZIPOutputStream;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers arrive exactly as the provider sent them, whatever they are and however they are cut. */
class ByteIdentityIT {
    private static final int ROUNDS = 150;
    private static final List<String> TYPES = List.of(
            "application/json",
            "application/json; charset=utf-8",
            "application/problem+json; charset=utf-8",
            "text/plain",
            "text/plain; charset=utf-8",
            "application/octet-stream",
            "text/html");
    private static final List<String> STREAMS = List.of("text/event-stream", "text/event-stream; charset=utf-8");

    @TempDir
    static Path data;

    private static final AtomicReference<Plan> next = new AtomicReference<>();
    private static BareProvider provider;
    private static TestGateway gateway;

    /** How the body's end is told. */
    enum Framing {
        LENGTH,
        CHUNKS,
        CLOSE
    }

    private record Plan(int status, String type, String coding, ByteString body, Framing framing, long seed) {
        static Plan random(Random random, boolean events) {
            var bytes = events ? events(random) : bytes(random);
            var zipped = random.nextInt(4) == 0;
            return new Plan(
                    events
                            ? 200
                            : List.of(200, 200, 201, 400, 404, 418, 500, 529).get(random.nextInt(8)),
                    events ? STREAMS.get(random.nextInt(2)) : TYPES.get(random.nextInt(TYPES.size())),
                    zipped ? "Content-Encoding: gzip\r\n" : "",
                    ByteString.fromArray(zipped ? gzip(bytes) : bytes),
                    List.of(Framing.values()).get(random.nextInt(3)),
                    random.nextLong());
        }

        private static byte[] bytes(Random random) {
            var bytes = new byte[random.nextInt(10) == 0 ? random.nextInt(300_000) : random.nextInt(2_000)];
            random.nextBytes(bytes);
            return bytes;
        }

        /** Lines of every ending, events of every kind, and at last the sign that the answer is complete. */
        private static byte[] events(Random random) {
            var bytes = new ByteArrayOutputStream();
            var pieces = random.nextInt(40);
            for (var piece = 0; piece < pieces; piece++) {
                switch (random.nextInt(6)) {
                    case 0 -> bytes.writeBytes(bytes(random));
                    case 1 -> bytes.writeBytes(utf8("\r\n\r\n"));
                    case 2 -> bytes.writeBytes(utf8("data: {\"choices\":[{\"delta\":{\"content\":\"é\"}}]}\n\n"));
                    case 3 -> bytes.writeBytes(utf8(": ping\n\n"));
                    case 4 -> bytes.writeBytes(utf8("event: \uFEFFx\rdata:{\"type\":\"ping\"}\r\r"));
                    default -> bytes.writeBytes(utf8("data: {\"choices\":[],\"obje\n\ndata\n"));
                }
            }
            bytes.writeBytes(utf8("\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"));
            bytes.writeBytes(utf8("data: {\"choices\":[{\"index\":0,\"finish_reason\":\"stop\"}]}\n\n"));
            return bytes.toByteArray();
        }

        void write(OutputStream out) throws IOException {
            var random = new Random(seed);
            out.write(utf8("HTTP/1.1 " + status + " Odd\r\nContent-Type: " + type + "\r\n" + coding
                    + switch (framing) {
                        case LENGTH -> "Content-Length: " + body.size() + "\r\n\r\n";
                        case CHUNKS -> "Transfer-Encoding: chunked\r\n\r\n";
                        case CLOSE -> "Connection: close\r\n\r\n";
                    }));
            var bytes = body.toArrayUnsafe();
            for (var at = 0; at < bytes.length; ) {
                var end = Math.min(bytes.length, at + 1 + random.nextInt(random.nextBoolean() ? 20 : 20_000));
                if (framing == Framing.CHUNKS) {
                    out.write(utf8(Integer.toHexString(end - at) + ";x=\"y\"\r\n"));
                }
                out.write(Arrays.copyOfRange(bytes, at, end));
                if (framing == Framing.CHUNKS) {
                    out.write(utf8("\r\n"));
                }
                at = end;
            }
            if (framing == Framing.CHUNKS) {
                out.write(utf8("0\r\n\r\n"));
            }
            if (framing == Framing.CLOSE) {
                throw new IOException("closes the connection");
            }
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] gzip(byte[] bytes) {
        var zipped = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(zipped)) {
            gzip.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return zipped.toByteArray();
    }

    @BeforeAll
    static void start() throws Exception {
        provider = BareProvider.start((request, in, out) -> next.get().write(out));
        gateway = TestGateway.start(data, TestGateway.policy(provider.url()), Map.of("sluice.retries.pause", "1ms"));
    }

    @AfterAll
    static void stop() {
        gateway.close();
        provider.close();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 42, 20261121})
    void anyAnswerArrivesAsItWasSent(long seed) {
        var random = new Random(seed);
        for (var round = 0; round < ROUNDS; round++) {
            assertArrives(
                    "seed " + seed + ", round " + round,
                    List.of(TestFormat.values()).get(random.nextInt(3)),
                    Plan.random(random, false));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 42, 20261121})
    void anyStreamArrivesAsItWasSent(long seed) {
        var random = new Random(seed);
        for (var round = 0; round < ROUNDS; round++) {
            var format = random.nextBoolean() ? TestFormat.CHAT : TestFormat.MESSAGES;
            assertArrives("seed " + seed + ", round " + round, format, Plan.random(random, true));
        }
    }

    private static void assertArrives(String what, TestFormat format, Plan plan) {
        // Given
        next.set(plan);
        try (var http = RawHttp.connect(gateway.node().address())) {
            // When
            http.post(format.path(), format.body(plan.type().contains("event")));
            var head = http.readHead();
            var rest = http.readRest();
            // Then
            assertThat(head.status()).as(what).isEqualTo(plan.status());
            // A charset's name comes out in capitals; its case means nothing.
            assertThat(head.header("content-type").orElse("")).as(what).isEqualToIgnoringCase(plan.type());
            assertThat(head.header("content-encoding").isPresent())
                    .as(what)
                    .isEqualTo(!plan.coding().isEmpty());
            assertThat(rest.bytes()).as(what).isEqualTo(plan.body());
            assertThat(rest.end()).as(what).isEqualTo(End.PROPER);
        }
    }
}
