package dev.sluice.pricing;

import dev.sluice.config.ProviderRule;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** How one provider's models find their prices. */
final class ProviderPrices {
    /** Models in use at one provider are dozens; the bound is for providers that answer with ever new names. */
    private static final int MOST_REMEMBERED = 1024;

    /** More than twice the longest ARN. What is longer is no name, and is neither searched for nor remembered. */
    private static final int LONGEST_NAME = 512;

    /** Where the price of a key stands on a day. */
    interface Source {
        @Nullable
        PriceEntry find(String key);

        @Nullable
        BigDecimal search(CostBasis basis);
    }

    private record Mapping(PathGlob match, ProviderRule.CostMapping rule) {}

    private record Names(String model, String askedModel, boolean regional, Source source) {}

    private final CostBasis basis;
    private final Place place;
    private final ModelKeys keys;
    private final List<Mapping> mappings;
    private final Map<Names, Optional<Quote>> quotes = new ConcurrentHashMap<>();

    private ProviderPrices(CostBasis basis, Place place, List<ProviderRule.CostMapping> mappings) {
        this.basis = basis;
        this.place = place;
        this.keys = new ModelKeys(basis, place);
        this.mappings = mappings.stream()
                .map(rule -> new Mapping(PathGlob.of(rule.match()), rule))
                .toList();
    }

    /** Empty when nobody said by which price list the provider is counted. */
    static Optional<ProviderPrices> of(ProviderRule provider, boolean inferred) {
        var place = Place.of(provider.baseUrl());
        return CostBasis.of(provider, place, inferred)
                .map(basis -> new ProviderPrices(basis, place, provider.modelCostMap()));
    }

    /** Those of a provider of which nothing else is known. */
    static ProviderPrices anywhere(CostBasis basis) {
        return new ProviderPrices(basis, new Place("", ""), List.of());
    }

    /** As {@link #quote}, for a list: nothing of it is remembered. */
    Optional<Quote> listed(String model, Source source) {
        return find(new Names(model, model, false, source));
    }

    CostBasis basis() {
        return basis;
    }

    boolean tellsCost() {
        return basis == CostBasis.OPENROUTER;
    }

    /** @param location that the request's path names; null when it names none */
    Optional<Quote> quote(String model, String askedModel, @Nullable String location, Source source) {
        var regional = basis == CostBasis.VERTEX && place.isRegional(location);
        var names = new Names(bounded(model), bounded(askedModel), regional, source);
        var known = quotes.get(names);
        if (known != null) {
            return known;
        }
        if (quotes.size() >= MOST_REMEMBERED) {
            quotes.clear();
        }
        var found = find(names);
        quotes.put(names, found);
        return found;
    }

    private static String bounded(String model) {
        return model.length() > LONGEST_NAME ? "" : model;
    }

    private Optional<Quote> find(Names names) {
        return mapping(names.askedModel)
                .or(() -> mapping(names.model))
                .map(rule -> mapped(rule, names))
                .orElseGet(() -> models(names)
                        .flatMap(model -> priced(keys.of(model, names.regional), names.source).stream())
                        .findFirst());
    }

    // An Azure deployment may be called anything, another model's name included. Bedrock answers with names of another
    // price list.
    private Stream<String> models(Names names) {
        if (basis.isAzure()) {
            return Stream.of(names.model);
        }
        return basis.isBedrock() ? Stream.of(names.askedModel) : Stream.of(names.model, names.askedModel);
    }

    private Optional<ProviderRule.CostMapping> mapping(String model) {
        var name = keys.plain(model);
        return mappings.stream()
                .filter(mapping -> mapping.match.matches(model) || mapping.match.matches(name))
                .map(Mapping::rule)
                .findFirst();
    }

    // What is mapped to an unknown model stays unknown: its own price would hide the mistake.
    private Optional<Quote> mapped(ProviderRule.CostMapping rule, Names names) {
        var candidates = Stream.concat(keys.of(rule.as(), names.regional), Stream.of(Candidate.of(rule.as(), basis)));
        return priced(candidates, names.source).map(quote -> quote.adjusted(rule.adjustment()));
    }

    private Optional<Quote> priced(Stream<Candidate> candidates, Source source) {
        return candidates
                .flatMap(candidate -> Stream.ofNullable(source.find(candidate.key()))
                        .filter(PriceEntry::isPriced)
                        .map(entry -> quote(candidate, entry, source)))
                .findFirst();
    }

    private Quote quote(Candidate candidate, PriceEntry entry, Source source) {
        var search = entry.search() == null ? source.search(candidate.searchList()) : entry.search();
        return new Quote(
                basis.id + "/" + candidate.key(),
                entry,
                candidate.factor().multiply(residency(entry)),
                BigDecimal.ONE,
                candidate.batch(),
                search);
    }

    private BigDecimal residency(PriceEntry entry) {
        if (basis != CostBasis.OPENAI) {
            return BigDecimal.ONE;
        }
        return place.openAiResidency()
                .map(region -> entry.factor("regional_processing_uplift_multiplier_" + region))
                .orElse(BigDecimal.ONE);
    }
}
