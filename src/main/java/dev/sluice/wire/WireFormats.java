package dev.sluice.wire;

import dev.sluice.wire.bedrock.Converse;
import dev.sluice.wire.bedrock.InvokeModel;
import dev.sluice.wire.chat.ChatCompletions;
import dev.sluice.wire.chat.Completions;
import dev.sluice.wire.gemini.GenerateContent;
import dev.sluice.wire.media.Images;
import dev.sluice.wire.media.Speech;
import dev.sluice.wire.media.Transcriptions;
import dev.sluice.wire.messages.Messages;
import dev.sluice.wire.numbers.Embeddings;
import dev.sluice.wire.numbers.Moderations;
import dev.sluice.wire.numbers.Rerank;
import dev.sluice.wire.responses.Responses;
import dev.sluice.wire.vertex.RawPredict;
import dev.sluice.wire.vertex.VertexGenerateContent;
import java.util.List;
import java.util.Set;

/** Every wire format there is. */
public final class WireFormats {
    public static final List<WireFormat> ALL = List.of(
            new ChatCompletions(),
            new Responses(),
            new Messages(),
            new Completions(),
            new Embeddings(),
            new Rerank(),
            new Moderations(),
            new Images(),
            new Speech(),
            new Transcriptions(),
            new GenerateContent(),
            new VertexGenerateContent(),
            new RawPredict(),
            new InvokeModel(),
            new Converse());

    /** The flags of the policy document that offer them. */
    public static final List<String> FLAGS =
            ALL.stream().map(WireFormat::flag).distinct().toList();

    private WireFormats() {}

    /** The canonical paths that a provider with these compatibility flags is advertised with. */
    public static List<String> endpoints(Set<String> flags) {
        return ALL.stream()
                .filter(format -> format.isAdvertised() && format.isSpokenBy(flags))
                .map(WireFormat::endpoint)
                .toList();
    }
}
