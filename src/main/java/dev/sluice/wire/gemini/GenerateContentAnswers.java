package dev.sluice.wire.gemini;

import static dev.sluice.wire.JsonShape.argument;
import static dev.sluice.wire.JsonShape.characters;
import static dev.sluice.wire.JsonShape.object;
import static dev.sluice.wire.JsonShape.raw;
import static dev.sluice.wire.JsonShape.text;

import dev.sluice.wire.AnswerHead;
import dev.sluice.wire.AnswerReader;
import dev.sluice.wire.Framing;
import dev.sluice.wire.JsonAnswers;
import dev.sluice.wire.JsonArrayAnswers;
import dev.sluice.wire.JsonShape;
import dev.sluice.wire.Operation.Streaming;
import dev.sluice.wire.SseAnswers;
import org.jspecify.annotations.Nullable;

/** Readers of Gemini's answers. */
public final class GenerateContentAnswers {
    /** What is read of a document or an event. */
    enum Field {
        EVENT,
        CANDIDATE,
        CANDIDATE_INDEX,
        FINISH_REASON,
        CONTENT,
        PART,
        TEXT,
        THOUGHT,
        CODE,
        CALL,
        CALL_ID,
        CALL_NAME,
        CALL_ARGUMENTS,
        PARTIAL_ARGUMENT,
        ARGUMENT_PATH,
        ARGUMENT_TEXT,
        ARGUMENT_NUMBER,
        ARGUMENT_TRUTH,
        GROUNDING,
        SEARCHES,
        PROMPT_FEEDBACK,
        BLOCK_REASON,
        USAGE,
        PROMPT_TOKENS,
        CACHED_TOKENS,
        TOOL_PROMPT_TOKENS,
        CANDIDATES_TOKENS,
        THOUGHTS_TOKENS,
        PROMPT_PART,
        CACHED_PART,
        TOOL_PROMPT_PART,
        CANDIDATES_PART,
        MODALITY,
        MODALITY_TOKENS,
        SERVICE_TIER,
        EMBEDDING,
        PREDICTION,
        STATISTICS,
        EMBEDDED_TOKENS,
        MODEL,
        ID,
        COUNTED_TOKENS,
        ERROR,
        ERROR_STATUS,
        ERROR_CODE,
        ERROR_MESSAGE
    }

    private static final JsonShape<Field> ERROR = text(Field.ERROR)
            .with("code", text(Field.ERROR_CODE))
            .with("message", text(Field.ERROR_MESSAGE))
            .with("status", text(Field.ERROR_STATUS));

    private static final JsonShape<Field> CALL = object(Field.CALL)
            .with("id", text(Field.CALL_ID))
            .with("name", text(Field.CALL_NAME))
            .with("args", raw(Field.CALL_ARGUMENTS))
            .with(
                    "partialArgs",
                    object(Field.PARTIAL_ARGUMENT)
                            .with("jsonPath", text(Field.ARGUMENT_PATH))
                            .with("stringValue", argument(Field.ARGUMENT_TEXT))
                            .with("numberValue", text(Field.ARGUMENT_NUMBER))
                            .with("boolValue", text(Field.ARGUMENT_TRUTH)));

    private static final JsonShape<Field> PART = object(Field.PART)
            .with("text", characters(Field.TEXT))
            .with("thought", text(Field.THOUGHT))
            .with("functionCall", CALL)
            .with("executableCode", object(Field.CONTENT).with("code", characters(Field.CODE)));

    private static final JsonShape<Field> CANDIDATE = object(Field.CANDIDATE)
            .with("content", object(Field.CONTENT).with("parts", PART))
            .with("finishReason", text(Field.FINISH_REASON))
            .with("index", text(Field.CANDIDATE_INDEX))
            .with("groundingMetadata", object(Field.GROUNDING).with("webSearchQueries", raw(Field.SEARCHES)));

    private static final JsonShape<Field> USAGE = object(Field.USAGE)
            .with("promptTokenCount", text(Field.PROMPT_TOKENS))
            .with("cachedContentTokenCount", text(Field.CACHED_TOKENS))
            .with("toolUsePromptTokenCount", text(Field.TOOL_PROMPT_TOKENS))
            .with("candidatesTokenCount", text(Field.CANDIDATES_TOKENS))
            .with("thoughtsTokenCount", text(Field.THOUGHTS_TOKENS))
            .with("promptTokensDetails", modalities(Field.PROMPT_PART))
            .with("cacheTokensDetails", modalities(Field.CACHED_PART))
            .with("toolUsePromptTokensDetails", modalities(Field.TOOL_PROMPT_PART))
            .with("candidatesTokensDetails", modalities(Field.CANDIDATES_PART))
            .with("trafficType", text(Field.SERVICE_TIER))
            .with("serviceTier", text(Field.SERVICE_TIER));

    private static final JsonShape<Field> EVENT = object(Field.EVENT)
            .with("candidates", CANDIDATE)
            .with("promptFeedback", object(Field.PROMPT_FEEDBACK).with("blockReason", text(Field.BLOCK_REASON)))
            .with("usageMetadata", USAGE)
            .with("modelVersion", text(Field.MODEL))
            .with("responseId", text(Field.ID))
            .with("error", ERROR);

    /** Besides, what embeds: only predictions tell how much it was. */
    private static final JsonShape<Field> DOCUMENT = EVENT.with("embedding", embedding())
            .with("embeddings", embedding())
            .with(
                    "predictions",
                    object(Field.PREDICTION)
                            .with(
                                    "embeddings",
                                    object(Field.EMBEDDING)
                                            .with(
                                                    "statistics",
                                                    object(Field.STATISTICS)
                                                            .with("token_count", text(Field.EMBEDDED_TOKENS)))));

    private static final JsonShape<Field> COUNT =
            object(Field.EVENT).with("totalTokens", text(Field.COUNTED_TOKENS)).with("error", ERROR);

    private GenerateContentAnswers() {}

    private static JsonShape<Field> modalities(Field field) {
        return object(field).with("modality", text(Field.MODALITY)).with("tokenCount", text(Field.MODALITY_TOKENS));
    }

    private static JsonShape<Field> embedding() {
        return object(Field.EMBEDDING)
                .with("statistics", object(Field.STATISTICS).with("tokenCount", text(Field.EMBEDDED_TOKENS)));
    }

    /**
     * Reads an answer to any of the methods.
     *
     * @param serviceTier the tier that the answer's head tells; null when it tells none
     */
    public static AnswerReader reader(AnswerHead answer, @Nullable String serviceTier) {
        if (answer.operation().countsTokens()) {
            return countTokens();
        }
        if (answer.framing() == Framing.SSE) {
            return stream(serviceTier);
        }
        return answer.operation().streaming() == Streaming.ALWAYS ? array(serviceTier) : json(serviceTier);
    }

    /** Reads an answer that is one document. */
    public static AnswerReader json(@Nullable String serviceTier) {
        return JsonAnswers.reader(DOCUMENT, new GenerateContentTally(serviceTier));
    }

    /** Reads a stream of events. */
    public static AnswerReader stream(@Nullable String serviceTier) {
        return SseAnswers.reader(EVENT, new GenerateContentTally(serviceTier), false);
    }

    /** Reads a stream that is one array. */
    public static AnswerReader array(@Nullable String serviceTier) {
        return JsonArrayAnswers.reader(EVENT, new GenerateContentTally(serviceTier));
    }

    /** Reads the answer of a token-counting call, which is never usage. */
    public static AnswerReader countTokens() {
        return JsonAnswers.reader(COUNT, new GenerateContentTally(null));
    }
}
