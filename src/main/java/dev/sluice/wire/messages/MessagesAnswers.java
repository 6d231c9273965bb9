package dev.sluice.wire.messages;

import static dev.sluice.wire.JsonShape.argument;
import static dev.sluice.wire.JsonShape.characters;
import static dev.sluice.wire.JsonShape.object;
import static dev.sluice.wire.JsonShape.raw;
import static dev.sluice.wire.JsonShape.text;

import dev.sluice.wire.AnswerReader;
import dev.sluice.wire.EventReader;
import dev.sluice.wire.JsonAnswers;
import dev.sluice.wire.JsonArrayAnswers;
import dev.sluice.wire.JsonEvents;
import dev.sluice.wire.JsonShape;
import dev.sluice.wire.SseAnswers;

/** Readers of Anthropic's messages. */
public final class MessagesAnswers {
    /** What is read of a message or an event. */
    enum Field {
        EVENT,
        TYPE,
        INDEX,
        MESSAGE,
        ID,
        MODEL,
        STOP_REASON,
        BLOCK,
        BLOCK_TYPE,
        BLOCK_ID,
        BLOCK_NAME,
        BLOCK_INPUT,
        DELTA,
        TEXT,
        OTHER_OUTPUT,
        PARTIAL_JSON,
        USAGE,
        INPUT_TOKENS,
        OUTPUT_TOKENS,
        CACHE_READ_TOKENS,
        CACHE_WRITE_TOKENS,
        CACHE_WRITE_1H_TOKENS,
        THINKING_TOKENS,
        WEB_SEARCHES,
        CACHE_CREATION,
        OUTPUT_DETAILS,
        SERVER_TOOLS,
        SERVICE_TIER,
        SPEED,
        INFERENCE_GEO,
        ITERATION,
        ITERATION_TYPE,
        COUNTED_TOKENS,
        ERROR,
        ERROR_TYPE,
        ERROR_CODE,
        ERROR_MESSAGE,
        ERROR_DETAILS
    }

    private static final JsonShape<Field> ERROR = text(Field.ERROR)
            .with("type", text(Field.ERROR_TYPE))
            .with("message", text(Field.ERROR_MESSAGE))
            // Google's front has words of its own.
            .with("status", text(Field.ERROR_TYPE))
            .with("code", text(Field.ERROR_CODE))
            .with("details", object(Field.ERROR_DETAILS).with("error_code", text(Field.ERROR_CODE)));

    private static final JsonShape<Field> BLOCK = object(Field.BLOCK)
            .with("type", text(Field.BLOCK_TYPE))
            .with("id", text(Field.BLOCK_ID))
            .with("name", text(Field.BLOCK_NAME))
            .with("input", raw(Field.BLOCK_INPUT))
            .with("text", characters(Field.TEXT))
            .with("thinking", characters(Field.OTHER_OUTPUT))
            .with("content", characters(Field.OTHER_OUTPUT));

    private static final JsonShape<Field> USAGE = object(Field.USAGE)
            .with("input_tokens", text(Field.INPUT_TOKENS))
            .with("output_tokens", text(Field.OUTPUT_TOKENS))
            .with("cache_read_input_tokens", text(Field.CACHE_READ_TOKENS))
            .with("cache_creation_input_tokens", text(Field.CACHE_WRITE_TOKENS))
            .with(
                    "cache_creation",
                    object(Field.CACHE_CREATION).with("ephemeral_1h_input_tokens", text(Field.CACHE_WRITE_1H_TOKENS)))
            .with(
                    "output_tokens_details",
                    object(Field.OUTPUT_DETAILS).with("thinking_tokens", text(Field.THINKING_TOKENS)))
            .with("server_tool_use", object(Field.SERVER_TOOLS).with("web_search_requests", text(Field.WEB_SEARCHES)))
            .with("service_tier", text(Field.SERVICE_TIER))
            .with("speed", text(Field.SPEED))
            .with("inference_geo", text(Field.INFERENCE_GEO))
            .with(
                    "iterations",
                    object(Field.ITERATION)
                            .with("type", text(Field.ITERATION_TYPE))
                            .with("input_tokens", text(Field.INPUT_TOKENS))
                            .with("output_tokens", text(Field.OUTPUT_TOKENS))
                            .with("cache_read_input_tokens", text(Field.CACHE_READ_TOKENS))
                            .with("cache_creation_input_tokens", text(Field.CACHE_WRITE_TOKENS))
                            .with(
                                    "cache_creation",
                                    object(Field.CACHE_CREATION)
                                            .with("ephemeral_1h_input_tokens", text(Field.CACHE_WRITE_1H_TOKENS))));

    private static final JsonShape<Field> DELTA = object(Field.DELTA)
            .with("text", characters(Field.TEXT))
            .with("partial_json", argument(Field.PARTIAL_JSON))
            .with("thinking", characters(Field.OTHER_OUTPUT))
            .with("content", characters(Field.OTHER_OUTPUT))
            .with("stop_reason", text(Field.STOP_REASON));

    private static final JsonShape<Field> DOCUMENT =
            message(object(Field.EVENT)).with("type", text(Field.TYPE)).with("error", ERROR);

    private static final JsonShape<Field> EVENT = object(Field.EVENT)
            .with("type", text(Field.TYPE))
            .with("index", text(Field.INDEX))
            .with("delta", DELTA)
            .with("content_block", BLOCK)
            .with("message", message(object(Field.MESSAGE)))
            .with("usage", USAGE)
            .with("error", ERROR);

    private static final JsonShape<Field> COUNT = object(Field.EVENT)
            .with("input_tokens", text(Field.COUNTED_TOKENS))
            .with("type", text(Field.TYPE))
            .with("error", ERROR);

    private MessagesAnswers() {}

    private static JsonShape<Field> message(JsonShape<Field> shape) {
        return shape.with("id", text(Field.ID))
                .with("model", text(Field.MODEL))
                .with("content", BLOCK)
                .with("stop_reason", text(Field.STOP_REASON))
                .with("usage", USAGE);
    }

    /** Reads an answer that is one message. */
    public static AnswerReader json() {
        return JsonAnswers.reader(DOCUMENT, new MessagesTally());
    }

    /** Reads what comes in place of a stream where Google stands in front: an error in an array, or one message. */
    public static AnswerReader array() {
        return JsonArrayAnswers.reader(DOCUMENT, new MessagesTally());
    }

    /** Reads a stream of events. */
    public static AnswerReader stream() {
        return SseAnswers.reader(EVENT, new MessagesTally(), false);
    }

    /** Reads a stream's events, however they come. */
    public static EventReader events() {
        return new JsonEvents<>(EVENT, new MessagesTally());
    }

    /** Reads the answer of a token-counting call, which is never usage. */
    public static AnswerReader countTokens() {
        return JsonAnswers.reader(COUNT, new MessagesTally());
    }
}
