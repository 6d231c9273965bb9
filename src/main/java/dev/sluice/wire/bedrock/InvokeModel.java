package dev.sluice.wire.bedrock;

import dev.sluice.wire.AnswerHead;
import dev.sluice.wire.AnswerReader;
import dev.sluice.wire.Asked;
import dev.sluice.wire.BadRequest;
import dev.sluice.wire.Framing;
import dev.sluice.wire.Operation;
import dev.sluice.wire.Operation.Purpose;
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
import java.util.stream.Stream;
import org.apache.pekko.util.ByteString;

/** Bedrock's InvokeModel: each vendor's own format at one path, most often Anthropic's; and token counting. */
public final class InvokeModel implements WireFormat {
    private static final String FLAG = "bedrock_model_invoke";

    /**
     * All vendors' names at once. A vendor's whole prompt in one text is read as a system prompt, so that another prompt is another
     * conversation.
     */
    private static final RequestShape SHAPE = new RequestShape(
            FLAG,
            List.of(
                    "max_tokens",
                    "max_completion_tokens",
                    "max_tokens_to_sample",
                    "max_gen_len",
                    "max_new_tokens",
                    "maxTokens"),
            Set.of("system", "prompt", "inputText", "message"),
            "messages",
            Set.of(
                    "tools",
                    "toolConfig",
                    "output_config",
                    "chat_history",
                    "documents",
                    "preamble",
                    "texts",
                    "inputs",
                    "images",
                    "inputImage"),
            false,
            false,
            RequestShape.Deeper.limits(
                    Set.of("inferenceConfig", "textGenerationConfig"),
                    Set.of("maxTokens", "max_new_tokens", "maxTokenCount")));

    private static final List<Operation> OPERATIONS = Stream.of(
                    ModelPath.operations("invoke", Purpose.GENERATE, Streaming.NEVER),
                    ModelPath.operations("invoke-with-response-stream", Purpose.GENERATE, Streaming.ALWAYS),
                    ModelPath.operations("count-tokens", Purpose.COUNT, Streaming.NEVER))
            .flatMap(List::stream)
            .toList();

    @Override
    public String flag() {
        return FLAG;
    }

    @Override
    public String endpoint() {
        return ModelPath.endpoint("invoke");
    }

    @Override
    public List<Operation> operations() {
        return OPERATIONS;
    }

    @Override
    public String sessionPrefix() {
        return "beiv";
    }

    @Override
    public RequestHead readHead(Asked asked) throws BadRequest {
        return RequestReader.read(SHAPE, asked, ModelPath.model(asked.parameters()));
    }

    @Override
    public String upstreamPath(
            Operation asked,
            Map<String, String> parameters,
            String rawPath,
            RequestHead head,
            String model,
            Set<String> flags) {
        return ModelPath.upstream(asked, parameters, rawPath, head, model);
    }

    @Override
    public AnswerReader reader(AnswerHead answer) {
        if (answer.operation().countsTokens()) {
            return InvokeAnswers.countTokens(answer);
        }
        return answer.framing() == Framing.AWS_EVENTS ? InvokeAnswers.stream(answer) : InvokeAnswers.document(answer);
    }

    @Override
    public Retelling retelling() {
        return new VendorRetelling();
    }

    @Override
    public List<String> userFields() {
        return List.of("messages", "prompt", "inputText", "message");
    }

    @Override
    public ByteString errorBody(Operation asked, WireError error) {
        return AmazonErrors.body(error);
    }

    @Override
    public Map<String, String> errorHeaders(WireError error) {
        return AmazonErrors.headers(error);
    }

    @Override
    public ByteString errorEvent(Framing framing, WireError error) {
        return AmazonErrors.event(error);
    }
}
