package dev.sluice.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testing.Eventually;
import dev.sluice.testing.RawHttp;
import dev.sluice.testing.RawHttp.End;
import dev.sluice.testing.TestGateway;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What clients' connections may do, and how long. */
class ConnectionsIT {
    private static final Duration SOON = Duration.ofSeconds(15);
    private static final String GET = "GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n";

    @TempDir
    private Path data;

    private TestGateway gateway(Map<String, ?> settings) throws Exception {
        return TestGateway.start(data, TestGateway.policy("http://127.0.0.1:9"), settings);
    }

    private static InetSocketAddress address(TestGateway gateway) {
        return gateway.node().address();
    }

    @Test
    void moreConnectionsThanTheLimitWaitUntilOthersClose() throws Exception {
        try (var gateway = gateway(Map.of("sluice.limits.connections", 4))) {
            // Given: far more than may be open, counting those that are accepted in one go
            var open = new ArrayList<RawHttp>();
            for (var number = 0; number < 60; number++) {
                open.add(RawHttp.connect(address(gateway)));
            }
            Eventually.await(
                    SOON, () -> assertThat(gateway.node().openConnections()).isBetween(4, 4 + 16));
            var last = open.removeLast();
            last.send(GET);
            // When
            open.forEach(RawHttp::close);
            // Then
            assertThat(last.readHead().status()).isEqualTo(200);
            last.close();
        }
    }

    @Test
    void aHeadThatTakesItsTimeAndAConnectionWithoutARequestAreClosed() throws Exception {
        try (var gateway = gateway(Map.of("sluice.clocks.next-request", "1500ms"));
                var slow = RawHttp.connect(address(gateway));
                var idle = RawHttp.connect(address(gateway));
                var reused = RawHttp.connect(address(gateway))) {
            slow.send("POST /v1/messages HTTP/1.1\r\nHost: he");
            reused.send(GET);
            assertThat(reused.readHead().status()).isEqualTo(200);
            assertThat(slow.endInsteadOfAnswer()).isIn(End.CUT, End.RESET);
            assertThat(idle.endInsteadOfAnswer()).isIn(End.CUT, End.RESET);
            Eventually.await(
                    SOON, () -> assertThat(gateway.node().openConnections()).isZero());
        }
    }

    @Test
    void aHeadThatIsTooLargeIsAnsweredInPlainWords() throws Exception {
        try (var gateway = gateway(Map.of())) {
            try (var http = RawHttp.connect(address(gateway))) {
                http.send("GET /healthz HTTP/1.1\r\nHost: here\r\nX-Long: " + "x".repeat(40_000) + "\r\n\r\n");
                assertThat(http.readHead().status()).isEqualTo(431);
            }
            try (var http = RawHttp.connect(address(gateway))) {
                http.send("GET /" + "x".repeat(10_000) + " HTTP/1.1\r\nHost: here\r\n\r\n");
                assertThat(http.readHead().status()).isEqualTo(414);
            }
        }
    }

    @Test
    void requestsThatComeAtOnceAreAnsweredInOrder() throws Exception {
        try (var gateway = gateway(Map.of());
                var http = RawHttp.connect(address(gateway))) {
            http.send(GET + "GET /nowhere HTTP/1.1\r\nHost: here\r\n\r\n" + GET);
            for (var expected : new int[] {200, 404, 200}) {
                assertThat(http.readHead().status()).isEqualTo(expected);
                assertThat(http.readRest().end()).isEqualTo(End.PROPER);
            }
        }
    }
}
