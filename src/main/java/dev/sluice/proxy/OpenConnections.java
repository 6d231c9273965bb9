package dev.sluice.proxy;

import io.netty.channel.Channel;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.Done;

/**
 * The clients' connections that are open, and their end. A connection is known twice: by its {@link ClientConnection}, which can be asked
 * to take no more requests but may be gone while its last answer still goes out, and by its socket, which is there to the last byte.
 */
final class OpenConnections {
    /** How a connection is asked to end; itself, as far as this class knows. */
    static final class Bell {
        private final Runnable drain;

        /** @param drain safe from any thread, and often */
        Bell(Runnable drain) {
            this.drain = drain;
        }

        private void ring() {
            drain.run();
        }
    }

    private final Set<Bell> connections = ConcurrentHashMap.newKeySet();
    private final Set<Channel> sockets = ConcurrentHashMap.newKeySet();
    private final AtomicInteger streams = new AtomicInteger();
    private final CompletableFuture<Done> drained = new CompletableFuture<>();
    private volatile boolean draining;

    boolean draining() {
        return draining;
    }

    int count() {
        return sockets.size();
    }

    /** @param drain asks the connection to end after the answer it carries */
    void add(Bell drain) {
        connections.add(drain);
        if (draining) {
            drain.ring();
        }
    }

    void remove(Bell drain) {
        connections.remove(drain);
    }

    /** Counts a socket until it is closed. */
    void addSocket(Channel socket) {
        sockets.add(socket);
        var _ = socket.closeFuture().addListener(closed -> {
            sockets.remove(socket);
            completeWhenEmpty();
        });
    }

    /**
     * Counts a stream of HTTP/2, which carries a request as a connection of HTTP/1.1 does.
     *
     * @param most streams that may be open at one time, on all connections
     * @return whether it may stay; if so, until {@link #removeStream}
     */
    boolean addStream(int most) {
        if (streams.incrementAndGet() <= most) {
            return true;
        }
        removeStream();
        return false;
    }

    void removeStream() {
        streams.decrementAndGet();
    }

    /** Asks every connection to end after the answer it carries; completes when none is left. */
    CompletionStage<Done> drain() {
        draining = true;
        connections.forEach(Bell::ring);
        completeWhenEmpty();
        return drained;
    }

    /** Ends every connection now; completes when none is left. */
    CompletionStage<Done> cut() {
        draining = true;
        for (var socket : sockets) {
            var _ = socket.close();
        }
        completeWhenEmpty();
        return drained;
    }

    private void completeWhenEmpty() {
        if (draining && sockets.isEmpty()) {
            drained.complete(Done.getInstance());
        }
    }
}
