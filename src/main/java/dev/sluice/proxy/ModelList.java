package dev.sluice.proxy;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.sluice.gate.Call;
import dev.sluice.policy.InForce;
import dev.sluice.pricing.PriceBook.Rates;
import dev.sluice.routing.Upstream;
import dev.sluice.wire.WireFormats;
import java.math.BigDecimal;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;

/** {@code GET /v1/models}: what the caller may use, each model once for each provider that offers it. */
record ModelList(InstantSource clock) {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @JsonInclude(JsonInclude.Include.NON_NULL)
    private record Model(
            String id,
            String object,
            @JsonProperty("supported_endpoints") List<String> supportedEndpoints,
            Metadata metadata,
            @Nullable Map<String, String> pricing,
            @JsonProperty("context_window_tokens") @Nullable Long contextWindowTokens,
            @JsonProperty("max_output_tokens") @Nullable Long maxOutputTokens) {}

    private record Metadata(Provider provider) {}

    private record Provider(
            String id,
            String name,
            String description,
            @JsonProperty("requires_client_auth") boolean requiresClientAuth) {}

    private record Listing(String object, List<Model> data) {}

    CompletionStage<HttpResponse> handle(Call call) {
        var rules = call.rules();
        var today = clock.instant().atOffset(ZoneOffset.UTC).toLocalDate();
        var models = new ArrayList<Model>();
        for (var upstream : rules.router().all()) {
            if (rules.access()
                    .permit(call.caller(), upstream.provider().id(), upstream.model())
                    .isPresent()) {
                models.add(model(rules, upstream, today));
            }
        }
        return CompletableFuture.completedFuture(HttpResponse.create()
                .withEntity(HttpEntities.create(ContentTypes.APPLICATION_JSON, json(new Listing("list", models)))));
    }

    private static Model model(InForce rules, Upstream upstream, LocalDate today) {
        var provider = upstream.provider();
        var rates = rules.prices().rates(provider, upstream.model(), today);
        return new Model(
                upstream.model(),
                "model",
                WireFormats.endpoints(provider.compatibility()),
                new Metadata(new Provider(
                        provider.id(), provider.name(), provider.description(), provider.requiresClientAuth())),
                rates.map(ModelList::pricing).orElse(null),
                rates.flatMap(known -> boxed(known.contextWindow())).orElse(null),
                rates.flatMap(known -> boxed(known.maxOutputTokens())).orElse(null));
    }

    private static java.util.Optional<Long> boxed(java.util.OptionalLong value) {
        return value.isPresent() ? java.util.Optional.of(value.getAsLong()) : java.util.Optional.empty();
    }

    /** US dollars a token, as decimal strings. */
    private static Map<String, String> pricing(Rates rates) {
        var pricing = new LinkedHashMap<String, String>();
        put(pricing, "input", rates.input());
        put(pricing, "output", rates.output());
        put(pricing, "input_cache_read", rates.inputCacheRead());
        put(pricing, "input_cache_write", rates.inputCacheWrite());
        put(pricing, "input_cache_write_1h", rates.inputCacheWrite1h());
        put(pricing, "web_search", rates.webSearch());
        return pricing;
    }

    private static void put(Map<String, String> pricing, String name, @Nullable BigDecimal rate) {
        if (rate != null) {
            pricing.put(name, rate.toPlainString());
        }
    }

    private static byte[] json(Listing listing) {
        try {
            return JSON.writeValueAsBytes(listing);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a model list that is no JSON", e);
        }
    }
}
