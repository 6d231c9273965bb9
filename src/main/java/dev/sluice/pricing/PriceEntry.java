package dev.sluice.pricing;

import java.math.BigDecimal;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * One model's prices under one key of the table, as they hold on some day.
 *
 * @param marks   prompt lengths beyond which other rates hold, the greatest first
 * @param factors on the cost of tokens, by the name of their field
 * @param search  a web search
 * @param seller  whose price list the table has it from; null when no provider is counted by that one
 */
record PriceEntry(
        String key,
        Map<PriceLine, BigDecimal> lines,
        List<Long> marks,
        Map<String, BigDecimal> factors,
        @Nullable BigDecimal search,
        boolean everySearchBilled,
        OptionalLong contextWindow,
        OptionalLong maxOutputTokens,
        @Nullable CostBasis seller) {

    /** Nothing to pay, and known. */
    static final PriceEntry FREE = new PriceEntry(
            "(free suffix)",
            Map.of(
                    new PriceLine(Meter.INPUT, 0, Tier.STANDARD),
                    BigDecimal.ZERO,
                    new PriceLine(Meter.OUTPUT, 0, Tier.STANDARD),
                    BigDecimal.ZERO),
            List.of(),
            Map.of(),
            null,
            true,
            OptionalLong.empty(),
            OptionalLong.empty(),
            null);

    private static final BigDecimal HALF = new BigDecimal("0.5");
    private static final BigDecimal TWICE = BigDecimal.TWO;

    /** Whether this entry answers a look-up: others only tell limits, or prices of pictures and seconds. */
    boolean isPriced() {
        return line(Meter.INPUT, 0, Tier.STANDARD) != null;
    }

    /** The rate for a prompt of so many tokens in all, with the fallbacks for rates that the table lacks; null when there is none. */
    @Nullable
    BigDecimal rate(Meter meter, long promptTokens, Tier tier) {
        var mark = markOf(meter, promptTokens, tier);
        if (meter == Meter.CACHE_WRITE_1H && isClaude() && mark < markOf(Meter.INPUT, promptTokens, tier)) {
            var input = rate(Meter.INPUT, promptTokens, tier);
            return input == null ? null : input.multiply(TWICE);
        }
        return mark >= 0 ? atMark(meter, mark, tier) : inPlaceOf(meter, promptTokens, tier);
    }

    /** The rate as the table has it, for a short prompt and without fallbacks. */
    @Nullable
    BigDecimal listed(Meter meter, Tier tier) {
        return markOf(meter, 0, tier) < 0 ? null : atMark(meter, 0, tier);
    }

    /** The highest rate that any of these meters can have for a prompt of at most so many tokens; null when none has one. */
    @Nullable
    BigDecimal dearest(Collection<Meter> meters, long promptTokens, Tier tier) {
        var dearest = dearestAt(meters, promptTokens, tier);
        for (var mark : marks) {
            if (promptTokens > mark) {
                dearest = dearer(dearest, dearestAt(meters, mark, tier));
            }
        }
        return dearest;
    }

    private @Nullable BigDecimal dearestAt(Collection<Meter> meters, long promptTokens, Tier tier) {
        BigDecimal dearest = null;
        for (var meter : meters) {
            dearest = dearer(dearest, rate(meter, promptTokens, tier));
        }
        return dearest;
    }

    private static @Nullable BigDecimal dearer(@Nullable BigDecimal one, @Nullable BigDecimal other) {
        return one == null || (other != null && other.compareTo(one) > 0) ? other : one;
    }

    /** A factor on the cost of tokens; 1 when the entry has none by that name. */
    BigDecimal factor(String field) {
        return factors.getOrDefault(field, BigDecimal.ONE);
    }

    boolean isClaude() {
        return key.contains("claude");
    }

    private @Nullable BigDecimal inPlaceOf(Meter meter, long promptTokens, Tier tier) {
        return switch (meter) {
            case INPUT, OUTPUT -> null;
            case CACHE_READ, CACHE_WRITE, INPUT_AUDIO, INPUT_IMAGE -> rate(Meter.INPUT, promptTokens, tier);
            case CACHE_WRITE_1H -> rate(Meter.CACHE_WRITE, promptTokens, tier);
            case REASONING, OUTPUT_AUDIO, OUTPUT_IMAGE -> rate(Meter.OUTPUT, promptTokens, tier);
        };
    }

    /** The mark whose rate holds: the greatest one that the prompt is over and this meter has a rate for; -1 without any rate. */
    private long markOf(Meter meter, long promptTokens, Tier tier) {
        for (long mark : marks) {
            if (promptTokens > mark && atMark(meter, mark, tier) != null) {
                return mark;
            }
        }
        return atMark(meter, 0, tier) == null ? -1 : 0;
    }

    // A tier without a price of its own goes at the standard rate, batch at half of it.
    private @Nullable BigDecimal atMark(Meter meter, long mark, Tier tier) {
        var own = line(meter, mark, tier);
        if (own != null || tier == Tier.STANDARD) {
            return own;
        }
        var standard = line(meter, mark, Tier.STANDARD);
        return standard == null || tier != Tier.BATCH ? standard : standard.multiply(HALF);
    }

    private @Nullable BigDecimal line(Meter meter, long mark, Tier tier) {
        return lines.get(new PriceLine(meter, mark, tier));
    }
}
