package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testing.AdminApi;
import dev.sluice.testing.Eventually;
import dev.sluice.testing.RawHttp;
import dev.sluice.testing.SluiceProcess;
import dev.sluice.testing.TestCertificate;
import dev.sluice.testing.TestGateway;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a process starts, and how it ends when it cannot: with 1, soon, and with a line that a person can act on. */
class CommandLineIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String POLICY = """
            {
              "grants": [{ "src": ["(loopback)"], "app": { "tailscale.com/cap/aperture": [{ "role": "admin" }] } }],
              "providers": { "keyless": { "baseurl": "http://127.0.0.1:1", "models": ["m"] } },
              "colour": "blue",
            }
            """;

    @TempDir
    private Path directory;

    @BeforeEach
    void writePolicy() throws IOException {
        Files.writeString(directory.resolve("policy.hujson"), POLICY);
    }

    @Test
    void servesWhatTheVariablesSayAndWarnsOfWhatItDoubts() throws Exception {
        var environment =
                Map.of("SLUICE_CONFIG", "policy.hujson", "SLUICE_LISTEN", "127.0.0.1:0", "SLUICE_DATA", "kept");
        try (var gateway = SluiceProcess.start(directory, environment, "serve");
                var admin = new AdminApi(gateway.awaitAddress())) {
            assertThat(admin.status("/readyz")).isEqualTo(200);
            assertThat(directory.resolve("kept/sluice.db")).exists();
            // Lines of the log are written by a thread of their own.
            Eventually.await(
                    SOON,
                    () -> assertThat(gateway.error())
                            .containsPattern("policy.hujson:4:\\d+: warning: .*colour")
                            .containsPattern("WARN .*no apikey.* provider=\"?keyless"));
        }
    }

    @Test
    void servesTlsWhenTheVariablesNameACertificate() throws Exception {
        var certificate = TestCertificate.make(directory);
        var environment = Map.of(
                "SLUICE_TLS_CERTIFICATE",
                certificate.pem().toString(),
                "SLUICE_TLS_KEY",
                certificate.key().toString());
        Files.writeString(directory.resolve("policy.hujson"), TestGateway.policy("http://127.0.0.1:1"));
        try (var gateway = SluiceProcess.start(
                        directory, environment, "serve", "--config", "policy.hujson", "--listen", "127.0.0.1:0");
                var http = RawHttp.connect(gateway.awaitAddress(), TestCertificate.trusting(certificate.pem()))) {
            assertThat(http.get("/readyz").readHead().status()).isEqualTo(200);
            Eventually.await(
                    SOON,
                    () -> assertThat(gateway.out())
                            .contains("sluice listens on https://127.0.0.1:", "try: curl https://127.0.0.1:"));
        }
    }

    @Test
    void endsWhenTheCertificateCannotBeUsed() throws IOException {
        var text = Files.writeString(directory.resolve("text"), "no certificate");
        Files.writeString(
                directory.resolve("node.conf"),
                "sluice.tls { certificate = \"" + text + "\", key = \"" + text + "\" }");
        assertEndsSaying(
                "sluice.tls.certificate: .*text \\(expected: a file of certificates as PEM",
                "--listen",
                "127.0.0.1:0",
                "--settings",
                "node.conf");
    }

    @Test
    void saysWhichVariableWouldDoForAMissingConfig() {
        try (var gateway = SluiceProcess.start(directory, "serve")) {
            assertThat(gateway.awaitExit(SOON)).isEqualTo(2);
            assertThat(gateway.error()).contains("--config").contains("SLUICE_CONFIG");
        }
    }

    @Test
    void endsWhenThePortIsTaken() throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var address = "127.0.0.1:" + taken.getLocalPort();

            assertEndsSaying("cannot listen on " + address + ": Address already in use", "--listen", address);
        }
    }

    @Test
    void endsWhenTheHostIsNotOnThisMachine() {
        assertEndsSaying("cannot listen on 192.0.2.1:8080: ", "--listen", "192.0.2.1:8080");
    }

    @Test
    void endsWhenTheDataIsInUse() {
        try (var first = serve("--listen", "127.0.0.1:0")) {
            first.awaitAddress();

            assertEndsSaying("data.*in use by process \\d+.*choose another", "--listen", "127.0.0.1:0");
            assertThat(first.isAlive()).isTrue();
        }
    }

    @Test
    void endsWhenTheDataIsDamaged() throws IOException {
        Files.createDirectory(directory.resolve("data"));
        Files.writeString(directory.resolve("data/sluice.db"), "this was a database once");

        assertEndsSaying("sluice.db: is damaged.*nothing was changed", "--listen", "127.0.0.1:0");
        assertThat(directory.resolve("data/sluice.db")).hasContent("this was a database once");
    }

    @Test
    void endsWhenTheDataCannotBeMade() throws IOException {
        Files.writeString(directory.resolve("data"), "a file");

        assertEndsSaying("data: cannot be made", "--listen", "127.0.0.1:0");
    }

    @Test
    void endsWhenTheDataCannotBeWritten() throws IOException {
        var data = Files.createDirectory(directory.resolve("data"));
        Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("r-xr-xr-x"));
        // Nothing is forbidden to an administrator.
        org.junit.jupiter.api.Assumptions.assumeFalse(Files.isWritable(data));

        assertEndsSaying("data: cannot be written to", "--listen", "127.0.0.1:0");
    }

    @Test
    void endsWhenTheSettingsAreMissingOrWrong() throws IOException {
        assertEndsSaying("none.conf", "--listen", "127.0.0.1:0", "--settings", "none.conf");

        Files.writeString(directory.resolve("node.conf"), "sluice.drain-timeout = soon");
        assertEndsSaying("drain-timeout", "--listen", "127.0.0.1:0", "--settings", "node.conf");

        Files.writeString(directory.resolve("node.conf"), "sluice.trusted-proxies = [\"proxy\"]");
        assertEndsSaying("proxy", "--listen", "127.0.0.1:0", "--settings", "node.conf");
    }

    @Test
    void endsWhenTheSimulatorsPortIsTaken() throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var address = "127.0.0.1:" + taken.getLocalPort();

            assertEndsSaying(
                    "cannot listen on " + address + ": Address already in use",
                    "--listen",
                    "127.0.0.1:0",
                    "--simulate",
                    address);
        }
    }

    private SluiceProcess serve(String... more) {
        var arguments =
                new java.util.ArrayList<>(java.util.List.of("serve", "--config", "policy.hujson", "--data", "data"));
        arguments.addAll(java.util.List.of(more));
        return SluiceProcess.start(directory, arguments.toArray(String[]::new));
    }

    private void assertEndsSaying(String pattern, String... more) {
        try (var gateway = serve(more)) {
            assertThat(gateway.awaitExit(SOON)).as(gateway.error()).isEqualTo(1);
            assertThat(gateway.error())
                    .containsPattern("(?m)^sluice: .*" + pattern)
                    .doesNotContain("\tat ", "Exception");
            assertThat(gateway.out()).doesNotContain("listens");
        }
    }
}
