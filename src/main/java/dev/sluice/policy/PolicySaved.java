package dev.sluice.policy;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A version of the policy document, as it came into force.
 *
 * @param number     counts from 1
 * @param text       whole, secrets that stand in it included
 * @param by         who saved it: a login; {@code (file)} when it was found on disk
 * @param restored   the version that was rolled back to; null when it was none
 */
record PolicySaved(
        long number,
        String text,
        String by,
        Instant at,
        @Nullable Long restored) implements PolicyHistory.Event {
    /** Without the text, which has secrets in it. */
    @Override
    public String toString() {
        return "PolicySaved[" + number + " by " + by + " at " + at + "]";
    }
}
