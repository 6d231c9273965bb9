package dev.sluice.proxy;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.apache.pekko.http.javadsl.model.AttributeKeys;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.stream.javadsl.Flow;

/** The port that clients talk to. */
public final class Listener {
    private final ServerBinding binding;
    private final OpenConnections open;

    private Listener(ServerBinding binding, OpenConnections open) {
        this.binding = binding;
        this.open = open;
    }

    /** @param handler every request goes there; it never fails */
    public static CompletionStage<Listener> bind(
            ActorSystem<?> system,
            String host,
            int port,
            BiFunction<InetSocketAddress, HttpRequest, CompletionStage<HttpResponse>> handler) {
        var open = new OpenConnections();
        var connection = new ClientConnection(request -> handler.apply(peer(request), request), open);
        var bound = new CompletableFuture<Listener>();
        var _ = Http.get(system)
                .newServerAt(host, port)
                .bindFlow(Flow.fromGraph(connection))
                .whenComplete((binding, failure) -> {
                    if (binding != null) {
                        bound.complete(new Listener(binding, open));
                    } else {
                        bound.completeExceptionally(failure);
                    }
                });
        return bound;
    }

    private static InetSocketAddress peer(HttpRequest request) {
        return request.getAttribute(AttributeKeys.remoteAddress)
                .flatMap(remote -> remote.getAddress().map(address -> new InetSocketAddress(address, remote.getPort())))
                .orElseThrow();
    }

    public InetSocketAddress address() {
        return binding.localAddress();
    }

    public int openConnections() {
        return open.count();
    }

    /** Ends the connections that are open still, in the middle of their answers; completes when they are gone. */
    public CompletionStage<Done> cut() {
        var _ = binding.terminate(Duration.ofMillis(1));
        return open.drain();
    }

    /** Takes no new connection and no new request; completes when the open answers have gone out whole. */
    public CompletionStage<Done> drain() {
        var drained = new CompletableFuture<Done>();
        var _ = binding.unbind()
                .handle((done, failure) ->
                        open.drain().whenComplete((all, never) -> drained.complete(Done.getInstance())));
        return drained;
    }
}
