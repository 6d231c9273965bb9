package dev.sluice.capture;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.apache.pekko.Done;

/**
 * Work that waits for Cassandra: one piece of a session after the other, few sessions at a time, and no more waiting than fits into the room that there is. Whoever writes
 * captures must not fill the session with Cassandra, which the journal needs.
 *
 * @param <K> what must not be worked on twice at the same time
 */
final class Lanes<K> {
    private record Job(Supplier<CompletionStage<?>> work) {}

    private final Executor executor;
    private final int most;
    private final long mostBytes;
    private final AtomicLong bytes = new AtomicLong();
    // What follows is the executor's thread's.
    private final Map<K, ArrayDeque<Job>> lanes = new HashMap<>();
    private final ArrayDeque<K> ready = new ArrayDeque<>();
    private int busy;

    /**
     * None yet.
     *
     * @param executor  one thread
     * @param most      lanes that are worked in at one time
     * @param mostBytes that wait or are worked on
     */
    Lanes(Executor executor, int most, long mostBytes) {
        this.executor = executor;
        this.most = most;
        this.mostBytes = mostBytes;
    }

    long queuedBytes() {
        return bytes.get();
    }

    /**
     * Work in its turn, begun on the executor's thread. Fails with {@link RejectedExecutionException} when there is no room.
     *
     * @param held by the work, in memory
     */
    <T> CompletionStage<T> submit(K lane, long held, Supplier<CompletionStage<T>> work) {
        if (bytes.addAndGet(held) > mostBytes) {
            bytes.addAndGet(-held);
            return CompletableFuture.failedStage(
                    new RejectedExecutionException("more than " + mostBytes + " bytes wait for Cassandra"));
        }
        var done = new CompletableFuture<T>();
        var _ = done.whenComplete((_, _) -> bytes.addAndGet(-held));
        try {
            executor.execute(() -> add(
                    lane,
                    new Job(() -> begun(work).whenComplete((value, failure) -> {
                        if (failure == null) {
                            done.complete(value);
                        } else {
                            done.completeExceptionally(failure);
                        }
                    }))));
        } catch (RejectedExecutionException e) {
            done.completeExceptionally(e);
        }
        return done;
    }

    private static <T> CompletionStage<T> begun(Supplier<CompletionStage<T>> work) {
        try {
            return work.get();
        } catch (RuntimeException e) {
            return CompletableFuture.failedStage(e);
        }
    }

    /** Completes when all that was submitted before is over, however it ended. */
    CompletionStage<Done> drained() {
        var done = new CompletableFuture<Done>();
        try {
            executor.execute(() -> {
                var ends = new ArrayList<CompletableFuture<Done>>();
                for (var lane : List.copyOf(lanes.keySet())) {
                    var end = new CompletableFuture<Done>();
                    ends.add(end);
                    add(lane, new Job(() -> {
                        end.complete(Done.getInstance());
                        return end;
                    }));
                }
                var _ = CompletableFuture.allOf(ends.toArray(CompletableFuture[]::new))
                        .whenComplete((_, _) -> done.complete(Done.getInstance()));
            });
        } catch (RejectedExecutionException e) {
            done.complete(Done.getInstance());
        }
        return done;
    }

    private void add(K lane, Job job) {
        var jobs = lanes.get(lane);
        if (jobs == null) {
            jobs = new ArrayDeque<>();
            lanes.put(lane, jobs);
            ready.add(lane);
        }
        jobs.add(job);
        work();
    }

    /** A lane that is in the map is ready or busy. */
    private void work() {
        while (busy < most && !ready.isEmpty()) {
            var lane = ready.remove();
            var job = lanes.getOrDefault(lane, new ArrayDeque<>()).poll();
            if (job != null) {
                busy++;
                var _ = job.work().get().whenComplete((_, _) -> executor.execute(() -> next(lane)));
            }
        }
    }

    private void next(K lane) {
        busy--;
        var jobs = lanes.get(lane);
        if (jobs == null || jobs.isEmpty()) {
            lanes.remove(lane);
        } else {
            ready.add(lane);
        }
        work();
    }
}
