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

/** Bedrock's Converse: one format for all of its models. */
public final class Converse implements WireFormat {
    private static final String FLAG = "bedrock_converse";

    private static final RequestShape SHAPE = new RequestShape(
            FLAG,
            List.of(),
            Set.of("system"),
            "messages",
            Set.of("toolConfig", "promptVariables", "outputConfig"),
            false,
            false,
            RequestShape.Deeper.limits(Set.of("inferenceConfig"), Set.of("maxTokens")));

    private static final List<Operation> OPERATIONS = Stream.of(
                    ModelPath.operations("converse", Purpose.GENERATE, Streaming.NEVER),
                    ModelPath.operations("converse-stream", Purpose.GENERATE, Streaming.ALWAYS))
            .flatMap(List::stream)
            .toList();

    @Override
    public String flag() {
        return FLAG;
    }

    @Override
    public String endpoint() {
        return ModelPath.endpoint("converse");
    }

    @Override
    public List<Operation> operations() {
        return OPERATIONS;
    }

    @Override
    public String sessionPrefix() {
        return "beco";
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
        return answer.framing() == Framing.AWS_EVENTS ? ConverseAnswers.stream(answer) : ConverseAnswers.json(answer);
    }

    @Override
    public Retelling retelling() {
        return new ConverseRetelling();
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
