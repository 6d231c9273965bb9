package dev.sluice.pricing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import org.junit.jupiter.api.Test;

class ShippedPricesTest {
    @Test
    void isReadOnce() {
        assertThat(ShippedPrices.get()).isSameAs(ShippedPrices.get());
    }

    @Test
    void holdsModelsAndNothingElse() {
        assertThat(ShippedPrices.get().table())
                .hasSizeGreaterThan(2_900)
                .containsKeys("claude-sonnet-5", "gpt-5.5")
                .doesNotContainKeys("sample_spec", "fallback_generalizations");
    }

    @Test
    void keepsPricesAsTheyAreWritten() {
        var sonnet = Objects.requireNonNull(ShippedPrices.get().table().get("claude-haiku-4-5-20251001"));

        assertThat(sonnet.listed(Meter.INPUT, Tier.STANDARD)).isEqualByComparingTo("0.000001");
    }

    @Test
    void readsTheDatesOfCorrections() {
        assertThat(ShippedPrices.get().dated())
                .anySatisfy(dated -> assertThat(dated.holdsOn(Samples.DAY)).isFalse())
                .anySatisfy(dated -> assertThat(dated.from()).isEqualTo("2026-08-21"))
                .anySatisfy(dated -> assertThat(dated.until()).isEqualTo("2027-01-01"));
    }

    @Test
    void knowsWhatASearchCostsByBasis() {
        assertThat(ShippedPrices.get().searches()).containsOnlyKeys("anthropic", "openai");
    }
}
