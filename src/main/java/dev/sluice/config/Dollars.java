package dev.sluice.config;

import java.math.BigDecimal;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/** Money as people write it, {@code $10.00}, in nanodollars. */
public final class Dollars {
    /** What {@link #nanos} reads, for messages. */
    public static final String EXPECTED = "\"$<amount>\", not negative, at most 9 decimals";

    private static final Pattern AMOUNT = Pattern.compile("\\$(\\d{1,12}(?:\\.\\d{1,9})?)");

    private Dollars() {}

    /** Exactly the amount written; empty when it is none, or more than a {@code long} holds (9.2 billion dollars). */
    public static OptionalLong nanos(String text) {
        var amount = AMOUNT.matcher(text);
        if (!amount.matches()) {
            return OptionalLong.empty();
        }
        try {
            return OptionalLong.of(
                    new BigDecimal(amount.group(1)).movePointRight(9).longValueExact());
        } catch (ArithmeticException _) {
            return OptionalLong.empty();
        }
    }
}
