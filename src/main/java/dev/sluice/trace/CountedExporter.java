package dev.sluice.trace;

import dev.sluice.metric.Metrics;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts what becomes of spans; those that ended and are neither sent, failed nor waiting were dropped. */
final class CountedExporter implements SpanExporter {
    private static final Logger log = LoggerFactory.getLogger(CountedExporter.class);

    /** Between two lines about a collector that does not take spans. */
    private static final Duration SILENCE = Duration.ofMinutes(1);

    private final SpanExporter exporter;
    private final LongAdder ended = new LongAdder();
    private final LongAdder sent = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final AtomicLong saidNanos = new AtomicLong(System.nanoTime() - SILENCE.toNanos());

    CountedExporter(SpanExporter exporter) {
        this.exporter = exporter;
    }

    void watch(Metrics metrics) {
        metrics.counter("sluice_trace_spans_ended", "Spans of traces that are sampled.", ended::sum);
        metrics.counter("sluice_trace_spans_sent", "Spans that the collector has taken.", sent::sum);
        metrics.counter("sluice_trace_spans_failed", "Spans that the collector has not taken.", failed::sum);
    }

    /** Counts spans as they end. */
    SpanProcessor counter() {
        return new SpanProcessor() {
            @Override
            public void onStart(Context parent, ReadWriteSpan span) {}

            @Override
            public boolean isStartRequired() {
                return false;
            }

            @Override
            public void onEnd(ReadableSpan span) {
                if (span.getSpanContext().isSampled()) {
                    ended.increment();
                }
            }

            @Override
            public boolean isEndRequired() {
                return true;
            }
        };
    }

    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
        var number = spans.size();
        var result = exporter.export(spans);
        return result.whenComplete(() -> {
            if (result.isSuccess()) {
                sent.add(number);
            } else {
                failed.add(number);
                say(number, result.getFailureThrowable());
            }
        });
    }

    private void say(int number, @org.jspecify.annotations.Nullable Throwable failure) {
        var last = saidNanos.get();
        var now = System.nanoTime();
        if (now - last >= SILENCE.toNanos() && saidNanos.compareAndSet(last, now)) {
            log.atWarn()
                    .addKeyValue("spans", number)
                    .addKeyValue("detail", failure == null ? "the collector refused them" : failure)
                    .log("spans were lost: the collector does not take them");
        }
    }

    @Override
    public CompletableResultCode flush() {
        return exporter.flush();
    }

    @Override
    public CompletableResultCode shutdown() {
        return exporter.shutdown();
    }
}
