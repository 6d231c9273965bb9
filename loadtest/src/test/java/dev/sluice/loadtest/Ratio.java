package dev.sluice.loadtest;

import io.gatling.javaapi.core.Session;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Times of the same work with and without the gateway, in one run on one machine: only their relation says something of the gateway. */
final class Ratio {
    /** A JVM that has just started says nothing of one that serves. */
    private static final long WARM_UP_NANOS = Long.getLong("sluice.warm-up", 15) * 1_000_000_000L;

    private final long start = System.nanoTime();
    private final Map<String, ConcurrentLinkedQueue<Integer>> times = new ConcurrentHashMap<>();

    /** Takes the time that the last request saved as "millis". One that failed counts for nothing here, and fails the run by itself. */
    Session note(String side, Session session) {
        if (!session.isFailed() && session.contains("millis") && System.nanoTime() - start > WARM_UP_NANOS) {
            times.computeIfAbsent(side, _ -> new ConcurrentLinkedQueue<>()).add(session.getInt("millis"));
        }
        return session.remove("millis");
    }

    /** Says what came out, and fails the run when the 95th percentile is more than so many times that of the direct way, and more than some milliseconds. */
    void check(double limit, int graceMillis) {
        var direct = percentile("direct", 0.95);
        var gateway = percentile("gateway", 0.95);
        System.out.printf(
                "p50 %d ms direct, %d ms by the gateway; p95 %d ms direct, %d ms by the gateway (%.2f times)%n",
                percentile("direct", 0.5), percentile("gateway", 0.5), direct, gateway, gateway / (double) Math.max(1, direct));
        if (gateway > direct * limit + graceMillis) {
            throw new AssertionError("p95 by the gateway: " + gateway + " ms (expected: <= " + limit + " times " + direct
                    + " ms, and " + graceMillis + " ms)");
        }
    }

    private int percentile(String side, double share) {
        var sorted = times.getOrDefault(side, new ConcurrentLinkedQueue<>()).stream().sorted().toList();
        if (sorted.isEmpty()) {
            throw new AssertionError("nothing was answered " + side);
        }
        return sorted.get((int) Math.min(sorted.size() - 1, Math.ceil(sorted.size() * share)));
    }
}
