package dev.sluice.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.PolicyDocument;
import dev.sluice.identity.Caller;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CrossOriginTest {
    private static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");
    private static final String SITE = "https://app.example.com";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                // written origins | written paths | origin of the page | path | what is answered
                "https://app.example.com | /v1/** | https://app.example.com | /v1/messages | https://app.example.com",
                "https://app.example.com | /v1/* | https://app.example.com | /v1/messages | https://app.example.com",
                "https://app.example.com | /v1/* | https://app.example.com | /v1/a/b |",
                "https://app.example.com | /v1/** | https://app.example.com | /api/quotas |",
                "https://app.example.com | /v1/** | https://app.example.com:8443 | /v1/messages |",
                "https://app.example.com | /v1/** | http://app.example.com | /v1/messages |",
                "https://app.example.com | /v1/** | https://evil.app.example.com | /v1/messages |",
                "https://app.example.com | /v1/** | https://app.example.com.evil.test | /v1/messages |",
                "https://app.example.com | /v1/** | HTTPS://APP.EXAMPLE.COM | /v1/messages |",
                "https://app.example.com | /v1/** | \"\" | /v1/messages |",
                "https://a.test, https://b.test | ** | https://b.test | /v1/messages | https://b.test",
                "https://a.test https://b.test | ** | https://a.test | /v1/messages | https://a.test",
                "https://a.test https://b.test | ** | https://a.test https://b.test | /v1/messages |",
                "* | ** | https://any.test | /v1/messages | *",
                "* | ** | null | /v1/messages |",
                "null | ** | null | /v1/messages |",
                "https://*.example.com | ** | https://app.example.com | /v1/messages |",
                "\"\" | ** | https://app.example.com | /v1/messages |",
            })
    void allowsWhatIsWritten(String origins, String paths, String origin, String path, String answered) {
        var access = access("""
                { "src": ["*"], "app": { "tailscale.com/cap/aperture": [{ "role": "user", "set_cors": true,
                  "cors_paths": ["%s"], "Access-Control-Allow-Origin": "%s" }] } }
                """.formatted(paths, origins));

        var allowed = access.crossOrigin(person("alice")).allowed(origin, path);

        assertThat(allowed.map(CrossOrigin.Allowed::origin).orElse(null)).isEqualTo(answered);
    }

    @Test
    void allowsNothingThatIsNotSwitchedOnOrHasNoPath() {
        for (var grant : List.of("", "\"set_cors\": false, \"cors_paths\": [\"**\"],", "\"set_cors\": true,")) {
            var access = access("""
                    { "src": ["*"], "app": { "tailscale.com/cap/aperture": [{ "role": "user", %s
                      "Access-Control-Allow-Origin": "*" }] } }
                    """.formatted(grant));

            assertThat(access.crossOrigin(person("alice")).allowed(SITE, "/v1/messages"))
                    .as(grant)
                    .isEmpty();
        }
    }

    @Test
    void isTheSharedNoneWhereNoGrantSaysAnything() {
        var access = access("""
                { "src": ["*"], "app": { "tailscale.com/cap/aperture": [{ "role": "admin" }] } }
                """);

        assertThat(access.knowsOtherSites()).isFalse();
        assertThat(access.crossOrigin(person("alice"))).isSameAs(CrossOrigin.NONE);
        assertThat(access.crossOriginOfAnybody()).isSameAs(CrossOrigin.NONE);
    }

    @Test
    void judgesACallerByTheirOwnGrantsAndNobodyByAll() {
        var access = access("""
                { "src": ["alice"], "app": { "tailscale.com/cap/aperture": [{ "set_cors": true, "cors_paths": ["**"],
                  "Access-Control-Allow-Origin": "https://a.test", "Access-Control-Allow-Methods": "PUT, DELETE" }] } },
                { "src": ["bob"], "app": { "tailscale.com/cap/aperture": [{ "set_cors": true, "cors_paths": ["**"],
                  "Access-Control-Allow-Origin": "https://a.test, https://b.test",
                  "Access-Control-Allow-Methods": "DELETE,PATCH", "Access-Control-Allow-Headers": "content-type" }] } }
                """);

        assertThat(access.crossOrigin(person("alice")).allowed("https://b.test", "/v1/messages"))
                .isEmpty();
        assertThat(access.crossOrigin(person("bob")).allowed("https://b.test", "/v1/messages"))
                .isPresent();
        assertThat(access.crossOrigin(person("carol"))).isSameAs(CrossOrigin.NONE);
        assertThat(access.crossOriginOfAnybody().allowed("https://a.test", "/v1/messages"))
                .contains(new CrossOrigin.Allowed("https://a.test", "PUT, DELETE, PATCH", "content-type"));
    }

    @Test
    void aGrantThatIsOverAllowsNothing() {
        var access = access("""
                { "src": ["*"], "expires": "2026-11-21T11:00:00Z", "app": { "tailscale.com/cap/aperture": [
                  { "set_cors": true, "cors_paths": ["**"], "Access-Control-Allow-Origin": "*" }] } }
                """);

        assertThat(access.crossOrigin(person("alice"))).isSameAs(CrossOrigin.NONE);
        assertThat(access.crossOriginOfAnybody()).isSameAs(CrossOrigin.NONE);
    }

    private static Access access(String grants) {
        var reading = PolicyDocument.read("{ \"grants\": [" + grants + "] }");
        var policy = Objects.requireNonNull(reading.policy(), reading.findings().toString());
        return Access.of(policy, InstantSource.fixed(NOON));
    }

    private static Caller person(String login) {
        return new Caller(login, login, "", List.of(), List.of(), false, List.of());
    }
}
