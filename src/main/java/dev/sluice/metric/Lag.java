package dev.sluice.metric;

import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

/** How long an executor lets a task wait, measured by one of no length. */
final class Lag {
    private static final double NANOS = 1e9;

    private final Executor executor;
    private final DistributionDataPoint measured;
    private final AtomicBoolean waiting = new AtomicBoolean();
    private volatile long since;
    private volatile long last;

    Lag(Executor executor, DistributionDataPoint measured) {
        this.executor = executor;
        this.measured = measured;
    }

    /** Sends a task, if the one before it is back. */
    void probe() {
        if (waiting.compareAndSet(false, true)) {
            since = System.nanoTime();
            executor.execute(this::back);
        }
    }

    private void back() {
        last = System.nanoTime() - since;
        waiting.set(false);
        measured.observe(last / NANOS);
    }

    /** Of the last task, or of one that waits longer: an executor that stands still shows while it does. */
    double seconds() {
        var known = last;
        return (waiting.get() ? Math.max(known, System.nanoTime() - since) : known) / NANOS;
    }
}
