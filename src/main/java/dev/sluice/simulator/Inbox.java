package dev.sluice.simulator;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** The latest requests; older ones make room. */
final class Inbox {
    private static final int MOST_REQUESTS = 1_000;
    /** A test that sends bodies of 50 MB must not fill the heap of the simulator with them. */
    private static final long MOST_BYTES = 128L << 20;

    private final Deque<ReceivedRequest> latest = new ArrayDeque<>();
    private long bytes;
    private long count;

    synchronized void add(ReceivedRequest request) {
        latest.addLast(request);
        bytes += request.body().length();
        count++;
        while (latest.size() > 1 && (latest.size() > MOST_REQUESTS || bytes > MOST_BYTES)) {
            bytes -= latest.removeFirst().body().length();
        }
    }

    synchronized List<ReceivedRequest> latest() {
        return List.copyOf(latest);
    }

    synchronized long count() {
        return count;
    }

    synchronized void clear() {
        latest.clear();
        bytes = 0;
        count = 0;
    }
}
