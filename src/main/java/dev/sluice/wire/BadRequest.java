package dev.sluice.wire;

/** A body that cannot be served; the message tells the client where, what came and what was expected. */
public final class BadRequest extends Exception {
    private static final long serialVersionUID = 1;

    private final String message;

    public BadRequest(String message) {
        super(message, null, false, false);
        this.message = message;
    }

    @Override
    public String getMessage() {
        return message;
    }
}
