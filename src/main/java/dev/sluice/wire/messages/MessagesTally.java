package dev.sluice.wire.messages;

import dev.sluice.wire.AnswerReader;
import dev.sluice.wire.AnswerTally;
import dev.sluice.wire.ErrorFields;
import dev.sluice.wire.FinishReason;
import dev.sluice.wire.JsonText;
import dev.sluice.wire.messages.MessagesAnswers.Field;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What Anthropic's messages tell: a document's blocks and an event's one block or delta are taken over at the end. */
final class MessagesTally extends AnswerTally<Field> {
    /** No message calls so many tools. */
    private static final int MAX_BLOCKS = 1_000;

    private static final byte[] NOTHING = new byte[0];

    private final MessagesUsage total = new MessagesUsage();

    // The current event.
    private @Nullable MessagesUsage counts;
    private boolean stopped;
    private long index;
    private long eventText;
    private long eventOutput;
    private byte[] partialJson = NOTHING;
    private @Nullable String stopReason;
    private @Nullable String eventId;
    private @Nullable String eventModel;
    private @Nullable String eventTier;
    private @Nullable String eventSpeed;
    private @Nullable String eventGeo;
    private @Nullable Long counted;
    private boolean errorTold;
    private boolean failed;
    private ErrorFields errorFields = new ErrorFields();
    private List<Block> blocks = List.of();
    private int keptInput;

    private @Nullable Block block;

    /** A block as it begins in a stream, or whole in a document. */
    private static final class Block {
        @Nullable
        String id;

        @Nullable
        String name;

        byte[] input = NOTHING;
        boolean toolUse;
        long inputCharacters;
    }

    @Override
    public void begin(Field field) {
        switch (field) {
            case EVENT -> beginEvent();
            case BLOCK -> block = new Block();
            case ITERATION -> counts().beginIteration();
            case ERROR -> errorTold = true;
            default -> {}
        }
    }

    @Override
    public void end(Field field) {
        switch (field) {
            case BLOCK -> endBlock();
            case ITERATION -> counts().endIteration();
            default -> {}
        }
    }

    @Override
    public void string(Field field, JsonText text) {
        switch (field) {
            case TYPE -> type(text);
            case TEXT -> {
                eventText += text.characters();
                eventOutput += text.characters();
            }
            case OTHER_OUTPUT -> eventOutput += text.characters();
            case PARTIAL_JSON -> {
                partialJson = text.toBytes(AnswerReader.MAX_ARGUMENT_BYTES);
                eventOutput += text.characters();
            }
            case ID -> eventId = known(responseId, text);
            case MODEL -> eventModel = known(model, text);
            case STOP_REASON -> stopReason = text.toString();
            case SERVICE_TIER -> eventTier = text.toString();
            case SPEED -> eventSpeed = text.toString();
            case INFERENCE_GEO -> eventGeo = text.toString();
            case ITERATION_TYPE -> counts().iterationType(text.is("message"), text.is("fallback_message"));
            case BLOCK_TYPE, BLOCK_ID, BLOCK_NAME, BLOCK_INPUT -> tellBlock(field, text);
            case ERROR, ERROR_MESSAGE, ERROR_TYPE, ERROR_CODE -> tellError(field, text);
            default -> {}
        }
    }

    @Override
    public void number(Field field, JsonText text) {
        switch (field) {
            case INDEX -> index = text.count();
            case COUNTED_TOKENS -> counted = text.count() < 0 ? null : (Long) text.count();
            case BLOCK_INPUT -> tellBlock(field, text);
            case ERROR_CODE -> errorFields.code(text);
            case INPUT_TOKENS,
                    OUTPUT_TOKENS,
                    CACHE_READ_TOKENS,
                    CACHE_WRITE_TOKENS,
                    CACHE_WRITE_1H_TOKENS,
                    THINKING_TOKENS,
                    WEB_SEARCHES -> counts().tell(field, text.count());
            default -> {}
        }
    }

