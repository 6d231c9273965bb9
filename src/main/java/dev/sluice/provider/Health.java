package dev.sluice.provider;

import dev.sluice.provider.Condition.Breaker;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.pattern.CircuitBreaker;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether a provider should be asked: after a row of failures it rests, is probed with one request when it has rested, and takes requests
 * again when that one is answered. Failures are those of the provider itself; a refusal of this request or this key is none.
 */
final class Health {
    private static final Logger log = LoggerFactory.getLogger(Health.class);

    /** In a row. Fewer would put a provider to rest for a hiccup that a repetition mends. */
    static final int MAX_FAILURES = 5;

    /** Each rest that follows on a failed probe is longer. */
    private static final Duration FIRST_REST = Duration.ofSeconds(5);

    private static final Duration LONGEST_REST = Duration.ofMinutes(1);

    /** A probe whose answer does not come by then makes room for another. */
    private static final Duration PROBE = Duration.ofSeconds(30);

    private static final long NOBODY = Long.MIN_VALUE;

    private final CircuitBreaker breaker;
    private final InstantSource clock;
    private final AtomicLong probedUntil = new AtomicLong(NOBODY);
    private final AtomicInteger consecutiveFailures = new AtomicInteger();
    private volatile @Nullable Instant since;
    private volatile @Nullable Instant lastFailure;

    Health(String provider, ActorSystem system, InstantSource clock) {
        this(provider, system, clock, FIRST_REST);
    }

    Health(String provider, ActorSystem system, InstantSource clock, Duration rest) {
        this.clock = clock;
        // Calls do not go through the breaker: their clocks are the connection's.
        breaker = CircuitBreaker.create(system.scheduler(), MAX_FAILURES, Duration.ZERO, rest)
                .withExponentialBackoff(LONGEST_REST)
                .addOnOpenListener(this::turned)
                .addOnHalfOpenListener(this::turned)
                .addOnCloseListener(this::turned)
                .addOnOpenListener(() -> log.atWarn()
                        .addKeyValue("provider", provider)
                        .addKeyValue("failuresInARow", MAX_FAILURES)
                        .log("a provider keeps failing and is passed over where another can answer"))
                .addOnCloseListener(
                        () -> log.atInfo().addKeyValue("provider", provider).log("a provider answers again"));
    }

    /** Whether the next request should go there; one that is told so while the provider rests is its probe. */
    boolean takes() {
        if (breaker.isClosed()) {
            return true;
        }
        return breaker.isHalfOpen() && claimProbe();
    }

    private boolean claimProbe() {
        var now = System.nanoTime();
        var until = probedUntil.get();
        return (until == NOBODY || now - until > 0) && probedUntil.compareAndSet(until, now + PROBE.toNanos());
    }

    private void turned() {
        since = clock.instant();
    }

    void answered() {
        consecutiveFailures.set(0);
        probedUntil.set(NOBODY);
        breaker.succeed();
    }

    void failed() {
        consecutiveFailures.incrementAndGet();
        lastFailure = clock.instant();
        probedUntil.set(NOBODY);
        breaker.fail();
    }

    Breaker state() {
        return breaker.isClosed() ? Breaker.CLOSED : breaker.isHalfOpen() ? Breaker.HALF_OPEN : Breaker.OPEN;
    }

    /** When the breaker came to be as it is; null when it always was. A moment late: it tells so by the way. */
    @Nullable
    Instant since() {
        return since;
    }

    int consecutiveFailures() {
        return consecutiveFailures.get();
    }

    @Nullable
    Instant lastFailure() {
        return lastFailure;
    }
}
