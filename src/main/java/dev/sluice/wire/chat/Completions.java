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

/**
 * OpenAI's completions of old, of prompts in place of messages. Their answers differ from those of chat only in where the text
 * stands, so chat's reader reads them.
 */
public final class Completions implements WireFormat {
    private static final String NAME = "openai_completions";

    private static final RequestShape SHAPE = new RequestShape(
            NAME,
            List.of("max_tokens"),
            Set.of(),
            "",
            Set.of("suffix"),
            true,
            true,
            RequestShape.Deeper.NOTHING,
            Set.of("prompt"));

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String flag() {
        return "openai_chat";
    }

    @Override
    public String endpoint() {
        return "/v1/completions";
    }

    @Override
    public List<Operation> operations() {
        return List.of(Operation.generate(endpoint()), Operation.generate("/completions"));
    }

    @Override
    public String sessionPrefix() {
        return "oaco";
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
    public List<String> userFields() {
        return List.of("prompt");
    }

    @Override
    public ByteString errorBody(Operation asked, WireError error) {
        return ByteString.fromString(OpenAiErrors.body(error).toString());
    }

    @Override
    public ByteString errorEvent(Framing framing, WireError error) {
        return ErrorEvents.of(null, OpenAiErrors.body(error));
    }
}
