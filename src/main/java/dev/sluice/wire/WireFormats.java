package dev.sluice.wire;

import dev.sluice.wire.bedrock.Converse;
import dev.sluice.wire.bedrock.InvokeModel;
import dev.sluice.wire.chat.ChatCompletions;
import dev.sluice.wire.messages.Messages;
import dev.sluice.wire.responses.Responses;
import java.util.List;

/** Every wire format there is. */
public final class WireFormats {
    public static final List<WireFormat> ALL =
            List.of(new ChatCompletions(), new Responses(), new Messages(), new InvokeModel(), new Converse());

    private WireFormats() {}
}
