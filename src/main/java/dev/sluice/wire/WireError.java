package dev.sluice.wire;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * An error of ours, to be put into a client's format.
 *
 * @param kind    what went wrong, in terms every format can render
 * @param status  the HTTP status
 * @param message for a person
 * @param retryAfter for formats that tell in the body how long to wait; null when nobody knows
 */
public record WireError(
        Kind kind, int status, String message, @Nullable Duration retryAfter) {
    public WireError(Kind kind, int status, String message) {
        this(kind, status, message, null);
    }

    public WireError retryingAfter(@Nullable Duration wait) {
        return new WireError(kind, status, message, wait);
    }

    public enum Kind {
        BAD_REQUEST,
        TOO_LARGE,
        NO_ROLE,
        GUARDRAIL_BLOCKED,
        NOT_FOUND,
        QUOTA_EXHAUSTED,
        OVERLOADED,
        UPSTREAM_UNREACHABLE,
        UPSTREAM_TIMEOUT,
        UPSTREAM_TRUNCATED,
        INTERNAL
    }
}
