package dev.sluice.pricing;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The price table that ships with the build, and the dated corrections to it.
 *
 * @param table    by key, without the corrections
 * @param dated    in the order in which they are laid over the table
 * @param searches a web search by name of cost basis, for entries that do not price it
 */
record ShippedPrices(Map<String, PriceEntry> table, List<Dated> dated, Map<String, BigDecimal> searches) {
    private static final String TABLE = "model_prices_and_context_window.json";
    private static final String OVERRIDES = "overrides.json";

    /** Keys of the table that are no models. */
    private static final Set<String> NO_MODELS = Set.of("sample_spec", "fallback_generalizations");

    private static final TypeReference<Map<String, Object>> FIELDS = new TypeReference<>() {};
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    /** A correction: on a day with {@code from <= day < until} these fields replace those of the entry. Null dates are open ends. */
    record Dated(
            String key, @Nullable LocalDate from, @Nullable LocalDate until, Map<String, Object> set) {
        boolean holdsOn(LocalDate day) {
            return (from == null || !day.isBefore(from)) && (until == null || day.isBefore(until));
        }
    }

    /** The corrections as their file has them; dates are text there. */
    private record Overrides(Defaults defaults, List<Correction> entries) {
        record Correction(
                String key, @Nullable String from, @Nullable String until, Map<String, Object> set) {
            Dated dated() {
                return new Dated(
                        key,
                        from == null ? null : LocalDate.parse(from),
                        until == null ? null : LocalDate.parse(until),
                        set);
            }
        }
    }

    private record Defaults(Map<String, Object> web_search_usd_per_call) {
        Map<String, BigDecimal> searches() {
            var searches = new HashMap<String, BigDecimal>();
            web_search_usd_per_call.forEach((basis, price) -> {
                if (price instanceof BigDecimal usd) {
                    searches.put(basis, usd);
                }
            });
            return Map.copyOf(searches);
        }
    }

    /** Read when first asked for, once. */
    static ShippedPrices get() {
        return Holder.SHIPPED;
    }

    private static final class Holder {
        static final ShippedPrices SHIPPED = load();
    }

    private static ShippedPrices load() {
        try (var table = open(TABLE);
                var overrides = open(OVERRIDES)) {
            var corrections = JSON.readValue(overrides, Overrides.class);
            return new ShippedPrices(
                    readTable(table),
                    corrections.entries().stream()
                            .map(Overrides.Correction::dated)
                            .toList(),
                    corrections.defaults().searches());
        } catch (IOException e) {
            throw new UncheckedIOException("the price table of this build cannot be read", e);
        }
    }

    private static InputStream open(String resource) {
        return Objects.requireNonNull(ShippedPrices.class.getResourceAsStream(resource), resource);
    }

    // By token, since most of the table's one and a half megabytes is of no use here.
    private static Map<String, PriceEntry> readTable(InputStream in) throws IOException {
        var entries = new HashMap<String, PriceEntry>();
        try (var json = JSON.createParser(in)) {
            json.nextToken();
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                var key = json.currentName();
                json.nextToken();
                if (NO_MODELS.contains(key)) {
                    json.skipChildren();
                } else {
                    entries.put(key, readEntry(key, json));
                }
            }
        }
        return Map.copyOf(entries);
    }

    private static PriceEntry readEntry(String key, JsonParser json) throws IOException {
        var draft = new EntryDraft(key);
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            var field = json.currentName();
            var value = json.nextToken();
            if (EntryDraft.isWanted(field)) {
                draft.set(field, readValue(value, json));
            } else {
                json.skipChildren();
            }
        }
        return draft.build();
    }

    private static @Nullable Object readValue(JsonToken token, JsonParser json) throws IOException {
        return switch (token) {
            case VALUE_NUMBER_FLOAT, VALUE_NUMBER_INT -> json.getDecimalValue();
            case START_OBJECT -> json.readValueAs(FIELDS);
            case VALUE_NULL -> null;
            default -> json.getText();
        };
    }
}
