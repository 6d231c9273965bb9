package dev.sluice.wire.vertex;

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
import dev.sluice.wire.Retelling;
import dev.sluice.wire.WireError;
import dev.sluice.wire.WireFormat;
import dev.sluice.wire.gemini.ModelSegment;
import dev.sluice.wire.messages.MessagesAnswers;
import dev.sluice.wire.messages.MessagesErrors;
import dev.sluice.wire.messages.MessagesRequests;
import dev.sluice.wire.messages.MessagesRetelling;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.pekko.util.ByteString;

/**
 * Anthropic's models on Vertex AI: its messages, with the model in the path. Only the counting of tokens names the model in the body. Errors are
 * Anthropic's: what its client makes of them it makes of their status, and their message.
 */
public final class RawPredict implements WireFormat {
    private static final String FLAG = "google_raw_predict";
    private static final String MODELS = "/projects/{project}/locations/{location}/publishers/anthropic/models/";

    private static final List<Operation> OPERATIONS =
            Stream.of("/v1", "/v1beta1").flatMap(RawPredict::operations).toList();

    private static Stream<Operation> operations(String version) {
        return Stream.of(
                Operation.generate(version + MODELS + "{+model}:rawPredict"),
                Operation.generate(version + MODELS + "{+model}:streamRawPredict", Streaming.ALWAYS),
                Operation.count(version + MODELS + "count-tokens:rawPredict"));
    }

    @Override
    public String flag() {
        return FLAG;
    }

    @Override
    public String endpoint() {
        return "/v1/projects/{project}/locations/{region}/publishers/anthropic/models/{model}:rawPredict";
    }

    @Override
    public List<Operation> operations() {
        return OPERATIONS;
    }

    @Override
    public String sessionPrefix() {
        return "gora";
    }

    @Override
    public RequestHead readHead(Asked asked) throws BadRequest {
        var shape = MessagesRequests.shape(FLAG);
        return asked.operation().purpose() == Purpose.COUNT
                ? RequestReader.read(shape, asked)
                : RequestReader.read(shape, asked, asked.parameters().get("model"));
    }

    @Override
    public String upstreamPath(
            Operation asked,
            Map<String, String> parameters,
            String rawPath,
            RequestHead head,
            String model,
            Set<String> flags) {
        return asked.countsTokens() ? rawPath : ModelSegment.path(asked, rawPath, head, model);
    }

    @Override
    public AnswerReader reader(AnswerHead answer) {
        if (answer.operation().countsTokens()) {
            return MessagesAnswers.countTokens();
        }
        if (answer.framing() == Framing.SSE) {
            return MessagesAnswers.stream();
        }
        // Google's front puts an error in an array where a stream was asked for.
        return answer.operation().streaming() == Streaming.ALWAYS ? MessagesAnswers.array() : MessagesAnswers.json();
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
