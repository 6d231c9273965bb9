package dev.sluice.testing;

import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Clients that stream from several nodes, and go on whatever becomes of them. They remember what they saw, and how long they had to wait for
 * it.
 */
public final class ClusterLoad implements AutoCloseable {
    private static final String PATH = "/v1/chat/completions";
    private static final Duration SILENCE = Duration.ofSeconds(60);
    private static final long REST = Duration.ofMillis(100).toNanos();
    private static final String END = "data: [DONE]\n\n";

    /**
     * One request.
     *
     * @param status      0 when there was no answer at all
     * @param requestId   empty when there was no answer
     * @param whole       whether the answer ended as HTTP and its format want it
     * @param falselyEnded whether it ended as HTTP wants it, and lacked its format's end
     * @param waitedNanos for the head of the answer, or for the end that came in its place
     * @param endedAt     by {@link System#nanoTime}
     */
    public record Seen(
            int node,
            int status,
            String requestId,
            boolean whole,
            boolean falselyEnded,
            long waitedNanos,
            long endedAt) {}

    private final List<InetSocketAddress> nodes;
    private final List<String> logins;
    private final Queue<Seen> seen = new ConcurrentLinkedQueue<>();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final CountDownLatch left;
    private volatile boolean ended;

    public ClusterLoad(List<InetSocketAddress> nodes, List<String> logins, int clients, Random random) {
        this.nodes = List.copyOf(nodes);
        this.logins = List.copyOf(logins);
        this.left = new CountDownLatch(clients);
        for (var client = 0; client < clients; client++) {
            var own = new Random(random.nextLong());
            threads.execute(() -> {
                try {
                    while (!ended) {
                        ask(own);
                    }
                } finally {
                    left.countDown();
                }
            });
        }
    }

    public List<Seen> seen() {
        return List.copyOf(seen);
    }

    /** Whole answers of a node since then. */
    public long wholeSince(int node, long nanos) {
        return seen.stream()
                .filter(it -> it.node() == node && it.whole() && it.endedAt() > nanos)
                .count();
    }

    private void ask(Random random) {
        var node = random.nextInt(nodes.size());
        var login = logins.get(random.nextInt(logins.size()));
        var script = "x-simulate: input=%d; output=%d; events=%d; interval=%dms"
                .formatted(
                        1 + random.nextInt(5_000),
                        1 + random.nextInt(2_000),
                        1 + random.nextInt(10),
                        20 + random.nextInt(80));
        var begun = System.nanoTime();
        var headAt = 0L;
        var status = 0;
        var id = "";
        var whole = false;
        var falselyEnded = false;
        try (var http = RawHttp.connect(nodes.get(node)).silenceAfter(SILENCE)) {
            http.post(
                    PATH,
                    "{\"model\":\"test-gpt\",\"max_tokens\":1000,\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"conversation %d\"}]}"
                            .formatted(random.nextInt(20)),
                    script,
                    "Tailscale-User-Login: " + login);
            var head = http.readHead();
            headAt = System.nanoTime();
            status = head.status();
            id = head.header("x-sluice-request-id").orElse("");
            var rest = http.readRest();
            whole = status == 200
                    && rest.end() == RawHttp.End.PROPER
                    && rest.text().endsWith(END);
            falselyEnded = status == 200 && rest.end() == RawHttp.End.PROPER && !whole;
        } catch (UncheckedIOException e) {
            // The node is gone, or was in the middle of it.
        }
        var now = System.nanoTime();
        seen.add(new Seen(node, status, id, whole, falselyEnded, (headAt == 0 ? now : headAt) - begun, now));
        if (status != 200) {
            LockSupport.parkNanos(REST);
        }
    }

    /** No more requests; returns when the last one has ended. */
    public void end() throws InterruptedException {
        ended = true;
        if (!left.await(90, TimeUnit.SECONDS)) {
            throw new AssertionError(left.getCount() + " clients are still waiting");
        }
    }

    @Override
    public void close() {
        ended = true;
        threads.shutdownNow();
    }
}
