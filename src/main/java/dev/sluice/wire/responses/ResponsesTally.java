package dev.sluice.wire.responses;

import dev.sluice.wire.AnswerReader;
import dev.sluice.wire.AnswerTally;
import dev.sluice.wire.Counts;
import dev.sluice.wire.ErrorFields;
import dev.sluice.wire.FinishReason;
import dev.sluice.wire.JsonText;
import dev.sluice.wire.ToolCalls;
import dev.sluice.wire.responses.ResponsesAnswers.Field;
import org.jspecify.annotations.Nullable;

/**
 * What responses tell. In a stream the deltas are counted as they come, and the last event, which repeats everything, has
 * the last word.
 */
final class ResponsesTally extends AnswerTally<Field> {
    private static final byte[] NOTHING = new byte[0];

    /** What an event is, as far as it matters here. */
    private enum Kind {
        OTHER(""),
        CREATED("response.created"),
        QUEUED("response.queued"),
        TEXT_DELTA("response.output_text.delta"),
        AUDIO_DELTA("response.audio.delta"),
        OUTPUT_AUDIO_DELTA("response.output_audio.delta"),
        ARGUMENTS_DELTA("response.function_call_arguments.delta"),
        INPUT_DELTA("response.custom_tool_call_input.delta"),
        ARGUMENTS_DONE("response.function_call_arguments.done"),
        INPUT_DONE("response.custom_tool_call_input.done"),
        ITEM_ADDED("response.output_item.added"),
        ITEM_DONE("response.output_item.done"),
        COMPLETED("response.completed"),
        INCOMPLETE("response.incomplete"),
        FAILED("response.failed"),
        ERROR("error");

        private static final Kind[] ALL = values();

        private final String type;

        Kind(String type) {
            this.type = type;
        }

        static Kind of(JsonText type) {
            for (var kind : ALL) {
                if (type.is(kind.type)) {
                    return kind;
                }
            }
            return OTHER;
        }
    }

    private final boolean document;

    // The current event.
    private @Nullable Kind kind;
    private long outputIndex;
    private byte[] delta = NOTHING;
    private long deltaCharacters;
    private byte[] wholeArguments = NOTHING;
    private @Nullable Item item;
    private @Nullable Response response;
    private boolean errorTold;
    private ErrorFields errorFields = new ErrorFields();
    private ErrorFields flatFields = new ErrorFields();

    /** The response that an event or the document repeats. */
    private static final class Response {
        @Nullable
        String status;

        @Nullable
        String reason;

        @Nullable
        String serviceTier;

        final Counts<Field> counts = new Counts<>(Field.class);
        final ToolCalls calls = new ToolCalls();
        int items;
        long text;
        long output;
    }

    ResponsesTally(boolean document) {
        this.document = document;
    }

    @Override
    public void begin(Field field) {
        switch (field) {
            case EVENT -> beginEvent();
            case RESPONSE -> response = new Response();
            case ITEM, OUTPUT_ITEM -> item = new Item();
            case PART -> partIsText = false;
            case ERROR -> errorTold = true;
            default -> {}
        }
    }

    // The current part of the current item.
    private boolean partIsText;
    private long partCharacters;

    @Override
    public void end(Field field) {
        if (field == Field.PART) {
            endPart();
        } else if (field == Field.OUTPUT_ITEM) {
            endOutputItem();
        }
    }

    @Override
    public void string(Field field, JsonText text) {
        switch (field) {
            case TYPE -> kind = Kind.of(text);
            case DELTA -> delta(text);
            case WHOLE_ARGUMENTS -> wholeArguments = text.toBytes(AnswerReader.MAX_ARGUMENT_BYTES);
            case ID -> responseId = known(responseId, text);
            case MODEL -> model = known(model, text);
            case STATUS, INCOMPLETE_REASON, SERVICE_TIER -> tellResponse(field, text);
            case ITEM_TYPE, ITEM_CALL_ID, ITEM_NAME, ITEM_ARGUMENTS, ENVIRONMENT_TYPE -> tellItem(field, text);
            case PART_TYPE -> partIsText = text.is("output_text");
            case PART_TEXT -> partCharacters += text.characters();
            case SUMMARY_TEXT -> tellItem(field, text);
            case ERROR, ERROR_TYPE, ERROR_CODE, ERROR_MESSAGE -> tellError(field, text);
            case FLAT_CODE -> flatFields.code(text);
            case FLAT_MESSAGE -> flatFields.message(text);
            default -> {}
        }
    }

    @Override
    public void number(Field field, JsonText text) {
        switch (field) {
            case OUTPUT_INDEX -> outputIndex = text.count();
            case COUNTED_TOKENS -> countedTokens = text.count() < 0 ? null : (Long) text.count();
            case ERROR_CODE -> errorFields.code(text);
            case FLAT_CODE -> flatFields.code(text);
            default -> {
                if (response != null) {
                    response.counts.tell(field, text.count());
                }
            }
        }
    }

    private void beginEvent() {
        kind = null;
        outputIndex = 0;
        delta = NOTHING;
        deltaCharacters = 0;
        wholeArguments = NOTHING;
        item = null;
        response = document ? new Response() : null;
        if (errorTold || !errorFields.isEmpty() || !flatFields.isEmpty()) {
            errorTold = false;
            errorFields = new ErrorFields();
            flatFields = new ErrorFields();
        }
    }

