package dev.sluice.metric;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import org.apache.pekko.actor.typed.ActorSystem;
import scala.concurrent.ExecutionContext;

/** Measures, as long as a system lives, how long some of its executors let tasks wait. */
public final class Lags {
    /** Seldom enough to cost nothing, often enough that a scrape every 15 s sees what users feel. */
    private static final Duration EVERY = Duration.ofMillis(250);

    private static final double[] BOUNDS = {0.0001, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5};

    private Lags() {}

    /**
     * Begins.
     *
     * @param kind      of executors, as it is to stand in names: {@code event_loop}
     * @param executors by name
     */
    public static void watch(ActorSystem<?> system, String kind, Map<String, ? extends Executor> executors) {
        var metrics = Metrics.get(system);
        var histogram = metrics.histogram(
                "sluice_" + kind + "_delay_seconds",
                "How long a task waited for its turn, measured four times a second.",
                BOUNDS);
        var lags = new LinkedHashMap<String, Lag>();
        executors.forEach((name, executor) -> lags.put(name, new Lag(executor, histogram)));
        metrics.gauges(
                "sluice_" + kind + "_lag_seconds",
                "How long the latest task waits or waited for its turn.",
                kind,
                () -> {
                    var seconds = new TreeMap<String, Double>();
                    lags.forEach((name, lag) -> seconds.put(name, lag.seconds()));
                    return seconds;
                });
        // On the timer's own thread: whoever is asked may stand still, and the others are to be asked all the same.
        var _ = system.scheduler()
                .scheduleWithFixedDelay(
                        EVERY,
                        EVERY,
                        () -> lags.values().forEach(Lag::probe),
                        ExecutionContext.fromExecutor(Runnable::run));
    }
}
