package dev.sluice.journal;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Wakes live queries after a commit. Who takes {@link #next()} before looking, and finds nothing, may wait for it: a commit that the look
 * missed came later and completes it. So nothing polls, and no commit goes unseen.
 */
final class CommitSignal {
    private final AtomicReference<CompletableFuture<Void>> next = new AtomicReference<>(new CompletableFuture<>());

    CompletionStage<Void> next() {
        return next.get();
    }

    void fire() {
        next.getAndSet(new CompletableFuture<>()).complete(null);
    }
}
