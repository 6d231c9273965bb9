package dev.sluice.wire;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What the headers of an event-stream frame say of it, as far as anybody asks.
 *
 * @param type    {@code :exception-type} or {@code :error-code}; null for an event, whatever its type: payloads tell themselves apart
 * @param message {@code :error-message}
 */
record FrameHeaders(
        boolean isEvent, @Nullable String type, @Nullable String message) {
    private static final FrameHeaders EVENT = new FrameHeaders(true, null, null);

    private static final int STRING = 7;
    private static final int BYTES = 6;

    /** Sizes of the values by their types; those of byte arrays and strings are told before them. */
    private static final int[] SIZES = {0, 0, 1, 2, 4, 8, 0, 0, 8, 16};

    /** Types and messages are shorter; what is kept of them must be. */
    private static final int MAX_TEXT_BYTES = JsonShape.MAX_TEXT_BYTES;

    private static final byte[] MESSAGE_TYPE = ascii(":message-type");
    private static final byte[] EXCEPTION_TYPE = ascii(":exception-type");
    private static final byte[] ERROR_CODE = ascii(":error-code");
    private static final byte[] ERROR_MESSAGE = ascii(":error-message");
    private static final byte[] EXCEPTION = ascii("exception");
    private static final byte[] ERROR = ascii("error");

    /** Reads a frame's headers; null when they are none. */
    static @Nullable FrameHeaders read(byte[] bytes, int from, int to) {
        boolean failed = false;
        String type = null;
        String message = null;
        int at = from;
        while (at < to) {
            int name = at + 1;
            int endOfName = name + (bytes[at] & 0xFF);
            int value = startOfValue(bytes, endOfName, to);
            int end = value < 0 ? -1 : endOfValue(bytes, endOfName, value, to);
            if (end < 0) {
                return null;
            }
            if (bytes[endOfName] == STRING) {
                if (is(MESSAGE_TYPE, bytes, name, endOfName)) {
                    failed = is(EXCEPTION, bytes, value, end) || is(ERROR, bytes, value, end);
                } else if (is(EXCEPTION_TYPE, bytes, name, endOfName) || is(ERROR_CODE, bytes, name, endOfName)) {
                    type = text(bytes, value, end);
                } else if (is(ERROR_MESSAGE, bytes, name, endOfName)) {
                    message = text(bytes, value, end);
                }
            }
            at = end;
        }
        return failed ? new FrameHeaders(false, type, message) : EVENT;
    }

    private static int startOfValue(byte[] bytes, int endOfName, int to) {
        if (endOfName >= to || bytes[endOfName] < 0 || bytes[endOfName] >= SIZES.length) {
            return -1;
        }
        int value = endOfName + (hasLength(bytes[endOfName]) ? 3 : 1);
        return value <= to ? value : -1;
    }

    private static int endOfValue(byte[] bytes, int endOfName, int value, int to) {
        int type = bytes[endOfName];
        int size = hasLength(type) ? ((bytes[endOfName + 1] & 0xFF) << 8) | (bytes[endOfName + 2] & 0xFF) : SIZES[type];
        return value + size <= to ? value + size : -1;
    }

    private static boolean hasLength(int type) {
        return type == STRING || type == BYTES;
    }

    private static boolean is(byte[] wanted, byte[] bytes, int from, int to) {
        return Arrays.equals(wanted, 0, wanted.length, bytes, from, to);
    }

    private static String text(byte[] bytes, int from, int to) {
        int end = to - from <= MAX_TEXT_BYTES ? to : Scan.wholeCodePoints(bytes, from, from + MAX_TEXT_BYTES, to);
        return new String(bytes, from, end - from, StandardCharsets.UTF_8);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
