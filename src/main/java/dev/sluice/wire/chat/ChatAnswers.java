package dev.sluice.wire.chat;

import static dev.sluice.wire.JsonShape.argument;
import static dev.sluice.wire.JsonShape.characters;
import static dev.sluice.wire.JsonShape.object;
import static dev.sluice.wire.JsonShape.text;

import dev.sluice.wire.AnswerReader;
import dev.sluice.wire.JsonAnswers;
import dev.sluice.wire.JsonShape;
import dev.sluice.wire.SseAnswers;

/** Readers of chat completions: OpenAI's, and those of everybody who speaks the same. */
public final class ChatAnswers {
    /** What is read of a document or a chunk. */
    enum Field {
        EVENT,
        ID,
        MODEL,
        SERVICE_TIER,
        CHOICE,
        CHOICE_INDEX,
        FINISH_REASON,
        MESSAGE,
        CONTENT,
        REASONING,
        REASONING_CONTENT,
        OTHER_OUTPUT,
        AUDIO,
        CALL,
        CALL_INDEX,
        CALL_ID,
        FUNCTION,
        FUNCTION_NAME,
        FUNCTION_ARGUMENTS,
        CUSTOM_TOOL,
        LEGACY_CALL,
        USAGE,
        PROMPT_DETAILS,
        COMPLETION_DETAILS,
        SERVER_TOOLS,
        TIMINGS,
        PROMPT_TOKENS,
        COMPLETION_TOKENS,
        CACHED_TOKENS,
        CACHE_WRITE_TOKENS,
        INPUT_AUDIO_TOKENS,
        INPUT_IMAGE_TOKENS,
        REASONING_TOKENS,
        OUTPUT_AUDIO_TOKENS,
        OUTPUT_IMAGE_TOKENS,
        WEB_SEARCHES,
        CACHE_N,
        COST,
        ERROR,
        ERROR_TYPE,
        ERROR_CODE,
        ERROR_MESSAGE,
        FLAT_OBJECT,
        FLAT_TYPE,
        FLAT_CODE,
        FLAT_MESSAGE
    }

    private static final JsonShape<Field> ERROR = text(Field.ERROR)
            .with("type", text(Field.ERROR_TYPE))
            .with("code", text(Field.ERROR_CODE))
            .with("message", text(Field.ERROR_MESSAGE));

    private static final JsonShape<Field> CALL = object(Field.CALL)
            .with("index", text(Field.CALL_INDEX))
            .with("id", text(Field.CALL_ID))
            .with(
                    "function",
                    object(Field.FUNCTION)
                            .with("name", text(Field.FUNCTION_NAME))
                            .with("arguments", argument(Field.FUNCTION_ARGUMENTS)))
            .with(
                    "custom",
                    object(Field.CUSTOM_TOOL)
                            .with("name", text(Field.FUNCTION_NAME))
                            .with("input", argument(Field.FUNCTION_ARGUMENTS)));

    private static final JsonShape<Field> MESSAGE = object(Field.MESSAGE)
            .with("content", characters(Field.CONTENT).with("text", characters(Field.CONTENT)))
            .with("tool_calls", CALL)
            .with("reasoning", characters(Field.REASONING))
            .with("reasoning_content", characters(Field.REASONING_CONTENT))
            .with("refusal", characters(Field.OTHER_OUTPUT))
            .with("audio", object(Field.AUDIO).with("transcript", characters(Field.OTHER_OUTPUT)))
            .with(
                    "function_call",
                    object(Field.LEGACY_CALL)
                            .with("name", text(Field.FUNCTION_NAME))
                            .with("arguments", argument(Field.FUNCTION_ARGUMENTS)));

    private static final JsonShape<Field> CHOICE = object(Field.CHOICE)
            .with("index", text(Field.CHOICE_INDEX))
            .with("delta", MESSAGE)
            .with("message", MESSAGE)
            .with("text", characters(Field.CONTENT))
            .with("finish_reason", text(Field.FINISH_REASON))
            .with("error", ERROR);

    private static final JsonShape<Field> USAGE = object(Field.USAGE)
            .with("prompt_tokens", text(Field.PROMPT_TOKENS))
            .with("completion_tokens", text(Field.COMPLETION_TOKENS))
            .with(
                    "prompt_tokens_details",
                    object(Field.PROMPT_DETAILS)
                            .with("cached_tokens", text(Field.CACHED_TOKENS))
                            .with("cache_write_tokens", text(Field.CACHE_WRITE_TOKENS))
                            .with("audio_tokens", text(Field.INPUT_AUDIO_TOKENS))
                            .with("image_tokens", text(Field.INPUT_IMAGE_TOKENS)))
            .with(
                    "completion_tokens_details",
                    object(Field.COMPLETION_DETAILS)
                            .with("reasoning_tokens", text(Field.REASONING_TOKENS))
                            .with("audio_tokens", text(Field.OUTPUT_AUDIO_TOKENS))
                            .with("image_tokens", text(Field.OUTPUT_IMAGE_TOKENS)))
            .with("server_tool_use", object(Field.SERVER_TOOLS).with("web_search_requests", text(Field.WEB_SEARCHES)))
            .with("cost", text(Field.COST));

    private static final JsonShape<Field> SHAPE = object(Field.EVENT)
            .with("choices", CHOICE)
            .with("id", text(Field.ID))
            .with("model", text(Field.MODEL))
            .with("service_tier", text(Field.SERVICE_TIER))
            .with("usage", USAGE)
            .with("error", ERROR)
            .with("timings", object(Field.TIMINGS).with("cache_n", text(Field.CACHE_N)))
            .with("object", text(Field.FLAT_OBJECT))
            .with("type", text(Field.FLAT_TYPE))
            .with("code", text(Field.FLAT_CODE))
            .with("message", text(Field.FLAT_MESSAGE));

    private ChatAnswers() {}

    /** Reads an answer that is one document. */
    public static AnswerReader json() {
        return JsonAnswers.reader(SHAPE, new ChatTally());
    }

    /**
     * Reads a stream of chunks.
     *
     * @param hideUsage keeps the chunk with {@code "choices": []} and usage from a client that did not ask for it
     */
    public static AnswerReader stream(boolean hideUsage) {
        return SseAnswers.reader(SHAPE, new ChatTally(), hideUsage);
    }
}
