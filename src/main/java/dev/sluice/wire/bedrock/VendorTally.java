package dev.sluice.wire.bedrock;

import dev.sluice.wire.AnswerHead;
import dev.sluice.wire.AnswerReader;
import dev.sluice.wire.AnswerTally;
import dev.sluice.wire.Counts;
import dev.sluice.wire.FinishReason;
import dev.sluice.wire.Headers;
import dev.sluice.wire.JsonText;
import dev.sluice.wire.Usage;
import dev.sluice.wire.bedrock.VendorShapes.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What InvokeModel's answers tell of any vendor, and what Bedrock itself adds: headers, metrics, the model of the path. A later count takes
 * the place of an earlier one.
 */
final class VendorTally extends AnswerTally<Field> {
    /** No answer calls so many tools. */
    private static final int MAX_CALLS = 1_000;

    private static final String HEADER = "x-amzn-bedrock-";
    private static final int MOST_DIGITS = 15;

    private final String askedModel;
    private final AmazonError errorFields;
    private final Counts<Field> metered = new Counts<>(Field.class);
    private final Counts<Field> counts = new Counts<>(Field.class);

    // The current event.
    private final Counts<Field> told = new Counts<>(Field.class);
    private long eventText;
    private long eventOutput;
    private @Nullable String stopReason;
    private @Nullable String eventTier;
    private List<Tool> tools = List.of();
    private int keptInput;

    private @Nullable Tool tool;

    /** A call, or a piece of one. */
    private static final class Tool {
        long index;

        @Nullable
        String id;

        @Nullable
        String name;

        byte[] input = new byte[0];
    }

    VendorTally(AnswerHead answer) {
        askedModel = answer.model();
        errorFields = new AmazonError(answer.header());
        meter(answer.header(), "input-token-count", Field.METERED_INPUT);
        meter(answer.header(), "output-token-count", Field.METERED_OUTPUT);
        meter(answer.header(), "cache-read-input-token-count", Field.METERED_CACHE_READ);
        meter(answer.header(), "cache-write-input-token-count", Field.METERED_CACHE_WRITE);
    }

    private void meter(Headers header, String name, Field field) {
        var count = header.value(HEADER + name);
        if (count != null
                && count.length() <= MOST_DIGITS
                && !count.isEmpty()
                && count.chars().allMatch(VendorTally::isDigit)) {
            metered.tell(field, Long.parseLong(count));
        }
    }

    private static boolean isDigit(int c) {
        return c >= '0' && c <= '9';
    }

    @Override
    public void begin(Field field) {
        switch (field) {
            case EVENT -> beginEvent();
            case TOOL -> tool = new Tool();
            default -> {}
        }
    }

    @Override
    public void end(Field field) {
        if (field == Field.TOOL) {
            endTool();
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
            case STOP_REASON -> stopReason = text.toString();
            case SERVICE_TIER -> eventTier = text.toString();
            case ERROR_TYPE -> errorFields.type(text);
            case ERROR_MESSAGE -> errorFields.message(text);
            case TOOL_ID, TOOL_NAME, TOOL_INPUT -> tellTool(field, text);
            default -> {}
        }
    }

    @Override
    public void number(Field field, JsonText text) {
        switch (field) {
            case INPUT_TOKENS,
                    OUTPUT_TOKENS,
                    CACHE_READ_TOKENS,
                    CACHE_WRITE_TOKENS,
                    CACHED_WITHIN_INPUT,
                    METERED_INPUT,
                    METERED_OUTPUT,
                    METERED_CACHE_READ,
                    METERED_CACHE_WRITE,
                    COUNTED_TOKENS -> told.tell(field, text.count());
            case TOOL_INDEX, TOOL_INPUT -> tellTool(field, text);
            default -> {}
        }
    }

    private void beginEvent() {
        told.clear();
        eventText = 0;
        eventOutput = 0;
        stopReason = null;
        eventTier = null;
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
            case TOOL_INDEX -> current.index = text.count();
            case TOOL_ID -> current.id = text.toString();
            case TOOL_NAME -> current.name = text.toString();
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
        if (ended != null && tools.size() < MAX_CALLS) {
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
        take();
        if (stopReason != null) {
            finishReasonRaw = stopReason;
            finishReason = reason(stopReason);
            finished = true;
        }
        // The last event of every stream has them, whatever its vendor calls an end.
        finished |= told.tells(Field.METERED_INPUT);
        serviceTier = eventTier == null ? serviceTier : eventTier;
        countedTokens = told.tells(Field.COUNTED_TOKENS) ? (Long) told.of(Field.COUNTED_TOKENS) : countedTokens;
        error = error == null ? errorFields.toError(usage != null || eventText > 0) : error;
        if (error == null) {
            model = askedModel;
        }
    }

    private void take() {
        counts.replaceBy(told);
        metered.replaceBy(told);
        if (metered.tells(Field.METERED_INPUT) || metered.tells(Field.METERED_OUTPUT)) {
            usage = usage(
                    metered.of(Field.METERED_INPUT),
                    metered.of(Field.METERED_CACHE_READ),
                    metered.of(Field.METERED_CACHE_WRITE),
                    metered.of(Field.METERED_OUTPUT));
        } else if (counts.tells(Field.INPUT_TOKENS) || counts.tells(Field.OUTPUT_TOKENS)) {
            long within = Math.min(counts.of(Field.CACHED_WITHIN_INPUT), counts.of(Field.INPUT_TOKENS));
            usage = usage(
                    counts.of(Field.INPUT_TOKENS) - within,
                    counts.of(Field.CACHE_READ_TOKENS) + within,
                    counts.of(Field.CACHE_WRITE_TOKENS),
                    counts.of(Field.OUTPUT_TOKENS));
        }
    }

    private static Usage usage(long input, long cacheRead, long cacheWrite, long output) {
        return new Usage(input, cacheRead, cacheWrite, 0, output, 0, 0, 0, 0, 0, 0);
    }

    /** A piece without an id belongs to the call that was begun under its index. */
    private void call(Tool piece) {
        var known = piece.id == null ? calls.find(piece.index) : null;
        var call = known == null ? calls.begin(piece.index) : known;
        if (call != null) {
            call.identify(piece.id, piece.name, true);
            calls.append(call, piece.input);
        }
    }

    private static FinishReason reason(String raw) {
        return switch (raw.toLowerCase(Locale.ROOT)) {
            case "stop", "end_turn", "stop_sequence", "finish", "complete", "endoftext", "eos" -> FinishReason.STOP;
            case "length", "max_tokens", "model_length" -> FinishReason.LENGTH;
            case "tool_calls", "tool_use", "tool_call" -> FinishReason.TOOL_CALLS;
            case "content_filter", "content_filtered", "guardrail_intervened", "error_toxic" ->
                FinishReason.CONTENT_FILTER;
            default -> FinishReason.OTHER;
        };
    }
}