    private void beginEvent() {
        counts = null;
        stopped = false;
        index = 0;
        eventText = 0;
        eventOutput = 0;
        partialJson = NOTHING;
        stopReason = null;
        eventId = null;
        eventModel = null;
        eventTier = null;
        eventSpeed = null;
        eventGeo = null;
        counted = null;
        block = null;
        keptInput = 0;
        if (!blocks.isEmpty()) {
            blocks = List.of();
        }
        if (errorTold || failed) {
            errorTold = false;
            failed = false;
            errorFields = new ErrorFields();
        }
    }

    private void type(JsonText text) {
        stopped = text.is("message_stop");
        failed = text.is("error");
    }

    private MessagesUsage counts() {
        var known = counts;
        if (known == null) {
            known = new MessagesUsage();
            counts = known;
        }
        return known;
    }

    private void tellBlock(Field field, JsonText text) {
        var current = block;
        if (current == null) {
            return;
        }
        switch (field) {
            case BLOCK_TYPE -> current.toolUse = text.is("tool_use");
            case BLOCK_ID -> current.id = text.toString();
            case BLOCK_NAME -> current.name = text.toString();
            default -> {
                current.input = text.toBytes(AnswerReader.MAX_ARGUMENT_BYTES - keptInput);
                keptInput += current.input.length;
                current.inputCharacters = text.characters();
            }
        }
    }

    private void endBlock() {
        var ended = block;
        block = null;
        if (ended == null || blocks.size() == MAX_BLOCKS) {
            return;
        }
        eventOutput += isEmptyObject(ended.input) ? 0 : ended.inputCharacters;
        if (ended.toolUse) {
            if (blocks.isEmpty()) {
                blocks = new ArrayList<>(1);
            }
            blocks.add(ended);
        }
    }

    private void tellError(Field field, JsonText text) {
        switch (field) {
            case ERROR_TYPE -> errorFields.type(text);
            case ERROR_CODE -> errorFields.code(text);
            case ERROR -> {
                errorTold |= !text.isEmpty();
                errorFields.message(text);
            }
            default -> errorFields.message(text);
        }
    }

    @Override
    protected void commit(boolean namedError) {
        textChars += eventText;
        outputChars += eventOutput;
        responseId = later(responseId, eventId);
        model = later(model, eventModel);
        serviceTier = later(serviceTier, eventTier);
        speed = later(speed, eventSpeed);
        inferenceGeo = later(inferenceGeo, eventGeo);
        blocks.forEach(this::call);
        if (partialJson.length > 0) {
            var call = calls.find(index);
            if (call != null) {
                calls.append(call, partialJson);
            }
        }
        if (counts != null) {
            total.update(counts);
            usage = total.isTold() ? total.toUsage() : null;
        }
        if (stopReason != null) {
            finishReasonRaw = stopReason;
            finishReason = reason(stopReason);
        }
        countedTokens = counted == null ? countedTokens : counted;
        finished |= stopped;
        if (error == null && (errorTold || failed || namedError)) {
            error = errorFields.toError();
        }
    }

    private static @Nullable String later(@Nullable String known, @Nullable String told) {
        return told == null ? known : told;
    }

    private void call(Block told) {
        var call = calls.begin(index);
        if (call != null) {
            call.identify(told.id, told.name, true);
            // In a stream the input begins as {} and comes in fragments.
            if (!isEmptyObject(told.input)) {
                calls.append(call, told.input);
            }
        }
    }

    private static boolean isEmptyObject(byte[] json) {
        return json.length == 2;
    }

    private static FinishReason reason(String raw) {
        return switch (raw) {
            case "end_turn", "stop_sequence" -> FinishReason.STOP;
            case "max_tokens", "model_context_window_exceeded" -> FinishReason.LENGTH;
            case "tool_use" -> FinishReason.TOOL_CALLS;
            case "refusal" -> FinishReason.CONTENT_FILTER;
            default -> FinishReason.OTHER;
        };
    }
}
