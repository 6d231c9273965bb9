package dev.sluice.pricing;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;

/**
 * Prices by model and cost basis, as a provider is charged that is counted by that basis and stands in no region of its own.
 *
 * @param models model to cost basis to price; a price list's own models and those that the policy's providers name
 */
public record PriceList(SortedMap<String, SortedMap<String, Price>> models) {

    /** Every cost basis there is. */
    public static final List<String> COST_BASES =
            Arrays.stream(CostBasis.values()).map(it -> it.id).toList();

    /**
     * One price.
     *
     * @param source     who says so last
     * @param key        of the price table
     * @param adjustment that finding the key took, for where the endpoint stands; in the rates already
     * @param rates      US dollars a token, and a search: {@code input}, {@code output_above_200k}, {@code web_search} ...
     * @param modes      rates of ways to be served that have their own: {@code batch}, {@code flex}, {@code priority}, {@code fast}
     */
    public record Price(
            Source source,
            String key,
            BigDecimal adjustment,
            SortedMap<String, BigDecimal> rates,
            SortedMap<String, SortedMap<String, BigDecimal>> modes) {}

    /** Who sets a price. */
    public enum Source {
        /** The table that ships with the build. */
        TABLE,
        /** A dated correction that ships with it. */
        CORRECTION,
        /** The policy's own {@code prices}. */
        POLICY
    }
}
