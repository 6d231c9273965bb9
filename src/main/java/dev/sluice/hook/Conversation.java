package dev.sluice.hook;

import dev.sluice.capture.Transcript;
import dev.sluice.wire.ContentDecoding;
import dev.sluice.wire.Framing;
import dev.sluice.wire.Retold;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a request and its answer said, told from their bytes when first asked. For one thread. */
final class Conversation implements Payload.Spoken {
    private static final byte[] NOTHING = new byte[0];

    private final String format;
    private final byte[] request;
    private final @Nullable Transcript transcript;
    private byte @Nullable [] plain;

    private Conversation(String format, byte[] request, @Nullable Transcript transcript) {
        this.format = format;
        this.request = request;
        this.transcript = transcript;
    }

    /** One that is over. */
    static Conversation of(String format, @Nullable Transcript transcript) {
        return new Conversation(format, transcript == null ? NOTHING : transcript.request(), transcript);
    }

    /** One that nobody has answered yet. */
    static Conversation begun(String format, byte[] request) {
        return new Conversation(format, request, null);
    }

    @Override
    public byte[] request() {
        return request;
    }

    @Override
    public @Nullable String userMessage() {
        return Retold.userMessage(format, request);
    }

    @Override
    public byte[] answer() {
        var told = transcript == null ? null : Retold.answer(format, framing(transcript), plain(transcript));
        return told == null ? NOTHING : told;
    }

    @Override
    public List<String> events() {
        return transcript == null ? List.of() : Retold.events(framing(transcript), plain(transcript), Payload.MAX_BODY);
    }

    private byte[] plain(Transcript said) {
        var known = plain;
        if (known == null) {
            known = ContentDecoding.decode(said.coding(), said.answer(), Payload.MAX_BODY)
                    .orElse(NOTHING);
            plain = known;
        }
        return known;
    }

    private static Framing framing(Transcript said) {
        return Framing.of(said.contentType());
    }
}
