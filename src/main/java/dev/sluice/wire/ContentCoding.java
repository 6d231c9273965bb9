package dev.sluice.wire;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads answers that are compressed: inflates a copy of the passing bytes for another reader and sends the bytes on as they
 * came. Nothing can be hidden in them.
 */
public final class ContentCoding {
    private ContentCoding() {}

    /** A reader for a body with this {@code Content-Encoding}; one that cannot be decoded is passed on unread. */
    public static AnswerReader wrap(@Nullable String contentEncoding, AnswerReader reader) {
        var coding = contentEncoding == null ? "" : contentEncoding.strip().toLowerCase(Locale.ROOT);
        return switch (coding) {
            case "", "identity" -> reader;
            case "gzip", "x-gzip" -> new InflatedAnswer(reader, true);
            case "deflate" -> new InflatedAnswer(reader, false);
            default -> new UnreadAnswer(reader);
        };
    }
}
