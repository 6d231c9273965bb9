package dev.sluice.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jwt.JWTClaimsSet;
import dev.sluice.testing.BareProvider;
import dev.sluice.testing.Eventually;
import dev.sluice.testing.FakeTailscaled;
import dev.sluice.testing.Stand;
import dev.sluice.testing.TestFormat;
import dev.sluice.testing.TestGateway;
import dev.sluice.testing.TestIssuer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Callers who prove who they are, through a whole gateway: by tokens of an issuer on a port, and by the tailnet's daemon on a socket file.
 * What proved it goes nowhere.
 */
class IdentityChainIT {
    private static final String OK = "{\"id\":\"x\",\"object\":\"chat.completion\",\"model\":\"m\",\"choices\":[],"
            + "\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1,\"total_tokens\":2}}";

    @TempDir
    static Path directory;

    private static final List<BareProvider.Request> seen = new CopyOnWriteArrayList<>();
    private static final RSAKey key = TestIssuer.rsa("one");
    private static TestIssuer issuer;
    private static FakeTailscaled daemon;
    private static BareProvider provider;
    private static Stand stand;

    @BeforeAll
    static void start() throws Exception {
        issuer = TestIssuer.start().shows(key);
        daemon = FakeTailscaled.start(directory.resolve("d.sock"));
        provider = BareProvider.start((request, in, out) -> {
            seen.add(request);
            out.write(("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + OK.length()
                            + "\r\n\r\n" + OK)
                    .getBytes(StandardCharsets.US_ASCII));
        });
        stand = Stand.start(
                directory.resolve("data"),
                url -> policy(),
                Map.of(
                        "sluice.identity.jwt.issuers",
                        List.of(Map.of("issuer", issuer.name(), "audience", "sluice")),
                        "sluice.identity.tailscale.socket",
                        directory.resolve("d.sock").toString()));
    }

    @AfterAll
    static void stop() {
        stand.close();
        provider.close();
        daemon.close();
        issuer.close();
    }

    @BeforeEach
    void nobodyIsAPeer() {
        daemon.says(FakeTailscaled.notFound());
        seen.clear();
    }

    private static String policy() {
        return """
                { "grants": [
                    { "src": ["(loopback)"], "app": { "tailscale.com/cap/aperture": [{ "role": "admin" }, { "models": "**" }] } },
                    { "src": ["ann@example.com", "group:staff", "tag:ci"], "app": { "tailscale.com/cap/aperture": [
                      { "role": "user" }, { "models": "**" }] } } ],
                  "providers": { "over": %s, "pass": %s, "fall": %s } }
                """.formatted(
                        provider("over", "\"apikey\": \"gateways-key\""),
                        provider("pass", "\"auth_mode\": \"passthrough\""),
                        provider("fall", "\"auth_mode\": \"passthrough\", \"apikeys\": [\"gateways-key\"]"));
    }

    private static String provider(String model, String more) {
        return "{ \"baseurl\": \"%s\", \"models\": [\"%s\"], %s }".formatted(provider.url(), model, more);
    }

    // --- tokens

    @ParameterizedTest
    @ValueSource(strings = {"Authorization: Bearer ", "x-api-key: ", "x-goog-api-key: ", "api-key: "})
    void whatProvedWhoCallsReachesNoProvider(String header) {
        var token = token(claims -> claims.claim("email", "ann@example.com"));

        for (var model : List.of("over", "pass", "fall")) {
            assertThat(ask(model, header + token)).isEqualTo(200);
            assertThat(sent()).as(model).doesNotContain(token, signature(token));
        }
        assertThat(sent()).contains("gateways-key");
    }

    @Test
    void theClientsOwnCredentialBesideTheProofReachesItsProvider() {
        var token = token(claims -> claims.claim("email", "ann@example.com"));

        assertThat(ask("pass", "Authorization: Bearer clients-own", "x-api-key: " + token))
                .isEqualTo(200);
        assertThat(sent()).contains("Authorization: Bearer clients-own").doesNotContain(signature(token));

        assertThat(ask("pass", "Authorization: Bearer " + token, "x-api-key: clients-own"))
                .isEqualTo(200);
        assertThat(sent()).contains("x-api-key: clients-own").doesNotContain(signature(token));
    }

    @Test
    void aCredentialThatIsNotForUsPassesAsEver() {
        var foreign = TestIssuer.named("https://auth.openai.com").token(key, Instant.now(), claims -> {});

        assertThat(ask("pass", "Authorization: Bearer " + foreign)).isEqualTo(200);

        assertThat(sent()).contains("Authorization: Bearer " + foreign);
    }

    @Test
    void aTokensCallerHasTheirOwnSessionsAndGrants() {
        assertThat(ask("over", "Authorization: Bearer " + token(claims -> claims.claim("email", "ann@example.com"))))
                .isEqualTo(200);
        assertThat(ask(
                        "over",
                        "Authorization: Bearer "
                                + token(claims -> claims.subject("bo").claim("groups", List.of("staff")))))
                .isEqualTo(200);
        assertThat(ask("over", "Authorization: Bearer " + token(claims -> claims.claim("tags", List.of("ci")))))
                .isEqualTo(200);
        assertThat(ask("over", "Authorization: Bearer " + token(claims -> {}))).isEqualTo(403);

        Eventually.await(
                Duration.ofSeconds(20), () -> assertThat(logins()).contains("ann@example.com", "bo", "tag:ci"));
    }

