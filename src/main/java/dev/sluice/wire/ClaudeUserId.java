package dev.sluice.wire;

import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The session that Claude Code packs into {@code metadata.user_id}, which from others names a person. */
final class ClaudeUserId {
    private static final String LEGACY_MARK = "_session_";

    private ClaudeUserId() {}

    /** Today's form is JSON with {@code session_id}; the older is {@code user_<hash>_account_<uuid>_session_<uuid>}. */
    static @Nullable String session(@Nullable String userId) {
        if (userId == null) {
            return null;
        }
        if (userId.startsWith("{")) {
            return fromJson(userId);
        }
        var mark = userId.lastIndexOf(LEGACY_MARK);
        return userId.startsWith("user_") && mark > 0 ? userId.substring(mark + LEGACY_MARK.length()) : null;
    }

    private static @Nullable String fromJson(String userId) {
        try (var parser = BodyCursor.JSON.createParser(userId)) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                var wanted = parser.currentName().equals("session_id");
                if (parser.nextToken() == JsonToken.VALUE_STRING && wanted) {
                    return parser.getText();
                }
                parser.skipChildren();
            }
            return null;
        } catch (IOException _) {
            return null; // a person's own id that happens to begin with a brace
        }
    }
}
