package dev.sluice.wire.gemini;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.wire.ErrorEvents;
import dev.sluice.wire.Framing;
import dev.sluice.wire.Operation;
import dev.sluice.wire.Operation.Streaming;
import dev.sluice.wire.WireError;
import java.time.Duration;
import java.util.Arrays;
import org.apache.pekko.util.ByteString;

/** Our own errors as Google's APIs put theirs. The clients read the number, the status and, to know when to come back, {@code RetryInfo}. */
public final class GoogleErrors {
    private GoogleErrors() {}

    /** A whole answer; one in place of an array is an array, too. */
    public static ByteString body(Operation asked, String rawQuery, WireError error) {
        var array = asked.streaming() == Streaming.ALWAYS && !isSse(rawQuery);
        var object = wrapped(error);
        return ByteString.fromString(
                (array ? JsonNodeFactory.instance.arrayNode().add(object) : object).toString());
    }

    /** An event of a stream, or an element of an array. */
    public static ByteString event(Framing framing, WireError error) {
        return framing == Framing.SSE
                ? ErrorEvents.of(null, wrapped(error))
                : ByteString.fromString(wrapped(error).toString());
    }

    private static boolean isSse(String rawQuery) {
        return Arrays.asList(rawQuery.split("&", -1)).contains("alt=sse");
    }

    private static ObjectNode wrapped(WireError error) {
        var json = JsonNodeFactory.instance;
        var inner = json.objectNode()
                .put("code", error.status())
                .put("message", error.message())
                .put("status", status(error.kind()));
        if (error.retryAfter() != null) {
            inner.putArray("details")
                    .addObject()
                    .put("@type", "type.googleapis.com/google.rpc.RetryInfo")
                    .put("retryDelay", seconds(error.retryAfter()));
        }
        return json.objectNode().set("error", inner);
    }

    private static String seconds(Duration wait) {
        return Math.max(1, wait.plusMillis(999).toSeconds()) + "s";
    }

    private static String status(WireError.Kind kind) {
        return switch (kind) {
            case BAD_REQUEST, TOO_LARGE -> "INVALID_ARGUMENT";
            case NO_ROLE, GUARDRAIL_BLOCKED -> "PERMISSION_DENIED";
            case NOT_FOUND -> "NOT_FOUND";
            case QUOTA_EXHAUSTED -> "RESOURCE_EXHAUSTED";
            case OVERLOADED, UPSTREAM_UNREACHABLE, UPSTREAM_TRUNCATED -> "UNAVAILABLE";
            case UPSTREAM_TIMEOUT -> "DEADLINE_EXCEEDED";
            case INTERNAL -> "INTERNAL";
        };
    }
}
