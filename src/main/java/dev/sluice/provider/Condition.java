package dev.sluice.provider;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How a provider does, as far as this node knows.
 *
 * @param since         when its breaker came to be so; null when it always was
 * @param consecutiveFailures since it last answered
 * @param lastFailure   null when none is known
 * @param openRequests  now
 * @param maxOpenRequests past them requests are refused
 * @param keys          that requests may carry in turn; 0 for other credentials, and for none
 * @param restingKeys   of those, the ones that rest after the provider refused them or slowed them down
 */
public record Condition(
        Breaker breaker,
        @Nullable Instant since,
        int consecutiveFailures,
        @Nullable Instant lastFailure,
        int openRequests,
        int maxOpenRequests,
        int keys,
        int restingKeys) {

    /** A circuit breaker's states. */
    public enum Breaker {
        /** It takes requests. */
        CLOSED,
        /** It rests, and requests go elsewhere where they can. */
        OPEN,
        /** It has rested; the next request probes it. */
        HALF_OPEN
    }
}
