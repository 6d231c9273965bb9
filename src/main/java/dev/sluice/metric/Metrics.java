package dev.sluice.metric;

import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Extension;
import org.apache.pekko.actor.typed.ExtensionId;
import org.jspecify.annotations.Nullable;

/**
 * A node's numbers. Names begin with {@code sluice_} and end with their unit; {@code _total} is added to counters. No label may hold what
 * a client chose, or who called.
 */
public final class Metrics implements Extension {
    private static final Id ID = new Id();

    private static final class Id extends ExtensionId<Metrics> {
        @Override
        public Metrics createExtension(ActorSystem<?> system) {
            return new Metrics();
        }
    }

    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final AtomicBoolean ofProcess = new AtomicBoolean();
    private final Map<String, CounterDataPoint> refused = new ConcurrentHashMap<>();
    private final Counter refusals = counter("sluice_refusals", "Requests that the gateway itself refused.", "reason");

    /** Numbers that belong to nobody else: for measuring, and for tests. */
    public Metrics() {}

    /** A system's own. */
    public static Metrics get(ActorSystem<?> system) {
        return ID.apply(system);
    }

    /** Something that only grows, asked for when it is scraped; from any thread, and without waiting. */
    public void counter(String name, String help, LongSupplier value) {
        CounterWithCallback.builder()
                .name(name)
                .help(help)
                .callback(callback -> callback.call((double) value.getAsLong()))
                .register(registry);
    }

    /** Something that goes up and down, asked for when it is scraped; from any thread, and without waiting. */
    public void gauge(String name, String help, DoubleSupplier value) {
        GaugeWithCallback.builder()
                .name(name)
                .help(help)
                .callback(callback -> callback.call(value.getAsDouble()))
                .register(registry);
    }

    /**
     * The same of several things.
     *
     * @param label  what tells them apart
     * @param values by that label's values, of which there must be few
     */
    public void gauges(
            String name, String help, String label, Supplier<? extends Map<String, ? extends Number>> values) {
        GaugeWithCallback.builder()
                .name(name)
                .help(help)
                .labelNames(label)
                .callback(callback -> values.get().forEach((key, value) -> callback.call(value.doubleValue(), key)))
                .register(registry);
    }

    /** What only grows, of several things; as {@link #gauges}. */
    public void counters(
            String name, String help, String label, Supplier<? extends Map<String, ? extends Number>> values) {
        CounterWithCallback.builder()
                .name(name)
                .help(help)
                .labelNames(label)
                .callback(callback -> values.get().forEach((key, value) -> callback.call(value.doubleValue(), key)))
                .register(registry);
    }

    /** Something that is counted when it happens. Keep its data points. */
    public Counter counter(String name, String help, String... labels) {
        return Counter.builder()
                .name(name)
                .help(help)
                .labelNames(labels)
                .withoutExemplars()
                .register(registry);
    }

    /** Something that is measured when it happens. Keep its data points. */
    public Histogram histogram(String name, String help, double[] bounds, String... labels) {
        return Histogram.builder()
                .name(name)
                .help(help)
                .labelNames(labels)
                .classicOnly()
                .classicUpperBounds(bounds)
                .withoutExemplars()
                .register(registry);
    }

    /**
     * A request was refused.
     *
     * @param reason one of a few names of ours: {@code no_role}, or {@code QuotaExhausted}, which becomes {@code quota_exhausted}
     */
    public void refused(String reason) {
        refused.computeIfAbsent(reason, name -> refusals.labelValues(word(name)))
                .inc();
    }

    /** {@code QuotaExhausted} and {@code UNREACHABLE} as labels have them: {@code quota_exhausted}, {@code unreachable}. */
    public static String word(String name) {
        var words = name.equals(name.toUpperCase(Locale.ROOT)) ? name : name.replaceAll("(?<=.)([A-Z])", "_$1");
        return words.toLowerCase(Locale.ROOT);
    }

    /** All numbers, now. Takes milliseconds: not on an event loop. */
    public Scrape scrape(@Nullable String accept) {
        // At the first scrape, because reading the JVM's beans takes a start its time.
        if (ofProcess.compareAndSet(false, true)) {
            ThisProcess.register(registry);
        }
        return Scrape.of(registry, accept);
    }
}
