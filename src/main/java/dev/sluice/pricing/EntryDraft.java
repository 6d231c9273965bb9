package dev.sluice.pricing;

import java.math.BigDecimal;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** An entry while fields are laid over it, by their names in the price table; what prices nothing here is ignored. */
final class EntryDraft {
    private static final String SEARCH = "search_context_cost_per_query";

    /** A rerank of some documents, which is a search, too. */
    private static final String QUERY = "input_cost_per_query";

    private static final String FACTORS = "provider_specific_entry";
    private static final String UPLIFT = "regional_processing_uplift_multiplier_";
    private static final String SEARCH_UNIT = "web_search_billing_unit";
    private static final String CONTEXT = "max_input_tokens";
    private static final String MAX_OUTPUT = "max_output_tokens";
    private static final String SELLER = "litellm_provider";

    /** How wide a hosted search looks is not told afterwards; medium is the vendors' default. */
    private static final List<String> SEARCH_SIZES =
            List.of("search_context_size_medium", "search_context_size_high", "search_context_size_low");

    /** The table repeats some sixty names thousands of times. Only shipped and operators' names get in, never a request's. */
    private static final Map<String, Optional<PriceLine>> LINES = new ConcurrentHashMap<>();

    private final String key;
    private final Map<PriceLine, BigDecimal> lines = new HashMap<>();
    private final Map<String, BigDecimal> factors = new HashMap<>();
    private @Nullable BigDecimal search;
    private boolean everySearchBilled;
    private OptionalLong contextWindow = OptionalLong.empty();
    private OptionalLong maxOutputTokens = OptionalLong.empty();
    private @Nullable CostBasis seller;

    EntryDraft(String key) {
        this.key = key;
        // Gemini charges once for a request that searched, unless the table says otherwise; everybody else for every
        // search.
        this.everySearchBilled = !key.contains("gemini");
    }

    static EntryDraft over(String key, @Nullable PriceEntry base) {
        var draft = new EntryDraft(key);
        if (base != null) {
            draft.lines.putAll(base.lines());
            draft.factors.putAll(base.factors());
            draft.search = base.search();
            draft.everySearchBilled = base.everySearchBilled();
            draft.contextWindow = base.contextWindow();
            draft.maxOutputTokens = base.maxOutputTokens();
            draft.seller = base.seller();
        }
        return draft;
    }

    static boolean isWanted(String field) {
        return switch (field) {
            case SEARCH, QUERY, FACTORS, SEARCH_UNIT, CONTEXT, MAX_OUTPUT, SELLER -> true;
            default -> field.startsWith(UPLIFT) || line(field).isPresent();
        };
    }

    /** Lays one field over what was; null takes it away. */
    EntryDraft set(String field, @Nullable Object value) {
        switch (field) {
            case SEARCH -> search = searchPrice(value);
            case QUERY -> search = value == null ? null : number(QUERY, value);
            case FACTORS -> setFactors(value);
            case SEARCH_UNIT -> everySearchBilled = !key.contains("gemini") || "per_query".equals(value);
            case CONTEXT -> contextWindow = tokens(field, value);
            case MAX_OUTPUT -> maxOutputTokens = tokens(field, value);
            case SELLER ->
                seller = value instanceof String name ? CostBasis.soldBy(name).orElse(null) : null;
            default -> setNumber(field, value);
        }
        return this;
    }

    EntryDraft setAll(Map<String, Object> fields) {
        fields.forEach(this::set);
        return this;
    }

    PriceEntry build() {
        dropReasoningPricedAsOutput();
        var marks = lines.keySet().stream()
                .map(PriceLine::mark)
                .filter(mark -> mark > 0)
                .distinct()
                .sorted(Comparator.reverseOrder())
                .toList();
        return new PriceEntry(
                key,
                Map.copyOf(lines),
                marks,
                Map.copyOf(factors),
                search,
                everySearchBilled,
                contextWindow,
                maxOutputTokens,
                seller);
    }

    // Where the table repeats the output rate for reasoning it has no tiers and marks beside it. Reasoning is not
    // priced apart
    // then, so it follows the output through all of them.
    private void dropReasoningPricedAsOutput() {
        var reasoning = lines.get(new PriceLine(Meter.REASONING, 0, Tier.STANDARD));
        var output = lines.get(new PriceLine(Meter.OUTPUT, 0, Tier.STANDARD));
        if (reasoning != null && output != null && reasoning.compareTo(output) == 0) {
            lines.keySet().removeIf(line -> line.meter() == Meter.REASONING);
        }
    }

    private void setNumber(String field, @Nullable Object value) {
        if (field.startsWith(UPLIFT)) {
            put(factors, field, field, value);
        } else {
            line(field).ifPresent(line -> put(lines, line, field, value));
        }
    }

    private void setFactors(@Nullable Object value) {
        factors.keySet().removeIf(name -> name.startsWith(FACTORS));
        if (value instanceof Map<?, ?> entries) {
            // Besides factors the table keeps switches of other software here.
            entries.forEach((name, factor) -> {
                if (factor instanceof Number) {
                    var field = FACTORS + "." + name;
                    put(factors, field, field, factor);
                }
            });
        }
    }

    private @Nullable BigDecimal searchPrice(@Nullable Object value) {
        if (!(value instanceof Map<?, ?> sizes)) {
            return null;
        }
        return SEARCH_SIZES.stream()
                .flatMap(size -> Stream.ofNullable(sizes.get(size)).map(price -> number(SEARCH + "." + size, price)))
                .findFirst()
                .orElse(null);
    }

    private OptionalLong tokens(String field, @Nullable Object value) {
        return value == null
                ? OptionalLong.empty()
                : OptionalLong.of(number(field, value).longValue());
    }

    private <K> void put(Map<K, BigDecimal> into, K name, String field, @Nullable Object value) {
        if (value == null) {
            into.remove(name);
        } else {
            into.put(name, number(field, value));
        }
    }

    // By way of text, because that is exact for every kind of number a JSON reader may hand over.
    private BigDecimal number(String field, Object value) {
        try {
            var number = value instanceof BigDecimal exact ? exact : new BigDecimal(value.toString());
            if (number.signum() >= 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw refused(field, value, e);
        }
        throw refused(field, value, null);
    }

    private IllegalArgumentException refused(String field, Object value, @Nullable Exception cause) {
        return new IllegalArgumentException(
                "prices." + key + "." + field + ": " + value + " (expected: a number >= 0)", cause);
    }

    private static Optional<PriceLine> line(String field) {
        return LINES.computeIfAbsent(field, PriceLine::named);
    }
}
