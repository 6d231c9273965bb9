package dev.sluice.access;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.PolicyDocument;
import dev.sluice.identity.Caller;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Grants by the older syntax, from the document to the permit. */
class TempGrantsTest {
    private static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");
    private static final Caller ALICE = person("alice@example.com");
    private static final Caller BOB = person("bob@example.com");
    private static final Caller MACHINE =
            new Caller("tag:ci", "", "n1", List.of("tag:ci"), List.of(), false, List.of());

    private Instant now = NOON;

    @Test
    void grantRolesAndModels() {
        var access = access("""
                [{"src": ["alice@example.com"], "grants": [{"role": "admin"}]},
                 {"src": ["*"], "grants": [{"role": "user"}, {"providers": [{"provider": "anthropic", "model": "claude-a"},
                   {"provider": "openrouter", "model": "*"}]}]}]
                """);

        assertThat(access.role(ALICE)).isEqualTo(Role.ADMIN);
        assertThat(access.role(BOB)).isEqualTo(Role.USER);
        assertThat(access.permit(BOB, "anthropic", "claude-a")).isPresent();
        assertThat(access.permit(BOB, "anthropic", "claude-b")).isEmpty();
        assertThat(access.permit(BOB, "openrouter", "qwen/qwen3")).isPresent();
        assertThat(access.permit(BOB, "openai", "gpt-5")).isEmpty();
    }

    @Test
    void matchEveryProviderByAnAsterisk() {
        var access = access("""
                [{"src": ["*"], "grants": [{"providers": [{"provider": "*", "model": "*"}]}]}]
                """);

        assertThat(access.permit(ALICE, "any", "model/with/slashes")).isPresent();
    }

    @Test
    void grantNoModelByAHook() {
        var access = access("""
                [{"src": ["*"], "grants": [{"hook": {"hook": "h", "match": {"providers": ["*"], "models": ["*"],
                  "events": ["entire_request"]}, "fields": ["tools"]}}]}]
                """);

        assertThat(access.permit(ALICE, "openai", "gpt-5")).isEmpty();
        assertThat(access.role(ALICE)).isEqualTo(Role.NONE);
    }

    @Test
    void neverMatchTheLabelOfTaggedMachines() {
        var access = access("""
                [{"src": ["tagged-devices"], "grants": [{"role": "admin"}]}, {"src": ["tag:ci"], "grants": [{"role": "user"}]}]
                """);

        assertThat(access.role(MACHINE)).isEqualTo(Role.USER);
    }

    @Test
    void addToTheOtherGrants() {
        var access = access("""
                [{"src": ["*"], "grants": [{"role": "user"}]}],
                "grants": [{"src": ["alice@example.com"], "app": {"tailscale.com/cap/aperture": [{"role": "admin"}]}}]
                """);

        assertThat(access.role(ALICE)).isEqualTo(Role.ADMIN);
        assertThat(access.role(BOB)).isEqualTo(Role.USER);
    }

    @Test
    void holdUntilTheyExpireAndAreGoneWithTheNextRequest() {
        var access = access("""
                [{"src": ["*"], "starts": "2026-11-21T12:00:00Z", "expires": "2026-11-21T14:00:00+01:00",
                  "grants": [{"role": "admin"}, {"providers": [{"provider": "*", "model": "*"}]}]}]
                """);

        now = NOON.minusNanos(1);
        assertThat(access.role(ALICE)).isEqualTo(Role.NONE);
        now = NOON;
        assertThat(access.role(ALICE)).isEqualTo(Role.ADMIN);
        now = NOON.plusSeconds(3600).minusNanos(1);
        assertThat(access.permit(ALICE, "openai", "gpt-5")).isPresent();
        now = NOON.plusSeconds(3600);
        assertThat(access.permit(ALICE, "openai", "gpt-5")).isEmpty();
        assertThat(access.role(ALICE)).isEqualTo(Role.NONE);
    }

    private Access access(String grants) {
        var reading = PolicyDocument.read("{\"temp_grants\": " + grants + "}", _ -> null);
        return Access.of(
                requireNonNull(reading.policy(), () -> reading.findings().toString()), () -> now);
    }

    private static Caller person(String login) {
        return new Caller(login, "", "", List.of(), List.of(), false, List.of());
    }
}
