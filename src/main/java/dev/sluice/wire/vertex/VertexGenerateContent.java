package dev.sluice.wire.vertex;

import dev.sluice.wire.AnswerHead;
import dev.sluice.wire.AnswerReader;
import dev.sluice.wire.Asked;
import dev.sluice.wire.BadRequest;
import dev.sluice.wire.Framing;
import dev.sluice.wire.Operation;
import dev.sluice.wire.Operation.Streaming;
import dev.sluice.wire.RequestHead;
import dev.sluice.wire.RequestHead.Splice;
import dev.sluice.wire.Retelling;
import dev.sluice.wire.WireError;
import dev.sluice.wire.WireFormat;
import dev.sluice.wire.gemini.GenerateContentAnswers;
import dev.sluice.wire.gemini.GenerateContentRequests;
import dev.sluice.wire.gemini.GenerateContentRetelling;
import dev.sluice.wire.gemini.GoogleErrors;
import dev.sluice.wire.gemini.ModelSegment;
import dev.sluice.wire.gemini.VertexCompatibility;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.pekko.util.ByteString;

/** Gemini on Vertex AI, under a project and a location, or under neither (express mode). Embeddings may also be asked for as predictions. */
public final class VertexGenerateContent implements WireFormat {
    private static final String FLAG = "google_generate_content";
    private static final String IN_PROJECT =
            "/projects/{project}/locations/{location}/publishers/google/models/{+model}";
    private static final String EXPRESS = "/publishers/google/models/{+model}";

    private static final List<Operation> OPERATIONS = Stream.of(
                    "/v1" + IN_PROJECT, "/v1beta1" + IN_PROJECT, "/v1" + EXPRESS, "/v1beta1" + EXPRESS)
            .flatMap(VertexGenerateContent::operations)
            .toList();

    private static Stream<Operation> operations(String model) {
        return Stream.of(
                Operation.generate(model + ":generateContent", Streaming.NEVER),
                Operation.generate(model + ":streamGenerateContent", Streaming.ALWAYS),
                Operation.count(model + ":countTokens"),
                Operation.generate(model + ":embedContent", Streaming.NEVER),
                Operation.generate(model + ":predict", Streaming.NEVER));
    }

    @Override
    public String flag() {
        return FLAG;
    }

    @Override
    public String endpoint() {
        return "/v1/projects/{project}/locations/{region}/publishers/google/models/{model}:generateContent";
    }

    @Override
    public List<Operation> operations() {
        return OPERATIONS;
    }

    @Override
    public String sessionPrefix() {
        return "goge";
    }

    @Override
    public RequestHead readHead(Asked asked) throws BadRequest {
        var head = GenerateContentRequests.read(FLAG, asked);
        // Here a tier is asked for by header.
        var tier = asked.header().value("x-vertex-ai-llm-shared-request-type");
        return tier == null ? head : head.withServiceTier(tier);
    }

    @Override
    public String upstreamPath(
            Operation asked,
            Map<String, String> parameters,
            String rawPath,
            RequestHead head,
            String model,
            Set<String> flags) {
        if (!parameters.containsKey("project") && VertexCompatibility.holds(flags)) {
            return VertexCompatibility.path(asked, model);
        }
        return ModelSegment.path(asked, rawPath, head, model);
    }

    @Override
    public List<Splice> edits(RequestHead head, String model, Set<String> flags) {
        return VertexCompatibility.edits(WireFormat.super.edits(head, model, flags), head, flags);
    }

    @Override
    public AnswerReader reader(AnswerHead answer) {
        return GenerateContentAnswers.reader(answer, null);
    }

    @Override
    public Retelling retelling() {
        return new GenerateContentRetelling();
    }

    @Override
    public List<String> userFields() {
        return List.of("contents");
    }

    @Override
    public ByteString errorBody(Operation asked, WireError error) {
        return GoogleErrors.body(asked, "alt=sse", error);
    }

    @Override
    public ByteString errorBody(Operation asked, String rawQuery, WireError error) {
        return GoogleErrors.body(asked, rawQuery, error);
    }

    @Override
    public ByteString errorEvent(Framing framing, WireError error) {
        return GoogleErrors.event(framing, error);
    }
}
