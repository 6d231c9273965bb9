package dev.sluice.wire.messages;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.wire.AnswerHead;
import dev.sluice.wire.AnswerReader;
import dev.sluice.wire.Asked;
import dev.sluice.wire.BadRequest;
import dev.sluice.wire.ErrorEvents;
import dev.sluice.wire.Framing;
import dev.sluice.wire.Operation;
import dev.sluice.wire.RequestHead;
import dev.sluice.wire.RequestReader;
import dev.sluice.wire.RequestShape;
import dev.sluice.wire.WireError;
import dev.sluice.wire.WireFormat;
import java.util.List;
import java.util.Set;
import org.apache.pekko.util.ByteString;

/** Anthropic Messages, and its token counting. */
public final class Messages implements WireFormat {
    private static final String FLAG = "anthropic_messages";

    private static final RequestShape SHAPE = new RequestShape(
            FLAG, List.of("max_tokens"), Set.of("system"), "messages", Set.of("tools", "output_config"), false, false);

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
    public ByteString errorBody(Operation asked, WireError error) {
        return ByteString.fromString(wrapped(error).toString());
    }

    @Override
    public ByteString errorEvent(Framing framing, WireError error) {
        return ErrorEvents.of("error", wrapped(error));
    }

    private static ObjectNode wrapped(WireError error) {
        var json = JsonNodeFactory.instance;
        ObjectNode inner = json.objectNode().put("type", type(error.kind())).put("message", error.message());
        return json.objectNode().put("type", "error").set("error", inner);
    }

    private static String type(WireError.Kind kind) {
        return switch (kind) {
            case BAD_REQUEST -> "invalid_request_error";
            case TOO_LARGE -> "request_too_large";
            case NO_ROLE -> "permission_error";
            case NOT_FOUND -> "not_found_error";
            case QUOTA_EXHAUSTED -> "rate_limit_error";
            case OVERLOADED -> "overloaded_error";
            case UPSTREAM_TIMEOUT -> "timeout_error";
            case UPSTREAM_UNREACHABLE, UPSTREAM_TRUNCATED, INTERNAL -> "api_error";
        };
    }
}
