package dev.sluice.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.Policy;
import dev.sluice.config.ProviderRule;
import dev.sluice.config.ProviderRule.Authorization;
import dev.sluice.config.Secret;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class OffersTest {
    @Test
    void findsAModelByItsBareAndByItsQualifiedName() {
        var router = router(provider("openai", 0, "gpt-5"), provider("anthropic", 0, "claude"));

        assertThat(asked(router, "gpt-5")).containsExactly("openai gpt-5");
        assertThat(asked(router, "openai/gpt-5")).containsExactly("openai gpt-5");
        assertThat(asked(router, "anthropic/gpt-5")).isEmpty();
        assertThat(asked(router, "gpt-6")).isEmpty();
        assertThat(asked(router, "")).isEmpty();
        assertThat(asked(router, "/gpt-5")).isEmpty();
        assertThat(asked(router, "openai/")).isEmpty();
    }

    @Test
    void prefersByPreferenceThenByDocumentOrder() {
        var router = router(
                provider("first", 0, "m"),
                provider("best", 5, "m"),
                provider("second", 0, "m"),
                provider("last", -1, "m"));

        assertThat(asked(router, "m")).containsExactly("best m", "first m", "second m", "last m");
        assertThat(asked(router, "second/m")).containsExactly("second m");
    }

    @Test
    void findsModelsWhoseIdsHaveSlashes() {
        var router = router(provider("openrouter", 0, "qwen/qwen3"));

        assertThat(asked(router, "qwen/qwen3")).containsExactly("openrouter qwen/qwen3");
        assertThat(asked(router, "openrouter/qwen/qwen3")).containsExactly("openrouter qwen/qwen3");
        assertThat(asked(router, "qwen3")).isEmpty();
    }

    @Test
    void takesAQualifiedNameForWhatItSaysBeforeItTakesItForAModelId() {
        var router = router(provider("openrouter", 9, "openai/gpt-5"), provider("openai", 0, "gpt-5"));

        assertThat(asked(router, "openai/gpt-5")).containsExactly("openai gpt-5", "openrouter openai/gpt-5");
    }

    @Test
    void offersWhatGlobsMatch() {
        var router = router(provider("anthropic", 0, "claude-opus*"), provider("any", 0, "**"));

        assertThat(asked(router, "claude-opus-4-5"))
                .containsExactly("anthropic claude-opus-4-5", "any claude-opus-4-5");
        assertThat(asked(router, "anthropic/claude-opus-4-5"))
                .containsExactly("anthropic claude-opus-4-5", "any anthropic/claude-opus-4-5");
        assertThat(asked(router, "gpt-5")).containsExactly("any gpt-5");
        assertThat(router.all()).isEmpty();
    }

    @Test
    void asksWhoNamesAModelBeforeWhoseGlobTakesItInAmongEquals() {
        var router = router(provider("any", 0, "**"), provider("local", 0, "qwen3"), provider("spare", -1, "qwen3"));

        assertThat(asked(router, "qwen3")).containsExactly("local qwen3", "any qwen3", "spare qwen3");
    }

    @Test
    void addsGlobsToWhatIsOfferedByName() {
        var router = router(provider("named", 0, "claude-opus-4-5"), provider("globbed", 1, "claude-*"));

        assertThat(asked(router, "claude-opus-4-5"))
                .containsExactly("globbed claude-opus-4-5", "named claude-opus-4-5");
    }

    @Test
    void leavesDisabledProvidersOut() {
        var router = router(disabled("off", "m", "only"), provider("on", 0, "m"));

        assertThat(asked(router, "m")).containsExactly("on m");
        assertThat(asked(router, "off/m")).isEmpty();
        assertThat(asked(router, "only")).isEmpty();
        assertThat(router.all()).extracting(it -> it.provider().id()).containsExactly("on");
    }

    @Test
    void listsEveryModelOnceInDocumentOrder() {
        var router = router(provider("a", 0, "x", "y", "x"), provider("b", 7, "x"));

        assertThat(router.all()).extracting(OffersTest::text).containsExactly("a x", "a y", "b x");
    }

    @Test
    void answersWithFallbacksThatAreEnabledAndOfferTheModel() {
        var byId = new LinkedHashMap<String, ProviderRule>();
        for (var it : List.of(
                provider("a", 0, "m"), provider("b", 0, "x/n"), provider("c", 9, "claude*"), disabled("d", "m"))) {
            byId.put(it.id(), it);
        }
        var router = Router.of(new Policy(
                byId,
                List.of(),
                Map.of(),
                true,
                Map.of("a/m", List.of("d/m", "b/x/n", "b/other", "c/claude-opus", "a/m")),
                Map.of()));

        assertThat(router.fallbacks(router.upstreams("m").getFirst()))
                .extracting(Upstream::name)
                .containsExactly("b/x/n", "c/claude-opus", "a/m");
        assertThat(router.fallbacks(router.upstreams("b/x/n").getFirst())).isEmpty();
    }

    private static List<String> asked(Router router, String name) {
        return router.upstreams(name).stream().map(OffersTest::text).toList();
    }

    private static String text(Upstream upstream) {
        return upstream.provider().id() + " " + upstream.model();
    }

    private static Router router(ProviderRule... providers) {
        var byId = new LinkedHashMap<String, ProviderRule>();
        Arrays.stream(providers).forEach(it -> byId.put(it.id(), it));
        return Router.of(new Policy(byId, List.of(), Map.of(), true, Map.of(), Map.of()));
    }

    private static ProviderRule provider(String id, int preference, String... models) {
        return rule(id, preference, false, models);
    }

    private static ProviderRule disabled(String id, String... models) {
        return rule(id, 100, true, models);
    }

    private static ProviderRule rule(String id, int preference, boolean disabled, String... models) {
        return new ProviderRule(
                id,
                "http://localhost",
                List.of(models),
                Secret.of(""),
                Authorization.BEARER,
                "",
                "",
                Set.of("openai_chat"),
                null,
                List.of(),
                List.of(),
                preference,
                disabled);
    }
}
