package dev.sluice.export;

import dev.sluice.export.Exporter.Counts;
import dev.sluice.export.Exporter.Export;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** Numbers that anybody may read at any time. */
final class Counters {
    private final LongAdder objects = new LongAdder();
    private final LongAdder records = new LongAdder();
    private final LongAdder bytes = new LongAdder();
    private final LongAdder failures = new LongAdder();
    private final AtomicLong lag = new AtomicLong();

    void exported(Export export) {
        objects.increment();
        records.add(export.records());
        bytes.add(export.bytes());
    }

    void failed() {
        failures.increment();
    }

    void lag(long waiting) {
        lag.set(waiting);
    }

    Counts counts() {
        return new Counts(objects.sum(), records.sum(), bytes.sum(), failures.sum(), lag.get());
    }
}
