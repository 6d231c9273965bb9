package dev.sluice.config;

import java.time.Instant;

/**
 * When a grant holds.
 *
 * @param starts  the first instant at which it does
 * @param expires the first instant at which it no longer does
 */
public record Window(Instant starts, Instant expires) {
    public static final Window ALWAYS = new Window(Instant.MIN, Instant.MAX);

    public Window {
        if (!starts.isBefore(expires)) {
            throw new IllegalArgumentException("expires: " + expires + " (expected: after " + starts + ")");
        }
    }

    public boolean contains(Instant instant) {
        return !instant.isBefore(starts) && instant.isBefore(expires);
    }
}
