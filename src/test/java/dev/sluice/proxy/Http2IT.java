package dev.sluice.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testing.BareProvider;
import dev.sluice.testing.Eventually;
import dev.sluice.testing.FreePorts;
import dev.sluice.testing.Http2Front;
import dev.sluice.testing.RawHttp;
import dev.sluice.testing.RawHttp.End;
import dev.sluice.testing.Stand;
import dev.sluice.testing.TestCertificate;
import dev.sluice.testing.TestFormat;
import dev.sluice.testing.TestGateway;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Providers that speak HTTP/2: many requests on one connection, none of which may harm another. */
class Http2IT {
    private static final Duration SOON = Duration.ofSeconds(20);

    private static final List<TestFormat> FORMATS = List.of(TestFormat.values());

    @TempDir
    Path data;

    private TestCertificate certificate;

    @SuppressWarnings("NullAway.Init") // Made as soon as the provider behind it has a port.
    private Http2Front front;

    @BeforeEach
    void makeCertificate() {
        certificate = TestCertificate.make(data);
    }

    private Stand stand(String protocols) throws Exception {
        return Stand.start(
                data,
                url -> {
                    front = Http2Front.start(url, certificate, protocols, FreePorts.take());
                    return TestGateway.policy(front.url());
                },
                Map.of(
                        "sluice.tls.trust",
                        certificate.pem().toString(),
                        "sluice.http2",
                        true,
                        // Connections are counted here, and every loop has its own.
                        "sluice.event-loops",
                        1,
                        "sluice.retries.more",
                        0));
    }

    @Test
    void manyRequestsShareOneConnectionOnceItIsKnownWhatIsSpoken() throws Exception {
        try (var stand = stand("h2,http/1.1");
                var closing = front) {
            // Given
            stand.assertServes(TestFormat.CHAT);
            // When
            var ends = Stand.together(IntStream.range(0, 60)
                    .mapToObj(number -> (Callable<End>) () -> {
                        try (var http =
                                stand.ask(FORMATS.get(number % 3), true, "shared", "events=20; interval=20ms")) {
                            assertThat(http.readHead().status()).isEqualTo(200);
                            return http.readRest().end();
                        }
                    })
                    .toList());
            // Then
            assertThat(ends).containsOnly(End.PROPER);
            var stats = closing.stats();
            assertThat(stats.path("http2").asInt()).as(stats.toString()).isEqualTo(61);
            assertThat(stats.path("http1").asInt()).as(stats.toString()).isZero();
            assertThat(stats.path("sessionsEver").asInt()).as(stats.toString()).isEqualTo(1);
            assertThat(stats.path("forbidden")).as(stats.toString()).isEmpty();
            stand.awaitQuiet();
        }
    }

    @Test
    void aHostWithoutHttp2IsServedFromTheFirstRequestOn() throws Exception {
        try (var stand = stand("http/1.1");
                var closing = front) {
            var statuses = Stand.together(IntStream.range(0, 20)
                    .mapToObj(number -> (Callable<Integer>) () -> {
                        try (var http = stand.ask(TestFormat.CHAT, true, "first", "events=3")) {
                            var status = http.readHead().status();
                            assertThat(http.readRest().end()).isEqualTo(End.PROPER);
                            return status;
                        }
                    })
                    .toList());
            assertThat(statuses).containsOnly(200);
            assertThat(closing.stats().path("http2").asInt()).isZero();
            stand.awaitQuiet();
        }
    }

    @Test
    void everyByteOfARequestAndOfAnAnswerPasses() throws Exception {
        try (var stand = stand("h2,http/1.1");
                var closing = front) {
            stand.assertServes(TestFormat.CHAT);
            for (var format : TestFormat.values()) {
                // When
                var said = stand.said(format, true, "events=300; id=3; chunking=7");
                try (var http = stand.ask(format, true, "whole", "events=300; id=3; chunking=7")) {
                    http.readHead();
                    // Then
                    if (format != TestFormat.CHAT) {
                        assertThat(http.readRest().text()).isEqualTo(said.text());
                    }
                }
            }
            assertThat(closing.stats().path("http1").asInt()).isZero();
        }
    }

    @Test
    void aReaderThatStopsStallsItsOwnStreamAndNobodyElses() throws Exception {
        try (var stand = stand("h2,http/1.1");
                var closing = front) {
            stand.assertServes(TestFormat.CHAT);
            // Given: enough readers that stop to fill any window they share
            var stopped = new ArrayList<RawHttp>();
            for (var number = 0; number < 40; number++) {
                var http = RawHttp.connect(stand.gateway().node().address(), 16 * 1024);
                http.post("/v1/messages", TestFormat.MESSAGES.body(true), Stand.headers("stopped", "big=200m"));
                assertThat(http.readHead().status()).isEqualTo(200);
                stopped.add(http);
            }
            // Then
            for (var number = 0; number < 20; number++) {
                stand.assertServes(FORMATS.get(number % 3));
            }
            assertThat(closing.stats().path("sessionsEver").asInt()).isEqualTo(1);
            // And: who reads on, gets on
            stopped.getFirst().body().skipNBytes(20 << 20);
            stopped.forEach(RawHttp::close);
            stand.awaitQuiet();
            stand.assertServes(TestFormat.MESSAGES);
            assertThat(closing.stats().path("sessionsEver").asInt()).isEqualTo(1);
        }
    }

