package dev.sluice.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testing.BareProvider;
import dev.sluice.testing.Eventually;
import dev.sluice.testing.RawHttp;
import dev.sluice.testing.RawHttp.End;
import dev.sluice.testing.Stand;
import dev.sluice.testing.TestFormat;
import dev.sluice.testing.TestGateway;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that read slowly or not at all, and answers without end: memory stays bounded. */
@Isolated("Weighs the heap of the process.")
class SlowReaderIT {
    private static final int CLIENTS = 8;
    private static final long MOST_A_CLIENT = 2 << 20;
    private static final int PIECES = 200 * 64;
    private static final byte[] PIECE =
            ("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"
                            + "\"delta\":{\"type\":\"text_delta\",\"text\":\"" + "x".repeat(16 * 1024 - 137)
                            + "\"}}\n\n")
                    .getBytes(StandardCharsets.UTF_8);
    private static final byte[] LAST =
            "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n".getBytes(StandardCharsets.UTF_8);

    @TempDir
    Path data;

    /** Writes 200 MB as fast as they are taken, in chunks or as one body of known length. */
    private static void answer(OutputStream out, boolean events, AtomicLong written) throws IOException {
        var length = (long) PIECES * PIECE.length + LAST.length;
        var framing = events
                ? "Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
                : "Content-Type: application/json\r\nContent-Length: " + length + "\r\n\r\n";
        out.write(("HTTP/1.1 200 OK\r\n" + framing).getBytes(StandardCharsets.US_ASCII));
        for (var piece = 0; piece <= PIECES; piece++) {
            var bytes = piece < PIECES ? PIECE : LAST;
            if (events) {
                out.write((Integer.toHexString(bytes.length) + "\r\n").getBytes(StandardCharsets.US_ASCII));
            }
            out.write(bytes);
            if (events) {
                out.write("\r\n".getBytes(StandardCharsets.US_ASCII));
            }
            written.addAndGet(bytes.length);
        }
        if (events) {
            out.write("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        }
    }

    private static long expected() {
        var sum = new CRC32();
        for (var piece = 0; piece < PIECES; piece++) {
            sum.update(PIECE);
        }
        sum.update(LAST);
        return sum.getValue();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aReaderThatStopsCostsLittleAndStopsTheProvider(boolean events) throws Exception {
        var written = new AtomicLong();
        try (var provider = BareProvider.start((request, in, out) -> answer(out, events, written));
                var gateway = TestGateway.start(data, keepingNothing(TestGateway.policy(provider.url())))) {
            // Given: everything that is loaded once is
            try (var http = ask(gateway, events)) {
                assertThat(sumOfRest(http)).isEqualTo(expected());
            }
            var before = liveHeap();
            var whole = written.getAndSet(0);
            // When
            var clients = new ArrayList<RawHttp>();
            for (var client = 0; client < CLIENTS; client++) {
                clients.add(ask(gateway, events));
            }
            awaitStandstill(written);
            // Then
            assertThat(written.get()).isLessThan(CLIENTS * whole / 4);
            assertThat((liveHeap() - before) / CLIENTS).isLessThan(MOST_A_CLIENT);
            // And: who reads on gets it all
            assertThat(sumOfRest(clients.getLast())).isEqualTo(expected());
            clients.forEach(RawHttp::close);
            Eventually.await(Duration.ofSeconds(20), () -> {
                assertThat(gateway.node().openConnections()).isZero();
                assertThat(provider.openConnections()).isLessThanOrEqualTo(2);
            });
        }
    }

    /** What is held for captures is bounded for all together, not for each; here it would only hide what the relay holds. */
    private static String keepingNothing(String policy) {
        return policy.replaceFirst("\\{", "{ \"database\": { \"retention\": { \"duration\": \"0\" } },");
    }

    private static RawHttp ask(TestGateway gateway, boolean events) {
        var http = RawHttp.connect(gateway.node().address(), 64 * 1024);
        http.post("/v1/messages", TestFormat.MESSAGES.body(events));
        assertThat(http.readHead().status()).isEqualTo(200);
        return http;
    }

    private static long sumOfRest(RawHttp http) throws IOException {
        var sum = new CRC32();
        var buffer = new byte[64 * 1024];
        for (var count = http.body().read(buffer);
                count >= 0;
                count = http.body().read(buffer)) {
            sum.update(buffer, 0, count);
        }
        return sum.getValue();
    }

    /** Nothing more is written for as long as thirty looks take. */
    private static void awaitStandstill(AtomicLong written) {
        var last = new AtomicLong(-1);
        var same = new AtomicLong();
        Eventually.await(Duration.ofSeconds(20), () -> {
            var now = written.get();
            same.set(last.getAndSet(now) == now ? same.get() + 1 : 0);
            assertThat(same.get()).isGreaterThan(30);
        });
    }

    /** What is left when garbage is collected until that changes nothing. */
    private static long liveHeap() {
        return LongStream.range(0, 4)
                .map(round -> {
                    System.gc();
                    return ManagementFactory.getMemoryMXBean()
                            .getHeapMemoryUsage()
                            .getUsed();
                })
                .min()
                .orElseThrow();
    }

    @ParameterizedTest
    @EnumSource
    void anEventWithoutEndIsRelayedAndNotKept(TestFormat format) throws Exception {
        try (var stand = Stand.start(data)) {
            // Given
            var before = liveHeap();
            var clients = new ArrayList<RawHttp>();
            var names = List.of("endless-1", "endless-2", "endless-3", "endless-4");
            for (var name : names) {
                clients.add(stand.ask(format, true, name, "endless"));
            }
            // When
            for (var http : clients) {
                assertThat(http.readHead().status()).isEqualTo(200);
                http.body().skipNBytes(48 << 20);
            }
            // Then
            assertThat((liveHeap() - before) / clients.size()).isLessThan(MOST_A_CLIENT);
            clients.forEach(RawHttp::close);
            stand.awaitQuiet();
            assertThat(stand.exchanges(names).values()).allSatisfy(exchange -> {
                assertThat(exchange.path("outcome").asText()).isEqualTo("client_cancelled");
                assertThat(exchange.path("cost_nanos").asLong()).isPositive();
            });
        }
    }

    @Test
    void aSlowReaderGetsTheLastBytesOfTheLastAnswerOnAConnectionToo() throws Exception {
        try (var stand = Stand.start(data);
                var http = RawHttp.connect(stand.gateway().node().address(), 16 * 1024)) {
            // Given: the connection ends with this answer
            var headers = new ArrayList<>(List.of(Stand.headers("last", "big=8m")));
            headers.add("Connection: close");
            http.post("/v1/messages", TestFormat.MESSAGES.body(true), headers.toArray(String[]::new));
            // When
            assertThat(http.readHead().status()).isEqualTo(200);
            var rest = http.readRest();
            // Then
            assertThat(rest.end()).isEqualTo(End.PROPER);
            assertThat(stand.exchange("last").path("outcome").asText()).isEqualTo("completed");
        }
    }

    @Test
    void aReaderThatTakesNothingForLongIsGivenUp() throws Exception {
        try (var stand = Stand.start(data, java.util.Map.of("sluice.clocks.client-idle", "1s"));
                var http = RawHttp.connect(stand.gateway().node().address(), 16 * 1024)) {
            // When
            http.post("/v1/messages", TestFormat.MESSAGES.body(true), Stand.headers("sleeper", "big=200m"));
            assertThat(http.readHead().status()).isEqualTo(200);
            // Then
            Eventually.await(
                    Duration.ofSeconds(20),
                    () -> assertThat(stand.gateway().node().openConnections()).isZero());
            stand.awaitQuiet();
            assertThat(List.of(End.CUT, End.RESET)).contains(http.readRest().end());
            assertThat(stand.exchange("sleeper").path("cost_nanos").asLong()).isPositive();
        }
    }
}
