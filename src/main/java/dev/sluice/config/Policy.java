package dev.sluice.config;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The policy document: who may use what, and what it may cost. Keys as in the document; parsing and checking stand in
 * {@link PolicyDocument}.
 *
 * @param providers by id, in document order
 * @param grants    those by the older syntax too, after the others
 * @param grantPlaces    where each grant stands, in the order of {@code grants}
 * @param quotas    by name as written, templates included, for example {@code daily:<user>}
 * @param fallbacks {@code provider/model} to what may answer in its place, best first, in the same form
 * @param prices    the operator's own prices: a model's key in the price table to fields of the price table;
 *     numbers are {@link java.math.BigDecimal}, never negative; nested objects are maps
 * @param hooks      by name
 * @param s3         null when nothing is exported
 * @param connectors by id
 * @param flags      those that the document sets, by name
 * @param chatModels as JSON values, for no document tells their form
 */
public record Policy(
        Map<String, ProviderRule> providers,
        List<GrantRule> grants,
        List<GrantPlace> grantPlaces,
        Map<String, QuotaRule> quotas,
        boolean autoCostBasis,
        Map<String, List<String>> fallbacks,
        Map<String, Map<String, Object>> prices,
        Map<String, HookRule> hooks,
        @Nullable S3Rule s3,
        McpRule mcp,
        Map<String, ConnectorRule> connectors,
        DatabaseRule database,
        Map<String, Boolean> flags,
        List<Object> chatModels) {
    public Policy {
        providers = Ordered.copy(providers);
        grants = List.copyOf(grants);
        grantPlaces = List.copyOf(grantPlaces);
        quotas = Ordered.copy(quotas);
        fallbacks = Ordered.copy(fallbacks);
        prices = Ordered.copy(prices);
        hooks = Ordered.copy(hooks);
        connectors = Ordered.copy(connectors);
        flags = Ordered.copy(flags);
        chatModels = List.copyOf(chatModels);
        providers.forEach((id, provider) -> require("providers", id, provider.id()));
        quotas.forEach((name, quota) -> require("quotas", name, quota.name()));
        hooks.forEach((name, hook) -> require("hooks", name, hook.name()));
        connectors.forEach((id, connector) -> require("connectors.servers", id, connector.id()));
        requirePlaces(grants, grantPlaces);
    }

    /** What decides about requests for models, and nothing else. */
    public Policy(
            Map<String, ProviderRule> providers,
            List<GrantRule> grants,
            Map<String, QuotaRule> quotas,
            boolean autoCostBasis,
            Map<String, List<String>> fallbacks,
            Map<String, Map<String, Object>> prices) {
        this(
                providers,
                grants,
                GrantPlace.inOrder(grants),
                quotas,
                autoCostBasis,
                fallbacks,
                prices,
                Map.of(),
                null,
                McpRule.NONE,
                Map.of(),
                DatabaseRule.USUAL,
                Map.of(),
                List.of());
    }

    private static void requirePlaces(List<GrantRule> grants, List<GrantPlace> grantPlaces) {
        var all = grants.size() == grantPlaces.size();
        for (int i = 0; all && i < grants.size(); i++) {
            all = grants.get(i).capabilities().size()
                    == grantPlaces.get(i).capabilities().size();
        }
        if (!all) {
            throw new IllegalArgumentException(
                    "grantPlaces: " + grantPlaces + " (expected: one for each grant and capability)");
        }
    }

    private static void require(String section, String key, String name) {
        if (!key.equals(name)) {
            throw new IllegalArgumentException(section + "." + key + ": " + name + " (expected: the key's own name)");
        }
    }
}
