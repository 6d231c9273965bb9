package dev.sluice.proxy;

import dev.sluice.config.Settings;
import dev.sluice.net.Acceptor;
import dev.sluice.net.Loops;
import dev.sluice.net.SocketStage;
import dev.sluice.provider.KeptCharsets;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.event.NoLogging;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.settings.ParserSettings;
import org.apache.pekko.http.javadsl.settings.ServerSettings;
import org.apache.pekko.stream.SystemMaterializer;
import org.apache.pekko.stream.TLSProtocol.SslTlsInbound;
import org.apache.pekko.stream.TLSProtocol.SslTlsOutbound;
import org.apache.pekko.stream.javadsl.BidiFlow;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.TLSPlacebo;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * The port that clients talk to, with TLS where there is a certificate: HTTP/2, or Pekko's HTTP layer between {@link ClientConnection} and
 * the socket. Not Pekko's own binding, which neither notices a client that hangs up while its answer stalls nor lets open streams finish
 * when it ends.
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
     * @param clock   dates answers
     * @param handler every request goes there; it never fails
     * @throws IllegalArgumentException when the certificate cannot be used
     */
    public static CompletionStage<Listener> bind(
            ActorSystem<?> system,
            Settings settings,
            InstantSource clock,
            BiFunction<InetSocketAddress, HttpRequest, CompletionStage<HttpResponse>> handler) {
        var open = new OpenConnections();
        var certificate = certificate(system, settings.tls());
        var materializer = SystemMaterializer.get(system).materializer();
        var parsing = parsing(system);
        var http1 = http1(system, parsing);
        var http2 = new Http2Layer(settings, new Http2Heads(parsing, clock), handler, open, materializer);
        return Acceptor.bind(
                        Loops.get(system),
                        new InetSocketAddress(settings.host(), settings.port()),
                        ServerSettings.create(system.classicSystem()).getBacklog(),
                        settings.limits().connections(),
                        (loop, channel) -> {
                            open.addSocket(channel);
                            if (certificate != null) {
                                channel.pipeline().addLast(certificate.handler(channel));
                            }
                            channel.pipeline()
                                    .addLast(new FirstBytes(
                                            certificate != null,
                                            settings.clocks().nextRequest(),
                                            () -> Flow.fromGraph(new ClientConnection(
                                                            (InetSocketAddress) channel.remoteAddress(),
                                                            settings.clocks().nextRequest(),
                                                            handler,
                                                            open))
                                                    .join(http1)
                                                    .join(Flow.fromGraph(new SocketStage(
                                                            channel,
                                                            settings.clocks().clientIdle())))
                                                    .addAttributes(loop.attributes())
                                                    .run(materializer),
                                            () -> Http2ClientConnection.begin(http2, loop, channel),
                                            open));
                            channel.config().setAutoRead(true);
                        })
                .thenApply(acceptor -> new Listener(acceptor, open));
    }

    private static @Nullable ServerCertificate certificate(ActorSystem<?> system, Settings.Tls settings) {
        if (!settings.isOn()) {
            return null;
        }
        var certificate = ServerCertificate.of(settings);
        var _ = system.scheduler()
                .scheduleWithFixedDelay(
                        settings.renewal(),
                        settings.renewal(),
                        certificate::look,
                        system.dispatchers().lookup(DispatcherSelector.blocking()));
        return certificate;
    }

    private static ParserSettings parsing(ActorSystem<?> system) {
        return KeptCharsets.in(ServerSettings.create(system.classicSystem()).getParserSettings());
    }

    /** Built once: a layer for each connection would build the header parser anew each time. */
    private static BidiFlow<HttpResponse, ByteString, ByteString, HttpRequest, NotUsed> http1(
            ActorSystem<?> system, ParserSettings parsing) {
        // What comes out of the placebo are session bytes, which are inbound elements; bidi flows are not covariant.
        @SuppressWarnings("unchecked")
        var plain = (BidiFlow<SslTlsOutbound, ByteString, ByteString, SslTlsInbound, NotUsed>)
                (BidiFlow<SslTlsOutbound, ByteString, ByteString, ? extends SslTlsInbound, NotUsed>)
                        TLSPlacebo.getInstance();
        // Answers that break off are in the books; Pekko would log each once more, as an error of ours.
        return Http.get(system)
                .serverLayer(
                        ServerSettings.create(system.classicSystem()).withParserSettings(parsing),
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
