package dev.sluice.provider;

import java.util.concurrent.atomic.AtomicInteger;

/** How many requests one provider has open. Counted for the provider, not for its host: others that share the host keep theirs. */
final class OpenRequests {
    private final AtomicInteger open = new AtomicInteger();

    /** One more, unless there are so many already. */
    boolean take(int most) {
        if (open.incrementAndGet() > most) {
            open.decrementAndGet();
            return false;
        }
        return true;
    }

    void giveBack() {
        open.decrementAndGet();
    }

    int count() {
        return open.get();
    }
}
