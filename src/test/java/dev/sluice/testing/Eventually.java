package dev.sluice.testing;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Waits until an assertion holds: for what happens soon, but not at a known moment. */
public final class Eventually {
    private static final Duration BETWEEN_TRIES = Duration.ofMillis(10);

    /** Also for a machine that stood still for all of the deadline. */
    private static final int LEAST_TRIES = 5;

    /** An assertion; it may throw what it likes. */
    @FunctionalInterface
    public interface Assertion {
        void check() throws Exception;
    }

    private Eventually() {}

    /** Returns as soon as the assertion holds; after the deadline its last failure is thrown. */
    public static void await(Duration deadline, Assertion assertion) {
        var end = System.nanoTime() + deadline.toNanos();
        for (var tries = 1; ; tries++) {
            try {
                assertion.check();
                return;
            } catch (Exception | AssertionError failure) {
                if (tries >= LEAST_TRIES && System.nanoTime() >= end) {
                    throw new AssertionError("not within " + deadline + ": " + failure.getMessage(), failure);
                }
            }
            LockSupport.parkNanos(BETWEEN_TRIES.toNanos());
        }
    }
}
