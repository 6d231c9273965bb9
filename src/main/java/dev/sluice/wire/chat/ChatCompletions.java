package dev.sluice.wire.chat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.wire.AnswerReader;
import dev.sluice.wire.BadRequest;
import dev.sluice.wire.ErrorEvents;
import dev.sluice.wire.OpenAiErrors;
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
    public List<String> paths() {
        return List.of(endpoint(), "/chat/completions");
    }

    @Override
    public String sessionPrefix() {
        return "oacc";
    }

    @Override
    public RequestHead readHead(byte[] body, UnaryOperator<@Nullable String> header) throws BadRequest {
        return RequestReader.read(SHAPE, body, header);
    }

    @Override
    public AnswerReader reader(boolean eventStream, boolean hideUsage) {
        return eventStream ? ChatAnswers.stream(hideUsage) : ChatAnswers.json();
    }

    @Override
    public ByteString errorBody(WireError error) {
        return ByteString.fromString(wrapped(error).toString());
    }

    /** A chunk with {@code error}, which every client of this format takes for the end; no {@code [DONE]} follows. */
    @Override
    public ByteString errorEvent(WireError error) {
        return ErrorEvents.of(null, wrapped(error));
    }

    private static ObjectNode wrapped(WireError error) {
        return JsonNodeFactory.instance.objectNode().set("error", OpenAiErrors.error(error));
    }
}
