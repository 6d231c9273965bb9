package dev.sluice.provider;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Everything that leads to one host, and the choice between HTTP/1.1 and HTTP/2.
 *
 * <p>Which of the two a host speaks is found out by one request, which is served either way; those beside it go over HTTP/1.1, and so do those
 * later for which there is no room on the one connection of HTTP/2. What was found out is forgotten when a connection fails.
 */
final class Line implements Http2.Outcome {
    /** A host may learn HTTP/2 one day. */
    private static final Duration KEPT = Duration.ofHours(1);

    /** A host that is down should not cost every request a second try. */
    private static final Duration KEPT_AFTER_FAILURE = Duration.ofMinutes(1);

    /** One that asks, and is given up before it has an answer, makes room for another. */
    private static final Duration ASKING = Duration.ofSeconds(30);

    private sealed interface Spoken {}

    private record Two() implements Spoken {}

    /** @param until by {@link System#nanoTime}; then somebody may ask */
    private record One(long until) implements Spoken {
        static One during(Duration time) {
            return new One(System.nanoTime() + time.toNanos());
        }
    }

    private final ConnectionPool pool;
    private final @Nullable Http2 http2;
    private final AtomicReference<Spoken> spoken = new AtomicReference<>(One.during(Duration.ZERO));

    /** @param http2 null for a host that is spoken to in HTTP/1.1 only */
    Line(ConnectionPool pool, @Nullable Http2 http2) {
        this.pool = pool;
        this.http2 = http2;
    }

    void send(Call call) {
        var request = call.request();
        if (request == null) {
            return;
        }
        request.getAttribute(Providers.ABANDONED).ifPresent(abandoned -> watch(call, abandoned));
        if (call.answer.isDone()) {
            return;
        }
        var now = spoken.get();
        var translated = http2 != null && mayBeTwo(now) ? http2.translated(request) : null;
        if (http2 != null && translated != null && isMineToTry(now)) {
            http2.send(call, translated, this);
        } else {
            pool.send(call);
        }
    }

    private static boolean mayBeTwo(Spoken now) {
        return switch (now) {
            case Two _ -> true;
            case One(var until) -> System.nanoTime() - until >= 0;
        };
    }

    private boolean isMineToTry(Spoken now) {
        return now instanceof Two || spoken.compareAndSet(now, One.during(ASKING));
    }

    private static void watch(Call call, CompletionStage<?> abandoned) {
        abandoned.whenComplete((done, failure) -> call.fail(abandoned()));
    }

    static UpstreamFailure abandoned() {
        return new UpstreamFailure(UpstreamFailure.Kind.ABANDONED, "nobody waits for the answer any more");
    }

    /** Whether forgetting it would lose nothing but connections that close by themselves. */
    boolean isUnused() {
        return pool.isUnused();
    }

    @Override
    public void answered(boolean inHttp2) {
        if (!inHttp2) {
            spoken.set(One.during(KEPT));
        } else if (!(spoken.get() instanceof Two)) {
            spoken.set(new Two());
        }
    }

    @Override
    public void crowded(Call call) {
        pool.send(call);
    }

    /**
     * A request that was never sent goes over HTTP/1.1, which tries every address and says best what is wrong. One that a connection died
     * under goes out once more, if that connection had worked before: as the pool's would.
     */
    @Override
    public void failed(Call call, UpstreamFailure failure, boolean neverSent) {
        var worked = spoken.getAndSet(One.during(neverSent ? KEPT_AFTER_FAILURE : Duration.ZERO)) instanceof Two;
        if (call.answer.isDone()) {
            call.end();
        } else if (neverSent || (worked && call.mayRepeat())) {
            pool.send(call);
        } else {
            call.fail(failure);
        }
    }
}
