package dev.sluice.pricing;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.sluice.config.ProviderRule;
import dev.sluice.pricing.PriceBook.Cost;
import dev.sluice.pricing.PriceBook.Terms;
import dev.sluice.wire.Usage;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Requests whose key and cost were worked out beside this code, most of them by another calculator. */
class PriceCasesTest {
    private static final PriceBook BOOK = Samples.shippedBook();

    /** A request of {@code cases.json}. */
    record Case(
            String basis,
            String baseUrl,
            String model,
            JsonNode json,
            @Nullable String key,
            @Nullable BigDecimal usd) {

        static Case of(JsonNode json) {
            var basis = json.get("cost_basis").asText();
            return new Case(
                    basis,
                    baseUrl(basis, json),
                    json.get("model").asText(),
                    json,
                    json.get("expect_key").textValue(),
                    json.get("expect_cost_usd").isNull()
                            ? null
                            : new BigDecimal(json.get("expect_cost_usd").asText()));
        }

        // Where the endpoint stands is told by its host, in the gateway as here.
        private static String baseUrl(String basis, JsonNode json) {
            var region = json.path("region").asText();
            return switch (basis) {
                case "openai" ->
                    json.has("openai_data_residency")
                            ? "https://" + json.get("openai_data_residency").asText() + ".api.openai.com/"
                            : "https://api.openai.com/";
                case "vertex" ->
                    region.equals("global")
                            ? "https://aiplatform.googleapis.com"
                            : "https://" + region + "-aiplatform.googleapis.com";
                case "bedrock" -> "https://bedrock-runtime." + region + ".amazonaws.com";
                default -> "https://gateway.internal/v1";
            };
        }

        Terms terms() {
            return new Terms(
                    provider(),
                    model,
                    model,
                    LocalDate.parse(json.get("date").asText()),
                    json.get("service_tier").asText(),
                    json.path("speed").textValue(),
                    json.path("inference_geo").textValue(),
                    null);
        }

        ProviderRule provider() {
            return Samples.providerAt(baseUrl, basis);
        }

        Usage usage() {
            return new Usage(
                    count("input_tokens"),
                    count("cached_input_tokens"),
                    count("cache_write_5m_tokens"),
                    count("cache_write_1h_tokens"),
                    count("output_tokens"),
                    count("reasoning_tokens"),
                    0,
                    0,
                    0,
                    0,
                    count("web_searches"));
        }

        private long count(String field) {
            return json.get("usage").path(field).asLong();
        }

        @Override
        public String toString() {
            return basis + " " + model + " " + json.get("usage");
        }
    }

    static List<Case> cases() throws IOException {
        try (var in = PriceCasesTest.class.getResourceAsStream("cases.json")) {
            var cases = JsonMapper.builder()
                    .build()
                    .readTree(Objects.requireNonNull(in))
                    .get("cases");
            return Stream.iterate(0, i -> i < cases.size(), i -> i + 1)
                    .map(cases::get)
                    .map(Case::of)
                    .toList();
        }
    }

    @Test
    void thereAreThirtyNineCases() throws IOException {
        assertThat(cases()).hasSize(39);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void costsWhatTheCaseExpects(Case request) {
        var cost = BOOK.cost(request.terms(), request.usage());

        assertThat(cost.map(Cost::usd).map(BigDecimal::stripTrailingZeros))
                .isEqualTo(Optional.ofNullable(request.usd()).map(BigDecimal::stripTrailingZeros));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void findsTheKeyThatTheCaseExpects(Case request) {
        var cost = BOOK.cost(request.terms(), request.usage());

        var basis = request.basis().replace('_', '-');
        assertThat(cost.map(Cost::basis).orElse(null))
                .isEqualTo(request.key() == null ? null : basis + "/" + request.key());
    }
}
