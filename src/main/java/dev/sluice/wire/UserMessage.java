package dev.sluice.wire;

import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds what the user said last. One pass over the bytes, like that for a request's head: pictures and documents are skipped where they
 * lie.
 */
final class UserMessage {
    private final BodyCursor body;

    private UserMessage(BodyCursor body) {
        this.body = body;
    }

    /** @param fields that may hold it; the first that does counts */
    static @Nullable String of(List<String> fields, byte[] request) {
        if (fields.isEmpty()) {
            return null;
        }
        try (var cursor = new BodyCursor(request)) {
            var found = new UserMessage(cursor).find(fields);
            return fields.stream()
                    .filter(found::containsKey)
                    .findFirst()
                    .map(found::get)
                    .orElse(null);
        } catch (BadRequest | IOException _) {
            // A form, or a body that nobody understands.
            return null;
        }
    }

    private Map<String, String> find(List<String> fields) throws IOException, BadRequest {
        var found = new HashMap<String, String>();
        if (body.next() != JsonToken.START_OBJECT) {
            return found;
        }
        for (var name = body.nextField(); name != null; name = body.nextField()) {
            var text = fields.contains(name) ? value() : null;
            if (text != null) {
                found.put(name, text);
            } else if (!fields.contains(name)) {
                body.skip();
            }
        }
        return found;
    }

    /** A text, one message, or a list of messages or texts. */
    private @Nullable String value() throws IOException {
        if (!body.at(JsonToken.START_ARRAY)) {
            return element();
        }
        String last = null;
        while (body.next() != JsonToken.END_ARRAY) {
            var said = element();
            last = said == null ? last : said;
        }
        return last;
    }

    private @Nullable String element() throws IOException {
        if (body.at(JsonToken.VALUE_STRING)) {
            return body.text();
        }
        if (!body.at(JsonToken.START_OBJECT)) {
            body.skip();
            return null;
        }
        String role = null;
        String content = null;
        String parts = null;
        for (var name = body.nextField(); name != null; name = body.nextField()) {
            switch (name) {
                case "role" -> role = body.shortText();
                case "content" -> content = content();
                case "parts" -> parts = content();
                default -> body.skip();
            }
        }
        if (role == null) {
            // Gemini's users need not say who they are.
            return parts;
        }
        return !role.toLowerCase(Locale.ROOT).equals("user") ? null : content == null ? parts : content;
    }

    /** A text, or parts of which some are text. */
    private @Nullable String content() throws IOException {
        if (body.at(JsonToken.VALUE_STRING)) {
            return body.text();
        }
        if (!body.at(JsonToken.START_ARRAY)) {
            body.skip();
            return null;
        }
        var text = new StringBuilder();
        while (body.next() != JsonToken.END_ARRAY) {
            var part = body.at(JsonToken.START_OBJECT) ? part() : body.at(JsonToken.VALUE_STRING) ? body.text() : null;
            if (part == null) {
                body.skip();
            } else if (!part.isEmpty()) {
                text.append(text.isEmpty() ? "" : "\n").append(part);
            }
        }
        return text.isEmpty() ? null : text.toString();
    }

    private @Nullable String part() throws IOException {
        String text = "";
        for (var name = body.nextField(); name != null; name = body.nextField()) {
            if (name.equals("text") && body.at(JsonToken.VALUE_STRING)) {
                text = body.text();
            } else {
                body.skip();
            }
        }
        return text;
    }
}
