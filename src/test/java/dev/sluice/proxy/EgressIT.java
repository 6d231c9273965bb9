package dev.sluice.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testing.BareProvider;
import dev.sluice.testing.ClosedPort;
import dev.sluice.testing.RawHttp;
import dev.sluice.testing.TestCertificate;
import dev.sluice.testing.TestFormat;
import dev.sluice.testing.TestGateway;
import dev.sluice.testing.TestProxy;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The way out to providers: through proxies, under private authorities, over hosts' several addresses. */
class EgressIT {
    private static final String ANSWER = "{\"id\":\"a\",\"object\":\"chat.completion\",\"choices\":[]}";

    @TempDir
    static Path certificates;

    private static TestCertificate good;

    @TempDir
    Path data;

    @BeforeAll
    static void makeCertificates() {
        good = TestCertificate.make(certificates);
    }

    private static void answer(OutputStream out) throws Exception {
        out.write(("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + ANSWER.length()
                        + "\r\n\r\n" + ANSWER)
                .getBytes(StandardCharsets.US_ASCII));
    }

    private static BareProvider tlsProvider(TestCertificate certificate) throws Exception {
        return BareProvider.start(certificate.serverSocket(), (request, in, out) -> answer(out));
    }

    private TestGateway gateway(String url, Map<String, ?> more) throws Exception {
        var settings = new HashMap<String, Object>(more);
        settings.putIfAbsent("sluice.proxy.loopback", true);
        settings.putIfAbsent("sluice.retries.more", 0);
        settings.putIfAbsent("sluice.http2", false);
        // Connections are counted here, and every loop has its own.
        settings.putIfAbsent("sluice.event-loops", 1);
        return TestGateway.start(data, TestGateway.policy(url), settings);
    }

    private record Told(int status, String body) {}

    private static Told ask(TestGateway gateway) {
        try (var http = RawHttp.connect(gateway.node().address())) {
            http.post("/v1/chat/completions", TestFormat.CHAT.body(false));
            var status = http.readHead().status();
            return new Told(status, http.readRest().text());
        }
    }

    private static void assertServes(TestGateway gateway) {
        assertThat(ask(gateway)).isEqualTo(new Told(200, ANSWER));
    }

    // --- TLS

    @Test
    void aCertificateOfTheOperatorsOwnAuthorityIsBelieved() throws Exception {
        try (var provider = tlsProvider(good);
                var gateway = gateway(
                        "https://localhost:" + provider.port(),
                        Map.of("sluice.tls.trust", good.pem().toString()))) {
            assertServes(gateway);
            assertServes(gateway);
            assertThat(provider.openConnections()).isEqualTo(1);
        }
    }

    @Test
    void theNameIsCheckedUnderTheOperatorsOwnAuthorityToo() throws Exception {
        try (var provider = tlsProvider(good);
                var gateway = gateway(
                        "https://127.0.0.1:" + provider.port(),
                        Map.of("sluice.tls.trust", good.pem().toString()))) {
            var told = ask(gateway);
            assertThat(told.status()).isEqualTo(502);
            assertThat(told.body()).contains("certificate").contains("127.0.0.1");
        }
    }

    @Test
    void aCertificateThatHasExpiredIsNotBelievedAndTheClientIsToldWhy() throws Exception {
        var expired =
                TestCertificate.make(data, "localhost", "SAN=dns:localhost", "-startdate", "-10d", "-validity", "3");
        // Trusting it directly is not enough: an authority vouches for a time.
        try (var provider = tlsProvider(expired);
                var gateway = gateway("https://localhost:" + provider.port(), Map.of())) {
            var told = ask(gateway);
            assertThat(told.status()).isEqualTo(502);
            assertThat(told.body()).contains("certificate");
        }
    }

    @Test
    void aFileOfAuthoritiesThatIsNoneEndsTheStart() throws Exception {
        var file = Files.writeString(data.resolve("none.pem"), "nothing");
        for (var path : List.of(file.toString(), data.resolve("missing.pem").toString())) {
            Assertions.assertThatThrownBy(() -> gateway("http://127.0.0.1:1", Map.of("sluice.tls.trust", path)))
                    .hasMessageContaining("sluice.tls.trust: " + path);
        }
    }

