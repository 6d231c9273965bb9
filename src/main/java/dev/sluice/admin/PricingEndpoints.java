package dev.sluice.admin;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.sluice.access.Role;
import dev.sluice.config.ProviderRule;
import dev.sluice.gate.Call;
import dev.sluice.gate.Doc;
import dev.sluice.gate.Endpoint;
import dev.sluice.gate.Handler;
import dev.sluice.gate.Needs;
import dev.sluice.gate.Refuser;
import dev.sluice.policy.InForce;
import dev.sluice.pricing.PriceBook;
import dev.sluice.pricing.PriceList;
import dev.sluice.wire.BadRequest;
import dev.sluice.wire.WireError;
import dev.sluice.wire.WireError.Kind;
import java.math.BigDecimal;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /aperture/pricing?provider=}: today's prices, the policy's own included; {@code GET /aperture/pricing/{model}}: those of one
 * model, which may hold slashes. For administrators and whoever is granted {@code read_pricing}.
 *
 * <p>The whole of it is large, so it is rendered once for as long as no price changes, and only then sent to a client that has not
 * got it. We chose that over pages because it is one document that is kept, not a list that is looked through.
 */
final class PricingEndpoints {
    private static final String WEB_SEARCH = "web_search";
    private static final Unit MILLION_TOKENS = new Unit("token", 1_000_000);
    private static final Unit ONE_SEARCH = new Unit("search", 1);

    private final InstantSource clock;
    private final ActorSystem<?> system;
    private volatile @Nullable Whole whole;

    /** Everything under one policy, for days on which its prices are the same. */
    private record Whole(PriceBook prices, LocalDate since, Document document) {}

    private record Pricing(
            String currency,
            Map<String, Unit> units,
            List<String> costBases,
            Map<String, Model> models,
            Adjustments configuredAdjustments) {}

    /** What a price is for: so many of these. */
    private record Unit(String basis, long quantity) {}

    private record Model(Map<String, Price> costBases) {}

    /**
     * @param source             {@code table}, {@code correction} or {@code policy}: who said so last
     * @param resolvedModel      the key of the price table
     * @param resolverAdjustment for where the endpoint stands; in the prices already
     * @param modes              prices of ways to be served that have their own
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    private record Price(
            String source,
            String resolvedModel,
            BigDecimal resolverAdjustment,
            Map<String, BigDecimal> effectivePricing,
            @Nullable Map<String, Map<String, BigDecimal>> modes) {}

    private record Adjustments(Map<String, Adjustment> providers) {}

    /** By which list a provider is counted, and what its models are taken for. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    private record Adjustment(@Nullable String costBasis, String costBasisSource, List<Mapping> modelCostMap) {}

    private record Mapping(String match, String as, BigDecimal adjustment) {}

    PricingEndpoints(InstantSource clock, ActorSystem<?> system) {
        this.clock = clock;
        this.system = system;
    }

    List<Endpoint> endpoints() {
        return List.of(
                endpoint("/aperture/pricing", this::list),
                endpoint("/aperture/pricing/{+model}", call -> model(call, call.parameter("model"))),
                endpoint(
                        "/aperture/pricing/{maker}/{+model}",
                        call -> model(call, call.parameter("maker") + "/" + call.parameter("model"))));
    }

    private static Endpoint endpoint(String path, Handler handler) {
        return new Endpoint(
                        HttpMethods.GET,
                        path,
                        Needs.ROLE,
                        call -> mayRead(call)
                                ? handler.handle(call)
                                : refuse(Kind.NO_ROLE, 403, "access denied: read_pricing is not granted"),
                        Refuser.PROBLEM)
                .documented(Doc.of(
                                "The price table in force; for administrators and grants with read_pricing. If-None-Match: 304.")
                        .query("provider", String.class, "the list that this provider is counted by, alone")
                        .answers(Pricing.class));
    }

    private static boolean mayRead(Call call) {
        return call.role() == Role.ADMIN || call.rules().access().readsPricing(call.caller());
    }

    private CompletionStage<HttpResponse> list(Call call) {
        String id;
        try {
            id = Query.of(call.request(), Set.of("provider")).values().get("provider");
        } catch (BadRequest e) {
            return refuse(Kind.BAD_REQUEST, 400, String.valueOf(e.getMessage()));
        }
        if (id == null) {
            return answer(call, () -> whole(call.rules()));
        }
        var provider = call.rules().policy().providers().get(id);
        return provider == null
                ? refuse(Kind.NOT_FOUND, 404, "no provider " + Json.quote(id))
                : answer(call, () -> Document.of(of(call.rules(), provider)));
    }

    private CompletionStage<HttpResponse> model(Call call, String model) {
        return answer(
                call,
                () -> Document.of(pricing(
                        call.rules(), call.rules().prices().list(today(), model).models())));
    }

    /** Not on the event loop, which has others to serve. */
    private CompletionStage<HttpResponse> answer(Call call, Supplier<Document> document) {
        return CompletableFuture.supplyAsync(() -> document.get().answer(call.request()), system.executionContext());
    }

