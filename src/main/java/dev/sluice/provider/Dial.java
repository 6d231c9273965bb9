package dev.sluice.provider;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The way to a new connection for one call: one address after the other, all within the clock. */
final class Dial {
    /** Less would give up on an address that is merely far away. */
    private static final Duration LEAST = Duration.ofSeconds(1);

    final Call call;
    private final Iterator<InetSocketAddress> addresses;
    private final long deadline;
    private int left;
    private volatile @Nullable CompletableFuture<?> connecting;
    private volatile boolean ready;
    private volatile @Nullable UpstreamFailure told;

    Dial(Call call, List<InetSocketAddress> addresses, Duration clock) {
        this.call = call;
        this.addresses = addresses.iterator();
        this.left = addresses.size();
        this.deadline = System.nanoTime() + clock.toNanos();
    }

    boolean hasNext() {
        return addresses.hasNext() && System.nanoTime() < deadline;
    }

    InetSocketAddress next() {
        return addresses.next();
    }

    /** How long the address that {@link #next} told may take: its share of what is left, so that the others get theirs. */
    Duration patience() {
        var rest = Duration.ofNanos(Math.max(1, deadline - System.nanoTime()));
        var share = rest.dividedBy(Math.max(1, left--));
        return share.compareTo(LEAST) < 0 && rest.compareTo(LEAST) > 0 ? LEAST : share;
    }

    /** @param attempt completes when TCP has connected */
    void connecting(CompletableFuture<?> attempt) {
        connecting = attempt;
    }

    /** Whether there was a connection at all. If not, nothing of the call can have gone out. */
    boolean isConnected() {
        var attempt = connecting;
        return attempt != null && attempt.isDone() && !attempt.isCompletedExceptionally();
    }

    /** Why there was none, when TCP knows: on its way through TLS that gets lost. */
    @Nullable
    Throwable unconnected() {
        var attempt = connecting;
        return attempt != null && attempt.isCompletedExceptionally() ? attempt.exceptionNow() : null;
    }

    /** Everything is agreed on that has to be before a request can go out. */
    void ready() {
        ready = true;
    }

    boolean isReady() {
        return ready;
    }

    /** Why it failed, from one whose word gets lost on its way through TLS. */
    void tell(UpstreamFailure failure) {
        told = failure;
    }

    @Nullable
    UpstreamFailure told() {
        return told;
    }
}
