package dev.sluice.proxy;

import io.netty.channel.Channel;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.pekko.Done;
import org.apache.pekko.stream.stage.AsyncCallback;

/**
 * The clients' connections that are open, and their end. A connection is known twice: by its {@link ClientConnection}, which can be asked
 * to take no more requests but may be gone while its last answer still goes out, and by its socket, which is there to the last byte.
 */
final class OpenConnections {
    /** How a connection is asked to end; itself, as far as this class knows. */
    static final class Bell {
        private final AsyncCallback<Done> callback;

        Bell(AsyncCallback<Done> callback) {
            this.callback = callback;
        }

        private void ring() {
            callback.invoke(Done.getInstance());
        }
    }

    private final Set<Bell> connections = ConcurrentHashMap.newKeySet();
    private final Set<Channel> sockets = ConcurrentHashMap.newKeySet();
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
        socket.closeFuture().addListener(closed -> {
            sockets.remove(socket);
            completeWhenEmpty();
        });
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
