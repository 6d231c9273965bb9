package dev.sluice.export;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** One object at a time is held in a node's memory: who comes meanwhile waits. Those who come are as many as there are slices, at most. */
final class Turn {
    /** Longer than two attempts at an upload: who takes longer is not waited for any more. */
    private static final Duration LONGEST = Duration.ofMinutes(20);

    private CompletionStage<?> last = CompletableFuture.completedStage(null);

    synchronized <T> CompletionStage<T> take(Supplier<CompletionStage<T>> work) {
        var mine = last.handle((_, _) -> true).thenCompose(_ -> work.get());
        last = mine.thenApply(done -> done).toCompletableFuture().orTimeout(LONGEST.toSeconds(), TimeUnit.SECONDS);
        return mine;
    }
}
