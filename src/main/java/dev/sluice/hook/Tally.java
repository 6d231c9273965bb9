package dev.sluice.hook;

import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** What has become of the calls to one hook. Safe to share. */
final class Tally {
    private final String hook;
    private final InstantSource clock;
    private final AtomicLong queued = new AtomicLong();
    private final AtomicLong queuedBytes = new AtomicLong();
    private final LongAdder delivered = new LongAdder();
    private final LongAdder dead = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final LongAdder allowed = new LongAdder();
    private final LongAdder modified = new LongAdder();
    private final LongAdder blocked = new LongAdder();
    private final LongAdder failedOpen = new LongAdder();
    private final LongAdder failedClosed = new LongAdder();
    private final LongAdder nanos = new LongAdder();
    private volatile @Nullable Trouble last;

    private record Trouble(String what, Instant at) {}

    Tally(String hook, InstantSource clock) {
        this.hook = hook;
        this.clock = clock;
    }

    void queued(long bytes) {
        queued.incrementAndGet();
        queuedBytes.addAndGet(bytes);
    }

    void unqueued(long bytes) {
        queued.decrementAndGet();
        queuedBytes.addAndGet(-bytes);
    }

    void delivered(long number) {
        delivered.add(number);
    }

    void dead(long number) {
        dead.add(number);
    }

    void attemptFailed(String what) {
        failed.increment();
        last = new Trouble(what, clock.instant());
    }

    void asked(long took) {
        nanos.add(took);
    }

    void allowed() {
        allowed.increment();
    }

    void modified() {
        modified.increment();
    }

    void blocked() {
        blocked.increment();
    }

    void unanswered(boolean closed, String what) {
        (closed ? failedClosed : failedOpen).increment();
        last = new Trouble(what, clock.instant());
    }

    Hooks.Status status() {
        var trouble = last;
        return new Hooks.Status(
                hook,
                queued.get(),
                queuedBytes.get(),
                delivered.sum(),
                dead.sum(),
                failed.sum(),
                trouble == null ? null : trouble.what(),
                trouble == null ? null : trouble.at(),
                new Hooks.Asked(
                        allowed.sum(),
                        modified.sum(),
                        blocked.sum(),
                        failedOpen.sum(),
                        failedClosed.sum(),
                        nanos.sum()));
    }
}
