package dev.sluice.journal;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** What waits for the writer, bounded in number and bytes: urgent work, that somebody waits for, apart from patient work. */
final class WaitingWork {
    private final int capacity;
    private final long capacityBytes;
    private final Queue<Job.Urgent<?>> urgent;
    private final Queue<Job.Patient> patient;
    private final AtomicLong bytes = new AtomicLong();
    private volatile boolean closed;
    /** The writer, while it has nothing to do: so that waking it costs nothing while it has. */
    private volatile @Nullable Thread idle;

    WaitingWork(StoreSettings settings) {
        capacity = settings.queueCapacity();
        capacityBytes = settings.queueBytes();
        urgent = new ArrayBlockingQueue<>(capacity);
        patient = new ArrayBlockingQueue<>(capacity);
    }

    /** Takes work; answers why not, or null if it is taken. */
    @Nullable
    String offer(Job.Urgent<?> job) {
        return offer(urgent, job);
    }

    /** Takes work; answers why not, or null if it is taken. */
    @Nullable
    String offer(Job.Patient job) {
        return offer(patient, job);
    }

    private <J extends Job> @Nullable String offer(Queue<? super J> queue, J job) {
        if (closed) {
            return "the storage is closed";
        }
        if (bytes.addAndGet(job.bytes()) > capacityBytes || !queue.offer(job)) {
            bytes.addAndGet(-job.bytes());
            return "the writer is behind: %d pieces of work and %d bytes wait (limits: %d and %d)"
                    .formatted(queue.size(), bytes.get(), capacity, capacityBytes);
        }
        // Closing may have overtaken us: what the writer did not take, it will never take.
        if (closed && queue.remove(job)) {
            return "the storage is closed";
        }
        wake();
        return null;
    }

    /** From now on nothing is taken; what was, is served. */
    void close() {
        closed = true;
        wake();
    }

    private void wake() {
        var sleeper = idle;
        if (sleeper != null) {
            LockSupport.unpark(sleeper);
        }
    }

    /**
     * The writer waits until there is something to do.
     *
     * @return false if there never will be
     */
    boolean await() {
        if (isEmpty() && !closed) {
            // Said before looking again, so that whoever comes after the look sees it.
            idle = Thread.currentThread();
            while (isEmpty() && !closed) {
                LockSupport.park(this);
                // Nobody may interrupt the writer, and one who tries must not keep it spinning.
                Thread.interrupted();
            }
            idle = null;
        }
        return !isEmpty();
    }

    List<Job.Urgent<?>> urgent(int max) {
        var group = new ArrayList<Job.Urgent<?>>();
        for (var job = urgent.poll(); job != null; job = group.size() < max ? urgent.poll() : null) {
            group.add(job);
        }
        return group;
    }

    /** It stays the first until {@link #finished}. */
    Job.@Nullable Patient patient() {
        return patient.peek();
    }

    void finished() {
        patient.poll();
    }

    void freed(long freedBytes) {
        bytes.addAndGet(-freedBytes);
    }

    long bytes() {
        return bytes.get();
    }

    int urgentSize() {
        return urgent.size();
    }

    int size() {
        return urgent.size() + patient.size();
    }

    boolean isClosed() {
        return closed;
    }

    private boolean isEmpty() {
        return urgent.isEmpty() && patient.isEmpty();
    }
}
