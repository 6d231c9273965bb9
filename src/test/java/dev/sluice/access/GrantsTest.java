package dev.sluice.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.access.Permit.Bucket;
import dev.sluice.config.GrantRule;
import dev.sluice.config.GrantRule.Capability;
import dev.sluice.config.Policy;
import dev.sluice.config.QuotaRule;
import dev.sluice.config.Window;
import dev.sluice.identity.Caller;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.NotEmpty;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GrantsTest {
    private static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");
    private static final Caller ALICE = person("alice@example.com");
    private static final Caller LOCAL = new Caller("(loopback)", "", "", List.of(), List.of(), true, List.of());
    private static final Caller MACHINE =
            new Caller("tag:api,tag:prod", "", "n1", List.of("tag:api", "tag:prod"), List.of(), false, List.of());
    private static final Caller MEMBER =
            new Caller("carol@example.com", "", "", List.of(), List.of("group:eng"), false, List.of());
    // What could only come about by mistake, and must then not gain anything.
    private static final Caller PRETENDER = new Caller("tag:api", "", "", List.of(), List.of(), false, List.of());

    private Instant now = NOON;

    @ParameterizedTest
    @CsvSource({
        "*, true, true, true, true, true",
        "alice@example.com, true, false, false, false, false",
        "Alice@example.com, false, false, false, false, false",
        "(loopback), false, true, false, false, false",
        "'tag:api,tag:prod', false, false, true, false, false",
        "'tag:prod,tag:api', false, false, true, false, false",
        "tag:api, false, false, true, false, false",
        "'tag:api,tag:dev', false, false, false, false, false",
        "tag:ci, false, false, false, false, false",
        "tagged-devices, false, false, false, false, false",
        "group:eng, false, false, false, true, false",
        "group:ops, false, false, false, false, false",
        "'', false, false, false, false, false",
    })
    void givesAGrantToThoseItIsFor(
            String source, boolean alice, boolean local, boolean machine, boolean member, boolean pretender) {
        var access = access(grant(source, role("user")));

        assertThat(List.of(ALICE, LOCAL, MACHINE, MEMBER, PRETENDER))
                .extracting(it -> access.role(it) == Role.USER)
                .containsExactly(alice, local, machine, member, pretender);
    }

    @Test
    void deniesByDefault() {
        var access = access();

        assertThat(access.role(ALICE)).isEqualTo(Role.NONE);
        assertThat(access.permit(ALICE, "openai", "gpt-5")).isEmpty();
    }

    @Test
    void assignsTheHighestRole() {
        var access =
                access(grant("*", role("user")), grant("alice@example.com", role("admin")), grant("*", role("user")));

        assertThat(access.role(ALICE)).isEqualTo(Role.ADMIN);
        assertThat(access.role(LOCAL)).isEqualTo(Role.USER);
    }

    @Test
    void permitsWhatAnyMatchingGrantCovers() {
        var access = access(
                grant("*", models(List.of("openai/gpt-5", "anthropic/**"))),
                grant("alice@example.com", models(List.of("openrouter/**"))));

        assertThat(access.permit(ALICE, "openai", "gpt-5")).isPresent();
        assertThat(access.permit(ALICE, "anthropic", "claude-opus-4-5")).isPresent();
        assertThat(access.permit(ALICE, "openrouter", "qwen/qwen3")).isPresent();
        assertThat(access.permit(LOCAL, "openrouter", "qwen/qwen3")).isEmpty();
        assertThat(access.permit(ALICE, "openai", "gpt-5-mini")).isEmpty();
    }

    @Test
    void grantsNothingByAFloatingCapability() {
        var access = access(grant("*", new Capability("admin", null, List.of("pool"), List.of())));

        assertThat(access.permit(ALICE, "openai", "gpt-5")).isEmpty();
    }

    @Test
    void chargesEveryBucketThatAppliesOnce() {
        var access = access(
                grant("*", models(List.of("**"), "daily:<user>", "pool")),
                grant("*", models(List.of("*/claude-opus*"), "opus:<user>", "pool")),
                grant("*", new Capability(null, null, List.of("device:<node>"), List.of())),
                grant("bob@example.com", models(List.of("**"), "bobs")));

        assertThat(access.permit(ALICE, "anthropic", "claude-opus-4-5")
                        .orElseThrow()
                        .buckets())
                .extracting(Bucket::name)
                .containsExactly(
                        "daily:alice@example.com", "pool", "opus:alice@example.com", "device:alice@example.com");
        assertThat(access.permit(MACHINE, "openai", "gpt-5").orElseThrow().buckets())
                .extracting(Bucket::name)
                .containsExactly("daily:tag:api,tag:prod", "pool", "device:n1");
    }

    @Test
    void givesBucketsTheDefinitionTheyWereNamedBy() {
        var access = access(grant("*", models(List.of("**"), "daily:<user>", "undefined", "broken:<team>")));

        assertThat(access.permit(ALICE, "openai", "gpt-5").orElseThrow().buckets())
                .containsExactly(
                        new Bucket("daily:alice@example.com", quota("daily:<user>")),
                        new Bucket("undefined", null),
                        new Bucket("broken:<team>", null));
    }

    @Test
    void addsHeadersOfWhateverApplies() {
        var access = access(
                grant("*", new Capability(null, List.of("openai/**"), List.of(), List.of(Map.entry("A", "1")))),
                grant("*", new Capability(null, List.of("other/**"), List.of(), List.of(Map.entry("B", "2")))),
                grant("*", new Capability(null, null, List.of(), List.of(Map.entry("C", "3")))));

        assertThat(access.permit(ALICE, "openai", "gpt-5").orElseThrow().addHeaders())
                .containsExactly(Map.entry("A", "1"), Map.entry("C", "3"));
    }

    @Test
    void addsTheGrantsThatACallerCarries() {
        var carried =
                grant("nobody@example.com", new Capability("admin", List.of("openai/**"), List.of("pool"), List.of()));
        var caller = new Caller("dave@example.com", "", "", List.of(), List.of(), false, List.of(carried));
        var access = access(grant("*", models(List.of("anthropic/**"), "daily:<user>")));

        assertThat(access.role(caller)).isEqualTo(Role.ADMIN);
        assertThat(access.permit(caller, "openai", "gpt-5").orElseThrow().buckets())
                .containsExactly(new Bucket("pool", quota("pool")));
        assertThat(access.permit(caller, "anthropic", "claude")).isPresent();
        assertThat(access.role(person("dave@example.com"))).isEqualTo(Role.NONE);
    }

    @Test
    void endsAGrantWithTheNextRequestAfterItsTime() {
        var access = access(
                grant("*", role("user")),
                timed(NOON, NOON.plusSeconds(60), new Capability("admin", List.of("**"), List.of("pool"), List.of())));
        assertThat(access.role(ALICE)).isEqualTo(Role.ADMIN);
        assertThat(access.permit(ALICE, "openai", "gpt-5").orElseThrow().buckets())
                .extracting(Bucket::name)
                .containsExactly("pool");

        now = NOON.plusSeconds(60);

        assertThat(access.role(ALICE)).isEqualTo(Role.USER);
        assertThat(access.permit(ALICE, "openai", "gpt-5")).isEmpty();
    }

    @Test
    void beginsAGrantAtItsTimeAndTakesItBackWhenTheClockIsSetBack() {
        var access = access(timed(NOON, Instant.MAX, role("user")));

        for (var second : List.of(-1, 0, 1, -1)) {
            now = NOON.plusSeconds(second);
            assertThat(access.role(ALICE)).as("second %d", second).isEqualTo(second < 0 ? Role.NONE : Role.USER);
        }
    }

    @Property
    void grantsAtEveryMomentWhatTheWindowsOfThatMomentSay(
            @ForAll @Size(max = 6) List<@IntRange(max = 20) Integer> starts,
            @ForAll @Size(max = 40) List<@IntRange(max = 30) Integer> moments) {
        // Grant i lets one use model i, from its start on, for five seconds more than its number.
        var grants = new GrantRule[starts.size()];
        for (int i = 0; i < grants.length; i++) {
            var from = NOON.plusSeconds(starts.get(i));
            grants[i] = timed(from, from.plusSeconds(5 + i), models(List.of("p/" + i)));
        }
        var access = access(grants);

        for (int moment : moments) {
            now = NOON.plusSeconds(moment);
            for (int i = 0; i < grants.length; i++) {
                var holds = moment >= starts.get(i) && moment < starts.get(i) + 5 + i;
                assertThat(access.permit(ALICE, "p", "" + i).isPresent())
                        .as("grant %d at second %d", i, moment)
                        .isEqualTo(holds);
            }
        }
    }

    @Test
    void remembersNoMoreCallersThanItsBound() {
        var access = access(grant("*", role("user")));

        for (int i = 0; i < 10_000; i++) {
            assertThat(access.role(person("user" + i))).isEqualTo(Role.USER);
        }
    }

    @Property
    void neverLetsAnotherCallerIn(@ForAll @AlphaChars @NotEmpty String login) {
        var access = access(grant(login + "@example.com", role("admin"), models(List.of("**"))));

        assertThat(access.role(person(login))).isEqualTo(Role.NONE);
        assertThat(access.permit(person(login), "p", "m")).isEmpty();
        assertThat(access.role(person(login + "@example.com"))).isEqualTo(Role.ADMIN);
    }

    private Access access(GrantRule... grants) {
        var quotas = Map.of("daily:<user>", quota("daily:<user>"), "pool", quota("pool"));
        return Access.of(new Policy(Map.of(), List.of(grants), quotas, true, Map.of(), Map.of()), () -> now);
    }

    private static QuotaRule quota(String name) {
        return new QuotaRule(name, 1, 1, Duration.ofDays(1), "$1/day", false);
    }

    private static GrantRule grant(String source, Capability... capabilities) {
        return new GrantRule(List.of(source), List.of(capabilities), Map.of());
    }

    private static GrantRule timed(Instant starts, Instant expires, Capability... capabilities) {
        return new GrantRule(List.of("*"), List.of(capabilities), Map.of(), new Window(starts, expires));
    }

    private static Capability role(String role) {
        return new Capability(role, null, List.of(), List.of());
    }

    private static Capability models(List<String> patterns, String... buckets) {
        return new Capability(null, patterns, List.of(buckets), List.of());
    }

    private static Caller person(String login) {
        return new Caller(login, "", "", List.of(), List.of(), false, List.of());
    }
}
