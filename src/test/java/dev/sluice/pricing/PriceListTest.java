package dev.sluice.pricing;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.Policy;
import dev.sluice.pricing.PriceBook.Rates;
import dev.sluice.pricing.PriceList.Source;
import dev.sluice.wire.Usage;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;

class PriceListTest {
    private static final Usage THOUSAND_IN = Usage.ofText(1000, 0);

    @Test
    void listsExactlyWhatRequestsAreCharged() {
        var book = Samples.shippedBook();

        book.list(Samples.DAY, null)
                .models()
                .forEach((model, prices) -> prices.forEach((basis, price) -> {
                    var provider = Samples.provider(basis);
                    var where = basis + "/" + model;
                    var input = price.rates().getOrDefault("input", BigDecimal.valueOf(-1));
                    assertThat(book.cost(Samples.terms(provider, model), THOUSAND_IN)
                                    .map(PriceBook.Cost::usd))
                            .as(where)
                            .hasValueSatisfying(usd -> assertThat(usd).isEqualByComparingTo(input.movePointRight(3)));
                    assertThat(book.rates(provider, model, Samples.DAY).map(Rates::basis))
                            .as(where)
                            .contains(basis + "/" + price.key());
                }));
    }

    @Test
    void listsTheModelsOfEverySellerThatProvidersAreCountedBy() {
        var models = Samples.shippedBook().list(Samples.DAY, null).models();

        assertThat(models.get("claude-sonnet-4-5"))
                .containsOnlyKeys("anthropic", "azure", "azure-eu", "azure-us", "vertex");
        assertThat(models.get("gpt-4.1")).containsOnlyKeys("openai", "azure", "azure-eu", "azure-us");
        assertThat(models.get("gemini-2.5-flash")).containsOnlyKeys("google", "vertex");
        assertThat(models.keySet()).noneMatch(it -> it.startsWith("azure/") || it.startsWith("bedrock/"));
    }

    @Test
    void saysWhoSetAPrice() {
        var provider = Samples.provider("openai");
        var policy = new Policy(
                Map.of("p", provider),
                List.of(),
                Map.of(),
                true,
                Map.of(),
                Map.of("gpt-4.1", Map.of("input_cost_per_token", new BigDecimal("0.000001"))));
        var models = PriceBook.of(policy).list(Samples.DAY, null).models();

        assertThat(price(models, "gpt-4.1").source()).isEqualTo(Source.POLICY);
        assertThat(price(models, "gpt-4.1").rates().get("input")).isEqualByComparingTo("0.000001");
        assertThat(price(models, "gpt-4.1").rates().get("output")).isEqualByComparingTo("0.000008");
        assertThat(price(models, "gpt-6-sol").source()).isEqualTo(Source.CORRECTION);
        assertThat(price(models, "gpt-4o").source()).isEqualTo(Source.TABLE);
    }

    @Test
    void listsOneModelAsItListsAll() {
        var book = Samples.shippedBook();
        var all = book.list(Samples.DAY, null).models();

        for (var model : Set.of("gpt-4.1", "claude-sonnet-4-5", "anthropic/claude-opus-4.5")) {
            assertThat(book.list(Samples.DAY, model).models()).isEqualTo(Map.of(model, all.get(model)));
        }
        assertThat(book.list(Samples.DAY, "never-heard").models()).isEmpty();
    }

    @Test
    void tellsSinceWhenPricesHold() {
        var book = Samples.shippedBook();
        var since = book.since(Samples.DAY);

        assertThat(since).isBeforeOrEqualTo(Samples.DAY);
        assertThat(book.since(since)).isEqualTo(since);
        assertThat(book.list(since, null)).isEqualTo(book.list(Samples.DAY, null));
        assertThat(book.since(LocalDate.MIN)).isEqualTo(LocalDate.MIN);
    }

    private static PriceList.Price price(SortedMap<String, SortedMap<String, PriceList.Price>> models, String model) {
        return requireNonNull(requireNonNull(models.get(model), model).get("openai"), model);
    }
}