    /** Two who ask at the same moment may both make it; the later one stays. */
    private Document whole(InForce rules) {
        var prices = rules.prices();
        var since = prices.since(today());
        var known = whole;
        if (known != null && known.prices().equals(prices) && known.since().equals(since)) {
            return known.document();
        }
        var document = Document.of(pricing(rules, prices.list(today(), null).models()));
        whole = new Whole(prices, since, document);
        return document;
    }

    /** What one provider is counted by, only. */
    private Pricing of(InForce rules, ProviderRule provider) {
        var models = new TreeMap<String, SortedMap<String, PriceList.Price>>();
        rules.prices()
                .basis(provider)
                .ifPresent(basis -> rules.prices().list(today(), null).models().forEach((model, prices) -> {
                    var price = prices.get(basis);
                    if (price != null) {
                        models.put(model, new TreeMap<>(Map.of(basis, price)));
                    }
                }));
        return pricing(models, Map.of(provider.id(), adjustment(rules, provider)));
    }

    private static Pricing pricing(InForce rules, SortedMap<String, SortedMap<String, PriceList.Price>> models) {
        var adjustments = new TreeMap<String, Adjustment>();
        rules.policy().providers().forEach((id, provider) -> adjustments.put(id, adjustment(rules, provider)));
        return pricing(models, adjustments);
    }

    private static Pricing pricing(
            SortedMap<String, SortedMap<String, PriceList.Price>> models, Map<String, Adjustment> adjustments) {
        var units = new TreeMap<String, Unit>();
        var told = new TreeMap<String, Model>();
        models.forEach((model, prices) -> {
            var byBasis = new TreeMap<String, Price>();
            prices.forEach((basis, price) -> {
                price.rates().keySet().forEach(field -> units.put(field, unit(field)));
                price.modes().values().forEach(mode -> mode.keySet().forEach(field -> units.put(field, unit(field))));
                byBasis.put(basis, price(price));
            });
            told.put(model, new Model(byBasis));
        });
        return new Pricing("USD", units, PriceList.COST_BASES, told, new Adjustments(adjustments));
    }

    private static Price price(PriceList.Price price) {
        var modes = new TreeMap<String, Map<String, BigDecimal>>();
        price.modes().forEach((mode, rates) -> modes.put(mode, perUnit(rates)));
        return new Price(
                price.source().name().toLowerCase(Locale.ROOT),
                price.key(),
                Dollars.plain(price.adjustment()),
                perUnit(price.rates()),
                modes.isEmpty() ? null : modes);
    }

    private static Map<String, BigDecimal> perUnit(Map<String, BigDecimal> rates) {
        var perUnit = new TreeMap<String, BigDecimal>();
        rates.forEach((field, rate) -> perUnit.put(
                field,
                Dollars.plain(rate.multiply(BigDecimal.valueOf(unit(field).quantity())))));
        return perUnit;
    }

    private static Unit unit(String field) {
        return field.equals(WEB_SEARCH) ? ONE_SEARCH : MILLION_TOKENS;
    }

    private static Adjustment adjustment(InForce rules, ProviderRule provider) {
        var basis = rules.prices().basis(provider).orElse(null);
        var told = provider.costBasis() != null && !provider.costBasis().isBlank();
        return new Adjustment(
                basis,
                basis == null ? "none" : told ? "explicit" : "inferred",
                provider.modelCostMap().stream()
                        .map(it -> new Mapping(it.match(), it.as(), Dollars.plain(it.adjustment())))
                        .toList());
    }

    private LocalDate today() {
        return clock.instant().atOffset(ZoneOffset.UTC).toLocalDate();
    }

    private static CompletionStage<HttpResponse> refuse(Kind kind, int status, String message) {
        return CompletableFuture.completedFuture(Refuser.PROBLEM.refuse(new WireError(kind, status, message)));
    }
}
