package dev.sluice.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.access.Permit.Bucket;
import dev.sluice.config.GrantRule;
import dev.sluice.config.GrantRule.Capability;
import dev.sluice.config.Policy;
import dev.sluice.config.QuotaRule;
import dev.sluice.identity.Caller;
import dev.sluice.identity.Restriction;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a caller's proof takes away from what grants give. */
class RestrictionTest {
    private static final QuotaRule OWN = QuotaRule.of("key:k", "$10", "$5/day");
    private static final List<String> NAMES = List.of("p/a", "p/b", "q/a", "q/a/b");
    private static final List<String> PATTERNS = List.of("**", "p/**", "p/a", "*/a", "q/*", "q/a/b", "z/**");

    private static Access access(String role, String... models) {
        var grant = new GrantRule(
                List.of("alice"),
                List.of(new Capability(role, List.of(models), List.of("daily:<user>"), List.of())),
                Map.of());
        var quota = QuotaRule.of("daily:<user>", "$1", "$1/day");
        return Access.of(
                new Policy(Map.of(), List.of(grant), Map.of("daily:<user>", quota), true, Map.of(), Map.of()),
                () -> Instant.EPOCH);
    }

    private static Caller alice(List<String> models, @Nullable QuotaRule quota, boolean allowAdmin) {
        return new Caller(
                "alice", "", "", List.of(), List.of(), false, List.of(), new Restriction(models, quota, allowAdmin));
    }

    private static boolean permits(Access access, Caller caller, String name) {
        var slash = name.indexOf('/');
        return access.permit(caller, name.substring(0, slash), name.substring(slash + 1))
                .isPresent();
    }

    @Provide
    Arbitrary<List<String>> patterns() {
        return Arbitraries.of(PATTERNS).list().ofMinSize(1).ofMaxSize(3);
    }

    @Property(tries = 500)
    void permitsWhatBothTheGrantsAndTheRestrictionDo(
            @ForAll("patterns") List<String> granted, @ForAll("patterns") List<String> restricted) {
        var access = access("user", granted.toArray(String[]::new));
        var all = access("user", restricted.toArray(String[]::new));
        var free = alice(List.of(), null, true);

        for (var name : NAMES) {
            assertThat(permits(access, alice(restricted, null, true), name))
                    .isEqualTo(permits(access, free, name) && permits(all, free, name));
        }
    }

    @Test
    void addsABucketToWhateverTheGrantsCharge() {
        var access = access("user", "**");

        assertThat(access.permit(alice(List.of(), OWN, false), "p", "a")
                        .orElseThrow()
                        .buckets())
                .extracting(Bucket::name)
                .containsExactly("daily:alice", "key:k");
        assertThat(access.permit(alice(List.of(), null, false), "p", "a")
                        .orElseThrow()
                        .buckets())
                .extracting(Bucket::name)
                .containsExactly("daily:alice");
    }

    @Test
    void keepsTheRoleBelowAnAdministrators() {
        assertThat(access("admin", "**").role(alice(List.of(), null, false))).isEqualTo(Role.USER);
        assertThat(access("admin", "**").role(alice(List.of(), null, true))).isEqualTo(Role.ADMIN);
        assertThat(access("user", "**").role(alice(List.of(), null, true))).isEqualTo(Role.USER);
    }

    @Test
    void givesNothingThatNoGrantDoes() {
        var stranger = new Caller(
                "eve", "", "", List.of(), List.of(), false, List.of(), new Restriction(List.of("**"), OWN, true));

        assertThat(access("admin", "**").role(stranger)).isEqualTo(Role.NONE);
        assertThat(access("admin", "**").permit(stranger, "p", "a")).isEmpty();
    }
}
