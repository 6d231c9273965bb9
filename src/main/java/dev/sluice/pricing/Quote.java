package dev.sluice.pricing;

import dev.sluice.pricing.PriceBook.Rates;
import java.math.BigDecimal;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The price found for a model at a provider.
 *
 * @param basis      cost basis and key
 * @param factor     on the cost of tokens, for where the endpoint stands
 * @param adjustment on all of the cost, by the operator's word
 * @param batch      the model's name itself asks for the batch rate
 * @param search     a web search; null when nobody prices it
 */
record Quote(
        String basis,
        PriceEntry entry,
        BigDecimal factor,
        BigDecimal adjustment,
        boolean batch,
        @Nullable BigDecimal search) {

    Tier tier(@Nullable String told) {
        return batch ? Tier.BATCH : Tier.told(told);
    }

    Quote adjusted(BigDecimal adjustment) {
        return new Quote(basis, entry, factor, this.adjustment.multiply(adjustment), batch, search);
    }

    Rates rates() {
        return new Rates(
                basis,
                rate(Meter.INPUT),
                rate(Meter.OUTPUT),
                rate(Meter.CACHE_READ),
                rate(Meter.CACHE_WRITE),
                rate(Meter.CACHE_WRITE_1H),
                Optional.ofNullable(entry.search()).map(adjustment::multiply).orElse(null),
                entry.contextWindow(),
                entry.maxOutputTokens());
    }

    private @Nullable BigDecimal rate(Meter meter) {
        var listed = entry.listed(meter, batch ? Tier.BATCH : Tier.STANDARD);
        return listed == null ? null : listed.multiply(factor).multiply(adjustment);
    }
}
