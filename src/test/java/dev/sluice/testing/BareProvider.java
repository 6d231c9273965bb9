package dev.sluice.testing;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** A provider on bare sockets, which answers with exactly the bytes that a test writes, when it writes them. */
public final class BareProvider implements AutoCloseable {
    private final Acceptor acceptor;

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

    private BareProvider(Acceptor acceptor) {
        this.acceptor = acceptor;
    }

    public static BareProvider start(Answering answering) {
        return new BareProvider(Acceptor.start(connection -> serve(connection, answering)));
    }

    public static BareProvider start(ServerSocket server, Answering answering) {
        return new BareProvider(Acceptor.start(server, connection -> serve(connection, answering)));
    }

    public int port() {
        return acceptor.port();
    }

    public String url() {
        return "http://127.0.0.1:" + port();
    }

    public int openConnections() {
        return acceptor.openConnections();
    }

    private static void serve(Socket connection, Answering answering) throws Exception {
        var in = new BufferedInputStream(connection.getInputStream());
        while (true) {
            var head = head(in);
            if (head.isEmpty()) {
                return;
            }
            var body = new String(in.readNBytes(length(head)), StandardCharsets.UTF_8);
            answering.answer(new Request(head, body), in, connection.getOutputStream());
            connection.getOutputStream().flush();
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

    /** Afterwards the port refuses, and no connection is open. */
    @Override
    public void close() {
        acceptor.close();
    }
}
