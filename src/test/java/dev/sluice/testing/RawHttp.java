package dev.sluice.testing;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.apache.pekko.util.ByteString;

/**
 * A small HTTP/1.1 client on a bare socket, for tests that look at how a connection ends, or that end it badly themselves.
 *
 * <p>One request at a time: send, read the head, then read events or the rest. Not reading is a way to be a slow client.
 */
public final class RawHttp implements AutoCloseable {
    private static final int SILENCE_MILLIS = 20_000;

    private final Socket socket;
    private final InputStream in;
    private Body body = new Body(0, false);

    /** How an answer ended, as the kernel told it. */
    public enum End {
        /** As HTTP says: the length was reached, or the last chunk came. */
        PROPER,
        /** The peer closed in the middle (a FIN). */
        CUT,
        /** The peer reset the connection (an RST). */
        RESET,
        /** Nothing came any more, and the connection is still open. */
        SILENCE
    }

    /** Status line and headers of an answer. */
    public record Head(int status, List<Map.Entry<String, String>> headers) {
        public Optional<String> header(String name) {
            return headers.stream()
                    .filter(header -> header.getKey().equalsIgnoreCase(name))
                    .map(Map.Entry::getValue)
                    .findFirst();
        }
    }

    /** What came until the end, and which end it was. */
    public record Rest(ByteString bytes, End end) {
        public String text() {
            return bytes.utf8String();
        }

        /** The complete events of the text; what follows the last blank line is none. */
        public List<String> events() {
            var events = new ArrayList<>(List.of(text().split("\n\n", -1)));
            events.removeLast();
            return events;
        }
    }

    private RawHttp(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new BufferedInputStream(socket.getInputStream());
    }

    public static RawHttp connect(InetSocketAddress address) {
        return connect(address, 0);
    }

    /**
     * Connects with a small receive buffer, so that a client that stops reading is noticed soon.
     *
     * @param receiveBuffer in bytes, 0 for the usual size
     */
    public static RawHttp connect(InetSocketAddress address, int receiveBuffer) {
        try {
            var socket = new Socket();
            if (receiveBuffer > 0) {
                socket.setReceiveBufferSize(receiveBuffer);
            }
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(SILENCE_MILLIS);
            socket.connect(address, SILENCE_MILLIS);
            return new RawHttp(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Connects, and speaks TLS. */
    public static RawHttp connect(InetSocketAddress address, SSLContext tls) {
        try {
            var socket = (SSLSocket) tls.getSocketFactory().createSocket(address.getAddress(), address.getPort());
            socket.setSoTimeout(SILENCE_MILLIS);
            socket.startHandshake();
            return new RawHttp(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How long a read waits for the next byte. */
    public RawHttp silenceAfter(Duration silence) {
        try {
            socket.setSoTimeout(Math.toIntExact(silence.toMillis()));
            return this;
        } catch (SocketException e) {
            throw new UncheckedIOException(e);
        }
    }

    public RawHttp send(byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public RawHttp send(String text) {
        return send(text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Sends a POST with a JSON body.
     *
     * @param headers whole lines, for example {@code "x-api-key: k"}
     */
    public RawHttp post(String path, String json, String... headers) {
        var bytes = json.getBytes(StandardCharsets.UTF_8);
        var lines = headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n";
        return send("POST " + path
                        + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
                        + bytes.length + "\r\n" + lines + "\r\n")
                .send(bytes);
    }

    public RawHttp get(String path, String... headers) {
        var lines = headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n";
        return send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + lines + "\r\n");
    }

    /** Reads the head of the answer; throws when the connection ends instead. */
    public Head readHead() {
        try {
            var status = Integer.parseInt(line().split(" ", 3)[1]);
            var headers = new ArrayList<Map.Entry<String, String>>();
            for (var line = line(); !line.isEmpty(); line = line()) {
                var colon = line.indexOf(':');
                headers.add(Map.entry(
                        line.substring(0, colon), line.substring(colon + 1).strip()));
            }
            var head = new Head(status, headers);
            var chunked = head.header("transfer-encoding").orElse("").contains("chunked");
            body = new Body(head.header("content-length").map(Long::parseLong).orElse(Long.MAX_VALUE), chunked);
            return head;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The next event without its blank line; empty at the proper end of the answer. */
    public Optional<String> readEvent() {
        try {
            var event = new ByteArrayOutputStream();
            for (int last = 0, next = body.read(); next >= 0; last = next, next = body.read()) {
                event.write(next);
                if (next == '\n' && last == '\n') {
                    return Optional.of(event.toString(StandardCharsets.UTF_8).stripTrailing());
                }
            }
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** At most so many bytes of the body, as they come. */
    public byte[] readSome(int most) {
        try {
            return body.readNBytes(most);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Everything up to the end, whatever end it is. */
    public Rest readRest() {
        var bytes = new ByteArrayOutputStream();
        var end = End.PROPER;
        try {
            body.transferTo(bytes);
        } catch (EOFException e) {
            end = End.CUT;
        } catch (SocketTimeoutException e) {
            end = End.SILENCE;
        } catch (SocketException e) {
            end = End.RESET;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Rest(ByteString.fromArrayUnsafe(bytes.toByteArray()), end);
    }

    /** The answer's body, for whom it is too large to be kept; ends in an exception if the answer does not end as it should. */
    public InputStream body() {
        return body;
    }

    /** Whether something more comes over the connection, rather than its end. */
    public boolean isOpen() {
        try {
            in.mark(1);
            var next = in.read();
            in.reset();
            return next >= 0;
        } catch (SocketException e) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What comes instead of an answer. */
    public End endInsteadOfAnswer() {
        try {
            var next = in.read();
            if (next >= 0) {
                throw new AssertionError("an answer came, beginning with '" + (char) next + "'");
            }
            return End.CUT;
        } catch (SocketTimeoutException e) {
            return End.SILENCE;
        } catch (SocketException e) {
            return End.RESET;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Goes away as a process that was killed by a firewall does: with a reset. */
    public void reset() {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A FIN, as a client that is done with an answer sends. */
    public void hangUp() {
        close();
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String line() throws IOException {
        var line = new ByteArrayOutputStream();
        for (var next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                throw new EOFException("the connection ended within a head");
            }
            line.write(next);
        }
        return line.toString(StandardCharsets.ISO_8859_1).stripTrailing();
    }

    /** The bytes of one body, out of their chunks; -1 at its proper end, an exception at any other. */
    private final class Body extends InputStream {
        private final boolean chunked;
        private final boolean untilClose;
        private long left;
        private boolean begun;
        private boolean ended;

        Body(long length, boolean chunked) {
            this.chunked = chunked;
            this.untilClose = !chunked && length == Long.MAX_VALUE;
            this.left = chunked ? 0 : length;
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (length == 0) {
                return 0; // Who has what they wanted does not wait for the next chunk.
            }
            if (chunked && left == 0 && !ended) {
                nextChunk();
            }
            if (left == 0 || ended) {
                return -1;
            }
            var count = in.read(bytes, offset, (int) Math.min(length, left));
            if (count < 0) {
                if (untilClose) {
                    return -1;
                }
                throw new EOFException("the connection ended within a body");
            }
            left -= count;
            return count;
        }

        private void nextChunk() throws IOException {
            if (begun) {
                line();
            }
            begun = true;
            left = Long.parseLong(line().split(";", 2)[0].strip(), 16);
            if (left == 0) {
                ended = true;
                line();
            }
        }
    }
}
