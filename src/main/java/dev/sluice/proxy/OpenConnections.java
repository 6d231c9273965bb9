package dev.sluice.proxy;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.pekko.Done;

/** The clients' connections that are open, and their end. */
final class OpenConnections {
    private final Set<Runnable> connections = ConcurrentHashMap.newKeySet();
    private final CompletableFuture<Done> drained = new CompletableFuture<>();
    private volatile boolean draining;

    boolean draining() {
        return draining;
    }

    int count() {
        return connections.size();
    }

    void add(Runnable drain) {
        connections.add(drain);
        if (draining) {
            drain.run();
        }
    }

    void remove(Runnable drain) {
        connections.remove(drain);
        completeWhenEmpty();
    }

    /** Asks every connection to end after the answer it carries; completes when none is left. */
    CompletionStage<Done> drain() {
        draining = true;
        connections.forEach(Runnable::run);
        completeWhenEmpty();
        return drained;
    }

    private void completeWhenEmpty() {
        if (draining && connections.isEmpty()) {
            drained.complete(Done.getInstance());
        }
    }
}
