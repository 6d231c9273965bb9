package dev.sluice.provider;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A value that ends, and is fetched anew before it does. There is never more than one fetch under way. The first request past
 * a lease's time of renewal starts it and does not wait; one that fails leaves the old value in use while that is good. What
 * nobody asks for is not renewed: then the next request waits for a fetch, as the very first one does.
 */
final class Renewed<V> {
    private static final Logger log = LoggerFactory.getLogger(Renewed.class);

    /** Between tries of a renewal that nobody waits for. */
    static final Duration RETRY_PAUSE = Duration.ofSeconds(10);

    /**
     * A value and its time.
     *
     * @param renewAt when the next one is fetched
     * @param endsAt  when it is no longer used
     */
    record Lease<V>(V value, Instant renewAt, Instant endsAt) {
        @Override
        public String toString() {
            return "Lease[until " + endsAt + "]";
        }
    }

    private final String name;
    private final Supplier<CompletionStage<Lease<V>>> source;
    private final InstantSource clock;
    private final AtomicReference<@Nullable CompletableFuture<V>> underWay = new AtomicReference<>();
    private volatile @Nullable Lease<V> held;
    private volatile Instant nextTry = Instant.MIN;

    /** @param name for the log */
    Renewed(String name, Supplier<CompletionStage<Lease<V>>> source, InstantSource clock) {
        this.name = name;
        this.source = source;
        this.clock = clock;
    }

    /** The value, when there is a good one. */
    @Nullable
    V atHand() {
        var lease = held;
        var now = clock.instant();
        if (lease == null || !now.isBefore(lease.endsAt)) {
            return null;
        }
        if (!now.isBefore(lease.renewAt) && !now.isBefore(nextTry) && underWay.get() == null) {
            var _ = obtain();
        }
        return lease.value;
    }

    /** The value that is being fetched, or a new one. Completes on the fetch's thread. */
    CompletableFuture<V> obtain() {
        var mine = new CompletableFuture<V>();
        var others = underWay.compareAndExchange(null, mine);
        if (others != null) {
            return others;
        }
        var lease = held;
        if (lease != null && clock.instant().isBefore(lease.renewAt)) {
            // Somebody's fetch ended between our caller's look and ours.
            underWay.set(null);
            mine.complete(lease.value);
        } else {
            var _ = fetch().whenComplete((fetched, failure) -> ended(mine, fetched, failure));
        }
        return mine;
    }

    private CompletionStage<Lease<V>> fetch() {
        try {
            return source.get();
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private void ended(CompletableFuture<V> mine, @Nullable Lease<V> fetched, @Nullable Throwable thrown) {
        if (fetched != null) {
            held = fetched;
            underWay.set(null);
            mine.complete(fetched.value);
        } else {
            var failure = UpstreamFailure.unwrapped(
                    thrown == null ? new IllegalStateException(name + ": nothing came") : thrown);
            nextTry = clock.instant().plus(RETRY_PAUSE);
            warnIfUnnoticed(failure);
            underWay.set(null);
            mine.completeExceptionally(failure);
        }
    }

    /** No request fails yet, so nobody else would say it. */
    private void warnIfUnnoticed(Throwable failure) {
        var lease = held;
        if (lease != null && clock.instant().isBefore(lease.endsAt)) {
            log.atWarn()
                    .addKeyValue("credential", name)
                    .addKeyValue("goodUntil", lease.endsAt)
                    .addKeyValue("detail", failure instanceof UpstreamFailure known ? known.getMessage() : "a bug")
                    .log("a credential could not be renewed; the old one is used while it is good");
        }
    }

    /** The value was refused though it should be good: the next request fetches another. */
    void forget(V value) {
        var lease = held;
        if (lease != null && lease.value.equals(value)) {
            held = null;
        }
    }
}
