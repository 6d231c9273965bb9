package dev.sluice.export;

import dev.sluice.testing.Acceptor;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Deque;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Stands before an S3 server and lets one request after the other fail as it was told; the rest it passes on. */
final class FaultyFront implements AutoCloseable {
    private static final Pattern LENGTH = Pattern.compile("(?i)\r\ncontent-length: *(\\d+)\r\n");
    private static final Pattern EXPECT = Pattern.compile("(?i)\r\nexpect: *100-continue(?=\r\n)");
    private static final String SLOW_DOWN = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
            + "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>";

    enum Fault {
        /** The connection is reset in the middle of the upload; nothing is stored. */
        RESET_MIDWAY,
        /** 503; nothing is stored. */
        SLOW_DOWN,
        /** A byte changes on its way. */
        GARBLED,
        /** It is stored, and the answer lost. */
        STORED_THEN_RESET,
        /** It is stored, and the answer never comes. */
        STORED_THEN_SILENCE
    }

    private final int server;
    private final Deque<Fault> faults = new ConcurrentLinkedDeque<>();
    private final AtomicInteger silences = new AtomicInteger();
    private final Acceptor acceptor;

    FaultyFront(int server) {
        this.server = server;
        this.acceptor = Acceptor.start(this::serve);
    }

    String url() {
        return "http://127.0.0.1:" + acceptor.port();
    }

    /** What becomes of the next requests. */
    void then(Fault... next) {
        faults.clear();
        for (var fault : next) {
            faults.add(fault);
        }
    }

    /** How many requests were stored of which their sender never heard. */
    int silences() {
        return silences.get();
    }

    private void serve(Socket client) throws IOException {
        var in = new BufferedInputStream(client.getInputStream());
        for (var head = head(in); head != null; head = head(in)) {
            if (!answer(client, in, head)) {
                return;
            }
        }
    }

    /** Whether the connection goes on. */
    private boolean answer(Socket client, InputStream in, String head) throws IOException {
        var fault = faults.poll();
        if (EXPECT.matcher(head).find()) {
            client.getOutputStream().write("HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        }
        var length = LENGTH.matcher(head);
        var body = length.find() ? Integer.parseInt(length.group(1)) : 0;
        if (fault == Fault.RESET_MIDWAY) {
            in.readNBytes(body / 2);
            reset(client);
            return false;
        }
        var bytes = in.readNBytes(body);
        if (fault == Fault.SLOW_DOWN) {
            client.getOutputStream()
                    .write(("HTTP/1.1 503 Slow Down\r\ncontent-type: application/xml\r\ncontent-length: "
                                    + SLOW_DOWN.length() + "\r\n\r\n" + SLOW_DOWN)
                            .getBytes(StandardCharsets.US_ASCII));
            return true;
        }
        if (fault == Fault.GARBLED && bytes.length > 0) {
            bytes[bytes.length / 2] ^= 1;
        }
        var answer = pass(EXPECT.matcher(head).replaceAll(""), bytes);
        if (fault == Fault.STORED_THEN_RESET) {
            reset(client);
            return false;
        }
        if (fault == Fault.STORED_THEN_SILENCE) {
            silences.incrementAndGet();
            // Until the client has enough of it.
            return in.read() >= 0;
        }
        client.getOutputStream().write(answer);
        return true;
    }

    /** Over a connection of its own; not one that the server is to close, for then only its end would end an answer. */
    private byte[] pass(String head, byte[] body) throws IOException {
        try (var upstream = new Socket(InetAddress.getLoopbackAddress(), server)) {
            OutputStream out = upstream.getOutputStream();
            out.write(head.getBytes(StandardCharsets.ISO_8859_1));
            out.write(body);
            out.flush();
            var in = new BufferedInputStream(upstream.getInputStream());
            var answer = new ByteArrayOutputStream();
            var answerHead = head(in);
            if (answerHead != null) {
                answer.writeBytes(answerHead.getBytes(StandardCharsets.ISO_8859_1));
                var length = LENGTH.matcher(answerHead);
                answer.writeBytes(length.find() ? in.readNBytes(Integer.parseInt(length.group(1))) : chunks(in));
            }
            return answer.toByteArray();
        }
    }

    /** Up to the empty chunk; small, for only errors come so. */
    private static byte[] chunks(InputStream in) throws IOException {
        var chunks = new ByteArrayOutputStream();
        while (!chunks.toString(StandardCharsets.ISO_8859_1).endsWith("0\r\n\r\n")) {
            var next = in.read();
            if (next < 0) {
                break;
            }
            chunks.write(next);
        }
        return chunks.toByteArray();
    }

    private static void reset(Socket client) throws IOException {
        client.setSoLinger(true, 0);
        client.close();
    }

    /** Up to the empty line; null at the connection's end. */
    private static @Nullable String head(InputStream in) throws IOException {
        var head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            var next = in.read();
            if (next < 0) {
                return null;
            }
            head.write(next);
        }
        return head.toString(StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() {
        acceptor.close();
    }
}
