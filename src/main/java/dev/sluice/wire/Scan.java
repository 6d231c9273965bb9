package dev.sluice.wire;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Searches in bytes, eight at a time: a word that is xored with a byte repeated eight times has a zero byte where that byte
 * stood, and {@code (w - 0x01..) & ~w & 0x80..} has its lowest set bit in the first zero byte.
 */
final class Scan {
    private static final VarHandle WORDS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGHS = 0x8080808080808080L;

    private Scan() {}

    /** Where a JSON string's plain run ends: at a quote, a backslash or {@code to}. */
    static int endOfPlain(byte[] bytes, int from, int to) {
        return first(bytes, from, to, (byte) '"', (byte) '\\');
    }

    /** Where a line ends: at {@code \n}, {@code \r} or {@code to}. */
    static int endOfLine(byte[] bytes, int from, int to) {
        return first(bytes, from, to, (byte) '\n', (byte) '\r');
    }

    private static int first(byte[] bytes, int from, int to, byte one, byte other) {
        int at = from;
        for (; at + Long.BYTES <= to; at += Long.BYTES) {
            long word = (long) WORDS.get(bytes, at);
            long ones = word ^ (one * ONES);
            long others = word ^ (other * ONES);
            long found = (((ones - ONES) & ~ones) | ((others - ONES) & ~others)) & HIGHS;
            if (found != 0) {
                return at + (Long.numberOfTrailingZeros(found) >>> 3);
            }
        }
        while (at < to && bytes[at] != one && bytes[at] != other) {
            at++;
        }
        return at;
    }

    /** Code points of UTF-8: every byte that does not continue one. */
    static int codePoints(byte[] bytes, int from, int to) {
        int count = 0;
        for (int at = from; at < to; at++) {
            count += (bytes[at] & 0xC0) == 0x80 ? 0 : 1;
        }
        return count;
    }

    /** The last place at or before {@code to} that does not cut a code point. */
    static int wholeCodePoints(byte[] bytes, int from, int to, int end) {
        int at = to;
        while (at > from && at < end && (bytes[at] & 0xC0) == 0x80) {
            at--;
        }
        return at;
    }
}
