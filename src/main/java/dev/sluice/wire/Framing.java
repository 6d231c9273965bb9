package dev.sluice.wire;

import java.util.Locale;

/** How an answer's bytes are cut into what can be read. Told by its content type, never by the request: errors and buffering hops answer streams with documents. */
public enum Framing {
    /** One document, most often JSON; or bytes that nobody reads, for example sound. */
    DOCUMENT,
    /** {@code text/event-stream}. */
    SSE,
    /** {@code application/vnd.amazon.eventstream}. */
    AWS_EVENTS;

    /** The framing of a content type, with or without parameters. */
    public static Framing of(String contentType) {
        var type = contentType.toLowerCase(Locale.ROOT);
        if (type.startsWith("text/event-stream")) {
            return SSE;
        }
        return type.startsWith("application/vnd.amazon.eventstream") ? AWS_EVENTS : DOCUMENT;
    }
}
