package dev.sluice.wire.responses;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.wire.AnswerHead;
import dev.sluice.wire.AnswerReader;
import dev.sluice.wire.Asked;
import dev.sluice.wire.BadRequest;
import dev.sluice.wire.ErrorEvents;
import dev.sluice.wire.Framing;
import dev.sluice.wire.OpenAiErrors;
import dev.sluice.wire.Operation;
import dev.sluice.wire.Operation.Streaming;
import dev.sluice.wire.RequestHead;
import dev.sluice.wire.RequestReader;
import dev.sluice.wire.RequestShape;
import dev.sluice.wire.Retelling;
import dev.sluice.wire.WireError;
import dev.sluice.wire.WireFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.util.ByteString;

/**
 * OpenAI Responses.
 *
 * <p>What a request continues ({@code previous_response_id}, {@code conversation}) lies at the provider: the estimate
 * of its prompt knows only what it sends itself.
 */
public final class Responses implements WireFormat {
    private static final String FLAG = "openai_responses";

    /** Where clients of ChatGPT's own backend ask: its base URL ends in {@code /codex} already. */
    private static final String CODEX = "/codex";

    private static final String ROOT = "/responses";
    private static final String STORED = "/v1/responses/{id}";

    private static final RequestShape SHAPE = new RequestShape(
            FLAG,
            List.of("max_output_tokens"),
            Set.of("instructions"),
            "input",
            Set.of("tools", "text", "prompt"),
            false,
            false);

    @Override
    public String flag() {
        return FLAG;
    }

    @Override
    public String endpoint() {
        return "/v1/responses";
    }

    @Override
    public List<Operation> operations() {
        return List.of(
                Operation.generate(endpoint()),
                Operation.generate(CODEX + ROOT),
                Operation.generate("/v1/responses/compact", Streaming.NEVER),
                Operation.generate(CODEX + "/responses/compact", Streaming.NEVER),
                Operation.count("/v1/responses/input_tokens"),
                Operation.stored("GET", STORED),
                Operation.stored("DELETE", STORED),
                Operation.stored("POST", STORED + "/cancel"),
                Operation.stored("GET", STORED + "/input_items"));
    }

    @Override
    public String sessionPrefix() {
        return "oare";
    }

    @Override
    public RequestHead readHead(Asked asked) throws BadRequest {
        return RequestReader.read(SHAPE, asked);
    }

    @Override
    public String upstreamPath(
            Operation asked,
            Map<String, String> parameters,
            String rawPath,
            RequestHead head,
            String model,
            Set<String> flags) {
        return rawPath.startsWith(CODEX + ROOT) ? rawPath.substring(CODEX.length()) : rawPath;
    }

    @Override
    public AnswerReader reader(AnswerHead answer) {
        if (answer.operation().countsTokens()) {
            return ResponsesAnswers.countTokens();
        }
        return answer.framing() == Framing.SSE ? ResponsesAnswers.stream() : ResponsesAnswers.json();
    }

    @Override
    public Retelling retelling() {
        return new ResponsesRetelling();
    }

    @Override
    public List<String> userFields() {
        return List.of("input");
    }

    @Override
    public ByteString errorBody(Operation asked, WireError error) {
        var body = OpenAiErrors.body(error);
        if (asked.isOfStored() && error.kind() == WireError.Kind.NOT_FOUND) {
            // It is the response that was not found.
            ((ObjectNode) body.get("error")).put("param", "id").putNull("code");
        }
        return ByteString.fromString(body.toString());
    }

    /**
     * The event {@code error} in both its forms at once: flat as the reference has it, nested as the wire has it, for
     * some clients raise on only one of them. Its sequence number is 0, since we count no events.
     */
    @Override
    public ByteString errorEvent(Framing framing, WireError error) {
        var nested = OpenAiErrors.error(error);
        ObjectNode data =
                JsonNodeFactory.instance.objectNode().put("type", "error").put("sequence_number", 0);
        data.set("code", nested.get("code"));
        data.set("message", nested.get("message"));
        data.putNull("param");
        data.set("error", nested);
        return ErrorEvents.of("error", data);
    }
}
