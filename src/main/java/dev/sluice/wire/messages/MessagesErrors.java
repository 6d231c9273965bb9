package dev.sluice.wire.messages;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.wire.ErrorEvents;
import dev.sluice.wire.WireError;
import org.apache.pekko.util.ByteString;

/** Our own errors as Anthropic puts its own, wherever its messages are spoken. */
public final class MessagesErrors {
    private MessagesErrors() {}

    /** A whole answer. */
    public static ByteString body(WireError error) {
        return ByteString.fromString(wrapped(error).toString());
    }

    /** An event of a stream that has begun. */
    public static ByteString event(WireError error) {
        return ErrorEvents.of("error", wrapped(error));
    }

    private static ObjectNode wrapped(WireError error) {
        var json = JsonNodeFactory.instance;
        ObjectNode inner = json.objectNode().put("type", type(error.kind())).put("message", error.message());
        return json.objectNode().put("type", "error").set("error", inner);
    }

    private static String type(WireError.Kind kind) {
        return switch (kind) {
            case BAD_REQUEST, GUARDRAIL_BLOCKED -> "invalid_request_error";
            case TOO_LARGE -> "request_too_large";
            case NO_ROLE -> "permission_error";
            case NOT_FOUND -> "not_found_error";
            case QUOTA_EXHAUSTED -> "rate_limit_error";
            case OVERLOADED -> "overloaded_error";
            case UPSTREAM_TIMEOUT -> "timeout_error";
            case UPSTREAM_UNREACHABLE, UPSTREAM_TRUNCATED, INTERNAL -> "api_error";
        };
    }
}
