package dev.sluice.pricing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.pricing.PriceBook.Cost;
import dev.sluice.wire.Usage;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a rate is when the table does not have it, one rule at a time, on prices that make every rate recognisable. */
class RateFallbackTest {
    private static final Map<String, Object> PLAIN = fields("input_cost_per_token", "1", "output_cost_per_token", "10");

    @Test
    void cacheReadsGoAtTheInputRate() {
        assertThat(cost(PLAIN, "standard", usage(0, 7, 0, 0, 0, 0))).contains(usd("7"));
    }

    @Test
    void aRerankIsPricedByTheSearch() {
        var book = PriceBook.of(Samples.policy(Map.of()));
        var searches = new dev.sluice.wire.Usage(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3);

        var cost = book.cost(Samples.terms(Samples.provider("openai"), "rerank-v3.5"), searches);

        assertThat(cost.map(Cost::nanos)).contains(6_000_000L);
    }

    @Test
    void cacheWritesGoAtTheInputRate() {
        assertThat(cost(PLAIN, "standard", usage(0, 0, 7, 0, 0, 0))).contains(usd("7"));
    }

    @Test
    void longCacheWritesGoAtTheShortOnesRate() {
        var prices = with(PLAIN, "cache_creation_input_token_cost", "3");

        assertThat(cost(prices, "standard", usage(0, 0, 0, 7, 0, 0))).contains(usd("21"));
    }

    @Test
    void longCacheWritesOfClaudeGoAtTwiceTheInputRate() {
        var prices = with(PLAIN, "cache_creation_input_token_cost", "3");
        var book = PriceBook.of(Samples.policy(Map.of("claude-m", prices)));

        var cost = book.cost(Samples.terms(Samples.provider("anthropic"), "claude-m"), usage(0, 0, 0, 7, 0, 0));

        assertThat(cost.map(Cost::usd)).contains(usd("14"));
    }

    @Test
    void longCacheWritesOfClaudeFollowTheInputBeyondAMark() {
        var prices = with(
                PLAIN, "cache_creation_input_token_cost_above_1hr", "2", "input_cost_per_token_above_200k_tokens", "5");
        var book = PriceBook.of(Samples.policy(Map.of("claude-m", prices)));

        var cost = book.cost(Samples.terms(Samples.provider("anthropic"), "claude-m"), usage(0, 0, 0, 200_001, 0, 0));

        assertThat(cost.map(Cost::usd)).contains(usd("2000010"));
    }

    @Test
    void reasoningGoesAtTheOutputRate() {
        assertThat(cost(PLAIN, "standard", usage(0, 0, 0, 0, 5, 4))).contains(usd("50"));
    }

    @Test
    void reasoningPricedApartIsTakenOutOfTheOutput() {
        var prices = with(PLAIN, "output_cost_per_reasoning_token", "100");

        assertThat(cost(prices, "standard", usage(0, 0, 0, 0, 5, 4))).contains(usd("410"));
    }

    @Test
    void reasoningPricedAsOutputFollowsItIntoATier() {
        var prices = with(PLAIN, "output_cost_per_reasoning_token", "10", "output_cost_per_token_flex", "4");

        assertThat(cost(prices, "flex", usage(0, 0, 0, 0, 5, 4))).contains(usd("20"));
    }

    @ParameterizedTest
    @CsvSource({
        "standard, 1",
        "default, 1",
        "auto, 1",
        "scale, 1",
        "fast, 1",
        "never heard of, 1",
        "flex, 0.4",
        "priority, 2",
        "PRIORITY, 2",
        "batch, 0.3",
        "batches, 0.3"
    })
    void aTierTakesItsOwnRate(String tier, String rate) {
        var prices = with(
                PLAIN,
                "input_cost_per_token_flex",
                "0.4",
                "input_cost_per_token_priority",
                "2",
                "input_cost_per_token_batches",
                "0.3");

        assertThat(cost(prices, tier, usage(1, 0, 0, 0, 0, 0))).contains(usd(rate));
    }

    @ParameterizedTest
    @CsvSource({"flex, 11", "priority, 11", "batch, 5.5"})
    void aTierWithoutRateGoesAtTheStandardRateAndBatchAtHalf(String tier, String expected) {
        assertThat(cost(PLAIN, tier, usage(1, 0, 0, 0, 1, 0))).contains(usd(expected));
    }

