package dev.sluice.admin;

import dev.sluice.wire.BadRequest;
import java.math.BigDecimal;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Nanodollars as people write them. */
final class Dollars {
    /** Nine digits before the point keep every amount far inside a long. */
    private static final Pattern AMOUNT = Pattern.compile("\\$?(\\d{1,9}(?:\\.\\d{1,9})?)");

    private static final int NANO_DIGITS = 9;
    private static final int CENT_DIGITS = 2;

    private Dollars() {}

    /** Exact, with cents at least: {@code $7.25}, {@code -$0.50}, {@code $0.000001}. */
    static String print(long nanos) {
        var amount = BigDecimal.valueOf(nanos, NANO_DIGITS).stripTrailingZeros();
        var dollars = amount.scale() < CENT_DIGITS ? amount.setScale(CENT_DIGITS) : amount;
        return (dollars.signum() < 0 ? "-$" : "$") + dollars.abs().toPlainString();
    }

    static @Nullable String printKnown(@Nullable Long nanos) {
        return nanos == null ? null : print(nanos);
    }

    /** A rate a token as one a million, as price lists have it. */
    static @Nullable BigDecimal perMillion(@Nullable BigDecimal aToken) {
        return aToken == null ? null : plain(aToken.movePointRight(6));
    }

    /** A rate as a JSON number without exponent and without zeros that say nothing. */
    static BigDecimal plain(BigDecimal rate) {
        var terse = rate.stripTrailingZeros();
        return terse.scale() < 0 ? terse.setScale(0) : terse;
    }

    static long parsePositive(String field, String text) throws BadRequest {
        var amount = AMOUNT.matcher(text);
        var nanos = amount.matches()
                ? new BigDecimal(amount.group(1)).movePointRight(NANO_DIGITS).longValueExact()
                : 0;
        if (nanos == 0) {
            throw new BadRequest(
                    field + ": " + Json.quote(text) + " (expected: dollars above zero, for example \"$5.00\")");
        }
        return nanos;
    }
}