    @Test
    void aProviderThatIsSilentInTheHandshakeIsGivenUp() throws Exception {
        try (var silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                var gateway = gateway(
                        "https://localhost:" + silent.getLocalPort(), Map.of("sluice.clocks.connect", "500ms"))) {
            var start = System.nanoTime();
            var told = ask(gateway);
            assertThat(told.status()).as(told.body()).isEqualTo(504);
            assertThat(told.body()).contains("TLS");
            // Without that setting it would have been ten.
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(9));
        }
    }

    // --- proxies

    @Test
    void aProviderWithTlsIsReachedThroughATunnel() throws Exception {
        try (var provider = tlsProvider(good);
                var proxy = TestProxy.start();
                var gateway = gateway(
                        "https://localhost:" + provider.port(),
                        Map.of(
                                "sluice.tls.trust",
                                good.pem().toString(),
                                "sluice.http2",
                                true,
                                "sluice.proxy.https",
                                "http://ada:p%40ss@127.0.0.1:" + proxy.port()))) {
            assertServes(gateway);
            assertServes(gateway);
            // Then: one tunnel, and nothing but the host's name was shown to the proxy
            assertThat(proxy.heads()).hasSize(1);
            assertThat(proxy.heads().getFirst())
                    .startsWith("CONNECT localhost:" + provider.port() + " HTTP/1.1\r\n")
                    .contains("\r\nProxy-Authorization: Basic YWRhOnBAc3M=\r\n")
                    .doesNotContain("provider-key");
        }
    }

    @Test
    void aProviderWithoutTlsIsReachedByItsWholeAddress() throws Exception {
        var heads = new CopyOnWriteArrayList<String>();
        try (var provider = BareProvider.start((request, in, out) -> {
                    heads.add(request.head());
                    answer(out);
                });
                var proxy = TestProxy.start();
                var gateway = gateway(
                        provider.url(), Map.of("sluice.proxy.http", "http://ada:secret@127.0.0.1:" + proxy.port()))) {
            assertServes(gateway);
            assertThat(proxy.heads()).hasSize(1);
            assertThat(proxy.heads().getFirst())
                    .startsWith("POST " + provider.url() + "/v1/chat/completions HTTP/1.1\r\n")
                    .contains("\r\nProxy-Authorization: Basic YWRhOnNlY3JldA==\r\n")
                    .contains("\r\nHost: 127.0.0.1:" + provider.port() + "\r\n");
            assertThat(heads).hasSize(1);
        }
    }

    @Test
    void anExceptionIsAskedDirectly() throws Exception {
        try (var provider = BareProvider.start((request, in, out) -> answer(out));
                var proxy = TestProxy.start();
                var gateway = gateway(
                        provider.url(),
                        Map.of(
                                "sluice.proxy.http",
                                "http://127.0.0.1:" + proxy.port(),
                                "sluice.proxy.none",
                                "example.com, 127.0.0.0/8"))) {
            assertServes(gateway);
            assertThat(proxy.heads()).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'HTTP/1.1 407 Proxy Authentication Required\r\n\r\n', 502, 407",
        "'HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\n\r\nno!', 502, 403 Forbidden",
        "'HTTP/1.0 502 Bad Gateway\r\n\r\n', 502, 502 Bad Gateway",
        "'SSH-2.0-OpenSSH_9.9\r\n\r\n', 502, not HTTP",
        "reset, 502, connection",
        "hang, 504, opened no connection within 3 s",
    })
    void aProxyThatOpensNoTunnelIsNamedAndTheNextRequestIsServed(String verdict, int status, String why)
            throws Exception {
        var verdicts = new CopyOnWriteArrayList<>(List.of(verdict));
        try (var provider = tlsProvider(good);
                var proxy = TestProxy.start(head -> verdicts.isEmpty() ? "" : verdicts.removeFirst());
                var gateway = gateway(
                        "https://localhost:" + provider.port(),
                        Map.of(
                                // Enough for the request that is served afterwards, however busy the machine is.
                                "sluice.clocks.connect",
                                "3s",
                                "sluice.tls.trust",
                                good.pem().toString(),
                                "sluice.proxy.https",
                                "http://ada:hunter2@127.0.0.1:" + proxy.port()))) {
            // When
            var told = ask(gateway);
            // Then
            assertThat(told.status()).as(told.body()).isEqualTo(status);
            assertThat(TestFormat.CHAT.errorMessage(told.body()))
                    .contains("http://127.0.0.1:" + proxy.port())
                    .contains(why)
                    .doesNotContain("hunter2");
            // And
            assertServes(gateway);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"https", "http"})
    void aProxyThatIsNotThereIsNamed(String scheme) throws Exception {
        try (var closed = ClosedPort.take();
                var gateway = gateway(
                        scheme + "://provider.example",
                        Map.of("sluice.proxy." + scheme, "127.0.0.1:" + closed.number()))) {
            var told = ask(gateway);
            assertThat(told.status()).isEqualTo(502);
            assertThat(told.body())
                    .contains("http://127.0.0.1:" + closed.number())
                    .contains("refused");
        }
    }

    @Test
    void aProxysOwnNoIsNotPassedOffAsTheProviders() throws Exception {
        try (var proxy = TestProxy.start(head -> "HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n");
                var gateway =
                        gateway("http://provider.example", Map.of("sluice.proxy.http", "127.0.0.1:" + proxy.port()))) {
            var told = ask(gateway);
            assertThat(told.status()).isEqualTo(502);
            assertThat(told.body()).contains("407").contains("http://127.0.0.1:" + proxy.port());
        }
    }
}
