package dev.sluice.identity;

/** Nobody can say now who is calling; in a moment it may be known. */
public final class UnansweredException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public UnansweredException(String why) {
        super(why, null, false, false);
    }
}
