package dev.sluice.provider;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A connection as the pool sees it: takes one call after the other, until it closes. */
final class Connection {
    private final AtomicReference<@Nullable Call> current = new AtomicReference<>();
    private final Runnable wake;
    private volatile boolean closed;

    /** @param wake makes the stage look at {@link #current}; may be lost once the stage has stopped */
    Connection(Call first, Runnable wake) {
        this.wake = wake;
        current.set(first);
    }

    /** Hands over a call; false when the connection closed before it could take it, which leaves the call untouched. */
    boolean submit(Call call) {
        current.set(call);
        // Either the stage sees the call, before or while it stops, or we see that it has stopped: never neither.
        if (closed && current.compareAndSet(call, null)) {
            return false;
        }
        wake.run();
        return true;
    }

    @Nullable
    Call current() {
        return current.get();
    }

    /** Takes the call away, for whoever ends it. */
    @Nullable
    Call take() {
        return current.getAndSet(null);
    }

    /** The stage has stopped: answers the call that it still had. */
    @Nullable
    Call close() {
        closed = true;
        return take();
    }

    boolean isClosed() {
        return closed;
    }
}
