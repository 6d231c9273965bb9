package dev.sluice.pricing;

import dev.sluice.config.Policy;
import dev.sluice.config.ProviderRule;
import dev.sluice.config.ProviderRule.CostMapping;
import dev.sluice.config.Secret;
import dev.sluice.pricing.PriceBook.Terms;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Providers, policies and terms for tests, with everything that does not matter filled in. */
final class Samples {
    static final LocalDate DAY = LocalDate.of(2026, 11, 20);

    private Samples() {}

    static ProviderRule provider(
            String id, String baseUrl, @Nullable String costBasis, Set<String> flags, CostMapping... mappings) {
        return new ProviderRule(
                id,
                baseUrl,
                List.of(),
                Secret.of("k"),
                ProviderRule.Authorization.BEARER,
                id,
                "",
                flags,
                costBasis,
                Arrays.asList(mappings),
                List.of(),
                0,
                false);
    }

    static ProviderRule provider(String costBasis, CostMapping... mappings) {
        return provider("p", "https://gateway.internal/", costBasis, Set.of("openai_chat"), mappings);
    }

    static ProviderRule providerAt(String baseUrl, String costBasis) {
        return provider("p", baseUrl, costBasis, Set.of("openai_chat"));
    }

    static CostMapping mapping(String match, String as, String adjustment) {
        return new CostMapping(match, as, new BigDecimal(adjustment));
    }

    static Policy policy(Map<String, Map<String, Object>> prices) {
        return new Policy(Map.of(), List.of(), Map.of(), true, Map.of(), prices);
    }

    /** A book in which the model {@code m} costs this, and nothing else is added to the shipped table. */
    static PriceBook bookOf(Map<String, Object> fields) {
        return PriceBook.of(policy(Map.of("m", fields)));
    }

    static PriceBook shippedBook() {
        return PriceBook.of(policy(Map.of()));
    }

    static Terms terms(ProviderRule provider, String model) {
        return terms(provider, model, model);
    }

    static Terms terms(ProviderRule provider, String model, String askedModel) {
        return new Terms(provider, model, askedModel, DAY, null, null, null, null);
    }

    static Terms atTier(String model, String tier) {
        return new Terms(provider("openai"), model, model, DAY, tier, null, null, null);
    }
}
