package dev.sluice.wire.numbers;

import dev.sluice.wire.AnswerHead;
import dev.sluice.wire.AnswerReader;
import dev.sluice.wire.Asked;
import dev.sluice.wire.BadRequest;
import dev.sluice.wire.ErrorEvents;
import dev.sluice.wire.Framing;
import dev.sluice.wire.OpenAiErrors;
import dev.sluice.wire.Operation;
import dev.sluice.wire.Operation.Purpose;
import dev.sluice.wire.Operation.Streaming;
import dev.sluice.wire.RequestHead;
import dev.sluice.wire.RequestReader;
import dev.sluice.wire.RequestShape;
import dev.sluice.wire.WireError;
import dev.sluice.wire.WireFormat;
import java.util.List;
import java.util.stream.Stream;
import org.apache.pekko.util.ByteString;

/** What the formats that answer with numbers share: never a stream, and nothing generated. */
abstract sealed class NumberFormat implements WireFormat permits Embeddings, Moderations, Rerank {
    private final RequestShape shape;
    private final String prefix;
    private final List<Operation> operations;

    NumberFormat(RequestShape shape, String prefix, Purpose purpose, String... paths) {
        this.shape = shape;
        this.prefix = prefix;
        this.operations = Stream.of(paths)
                .map(path -> new Operation("POST", path, purpose, Streaming.NEVER))
                .toList();
    }

    @Override
    public final String name() {
        return shape.name();
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
    public final RequestHead readHead(Asked asked) throws BadRequest {
        return read(shape, asked).withMaxOutputTokens(0);
    }

    RequestHead read(RequestShape fields, Asked asked) throws BadRequest {
        return RequestReader.read(fields, asked);
    }

    @Override
    public final AnswerReader reader(AnswerHead answer) {
        return NumberAnswers.reader();
    }

    @Override
    public final List<String> userFields() {
        return List.of();
    }

    @Override
    public final ByteString errorBody(Operation asked, WireError error) {
        return ByteString.fromString(OpenAiErrors.body(error).toString());
    }

    /** There are no streams of numbers; who makes one all the same is told in the way of chat. */
    @Override
    public final ByteString errorEvent(Framing framing, WireError error) {
        return ErrorEvents.of(null, OpenAiErrors.body(error));
    }
}
