package dev.sluice.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.testing.Eventually;
import dev.sluice.testing.RawHttp;
import dev.sluice.testing.RawHttp.End;
import dev.sluice.testing.Stand;
import dev.sluice.testing.TestCertificate;
import dev.sluice.testing.TestFormat;
import dev.sluice.testing.TestGateway;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The node's own certificate, and HTTP/1.1 behind it. */
class TlsListenerIT {
    private static final Duration SOON = Duration.ofSeconds(20);

    @TempDir
    Path data;

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

    @ParameterizedTest
    @EnumSource
    void http11IsServedOverTlsByteForByte(TestFormat format) throws Exception {
        try (var stand = stand(Map.of())) {
            var script = "events=300; id=3; chunking=7";
            try (var http = stand.ask(format, false, "document", script)) {
                assertThat(http.readHead().status()).isEqualTo(200);
                assertThat(http.readRest().bytes())
                        .isEqualTo(stand.said(format, false, script).bytes());
                // And on the same connection
                http.post(format.path(), format.body(true), Stand.headers("stream", script));
                assertThat(http.readHead().status()).isEqualTo(200);
                var rest = http.readRest();
                assertThat(rest.end()).isEqualTo(End.PROPER);
                if (format != TestFormat.CHAT) {
                    assertThat(rest.text())
                            .isEqualTo(stand.said(format, true, script).text());
                }
            }
            stand.awaitQuiet();
        }
    }

    @Test
    void aClientThatHangsUpEndsItsRequest() throws Exception {
        try (var stand = stand(Map.of())) {
            var http = stand.ask(TestFormat.CHAT, true, "leaves", "events=1000; interval=20ms");
            http.readHead();
            http.readEvent();
            // When
            http.hangUp();
            // Then
            stand.awaitQuiet();
            assertThat(stand.exchange("leaves").path("outcome").asText()).isEqualTo("client_cancelled");
        }
    }

