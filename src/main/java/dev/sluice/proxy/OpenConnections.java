package dev.sluice.proxy;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.pekko.Done;
import org.apache.pekko.stream.stage.AsyncCallback;

/** The clients' connections that are open, and their end. */
final class OpenConnections {
    /** How a connection is asked to end; itself, as far as this class knows. */
    static final class Draining {
        private final AsyncCallback<Boolean> callback;

        Draining(AsyncCallback<Boolean> callback) {
            this.callback = callback;
        }

        private void ask() {
            callback.invoke(false);
        }

        private void cut() {
            callback.invoke(true);
        }
    }

    private final Set<Draining> connections = ConcurrentHashMap.newKeySet();
    private final CompletableFuture<Done> drained = new CompletableFuture<>();
    private volatile boolean draining;

    boolean draining() {
        return draining;
    }

    int count() {
        return connections.size();
    }

    void add(Draining drain) {
        connections.add(drain);
        if (draining) {
            drain.ask();
        }
    }

    void remove(Draining drain) {
        connections.remove(drain);
        completeWhenEmpty();
    }

    /** Asks every connection to end after the answer it carries; completes when none is left. */
    CompletionStage<Done> drain() {
        draining = true;
        connections.forEach(Draining::ask);
        completeWhenEmpty();
        return drained;
    }

    /** Ends every connection in the middle of its answer; completes when none is left. */
    CompletionStage<Done> cut() {
        draining = true;
        connections.forEach(Draining::cut);
        completeWhenEmpty();
        return drained;
    }

    private void completeWhenEmpty() {
        if (draining && connections.isEmpty()) {
            drained.complete(Done.getInstance());
        }
    }
}
