package dev.sluice.wire.gemini;

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
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.pekko.util.ByteString;

/** The Gemini API: generating, embedding and counting tokens. */
public final class GenerateContent implements WireFormat {
    private static final String FLAG = "gemini_generate_content";

    /** Clients of the newest kind ask for {@code v1}, most for {@code v1beta}. */
    private static final List<Operation> OPERATIONS = Stream.of("/v1beta", "/v1", "/v1alpha")
            .flatMap(version -> operations(version + "/models/{+model}"))
            .toList();

    private static Stream<Operation> operations(String model) {
        return Stream.of(
                Operation.generate(model + ":generateContent", Streaming.NEVER),
                Operation.generate(model + ":streamGenerateContent", Streaming.ALWAYS),
                Operation.count(model + ":countTokens"),
                Operation.generate(model + ":embedContent", Streaming.NEVER),
                Operation.generate(model + ":batchEmbedContents", Streaming.NEVER));
    }

    @Override
    public String flag() {
        return FLAG;
    }

    @Override
    public boolean isSpokenBy(Set<String> flags) {
        return flags.contains(FLAG) || VertexCompatibility.holds(flags);
    }

    @Override
    public String endpoint() {
        return "/v1beta/models/{model}:generateContent";
    }

    @Override
    public List<Operation> operations() {
        return OPERATIONS;
    }

    @Override
    public String sessionPrefix() {
        return "gege";
    }

    @Override
    public RequestHead readHead(Asked asked) throws BadRequest {
        return GenerateContentRequests.read(FLAG, asked);
    }

    @Override
    public String upstreamPath(
            Operation asked,
            Map<String, String> parameters,
            String rawPath,
            RequestHead head,
            String model,
            Set<String> flags) {
        if (VertexCompatibility.holds(flags)) {
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
        return GenerateContentAnswers.reader(answer, answer.header().value("x-gemini-service-tier"));
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
        // Clients that ask for arrays are few; those that ask for events are the official ones.
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
