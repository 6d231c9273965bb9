package dev.sluice.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import dev.sluice.config.IdentitySettings.Claims;
import dev.sluice.config.IdentitySettings.Issuer;
import dev.sluice.config.IdentitySettings.Means;
import dev.sluice.config.IdentitySettings.Tailscale;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IdentitySettingsTest {
    private static final String ONE =
            "sluice.identity.jwt.issuers = [{ issuer = \"https://id.example.com/\", audience = sluice }]";

    @Test
    void hasDefaults() {
        assertThat(of(""))
                .isEqualTo(new IdentitySettings(
                        List.of(Means.KEYS, Means.JWT, Means.TAILSCALE, Means.SERVE_HEADERS, Means.LOOPBACK),
                        false,
                        new Tailscale("", Duration.ofSeconds(10), Duration.ofSeconds(2)),
                        List.of()));
    }

    @Test
    void anIssuerTakesFromBesideWhatItDoesNotSay() {
        var settings = of("""
                sluice.identity.jwt {
                  clock-skew = 5s
                  claims.groups = /realm_access/roles
                  issuers = [
                    { issuer = "https://a.example.com", audience = sluice }
                    { issuer = "http://127.0.0.1:9000/b", audience = [x, y], jwks-uri = "https://b.example.com/keys?v=2",
                      clock-skew = 0s, algorithms = [ES256], refresh = 1m, claims { login = sub } }
                  ]
                }""");

        assertThat(settings.issuers())
                .containsExactly(
                        new Issuer(
                                "https://a.example.com",
                                List.of("sluice"),
                                "",
                                Duration.ofSeconds(5),
                                List.of(
                                        "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384",
                                        "ES512"),
                                Duration.ofMinutes(10),
                                new Claims(List.of("email", "sub"), "/realm_access/roles", "tags", "name")),
                        new Issuer(
                                "http://127.0.0.1:9000/b",
                                List.of("x", "y"),
                                "https://b.example.com/keys?v=2",
                                Duration.ZERO,
                                List.of("ES256"),
                                Duration.ofMinutes(1),
                                new Claims(List.of("sub"), "/realm_access/roles", "tags", "name")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "order = [jwt, saml] | sluice.identity.order: \"saml\" (expected: some of keys, jwt, tailscale, serve-headers, loopback)",
                "order = [JWT] | sluice.identity.order: \"JWT\" (expected: ",
                "order = [jwt, keys, jwt] | sluice.identity.order: \"jwt\" twice (expected: ",
                "order = [] | sluice.identity.order: [] (expected: ",
                "ordre = [] | sluice.identity.ordre: unknown (expected: ",
                "tailscale.soket = x | sluice.identity.tailscale.soket: unknown (expected: ",
                "tailscale.cache = 1h | sluice.identity.tailscale.cache: PT1H (expected: PT0S to PT5M)",
                "tailscale.timeout = 0s | sluice.identity.tailscale.timeout: PT0S (expected: ",
                "jwt.issuer = x | sluice.identity.jwt.issuer: unknown (expected: ",
                "jwt.clock-skew = 1h | sluice.identity.jwt.clock-skew: PT1H (expected: ",
                "jwt.refresh = 0s | sluice.identity.jwt.refresh: PT0S (expected: ",
                "jwt.algorithms = [RS256, HS256] | sluice.identity.jwt.issuers: algorithms [RS256, HS256] of https://id.example.com/ (expected: ",
                "jwt.algorithms = [none] | sluice.identity.jwt.issuers: algorithms [none] of ",
                "jwt.algorithms = [] | sluice.identity.jwt.issuers: algorithms [] of ",
                "jwt.claims.login = [] | sluice.identity.jwt.claims.login: [] (expected: ",
                "jwt.claims.email = x | sluice.identity.jwt.claims.email: unknown (expected: ",
                "jwt.jwks-uri = \"http://id.example.com/keys\" | sluice.identity.jwt.issuers: jwks-uri \"http://id.example.com/keys\" of ",
            })
    void refusesWhatItCannotMeanWithThePlaceAndWhatWasExpected(String line, String message) {
        assertThatThrownBy(() -> of("sluice.identity." + line + "\n" + ONE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(message)
                .hasMessageContaining("(expected: ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{ issuer = \"http://id.example.com\", audience = sluice }",
                "{ issuer = \"http://localhost.example.com\", audience = sluice }",
                "{ issuer = \"id.example.com\", audience = sluice }",
                "{ issuer = \"\", audience = sluice }",
                "{ issuer = \"https://id.example.com?x=1\", audience = sluice }",
                "{ issuer = \"https://id.example.com\" }",
                "{ audience = sluice }",
                "{ issuer = \"https://id.example.com\", audience = [] }",
                "{ issuer = \"https://id.example.com\", audience = \"\" }",
                "{ issuer = \"https://id.example.com\", audience = a, secret = x }",
                "{ issuer = \"https://id.example.com\", audience = a }, { issuer = \"https://id.example.com\", audience = b }",
            })
    void refusesIssuersWhoseTokensNobodyShouldBelieve(String issuers) {
        assertThatThrownBy(() -> of("sluice.identity.jwt.issuers = [" + issuers + "]"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("sluice.identity.jwt.issuers");
    }

    private static IdentitySettings of(String text) {
        return Settings.of(ConfigFactory.parseString(text)
                        .withFallback(ConfigFactory.parseResources("sluice.conf"))
                        .resolve())
                .identity();
    }
}
