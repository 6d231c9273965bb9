package dev.sluice.wire;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads answers that are compressed: inflates a copy of the passing bytes for another reader and sends the bytes on as they
 * came. Nothing can be hidden in them.
 */
public final class ContentCoding {
    private ContentCoding() {}

    /** Whether a body with this {@code Content-Encoding} has none. */
    public static boolean isPlain(@Nullable String contentEncoding) {
        var coding = coding(contentEncoding);
        return coding.isEmpty() || coding.equals("identity");
    }

    /** Whether a reader learns anything from a body with this {@code Content-Encoding}. */
    public static boolean isRead(@Nullable String contentEncoding) {
        return switch (coding(contentEncoding)) {
            case "", "identity", "gzip", "x-gzip", "deflate" -> true;
            default -> false;
        };
    }

    /** A reader for a body with this {@code Content-Encoding}; one that cannot be decoded is passed on unread. */
    public static AnswerReader wrap(@Nullable String contentEncoding, AnswerReader reader) {
        return switch (coding(contentEncoding)) {
            case "", "identity" -> reader;
            case "gzip", "x-gzip" -> new InflatedAnswer(reader, true);
            case "deflate" -> new InflatedAnswer(reader, false);
            default -> new UnreadAnswer(reader);
        };
    }

    private static String coding(@Nullable String contentEncoding) {
        return contentEncoding == null ? "" : contentEncoding.strip().toLowerCase(Locale.ROOT);
    }
}