    @Test
    void whoeverDoesNotSpeakTlsIsSentAwayAndNobodyElseNotices() throws Exception {
        try (var stand = stand(Map.of("sluice.clocks.next-request", "2s"))) {
            var address = stand.gateway().node().address();
            try (var clear = RawHttp.connect(address).get("/healthz");
                    var silent = RawHttp.connect(address)) {
                assertThat(clear.endInsteadOfAnswer()).isIn(End.CUT, End.RESET);
                // Then
                stand.assertServes(TestFormat.CHAT);
                Eventually.await(
                        SOON,
                        () -> assertThat(stand.gateway().node().openConnections())
                                .isZero());
                assertThat(silent.endInsteadOfAnswer()).isIn(End.CUT, End.RESET);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void bothVersionsOfTlsAreSpoken(String version) throws Exception {
        try (var stand = stand(Map.of())) {
            var tls = TestCertificate.trusting(certificate.pem());
            try (var socket = socket(tls, stand.gateway().node().address())) {
                socket.setEnabledProtocols(new String[] {version});
                socket.startHandshake();
                assertThat(socket.getSession().getProtocol()).isEqualTo(version);
            }
        }
    }

    private static SSLSocket socket(SSLContext tls, InetSocketAddress address) throws IOException {
        return (SSLSocket) tls.getSocketFactory().createSocket(address.getAddress(), address.getPort());
    }

    private static X509Certificate shown(TestCertificate believed, InetSocketAddress address) throws Exception {
        try (var socket = socket(TestCertificate.trusting(believed.pem()), address)) {
            socket.startHandshake();
            return (X509Certificate) socket.getSession().getPeerCertificates()[0];
        }
    }

    @Test
    void aCertificateThatIsRenewedIsTakenUpAndABadOneIsNot() throws Exception {
        try (var stand = stand(Map.of("sluice.tls.renewal", "50ms"))) {
            var address = stand.gateway().node().address();
            // Given
            try (var before = stand.ask(TestFormat.CHAT, true, "before", "events=60; interval=50ms")) {
                before.readHead();
                var next = TestCertificate.make(
                        Files.createDirectory(data.resolve("next")), "next", "SAN=dns:localhost", "-validity", "2");
                // When: a certificate without its key, then the key, too
                replace(next.pem(), certificate.pem(), 1);
                assertThatThrownBy(() -> shown(next, address)).isInstanceOf(SSLException.class);
                replace(next.key(), certificate.key(), 2);
                // Then
                Eventually.await(
                        SOON,
                        () -> assertThat(shown(next, address)
                                        .getSubjectX500Principal()
                                        .getName())
                                .isEqualTo("CN=next"));
                // And
                Files.writeString(certificate.pem(), "no certificate");
                Files.setLastModifiedTime(certificate.pem(), FileTime.from(Instant.EPOCH.plusSeconds(3)));
                assertThat(shown(next, address)).isNotNull();
                assertThat(before.readRest().end()).isEqualTo(End.PROPER);
                assertThat(shown(next, address)).isNotNull();
            }
        }
    }

    private static void replace(Path from, Path to, int number) throws IOException {
        var written = Files.readAllBytes(from);
        Files.write(to, written);
        // However coarse the clock of the file system is.
        Files.setLastModifiedTime(to, FileTime.from(Instant.EPOCH.plusSeconds(number)));
    }

    @Test
    void aFileThatCannotBeUsedEndsTheStartWithItsNameAndWhatWasExpected() throws Exception {
        var other = TestCertificate.make(Files.createDirectory(data.resolve("other")));
        var text = Files.writeString(data.resolve("text"), "no certificate, and no key")
                .toString();
        var old = Files.writeString(
                        data.resolve("old.key"),
                        Files.readString(certificate.key()).replace("PRIVATE KEY", "EC PRIVATE KEY"))
                .toString();
        var missing = data.resolve("missing").toString();
        var pem = certificate.pem().toString();
        var key = certificate.key().toString();
        assertEndsSaying(
                missing, key, "sluice.tls.certificate: " + missing + " (expected: a file of certificates as PEM");
        assertEndsSaying(text, key, "sluice.tls.certificate: " + text + " (expected: a file of certificates as PEM");
        assertEndsSaying(
                pem, missing, "sluice.tls.key: " + missing + " (expected: a file with an EC or RSA key as PEM");
        assertEndsSaying(pem, text, "sluice.tls.key: " + text + " (expected: a file with an EC or RSA key as PEM");
        assertEndsSaying(pem, old, "openssl pkcs8 -topk8 -nodes");
        assertEndsSaying(
                pem,
                other.key().toString(),
                "sluice.tls.key: " + other.key() + " (expected: the key of the first certificate in " + pem + ")");
        assertEndsSaying(pem, "", "sluice.tls.key: not set (expected: a file, or no sluice.tls.certificate)");
        assertEndsSaying("", key, "sluice.tls.certificate: not set (expected: a file, or no sluice.tls.key)");
    }

    private void assertEndsSaying(String pem, String key, String message) {
        assertThatThrownBy(() -> TestGateway.start(
                                data,
                                TestGateway.policy("http://127.0.0.1:1"),
                                Map.of("sluice.tls.certificate", pem, "sluice.tls.key", key))
                        .close())
                .hasMessageContaining(message);
    }

    @Test
    void inTheClearTheFirstBytesMayComeOneByOne() throws Exception {
        try (var stand = Stand.start(data)) {
            for (var request :
                    List.of("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", "PRI /healthz HTTP/1.1\r\nHost: x\r\n\r\n")) {
                try (var http = stand.open()) {
                    for (var at = 0; at < request.length(); at++) {
                        http.send(request.substring(at, at + 1));
                    }
                    assertThat(http.readHead().status()).isEqualTo(request.startsWith("GET") ? 200 : 501);
                }
            }
            // And what looks like the beginning of HTTP/2 is no reason to wait for ever
            try (var http = stand.open()) {
                http.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
                assertThat(http.readHead().status()).isEqualTo(405);
            }
            stand.awaitQuiet();
        }
    }
}
