package dev.sluice.proxy;

import dev.sluice.config.Settings;
import dev.sluice.provider.KeptCharsets;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.event.NoLogging;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.settings.ServerSettings;
import org.apache.pekko.stream.SystemMaterializer;
import org.apache.pekko.stream.TLSProtocol.SslTlsInbound;
import org.apache.pekko.stream.TLSProtocol.SslTlsOutbound;
import org.apache.pekko.stream.javadsl.BidiFlow;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.TLSPlacebo;
import org.apache.pekko.stream.javadsl.Tcp;
import org.apache.pekko.util.ByteString;

/**
 * The port that clients talk to: Pekko's HTTP layer between {@link ClientConnection} and {@link Edge}. Not Pekko's own
 * binding, which neither notices a client that hangs up while its answer stalls nor lets open streams finish when it ends.
 */
public final class Listener {
    private final Tcp.ServerBinding binding;
    private final OpenConnections open;

    private Listener(Tcp.ServerBinding binding, OpenConnections open) {
        this.binding = binding;
        this.open = open;
    }

    /**
     * Binds the port.
     *
     * @param handler every request goes there; it never fails
     */
    public static CompletionStage<Listener> bind(
            ActorSystem<?> system,
            Settings settings,
            BiFunction<InetSocketAddress, HttpRequest, CompletionStage<HttpResponse>> handler) {
        var open = new OpenConnections();
        var layer = http(system, open);
        var materializer = SystemMaterializer.get(system).materializer();
        var bound = new CompletableFuture<Listener>();
        var serverSettings = ServerSettings.create(system.classicSystem());
        var _ = Tcp.get(system)
                .bind(
                        settings.host(),
                        settings.port(),
                        serverSettings.getBacklog(),
                        serverSettings.getSocketOptions(),
                        false,
                        Optional.empty())
                .mapAsyncUnordered(settings.limits().connections(), incoming -> {
                    var connection = new ClientConnection(
                            incoming.remoteAddress(), settings.clocks().nextRequest(), handler, open);
                    return Flow.fromGraph(connection)
                            .join(layer)
                            .watchTermination(Keep.right())
                            .join(incoming.flow())
                            .run(materializer)
                            // A connection that breaks is the everyday, and must not end the listening.
                            .exceptionally(broken -> Done.getInstance());
                })
                .to(Sink.ignore())
                .run(materializer)
                .whenComplete((binding, failure) -> {
                    if (binding != null) {
                        bound.complete(new Listener(binding, open));
                    } else {
                        bound.completeExceptionally(failure);
                    }
                });
        return bound;
    }

    /** Built once: a layer for each connection would build the header parser anew each time. */
    private static BidiFlow<HttpResponse, ByteString, ByteString, HttpRequest, NotUsed> http(
            ActorSystem<?> system, OpenConnections open) {
        // What comes out of the placebo are session bytes, which are inbound elements; bidi flows are not covariant.
        @SuppressWarnings("unchecked")
        var plain = (BidiFlow<SslTlsOutbound, ByteString, ByteString, SslTlsInbound, NotUsed>)
                (BidiFlow<SslTlsOutbound, ByteString, ByteString, ? extends SslTlsInbound, NotUsed>)
                        TLSPlacebo.getInstance();
        var settings = ServerSettings.create(system.classicSystem());
        // Answers that break off are in the books; Pekko would log each once more, as an error of ours.
        return Http.get(system)
                .serverLayer(
                        settings.withParserSettings(KeptCharsets.in(settings.getParserSettings())),
                        Optional.empty(),
                        NoLogging.getInstance())
                .atop(plain)
                .atop(BidiFlow.fromGraph(new Edge(open)));
    }

    public InetSocketAddress address() {
        return binding.localAddress();
    }

    public int openConnections() {
        return open.count();
    }

    /** Ends the connections that are open still, in the middle of their answers; completes when they are gone. */
    public CompletionStage<Done> cut() {
        return open.cut();
    }

    /** Takes no new connection and no new request; completes when the open answers have gone out whole. */
    public CompletionStage<Done> drain() {
        var drained = new CompletableFuture<Done>();
        var _ = binding.unbind()
                .whenComplete((done, failure) ->
                        open.drain().whenComplete((all, never) -> drained.complete(Done.getInstance())));
        return drained;
    }
}
