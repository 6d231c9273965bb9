package dev.sluice.wire;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/** Our own errors as server-sent events, to be put into a stream that has begun. */
public final class ErrorEvents {
    private ErrorEvents() {}

    /**
     * One event. It opens with an empty line, which ends whatever line and event the upstream left unfinished; between
     * events that line means nothing.
     *
     * @param name null for an event without a name
     */
    public static ByteString of(@Nullable String name, ObjectNode data) {
        var head = name == null ? "" : "event: " + name + "\n";
        return ByteString.fromString("\n\n" + head + "data: " + data + "\n\n");
    }
}
