package dev.sluice.wire;

import dev.sluice.wire.chat.ChatCompletions;
import dev.sluice.wire.messages.Messages;
import dev.sluice.wire.responses.Responses;
import java.util.List;
import java.util.Optional;

/** Every wire format there is, and the paths that speak it. */
public final class WireFormats {
    private static final WireFormat CHAT_COMPLETIONS = new ChatCompletions();
    private static final WireFormat RESPONSES = new Responses();
    private static final WireFormat MESSAGES = new Messages();

    public static final List<WireFormat> ALL = List.of(CHAT_COMPLETIONS, RESPONSES, MESSAGES);

    private WireFormats() {}

    /** The format of a request by its path, without the query. */
    public static Optional<WireFormat> byPath(String path) {
        return Optional.ofNullable(
                switch (path) {
                    case "/v1/chat/completions", "/chat/completions" -> CHAT_COMPLETIONS;
                    case "/v1/responses" -> RESPONSES;
                    case "/v1/messages", "/v1/messages/count_tokens" -> MESSAGES;
                    default -> null;
                });
    }
}
