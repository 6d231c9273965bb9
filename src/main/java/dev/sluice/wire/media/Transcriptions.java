package dev.sluice.wire.media;

import dev.sluice.wire.Asked;
import dev.sluice.wire.BadRequest;
import dev.sluice.wire.FormReader;
import dev.sluice.wire.FormShape;
import dev.sluice.wire.Operation;
import dev.sluice.wire.Operation.Streaming;
import dev.sluice.wire.RequestHead;
import dev.sluice.wire.Retelling;
import java.util.List;

/**
 * OpenAI's transcriptions and translations of sound, which comes as a file in a form. The answer is JSON, events, or a file of text;
 * its usage is in tokens, or, where the model is priced by the second, in seconds, which have no price here.
 */
public final class Transcriptions extends MediaFormat {
    private static final String NAME = "openai_transcriptions";

    /** Ten tokens a second, of sound at 32 kbit/s: recordings of speech are seldom smaller. */
    private static final int BYTES_PER_TOKEN = 400;

    private static final FormShape FORM = new FormShape(NAME, bytes -> Math.ceilDiv(bytes, BYTES_PER_TOKEN));

    public Transcriptions() {
        super(
                NAME,
                "oatr",
                Medium.TRANSCRIPT,
                1,
                Operation.generate("/v1/audio/transcriptions"),
                Operation.generate("/v1/audio/translations", Streaming.NEVER),
                Operation.generate("/audio/transcriptions"),
                Operation.generate("/audio/translations", Streaming.NEVER));
    }

    @Override
    public RequestHead readHead(Asked asked) throws BadRequest {
        return FormReader.read(FORM, asked);
    }

    @Override
    public Retelling retelling() {
        return new TranscriptRetelling();
    }

    /** It speaks in a file of sound. */
    @Override
    public List<String> userFields() {
        return List.of();
    }
}
