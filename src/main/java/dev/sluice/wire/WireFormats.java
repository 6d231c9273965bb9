package dev.sluice.wire;

import dev.sluice.wire.chat.ChatCompletions;
import dev.sluice.wire.gemini.GenerateContent;
import dev.sluice.wire.messages.Messages;
import dev.sluice.wire.responses.Responses;
import dev.sluice.wire.vertex.RawPredict;
import dev.sluice.wire.vertex.VertexGenerateContent;
import java.util.List;

/** Every wire format there is. */
public final class WireFormats {
    public static final List<WireFormat> ALL = List.of(
            new ChatCompletions(),
            new Responses(),
            new Messages(),
            new GenerateContent(),
            new VertexGenerateContent(),
            new RawPredict());

    private WireFormats() {}
}
