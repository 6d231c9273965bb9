package dev.sluice.wire.messages;

import dev.sluice.wire.RequestShape;
import dev.sluice.wire.RequestShape.Deeper;
import java.util.List;
import java.util.Set;

/** Anthropic's requests, wherever its messages are spoken. */
public final class MessagesRequests {
    /** Where the path names the model, a body that names another one is refused. */
    private static final Deeper DEEPER =
            new Deeper(Set.of(), Set.of(), Set.of(), Set.of(), Set.of(), Set.of("model"), Set.of(), false);

    private MessagesRequests() {}

    /** The shape of a format by this name. */
    public static RequestShape shape(String name) {
        return new RequestShape(
                name,
                List.of("max_tokens"),
                Set.of("system"),
                "messages",
                Set.of("tools", "output_config"),
                false,
                false,
                DEEPER);
    }
}
