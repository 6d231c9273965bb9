package dev.sluice.testing;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Takes the connections of a listening socket and serves each on a thread of its own. Once it is closed its port refuses everybody, and none of
 * its connections is open.
 *
 * <p>Closing the socket alone does not do that: while a virtual thread is parked in {@code accept}, the kernel's socket lives until that thread
 * has run again, and a moment longer where the thread that polls for it is just about to let go of it. Until then it takes connections.
 */
public final class Acceptor implements AutoCloseable {
    private static final Duration LETTING_GO = Duration.ofSeconds(20);

    private final ServerSocket server;
    private final Serving serving;
    private final Set<Socket> connections = ConcurrentHashMap.newKeySet();
    private final Thread accepting;
    private volatile boolean closed;

    /** Serves one connection; it is closed afterwards, and what is thrown ends it. */
    @FunctionalInterface
    public interface Serving {
        void serve(Socket connection) throws Exception;
    }

    private Acceptor(ServerSocket server, Serving serving) {
        this.server = server;
        this.serving = serving;
        this.accepting = Thread.ofVirtual().unstarted(this::accept);
    }

    /** One on a loopback port that nobody else has. */
    public static Acceptor start(Serving serving) {
        try {
            return start(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), serving);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static Acceptor start(ServerSocket server, Serving serving) {
        var acceptor = new Acceptor(server, serving);
        acceptor.accepting.start();
        return acceptor;
    }

    public int port() {
        return server.getLocalPort();
    }

    /** How many connections are being served or kept. */
    public int openConnections() {
        return connections.size();
    }

    /** Closes this one too, as soon as it is closed itself. */
    void keep(Socket connection) throws IOException {
        connections.add(connection);
        if (closed) {
            connection.close();
        }
    }

    void forget(Socket connection) {
        connections.remove(connection);
    }

    private void accept() {
        try {
            while (!closed) {
                var connection = server.accept();
                connections.add(connection);
                Thread.ofVirtual().start(() -> serve(connection));
            }
        } catch (IOException _) {
            // Closed.
        }
    }

    private void serve(Socket connection) {
        try (connection) {
            if (!closed) {
                serving.serve(connection);
            }
        } catch (Exception _) {
            // A test that ends a connection so means it so.
        } finally {
            connections.remove(connection);
        }
    }

    @Override
    public void close() {
        closed = true;
        try {
            server.close();
            if (!accepting.join(LETTING_GO)) {
                throw new AssertionError("port " + port() + " still takes connections");
            }
            awaitRefusal(server.getLocalSocketAddress(), () -> new Socket(server.getInetAddress(), port()));
            for (var connection : connections) {
                connection.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Returns once whoever comes to an address is refused. */
    static void awaitRefusal(Object address, Callable<? extends Closeable> connecting) {
        Eventually.await(
                LETTING_GO,
                () -> assertThatThrownBy(() -> connecting.call().close())
                        .as("%s still takes connections", address)
                        .isInstanceOf(IOException.class));
    }
}
