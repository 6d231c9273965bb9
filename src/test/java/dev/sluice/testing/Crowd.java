package dev.sluice.testing;

import static java.util.Objects.requireNonNull;

import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Clients of all formats that ask again and again, each with one request under way, until the gateway is gone. They remember what they
 * saw of it.
 *
 * <p>The providers are simulated, and report usage that was asked for, so that each request's cost is known beforehand: at gpt-4.1's
 * prices, as in {@link TestGateway#policy}.
 */
public final class Crowd implements AutoCloseable {
    private static final long NANOS_PER_INPUT_TOKEN = 2_000;
    private static final long NANOS_PER_OUTPUT_TOKEN = 8_000;
    private static final int CONVERSATIONS = 8;

    private static final Map<String, String> BODIES = Map.of(
            "/v1/chat/completions",
            "{\"model\":\"test-gpt\",\"max_tokens\":1000,\"stream\":%s,\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}",
            "/v1/responses",
            "{\"model\":\"test-gpt\",\"max_output_tokens\":1000,\"stream\":%s,\"input\":\"%s\"}",
            "/v1/messages",
            "{\"model\":\"test-claude\",\"max_tokens\":1000,\"stream\":%s,\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}");

    /**
     * An answer of which at least one byte came.
     *
     * @param costNanos  of the whole of it
     * @param wholeAt    when its proper end came, by {@link System#nanoTime}; -1 when it never did
     */
    public record Seen(String requestId, String login, String path, long costNanos, long wholeAt) {
        public boolean whole() {
            return wholeAt >= 0;
        }
    }

    private final InetSocketAddress address;
    private final List<String> logins;
    private final Queue<Seen> seen = new ConcurrentLinkedQueue<>();
    private final Queue<String> surprises = new ConcurrentLinkedQueue<>();
    private final AtomicLong begun = new AtomicLong();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final CountDownLatch left;

    /**
     * Makes a crowd.
     *
     * @param logins as Tailscale Serve would tell them; an empty one is told nothing
     */
    public Crowd(InetSocketAddress address, int clients, List<String> logins, Random random) {
        this.address = address;
        this.logins = List.copyOf(logins);
        this.left = new CountDownLatch(clients);
        for (var client = 0; client < clients; client++) {
            var own = new Random(random.nextLong());
            threads.execute(() -> askUntilTheEnd(own));
        }
    }

    /** Answers of which a byte has come, so far: each of them will be {@link #seen}. */
    public long begun() {
        return begun.get();
    }

    /** Every client has noticed that the gateway is gone. */
    public void awaitTheEnd() throws InterruptedException {
        if (!left.await(60, TimeUnit.SECONDS)) {
            throw new AssertionError(left.getCount() + " clients are still waiting");
        }
    }

    public List<Seen> seen() {
        return List.copyOf(seen);
    }

    /** Answers that nobody had reason to expect. */
    public List<String> surprises() {
        return List.copyOf(surprises);
    }

    private void askUntilTheEnd(Random random) {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                ask(random);
            }
        } catch (UncheckedIOException e) {
            // The gateway is gone.
        } finally {
            left.countDown();
        }
    }

    private void ask(Random random) {
        var path = List.copyOf(BODIES.keySet()).get(random.nextInt(BODIES.size()));
        var login = logins.get(random.nextInt(logins.size()));
        var stream = random.nextInt(5) > 0;
        var input = 1 + random.nextInt(5_000);
        var output = 1 + random.nextInt(2_000);
        var script = "x-simulate: input=%d; output=%d; events=%d; interval=%dms; answer-delay=%dms"
                .formatted(input, output, 1 + random.nextInt(12), 20 + random.nextInt(150), random.nextInt(300));
        var body = requireNonNull(BODIES.get(path)).formatted(stream, "conversation " + random.nextInt(CONVERSATIONS));
        try (var http = RawHttp.connect(address)) {
            if (login.isEmpty()) {
                http.post(path, body, script);
            } else {
                http.post(path, body, script, "Tailscale-User-Login: " + login);
            }
            var head = http.readHead();
            if (head.status() != 200) {
                surprises.add(head.status() + " " + http.readRest().text());
                return;
            }
            var id = head.header("x-sluice-request-id").orElseThrow();
            if (http.readSome(1).length == 0) {
                surprises.add(id + ": an answer without a byte");
            }
            begun.incrementAndGet();
            var end = http.readRest().end();
            seen.add(new Seen(
                    id,
                    login.isEmpty() ? "(loopback)" : login,
                    path,
                    input * NANOS_PER_INPUT_TOKEN + output * NANOS_PER_OUTPUT_TOKEN,
                    end == RawHttp.End.PROPER ? System.nanoTime() : -1));
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
