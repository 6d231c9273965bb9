package dev.sluice.wire.bedrock;

import static dev.sluice.wire.JsonShape.argument;
import static dev.sluice.wire.JsonShape.characters;
import static dev.sluice.wire.JsonShape.object;
import static dev.sluice.wire.JsonShape.raw;
import static dev.sluice.wire.JsonShape.text;

import dev.sluice.wire.JsonShape;

/**
 * Where vendors other than Anthropic put what matters: Llama, Titan, Nova (whose events are Converse's in an object), Mistral, Cohere, AI21,
 * DeepSeek, and OpenAI's open models in the shape of chat completions.
 */
final class VendorShapes {
    /** What is read of an answer or an event. */
    enum Field {
        EVENT,
        PART,
        TEXT,
        OTHER_OUTPUT,
        STOP_REASON,
        TOOL,
        TOOL_INDEX,
        TOOL_ID,
        TOOL_NAME,
        TOOL_INPUT,
        INPUT_TOKENS,
        OUTPUT_TOKENS,
        CACHE_READ_TOKENS,
        CACHE_WRITE_TOKENS,
        CACHED_WITHIN_INPUT,
        METERED_INPUT,
        METERED_OUTPUT,
        METERED_CACHE_READ,
        METERED_CACHE_WRITE,
        COUNTED_TOKENS,
        SERVICE_TIER,
        ERROR_TYPE,
        ERROR_MESSAGE
    }

    private static final JsonShape<Field> USAGE = object(Field.PART)
            .with("prompt_tokens", text(Field.INPUT_TOKENS))
            .with("completion_tokens", text(Field.OUTPUT_TOKENS))
            .with("prompt_tokens_details", object(Field.PART).with("cached_tokens", text(Field.CACHED_WITHIN_INPUT)))
            .with("inputTokens", text(Field.INPUT_TOKENS))
            .with("outputTokens", text(Field.OUTPUT_TOKENS))
            .with("cacheReadInputTokenCount", text(Field.CACHE_READ_TOKENS))
            .with("cacheWriteInputTokenCount", text(Field.CACHE_WRITE_TOKENS));

    /** OpenAI's calls: whole in a document, in fragments by their index in events. */
    private static final JsonShape<Field> CALLS = object(Field.TOOL)
            .with("index", text(Field.TOOL_INDEX))
            .with("id", text(Field.TOOL_ID))
            .with(
                    "function",
                    object(Field.PART)
                            .with("name", text(Field.TOOL_NAME))
                            .with("arguments", argument(Field.TOOL_INPUT)));

    private static final JsonShape<Field> CHAT_MESSAGE = object(Field.PART)
            .with("content", characters(Field.TEXT))
            .with("reasoning", characters(Field.OTHER_OUTPUT))
            .with("reasoning_content", characters(Field.OTHER_OUTPUT))
            .with("tool_calls", CALLS);

    private static final JsonShape<Field> NOVA_BLOCK = object(Field.PART)
            .with("text", characters(Field.TEXT))
            .with(
                    "toolUse",
                    object(Field.TOOL)
                            .with("toolUseId", text(Field.TOOL_ID))
                            .with("name", text(Field.TOOL_NAME))
                            .with("input", raw(Field.TOOL_INPUT)));

    private static final JsonShape<Field> BOTH = object(Field.EVENT)
            // Llama.
            .with("generation", characters(Field.TEXT))
            .with("prompt_token_count", text(Field.INPUT_TOKENS))
            .with("generation_token_count", text(Field.OUTPUT_TOKENS))
            .with("stop_reason", text(Field.STOP_REASON))
            // Titan.
            .with("outputText", characters(Field.TEXT))
            .with("inputTextTokenCount", text(Field.INPUT_TOKENS))
            .with("totalOutputTextTokenCount", text(Field.OUTPUT_TOKENS))
            .with("completionReason", text(Field.STOP_REASON))
            // Mistral.
            .with(
                    "outputs",
                    object(Field.PART)
                            .with("text", characters(Field.TEXT))
                            .with("stop_reason", text(Field.STOP_REASON)))
            // Cohere.
            .with("text", characters(Field.TEXT))
            .with("finish_reason", text(Field.STOP_REASON))
            // OpenAI, DeepSeek, AI21.
            .with(
                    "choices",
                    object(Field.PART)
                            .with("text", characters(Field.TEXT))
                            .with("message", CHAT_MESSAGE)
                            .with("delta", CHAT_MESSAGE)
                            .with("finish_reason", text(Field.STOP_REASON))
                            .with("stop_reason", text(Field.STOP_REASON)))
            .with("usage", USAGE)
            .with("service_tier", text(Field.SERVICE_TIER));

    static final JsonShape<Field> DOCUMENT = BOTH.with("stopReason", text(Field.STOP_REASON))
            .with(
                    "results",
                    object(Field.PART)
                            .with("outputText", characters(Field.TEXT))
                            .with("tokenCount", text(Field.OUTPUT_TOKENS))
                            .with("completionReason", text(Field.STOP_REASON)))
            .with(
                    "output",
                    object(Field.PART).with("message", object(Field.PART).with("content", NOVA_BLOCK)))
            .with("message", text(Field.ERROR_MESSAGE))
            .with("Message", text(Field.ERROR_MESSAGE))
            .with("__type", text(Field.ERROR_TYPE));

    static final JsonShape<Field> EVENT = BOTH.with(
                    "contentBlockDelta",
                    object(Field.PART).with("delta", object(Field.PART).with("text", characters(Field.TEXT))))
            .with("messageStop", object(Field.PART).with("stopReason", text(Field.STOP_REASON)))
            .with("metadata", object(Field.PART).with("usage", USAGE))
            .with(
                    "amazon-bedrock-invocationMetrics",
                    object(Field.PART)
                            .with("inputTokenCount", text(Field.METERED_INPUT))
                            .with("outputTokenCount", text(Field.METERED_OUTPUT))
                            .with("cacheReadInputTokenCount", text(Field.METERED_CACHE_READ))
                            .with("cacheWriteInputTokenCount", text(Field.METERED_CACHE_WRITE)));

    static final JsonShape<Field> COUNT = object(Field.EVENT)
            .with("inputTokens", text(Field.COUNTED_TOKENS))
            .with("message", text(Field.ERROR_MESSAGE))
            .with("Message", text(Field.ERROR_MESSAGE))
            .with("__type", text(Field.ERROR_TYPE));

    private VendorShapes() {}
}
