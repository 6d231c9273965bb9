package dev.sluice.quota;

import java.time.Duration;
import java.time.Instant;

/** How long a refused caller is told to wait. */
final class RetryAfter {
    static final Duration MIN = Duration.ofSeconds(1);

    /** A bucket that never refills is worth another try tomorrow: an operator may have refilled it. */
    static final Duration NEVER = Duration.ofDays(1);

    private RetryAfter() {}

    /** In whole seconds, rounded up. */
    static Duration of(Instant now, Instant positiveAt) {
        if (positiveAt.equals(Instant.MAX)) {
            return NEVER;
        }
        var wait = Duration.between(now, positiveAt);
        var seconds = Duration.ofSeconds(wait.getSeconds() + (wait.getNano() > 0 ? 1 : 0));
        return seconds.compareTo(MIN) < 0 ? MIN : seconds;
    }
}
