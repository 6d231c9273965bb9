package dev.sluice.loadtest;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

/** A client that takes its answer in small bites; Gatling's own take whatever comes. */
final class SlowReader {
    /** Some 5 MB: more than two kernels keep for a connection. */
    private static final int EVENTS = 20_000;
    private static final int BITE = 4096;

    private final URI url;
    private final Duration time;
    private final CompletableFuture<Long> read = new CompletableFuture<>();

    private SlowReader(String url, Duration time) {
        this.url = URI.create(url);
        this.time = time;
    }

    /** @param time in which it reads slowly; then it takes the rest */
    static SlowReader start(String url, Duration time) {
        var reader = new SlowReader(url, time);
        Thread.ofVirtual().start(() -> {
            try {
                reader.read.complete(reader.read());
            } catch (IOException | RuntimeException e) {
                reader.read.completeExceptionally(e);
            }
        });
        return reader;
    }

    private long read() throws IOException {
        var body = "{\"model\":\"sim-model\",\"stream\":true,\"messages\":" + Load.hello(null) + "}";
        var until = System.nanoTime() + time.toNanos();
        try (var socket = new Socket()) {
            socket.setReceiveBufferSize(BITE);
            socket.setSoTimeout(60_000);
            socket.connect(new InetSocketAddress(url.getHost(), url.getPort()));
            socket.getOutputStream()
                    .write(("POST /v1/chat/completions HTTP/1.1\r\nHost: sluice\r\nConnection: close\r\nContent-Type: application/json\r\nx-simulate: events=" + EVENTS
                                    + "; interval=0ms\r\nContent-Length: " + body.length() + "\r\n\r\n" + body)
                            .getBytes(StandardCharsets.US_ASCII));
            var in = socket.getInputStream();
            var bite = new byte[BITE];
            var all = new Tail(80);
            for (var n = in.read(bite); n >= 0; n = in.read(bite)) {
                all.add(bite, n);
                if (System.nanoTime() < until) {
                    LockSupport.parkNanos(100_000_000);
                }
            }
            if (!all.text().contains("data: [DONE]")) {
                throw new IOException("after " + all.bytes + " bytes it ended with: " + all.text());
            }
            return all.bytes;
        }
    }

    /** The last bytes of what came, and how many came in all. */
    private static final class Tail {
        private final byte[] last;
        private long bytes;

        Tail(int length) {
            last = new byte[length];
        }

        void add(byte[] more, int n) {
            for (var i = 0; i < n; i++) {
                last[(int) (bytes++ % last.length)] = more[i];
            }
        }

        String text() {
            var text = new StringBuilder();
            for (var at = Math.max(0, bytes - last.length); at < bytes; at++) {
                text.append((char) last[(int) (at % last.length)]);
            }
            return text.toString();
        }
    }

    /** Fails when it did not get the whole answer. */
    void check() {
        try {
            var bytes = read.get(120, TimeUnit.SECONDS);
            if (bytes < 100L * EVENTS) {
                throw new AssertionError("a slow reader got " + bytes + " bytes (expected: " + EVENTS + " events)");
            }
        } catch (ExecutionException | TimeoutException e) {
            throw new AssertionError("a slow reader did not get its answer: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