    // The type mostly comes first, and then the text of most deltas need not be kept.
    private void delta(JsonText text) {
        deltaCharacters = text.characters();
        if (kind == null || kind == Kind.ARGUMENTS_DELTA || kind == Kind.INPUT_DELTA) {
            delta = text.toBytes(AnswerReader.MAX_ARGUMENT_BYTES);
        }
    }

    private void tellResponse(Field field, JsonText text) {
        var current = response;
        if (current == null) {
            return;
        }
        switch (field) {
            case STATUS -> current.status = text.toString();
            case INCOMPLETE_REASON -> current.reason = text.toString();
            default -> current.serviceTier = text.is("auto") ? null : text.toString();
        }
    }

    private void tellItem(Field field, JsonText text) {
        var current = item;
        if (current == null) {
            return;
        }
        switch (field) {
            case ITEM_TYPE -> current.type = text.toString();
            case ITEM_CALL_ID -> current.callId = text.toString();
            case ITEM_NAME -> current.name = text.toString();
            case ENVIRONMENT_TYPE -> current.elsewhere = !text.is("local");
            case SUMMARY_TEXT -> current.otherOutput += text.characters();
            default -> {
                current.arguments = text.toBytes(AnswerReader.MAX_ARGUMENT_BYTES);
                current.argumentCharacters = text.characters();
            }
        }
    }

    private void endPart() {
        if (item != null && partIsText) {
            item.text += partCharacters;
        } else if (item != null) {
            item.otherOutput += partCharacters;
        }
        partCharacters = 0;
    }

    private void endOutputItem() {
        if (item != null && response != null) {
            response.text += item.text;
            response.output += item.outputCharacters();
            item.addTo(response.calls, response.items++);
        }
        item = null;
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
        if (document) {
            commitResponse();
        } else {
            commitEvent(kind == null ? Kind.OTHER : kind);
        }
        if (error == null) {
            commitError(namedError || kind == Kind.ERROR || kind == Kind.FAILED);
        }
    }

    private void commitEvent(Kind event) {
        switch (event) {
            case TEXT_DELTA -> {
                textChars += deltaCharacters;
                outputChars += deltaCharacters;
            }
            case ARGUMENTS_DELTA, INPUT_DELTA -> {
                outputChars += deltaCharacters;
                var call = calls.find(outputIndex);
                if (call != null) {
                    calls.append(call, delta);
                }
            }
            case ARGUMENTS_DONE, INPUT_DONE -> {
                var call = calls.find(outputIndex);
                if (call != null) {
                    calls.replace(call, wholeArguments);
                }
            }
            case ITEM_ADDED, ITEM_DONE -> {
                if (item != null) {
                    item.addTo(calls, outputIndex);
                }
            }
            case COMPLETED, INCOMPLETE, FAILED -> {
                finished = event != Kind.FAILED;
                commitResponse();
            }
            case CREATED, QUEUED -> commitBegun();
            // Base64, not something a tokenizer has seen.
            case AUDIO_DELTA, OUTPUT_AUDIO_DELTA, ERROR -> {}
            case OTHER -> outputChars += deltaCharacters;
        }
    }

    /** Only what goes on when its stream is cut waits in a queue first. */
    private void commitBegun() {
        if (response != null && "queued".equals(response.status)) {
            finishReasonRaw = response.status;
        }
    }

    private void commitResponse() {
        var told = response;
        if (told == null) {
            return;
        }
        textChars = Math.max(textChars, told.text);
        outputChars = Math.max(outputChars, told.output);
        if (told.items > 0) {
            calls = told.calls;
        }
        if (ResponsesUsage.isToldBy(told.counts)) {
            usage = ResponsesUsage.of(told.counts);
        }
        serviceTier = told.serviceTier == null ? serviceTier : told.serviceTier;
        commitStatus(told.status == null ? statusOf(kind) : told.status, told.reason);
    }

    private static @Nullable String statusOf(@Nullable Kind kind) {
        return switch (kind) {
            case COMPLETED -> "completed";
            case INCOMPLETE -> "incomplete";
            case FAILED -> "failed";
            case null, default -> null;
        };
    }

    private void commitStatus(@Nullable String status, @Nullable String reason) {
        finishReasonRaw = "incomplete".equals(status) && reason != null ? status + ":" + reason : status;
        finishReason = switch (status) {
            case "completed" -> calls.isEmpty() ? FinishReason.STOP : FinishReason.TOOL_CALLS;
            case "incomplete" -> incomplete(reason);
            case "failed" -> FinishReason.ERROR;
            case "cancelled" -> FinishReason.OTHER;
            // Queued and in progress: a background response says how it ended when it is fetched.
            case null, default -> null;
        };
    }

    private static FinishReason incomplete(@Nullable String reason) {
        return switch (reason) {
            case "max_output_tokens" -> FinishReason.LENGTH;
            case "content_filter" -> FinishReason.CONTENT_FILTER;
            case null, default -> FinishReason.OTHER;
        };
    }

    private void commitError(boolean failed) {
        if (errorTold) {
            error = errorFields.toError();
        } else if (failed || finishReason == FinishReason.ERROR || (document && isFrontError())) {
            error = flatFields.toError();
        }
    }

    // What stands before a provider answers with a bare message: {"statusCode":401,"message":"..."}.
    private boolean isFrontError() {
        return flatFields.hasMessage() && finishReasonRaw == null;
    }
}
