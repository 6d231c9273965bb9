package dev.sluice.hook;

import java.util.random.RandomGenerator;

/** How long to wait after a failure: twice as long each time, up to a most, give or take a half, so that who failed together comes back apart. */
record Backoff(long firstMillis, long mostMillis, RandomGenerator random) {
    /** @param failures in a row; 1 at least */
    long millis(int failures) {
        var doublings = Math.min(failures - 1, 40);
        var whole = firstMillis > mostMillis >> doublings ? mostMillis : firstMillis << doublings;
        return Math.max(1, (long) (whole * (0.5 + random.nextDouble())));
    }
}
