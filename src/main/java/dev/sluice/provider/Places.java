package dev.sluice.provider;

import java.util.concurrent.atomic.AtomicInteger;

/** So many places, and no more; shared between threads. */
final class Places {
    private final int most;
    private final AtomicInteger taken = new AtomicInteger();

    Places(int most) {
        this.most = most;
    }

    /** One more, unless all are taken. */
    boolean take() {
        if (taken.incrementAndGet() > most) {
            taken.decrementAndGet();
            return false;
        }
        return true;
    }

    void giveBack() {
        taken.decrementAndGet();
    }
}
