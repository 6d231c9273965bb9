package dev.sluice.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/** Plays tailscaled on a real socket file: says what the test tells it to, byte for byte, or nothing, or not yet. */
public final class FakeTailscaled implements AutoCloseable {
    private static final Duration LETTING_GO = Duration.ofSeconds(20);

    private final Path socket;
    private final ServerSocketChannel server;
    private final List<SocketChannel> open = new CopyOnWriteArrayList<>();
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private final Thread accepting = Thread.ofVirtual().unstarted(this::accept);
    private volatile String answer = notFound();
    private volatile CountDownLatch gate = new CountDownLatch(0);

    private FakeTailscaled(Path socket, ServerSocketChannel server) {
        this.socket = socket;
        this.server = server;
    }

    public static FakeTailscaled start(Path socket) {
        try {
            Files.deleteIfExists(socket);
            var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            server.bind(UnixDomainSocketAddress.of(socket), 1024);
            var daemon = new FakeTailscaled(socket, server);
            daemon.accepting.start();
            return daemon;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A person's machine as the daemon describes it, indented by tabs; capabilities as JSON. */
    public static String person(String login, String capabilities) {
        return ok("""
                {
                \t"Node": {"ID": 1234, "StableID": "nABC123CNTRL", "Name": "laptop.tail-scale.ts.net.", "User": 42,
                \t\t"Key": "nodekey:00", "Addresses": ["100.101.102.103/32"], "Hostinfo": {"OS": "linux"},
                \t\t"CapMap": {"https://tailscale.com/cap/is-admin": null, "tailscale.com/cap/aperture": [{"role": "admin"}]},
                \t\t"ComputedName": "laptop"},
                \t"UserProfile": {"ID": 42, "LoginName": "%s", "DisplayName": "Alice Ärger", "ProfilePicURL": "https://p",
                \t\t"Groups": ["group:eng", "engineering@example.com"]},
                \t"CapMap": %s
                }
                """.formatted(login, capabilities));
    }

    /** A tagged machine: its profile is that of all of them. */
    public static String machine(String tags) {
        return ok("""
                {"Node": {"ID": 99, "StableID": "nDEF456CNTRL", "Name": "ci-7.tail-scale.ts.net.", "User": 42, "Tags": %s,
                  "ComputedName": "ci-7"},
                 "UserProfile": {"ID": 1, "LoginName": "tagged-devices", "DisplayName": "Tagged Devices"},
                 "CapMap": null}
                """.formatted(tags));
    }

    public static String ok(String body) {
        return http("200 OK", "application/json", body);
    }

    public static String notFound() {
        return http("404 Not Found", "text/plain; charset=utf-8", "no match for IP:port\n");
    }

    public static String http(String status, String type, String body) {
        return "HTTP/1.1 " + status + "\r\nContent-Type: " + type + "\r\nTailscale-Cap: 130\r\nContent-Length: "
                + body.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n" + body;
    }

    /** Says this from now on. An empty one hangs up. */
    public FakeTailscaled says(String bytes) {
        answer = bytes;
        return this;
    }

    /** Takes questions but answers none before {@link #goOn}. */
    public void holdOn() {
        gate = new CountDownLatch(1);
    }

    public void goOn() {
        gate.countDown();
    }

    /** The heads of all questions. */
    public List<String> asked() {
        return asked;
    }

    private void accept() {
        try {
            while (true) {
                var channel = server.accept();
                open.add(channel);
                Thread.ofVirtual().start(() -> serve(channel));
            }
        } catch (IOException _) {
            // Closed.
        }
    }

    private void serve(SocketChannel channel) {
        try (channel) {
            var in = Channels.newInputStream(channel);
            var head = new StringBuilder();
            while (head.indexOf("\r\n\r\n") < 0) {
                var read = in.read();
                if (read < 0) {
                    return;
                }
                head.append((char) read);
            }
            var waiting = gate;
            asked.add(head.toString());
            waiting.await();
            var bytes = ByteBuffer.wrap(answer.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (ClosedChannelException e) {
            // Whoever asked has gone, or the daemon dies.
        } catch (IOException e) {
            // The same, told otherwise.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            open.remove(channel);
        }
    }

    /** Dies; the socket file stays, as it does when a daemon is killed. */
    public void die() {
        try {
            server.close();
            gate.countDown();
            // Before that, the kernel may take one more; Acceptor says why.
            if (!accepting.join(LETTING_GO)) {
                throw new AssertionError(socket + " still takes connections");
            }
            Acceptor.awaitRefusal(socket, () -> SocketChannel.open(UnixDomainSocketAddress.of(socket)));
            for (var channel : open) {
                channel.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        die();
        try {
            Files.deleteIfExists(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
