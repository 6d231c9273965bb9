package dev.sluice.wire;

/**
 * An error of ours, to be put into a client's format.
 *
 * @param kind    what went wrong, in terms every format can render
 * @param status  the HTTP status
 * @param message for a person
 */
public record WireError(Kind kind, int status, String message) {
    public enum Kind {
        BAD_REQUEST,
        TOO_LARGE,
        NO_ROLE,
        NOT_FOUND,
        QUOTA_EXHAUSTED,
        OVERLOADED,
        UPSTREAM_UNREACHABLE,
        UPSTREAM_TIMEOUT,
        UPSTREAM_TRUNCATED,
        INTERNAL
    }
}
