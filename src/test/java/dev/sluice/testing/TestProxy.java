package dev.sluice.testing;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;

/** A forward proxy on bare sockets: opens tunnels, passes requests with whole addresses on, or does neither. */
public final class TestProxy implements AutoCloseable {
    private final UnaryOperator<String> verdict;
    private final List<String> heads = new CopyOnWriteArrayList<>();
    private final Acceptor acceptor;

    private TestProxy(UnaryOperator<String> verdict) {
        this.verdict = verdict;
        this.acceptor = Acceptor.start(this::serve);
    }

    /** One that lets everybody through. */
    public static TestProxy start() {
        return start(head -> "");
    }

    /**
     * Starts one.
     *
     * @param verdict from a request's head: empty to let it through, "hang", "reset", or the head of an answer
     */
    public static TestProxy start(UnaryOperator<String> verdict) {
        return new TestProxy(verdict);
    }

    public int port() {
        return acceptor.port();
    }

    /** The heads of all requests so far. */
    public List<String> heads() {
        return heads;
    }

    private void serve(Socket client) throws IOException {
        var head = head(client.getInputStream());
        heads.add(head);
        var no = verdict.apply(head);
        if (no.equals("hang")) {
            client.getInputStream().readAllBytes();
        } else if (no.equals("reset")) {
            client.setSoLinger(true, 0);
        } else if (!no.isEmpty()) {
            client.getOutputStream().write(no.getBytes(StandardCharsets.US_ASCII));
        } else {
            pass(client, head);
        }
    }

    private void pass(Socket client, String head) throws IOException {
        var tunnel = head.startsWith("CONNECT ");
        var target = head.split(" ", 3)[1];
        var uri = URI.create(tunnel ? "http://" + target : target);
        try (var host = new Socket(uri.getHost(), uri.getPort())) {
            if (tunnel) {
                client.getOutputStream()
                        .write("HTTP/1.1 200 Connection established\r\nX: y\r\n\r\n"
                                .getBytes(StandardCharsets.US_ASCII));
            } else {
                var path = target.substring(target.indexOf('/', 8));
                host.getOutputStream()
                        .write(head.replaceFirst(java.util.regex.Pattern.quote(target), path)
                                .getBytes(StandardCharsets.ISO_8859_1));
            }
            acceptor.keep(host);
            var back = Thread.ofVirtual().start(() -> copy(host, client));
            copy(client, host);
            back.join();
            acceptor.forget(host);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void copy(Socket from, Socket to) {
        try {
            from.getInputStream().transferTo(to.getOutputStream());
            to.shutdownOutput();
        } catch (IOException e) {
            try {
                to.close();
            } catch (IOException ignored) {
                // It is closed, then.
            }
        }
    }

    private static String head(InputStream in) throws IOException {
        var head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            var next = in.read();
            if (next < 0) {
                throw new IOException("ended within the head");
            }
            head.append((char) next);
        }
        return head.toString();
    }

    /** Closes its clients' connections and those that it has opened for them. */
    @Override
    public void close() {
        acceptor.close();
    }
}
