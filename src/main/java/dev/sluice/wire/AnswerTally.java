package dev.sluice.wire;

import dev.sluice.wire.Answer.AnswerError;
import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one format makes of the fields of its documents or events. Fields are told as they are found and count only when
 * their event has ended well: half an event never reached the client either.
 *
 * @param <F> the format's fields
 */
public abstract class AnswerTally<F extends Enum<F>> implements JsonListener<F> {
    protected @Nullable Usage usage;
    protected ToolCalls calls = new ToolCalls();
    protected @Nullable FinishReason finishReason;
    protected @Nullable String finishReasonRaw;
    protected @Nullable String model;
    protected @Nullable String responseId;
    protected @Nullable String serviceTier;
    protected @Nullable String speed;
    protected @Nullable String inferenceGeo;
    protected @Nullable BigDecimal reportedCostUsd;
    protected @Nullable Long countedTokens;
    protected @Nullable AnswerError error;
    protected boolean finished;
    protected long textChars;
    protected long outputChars;

    /**
     * The event has ended, or the document, even if cut off.
     *
     * @param namedError whether it was an SSE event with the name {@code error}
     */
    protected abstract void commit(boolean namedError);

    /** Whether the event that ends is the chunk that comes only because usage was asked for. */
    protected boolean onlyUsage() {
        return false;
    }

    /** A whole document was read, which is the sign of completion of an answer that is no stream. */
    final void finishDocument() {
        finished = true;
    }

    /** The provider said that this is an error and nothing else that can be read. */
    final void failUnexplained() {
        if (error == null) {
            error = new AnswerError(null, null, null);
        }
    }

    final Answer answer() {
        return answer(true);
    }

    /** @param whole whether what stands around the events is whole, too: a sign of completion is worth nothing without it */
    final Answer answer(boolean whole) {
        boolean failed = error != null || finishReason == FinishReason.ERROR;
        return new Answer(
                usage,
                calls.isEmpty() ? List.of() : calls.toList(),
                failed ? FinishReason.ERROR : finishReason,
                finishReasonRaw,
                model,
                responseId,
                serviceTier,
                speed,
                inferenceGeo,
                reportedCostUsd,
                countedTokens,
                error,
                finished && whole && !failed,
                textChars,
                outputChars);
    }

    /** What is known, or else the new text, unless it says nothing. Spares a string for every event that repeats itself. */
    protected static @Nullable String known(@Nullable String known, JsonText text) {
        return known != null || text.isEmpty() ? known : text.toString();
    }
}
