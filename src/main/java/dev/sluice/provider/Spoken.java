package dev.sluice.provider;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;

/**
 * What is known of a host's HTTP: shared by all loops. Whether it speaks HTTP/2 is found out by one connection, which is used either way; those
 * opened beside it do not ask.
 */
final class Spoken {
    /** A host may learn HTTP/2 one day. */
    private static final Duration KEPT = Duration.ofHours(1);

    /** One that asks, and never has an answer, makes room for another. */
    private static final Duration ASKING = Duration.ofSeconds(30);

    private sealed interface State {}

    private record Two() implements State {}

    /** @param until by {@link System#nanoTime}; then somebody may ask */
    private record One(long until) implements State {
        static One during(Duration time) {
            return new One(System.nanoTime() + time.toNanos());
        }
    }

    private final boolean mayBeTwo;
    private final AtomicReference<State> state = new AtomicReference<>(One.during(Duration.ZERO));

    /** @param mayBeTwo false for a host that is spoken to in HTTP/1.1, whatever else it knows */
    Spoken(boolean mayBeTwo) {
        this.mayBeTwo = mayBeTwo;
    }

    boolean isHttp2() {
        return state.get() instanceof Two;
    }

    /** Whether a connection that is opened now should offer HTTP/2. Whoever is told so tells what came of it. */
    boolean mayOffer() {
        if (!mayBeTwo) {
            return false;
        }
        var now = state.get();
        return now instanceof Two
                || (now instanceof One(var until)
                        && System.nanoTime() - until >= 0
                        && state.compareAndSet(now, One.during(ASKING)));
    }

    void http2() {
        state.set(new Two());
    }

    void http1() {
        state.set(One.during(KEPT));
    }

    /** There was no connection. */
    void forget() {
        state.set(One.during(Duration.ZERO));
    }
}
