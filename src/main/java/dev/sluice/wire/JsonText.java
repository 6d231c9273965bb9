package dev.sluice.wire;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A passing view of one value's bytes, escapes resolved. Only good until the listener returns. */
public final class JsonText {
    /** No provider counts further than this; what is beyond is not a count. */
    private static final long MAX_COUNT = 1L << 53;

    private byte[] bytes = new byte[0];
    private int from;
    private int to;
    private long characters;

    void show(byte[] newBytes, int newFrom, int newTo, long newCharacters) {
        bytes = newBytes;
        from = newFrom;
        to = newTo;
        characters = newCharacters;
    }

    /** Code points of the whole value, of which the bytes may be only the beginning; 0 when nobody asked to count. */
    public long characters() {
        return characters;
    }

    public boolean isEmpty() {
        return from == to;
    }

    boolean startsNumber() {
        return from < to && (bytes[from] == '-' || (bytes[from] >= '0' && bytes[from] <= '9'));
    }

    /** Whether the value is this ASCII text. */
    public boolean is(String ascii) {
        if (ascii.length() != to - from) {
            return false;
        }
        for (int i = 0; i < ascii.length(); i++) {
            if (bytes[from + i] != ascii.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** The value as a token count; -1 when it is none. */
    public long count() {
        long sum = 0;
        for (int at = from; at < to; at++) {
            int digit = bytes[at] - '0';
            if (digit < 0 || digit > 9 || sum > MAX_COUNT) {
                return countFrom(decimal());
            }
            sum = sum * 10 + digit;
        }
        return from == to || sum > MAX_COUNT ? -1 : sum;
    }

    // Counts come as 12.0 and 1e3 from servers that know only one kind of number.
    private static long countFrom(@Nullable BigDecimal number) {
        if (number == null || number.signum() < 0 || number.compareTo(BigDecimal.valueOf(MAX_COUNT)) > 0) {
            return -1;
        }
        return number.longValue();
    }

    /** The value as an exact number of sane size; null when it is none. */
    public @Nullable BigDecimal decimal() {
        try {
            var number = new BigDecimal(toString());
            // An exponent of a billion costs as many digits when it is first added to something.
            return Math.abs((long) number.scale()) > 64 ? null : number;
        } catch (NumberFormatException e) {
            return null;
        }
    }

    /** A copy of as many whole characters as fit. */
    public byte[] toBytes(int max) {
        int end = to - from <= max ? to : Scan.wholeCodePoints(bytes, from, from + Math.max(0, max), to);
        return Arrays.copyOfRange(bytes, from, end);
    }

    @Override
    public String toString() {
        return new String(bytes, from, to - from, StandardCharsets.UTF_8);
    }
}
