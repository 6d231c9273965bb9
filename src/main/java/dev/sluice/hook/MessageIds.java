package dev.sluice.hook;

import dev.sluice.config.GrantRule.HookEvent;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The id of what one hook is sent about one request: the same however often it is sent, so that the hook can tell. */
final class MessageIds {
    private MessageIds() {}

    static String of(String requestId, String hook, HookEvent event) {
        try {
            var digest =
                    MessageDigest.getInstance("SHA-256").digest((event + "\0" + hook).getBytes(StandardCharsets.UTF_8));
            return "msg_" + requestId + "_" + HexFormat.of().formatHex(digest, 0, 6);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
