package dev.sluice.provider;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.CredentialRule;
import dev.sluice.config.ProviderRule.AuthMode;
import dev.sluice.config.ProviderRule.Authorization;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys, and the client's own credential, as they arrive at a provider. */
class CredentialsIT {
    private static final RelayStand stand = RelayStand.start();

    @AfterAll
    static void stop() {
        stand.close();
    }

    @ParameterizedTest
    @CsvSource({
        "BEARER, Authorization, Bearer k-1",
        "X_API_KEY, x-api-key, k-1",
        "X_GOOG_API_KEY, x-goog-api-key, k-1",
        "HEC, Authorization, Splunk k-1",
        "CF_AIG_AUTHORIZATION, cf-aig-authorization, Bearer k-1",
    })
    void sendsAKeyTheWayItIsWanted(Authorization authorization, String name, String value) throws Exception {
        stand.ask(Rules.provider(stand.url(), Rules.keys(authorization, "k-1")));

        assertThat(stand.seen(name)).containsExactly(value);
        assertThat(stand.seen("Host")).containsExactly("127.0.0.1:" + stand.port());
    }

    @Test
    void sendsNothingWhenThereIsNothingOrNothingIsWanted() throws Exception {
        stand.ask(Rules.provider(stand.url(), Rules.keys()));
        assertThat(stand.seen("Authorization")).isEmpty();
        stand.ask(Rules.provider(stand.url(), Rules.keys("k"), AuthMode.NONE, List.of()));
        assertThat(stand.seen("Authorization")).isEmpty();
    }

    @Test
    void putsTheProvidersHeadersInPlaceOfTheRequests() throws Exception {
        var rule = Rules.provider(
                stand.url(),
                Rules.keys("k"),
                AuthMode.OVERRIDE,
                List.of(
                        Map.entry("X-Team", "provider"),
                        Map.entry("anthropic-beta", "a"),
                        Map.entry("anthropic-beta", "b")));
        var request = RelayStand.request("/v1/x")
                .addHeader(RawHeader.create("x-TEAM", "request"))
                .addHeader(RawHeader.create("Anthropic-Beta", "request"))
                .addHeader(RawHeader.create("authorization", "Bearer request"))
                .addHeader(RawHeader.create("x-other", "stays"));

        stand.send(rule, request).get(20, TimeUnit.SECONDS);

        assertThat(stand.seen("x-team")).containsExactly("provider");
        assertThat(stand.seen("anthropic-beta")).containsExactly("a", "b");
        assertThat(stand.seen("authorization")).containsExactly("Bearer k");
        assertThat(stand.seen("x-other")).containsExactly("stays");
    }

    @ParameterizedTest
    @CsvSource({
        "Authorization, Bearer sk-client",
        "authorization, Basic abc",
        "X-Api-Key, sk-client",
        "x-goog-api-key, client",
        "api-key, client"
    })
    void passesTheClientsOwnCredentialAsItCame(String name, String value) throws Exception {
        passThrough(Rules.keys("k"), RawHeader.create(name, value));

        assertThat(stand.seen(name)).containsExactly(value);
        assertThat(stand.requests().getLast().head()).doesNotContain("Bearer k\r\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-",
                "Bearer -",
                "bearer not-needed",
                "Bearer bearer-managed",
                "not-required",
                "Bearer ",
                "bearer-managed"
            })
    void takesAPlaceholderForNoCredential(String placeholder) throws Exception {
        passThrough(Rules.keys("k"), RawHeader.create("Authorization", placeholder));

        assertThat(stand.seen("Authorization")).containsExactly("Bearer k");
    }

    @Test
    void fallsBackToTheKeyAndElseToNothing() throws Exception {
        passThrough(Rules.keys("k"), RawHeader.create("x-other", "1"));
        assertThat(stand.seen("Authorization")).containsExactly("Bearer k");
        passThrough(Rules.keys(), RawHeader.create("x-other", "1"));
        assertThat(stand.seen("Authorization")).isEmpty();
    }

    @Test
    void neverTakesAnIdentityForACredential() {
        assertThat(ClientCredential.of(
                        List.of(RawHeader.create("Authorization", "Bearer who-i-am")), Set.of("authorization")))
                .isEmpty();
    }

    @Test
    void letsAKeyRestThatTheProviderRefusesAlsoUnderTheNextPolicy() throws Exception {
        var before = Rules.provider(stand.url(), Rules.keys("first", "second"));
        stand.answers("401 Unauthorized");
        stand.ask(before);
        var refused = stand.seen("Authorization").getFirst();
        stand.answers("200 OK");
        var after = Rules.provider(
                stand.url(), Rules.keys("first", "second"), AuthMode.OVERRIDE, List.of(Map.entry("X-New", "1")));

        for (int i = 0; i < 4; i++) {
            stand.ask(i % 2 == 0 ? before : after);
            assertThat(stand.seen("Authorization").getFirst()).isNotEqualTo(refused);
        }
        stand.clock.move(RotatedKeys.REFUSED_REST);
        stand.ask(after);
        var one = stand.seen("Authorization").getFirst();
        stand.ask(after);
        assertThat(stand.seen("Authorization").getFirst()).isNotEqualTo(one);
    }

    private static void passThrough(CredentialRule own, HttpHeader client) throws Exception {
        var request = RelayStand.request("/v1/x");
        var credential = ClientCredential.of(List.of(client), Set.of());
        stand.send(
                        Rules.provider(stand.url(), own, AuthMode.PASSTHROUGH, List.of()),
                        credential
                                .map(it -> request.addAttribute(Providers.CLIENT_CREDENTIAL, it))
                                .orElse(request))
                .get(20, TimeUnit.SECONDS);
    }
}
