package dev.sluice.wire;

import java.math.BigDecimal;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a reader learned from the bytes of an answer so far.
 *
 * @param usage         null when the wire carried none
 * @param finishReason  null when the answer did not say
 * @param finishReasonRaw the provider's own word
 * @param model         the model that the answer names
 * @param responseId    the answer's own id, for example {@code resp_...}
 * @param serviceTier   the tier really used; null when untold
 * @param speed         Anthropic's {@code usage.speed}; null when untold
 * @param inferenceGeo  Anthropic's {@code usage.inference_geo}; null when untold
 * @param reportedCostUsd the cost told by the provider (OpenRouter); null when untold
 * @param countedTokens the answer of a token-counting call: never usage
 * @param error         an error inside the answer
 * @param complete      the format's own sign of completion was seen (finish reason, {@code message_stop}, {@code response.completed}, a whole JSON document); for an answer with {@code error}, false
 * @param textChars     characters (code points) of answer text seen, first choice only; with {@code outputChars} the base of estimates
 * @param outputChars   characters (code points) of everything generated that was seen: text, reasoning, tool arguments, of all choices
 */
public record Answer(
        @Nullable Usage usage,
        List<ToolCall> toolCalls,
        @Nullable FinishReason finishReason,
        @Nullable String finishReasonRaw,
        @Nullable String model,
        @Nullable String responseId,
        @Nullable String serviceTier,
        @Nullable String speed,
        @Nullable String inferenceGeo,
        @Nullable BigDecimal reportedCostUsd,
        @Nullable Long countedTokens,
        @Nullable AnswerError error,
        boolean complete,
        long textChars,
        long outputChars) {

    private static final Set<String> UNDER_WAY = Set.of("queued", "in_progress");

    /** Whether the provider goes on without us, in the background, and says so: what it comes to shows when it is fetched. */
    public boolean isUnderWay() {
        return error == null && finishReasonRaw != null && UNDER_WAY.contains(finishReasonRaw);
    }

    /** The same answer, ended by an error that its events do not tell. */
    Answer failed(AnswerError told) {
        return new Answer(
                usage,
                toolCalls,
                FinishReason.ERROR,
                finishReasonRaw,
                model,
                responseId,
                serviceTier,
                speed,
                inferenceGeo,
                reportedCostUsd,
                countedTokens,
                told,
                false,
                textChars,
                outputChars);
    }

    /** An error that the provider put into an answer. */
    public record AnswerError(
            @Nullable String type,
            @Nullable String code,
            @Nullable String message) {}
}
