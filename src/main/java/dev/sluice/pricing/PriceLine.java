package dev.sluice.pricing;

import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * One price field of the table, taken apart.
 *
 * @param mark the rate holds for prompts of more tokens than this; 0 for the plain rate
 */
record PriceLine(Meter meter, long mark, Tier tier) {
    private static final Pattern SUFFIXES =
            Pattern.compile("(?:_above_(\\d{1,9})([km]?)_tokens)?(?:_(flex|priority|batches))?");

    /** Reads {@code <field>[_above_<n>k_tokens][_<tier>]}; empty when the name is not a price of tokens. */
    static Optional<PriceLine> named(String field) {
        return Arrays.stream(Meter.values())
                .filter(meter -> field.startsWith(meter.field))
                .flatMap(meter -> suffixed(meter, field.substring(meter.field.length())).stream())
                .findFirst();
    }

    private static Optional<PriceLine> suffixed(Meter meter, String suffixes) {
        var matcher = SUFFIXES.matcher(suffixes);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        var mark = matcher.group(1) == null ? 0 : Long.parseLong(matcher.group(1)) * unit(matcher.group(2));
        return Optional.of(new PriceLine(meter, mark, Tier.told(matcher.group(3))));
    }

    private static long unit(String letter) {
        return switch (letter) {
            case "k" -> 1_000;
            case "m" -> 1_000_000;
            default -> 1;
        };
    }
}