    @ParameterizedTest
    @CsvSource({
        "100000, standard, 1",
        "128000, standard, 1",
        "128001, standard, 2",
        "200001, standard, 3",
        "128001, priority, 20",
        "200001, priority, 3",
        "200001, batch, 1.5",
        "100000, batch, 0.3"
    })
    void aMarkHoldsForPromptsThatAreOverItAndATierOnTopOfIt(long tokens, String tier, String rate) {
        var prices = with(
                PLAIN,
                "input_cost_per_token_above_128k_tokens",
                "2",
                "input_cost_per_token_above_200k_tokens",
                "3",
                "input_cost_per_token_above_128k_tokens_priority",
                "20",
                "input_cost_per_token_batches",
                "0.3");

        assertThat(cost(prices, tier, usage(tokens, 0, 0, 0, 0, 0)))
                .hasValueSatisfying(
                        usd -> assertThat(usd).isEqualByComparingTo(usd(rate).multiply(BigDecimal.valueOf(tokens))));
    }

    @Test
    void theWholePromptDecidesAboutTheMarkAndTheOutputFollows() {
        var prices = with(
                PLAIN,
                "cache_read_input_token_cost",
                "0.5",
                "input_cost_per_token_above_200k_tokens",
                "2",
                "output_cost_per_token_above_200k_tokens",
                "20");

        assertThat(cost(prices, "standard", usage(1, 200_000, 0, 0, 1, 0))).contains(usd("100022"));
    }

    @Test
    void audioAndImagesAreTakenOutOfInputAndOutput() {
        var prices = with(
                PLAIN,
                "input_cost_per_audio_token",
                "3",
                "input_cost_per_image_token",
                "5",
                "output_cost_per_audio_token",
                "30",
                "output_cost_per_image_token",
                "50");
        var usage = new Usage(10, 0, 0, 0, 10, 1, 2, 3, 4, 5, 0);

        // 4 text, 2 audio, 4 image in; 1 text, 1 reasoning, 3 audio, 5 image out
        assertThat(cost(prices, "standard", usage)).contains(usd("390"));
    }

    @Test
    void audioAndImagesWithoutRatesGoAsText() {
        assertThat(cost(PLAIN, "standard", new Usage(10, 0, 0, 0, 10, 0, 2, 3, 4, 5, 0)))
                .contains(usd("110"));
    }

    @Test
    void partsToldLargerThanTheirWholeDoNotTurnTheRestNegative() {
        assertThat(cost(PLAIN, "standard", new Usage(1, 0, 0, 0, 2, 100, 50, 50, 50, 50, 0)))
                .contains(usd("21"));
    }

    @Test
    void usageWithoutAnyRateIsUnknown() {
        var embedding = fields("input_cost_per_token", "1");

        assertThat(cost(embedding, "standard", usage(5, 0, 0, 0, 1, 0))).isEmpty();
        assertThat(cost(embedding, "standard", usage(5, 0, 0, 0, 0, 0))).contains(usd("5"));
    }

    @Test
    void anEntryWithoutInputRateIsNoPrice() {
        assertThat(cost(fields("output_cost_per_token", "1"), "standard", usage(1, 0, 0, 0, 1, 0)))
                .isEmpty();
    }

    private static Optional<BigDecimal> cost(Map<String, Object> prices, String tier, Usage usage) {
        return Samples.bookOf(prices).cost(Samples.atTier("m", tier), usage).map(cost -> {
            // Scales differ by the way a number was reached; the values are compared.
            var usd = cost.usd().stripTrailingZeros();
            return usd.scale() < 0 ? usd.setScale(0) : usd;
        });
    }

    private static Usage usage(long in, long cached, long write, long longWrite, long out, long reasoning) {
        return new Usage(in, cached, write, longWrite, out, reasoning, 0, 0, 0, 0, 0);
    }

    private static BigDecimal usd(String amount) {
        return new BigDecimal(amount);
    }

    private static Map<String, Object> fields(String... namesAndPrices) {
        return with(Map.of(), namesAndPrices);
    }

    private static Map<String, Object> with(Map<String, Object> fields, String... namesAndPrices) {
        var all = new HashMap<>(fields);
        for (int i = 0; i < namesAndPrices.length; i += 2) {
            all.put(namesAndPrices[i], new BigDecimal(namesAndPrices[i + 1]));
        }
        return all;
    }
}
