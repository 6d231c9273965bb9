package dev.sluice.proxy;

import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** A request's body in memory, with its share of the budget; {@link #free} gives that back, once. */
final class Body {
    final byte[] bytes;
    private final BodyBudget budget;
    private final AtomicBoolean freed = new AtomicBoolean();

    /** Takes over a share of {@code bytes.length} that is already taken. */
    Body(byte[] bytes, BodyBudget budget) {
        this.bytes = bytes;
        this.budget = budget;
    }

    /** One that is sent in its place, with a share of its own; null when there is no room. */
    @Nullable
    Body replacedBy(byte[] others) {
        return budget.take(others.length) ? new Body(others, budget) : null;
    }

    void free() {
        if (freed.compareAndSet(false, true)) {
            budget.give(bytes.length);
        }
    }
}
