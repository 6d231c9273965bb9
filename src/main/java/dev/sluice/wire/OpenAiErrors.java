package dev.sluice.wire;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/** Our own errors in the shape that OpenAI's formats share: {@code message}, {@code type}, {@code param}, {@code code}. */
public final class OpenAiErrors {
    private OpenAiErrors() {}

    /** The object inside {@code {"error": ...}}. */
    public static ObjectNode error(WireError error) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("message", error.message())
                .put("type", type(error.kind()))
                .putNull("param")
                .put("code", code(error.kind()));
    }

    /** {@code {"error": {...}}}, the body of an answer that is an error. */
    public static ObjectNode body(WireError error) {
        return JsonNodeFactory.instance.objectNode().set("error", error(error));
    }

    private static String type(WireError.Kind kind) {
        return switch (kind) {
            case BAD_REQUEST, TOO_LARGE, NOT_FOUND -> "invalid_request_error";
            case NO_ROLE -> "permission_error";
            case GUARDRAIL_BLOCKED -> "guardrail_blocked";
            case QUOTA_EXHAUSTED -> "insufficient_quota";
            case OVERLOADED -> "service_unavailable_error";
            case UPSTREAM_UNREACHABLE, UPSTREAM_TIMEOUT, UPSTREAM_TRUNCATED, INTERNAL -> "server_error";
        };
    }

    private static @Nullable String code(WireError.Kind kind) {
        return switch (kind) {
            case BAD_REQUEST, GUARDRAIL_BLOCKED -> null;
            case TOO_LARGE -> "request_too_large";
            case NO_ROLE -> "permission_denied";
            case NOT_FOUND -> "model_not_found";
            case QUOTA_EXHAUSTED -> "insufficient_quota";
            case OVERLOADED -> "server_is_overloaded";
            case UPSTREAM_UNREACHABLE -> "upstream_unreachable";
            case UPSTREAM_TIMEOUT -> "upstream_timeout";
            case UPSTREAM_TRUNCATED -> "upstream_truncated";
            case INTERNAL -> "internal_error";
        };
    }
}