    @Test
    void aClientThatLeavesEndsItsOwnStreamOnly() throws Exception {
        try (var stand = stand("h2,http/1.1");
                var closing = front) {
            stand.assertServes(TestFormat.CHAT);
            // Given
            try (var stays = stand.ask(TestFormat.CHAT, true, "stays", "events=200; interval=10ms")) {
                stays.readHead();
                // When
                for (var script : List.of("hang", "events=1000; interval=20ms", "events=3; stall-after=1")) {
                    for (var number = 0; number < 5; number++) {
                        var leaves = stand.ask(TestFormat.MESSAGES, true, "leaves", script);
                        if (!script.equals("hang")) {
                            leaves.readHead();
                            leaves.readEvent();
                        } else {
                            Eventually.await(
                                    SOON,
                                    () -> assertThat(closing.stats()
                                                    .path("streams")
                                                    .asInt())
                                            .isGreaterThan(1));
                        }
                        leaves.hangUp();
                    }
                }
                // Then: fifteen streams are reset, one goes on
                Eventually.await(SOON, () -> {
                    var stats = closing.stats();
                    assertThat(stats.path("streams").asInt())
                            .as(stats.toString())
                            .isLessThanOrEqualTo(1);
                });
                assertThat(stays.readRest().end()).isEqualTo(End.PROPER);
            }
            var stats = closing.stats();
            assertThat(stats.path("sessionsEver").asInt()).as(stats.toString()).isEqualTo(1);
            assertThat(stats.path("http1").asInt()).as(stats.toString()).isZero();
            stand.awaitQuiet();
        }
    }

    @RepeatedTest(3)
    void aConnectionThatDiesTakesItsStreamsAlongAndTheNextRequestIsServed() throws Exception {
        try (var stand = stand("h2,http/1.1");
                var closing = front) {
            stand.assertServes(TestFormat.CHAT);
            var streams = new ArrayList<RawHttp>();
            for (var number = 0; number < 9; number++) {
                var http = stand.ask(FORMATS.get(number % 3), true, "cut-off", "events=1000; interval=20ms");
                http.readHead();
                http.readEvent();
                streams.add(http);
            }
            // When
            closing.destroy();
            // Then
            for (var http : streams) {
                assertThat(http.readRest().end()).isIn(End.CUT, End.RESET);
                http.close();
            }
            stand.assertServes(TestFormat.CHAT);
            stand.assertServes(TestFormat.MESSAGES);
            stand.awaitQuiet();
            // And one that dies while nothing is on it
            closing.destroy();
            stand.assertServes(TestFormat.RESPONSES);
        }
    }

    @Test
    void aConnectionThatEndsInGoodOrderFinishesItsStreamsAndNoRequestIsLost() throws Exception {
        try (var stand = stand("h2,http/1.1");
                var closing = front) {
            stand.assertServes(TestFormat.CHAT);
            try (var http = stand.ask(TestFormat.CHAT, true, "finishes", "events=50; interval=20ms")) {
                http.readHead();
                http.readEvent();
                // When
                closing.goAway();
                // Then
                for (var number = 0; number < 6; number++) {
                    stand.assertServes(FORMATS.get(number % 3));
                }
                assertThat(http.readRest().end()).isEqualTo(End.PROPER);
            }
            stand.awaitQuiet();
        }
    }

    @RepeatedTest(2)
    void requestsForWhichThereIsNoRoomOnTheConnectionGetAnother() throws Exception {
        try (var stand = stand("h2,http/1.1");
                var closing = front) {
            stand.assertServes(TestFormat.CHAT);
            // When: the front takes a hundred streams a connection
            var ends = Stand.together(Stream.generate(() -> (Callable<End>) () -> {
                        try (var http = stand.ask(TestFormat.CHAT, true, "many", "events=30; interval=50ms")) {
                            assertThat(http.readHead().status()).isEqualTo(200);
                            return http.readRest().end();
                        }
                    })
                    .limit(250)
                    .toList());
            // Then
            assertThat(ends).containsOnly(End.PROPER);
            var stats = closing.stats();
            assertThat(stats.path("sessionsEver").asInt()).as(stats.toString()).isBetween(2, 4);
            assertThat(stats.path("http2").asInt()).as(stats.toString()).isEqualTo(251);
            assertThat(stats.path("http1").asInt()).as(stats.toString()).isZero();
            stand.awaitQuiet();
        }
    }

    @Test
    void aHostThatForgetsHttp2IsServedInHttp11() throws Exception {
        try (var stand = stand("h2,http/1.1")) {
            stand.assertServes(TestFormat.CHAT);
            var port = front.port();
            var url = "http://127.0.0.1:" + stand.providerAddress().getPort();
            // When
            front.close();
            try (var http = stand.ask(TestFormat.CHAT, true, "nobody", "events=1")) {
                assertThat(http.readHead().status()).isEqualTo(502);
            }
            try (var older = Http2Front.start(url, certificate, "http/1.1", port)) {
                // Then
                stand.assertServes(TestFormat.CHAT);
                stand.assertServes(TestFormat.MESSAGES);
                assertThat(older.stats().path("http2").asInt()).isZero();
            }
        }
    }

    @Test
    void aCertificateThatNobodySignedIsRefusedWithTheSameWords() throws Exception {
        try (var provider = BareProvider.start(certificate.serverSocket(), (request, in, out) -> {});
                var gateway = TestGateway.start(
                        data,
                        TestGateway.policy("https://localhost:" + provider.port()),
                        Map.of("sluice.retries.more", 0, "sluice.http2", true));
                var http = RawHttp.connect(gateway.node().address())) {
            http.post("/v1/chat/completions", TestFormat.CHAT.body(true), "User-Agent: somebody");
            assertThat(http.readHead().status()).isEqualTo(502);
            assertThat(http.readRest().text()).contains("signed by nobody whom this machine trusts");
        }
    }
}
