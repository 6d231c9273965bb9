package dev.sluice.wire.bedrock;

import dev.sluice.wire.AnswerHead;
import dev.sluice.wire.AnswerReader;
import dev.sluice.wire.AnswerTally;
import dev.sluice.wire.Counts;
import dev.sluice.wire.FinishReason;
import dev.sluice.wire.JsonText;
import dev.sluice.wire.Usage;
import dev.sluice.wire.bedrock.ConverseAnswers.Field;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What Converse's answers tell: a document's blocks and an event's one block or delta are taken over at the end. */
final class ConverseTally extends AnswerTally<Field> {
    /** No answer calls so many tools. */
    private static final int MAX_CALLS = 1_000;

    private static final byte[] NOTHING = new byte[0];

    private final String askedModel;
    private final AmazonError errorFields;
    private final Counts<Field> counts = new Counts<>(Field.class);

    // The current event.
    private long index;
    private long eventText;
    private long eventOutput;
    private byte[] inputPiece = NOTHING;
    private @Nullable String stopReason;
    private @Nullable String eventTier;
    private @Nullable String routedModel;
    private List<Tool> tools = List.of();
    private int keptInput;

    private @Nullable Tool tool;
    private boolean oneHour;
    private long detail;

    /** A call as it begins in a stream, or whole in a document. */
    private static final class Tool {
        @Nullable
        String id;

        @Nullable
        String name;

        byte[] input = NOTHING;
        boolean client = true;
    }

    ConverseTally(AnswerHead answer) {
        this.askedModel = answer.model();
        this.errorFields = new AmazonError(answer.header());
    }

    @Override
    public void begin(Field field) {
        switch (field) {
            case EVENT -> beginEvent();
            case TOOL -> tool = new Tool();
            case CACHE_DETAIL -> {
                oneHour = false;
                detail = 0;
            }
            default -> {}
        }
    }

    @Override
    public void end(Field field) {
        switch (field) {
            case TOOL -> endTool();
            case CACHE_DETAIL -> {
                if (oneHour) {
                    counts.tell(Field.CACHE_WRITE_1H_TOKENS, counts.of(Field.CACHE_WRITE_1H_TOKENS) + detail);
                }
            }
            default -> {}
        }
    }

    @Override
    public void string(Field field, JsonText text) {
        switch (field) {
            case TEXT -> {
                eventText += text.characters();
                eventOutput += text.characters();
            }
            case OTHER_OUTPUT -> eventOutput += text.characters();
            case INPUT_PIECE -> {
                inputPiece = text.toBytes(AnswerReader.MAX_ARGUMENT_BYTES);
                eventOutput += text.characters();
            }
            case STOP_REASON -> stopReason = text.toString();
            case SERVICE_TIER -> eventTier = text.toString();
            case ROUTED_MODEL -> routedModel = text.toString();
            case DETAIL_TTL -> oneHour = text.is("1h");
            case ERROR_TYPE -> errorFields.type(text);
            case ERROR_MESSAGE -> errorFields.message(text);
            case TOOL_ID, TOOL_NAME, TOOL_TYPE, TOOL_INPUT -> tellTool(field, text);
            default -> {}
        }
    }

    @Override
    public void number(Field field, JsonText text) {
        switch (field) {
            case INDEX -> index = text.count();
            case DETAIL_TOKENS -> detail = Math.max(0, text.count());
            case INPUT_TOKENS, OUTPUT_TOKENS, CACHE_READ_TOKENS, CACHE_WRITE_TOKENS -> counts.tell(field, text.count());
            case TOOL_INPUT -> tellTool(field, text);
            default -> {}
        }
    }

    private void beginEvent() {
        counts.clear();
        index = 0;
        eventText = 0;
        eventOutput = 0;
        inputPiece = NOTHING;
        stopReason = null;
        eventTier = null;
        routedModel = null;
        tool = null;
        keptInput = 0;
        if (!tools.isEmpty()) {
            tools = List.of();
        }
    }

    private void tellTool(Field field, JsonText text) {
        var current = tool;
        if (current == null) {
            return;
        }
        switch (field) {
            case TOOL_ID -> current.id = text.toString();
            case TOOL_NAME -> current.name = text.toString();
            case TOOL_TYPE -> current.client = !text.is("server_tool_use");
            default -> {
                current.input = text.toBytes(AnswerReader.MAX_ARGUMENT_BYTES - keptInput);
                keptInput += current.input.length;
                eventOutput += text.characters();
            }
        }
    }

    private void endTool() {
        var ended = tool;
        tool = null;
        if (ended != null && ended.client && tools.size() < MAX_CALLS) {
            if (tools.isEmpty()) {
                tools = new ArrayList<>(1);
            }
            tools.add(ended);
        }
    }

    @Override
    protected void commit(boolean namedError) {
        textChars += eventText;
        outputChars += eventOutput;
        tools.forEach(this::call);
        if (inputPiece.length > 0) {
            var call = calls.find(index);
            if (call != null) {
                calls.append(call, inputPiece);
            }
        }
        if (counts.tells(Field.INPUT_TOKENS) || counts.tells(Field.OUTPUT_TOKENS)) {
            usage = told();
        }
        if (stopReason != null) {
            finishReasonRaw = stopReason;
            finishReason = reason(stopReason);
            finished = true;
        }
        serviceTier = eventTier == null ? serviceTier : eventTier;
        error = error == null ? errorFields.toError(finished || usage != null) : error;
        if (error == null) {
            model = routedModel != null ? routedModel : model == null ? askedModel : model;
        }
    }

    private void call(Tool told) {
        var call = calls.begin(index);
        if (call != null) {
            call.identify(told.id, told.name, true);
            calls.append(call, told.input);
        }
    }

    private Usage told() {
        long writtenFor1h = counts.of(Field.CACHE_WRITE_1H_TOKENS);
        return new Usage(
                counts.of(Field.INPUT_TOKENS),
                counts.of(Field.CACHE_READ_TOKENS),
                Math.max(0, counts.of(Field.CACHE_WRITE_TOKENS) - writtenFor1h),
                writtenFor1h,
                counts.of(Field.OUTPUT_TOKENS),
                0,
                0,
                0,
                0,
                0,
                0);
    }

    private static FinishReason reason(String raw) {
        return switch (raw) {
            case "end_turn", "stop_sequence" -> FinishReason.STOP;
            case "max_tokens", "model_context_window_exceeded" -> FinishReason.LENGTH;
            case "tool_use" -> FinishReason.TOOL_CALLS;
            case "guardrail_intervened", "content_filtered" -> FinishReason.CONTENT_FILTER;
            default -> FinishReason.OTHER;
        };
    }
}
