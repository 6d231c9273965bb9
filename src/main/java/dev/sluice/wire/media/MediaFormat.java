package dev.sluice.wire.media;

import dev.sluice.wire.AnswerHead;
import dev.sluice.wire.AnswerReader;
import dev.sluice.wire.ErrorEvents;
import dev.sluice.wire.Framing;
import dev.sluice.wire.OpenAiErrors;
import dev.sluice.wire.Operation;
import dev.sluice.wire.WireError;
import dev.sluice.wire.WireFormat;
import java.util.List;
import org.apache.pekko.util.ByteString;

/** What pictures, speech and transcripts share. */
abstract sealed class MediaFormat implements WireFormat permits Images, Speech, Transcriptions {
    private final String name;
    private final String prefix;
    private final Medium medium;
    private final int bytesPerCharacter;
    private final List<Operation> operations;

    MediaFormat(String name, String prefix, Medium medium, int bytesPerCharacter, Operation... operations) {
        this.name = name;
        this.prefix = prefix;
        this.medium = medium;
        this.bytesPerCharacter = bytesPerCharacter;
        this.operations = List.of(operations);
    }

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final String flag() {
        return "openai_chat";
    }

    @Override
    public final String endpoint() {
        return operations.getFirst().path();
    }

    @Override
    public final List<Operation> operations() {
        return operations;
    }

    @Override
    public final String sessionPrefix() {
        return prefix;
    }

    @Override
    public final AnswerReader reader(AnswerHead answer) {
        return MediaAnswers.of(medium, answer, bytesPerCharacter);
    }

    @Override
    public final ByteString errorBody(Operation asked, WireError error) {
        return ByteString.fromString(OpenAiErrors.body(error).toString());
    }

    /** An event with {@code error}, on which OpenAI's clients raise in any of their streams. */
    @Override
    public final ByteString errorEvent(Framing framing, WireError error) {
        return ErrorEvents.of(null, OpenAiErrors.body(error).put("type", "error"));
    }
}
