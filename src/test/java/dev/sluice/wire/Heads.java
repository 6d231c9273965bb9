package dev.sluice.wire;

import dev.sluice.wire.chat.ChatCompletions;
import dev.sluice.wire.messages.Messages;
import dev.sluice.wire.responses.Responses;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Reads heads for tests. */
final class Heads {
    static final WireFormat CHAT = new ChatCompletions();
    static final WireFormat RESPONSES = new Responses();
    static final WireFormat MESSAGES = new Messages();

    private Heads() {}

    static RequestHead chat(String body) throws BadRequest {
        return read(CHAT, body, Map.of());
    }

    static RequestHead responses(String body) throws BadRequest {
        return read(RESPONSES, body, Map.of());
    }

    static RequestHead messages(String body) throws BadRequest {
        return read(MESSAGES, body, Map.of());
    }

    static RequestHead read(WireFormat format, String body, Map<String, String> headers) throws BadRequest {
        return format.readHead(utf8(body), headers::get);
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
