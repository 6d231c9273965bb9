package dev.sluice.session;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Names of sessions: four letters of the wire format, an underscore, 16 hex digits.
 *
 * <p>The digits are SHA-256, cut to 64 bits, over what identifies the conversation, always with the caller's login inside.
 * A caller who sends another's session id therefore gets a session of their own, and a printed name says nothing about the
 * id it was made from. 64 bits are short enough that somebody with patience could search for an id of their own that
 * falls on a name they know; so a session also remembers its owner, and sends a stranger's exchange to
 * {@link #apart another one}.
 */
final class SessionNames {
    private static final int DIGITS = 16;

    private SessionNames() {}

    /** By the client's own id, whichever header or field it came in. */
    static String own(String prefix, String login, String sessionId) {
        return print(prefix, digest("session", login, sessionId));
    }

    /** By the content of the conversation; two formats with one fingerprint are two conversations. */
    static String fingerprinted(String prefix, String login, String fingerprint) {
        return print(prefix, digest("fingerprint", login, prefix, fingerprint));
    }

    /** By a previous response that nobody remembers: further requests that name it at least agree. */
    static String continuing(String prefix, String login, String previousResponse) {
        return print(prefix, digest("continuing", login, previousResponse));
    }

    /** By chance, when a request says nothing at all. */
    static String random(String prefix, long bits) {
        return prefix + '_' + HexFormat.of().toHexDigits(bits);
    }

    /** For an exchange whose session turned out to be somebody else's. */
    static String apart(Exchange exchange) {
        var session = exchange.session();
        return print(
                session.substring(0, Math.max(0, session.indexOf('_'))), digest("apart", exchange.login(), session));
    }

    /** A response as its caller knows it; short, whatever ids a provider makes. */
    static String response(String login, String responseId) {
        return digest("response", login, responseId).substring(0, 2 * DIGITS);
    }

    /** A caller, as part of an entity id. */
    static String caller(String login) {
        return digest("caller", login).substring(0, 2 * DIGITS);
    }

    private static String print(String prefix, String digest) {
        return prefix + '_' + digest.substring(0, DIGITS);
    }

    /** Every part goes in with its length and char by char, so that no two lists of parts meet, not even ill-formed ones. */
    private static String digest(String... parts) {
        var sha = sha256();
        for (var part : parts) {
            var bytes = ByteBuffer.allocate(Integer.BYTES + Character.BYTES * part.length());
            bytes.putInt(part.length()).asCharBuffer().put(part);
            sha.update(bytes.array());
        }
        return HexFormat.of().formatHex(sha.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }
}