    @Test
    void aTokenThatIsWrongIsNotMadeGoodByWhereItComesFrom() {
        var expired =
                token(claims -> claims.expirationTime(Date.from(Instant.now().minusSeconds(3600))));
        var forged =
                issuer.token(TestIssuer.rsa("one"), Instant.now(), claims -> claims.claim("email", "ann@example.com"));
        var good = token(claims -> claims.claim("email", "ann@example.com"));

        assertThat(ask("over", "Authorization: Bearer " + expired)).isEqualTo(403);
        assertThat(ask("over", "x-api-key: " + forged)).isEqualTo(403);
        assertThat(ask("over", "Authorization: Bearer " + good, "Authorization: Bearer clients-own"))
                .isEqualTo(403);
        assertThat(ask("over", "Authorization: Bearer clients-own", "authorization: Bearer " + good))
                .isEqualTo(403);
        assertThat(ask("over", "Authorization: Bearer " + good, "x-api-key: " + forged))
                .isEqualTo(403);
        assertThat(seen).isEmpty();
    }

    @Test
    void keepsNoTokenAnywhere() throws Exception {
        var token = token(claims -> claims.claim("email", "ann@example.com"));
        assertThat(ask("pass", "Authorization: Bearer " + token)).isEqualTo(200);
        Eventually.await(Duration.ofSeconds(20), () -> assertThat(logins()).contains("ann@example.com"));

        assertThat(stand.exchanges().toString()).doesNotContain(signature(token));
        try (var files = Files.walk(directory.resolve("data"))) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                assertThat(Files.readString(file, StandardCharsets.ISO_8859_1).contains(signature(token)))
                        .as(file.toString())
                        .isFalse();
            }
        }
    }

    // --- the tailnet

    @Test
    void aPeerThatTheDaemonConnectsIsWhomItSaysAndNoLocalProgram() {
        daemon.says(FakeTailscaled.person("ann@example.com", "null"));
        assertThat(ask("over")).isEqualTo(200);
        assertThat(getStatus("/api/quotas")).isEqualTo(200);
        daemon.says(FakeTailscaled.person("eve@example.com", "null"));
        assertThat(ask("over")).isEqualTo(403);

        daemon.says(FakeTailscaled.person(
                "eve@example.com", "{\"tailscale.com/cap/aperture\":[{\"role\":\"user\"},{\"models\":\"over/**\"}]}"));
        assertThat(ask("pass")).isEqualTo(404);
        daemon.says(FakeTailscaled.machine("[\"tag:ci\"]"));
        assertThat(ask("over")).isEqualTo(200);

        daemon.says(FakeTailscaled.notFound());
        Eventually.await(Duration.ofSeconds(20), () -> assertThat(logins()).contains("ann@example.com", "tag:ci"));
    }

    @Test
    void nobodyIsLocalWhileTheDaemonIsDead() {
        var token = token(claims -> claims.claim("email", "ann@example.com"));
        daemon.close();
        try {
            assertThat(ask("over")).isEqualTo(403);
            assertThat(getStatus("/api/sessions")).isEqualTo(403);
            assertThat(getStatus("/healthz")).isEqualTo(200);
            // Whoever has another proof does not need the daemon.
            assertThat(ask("over", "Authorization: Bearer " + token)).isEqualTo(200);
        } finally {
            daemon = FakeTailscaled.start(directory.resolve("d.sock"));
        }
        assertThat(ask("over")).isEqualTo(200);
    }

    @Test
    void aNodeThatIsOpenToNobodyInParticularDoesNotStart() {
        assertThatThrownBy(() -> TestGateway.start(
                        directory.resolve("open"),
                        TestGateway.policy(provider.url()),
                        Map.of("sluice.listen", "0.0.0.0:0", "sluice.identity.order", List.of("loopback"))))
                .hasMessageContaining("sluice.identity.allow-unproven");
        assertThat(directory.resolve("open/sluice.db")).doesNotExist();
    }

    private static String token(Consumer<JWTClaimsSet.Builder> change) {
        return issuer.token(key, Instant.now(), change);
    }

    private static String signature(String token) {
        return token.substring(token.lastIndexOf('.') + 1);
    }

    private static Set<String> logins() {
        var logins = new HashSet<String>();
        for (var session : stand.get("/api/sessions?limit=500").path("sessions")) {
            logins.add(session.path("login").asText());
        }
        return logins;
    }

    /** The head of the last request that reached a provider. */
    private static String sent() {
        return seen.getLast().head();
    }

    private static int ask(String model, String... headers) {
        try (var http = stand.open()) {
            http.post("/v1/chat/completions", TestFormat.CHAT.body(model, false, "hello"), headers);
            var status = http.readHead().status();
            http.readRest();
            return status;
        }
    }

    private static int getStatus(String path) {
        try (var http = stand.open()) {
            http.get(path);
            return http.readHead().status();
        }
    }
}
