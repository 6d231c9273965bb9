package dev.sluice.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;

/**
 * A loopback port that refuses everybody, for as long as this is open: it is taken, but nobody listens. A port that was merely free a moment ago
 * may be somebody else's by now, or that of the very connection that is to be refused.
 */
public final class ClosedPort implements AutoCloseable {
    private final Socket taken = new Socket();

    private ClosedPort() {}

    /** Any. */
    public static ClosedPort take() {
        return take(0);
    }

    /** One whose last connections may not be quite over. */
    static ClosedPort take(int number) {
        var port = new ClosedPort();
        try {
            port.taken.setReuseAddress(true);
            port.taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), number));
            return port;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int number() {
        return taken.getLocalPort();
    }

    @Override
    public void close() {
        try {
            taken.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
