package dev.sluice.capture;

import dev.sluice.session.Exchange;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.apache.pekko.Done;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What became of captures since the start, whatever they are stored in. Safe to share. */
final class CaptureCounts {
    private static final Logger log = LoggerFactory.getLogger(Captures.class);

    private final String where;
    private final LongAdder kept = new LongAdder();
    private final LongAdder dropped = new LongAdder();
    private final LongAdder failed = new LongAdder();
    /** The first failure in a row is told, not each: on a full disk that would be one a request. */
    private final AtomicBoolean failing = new AtomicBoolean();

    /** @param where they are stored, for people */
    CaptureCounts(String where) {
        this.where = where;
    }

    void drop() {
        dropped.increment();
    }

    /** Never fails, for nobody needs to know what became of what was said. */
    Done ended(Exchange exchange, @Nullable Throwable failure) {
        if (failure == null) {
            kept.increment();
            if (failing.get() && failing.compareAndSet(true, false)) {
                log.atInfo().addKeyValue("failed", failed.sum()).log("what is said is kept again");
            }
        } else if (failure instanceof RejectedExecutionException) {
            dropped.increment();
        } else {
            failed.increment();
            if (failing.compareAndSet(false, true)) {
                log.atWarn()
                        .addKeyValue("requestId", exchange.requestId())
                        .setCause(failure)
                        .log("what was said was not kept in " + where
                                + ", nor will be until that can be written; requests go on, and are counted in"
                                + " sluice_captures_failed_total");
            }
        }
        return Done.getInstance();
    }

    Captures.Counts counts(long queuedBytes) {
        return new Captures.Counts(kept.sum(), dropped.sum(), failed.sum(), queuedBytes);
    }
}
