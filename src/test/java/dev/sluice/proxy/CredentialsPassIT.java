package dev.sluice.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testing.BareProvider;
import dev.sluice.testing.Eventually;
import dev.sluice.testing.GoogleAccount;
import dev.sluice.testing.Stand;
import dev.sluice.testing.TestFormat;
import dev.sluice.testing.TokenEndpoint;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Credentials on their way through a whole gateway: who gets to see whose, and where nobody finds them. */
class CredentialsPassIT {
    private static final String OK = "{\"id\":\"x\",\"object\":\"chat.completion\",\"model\":\"m\",\"choices\":[],"
            + "\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1,\"total_tokens\":2}}";

    @TempDir
    static Path data;

    private static final List<BareProvider.Request> seen = new CopyOnWriteArrayList<>();
    private static final GoogleAccount account = GoogleAccount.create();
    private static BareProvider provider;
    private static TokenEndpoint tokens;
    private static Stand stand;

    @BeforeAll
    static void start() throws Exception {
        provider = BareProvider.start((request, in, out) -> {
            seen.add(request);
            out.write(("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + OK.length()
                            + "\r\n\r\n" + OK)
                    .getBytes(StandardCharsets.US_ASCII));
        });
        tokens = TokenEndpoint.start(account);
        stand = Stand.start(data, url -> policy(), Map.of());
    }

    @AfterAll
    static void stop() throws Exception {
        stand.close();
        provider.close();
        tokens.close();
    }

    private static String policy() {
        return """
                { "grants": [{ "src": ["*"], "app": { "tailscale.com/cap/aperture": [
                    { "role": "admin" }, { "models": "**", "add_headers": ["X-Team: from-grant", "X-Both: from-grant"] } ] } }],
                  "providers": { "over": %s, "pass": %s, "fall": %s, "none": %s, "google": %s } }
                """.formatted(
                        provider("over", "\"apikey\": \"sEcReT-key\", \"add_headers\": [\"X-Both: from-provider\"]"),
                        provider("pass", "\"auth_mode\": \"passthrough\""),
                        provider("fall", "\"auth_mode\": \"passthrough\", \"apikeys\": [\"sEcReT-key\"]"),
                        provider("none", "\"auth_mode\": \"none\", \"apikey\": \"sEcReT-key\""),
                        provider("google", "\"apikey\": \"" + account.apiKey(tokens.uri()) + "\""));
    }

    private static String provider(String model, String more) {
        return "{ \"baseurl\": \"%s\", \"models\": [\"%s\"], %s }".formatted(provider.url(), model, more);
    }

    @Test
    void showsAProviderTheKeyAndNeverTheClients() {
        var head = ask("over", "Authorization: Bearer sEcReT-client", "x-api-key: sEcReT-client");

        assertThat(head).contains("\r\nAuthorization: Bearer sEcReT-key\r\n").doesNotContain("sEcReT-client");
    }

    @Test
    void showsAProviderTheClientsOwnWhereThePolicySaysSo() {
        assertThat(ask("pass", "Authorization: Bearer sEcReT-client"))
                .contains("\r\nAuthorization: Bearer sEcReT-client\r\n");
        assertThat(ask("pass", "x-api-key: sEcReT-client")).contains("\r\nx-api-key: sEcReT-client\r\n");
        assertThat(ask("fall", "Authorization: Bearer -")).contains("\r\nAuthorization: Bearer sEcReT-key\r\n");
    }

    @Test
    void showsNobodysWhereThePolicySaysNone() {
        assertThat(ask("none", "Authorization: Bearer sEcReT-client")).doesNotContain("sEcReT");
    }

    @Test
    void showsATokenOfTheServiceAccount() {
        assertThat(ask("google")).contains("\r\nAuthorization: Bearer token-1\r\n");
    }

    @Test
    void putsTheGrantsHeadersInPlaceOfTheClientsAndTheProvidersBeforeBoth() {
        var head = ask("over", "x-team: from-client", "X-Both: from-client");

        assertThat(head)
                .containsOnlyOnce("X-Team: from-grant")
                .containsOnlyOnce("X-Both: from-provider")
                .doesNotContain("from-client")
                .doesNotContain("X-Both: from-grant");
    }

    @Test
    void saysForWhichModelsAClientNeedsACredentialOfItsOwn() {
        for (var model : stand.get("/v1/models").path("data")) {
            var metadata = model.path("metadata").path("provider");
            assertThat(metadata.path("requires_client_auth").asBoolean())
                    .as(metadata.toString())
                    .isEqualTo(metadata.path("id").asText().equals("pass"));
        }
    }

    @Test
    void keepsNoCredentialAnywhere() throws Exception {
        for (var model : List.of("over", "pass", "fall", "none", "google")) {
            ask(model, "Authorization: Bearer sEcReT-client", "x-goog-api-key: sEcReT-client");
        }

        // All of them: the ledger comes a moment after the answers.
        Eventually.await(
                Duration.ofSeconds(20), () -> assertThat(stand.exchanges()).hasSizeGreaterThanOrEqualTo(5));
        for (var path : List.of("/api/sessions?limit=500", "/api/quotas", "/v1/models")) {
            assertThat(stand.get(path).toString()).as(path).doesNotContain("sEcReT", "token-1", "PRIVATE");
        }
        assertThat(stand.exchanges().toString()).doesNotContain("sEcReT", "token-1", "PRIVATE");
        // Keys that stand in the policy are in its versions; whatever a client brought along is nowhere.
        try (var files = Files.walk(data)) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                assertThat(Files.readString(file, StandardCharsets.ISO_8859_1).contains("sEcReT-client"))
                        .as(file.toString())
                        .isFalse();
            }
        }
    }

    private static String ask(String model, String... headers) {
        try (var http = stand.open()) {
            http.post("/v1/chat/completions", TestFormat.CHAT.body(model, false, "hello"), headers);
            assertThat(http.readHead().status()).isEqualTo(200);
            http.readRest();
        }
        return seen.getLast().head();
    }
}
