package dev.sluice.wire;

import dev.sluice.wire.chat.ChatCompletions;
import dev.sluice.wire.messages.Messages;
import dev.sluice.wire.responses.Responses;
import java.util.List;
import java.util.Optional;

/** Every wire format there is, and the paths that speak it. */
public final class WireFormats {
    public static final List<WireFormat> ALL = List.of(new ChatCompletions(), new Responses(), new Messages());

    private WireFormats() {}

    /** The format of a request by its path, without the query. */
    public static Optional<WireFormat> byPath(String path) {
        return ALL.stream().filter(format -> format.paths().contains(path)).findFirst();
    }
}
