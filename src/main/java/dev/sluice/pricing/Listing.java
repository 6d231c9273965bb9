package dev.sluice.pricing;

import dev.sluice.pricing.PriceList.Price;
import java.math.BigDecimal;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A price list while it is put together. Which price a name has is asked of what prices requests; here are only the names to ask
 * for.
 */
final class Listing {
    private static final String FAST = "provider_specific_entry.fast";
    private static final String WEB_SEARCH = "web_search";

    private final ProviderPrices.Source source;
    private final Function<String, PriceList.Source> said;
    private final @Nullable String only;
    private final Map<CostBasis, ProviderPrices> resolvers = new EnumMap<>(CostBasis.class);
    private final SortedMap<String, SortedMap<String, Price>> models = new TreeMap<>();

    /**
     * @param said who sets the price of a key
     * @param only the one model that is wanted; null for all
     */
    Listing(ProviderPrices.Source source, Function<String, PriceList.Source> said, @Nullable String only) {
        this.source = source;
        this.said = said;
        this.only = only;
    }

    /** The model that an entry of the table is for, under every cost basis that would find it. */
    void add(PriceEntry entry) {
        var seller = entry.seller();
        if (seller == null) {
            return;
        }
        var model = ModelKeys.modelOf(entry.key(), seller);
        if (model != null) {
            seller.zones().forEach(basis -> add(basis, model));
        }
    }

    void add(CostBasis basis, String model) {
        if (only != null && !only.equals(model)) {
            return;
        }
        resolvers
                .computeIfAbsent(basis, ProviderPrices::anywhere)
                .listed(model, source)
                .ifPresent(quote ->
                        models.computeIfAbsent(model, _ -> new TreeMap<>()).put(basis.id, price(quote)));
    }

    PriceList list() {
        return new PriceList(models);
    }

    private Price price(Quote quote) {
        var entry = quote.entry();
        var rates = rates(quote, Tier.STANDARD, BigDecimal.ONE);
        var modes = new TreeMap<String, SortedMap<String, BigDecimal>>();
        for (var tier : Tier.values()) {
            var own = rates(quote, tier, BigDecimal.ONE);
            if (tier != Tier.STANDARD && !own.isEmpty()) {
                modes.put(tier.name().toLowerCase(Locale.ROOT), own);
            }
        }
        if (entry.factor(FAST).compareTo(BigDecimal.ONE) != 0) {
            modes.put("fast", rates(quote, Tier.STANDARD, entry.factor(FAST)));
        }
        if (quote.search() != null) {
            rates.put(WEB_SEARCH, quote.search());
        }
        return new Price(said.apply(entry.key()), entry.key(), quote.factor(), rates, modes);
    }

    private static SortedMap<String, BigDecimal> rates(Quote quote, Tier tier, BigDecimal mode) {
        var rates = new TreeMap<String, BigDecimal>();
        quote.entry().lines().forEach((line, rate) -> {
            if (line.tier() == tier) {
                rates.put(
                        name(line),
                        rate.multiply(quote.factor())
                                .multiply(quote.adjustment())
                                .multiply(mode));
            }
        });
        return rates;
    }

    private static String name(PriceLine line) {
        var mark = line.mark();
        var above = mark == 0 ? "" : mark % 1000 == 0 ? "_above_" + mark / 1000 + "k" : "_above_" + mark;
        return name(line.meter()) + above;
    }

    private static String name(Meter meter) {
        return switch (meter) {
            case INPUT -> "input";
            case INPUT_AUDIO -> "input_audio";
            case INPUT_IMAGE -> "image";
            case CACHE_READ -> "input_cache_read";
            case CACHE_WRITE -> "input_cache_write";
            case CACHE_WRITE_1H -> "input_cache_write_1h";
            case OUTPUT -> "output";
            case OUTPUT_AUDIO -> "output_audio";
            case OUTPUT_IMAGE -> "output_image";
            case REASONING -> "internal_reasoning";
        };
    }
}
