package dev.sluice.wire.responses;

import static dev.sluice.wire.JsonShape.argument;
import static dev.sluice.wire.JsonShape.characters;
import static dev.sluice.wire.JsonShape.object;
import static dev.sluice.wire.JsonShape.raw;
import static dev.sluice.wire.JsonShape.text;

import dev.sluice.wire.AnswerReader;
import dev.sluice.wire.JsonAnswers;
import dev.sluice.wire.JsonShape;
import dev.sluice.wire.SseAnswers;

/** Readers of OpenAI's responses. */
public final class ResponsesAnswers {
    /** What is read of a response or an event. */
    enum Field {
        EVENT,
        TYPE,
        OUTPUT_INDEX,
        DELTA,
        WHOLE_ARGUMENTS,
        RESPONSE,
        ID,
        MODEL,
        STATUS,
        INCOMPLETE,
        INCOMPLETE_REASON,
        SERVICE_TIER,
        ITEM,
        OUTPUT_ITEM,
        ITEM_TYPE,
        ITEM_CALL_ID,
        ITEM_NAME,
        ITEM_ARGUMENTS,
        ENVIRONMENT,
        ENVIRONMENT_TYPE,
        PART,
        PART_TYPE,
        PART_TEXT,
        SUMMARY,
        SUMMARY_TEXT,
        USAGE,
        INPUT_DETAILS,
        WRITE_DETAILS,
        OUTPUT_DETAILS,
        TOOL_USAGE,
        WEB_SEARCH,
        INPUT_TOKENS,
        CACHED_TOKENS,
        CACHE_WRITE_TOKENS,
        CACHE_WRITE_12H_TOKENS,
        OUTPUT_TOKENS,
        REASONING_TOKENS,
        WEB_SEARCHES,
        COUNTED_TOKENS,
        ERROR,
        ERROR_TYPE,
        ERROR_CODE,
        ERROR_MESSAGE,
        FLAT_CODE,
        FLAT_MESSAGE
    }

    private static final JsonShape<Field> ERROR = text(Field.ERROR)
            .with("type", text(Field.ERROR_TYPE))
            .with("code", text(Field.ERROR_CODE))
            .with("message", text(Field.ERROR_MESSAGE));

    private static final JsonShape<Field> USAGE = object(Field.USAGE)
            .with("input_tokens", text(Field.INPUT_TOKENS))
            .with(
                    "input_tokens_details",
                    object(Field.INPUT_DETAILS)
                            .with("cached_tokens", text(Field.CACHED_TOKENS))
                            .with("cache_write_tokens", text(Field.CACHE_WRITE_TOKENS))
                            .with(
                                    "cache_write_tokens_details",
                                    object(Field.WRITE_DETAILS)
                                            .with("ttl_12h_tokens", text(Field.CACHE_WRITE_12H_TOKENS))))
            .with("output_tokens", text(Field.OUTPUT_TOKENS))
            .with(
                    "output_tokens_details",
                    object(Field.OUTPUT_DETAILS).with("reasoning_tokens", text(Field.REASONING_TOKENS)));

    private static final JsonShape<Field> DOCUMENT =
            response(object(Field.EVENT)).with("code", text(Field.FLAT_CODE)).with("message", text(Field.FLAT_MESSAGE));

    private static final JsonShape<Field> EVENT = object(Field.EVENT)
            .with("type", text(Field.TYPE))
            .with("delta", argument(Field.DELTA))
            .with("output_index", text(Field.OUTPUT_INDEX))
            .with("arguments", argument(Field.WHOLE_ARGUMENTS))
            .with("input", argument(Field.WHOLE_ARGUMENTS))
            .with("item", item(object(Field.ITEM)))
            .with("response", response(object(Field.RESPONSE)))
            .with("error", ERROR)
            .with("code", text(Field.FLAT_CODE))
            .with("message", text(Field.FLAT_MESSAGE));

    private static final JsonShape<Field> COUNT = object(Field.EVENT)
            .with("input_tokens", text(Field.COUNTED_TOKENS))
            .with("error", ERROR)
            .with("code", text(Field.FLAT_CODE))
            .with("message", text(Field.FLAT_MESSAGE));

    private ResponsesAnswers() {}

    private static JsonShape<Field> response(JsonShape<Field> shape) {
        return shape.with("id", text(Field.ID))
                .with("model", text(Field.MODEL))
                .with("status", text(Field.STATUS))
                .with("error", ERROR)
                .with("incomplete_details", object(Field.INCOMPLETE).with("reason", text(Field.INCOMPLETE_REASON)))
                .with("output", item(object(Field.OUTPUT_ITEM)))
                .with("service_tier", text(Field.SERVICE_TIER))
                .with("usage", USAGE)
                .with(
                        "tool_usage",
                        object(Field.TOOL_USAGE)
                                .with(
                                        "web_search",
                                        object(Field.WEB_SEARCH).with("num_requests", text(Field.WEB_SEARCHES))));
    }

    private static JsonShape<Field> item(JsonShape<Field> shape) {
        var part = object(Field.PART)
                .with("type", text(Field.PART_TYPE))
                .with("text", characters(Field.PART_TEXT))
                .with("refusal", characters(Field.PART_TEXT));
        return shape.with("type", text(Field.ITEM_TYPE))
                .with("call_id", text(Field.ITEM_CALL_ID))
                .with("name", text(Field.ITEM_NAME))
                .with("arguments", argument(Field.ITEM_ARGUMENTS))
                .with("input", argument(Field.ITEM_ARGUMENTS))
                .with("action", raw(Field.ITEM_ARGUMENTS))
                .with("operation", raw(Field.ITEM_ARGUMENTS))
                .with("environment", object(Field.ENVIRONMENT).with("type", text(Field.ENVIRONMENT_TYPE)))
                .with("content", part)
                .with("summary", object(Field.SUMMARY).with("text", characters(Field.SUMMARY_TEXT)));
    }

    /** Reads an answer that is one document. */
    public static AnswerReader json() {
        return JsonAnswers.reader(DOCUMENT, new ResponsesTally(true));
    }

    /** Reads a stream of events. */
    public static AnswerReader stream() {
        return SseAnswers.reader(EVENT, new ResponsesTally(false), false);
    }

    /** Reads the answer of a token-counting call, which is never usage. */
    public static AnswerReader countTokens() {
        return JsonAnswers.reader(COUNT, new ResponsesTally(true));
    }
}
