package dev.sluice.wire.bedrock;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.sluice.wire.EventFrame;
import dev.sluice.wire.WireError;
import java.util.Map;
import org.apache.pekko.util.ByteString;

/**
 * Our own errors as Bedrock's clients know them: the type in a header, the message in the body; in a stream an exception's frame.
 *
 * <p>The type decides what AWS's SDKs raise, type and status whether they try again: after 429 and 5xx, up to three times in all and never
 * more than five seconds later than they would have anyway, whatever {@code retry-after} says.
 */
final class AmazonErrors {
    /** Where the type stands. */
    static final String TYPE_HEADER = "x-amzn-errortype";

    private AmazonErrors() {}

    static ByteString body(WireError error) {
        return ByteString.fromString(json(error));
    }

    static Map<String, String> headers(WireError error) {
        return Map.of(TYPE_HEADER, type(error.kind()));
    }

    static ByteString event(WireError error) {
        var type = error.kind() == WireError.Kind.UPSTREAM_TRUNCATED
                ? "modelStreamErrorException"
                : Character.toLowerCase(type(error.kind()).charAt(0))
                        + type(error.kind()).substring(1);
        return EventFrame.exception(type, json(error));
    }

    private static String json(WireError error) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("message", error.message())
                .toString();
    }

    private static String type(WireError.Kind kind) {
        return switch (kind) {
            case BAD_REQUEST, TOO_LARGE -> "ValidationException";
            case NO_ROLE, GUARDRAIL_BLOCKED -> "AccessDeniedException";
            case NOT_FOUND -> "ResourceNotFoundException";
            case QUOTA_EXHAUSTED -> "ThrottlingException";
            case OVERLOADED, UPSTREAM_UNREACHABLE -> "ServiceUnavailableException";
            case UPSTREAM_TIMEOUT -> "ModelTimeoutException";
            case UPSTREAM_TRUNCATED -> "ModelErrorException";
            case INTERNAL -> "InternalServerException";
        };
    }
}
