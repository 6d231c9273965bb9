package dev.sluice.wire;

import dev.sluice.wire.chat.ChatCompletions;
import dev.sluice.wire.chat.Completions;
import dev.sluice.wire.media.Images;
import dev.sluice.wire.messages.Messages;
import dev.sluice.wire.numbers.Embeddings;
import dev.sluice.wire.numbers.Moderations;
import dev.sluice.wire.responses.Responses;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** Reads heads for tests. */
final class Heads {
    static final WireFormat CHAT = new ChatCompletions();
    static final WireFormat RESPONSES = new Responses();
    static final WireFormat MESSAGES = new Messages();
    static final WireFormat COMPLETIONS = new Completions();
    static final WireFormat EMBEDDINGS = new Embeddings();
    static final WireFormat MODERATIONS = new Moderations();
    static final WireFormat IMAGES = new Images();

    /** Formats whose requests name their model in a JSON body. */
    static final List<WireFormat> MODEL_IN_BODY = List.of(CHAT, RESPONSES, MESSAGES, COMPLETIONS, IMAGES);

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
        return read(format, utf8(body), headers);
    }

    static RequestHead read(WireFormat format, byte[] body, Map<String, String> headers) throws BadRequest {
        return read(format, format.operations().getFirst(), Map.of(), body, headers);
    }

    /** Reads what comes to one of a format's paths. */
    static RequestHead read(
            WireFormat format,
            Operation operation,
            Map<String, String> parameters,
            byte[] body,
            Map<String, String> headers)
            throws BadRequest {
        return format.readHead(new Asked(
                operation, parameters, body, headers.getOrDefault("content-type", "application/json"), headers::get));
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
