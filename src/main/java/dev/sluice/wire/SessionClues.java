package dev.sluice.wire;

import com.fasterxml.jackson.core.JsonToken;
import dev.sluice.wire.RequestHead.SessionHints;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Gathers what names a conversation, from the body and the headers, and settles which of it counts.
 *
 * <p>Every format reads every clue: clients send their ids through whatever format they are set to. All of it is the
 * client's claim, good for grouping and for nothing else.
 */
final class SessionClues {
    static final int MAX_ID_CHARS = 256;

    private static final List<String> SESSION_HEADERS = List.of(
            "x-claude-code-session-id",
            "session-id",
            "session_id",
            "x-opencode-session",
            "x-session-id",
            "x-session-affinity");

    /** Body fields after the headers, in order of precedence; {@code previous_response_id} stands among them. */
    private static final List<String> LATER_FIELDS = List.of(
            "metadata.user_id",
            "client_metadata.session_id",
            "request.session_id",
            "conversation",
            "previous_response_id",
            "prompt_cache_key");

    private final Map<String, String> found = new HashMap<>();

    /** Reads a field of the body that may be a clue; moves past it in any case. */
    void read(String name, BodyCursor body) throws IOException {
        switch (name) {
            case "session_id", "previous_response_id", "prompt_cache_key" -> put(name, body.shortText());
            case "metadata" -> put("metadata.user_id", ClaudeUserId.session(member(body, "user_id")));
            case "client_metadata", "request" -> put(name + ".session_id", member(body, "session_id"));
            case "conversation" -> put(name, body.at(JsonToken.START_OBJECT) ? member(body, "id") : body.shortText());
            default -> body.skip();
        }
    }

    SessionHints hints(String fingerprint, Headers rawHeader) {
        Headers header = name -> clean(rawHeader.value(name));
        var source = source(header);
        return new SessionHints(
                source == null ? null : id(source, header),
                source,
                found.get("previous_response_id"),
                fingerprint,
                Client.name(header),
                Client.parentSession(header),
                Client.subagent(header));
    }

    private @Nullable String source(Headers header) {
        if (found.containsKey("session_id")) {
            return "body:session_id";
        }
        for (var name : SESSION_HEADERS) {
            if (header.value(name) != null) {
                return "header:" + name;
            }
        }
        for (var field : LATER_FIELDS) {
            if (found.containsKey(field)) {
                return field.equals("previous_response_id") ? "chain:" + found.get(field) : "body:" + field;
            }
        }
        return null;
    }

    private @Nullable String id(String source, Headers header) {
        var name = source.substring(source.indexOf(':') + 1);
        if (source.startsWith("chain:")) {
            return null; // the session of that response, which its room knows
        }
        return source.startsWith("header:") ? header.value(name) : found.get(name);
    }

    private void put(String field, @Nullable String value) {
        var id = clean(value);
        if (id != null) {
            found.put(field, id);
        }
    }

    private static @Nullable String member(BodyCursor body, String wanted) throws IOException {
        if (!body.at(JsonToken.START_OBJECT)) {
            body.skip();
            return null;
        }
        String text = null;
        for (var name = body.nextField(); name != null; name = body.nextField()) {
            if (name.equals(wanted)) {
                text = body.shortText();
            } else {
                body.skip();
            }
        }
        return text;
    }

    /** Without control characters and halves of characters, cut to {@link #MAX_ID_CHARS}; null when nothing is left. */
    static @Nullable String clean(@Nullable String value) {
        if (value == null) {
            return null;
        }
        var id = new StringBuilder();
        value.strip().codePoints().filter(SessionClues::isPlain).forEach(c -> {
            if (id.length() + Character.charCount(c) <= MAX_ID_CHARS) {
                id.appendCodePoint(c);
            }
        });
        return id.isEmpty() ? null : id.toString();
    }

    /** Neither a control character nor half of a character. */
    static boolean isPlain(int c) {
        return !Character.isISOControl(c) && Character.getType(c) != Character.SURROGATE;
    }
}
