package dev.sluice.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.GrantRule.HookDatum;
import dev.sluice.config.GrantRule.HookEvent;
import dev.sluice.config.PolicyDocument;
import dev.sluice.identity.Caller;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HookGrantsTest {
    private static final String MODELS =
            "{ \"src\": [\"*\"], \"app\": { \"tailscale.com/cap/aperture\": [{ \"role\": \"user\" }, { \"models\": \"**\" }] } }";

    private static Permit permit(String grants, String tempGrants, String model) {
        var reading = PolicyDocument.read("""
                { "hooks": { "a": { "url": "http://a" }, "b": { "url": "http://b" },
                             "off": { "url": "http://off", "disabled": true }, "broken": {} },
                  "grants": [%s], "temp_grants": [%s] }
                """.formatted(grants, tempGrants));
        var policy = Objects.requireNonNull(reading.policy(), reading.findings().toString());
        var caller = new Caller("alice@example.com", "Alice", "", List.of(), List.of(), false, List.of());
        return Access.of(policy, InstantSource.system())
                .permit(caller, "p", model)
                .orElseThrow();
    }

    private static String grant(String src, String capability, String custom) {
        return ", { \"src\": [\"%s\"], \"app\": { \"tailscale.com/cap/aperture\": [%s]%s } }"
                .formatted(src, capability, custom);
    }

    private static String hook(String models, String name, String event, String send) {
        return "{ %s \"send_hooks\": [{ \"name\": \"%s\", \"events\": [\"%s\"], \"send\": [\"%s\"] }] }"
                .formatted(models, name, event, send);
    }

    @Test
    void aHookOfSeveralGrantsFiresOnceWithAllThatTheySay() {
        var permit = permit(
                MODELS
                        + grant("*", hook("", "a", "pre_request", "tools"), "")
                        + grant("alice@example.com", hook("\"models\": \"p/m*\",", "a", "entire_request", "quotas"), "")
                        + grant("bob@example.com", hook("", "b", "entire_request", "tools"), "")
                        + grant("*", hook("\"models\": \"p/other\",", "b", "entire_request", "tools"), ""),
                "",
                "m1");

        assertThat(permit.hooks()).singleElement().satisfies(hook -> {
            assertThat(hook.name()).isEqualTo("a");
            assertThat(hook.events()).isEqualTo(Set.of(HookEvent.PRE_REQUEST, HookEvent.ENTIRE_REQUEST));
            assertThat(hook.send()).isEqualTo(Set.of(HookDatum.TOOLS, HookDatum.QUOTAS));
        });
    }

    @Test
    void oneThatIsSwitchedOffIsNotThereAndOneThatNobodyDefinedIs() {
        var permit = permit(
                MODELS
                        + grant("*", hook("", "off", "pre_request", "tools"), "")
                        + grant("*", hook("", "broken", "pre_request", "tools"), ""),
                "",
                "m");

        assertThat(permit.hooks()).singleElement().satisfies(hook -> {
            assertThat(hook.name()).isEqualTo("broken");
            assertThat(hook.rule()).isNull();
        });
    }

    @Test
    void theOlderSyntaxNarrowsByProviderAndModel() {
        var temp = """
                { "src": ["*"], "grants": [
                  { "hook": { "match": { "providers": ["p"], "models": ["m"], "events": ["entire_request"] },
                              "hook": "a", "fields": ["tools"] } },
                  { "hook": { "match": { "providers": ["q"], "models": ["*"], "events": ["entire_request"] },
                              "hook": "b", "fields": ["tools"] } }] }
                """;

        assertThat(permit(MODELS, temp, "m").hooks())
                .extracting(Permit.Hook::name)
                .containsExactly("a");
        assertThat(permit(MODELS, temp, "n").hooks()).isEmpty();
    }

    @Test
    void customCapabilitiesAreThoseOfAllGrantsForHooksThatAreSentThem() {
        var custom = ", \"example.com/cap\": [{ \"tier\": %d }]";
        var grants = MODELS
                + grant("*", "", custom.formatted(1))
                + grant("bob@example.com", "", custom.formatted(2))
                + grant("alice@example.com", "", custom.formatted(3) + ", \"example.com/flag\": true");

        assertThat(permit(grants + grant("*", hook("", "a", "entire_request", "grants"), ""), "", "m")
                        .custom()
                        .toString())
                .isEqualTo("{example.com/cap=[{tier=1}, {tier=3}], example.com/flag=[true]}");
        assertThat(permit(grants + grant("*", hook("", "a", "entire_request", "tools"), ""), "", "m")
                        .custom())
                .isEmpty();
    }

    @Test
    void whoHasNoneHasNone() {
        assertThat(permit(MODELS, "", "m").hooks()).isEmpty();
    }
}
