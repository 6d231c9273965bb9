package dev.sluice.wire.chat;

import dev.sluice.wire.AnswerHead;
import dev.sluice.wire.AnswerReader;
import dev.sluice.wire.Asked;
import dev.sluice.wire.BadRequest;
import dev.sluice.wire.ErrorEvents;
import dev.sluice.wire.Framing;
import dev.sluice.wire.OpenAiErrors;
import dev.sluice.wire.Operation;
import dev.sluice.wire.RequestHead;
import dev.sluice.wire.RequestReader;
import dev.sluice.wire.RequestShape;
import dev.sluice.wire.Retelling;
import dev.sluice.wire.WireError;
import dev.sluice.wire.WireFormat;
import java.util.List;
import java.util.Set;
import org.apache.pekko.util.ByteString;

/** OpenAI chat completions. */
public final class ChatCompletions implements WireFormat {
    private static final String FLAG = "openai_chat";

    private static final RequestShape SHAPE = new RequestShape(
            FLAG,
            List.of("max_completion_tokens", "max_tokens"),
            Set.of(),
            "messages",
            Set.of("tools", "functions", "response_format"),
            true,
            true);

    @Override
    public String flag() {
        return FLAG;
    }

    @Override
    public String endpoint() {
        return "/v1/chat/completions";
    }

    @Override
    public List<Operation> operations() {
        return List.of(Operation.generate(endpoint()), Operation.generate("/chat/completions"));
    }

    @Override
    public String sessionPrefix() {
        return "oacc";
    }

    @Override
    public RequestHead readHead(Asked asked) throws BadRequest {
        return RequestReader.read(SHAPE, asked);
    }

    @Override
    public AnswerReader reader(AnswerHead answer) {
        return answer.framing() == Framing.SSE ? ChatAnswers.stream(answer.hideUsage()) : ChatAnswers.json();
    }

    @Override
    public Retelling retelling() {
        return new ChatRetelling();
    }

    @Override
    public ByteString errorBody(Operation asked, WireError error) {
        return ByteString.fromString(OpenAiErrors.body(error).toString());
    }

    /** A chunk with {@code error}, which every client of this format takes for the end; no {@code [DONE]} follows. */
    @Override
    public ByteString errorEvent(Framing framing, WireError error) {
        return ErrorEvents.of(null, OpenAiErrors.body(error));
    }
}
