package dev.sluice.pricing;

import dev.sluice.config.Policy;
import dev.sluice.config.ProviderRule;
import dev.sluice.wire.Usage;
import java.time.LocalDate;
import java.util.Optional;

/** The shipped price table under the prices of one policy. */
record PriceTable(Policy policy) implements PriceBook {
    @Override
    public Optional<Cost> cost(Terms terms, Usage usage) {
        return Optional.empty();
    }

    @Override
    public Optional<Rates> rates(ProviderRule provider, String model, LocalDate date) {
        return Optional.empty();
    }
}
