package dev.sluice.admin;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.sluice.access.Role;
import dev.sluice.gate.Call;
import dev.sluice.gate.Doc;
import dev.sluice.gate.Endpoint;
import dev.sluice.gate.Needs;
import dev.sluice.pricing.PriceBook;
import dev.sluice.routing.Upstream;
import dev.sluice.wire.BadRequest;
import dev.sluice.wire.WireFormats;
import java.math.BigDecimal;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /api/models?provider=}: every model that an enabled provider names, once for each such provider, with today's price;
 * administrators see all of them, others those that they may use.
 */
record ModelEndpoints(InstantSource clock, ActorSystem<?> system) {
    private record Models(List<Model> models) {}

    /**
     * @param allowed whether this caller may use it
     * @param pricing null when the price is unknown
     */
    private record Model(
            String id,
            String provider,
            List<String> supportedEndpoints,
            boolean allowed,
            @Nullable Pricing pricing,
            @Nullable Long contextWindowTokens,
            @Nullable Long maxOutputTokens) {}

    /**
     * US dollars per million tokens, searches per search; null where the model has no such rate.
     *
     * @param basis cost basis and key of the price table
     */
    private record Pricing(
            String basis,
            @Nullable BigDecimal input,
            @Nullable BigDecimal output,
            @Nullable BigDecimal inputCacheRead,
            @Nullable BigDecimal inputCacheWrite,
            @JsonProperty("input_cache_write_1h") @Nullable BigDecimal inputCacheWrite1h,
            @Nullable BigDecimal webSearch) {
        static Pricing of(PriceBook.Rates rates) {
            return new Pricing(
                    rates.basis(),
                    Dollars.perMillion(rates.input()),
                    Dollars.perMillion(rates.output()),
                    Dollars.perMillion(rates.inputCacheRead()),
                    Dollars.perMillion(rates.inputCacheWrite()),
                    Dollars.perMillion(rates.inputCacheWrite1h()),
                    rates.webSearch() == null ? null : Dollars.plain(rates.webSearch()));
        }
    }

    List<Endpoint> endpoints() {
        return List.of(new Endpoint(HttpMethods.GET, "/api/models", Needs.ROLE, this::list)
                .documented(Doc.of("Models that the caller may use, with prices; administrators: all.")
                        .query("provider", String.class, "of this one alone")
                        .answers(Models.class)));
    }

    private CompletionStage<HttpResponse> list(Call call) {
        String provider;
        try {
            provider = Query.of(call.request(), Set.of("provider")).values().get("provider");
        } catch (BadRequest e) {
            return CompletableFuture.completedFuture(Json.badRequest(String.valueOf(e.getMessage())));
        }
        // A policy may name thousands; the event loop has others to serve.
        return CompletableFuture.supplyAsync(() -> Json.ok(models(call, provider)), system.executionContext());
    }

    private Models models(Call call, @Nullable String provider) {
        var today = clock.instant().atOffset(ZoneOffset.UTC).toLocalDate();
        return new Models(call.rules().router().all().stream()
                .filter(it -> provider == null || it.provider().id().equals(provider))
                .map(it -> model(call, it, today))
                .filter(it -> it.allowed() || call.role() == Role.ADMIN)
                .toList());
    }

    private static Model model(Call call, Upstream upstream, LocalDate today) {
        var provider = upstream.provider();
        var permit = call.rules().access().permit(call.caller(), provider.id(), upstream.model());
        var rates = call.rules().prices().rates(provider, upstream.model(), today);
        return new Model(
                upstream.model(),
                provider.id(),
                WireFormats.endpoints(provider.compatibility()),
                permit.isPresent(),
                rates.map(Pricing::of).orElse(null),
                boxed(rates.map(PriceBook.Rates::contextWindow).orElse(OptionalLong.empty())),
                boxed(rates.map(PriceBook.Rates::maxOutputTokens).orElse(OptionalLong.empty())));
    }

    private static @Nullable Long boxed(OptionalLong value) {
        return value.isPresent() ? value.getAsLong() : null;
    }
}
