package dev.sluice.config;

import java.util.List;
import java.util.Map;

/**
 * The policy document: who may use what, and what it may cost. Keys as in the document; parsing and checking stand in
 * {@link PolicyDocument}.
 *
 * @param providers by id, in document order
 * @param grants    in document order
 * @param quotas    by name as written, templates included, for example {@code daily:<user>}
 * @param fallbacks {@code provider/model} to what may answer in its place, best first, in the same form
 * @param prices    the operator's own prices: a model's key in the price table to fields of the price table;
 *     numbers are {@link java.math.BigDecimal}, never negative; nested objects are maps
 */
public record Policy(
        Map<String, ProviderRule> providers,
        List<GrantRule> grants,
        Map<String, QuotaRule> quotas,
        boolean autoCostBasis,
        Map<String, List<String>> fallbacks,
        Map<String, Map<String, Object>> prices) {
    public Policy {
        providers = Ordered.copy(providers);
        grants = List.copyOf(grants);
        quotas = Ordered.copy(quotas);
        fallbacks = Ordered.copy(fallbacks);
        prices = Ordered.copy(prices);
        providers.forEach((id, provider) -> require("providers", id, provider.id()));
        quotas.forEach((name, quota) -> require("quotas", name, quota.name()));
    }

    private static void require(String section, String key, String name) {
        if (!key.equals(name)) {
            throw new IllegalArgumentException(section + "." + key + ": " + name + " (expected: the key's own name)");
        }
    }
}
