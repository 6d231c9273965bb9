package dev.sluice.proxy;

import dev.sluice.config.Settings;
import dev.sluice.net.Acceptor;
import dev.sluice.net.Loops;
import dev.sluice.net.SocketStage;
import dev.sluice.provider.KeptCharsets;
import java.net.InetSocketAddress;
import java.util.Optional;
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
import org.apache.pekko.stream.javadsl.TLSPlacebo;
import org.apache.pekko.util.ByteString;

/**
 * The port that clients talk to: Pekko's HTTP layer between {@link ClientConnection} and the socket. Not Pekko's own
 * binding, which neither notices a client that hangs up while its answer stalls nor lets open streams finish when it ends.
 */
public final class Listener {
    private final Acceptor acceptor;
    private final OpenConnections open;

    private Listener(Acceptor acceptor, OpenConnections open) {
        this.acceptor = acceptor;
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
        var layer = http(system);
        var materializer = SystemMaterializer.get(system).materializer();
        return Acceptor.bind(
                        Loops.get(system),
                        new InetSocketAddress(settings.host(), settings.port()),
                        ServerSettings.create(system.classicSystem()).getBacklog(),
                        settings.limits().connections(),
                        (loop, channel) -> {
                            open.addSocket(channel);
                            var connection = new ClientConnection(
                                    (InetSocketAddress) channel.remoteAddress(),
                                    settings.clocks().nextRequest(),
                                    handler,
                                    open);
                            var socket =
                                    new SocketStage(channel, settings.clocks().clientIdle());
                            var _ = Flow.fromGraph(connection)
                                    .join(layer)
                                    .join(Flow.fromGraph(socket))
                                    .addAttributes(loop.attributes())
                                    .run(materializer);
                        })
                .thenApply(acceptor -> new Listener(acceptor, open));
    }

    /** Built once: a layer for each connection would build the header parser anew each time. */
    private static BidiFlow<HttpResponse, ByteString, ByteString, HttpRequest, NotUsed> http(ActorSystem<?> system) {
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
                .atop(plain);
    }

    public InetSocketAddress address() {
        return acceptor.address();
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
        return acceptor.close().thenCompose(closed -> open.drain());
    }
}
