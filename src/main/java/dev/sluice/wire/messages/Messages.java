package dev.sluice.wire.messages;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.wire.AnswerReader;
import dev.sluice.wire.BadRequest;
import dev.sluice.wire.ErrorEvents;
import dev.sluice.wire.RequestHead;
import dev.sluice.wire.RequestReader;
import dev.sluice.wire.RequestShape;
import dev.sluice.wire.WireError;
import dev.sluice.wire.WireFormat;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

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
    public List<String> paths() {
        return List.of(endpoint(), "/v1/messages/count_tokens");
    }

    @Override
    public String sessionPrefix() {
        return "anme";
    }

    @Override
    public boolean countsTokens(String path) {
        return path.endsWith("/messages/count_tokens");
    }

    @Override
    public RequestHead readHead(byte[] body, UnaryOperator<@Nullable String> header) throws BadRequest {
        return RequestReader.read(SHAPE, body, header);
    }

    @Override
    public AnswerReader reader(boolean eventStream, boolean hideUsage) {
        return eventStream ? MessagesAnswers.stream() : MessagesAnswers.json();
    }

    @Override
    public AnswerReader countReader() {
        return MessagesAnswers.countTokens();
    }

    @Override
    public ByteString errorBody(WireError error) {
        return ByteString.fromString(wrapped(error).toString());
    }

    @Override
    public ByteString errorEvent(WireError error) {
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
