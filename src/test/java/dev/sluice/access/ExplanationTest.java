package dev.sluice.access;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.sluice.access.Explanation.Addressed;
import dev.sluice.access.Explanation.Denial;
import dev.sluice.access.Explanation.Part;
import dev.sluice.access.Explanation.State;
import dev.sluice.access.Permit.Bucket;
import dev.sluice.config.GrantRule;
import dev.sluice.config.GrantRule.Capability;
import dev.sluice.config.Policy;
import dev.sluice.config.PolicyDocument;
import dev.sluice.config.QuotaRule;
import dev.sluice.config.Window;
import dev.sluice.identity.Caller;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class ExplanationTest {
    private static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");
    private static final Caller ALICE = caller("alice", List.of());
    private static final List<String> MODELS = List.of("p/m", "p/n", "q/m", "q/x/y");

    private Instant now = NOON;

    @Test
    void namesTheGrantsThatDecideWhereTheyStandInTheDocument() {
        var explanation = explain("""
                {"grants": [
                  {"src": ["*"], "srcPosture": ["posture:x"], "app": {}},
                  {"src": ["*"], "app": {"tailscale.com/cap/aperture": [{"role": "user"}]}},
                  {"src": ["bob", "alice"], "app": {"tailscale.com/cap/aperture": [
                    {"models": ["x/**", "p/*"], "quotas": [{"bucket": "daily:<user>"}]},
                    {"quotas": [{"bucket": "pool"}]}]}}]}
                """);

        var decision = explanation.about("p", "m");

        assertThat(explanation.role()).isEqualTo(Role.USER);
        assertThat(explanation.roleParts()).extracting(ExplanationTest::place).containsExactly("grants[1] 0 at 3");
        assertThat(decision.allows()).isTrue();
        assertThat(decision.parts())
                .extracting(ExplanationTest::place)
                .containsExactly("grants[1] 0 at 3", "grants[2] 0 at 5", "grants[2] 1 at 6");
        assertThat(decision.parts()).extracting(Part::pattern).containsExactly(null, "p/*", null);
        assertThat(decision.parts())
                .flatExtracting(Part::buckets)
                .extracting(Bucket::name)
                .containsExactly("daily:alice", "pool");
        assertThat(decision.parts()).extracting(it -> it.grant().source()).containsExactly("*", "alice", "alice");
    }

    @Test
    void saysWhyNot() {
        assertThat(denial("[]")).isEqualTo(Denial.NOT_ADDRESSED);
        assertThat(denial(grant("bob", "", "{\"role\": \"user\", \"models\": \"**\"}")))
                .isEqualTo(Denial.NOT_ADDRESSED);
        assertThat(denial(grant("*", "", "{\"models\": \"**\"}"))).isEqualTo(Denial.NO_ROLE);
        assertThat(denial(grant("*", "", "{\"role\": \"user\", \"models\": \"q/**\"}")))
                .isEqualTo(Denial.NO_PATTERN);
        assertThat(denial(grant(
                        "*", "\"expires\": \"2026-11-21T11:00:00Z\",", "{\"role\": \"user\", \"models\": \"**\"}")))
                .isEqualTo(Denial.NOT_IN_FORCE);
    }

    @Test
    void tellsGrantsThatDoNotHold() {
        var explanation = explain("""
                {"grants": [
                  {"src": ["*"], "starts": "2026-12-01T00:00:00Z", "app": {"tailscale.com/cap/aperture": [{"models": "**"}]}},
                  {"src": ["*"], "app": {"tailscale.com/cap/aperture": [{"role": "user"}]}},
                  {"src": ["*"], "expires": "2026-11-21T12:00:00Z", "app": {"tailscale.com/cap/aperture": [{"models": "p/m"}]}}]}
                """);

        assertThat(explanation.grants())
                .extracting(it -> it.place().path(), explanation::state)
                .containsExactly(
                        tuple("grants[1]", State.HOLDS),
                        tuple("grants[0]", State.NOT_YET),
                        tuple("grants[2]", State.EXPIRED));
        assertThat(explanation.about("p", "m").missed())
                .extracting(Part::pattern)
                .containsExactly("**", "p/m");
        assertThat(explanation.about("p", "m").parts()).hasSize(1).allMatch(it -> it.pattern() == null);
    }

    @Test
    void tellsWhatCameWithTheCaller() {
        var carried = new GrantRule(
                List.of("*"), List.of(new Capability("admin", List.of("p/**"), List.of(), List.of())), Map.of());
        var explanation = access(List.of()).explain(caller("alice", List.of(carried)));

        assertThat(explanation.roleParts()).extracting(ExplanationTest::place).containsExactly("carried[0] 0 at 0");
        assertThat(explanation.grants()).extracting(Addressed::source).containsOnlyNulls();
        assertThat(explanation.about("p", "m").allows()).isTrue();
    }

    /** What is named suffices: under it alone, the answer is the same. And it is needed: without it, there is none. */
    @Property(tries = 400)
    void agreesWithWhatDecidesRequests(
            @ForAll("rules") List<GrantRule> rules, @ForAll("callers") Caller caller, @ForAll("moments") int moment) {
        now = NOON.plusSeconds(moment);
        var access = access(rules);
        var explanation = access.explain(caller);

        assertThat(explanation.role()).isEqualTo(access.role(caller));
        var roleGivers = places(explanation.roleParts());
        assertThat(access(kept(rules, roleGivers)).role(bare(caller, roleGivers)))
                .isEqualTo(explanation.role());
        for (var name : MODELS) {
            var provider = name.substring(0, 1);
            var model = name.substring(2);
            var permit = access.permit(caller, provider, model);
            var decision = explanation.about(provider, model);
            var named = places(decision.parts());
            var granting = places(
                    decision.parts().stream().filter(it -> it.pattern() != null).toList());

            assertThat(decision.permit()).isEqualTo(permit);
            assertThat(decision.allows()).isEqualTo(permit.isPresent() && access.role(caller) != Role.NONE);
            assertThat(access(kept(rules, named))
                            .permit(bare(caller, named), provider, model)
                            .map(Permit::buckets))
                    .isEqualTo(permit.map(Permit::buckets));
            var others = without(rules, granting);
            assertThat(access(others).permit(without(caller, granting), provider, model))
                    .isEmpty();
            assertThat(decision.parts().stream()
                            .flatMap(it -> it.buckets().stream())
                            .map(Bucket::name))
                    .containsAll(permit.map(Permit::buckets).orElse(List.of()).stream()
                            .map(Bucket::name)
                            .toList());
        }
    }

    /** A refusal is blamed on the clock exactly when the same grants, all of them in force, would do. */
    @Property(tries = 400)
    void blamesTheClockOnlyWhenItIsToBlame(
            @ForAll("rules") List<GrantRule> rules, @ForAll("callers") Caller caller, @ForAll("moments") int moment) {
        now = NOON.plusSeconds(moment);
        var always = access(rules.stream()
                .map(it -> new GrantRule(it.src(), it.capabilities(), it.custom()))
                .toList());
        var explanation = access(rules).explain(caller);

        for (var name : MODELS) {
            var denial =
                    explanation.about(name.substring(0, 1), name.substring(2)).denial();
            var atLast = always.explain(caller)
                    .about(name.substring(0, 1), name.substring(2))
                    .denial();
            if (denial == null) {
                assertThat(atLast).isNull();
            } else if (atLast == null) {
                assertThat(denial).isEqualTo(Denial.NOT_IN_FORCE);
            } else if (denial != Denial.NOT_IN_FORCE) {
                assertThat(denial).isIn(atLast, Denial.NO_ROLE, Denial.NO_PATTERN);
            }
            assertThat(denial == Denial.NOT_ADDRESSED).isEqualTo(atLast == Denial.NOT_ADDRESSED);
        }
    }

    @Provide
    Arbitrary<List<GrantRule>> rules() {
        return rule().list().ofMaxSize(6);
    }

    private static Arbitrary<GrantRule> rule() {
        var sources = Arbitraries.of("*", "alice", "bob", "(loopback)", "tag:ci", "tag:ci,tag:prod", "group:eng", "");
        var start = Arbitraries.integers().between(-2, 3);
        return Combinators.combine(
                        sources.list().ofMinSize(1).ofMaxSize(2),
                        capability().list().ofMaxSize(3),
                        start.injectNull(0.6),
                        Arbitraries.integers().between(1, 3).injectNull(0.6))
                .as((src, capabilities, from, lasts) -> {
                    var starts = from == null ? Instant.MIN : NOON.plusSeconds(from);
                    var expires = lasts == null ? Instant.MAX : NOON.plusSeconds((from == null ? 0 : from) + lasts);
                    return new GrantRule(src, capabilities, Map.of(), new Window(starts, expires));
                });
    }

    private static Arbitrary<Capability> capability() {
        var role = Arbitraries.of("user", "admin").injectNull(0.5);
        var models = Arbitraries.of("**", "p/**", "p/m", "*/m", "p/*", "q/x/*", "p/n*", "r/**")
                .list()
                .ofMaxSize(2)
                .injectNull(0.3);
        var buckets = Arbitraries.of("daily:<user>", "pool", "broken:<team>", "nowhere")
                .list()
                .ofMaxSize(2);
        return Combinators.combine(role, models, buckets)
                .as((it, patterns, names) -> new Capability(it, patterns, names, List.of()));
    }

    @Provide
    Arbitrary<Caller> callers() {
        var carried = capability().list().ofMaxSize(1).map(it -> new GrantRule(List.of("*"), it, Map.of()));
        return Combinators.combine(
                        Arbitraries.of(
                                ALICE,
                                new Caller("(loopback)", "", "", List.of(), List.of(), true, List.of()),
                                new Caller("tag:ci", "", "n1", List.of("tag:ci"), List.of(), false, List.of()),
                                new Caller(
                                        "tag:ci,tag:prod",
                                        "",
                                        "n2",
                                        List.of("tag:ci", "tag:prod"),
                                        List.of(),
                                        false,
                                        List.of()),
                                new Caller("bob", "", "", List.of(), List.of("group:eng"), false, List.of())),
                        carried.list().ofMaxSize(1))
                .as(ExplanationTest::carrying);
    }

    @Provide
    Arbitrary<Integer> moments() {
        return Arbitraries.integers().between(-3, 6);
    }

    private static Caller carrying(Caller caller, List<GrantRule> carried) {
        return new Caller(
                caller.login(), "", caller.node(), caller.tags(), caller.groups(), caller.loopback(), carried);
    }

    private static Set<String> places(List<Part> parts) {
        var places = new HashSet<String>();
        parts.forEach(
                it -> places.add(it.grant().place().path() + " " + it.place().index()));
        return places;
    }

    private static List<GrantRule> kept(List<GrantRule> rules, Set<String> places) {
        return filtered("grants", rules, places, true);
    }

    private static List<GrantRule> without(List<GrantRule> rules, Set<String> places) {
        return filtered("grants", rules, places, false);
    }

    private static Caller bare(Caller caller, Set<String> places) {
        return carrying(caller, filtered("carried", caller.carried(), places, true));
    }

    private static Caller without(Caller caller, Set<String> places) {
        return carrying(caller, filtered("carried", caller.carried(), places, false));
    }

    /** The same grants, with only those capabilities that stand at these places, or only the others. */
    private static List<GrantRule> filtered(String section, List<GrantRule> rules, Set<String> places, boolean kept) {
        var filtered = new ArrayList<GrantRule>();
        for (int i = 0; i < rules.size(); i++) {
            var rule = rules.get(i);
            var capabilities = new ArrayList<Capability>();
            for (int j = 0; j < rule.capabilities().size(); j++) {
                if (places.contains(section + "[" + i + "] " + j) == kept) {
                    capabilities.add(rule.capabilities().get(j));
                }
            }
            filtered.add(new GrantRule(rule.src(), capabilities, Map.of(), rule.window()));
        }
        return filtered;
    }

    private Denial denial(String grants) {
        var denial = explain("{\"grants\": " + grants + "}").about("p", "m").denial();
        return requireNonNull(denial);
    }

    private static String grant(String source, String more, String capability) {
        return "[{\"src\": [\"" + source + "\"], " + more + " \"app\": {\"tailscale.com/cap/aperture\": [" + capability
                + "]}}]";
    }

    private Explanation explain(String document) {
        var policy = requireNonNull(PolicyDocument.read(document).policy());
        return Access.of(policy, () -> now).explain(ALICE);
    }

    private Access access(List<GrantRule> grants) {
        var quotas = Map.of("daily:<user>", quota("daily:<user>"), "pool", quota("pool"));
        return Access.of(new Policy(Map.of(), grants, quotas, true, Map.of(), Map.of()), () -> now);
    }

    private static QuotaRule quota(String name) {
        return new QuotaRule(name, 1, 1, Duration.ofDays(1), "$1/day", false);
    }

    private static String place(Part part) {
        return part.grant().place().path() + " " + part.place().index() + " at "
                + part.place().line();
    }

    private static Caller caller(String login, List<GrantRule> carried) {
        return new Caller(login, "", "", List.of(), List.of(), false, carried);
    }
}
