package dev.sluice.wire;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tells conversations apart whose client names none: a hash over the format, the system prompt and the first message of
 * the user, which stay while a conversation grows.
 *
 * <p>Only what was said goes in, as the bytes between the quotes: clients move cache marks and ids about between turns.
 * We hash bytes over decoded text because that needs no copy of the text; one client escapes the same way every time.
 */
final class Fingerprint {
    /** Of a longer string (a picture, a pasted log) this much is hashed, and its length. */
    static final int MAX_HASHED_BYTES = 64 * 1024;

    private static final int DIGEST_BYTES = 16;

    private static final Set<String> SAID = Set.of(
            "text", "content", "url", "image_url", "data", "file_data", "file_id", "file_url", "fileUri", "file_uri");

    /** Claude Code puts a line of accounting before its system prompt that differs with every request. */
    private static final byte[] ACCOUNTING = "x-anthropic-billing-header:".getBytes(StandardCharsets.US_ASCII);

    private final MessageDigest system = sha256();
    private final MessageDigest earlyMessages = sha256();
    private final MessageDigest message = sha256();
    private byte @Nullable [] firstUserMessage;

    /** Whether nothing that follows in the conversation can change it any more. */
    boolean settled() {
        return firstUserMessage != null;
    }

    void systemText(byte[] body, StringScan text, @Nullable String name) {
        add(system, body, text, name);
    }

    void messageText(byte[] body, StringScan text, @Nullable String name) {
        add(message, body, text, name);
    }

    /** A message at the conversation's beginning has ended; only now is it sure to have told its role. */
    void endMessage(@Nullable String role) {
        var digest = message.digest();
        switch (role) {
            case "user" -> firstUserMessage = digest;
            case "system", "developer" -> earlyMessages.update(digest);
            case null, default -> {}
        }
    }

    String hex(String format) {
        var whole = sha256();
        whole.update(format.getBytes(StandardCharsets.UTF_8));
        whole.update(system.digest());
        whole.update(earlyMessages.digest());
        if (firstUserMessage != null) {
            whole.update(firstUserMessage);
        }
        return HexFormat.of().formatHex(whole.digest(), 0, DIGEST_BYTES);
    }

    private static void add(MessageDigest digest, byte[] body, StringScan text, @Nullable String name) {
        if ((name != null && !SAID.contains(name)) || text.startsWith(body, ACCOUNTING)) {
            return;
        }
        // The length first: "a" + "bc" is not "ab" + "c".
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, text.length()));
        digest.update(body, text.start() + 1, Math.min(text.length(), MAX_HASHED_BYTES));
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
