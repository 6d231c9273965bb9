package dev.sluice.wire.media;

import dev.sluice.wire.Asked;
import dev.sluice.wire.BadRequest;
import dev.sluice.wire.Operation;
import dev.sluice.wire.Operation.Streaming;
import dev.sluice.wire.RequestHead;
import dev.sluice.wire.RequestReader;
import dev.sluice.wire.RequestShape;
import java.util.List;
import java.util.Set;

/**
 * OpenAI's speech: text in, a file of sound out, or events with pieces of it. Only the events tell usage; a file's is estimated
 * from its length.
 */
public final class Speech extends MediaFormat {
    private static final String NAME = "openai_speech";

    /** Four characters are spoken in a third of a second, at some 21 tokens a second. */
    private static final long SOUND_TOKENS_PER_TEXT_TOKEN = 8;

    private static final RequestShape SHAPE =
            new RequestShape(NAME, List.of(), Set.of(), "", Set.of("input", "instructions"), false, false);

    public Speech() {
        super(
                NAME,
                "oasp",
                Medium.SPEECH,
                AnyBody.SPEECH_BYTES_PER_CHARACTER,
                Operation.generate("/v1/audio/speech", Streaming.NEVER),
                Operation.generate("/audio/speech", Streaming.NEVER));
    }

    @Override
    public RequestHead readHead(Asked asked) throws BadRequest {
        var head = RequestReader.read(SHAPE, asked);
        return head.withMaxOutputTokens(head.promptTokens() * SOUND_TOKENS_PER_TEXT_TOKEN);
    }

    @Override
    public List<String> userFields() {
        return List.of("input");
    }
}
