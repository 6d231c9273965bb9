package dev.sluice.testing;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A provider on bare sockets, which answers with exactly the bytes that a test writes, when it writes them. */
public final class BareProvider implements AutoCloseable {
    private final ServerSocket server;
    private final Answering answering;
    private final Set<Socket> connections = ConcurrentHashMap.newKeySet();

    /** Answers one request; an exception closes its connection. */
    @FunctionalInterface
    public interface Answering {
        /**
         * Answers.
         *
         * @param in for who waits for the client's end
         */
        void answer(Request request, InputStream in, OutputStream out) throws Exception;
    }

    /** A request as it came. */
    public record Request(String head, String body) {}

    private BareProvider(ServerSocket server, Answering answering) {
        this.server = server;
        this.answering = answering;
    }

    public static BareProvider start(Answering answering) {
        try {
            return start(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), answering);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static BareProvider start(ServerSocket server, Answering answering) {
        var provider = new BareProvider(server, answering);
        Thread.ofVirtual().start(provider::accept);
        return provider;
    }

    public int port() {
        return server.getLocalPort();
    }

    public String url() {
        return "http://127.0.0.1:" + port();
    }

    public int openConnections() {
        return connections.size();
    }

    private void accept() {
        try {
            while (true) {
                var socket = server.accept();
                connections.add(socket);
                Thread.ofVirtual().start(() -> serve(socket));
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            var in = new BufferedInputStream(socket.getInputStream());
            while (true) {
                var head = head(in);
                if (head.isEmpty()) {
                    return;
                }
                var body = new String(in.readNBytes(length(head)), StandardCharsets.UTF_8);
                answering.answer(new Request(head, body), in, socket.getOutputStream());
                socket.getOutputStream().flush();
            }
        } catch (Exception e) {
            // A test that ends an answer so means it so.
        } finally {
            connections.remove(socket);
        }
    }

    private static String head(InputStream in) throws IOException {
        var head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            var next = in.read();
            if (next < 0) {
                return "";
            }
            head.write(next);
        }
        return head.toString(StandardCharsets.ISO_8859_1);
    }

    private static int length(String head) {
        return head.lines()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("content-length:"))
                .mapToInt(line -> Integer.parseInt(line.substring(15).strip()))
                .findFirst()
                .orElse(0);
    }

    @Override
    public void close() {
        try {
            server.close();
            for (var socket : connections) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
