package dev.sluice.config;

/** Names of callers, beside the other kinds of sources that a grant may name. */
public final class Logins {
    private Logins() {}

    /** A person's login that reads like another kind of source would be mistaken for it in logs, sessions and buckets. */
    public static boolean isReserved(String login) {
        return login.equals("*")
                || login.equals("tagged-devices")
                || login.startsWith("(")
                || login.startsWith("tag:")
                || login.startsWith("group:");
    }
}
