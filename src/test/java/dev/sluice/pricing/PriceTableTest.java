package dev.sluice.pricing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.config.Policy;
import dev.sluice.pricing.PriceBook.Cost;
import dev.sluice.pricing.PriceBook.Terms;
import dev.sluice.wire.Usage;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PriceTableTest {
    private static final Usage ONE_IN = Usage.ofText(1, 0);
    private static final Usage MILLION_IN = Usage.ofText(1_000_000, 0);

    @Test
    void anUnknownModelIsUnknownAndNotFree() {
        var terms = Samples.terms(Samples.provider("openai"), "no-such-model");

        assertThat(Samples.shippedBook().cost(terms, MILLION_IN)).isEmpty();
        assertThat(Samples.shippedBook().worstCase(terms, 1, 1)).isEmpty();
        assertThat(Samples.shippedBook().rates(terms.provider(), "no-such-model", Samples.DAY))
                .isEmpty();
    }

    @Test
    void aProviderWithoutBasisIsUnknown() {
        var policy = new Policy(Map.of(), List.of(), Map.of(), false, Map.of(), Map.of());
        var provider = Samples.provider("openai", "https://api.openai.com", null, Set.of("openai_chat"));

        assertThat(PriceBook.of(policy).cost(Samples.terms(provider, "gpt-4.1"), ONE_IN))
                .isEmpty();
    }

    @Test
    void infersTheBasisOfThePolicysOwnProviders() {
        var provider = Samples.provider("mirror", "https://mirror.internal", null, Set.of("openai_chat"));
        var policy = new Policy(Map.of("mirror", provider), List.of(), Map.of(), true, Map.of(), Map.of());

        var cost = PriceBook.of(policy).cost(Samples.terms(provider, "gpt-4.1"), MILLION_IN);

        assertThat(cost.map(Cost::basis)).contains("openai/gpt-4.1");
    }

    @Test
    void looksUpTheAnswersModelBeforeTheOneAskedFor() {
        assertThat(basis(Samples.terms(Samples.provider("openai"), "gpt-4.1-mini-2025-04-14", "gpt-4.1")))
                .isEqualTo("openai/gpt-4.1-mini-2025-04-14");
    }

    @Test
    void looksUpTheModelAskedForWhenTheAnswersIsUnknown() {
        assertThat(basis(Samples.terms(Samples.provider("openai"), "gpt-secret", "gpt-4.1")))
                .isEqualTo("openai/gpt-4.1");
    }

    @Test
    void neverPricesByTheNameOfAnAzureDeployment() {
        assertThat(basis(Samples.terms(Samples.provider("azure"), "gpt-secret", "gpt-4.1")))
                .isNull();
    }

    @Test
    void pricesBedrockByTheModelAskedFor() {
        var provider = Samples.providerAt("https://bedrock-runtime.us-east-1.amazonaws.com", "bedrock");

        assertThat(basis(Samples.terms(
                        provider, "claude-sonnet-4-5-20250929", "us.anthropic.claude-sonnet-4-5-20250929-v1:0")))
                .isEqualTo("bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0");
    }

    @ParameterizedTest
    @CsvSource({
        "us-east-1, us.anthropic.claude-sonnet-4-5-20250929-v1:0, us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "eu-central-1, eu.anthropic.claude-opus-5, eu.anthropic.claude-opus-5",
        "eu-central-1, global.anthropic.claude-opus-5, global.anthropic.claude-opus-5",
        "eu-central-1, arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.anthropic.claude-opus-5, eu.anthropic.claude-opus-5",
        "us-east-1, arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0, anthropic.claude-3-haiku-20240307-v1:0",
        "us-gov-west-1, anthropic.claude-sonnet-4-5-20250929-v1:0, bedrock/us-gov-west-1/anthropic.claude-sonnet-4-5-20250929-v1:0",
        "us-east-1, us.amazon.nova-lite-v1:0, us.amazon.nova-lite-v1:0",
    })
    void findsBedrocksModelsByProfileByArnAndByRegion(String region, String model, String key) {
        var provider = Samples.providerAt("https://bedrock-runtime." + region + ".amazonaws.com", "bedrock");

        assertThat(basis(Samples.terms(provider, model))).isEqualTo("bedrock/" + key);
    }

    @Test
    void anApplicationInferenceProfileNeedsAMapping() {
        var arn = "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc123";
        var mapped = Samples.provider("bedrock", Samples.mapping("arn:*/abc123", "us.anthropic.claude-opus-5", "1"));

        assertThat(basis(Samples.terms(Samples.provider("bedrock"), arn))).isNull();
        assertThat(basis(Samples.terms(mapped, arn))).isEqualTo("bedrock/us.anthropic.claude-opus-5");
    }

    @Test
    void mapsAnUnknownModelAndAdjustsItsPrice() {
        var provider = Samples.provider("openai", Samples.mapping("mine-*", "gpt-4.1", "1.5"));

        var cost = Samples.shippedBook().cost(Samples.terms(provider, "mine-1"), MILLION_IN);

        assertThat(cost).hasValueSatisfying(known -> {
            assertThat(known.usd()).isEqualByComparingTo("3");
            assertThat(known.basis()).isEqualTo("openai/gpt-4.1");
        });
    }

    @Test
    void theFirstMappingThatMatchesWins() {
        var provider = Samples.provider(
                "openai",
                Samples.mapping("[", "gpt-4.1-nano", "1"),
                Samples.mapping("mine-*", "gpt-4.1", "1"),
                Samples.mapping("*", "gpt-4.1-mini", "1"));

        assertThat(basis(Samples.terms(provider, "mine-1"))).isEqualTo("openai/gpt-4.1");
        assertThat(basis(Samples.terms(provider, "other"))).isEqualTo("openai/gpt-4.1-mini");
    }

    @Test
    void aMappingDecidesForAKnownModelToo() {
        var provider = Samples.provider("openai", Samples.mapping("gpt-4.1", "gpt-4.1", "0.5"));

        var cost = Samples.shippedBook().cost(Samples.terms(provider, "gpt-4.1-2025-04-14", "gpt-4.1"), MILLION_IN);

        assertThat(cost.map(Cost::usd))
                .hasValueSatisfying(usd -> assertThat(usd).isEqualByComparingTo("1"));
    }

    @Test
    void mapsTheAnswersModelWhenTheOneAskedForIsNotMapped() {
        var provider = Samples.provider("anthropic", Samples.mapping("claude-opus-9-*", "claude-opus-4-6", "1"));

        assertThat(basis(Samples.terms(provider, "claude-opus-9-0", "latest"))).isEqualTo("anthropic/claude-opus-4-6");
    }

    @Test
    void whatIsMappedToAnUnknownModelIsUnknown() {
        var provider = Samples.provider("openai", Samples.mapping("*", "gpt-typo", "1"));

        assertThat(basis(Samples.terms(provider, "gpt-4.1"))).isNull();
    }

    @Test
    void mapsToAKeyOfTheTableAsItStands() {
        var provider = Samples.provider("openrouter", Samples.mapping("*/*", "deepseek/deepseek-r1", "1"));

        assertThat(basis(Samples.terms(provider, "some/model")))
                .isEqualTo("openrouter/openrouter/deepseek/deepseek-r1");
        assertThat(basis(Samples.terms(
                        Samples.provider("vercel", Samples.mapping("*/*", "deepseek/deepseek-v3.2", "1")),
                        "some/model")))
                .isEqualTo("vercel/deepseek/deepseek-v3.2");
    }

    @Test
    void operatorsPricesMakeAModelKnown() {
        var book = Samples.bookOf(Map.of("input_cost_per_token", new BigDecimal("0.000001")));

        var cost = book.cost(Samples.terms(Samples.provider("openai"), "m"), Usage.ofText(5, 0));

        assertThat(cost).contains(new Cost(5_000, new BigDecimal("0.000005"), "openai/m"));
    }

    @Test
    void operatorsPricesLieOverTheTableFieldByField() {
        var book = PriceBook.of(Samples.policy(Map.of("gpt-4.1", Map.of("input_cost_per_token", 1))));

        var rates =
                book.rates(Samples.provider("openai"), "gpt-4.1", Samples.DAY).orElseThrow();

        assertThat(rates.input()).isEqualByComparingTo("1");
        assertThat(rates.output()).isEqualByComparingTo("0.000008");
    }

    @Test
    void operatorsPricesLieOverDatedOnes() {
        var book = PriceBook.of(
                Samples.policy(Map.of("gemini/gemini-3.8-flash", Map.of("input_cost_per_token", new BigDecimal("2")))));

        for (var day : List.of(Samples.DAY, LocalDate.of(2027, 6, 1))) {
            assertThat(book.rates(Samples.provider("google"), "gemini-3.8-flash", day)
                            .orElseThrow()
                            .input())
                    .isEqualByComparingTo("2");
        }
    }

    @Test
    void operatorsTakeAPriceAwayByNull() {
        var fields = new HashMap<String, @Nullable Object>();
        fields.put("input_cost_per_token", null);
        var prices = new HashMap<String, Map<String, Object>>();
        prices.put("gpt-4.1", withoutNullMarks(fields));

        var book = PriceBook.of(Samples.policy(prices));

        assertThat(book.cost(Samples.terms(Samples.provider("openai"), "gpt-4.1"), ONE_IN))
                .isEmpty();
    }

    // A JSON reader puts nulls into such maps, whatever their type says.
    @SuppressWarnings("NullAway")
    private static Map<String, Object> withoutNullMarks(Map<String, @Nullable Object> fields) {
        return new HashMap<String, Object>(fields);
    }

    @Test
    void operatorsNumbersAreExactWhateverTypeTheyComeIn() {
        var asDouble = Samples.bookOf(Map.of("input_cost_per_token", 1.1e-7));
        var asText = Samples.bookOf(Map.of("input_cost_per_token", "0.00000011"));
        var terms = Samples.terms(Samples.provider("openai"), "m");

        assertThat(asDouble.cost(terms, ONE_IN).orElseThrow().usd()).isEqualByComparingTo("0.00000011");
        assertThat(asText.cost(terms, ONE_IN).orElseThrow().usd()).isEqualByComparingTo("0.00000011");
    }

    @ParameterizedTest
    @CsvSource({"-1", "cheap", "NaN"})
    void refusesOperatorsPricesThatAreNone(String price) {
        var policy = Samples.policy(Map.of("m", Map.of("input_cost_per_token", price)));

        assertThatThrownBy(() -> PriceBook.of(policy))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("prices.m.input_cost_per_token: " + price + " (expected: a number >= 0)");
    }

    @ParameterizedTest
    @CsvSource({"0.0000000004, 0", "0.0000000005, 1", "0.0000000014999, 1", "0.0000000015, 2"})
    void roundsHalfUpToNanodollars(String usd, long nanos) {
        var book = Samples.bookOf(Map.of("input_cost_per_token", new BigDecimal(usd)));

        var cost = book.cost(Samples.terms(Samples.provider("openai"), "m"), ONE_IN)
                .orElseThrow();

        assertThat(cost.nanos()).isEqualTo(nanos);
        assertThat(cost.usd()).isEqualByComparingTo(usd);
    }

    @Test
    void absurdCountsCostTheMostThatCanBeSaid() {
        var terms = Samples.terms(Samples.provider("openai"), "gpt-5.5");

        var cost = Samples.shippedBook().cost(terms, Usage.ofText(Long.MAX_VALUE, Long.MAX_VALUE));

        assertThat(cost.map(Cost::nanos)).contains(Long.MAX_VALUE);
    }

    @Test
    void aFreeVariantOnOpenRouterIsZeroAndKnown() {
        var provider = Samples.provider("openrouter");

        var cost = Samples.shippedBook().cost(Samples.terms(provider, "any/thing:free"), MILLION_IN);

        assertThat(cost.map(Cost::nanos)).contains(0L);
        assertThat(Samples.shippedBook()
                        .rates(provider, "any/thing:free", Samples.DAY)
                        .orElseThrow()
                        .input())
                .isZero();
    }

    @Test
    void aBatchVariantOnOpenRouterIsHalf() {
        var provider = Samples.provider("openrouter");
        var book = Samples.shippedBook();

        var whole = book.cost(Samples.terms(provider, "anthropic/claude-sonnet-4.5"), ONE_IN)
                .orElseThrow();
        var half = book.cost(Samples.terms(provider, "anthropic/claude-sonnet-4.5:batch"), ONE_IN)
                .orElseThrow();

        assertThat(half.usd().multiply(BigDecimal.TWO)).isEqualByComparingTo(whole.usd());
    }

    @Test
    void openRoutersRouterHasNoPriceOfItsOwn() {
        assertThat(basis(Samples.terms(Samples.provider("openrouter"), "openrouter/auto")))
                .isNull();
    }

    @Test
    void takesTheCostThatOpenRouterTells() {
        var cost = Samples.shippedBook().cost(reporting("openrouter", "0.00123"), MILLION_IN);

        assertThat(cost.map(Cost::usd)).contains(new BigDecimal("0.00123"));
        assertThat(cost.map(Cost::nanos)).contains(1_230_000L);
    }

    @Test
    void doesNotBelieveOthersCostsNorNegativeOnes() {
        var book = Samples.shippedBook();

        assertThat(book.cost(reporting("openai", "0"), MILLION_IN).orElseThrow().usd())
                .isEqualByComparingTo("2");
        assertThat(book.cost(reporting("openrouter", "-1"), MILLION_IN)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1e999999999", "1e-999999999"})
    void doesNotUnfoldACostThatIsAllExponent(String usd) {
        assertThat(Samples.shippedBook().cost(reporting("openrouter", usd), MILLION_IN))
                .isEmpty();
    }

    @Test
    void aNameWithoutEndIsNoModel() {
        var endless = "x".repeat(1_000_000);

        assertThat(basis(Samples.terms(Samples.provider("openai"), endless, "gpt-4.1")))
                .isEqualTo("openai/gpt-4.1");
        assertThat(basis(Samples.terms(Samples.provider("openai"), endless))).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "https://aiplatform.googleapis.com, , 3",
        "https://aiplatform.googleapis.com, global, 3",
        "https://aiplatform.googleapis.com, europe-west1, 3.3",
        "https://aiplatform.googleapis.com, _aperture_auto_vertex_region_, 3",
        "https://europe-west1-aiplatform.googleapis.com, , 3.3",
        "https://europe-west1-aiplatform.googleapis.com, global, 3.3"
    })
    void aPathsLocationDecidesWhereTheUrlTellsNone(String baseUrl, String location, String perMillion) {
        var provider = Samples.providerAt(baseUrl, "vertex");
        var model = "claude-sonnet-4-5@20250929";
        var book = Samples.shippedBook();
        var terms = new Terms(provider, model, model, Samples.DAY, null, null, null, null, location);

        // Twice: the second time it is remembered.
        for (var time = 0; time < 2; time++) {
            assertThat(book.cost(terms, Usage.ofText(1_000, 0)).orElseThrow().usd())
                    .isEqualByComparingTo(new BigDecimal(perMillion).movePointLeft(3));
            assertThat(book.worstCase(terms, 0, 0).orElseThrow().usd()).isZero();
        }
    }

    @ParameterizedTest
    @CsvSource({"ON_DEMAND, 2", "ON_DEMAND_PRIORITY, 3.6", "PROVISIONED_THROUGHPUT, 2", "priority, 3.6"})
    void vertexTellsTheTierAsAKindOfTraffic(String told, String perMillion) {
        var provider = Samples.provider("vertex");
        var model = "gemini-3.1-pro-preview";
        var terms = new Terms(provider, model, model, Samples.DAY, told, null, null, null);

        assertThat(Samples.shippedBook()
                        .cost(terms, Usage.ofText(1_000, 0))
                        .orElseThrow()
                        .usd())
                .isEqualByComparingTo(new BigDecimal(perMillion).movePointLeft(3));
    }

    private static Terms reporting(String basis, String usd) {
        return new Terms(
                Samples.provider(basis), "gpt-4.1", "gpt-4.1", Samples.DAY, null, null, null, new BigDecimal(usd));
    }

    @ParameterizedTest
    @CsvSource({"2026-08-20, 5", "2026-08-21, 4", "1999-01-01, 5", "2030-01-01, 4"})
    void pricesChangeOnTheirDay(LocalDate day, String perMillion) {
        var rates = Samples.shippedBook()
                .rates(Samples.provider("openai"), "gpt-5.6-sol", day)
                .orElseThrow();

        assertThat(rates.input()).isEqualByComparingTo(new BigDecimal(perMillion).movePointLeft(6));
    }

    @Test
    void searchesCostTheBasissPriceWhenTheEntryHasNone() {
        var usage = new Usage(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2);

        var cost = Samples.shippedBook().cost(Samples.terms(Samples.provider("openai"), "gpt-4.1"), usage);

        assertThat(cost.orElseThrow().usd()).isEqualByComparingTo("0.02");
    }

    @Test
    void searchesAreAddedAfterTheFactorsAndAdjustedWithTheRest() {
        var prices = Map.<String, Object>of(
                "input_cost_per_token",
                1,
                "provider_specific_entry",
                Map.of("us", 3, "fast", 5),
                "search_context_cost_per_query",
                Map.of("search_context_size_low", 1, "search_context_size_medium", 7, "search_context_size_high", 9));
        var provider = Samples.provider("openai", Samples.mapping("*", "m", "2"));
        var terms = new Terms(provider, "m", "m", Samples.DAY, null, "fast", "us", null);

        var cost = Samples.bookOf(prices).cost(terms, new Usage(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1));

        assertThat(cost.orElseThrow().usd()).isEqualByComparingTo("44");
    }

    @Test
    void tellsRatesAndLimits() {
        var rates = Samples.shippedBook()
                .rates(Samples.provider("anthropic"), "claude-opus-5-5", Samples.DAY)
                .orElseThrow();

        assertThat(rates.input()).isEqualByComparingTo("0.000004");
        assertThat(rates.output()).isEqualByComparingTo("0.00002");
        assertThat(rates.inputCacheRead()).isEqualByComparingTo("0.0000002");
        assertThat(rates.inputCacheWrite()).isEqualByComparingTo("0.000005");
        assertThat(rates.inputCacheWrite1h()).isEqualByComparingTo("0.000008");
        assertThat(rates.webSearch()).isEqualByComparingTo("0.01");
        assertThat(rates.contextWindow()).isEmpty();
    }

    @Test
    void tellsLimitsAndLeavesAbsentRatesOut() {
        var rates = Samples.shippedBook()
                .rates(Samples.provider("openai"), "gpt-4.1", Samples.DAY)
                .orElseThrow();

        assertThat(rates.contextWindow()).hasValue(1_047_576);
        assertThat(rates.maxOutputTokens()).hasValue(32_768);
        assertThat(rates.inputCacheWrite()).isNull();
        assertThat(rates.webSearch()).isNull();
    }

    @Test
    void tellsRatesWithTheirRegionalPremiumAndAdjustment() {
        var provider = Samples.provider(
                "openai",
                "https://eu.api.openai.com",
                "openai",
                Set.of("openai_chat"),
                Samples.mapping("gpt-5.5", "gpt-5.5", "2"));

        var rates =
                Samples.shippedBook().rates(provider, "gpt-5.5", Samples.DAY).orElseThrow();

        assertThat(rates.input()).isEqualByComparingTo("0.000011");
    }

    @Test
    void givesTheSameAnswerHoweverManyNamesAProviderInvents() {
        var provider = Samples.provider("openai");
        var policy = new Policy(Map.of("p", provider), List.of(), Map.of(), true, Map.of(), Map.of());
        var book = PriceBook.of(policy);

        for (int i = 0; i < 3_000; i++) {
            assertThat(book.cost(Samples.terms(provider, "invented-" + i, "gpt-4.1"), ONE_IN))
                    .isPresent();
        }
    }

    private static @Nullable String basis(Terms terms) {
        return Samples.shippedBook().cost(terms, ONE_IN).map(Cost::basis).orElse(null);
    }
}
