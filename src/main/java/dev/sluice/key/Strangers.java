package dev.sluice.key;

import dev.sluice.key.GatewayKeys.Refused;
import dev.sluice.key.GatewayKeys.Verdict;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Keys that this node has not heard of. Another one may have made them a moment ago, so their actors are asked: few at a time, and not about
 * the same one again and again. Whoever makes up keys by the thousand gets no further than here.
 */
final class Strangers {
    /** Wakes so many actors at a time at most. */
    static final int ASKED_AT_ONCE = 16;

    /** Refused ones that are remembered, some 200 bytes each. */
    static final int REMEMBERED = 1024;

    /** How long they are. */
    static final Duration REMEMBERED_FOR = Duration.ofSeconds(1);

    private static final CompletionStage<Verdict> TOO_MANY =
            CompletableFuture.completedStage(new Refused("an unknown gateway key, one of very many at this moment"));

    private record Stranger(CompletableFuture<Verdict> verdict, long askedAt) {
        boolean isFresh(long now) {
            return !verdict.isDone() || now - askedAt < REMEMBERED_FOR.toNanos();
        }
    }

    private final ConcurrentHashMap<KeyHash, Stranger> known = new ConcurrentHashMap<>();
    private final Semaphore free = new Semaphore(ASKED_AT_ONCE);
    private final LongSupplier nanos;

    Strangers(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /** @param question about this key; asked if it was not just now */
    @SuppressWarnings("ReferenceEquality") // A question is its own only equal.
    CompletionStage<Verdict> verify(KeyHash key, Supplier<CompletionStage<Verdict>> question) {
        var now = nanos.getAsLong();
        var before = known.get(key);
        if (before != null && before.isFresh(now)) {
            return before.verdict();
        }
        if (!free.tryAcquire()) {
            return TOO_MANY;
        }
        if (known.size() >= REMEMBERED) {
            known.values().removeIf(stranger -> stranger.verdict().isDone());
        }
        var mine = new Stranger(new CompletableFuture<>(), now);
        var current = known.merge(key, mine, (old, next) -> old.isFresh(now) ? old : next);
        if (current.verdict() != mine.verdict()) {
            free.release();
            return current.verdict();
        }
        var _ = question.get().whenComplete((verdict, failure) -> {
            free.release();
            // One that turns out to be good is none any more.
            if (failure != null || !(verdict instanceof Refused)) {
                known.remove(key, mine);
            }
            mine.verdict()
                    .complete(
                            failure == null ? verdict : new Refused("an unknown gateway key that nobody answers for"));
        });
        return mine.verdict();
    }

    int remembered() {
        return known.size();
    }
}
