package dev.sluice.wire.messages;

import dev.sluice.wire.AnswerHead;
import dev.sluice.wire.AnswerReader;
import dev.sluice.wire.Asked;
import dev.sluice.wire.BadRequest;
import dev.sluice.wire.Framing;
import dev.sluice.wire.Operation;
import dev.sluice.wire.RequestHead;
import dev.sluice.wire.RequestReader;
import dev.sluice.wire.RequestShape;
import dev.sluice.wire.Retelling;
import dev.sluice.wire.WireError;
import dev.sluice.wire.WireFormat;
import java.util.List;
import org.apache.pekko.util.ByteString;

/** Anthropic Messages, and its token counting. */
public final class Messages implements WireFormat {
    private static final String FLAG = "anthropic_messages";

    private static final RequestShape SHAPE = MessagesRequests.shape(FLAG);

    @Override
    public String flag() {
        return FLAG;
    }

    @Override
    public String endpoint() {
        return "/v1/messages";
    }

    @Override
    public List<Operation> operations() {
        return List.of(Operation.generate(endpoint()), Operation.count("/v1/messages/count_tokens"));
    }

    @Override
    public String sessionPrefix() {
        return "anme";
    }

    @Override
    public RequestHead readHead(Asked asked) throws BadRequest {
        return RequestReader.read(SHAPE, asked);
    }

    @Override
    public AnswerReader reader(AnswerHead answer) {
        if (answer.operation().countsTokens()) {
            return MessagesAnswers.countTokens();
        }
        return answer.framing() == Framing.SSE ? MessagesAnswers.stream() : MessagesAnswers.json();
    }

    @Override
    public Retelling retelling() {
        return new MessagesRetelling();
    }

    @Override
    public ByteString errorBody(Operation asked, WireError error) {
        return MessagesErrors.body(error);
    }

    @Override
    public ByteString errorEvent(Framing framing, WireError error) {
        return MessagesErrors.event(error);
    }
}
