package dev.sluice.provider;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.jspecify.annotations.Nullable;

/** The client's own credential as it came; the gateway's for clients that bring none. */
record Passthrough(Credential fallback) implements Credential {
    @Override
    public Set<String> names() {
        var names = new HashSet<>(fallback.names());
        names.addAll(ClientCredential.NAMES);
        return names;
    }

    @Override
    public @Nullable Proof atHand(HttpRequest request) {
        var own = request.getAttribute(Providers.CLIENT_CREDENTIAL);
        return own.isPresent() ? own.get() : fallback.atHand(request);
    }

    @Override
    public CompletionStage<Proof> obtain(HttpRequest request) {
        var own = request.getAttribute(Providers.CLIENT_CREDENTIAL);
        return own.isPresent() ? CompletableFuture.completedFuture(own.get()) : fallback.obtain(request);
    }

    @Override
    public int resting() {
        return fallback.resting();
    }
}
