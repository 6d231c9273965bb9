package dev.sluice.key;

import dev.sluice.key.GatewayKeys.Refused;
import dev.sluice.key.GatewayKeys.Unsaid;
import dev.sluice.key.GatewayKeys.Valid;
import dev.sluice.key.GatewayKeys.Verdict;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** One key as a node knows it: that there is one, and for a moment what its actor said of it last. */
final class RingKey {
    /** From when an answer was asked for: a revocation holds everywhere within this. */
    static final Duration GOOD_FOR = Duration.ofSeconds(1);

    /** Asked again while the last answer is still good, so that nobody waits. */
    static final Duration ASKED_AFTER = Duration.ofMillis(500);

    /** An answer that took longer than it is good for says nothing; then once more. */
    private static final int TRIES = 3;

    /** After a question without an answer nobody else waits for one for as long as a question may take; it goes on being asked. */
    static final Duration UNSAID_FOR = Duration.ofSeconds(3);

    private static final Unsaid NOBODY_SAYS = new Unsaid("a gateway key of which nobody could say whether it holds");

    /** What the node can do about a key. */
    interface Surroundings {
        /** What its actor says; fails when it does not. */
        CompletionStage<KeyStatus> ask(String id);

        void tellUse(String id);

        InstantSource clock();

        LongSupplier nanos();
    }

    /** What was said, and the answer for as long as nothing else is said. */
    private record Said(KeyStatus status, long askedAt, CompletionStage<Verdict> valid) {
        Said(KeyStatus status, long askedAt) {
            this(status, askedAt, CompletableFuture.completedFuture(new Valid(status.key())));
        }
    }

    private final Place place;
    private final String owner;
    private final KeyHash hash;
    private final Surroundings surroundings;
    private final AtomicReference<@Nullable CompletableFuture<Said>> asking = new AtomicReference<>();
    private final AtomicReference<@Nullable Said> said = new AtomicReference<>();
    private volatile long useTold;
    private volatile boolean used;
    private volatile long failedAt;
    private volatile boolean failed;

    RingKey(KeyRecord key, KeyHash hash, Surroundings surroundings) {
        this.place = Place.of(key);
        this.owner = key.terms().owner();
        this.hash = hash;
        this.surroundings = surroundings;
    }

    Place place() {
        return place;
    }

    String owner() {
        return owner;
    }

    CompletionStage<Verdict> verify(KeyHash presented) {
        return hash.equals(presented)
                ? holds(TRIES)
                : CompletableFuture.completedStage(new Refused("not the secret of gateway key " + place.id()));
    }

    /** What was just heard. */
    void hear(KeyStatus status, long askedAt) {
        said.accumulateAndGet(
                new Said(status, askedAt),
                (last, next) -> last != null && last.askedAt() > next.askedAt() ? last : next);
    }

    private CompletionStage<Verdict> holds(int tries) {
        var now = surroundings.nanos().getAsLong();
        var last = said.get();
        if (last == null || now - last.askedAt() >= GOOD_FOR.toNanos()) {
            if (tries == 0) {
                return CompletableFuture.completedStage(NOBODY_SAYS);
            }
            var isUnsaid = failed && now - failedAt < UNSAID_FOR.toNanos();
            var asked = ask(now);
            return isUnsaid
                    ? CompletableFuture.completedStage(NOBODY_SAYS)
                    : asked.thenCompose(_ -> holds(tries - 1)).exceptionally(_ -> NOBODY_SAYS);
        }
        if (now - last.askedAt() >= ASKED_AFTER.toNanos()) {
            var _ = ask(now);
        }
        return judge(last, now);
    }

    private CompletionStage<Verdict> judge(Said last, long now) {
        var status = last.status();
        if (status.revoked() != null) {
            return CompletableFuture.completedStage(new Refused("a revoked gateway key, " + place.id()));
        }
        if (status.key().terms().expires() != null
                && status.isExpired(surroundings.clock().instant())) {
            return CompletableFuture.completedStage(new Refused("an expired gateway key, " + place.id()));
        }
        use(now);
        return last.valid();
    }

    /** One question at a time, however many wait for the answer. */
    private CompletableFuture<Said> ask(long now) {
        var mine = new CompletableFuture<Said>();
        while (!asking.compareAndSet(null, mine)) {
            var others = asking.get();
            if (others != null) {
                return others;
            }
        }
        var _ = surroundings.ask(place.id()).whenComplete((status, failure) -> {
            if (failure == null) {
                hear(status, now);
            } else {
                failedAt = surroundings.nanos().getAsLong();
            }
            failed = failure != null;
            // Before those who wait go on: what one of them asks next must be a new question.
            asking.set(null);
            if (failure == null) {
                mine.complete(new Said(status, now));
            } else {
                mine.completeExceptionally(failure);
            }
        });
        return mine;
    }

    /** Two at the same time may both tell it; its actor writes one. */
    private void use(long now) {
        if (!used || now - useTold >= GatewayKey.USE_GRAIN.toNanos()) {
            useTold = now;
            used = true;
            surroundings.tellUse(place.id());
        }
    }
}
