package dev.sluice.identity;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;

/** Tells the log of trouble that every request may meet, a few times a minute at most. */
final class Seldom {
    private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final Logger log;
    private final String what;
    private final AtomicLong last = new AtomicLong(System.nanoTime() - PAUSE_NANOS);
    private final AtomicLong untold = new AtomicLong();

    Seldom(Logger log, String what) {
        this.log = log;
        this.what = what;
    }

    void warn(String of, String why) {
        var before = last.get();
        var now = System.nanoTime();
        if (now - before < PAUSE_NANOS || !last.compareAndSet(before, now)) {
            untold.incrementAndGet();
            return;
        }
        log.atWarn()
                .addKeyValue("of", of)
                .addKeyValue("why", why)
                .addKeyValue("timesBefore", untold.getAndSet(0))
                .log(what);
    }
}
