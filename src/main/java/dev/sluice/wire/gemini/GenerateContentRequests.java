package dev.sluice.wire.gemini;

import dev.sluice.wire.Asked;
import dev.sluice.wire.BadRequest;
import dev.sluice.wire.RequestHead;
import dev.sluice.wire.RequestReader;
import dev.sluice.wire.RequestShape;
import dev.sluice.wire.RequestShape.Deeper;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads the requests of Gemini's methods. Google takes each name in two spellings, and one message in place of a list of them.
 *
 * <p>The path names the model. Some methods name it once more in the body; there it must be the same one.
 */
public final class GenerateContentRequests {
    private static final Deeper DEEPER = new Deeper(
            Set.of("generationConfig", "generation_config"),
            Set.of("maxOutputTokens", "max_output_tokens"),
            Set.of("candidateCount", "candidate_count"),
            Set.of("responseSchema", "response_schema", "responseJsonSchema", "response_json_schema"),
            Set.of("cachedContent", "cached_content"),
            Set.of("model", "requests.model", "generatecontentrequest.model", "generate_content_request.model"),
            // Vertex knows calls by their names only, and none of the Gemini API's bookkeeping: it answers 400, "Cannot
            // find field".
            Set.of(
                    "contents.parts.functionCall.id",
                    "contents.parts.function_call.id",
                    "contents.parts.functionResponse.id",
                    "contents.parts.function_response.id",
                    "contents.parts.functionResponse.willContinue",
                    "contents.parts.function_response.will_continue",
                    "contents.parts.partMetadata",
                    "contents.parts.part_metadata",
                    "toolConfig.includeServerSideToolInvocations",
                    "tool_config.include_server_side_tool_invocations",
                    "store"),
            true);

    private static final Set<String> SYSTEM = Set.of("systemInstruction", "system_instruction");
    private static final Set<String> OTHER_PROMPT =
            Set.of("tools", "generateContentRequest", "generate_content_request");

    /** Where the methods that do not talk of {@code contents} have what they are shown. */
    private static final Map<String, String> CONVERSATIONS =
            Map.of(":embedContent", "content", ":batchEmbedContents", "requests", ":predict", "instances");

    private GenerateContentRequests() {}

    /**
     * Reads one.
     *
     * @param name of the format
     */
    public static RequestHead read(String name, Asked asked) throws BadRequest {
        var method = ModelSegment.method(asked.operation());
        var shape = new RequestShape(
                name,
                List.of(),
                SYSTEM,
                CONVERSATIONS.getOrDefault(method, "contents"),
                OTHER_PROMPT,
                false,
                false,
                DEEPER);
        return RequestReader.read(shape, asked, asked.parameters().get("model"));
    }
}
