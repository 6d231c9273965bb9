package dev.sluice.provider;

import java.util.concurrent.CompletionException;

/** A provider that gave no answer, or none to its end. The message names the provider's host, never a credential. */
public final class UpstreamFailure extends Exception {
    private static final long serialVersionUID = 1;

    /** What the failure means for the request. */
    public enum Kind {
        /** No connection, or one that ended before the answer's head. */
        UNREACHABLE,
        /** One of our clocks ran out. */
        TIMEOUT,
        /** Our own limit of open requests to this host. */
        OVERLOADED,
        /** The client went away before the answer's head. */
        ABANDONED
    }

    private final Kind kind;
    private final String message;

    UpstreamFailure(Kind kind, String message) {
        // No stack trace: thrown in storms, and the place is always the same.
        super(message, null, false, false);
        this.kind = kind;
        this.message = message;
    }

    /** What a future failed with, without the wrapping of the futures that came after it. */
    static Throwable unwrapped(Throwable failure) {
        var cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    @Override
    public String getMessage() {
        return message;
    }

    public Kind kind() {
        return kind;
    }
}
