package dev.sluice.wire.bedrock;

import static dev.sluice.wire.JsonShape.argument;
import static dev.sluice.wire.JsonShape.characters;
import static dev.sluice.wire.JsonShape.object;
import static dev.sluice.wire.JsonShape.raw;
import static dev.sluice.wire.JsonShape.text;

import dev.sluice.wire.AnswerHead;
import dev.sluice.wire.AnswerReader;
import dev.sluice.wire.EventAnswers;
import dev.sluice.wire.JsonAnswers;
import dev.sluice.wire.JsonEvents;
import dev.sluice.wire.JsonShape;

/** Readers of Converse's answers. */
final class ConverseAnswers {
    /** What is read of an answer or an event. */
    enum Field {
        EVENT,
        PART,
        INDEX,
        BLOCK,
        TEXT,
        OTHER_OUTPUT,
        TOOL,
        TOOL_ID,
        TOOL_NAME,
        TOOL_TYPE,
        TOOL_INPUT,
        INPUT_PIECE,
        STOP_REASON,
        INPUT_TOKENS,
        OUTPUT_TOKENS,
        CACHE_READ_TOKENS,
        CACHE_WRITE_TOKENS,
        CACHE_WRITE_1H_TOKENS,
        CACHE_DETAIL,
        DETAIL_TTL,
        DETAIL_TOKENS,
        SERVICE_TIER,
        ROUTED_MODEL,
        ERROR_TYPE,
        ERROR_MESSAGE
    }

    private static final JsonShape<Field> TOOL = object(Field.TOOL)
            .with("toolUseId", text(Field.TOOL_ID))
            .with("name", text(Field.TOOL_NAME))
            .with("type", text(Field.TOOL_TYPE));

    private static final JsonShape<Field> BLOCK = object(Field.BLOCK)
            .with("text", characters(Field.TEXT))
            .with("toolUse", TOOL.with("input", raw(Field.TOOL_INPUT)))
            .with(
                    "reasoningContent",
                    object(Field.PART)
                            .with("reasoningText", object(Field.PART).with("text", characters(Field.OTHER_OUTPUT))));

    private static final JsonShape<Field> DELTA = object(Field.PART)
            .with("text", characters(Field.TEXT))
            .with("toolUse", object(Field.PART).with("input", argument(Field.INPUT_PIECE)))
            .with("reasoningContent", object(Field.PART).with("text", characters(Field.OTHER_OUTPUT)));

    private static final JsonShape<Field> DOCUMENT = ending(object(Field.EVENT))
            .with(
                    "output",
                    object(Field.PART).with("message", object(Field.PART).with("content", BLOCK)))
            .with("message", text(Field.ERROR_MESSAGE))
            .with("Message", text(Field.ERROR_MESSAGE))
            .with("__type", text(Field.ERROR_TYPE));

    private static final JsonShape<Field> EVENT = ending(object(Field.EVENT))
            .with("contentBlockIndex", text(Field.INDEX))
            .with("delta", DELTA)
            .with("start", object(Field.PART).with("toolUse", TOOL));

    private ConverseAnswers() {}

    /** How both end. */
    private static JsonShape<Field> ending(JsonShape<Field> shape) {
        return shape.with("stopReason", text(Field.STOP_REASON))
                .with(
                        "usage",
                        object(Field.PART)
                                .with("inputTokens", text(Field.INPUT_TOKENS))
                                .with("outputTokens", text(Field.OUTPUT_TOKENS))
                                .with("cacheReadInputTokens", text(Field.CACHE_READ_TOKENS))
                                .with("cacheWriteInputTokens", text(Field.CACHE_WRITE_TOKENS))
                                .with(
                                        "cacheDetails",
                                        object(Field.CACHE_DETAIL)
                                                .with("ttl", text(Field.DETAIL_TTL))
                                                .with("inputTokens", text(Field.DETAIL_TOKENS))))
                .with("serviceTier", object(Field.PART).with("type", text(Field.SERVICE_TIER)))
                .with(
                        "trace",
                        object(Field.PART)
                                .with(
                                        "promptRouter",
                                        object(Field.PART).with("invokedModelId", text(Field.ROUTED_MODEL))));
    }

    static AnswerReader json(AnswerHead answer) {
        return JsonAnswers.reader(DOCUMENT, new ConverseTally(answer));
    }

    static AnswerReader stream(AnswerHead answer) {
        return EventAnswers.reader(new JsonEvents<>(EVENT, new ConverseTally(answer)));
    }
}
