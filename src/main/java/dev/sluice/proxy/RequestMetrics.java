package dev.sluice.proxy;

import dev.sluice.capture.Transcripts;
import dev.sluice.metric.Metrics;
import dev.sluice.metric.Names;
import dev.sluice.session.Exchange;
import dev.sluice.session.Exchange.Outcome;
import dev.sluice.wire.Usage;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Counts requests when they have ended: nothing an event, and no look-up by labels, whose data points are kept.
 *
 * <p>A model's name becomes a label when the policy has it, or its provider has answered to it; else it is whatever clients
 * like to write, and counted as {@link Names#OTHER}.
 */
final class RequestMetrics {
    /** Of a label each; a policy with more has the rest counted together. */
    private static final int MAX_MODELS = 500;

    private static final double NANOS_A_DOLLAR = 1e9;
    private static final double MILLIS = 1e3;
    private static final int STATUS_CLASSES = 6;

    /** From an embedding to an hour of reasoning. */
    private static final double[] SECONDS = {0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600
    };

    private static final String[] STATUSES = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};

    private final Metrics metrics;
    private final Counter requests;
    private final Histogram firstByte;
    private final Histogram duration;
    private final Counter tokens;
    private final Counter cost;
    private final Counter unpriced;
    private final Counter estimated;
    private final Counter bytes;
    private final Counter setbacks;
    private final Names models = new Names(MAX_MODELS);
    private final Map<Kind, Series> series = new ConcurrentHashMap<>();
    private final LongAdder streams = new LongAdder();

    /** What the data points of a request depend on. */
    private record Kind(String provider, String model, String format, boolean stream) {}

    /** The data points of requests of one kind. */
    private record Series(
            Kind labels,
            Map<Outcome, AtomicReferenceArray<@Nullable CounterDataPoint>> ended,
            DistributionDataPoint firstByte,
            DistributionDataPoint duration,
            CounterDataPoint inputTokens,
            CounterDataPoint cachedTokens,
            CounterDataPoint cacheWriteTokens,
            CounterDataPoint outputTokens,
            CounterDataPoint reasoningTokens,
            CounterDataPoint cost,
            CounterDataPoint unpriced,
            CounterDataPoint estimated,
            CounterDataPoint bytesIn,
            CounterDataPoint bytesOut) {}

    RequestMetrics(Metrics metrics) {
        this.metrics = metrics;
        requests = metrics.counter(
                "sluice_requests",
                "Requests for models that have ended, those that were refused included.",
                "provider",
                "model",
                "format",
                "outcome",
                "status");
        firstByte = metrics.histogram(
                "sluice_time_to_first_byte_seconds",
                "From a request to its answer's first byte.",
                SECONDS,
                "provider",
                "model",
                "stream");
        duration = metrics.histogram(
                "sluice_request_duration_seconds",
                "From a request to the end of its answer.",
                SECONDS,
                "provider",
                "model",
                "stream");
        tokens = metrics.counter(
                "sluice_tokens",
                "Tokens used. Classes are disjoint, but for reasoning, which is a part of output.",
                "provider",
                "model",
                "type");
        cost = metrics.counter("sluice_cost_dollars", "What requests cost, as charged.", "provider", "model");
        unpriced = metrics.counter(
                "sluice_unpriced_requests", "Requests that used tokens at an unknown price.", "provider", "model");
        estimated = metrics.counter(
                "sluice_estimated_requests",
                "Requests whose usage was counted here, because no provider told it.",
                "provider",
                "model");
        bytes = metrics.counter("sluice_bytes", "Bodies of requests and answers.", "provider", "direction");
        setbacks = metrics.counter(
                "sluice_failed_attempts",
                "Attempts that another one followed, by the answer's status or why there was none.",
                "provider",
                "result");
        metrics.gauge("sluice_streams_open", "Answers under way, event by event.", streams::sum);
    }

    /** What the data plane holds now. */
    void watch(Books books, Transcripts transcripts) {
        metrics.gauge(
                "sluice_requests_open", "Requests that have begun and are not in the books yet.", books::openRequests);
        metrics.gauge("sluice_transcripts_held_bytes", "Held for captures and hooks.", transcripts::held);
        metrics.counter("sluice_transcripts_dropped", "Given up because there was no room.", transcripts::dropped);
    }

    void streamBegan() {
        streams.increment();
    }

    void streamEnded() {
        streams.decrement();
    }

    /**
     * A request has ended.
     *
     * @param isListed whether the policy has this model by this name; asked once a name
     */
    void ended(Exchange exchange, BooleanSupplier isListed) {
        var of = series(exchange, isListed);
        point(of, exchange.outcome(), exchange.status()).inc();
        of.duration().observe(exchange.durationMillis() / MILLIS);
        if (exchange.firstByteMillis() >= 0) {
            of.firstByte().observe(exchange.firstByteMillis() / MILLIS);
        }
        of.bytesIn().inc(exchange.bytesIn());
        of.bytesOut().inc(exchange.bytesOut());
        var usage = exchange.usage();
        var costNanos = exchange.costNanos();
        if (usage != null) {
            count(of, usage);
            if (costNanos == null) {
                of.unpriced().inc();
            }
        }
        if (costNanos != null && costNanos > 0) {
            of.cost().inc(costNanos / NANOS_A_DOLLAR);
        }
        if (exchange.estimated()) {
            of.estimated().inc();
        }
        if (exchange.refusal() != null) {
            metrics.refused(exchange.refusal());
        }
        var attempts = exchange.attempts();
        if (attempts != null) {
            for (var attempt : attempts.subList(0, attempts.size() - 1)) {
                var failure = attempt.failure();
                setbacks.labelValues(
                                attempt.provider(),
                                failure == null ? STATUSES[statusClass(attempt.status())] : Metrics.word(failure))
                        .inc();
            }
        }
    }

    /** A request has ended of which there is nothing to remember. */
    void dropped(String format, Refusal refusal) {
        requests.labelValues(
                        "none",
                        "none",
                        format,
                        "refused",
                        STATUSES[statusClass(refusal.error().status())])
                .inc();
        metrics.refused(refusal.kind());
    }

    private static void count(Series of, Usage usage) {
        of.inputTokens().inc(usage.inputTokens());
        of.cachedTokens().inc(usage.cachedInputTokens());
        of.cacheWriteTokens().inc(usage.cacheWrite5mTokens() + usage.cacheWrite1hTokens());
        of.outputTokens().inc(usage.outputTokens());
        of.reasoningTokens().inc(usage.reasoningTokens());
    }

    private Series series(Exchange exchange, BooleanSupplier isListed) {
        var kind = new Kind(exchange.provider(), exchange.model(), exchange.format(), exchange.stream());
        var known = series.get(kind);
        if (known != null) {
            return known;
        }
        var isReal = (exchange.outcome() == Outcome.COMPLETED && exchange.status() < 300) || isListed.getAsBoolean();
        var counted = isReal && models.take(kind.provider() + "/" + kind.model())
                ? kind
                : new Kind(kind.provider(), Names.OTHER, kind.format(), kind.stream());
        return series.computeIfAbsent(counted, this::make);
    }

    private Series make(Kind kind) {
        var provider = kind.provider();
        var model = kind.model();
        var stream = Boolean.toString(kind.stream());
        return new Series(
                kind,
                byOutcome(),
                firstByte.labelValues(provider, model, stream),
                duration.labelValues(provider, model, stream),
                tokens.labelValues(provider, model, "input"),
                tokens.labelValues(provider, model, "cache_read"),
                tokens.labelValues(provider, model, "cache_write"),
                tokens.labelValues(provider, model, "output"),
                tokens.labelValues(provider, model, "reasoning"),
                cost.labelValues(provider, model),
                unpriced.labelValues(provider, model),
                estimated.labelValues(provider, model),
                bytes.labelValues(provider, "request"),
                bytes.labelValues(provider, "answer"));
    }

    /** A place for each status class; filled when it first occurs, so that a scrape has no series of nothing. */
    private static Map<Outcome, AtomicReferenceArray<@Nullable CounterDataPoint>> byOutcome() {
        var all = new EnumMap<Outcome, AtomicReferenceArray<@Nullable CounterDataPoint>>(Outcome.class);
        for (var outcome : Outcome.values()) {
            all.put(outcome, new AtomicReferenceArray<>(STATUS_CLASSES));
        }
        return all;
    }

    private CounterDataPoint point(Series of, Outcome outcome, int status) {
        var points = Objects.requireNonNull(of.ended().get(outcome));
        var at = statusClass(status);
        var point = points.get(at);
        if (point == null) {
            var kind = of.labels();
            point = requests.labelValues(
                    kind.provider(),
                    kind.model(),
                    kind.format(),
                    outcome.name().toLowerCase(Locale.ROOT),
                    STATUSES[at]);
            points.set(at, point);
        }
        return point;
    }

    private static int statusClass(int status) {
        var hundreds = status / 100;
        return hundreds >= 1 && hundreds < STATUS_CLASSES ? hundreds : 0;
    }
}
