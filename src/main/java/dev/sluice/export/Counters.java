package dev.sluice.export;

import dev.sluice.export.Exporter.Counts;
import dev.sluice.export.Exporter.Export;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Numbers that anybody may read at any time. */
final class Counters {
    private final LongAdder objects;
    private final LongAdder records;
    private final LongAdder bytes;
    private final LongAdder failures;
    private final Map<Integer, Long> lags;
    private final int part;

    Counters() {
        this(
                new LongAdder(),
                new LongAdder(),
                new LongAdder(),
                new LongAdder(),
                new ConcurrentHashMap<Integer, Long>(),
                0);
    }

    private Counters(
            LongAdder objects,
            LongAdder records,
            LongAdder bytes,
            LongAdder failures,
            Map<Integer, Long> lags,
            int part) {
        this.objects = objects;
        this.records = records;
        this.bytes = bytes;
        this.failures = failures;
        this.lags = lags;
        this.part = part;
    }

    /** The same numbers, with a lag of its own that is added to the others'. */
    Counters part(int number) {
        return new Counters(objects, records, bytes, failures, lags, number);
    }

    void exported(Export export) {
        objects.increment();
        records.add(export.records());
        bytes.add(export.bytes());
    }

    void failed() {
        failures.increment();
    }

    void lag(long waiting) {
        lags.put(part, waiting);
    }

    Counts counts() {
        var lag = lags.values().stream().mapToLong(it -> it).sum();
        return new Counts(objects.sum(), records.sum(), bytes.sum(), failures.sum(), lag);
    }
}
