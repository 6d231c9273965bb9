package dev.sluice.quota;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/** A witness that knows the costs it was told, and takes everything else to have cost nothing. Fails as often as it is told to. */
final class LedgerWitness implements Quota.Witness {
    /** Of a bucket that has none. */
    static final QuotaBucket.Siblings ALONE =
            (id, testimony, butNot) -> CompletableFuture.completedStage(testimony.costNanos());

    final Map<String, Long> costs = new ConcurrentHashMap<>();
    final Map<String, List<String>> buckets = new ConcurrentHashMap<>();
    private final List<String> asked = new ArrayList<>();
    private int failures;

    synchronized void failNext(int times) {
        failures = times;
    }

    synchronized List<String> asked() {
        return List.copyOf(asked);
    }

    @Override
    public synchronized CompletionStage<Quota.Testimony> costOf(String requestId, String memo, long estimateNanos) {
        asked.add(requestId + " " + memo + " " + estimateNanos);
        if (failures > 0) {
            failures--;
            return CompletableFuture.failedStage(new IllegalStateException("told to fail"));
        }
        return CompletableFuture.completedStage(
                new Quota.Testimony(costs.getOrDefault(requestId, 0L), buckets.getOrDefault(requestId, List.of())));
    }
}
