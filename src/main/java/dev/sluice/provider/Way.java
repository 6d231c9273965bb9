package dev.sluice.provider;

import dev.sluice.config.Egress;
import dev.sluice.config.Settings;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.Host;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.javadsl.model.headers.RawRequestURI;
import org.apache.pekko.http.javadsl.settings.ClientConnectionSettings;
import org.apache.pekko.stream.ActorAttributes;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.TLSClosing;
import org.apache.pekko.stream.TLSProtocol.SslTlsInbound;
import org.apache.pekko.stream.TLSProtocol.SslTlsOutbound;
import org.apache.pekko.stream.javadsl.BidiFlow;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.TLS;
import org.apache.pekko.stream.javadsl.TLSPlacebo;
import org.apache.pekko.stream.javadsl.Tcp;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * The way to one host, in layers: TCP to it or to its proxy, a tunnel, TLS, HTTP/1.1. Each layer stands for itself; only this class knows
 * how they lie upon each other.
 */
final class Way {
    // An answer that is no HTTP is told to the client and logged as our own line; Pekko would log it as an error of
    // ours.
    private static final Attributes ATTRIBUTES = ActorAttributes.logLevels(
                    Attributes.logLevelOff(), Attributes.logLevelOff(), Attributes.logLevelOff())
            .and(new Attributes.CancellationStrategy(Attributes.cancellationStrategyFailStage()));

    private final ActorSystem<?> system;
    private final Target.Host host;
    private final Egress.@Nullable Proxy proxy;
    private final @Nullable Tls tls;
    private final Settings.Clocks clocks;
    private final Addresses addresses;
    private final BidiFlow<HttpRequest, SslTlsOutbound, SslTlsInbound, HttpResponse, NotUsed> http;

    /** @param tls null for a host without it */
    Way(
            ActorSystem<?> system,
            Target.Host host,
            Egress.@Nullable Proxy proxy,
            @Nullable Tls tls,
            Settings.Clocks clocks,
            Addresses addresses) {
        this.system = system;
        this.host = host;
        this.proxy = proxy;
        this.tls = tls;
        this.clocks = clocks;
        this.addresses = addresses;
        var settings = ClientConnectionSettings.create(system.classicSystem());
        this.http = Http.get(system)
                .clientLayer(
                        Host.create(host.name(), host.port()),
                        settings.withParserSettings(KeptCharsets.in(settings.getParserSettings())));
    }

    Target.Host host() {
        return host;
    }

    /** What a connection is opened to first. */
    CompletableFuture<List<InetSocketAddress>> addresses() {
        return addresses.find();
    }

    /** A connection to the next address, as yet unopened. */
    Flow<HttpRequest, HttpResponse, NotUsed> connection(Dial dial) {
        var wire = tcp(dial);
        if (proxy != null && host.tls()) {
            wire = BidiFlow.fromGraph(new Tunnel(host, proxy, clocks.connect(), dial))
                    .join(wire);
        }
        Flow<SslTlsOutbound, SslTlsInbound, NotUsed> secured = tls == null
                ? Flow.upcast(TLSPlacebo.getInstance().join(wire))
                : TLS.create(tls::engine, session -> dial.ready(), TLSClosing.eagerClose())
                        .join(wire);
        return http.join(secured).addAttributes(ATTRIBUTES);
    }

    private Flow<ByteString, ByteString, NotUsed> tcp(Dial dial) {
        var address = dial.next();
        return Tcp.get(system)
                .outgoingConnection(
                        address, Optional.empty(), List.of(), true, Optional.of(dial.patience()), Optional.empty())
                .mapMaterializedValue(connected -> {
                    dial.connecting(connected.toCompletableFuture());
                    var _ = connected.thenAccept(done -> addresses.worked(address));
                    return NotUsed.getInstance();
                });
    }

    /** Whether all has been agreed on that must be before a request can go out. */
    boolean isReady(Dial dial) {
        return tls == null || dial.isReady();
    }

    /** How long all of that may take. */
    Duration patience() {
        return clocks.connect().multipliedBy(2);
    }

    /** The request as it has to be worded on this way: a proxy that is asked in the open wants whole addresses. */
    HttpRequest worded(HttpRequest request) {
        if (proxy == null || host.tls()) {
            return request;
        }
        var target = request.getUri().toString();
        var headers = new ArrayList<HttpHeader>();
        for (var header : request.getHeaders()) {
            if (header.lowercaseName().equals("raw-request-uri")) {
                target = header.value();
            } else {
                headers.add(header);
            }
        }
        headers.add(RawRequestURI.create(host + target));
        if (!proxy.credentials().isEmpty()) {
            headers.add(RawHeader.create("Proxy-Authorization", Tunnel.authorization(proxy)));
        }
        return request.withHeaders(headers);
    }

    /** Why an answer is not the provider's; null when it is. */
    @Nullable
    UpstreamFailure refusal(HttpResponse answer) {
        return proxy != null && !host.tls() && answer.status().intValue() == 407
                ? unreachable("the proxy " + proxy + " wants other credentials (407)")
                : null;
    }

    UpstreamFailure unreachable(Throwable cause) {
        var root = cause;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return unreachable(root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage());
    }

    /**
     * The connection ended, and nothing tells why.
     *
     * @param worked whether an answer had come over it before
     */
    UpstreamFailure ended(boolean worked) {
        if (tls == null || worked) {
            return unreachable("the connection ended before an answer came");
        }
        var distrust = tls.distrust();
        return unreachable(distrust == null ? "the TLS connection failed" : distrust);
    }

    private UpstreamFailure unreachable(String why) {
        var through = proxy == null ? "" : " through the proxy " + proxy;
        return new UpstreamFailure(
                UpstreamFailure.Kind.UNREACHABLE, host + " cannot be reached" + through + ": " + why);
    }

    /** The connection is there, and does not do what it should. */
    UpstreamFailure broken(String what) {
        return new UpstreamFailure(UpstreamFailure.Kind.UNREACHABLE, host + ": " + what);
    }

    UpstreamFailure timeout(String what) {
        var through = proxy == null ? "" : " (through the proxy " + proxy + ")";
        return new UpstreamFailure(UpstreamFailure.Kind.TIMEOUT, host + through + ": " + what);
    }
}
