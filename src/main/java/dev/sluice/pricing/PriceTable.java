package dev.sluice.pricing;

import dev.sluice.config.Policy;
import dev.sluice.config.ProviderRule;
import dev.sluice.wire.Usage;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The shipped price table, its dated corrections over it, the policy's own prices on top.
 *
 * <p>Prices change on the few days that the corrections name. Between them they hold still, so what lies over the shipped table is worked
 * out once for each of these spans, and a look-up is a few gets from two maps.
 */
final class PriceTable implements PriceBook {
    /** The prices of the days from {@code from} to the next span: only the entries that differ from the shipped table. */
    private static final class Span implements ProviderPrices.Source {
        final LocalDate from;
        private final ShippedPrices shipped;
        private final Map<String, PriceEntry> changed;

        Span(LocalDate from, ShippedPrices shipped, Map<String, PriceEntry> changed) {
            this.from = from;
            this.shipped = shipped;
            this.changed = changed;
        }

        @Override
        public @Nullable PriceEntry find(String key) {
            if (key.equals(PriceEntry.FREE.key())) {
                return PriceEntry.FREE;
            }
            var entry = changed.get(key);
            return entry == null ? shipped.table().get(key) : entry;
        }

        Stream<PriceEntry> entries() {
            return Stream.concat(
                    shipped.table().values().stream().filter(it -> !changed.containsKey(it.key())),
                    changed.values().stream());
        }

        boolean changes(String key) {
            return changed.containsKey(key);
        }

        @Override
        public @Nullable BigDecimal search(CostBasis basis) {
            return shipped.searches().get(basis.id);
        }
    }

    /** Digits before and after the point that a told cost may have; a number made of exponent alone would cost us gigabytes. */
    private static final int MOST_DIGITS = 40;

    private final Policy policy;
    private final boolean inferred;
    private final List<Span> latestFirst;
    private final IdentityHashMap<ProviderRule, Optional<ProviderPrices>> providers = new IdentityHashMap<>();

    PriceTable(Policy policy) {
        this(policy, ShippedPrices.get());
    }

    PriceTable(Policy policy, ShippedPrices shipped) {
        this.policy = policy;
        this.inferred = policy.autoCostBasis();
        this.latestFirst = spans(shipped, policy.prices());
        policy.providers().values().forEach(provider -> providers.put(provider, ProviderPrices.of(provider, inferred)));
    }

    @Override
    public Optional<Cost> cost(Terms terms, Usage usage) {
        var reported = terms.reportedUsd();
        if (reported != null && isAmount(reported) && tellsCost(terms.provider())) {
            return Optional.of(Bill.cost(reported, CostBasis.OPENROUTER.id + "/(told by the provider)"));
        }
        return quote(terms).flatMap(quote -> Bill.of(quote, terms, usage));
    }

    @Override
    public Optional<Cost> worstCase(Terms terms, long promptTokens, long outputTokens) {
        return quote(terms).map(quote -> Bill.worst(quote, terms, promptTokens, outputTokens));
    }

    @Override
    public Optional<Rates> rates(ProviderRule provider, String model, LocalDate date) {
        return prices(provider)
                .flatMap(prices -> prices.quote(model, model, null, on(date)))
                .map(Quote::rates);
    }

    @Override
    public Optional<String> basis(ProviderRule provider) {
        return prices(provider).map(it -> it.basis().id);
    }

    @Override
    public LocalDate since(LocalDate date) {
        return on(date).from;
    }

    @Override
    public PriceList list(LocalDate date, @Nullable String only) {
        var span = on(date);
        var listing = new Listing(span, key -> source(span, key), only);
        span.entries().filter(PriceEntry::isPriced).forEach(listing::add);
        for (var provider : policy.providers().values()) {
            prices(provider)
                    .ifPresent(prices -> provider.models().forEach(model -> listing.add(prices.basis(), model)));
        }
        return listing.list();
    }

    private PriceList.Source source(Span span, String key) {
        if (policy.prices().containsKey(key)) {
            return PriceList.Source.POLICY;
        }
        return span.changes(key) ? PriceList.Source.CORRECTION : PriceList.Source.TABLE;
    }

    private Optional<Quote> quote(Terms terms) {
        return prices(terms.provider())
                .flatMap(prices -> prices.quote(terms.model(), terms.askedModel(), terms.location(), on(terms.date())));
    }

    private boolean tellsCost(ProviderRule provider) {
        return prices(provider).filter(ProviderPrices::tellsCost).isPresent();
    }

    private static boolean isAmount(BigDecimal reported) {
        return reported.signum() >= 0
                && Math.abs((long) reported.scale()) <= MOST_DIGITS
                && reported.precision() <= MOST_DIGITS;
    }

    // A provider that is not the policy's own is worked out anew: remembering strangers would need a bound.
    private Optional<ProviderPrices> prices(ProviderRule provider) {
        var known = providers.get(provider);
        return known == null ? ProviderPrices.of(provider, inferred) : known;
    }

    private Span on(LocalDate day) {
        return latestFirst.stream()
                .filter(span -> !day.isBefore(span.from))
                .findFirst()
                .orElseGet(latestFirst::getLast);
    }

    private static List<Span> spans(ShippedPrices shipped, Map<String, Map<String, Object>> own) {
        var days = shipped.dated().stream()
                .flatMap(dated -> Stream.of(dated.from(), dated.until()))
                .filter(Objects::nonNull);
        return Stream.concat(Stream.of(LocalDate.MIN), days)
                .distinct()
                .sorted(Comparator.<LocalDate>reverseOrder())
                .map(from -> new Span(from, shipped, changed(from, shipped, own)))
                .toList();
    }

    private static Map<String, PriceEntry> changed(
            LocalDate day, ShippedPrices shipped, Map<String, Map<String, Object>> own) {
        var drafts = new HashMap<String, EntryDraft>();
        shipped.dated().stream()
                .filter(dated -> dated.holdsOn(day))
                .forEach(dated -> draft(drafts, dated.key(), shipped).setAll(dated.set()));
        own.forEach((key, fields) -> draft(drafts, key, shipped).setAll(fields));
        var changed = new HashMap<String, PriceEntry>();
        drafts.forEach((key, draft) -> changed.put(key, draft.build()));
        return Map.copyOf(changed);
    }

    private static EntryDraft draft(Map<String, EntryDraft> drafts, String key, ShippedPrices shipped) {
        return drafts.computeIfAbsent(
                key, absent -> EntryDraft.over(absent, shipped.table().get(absent)));
    }
}
