package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gate.Endpoint;
import dev.sluice.gate.Needs;
import dev.sluice.testing.RawHttp;
import dev.sluice.testing.TestGateway;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every way into a gateway as it is composed, asked by nobody and by somebody whom no grant knows, through its socket. */
class EveryRouteIsGuardedIT {
    /** All that needs no caller. Whoever adds to it opens a door to everybody who reaches the port. */
    private static final List<String> OPEN = List.of("HEAD /", "GET /", "GET /healthz", "GET /readyz");

    private static final List<String> NOBODY = List.of("X-Forwarded-For: 203.0.113.7");
    private static final List<String> STRANGER =
            List.of("Tailscale-User-Login: stranger@example.com", "Tailscale-User-Name: Stranger");
    private static final List<String> USER = List.of("Tailscale-User-Login: user@example.com");

    private static final String FORM = "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n--b--\r\n";

    @TempDir
    private static Path data;

    private static TestGateway gateway;

    @BeforeAll
    static void start() throws Exception {
        gateway = TestGateway.start(data, """
                {
                  "grants": [{ "src": ["user@example.com"], "app": { "tailscale.com/cap/aperture": [{ "role": "user" }] } }],
                  "providers": { "p": { "baseurl": "http://127.0.0.1:1", "apikey": "k", "models": ["m"],
                    "compatibility": { "openai_chat": true, "openai_responses": true, "anthropic_messages": true } } },
                }
                """, Map.of("sluice.trusted-proxies", List.of("127.0.0.1")));
    }

    @AfterAll
    static void stop() throws Exception {
        gateway.close();
    }

    static Stream<Endpoint> guarded() {
        return gateway.node().endpoints().stream().filter(endpoint -> endpoint.needs() != Needs.NOTHING);
    }

    static Stream<Endpoint> forAdministrators() {
        return guarded().filter(endpoint -> endpoint.needs() == Needs.ADMIN);
    }

    @ParameterizedTest
    @MethodSource("guarded")
    void refusesNobodyAndStrangers(Endpoint endpoint) {
        assertThat(status(endpoint, NOBODY)).isEqualTo(403);
        assertThat(status(endpoint, STRANGER)).isEqualTo(403);
        // On this machine, but nobody granted that.
        assertThat(status(endpoint, List.of())).isEqualTo(403);
    }

    @ParameterizedTest
    @MethodSource("forAdministrators")
    void refusesUsersWhatAdministratorsMay(Endpoint endpoint) {
        assertThat(status(endpoint, USER)).isEqualTo(403);
    }

    @Test
    void opensNothingElseToEverybody() {
        assertThat(gateway.node().endpoints().stream()
                        .filter(endpoint -> endpoint.needs() == Needs.NOTHING)
                        .map(endpoint -> endpoint.method().name() + " " + endpoint.path()))
                .containsExactlyInAnyOrderElementsOf(OPEN);
    }

    @Test
    void givesAUserWithoutAGrantNoModel() {
        var models =
                guarded().filter(endpoint -> endpoint.needs() == Needs.MODEL).toList();

        assertThat(models)
                .extracting(Endpoint::path)
                .contains("/v1/chat/completions", "/v1/responses/{id}", "/v1/messages", "/v1/audio/transcriptions");
        assertThat(models)
                .allSatisfy(endpoint -> assertThat(status(endpoint, USER)).isEqualTo(404));
    }

    @Test
    void noDetourLeadsAroundTheGuard() {
        for (var path : List.of(
                "/api/quotas/", "//api/quotas", "/api/./quotas", "/x/../api/quotas", "/api%2Fquotas", "/API/quotas")) {
            assertThat(request("GET", path, "", NOBODY)).as(path).isIn(400, 403, 404);
        }
    }

    private static int status(Endpoint endpoint, List<String> headers) {
        var path = concrete(endpoint.path());
        return endpoint.method().name().equals("POST")
                ? post(path, headers)
                : request(endpoint.method().name(), path, "", headers);
    }

    /** A path in which whatever may vary is {@code m}, the model of the body. */
    private static String concrete(String pattern) {
        return pattern.replaceAll("\\{\\+?\\w+}", "m");
    }

    private static int post(String path, List<String> headers) {
        return path.contains("/audio/trans")
                ? request("POST", path, FORM, "multipart/form-data; boundary=b", headers)
                : request("POST", path, "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[],\"input\":\"hi\"}", headers);
    }

    private static int request(String method, String path, String body, List<String> headers) {
        return request(method, path, body, "application/json", headers);
    }

    private static int request(String method, String path, String body, String type, List<String> headers) {
        try (var http = RawHttp.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), gateway.port()))) {
            var lines = headers.isEmpty() ? "" : String.join("\r\n", headers) + "\r\n";
            http.send(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + type + "\r\n"
                    + "Content-Length: " + body.length() + "\r\n" + lines + "\r\n" + body);
            return http.readHead().status();
        }
    }
}
