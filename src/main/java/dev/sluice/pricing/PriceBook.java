package dev.sluice.pricing;

import dev.sluice.config.Policy;
import dev.sluice.config.ProviderRule;
import dev.sluice.wire.Usage;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** What an answer costs. Safe to share; one instance per policy. */
public interface PriceBook {

    /**
     * What decides a price beside the usage.
     *
     * @param model       the one the answer names, or, before there is an answer, the one asked for
     * @param askedModel  the model asked for: mapped by {@code model_cost_map}, and looked up when the answer's name has no price
     * @param serviceTier as told by the answer ({@code standard}, {@code default}, {@code flex}, {@code priority}, {@code batch}); null is standard
     * @param reportedUsd the cost that the provider told; null when it did not
     * @param location    where the request's path says that it is served, for example {@code europe-west1}; null when it does not say. Counts
     *                    where the provider's base URL says nothing
     */
    record Terms(
            ProviderRule provider,
            String model,
            String askedModel,
            LocalDate date,
            @Nullable String serviceTier,
            @Nullable String speed,
            @Nullable String inferenceGeo,
            @Nullable BigDecimal reportedUsd,
            @Nullable String location) {
        public Terms(
                ProviderRule provider,
                String model,
                String askedModel,
                LocalDate date,
                @Nullable String serviceTier,
                @Nullable String speed,
                @Nullable String inferenceGeo,
                @Nullable BigDecimal reportedUsd) {
            this(provider, model, askedModel, date, serviceTier, speed, inferenceGeo, reportedUsd, null);
        }
    }

    /**
     * A known cost.
     *
     * @param nanos nanodollars, rounded half up from {@code usd}
     * @param basis cost basis and key of the price table, for example {@code anthropic/claude-sonnet-4-5}
     */
    record Cost(long nanos, BigDecimal usd, String basis) {}

    /**
     * Prices per token in US dollars; absent ones null. As {@code /v1/models} tells them.
     *
     * @param basis cost basis and key of the price table, for example {@code anthropic/claude-sonnet-4-5}
     */
    record Rates(
            String basis,
            @Nullable BigDecimal input,
            @Nullable BigDecimal output,
            @Nullable BigDecimal inputCacheRead,
            @Nullable BigDecimal inputCacheWrite,
            @Nullable BigDecimal inputCacheWrite1h,
            @Nullable BigDecimal webSearch,
            OptionalLong contextWindow,
            OptionalLong maxOutputTokens) {}

    /** The prices that ship with the build, under the policy's own. Reads the class path once; later calls share it. */
    static PriceBook of(Policy policy) {
        return new PriceTable(policy);
    }

    /** The cost; empty when the price is unknown, which is never zero. */
    Optional<Cost> cost(Terms terms, Usage usage);

    /**
     * The most that a request can cost, to set money aside for it: every prompt token at the dearest rate that the model has for
     * any (one-hour cache writes included, where there are any), every output token likewise, at the dearer of the standard tier and
     * the one asked for. Speed and place as the terms tell them; searches come on top. Empty when the price is unknown.
     *
     * @param promptTokens the whole prompt, or more
     * @param outputTokens the most that may be generated
     */
    Optional<Cost> worstCase(Terms terms, long promptTokens, long outputTokens);

    /** The rates of a provider's model on a day; empty when unknown. */
    Optional<Rates> rates(ProviderRule provider, String model, LocalDate date);

    /** Name of the cost basis that a provider is counted by; empty when there is none. */
    Optional<String> basis(ProviderRule provider);

    /**
     * Prices on a day, whoever offers the models. Made anew for every call, which for all of them takes some hundredths of a second.
     *
     * @param only the one model that is wanted; null for all
     */
    PriceList list(LocalDate date, @Nullable String only);

    /** The first day of those, up to this one, on which all prices have been as on this one. */
    LocalDate since(LocalDate date);
}
