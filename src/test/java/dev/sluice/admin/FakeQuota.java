package dev.sluice.admin;

import dev.sluice.quota.Quota;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Two buckets, daily:alice and daily:bob, and what was poured into them. */
final class FakeQuota implements Quota {
    record Refill(String bucket, long nanos) {}

    final List<Refill> refills = new ArrayList<>();

    static Status status(String bucket, long balanceNanos) {
        return new Status(
                bucket,
                balanceNanos,
                250_000_000,
                balanceNanos - 250_000_000,
                10_000_000_000L,
                5_000_000_000L,
                "$5.00/day",
                Instant.parse("2026-11-21T12:00:00Z"));
    }

    @Override
    public CompletionStage<Verdict> reserve(Request request) {
        return CompletableFuture.completedFuture(new Unavailable("a fake"));
    }

    @Override
    public CompletionStage<List<Status>> list() {
        return CompletableFuture.completedFuture(
                List.of(status("daily:alice", 7_250_000_000L), status("daily:bob", -1_500_000_000L)));
    }

    @Override
    public CompletionStage<List<Status>> of(List<String> buckets) {
        return list().thenApply(all ->
                all.stream().filter(it -> buckets.contains(it.bucket())).toList());
    }

    @Override
    public CompletionStage<Optional<Status>> refill(String bucket, long nanos) {
        refills.add(new Refill(bucket, nanos));
        return CompletableFuture.completedFuture(
                bucket.startsWith("daily:") ? Optional.of(status(bucket, nanos)) : Optional.empty());
    }
}
