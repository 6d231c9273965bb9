package dev.sluice.provider;

import dev.sluice.config.Egress;
import dev.sluice.config.Settings;
import dev.sluice.net.Acceptor;
import dev.sluice.net.Closing;
import dev.sluice.net.Loop;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequestEncoder;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.proxy.HttpProxyHandler;
import io.netty.handler.proxy.ProxyConnectException;
import io.netty.handler.ssl.SslHandler;
import io.netty.resolver.NoopAddressResolverGroup;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;

/**
 * The way to one host, in layers: TCP to it or to its proxy, a tunnel, TLS, HTTP. Each layer stands for itself; only this class knows
 * how they lie upon each other.
 */
final class Way {
    /** An answer's head; its headers are generous and bounded, as those of requests are. */
    private static final HttpDecoderConfig DECODER = new HttpDecoderConfig()
            .setMaxInitialLineLength(8 * 1024)
            .setMaxHeaderSize(128 * 1024)
            .setMaxChunkSize(64 * 1024);

    /** Reads of up to 64 KiB before what came is handed on: it is held at once, and once more where it is written. */
    private static final int READS = 2;

    private static final Pattern PROXY_STATUS = Pattern.compile(".*, status: (\\d{3} ?.*)", Pattern.DOTALL);
    private static final int MAX_QUOTED = 100;
    private static final String UNREADABLE = "999";

    private final Target.Host host;
    private final Egress.@Nullable Proxy proxy;
    private final @Nullable Tls tls;
    private final Settings.Clocks clocks;
    private final Addresses addresses;

    /** @param tls null for a host without it */
    Way(
            Target.Host host,
            Egress.@Nullable Proxy proxy,
            @Nullable Tls tls,
            Settings.Clocks clocks,
            Addresses addresses) {
        this.host = host;
        this.proxy = proxy;
        this.tls = tls;
        this.clocks = clocks;
        this.addresses = addresses;
    }

    Target.Host host() {
        return host;
    }

    /** What a connection is opened to first. */
    CompletableFuture<List<InetSocketAddress>> addresses() {
        return addresses.find();
    }

    /** What becomes of an attempt to connect. On the connection's loop. */
    interface Attempt {
        /**
         * It stands.
         *
         * @param http2 whether that was agreed on
         */
        void connected(Channel channel, boolean http2);

        /**
         * There is no connection.
         *
         * @param reached whether the other end answered at all; if not, another address may
         */
        void failed(UpstreamFailure failure, boolean reached);
    }

    /**
     * Opens a connection.
     *
     * @param address  of the host, or of its proxy
     * @param patience for TCP; the tunnel and TLS take as long as the clocks let them
     * @param http2    whether to offer it
     * @return closes the attempt, if need be
     */
    Runnable connect(Loop loop, InetSocketAddress address, Duration patience, boolean http2, Attempt attempt) {
        var tunnel = proxy != null && host.tls() ? tunnel(proxy, address) : null;
        var secured = tls == null ? null : tls.handler(http2, clocks.connect());
        var bootstrap = new Bootstrap()
                .group(loop.events())
                .channelFactory(loop.sockets())
                .resolver(NoopAddressResolverGroup.INSTANCE)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) Math.max(1, patience.toMillis()))
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.SO_KEEPALIVE, true)
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, Acceptor.WHEN_WRITTEN)
                .option(ChannelOption.RECVBUF_ALLOCATOR, new AdaptiveRecvByteBufAllocator().maxMessagesPerRead(READS))
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        if (tunnel != null) {
                            channel.pipeline().addLast(tunnel);
                        }
                        if (secured != null) {
                            channel.pipeline().addLast(secured);
                        }
                        channel.pipeline().addLast(Closing.INSTANCE);
                    }
                });
        SocketAddress target =
                tunnel == null ? address : InetSocketAddress.createUnresolved(bare(host.name()), host.port());
        var connecting = bootstrap.connect(target);
        connecting.addListener(connected -> {
            if (!connected.isSuccess()) {
                new Opening(attempt, connecting.channel()).fail(unreachable(connected.cause()), false);
                return;
            }
            addresses.worked(address);
            established(new Opening(attempt, connecting.channel()), secured);
        });
        return () -> {
            var _ = connecting.channel().close();
        };
    }

    private void established(Opening opening, @Nullable SslHandler secured) {
        if (secured == null) {
            opening.succeed(false);
            return;
        }
        secured.handshakeFuture().addListener(agreed -> {
            if (agreed.isSuccess()) {
                opening.succeed("h2".equals(secured.applicationProtocol()));
            } else {
                opening.fail(insecure(agreed.cause()), true);
            }
        });
    }

    /** Tells once how an attempt ended. */
    private static final class Opening {
        private final Attempt attempt;
        private final Channel channel;
        private boolean told;

        Opening(Attempt attempt, Channel channel) {
            this.attempt = attempt;
            this.channel = channel;
        }

        void succeed(boolean http2) {
            if (!told) {
                told = true;
                channel.pipeline().remove(Closing.INSTANCE);
                attempt.connected(channel, http2);
            }
        }

        void fail(UpstreamFailure failure, boolean reached) {
            if (!told) {
                told = true;
                var _ = channel.close();
                attempt.failed(failure, reached);
            }
        }
    }

    /** The handlers of HTTP/1.1, for a connection. */
    static void speakHttp1(Channel channel) {
        channel.pipeline().addLast(new HttpRequestEncoder(), new Decoder());
    }

    private static final class Decoder extends HttpResponseDecoder {
        Decoder() {
            super(DECODER);
        }

        /** Two lengths are one too many: who knows which of them the next in line believes (RFC 9112, 6.3). */
        @Override
        protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
            throw new DecoderException("it has a content-length and is chunked");
        }
    }

    private HttpProxyHandler tunnel(Egress.Proxy through, InetSocketAddress address) {
        HttpHeaders headers = new DefaultHttpHeaders();
        if (!through.credentials().isEmpty()) {
            headers.set("Proxy-Authorization", authorization(through));
        }
        var tunnel = new HttpProxyHandler(address, headers);
        tunnel.setConnectTimeoutMillis(clocks.connect().toMillis());
        return tunnel;
    }

    /** {@code Basic} credentials for a proxy. */
    private static String authorization(Egress.Proxy proxy) {
        return "Basic "
                + Base64.getEncoder()
                        .encodeToString(proxy.credentials().reveal().getBytes(StandardCharsets.UTF_8));
    }

    private static String bare(String name) {
        return name.startsWith("[") && name.endsWith("]") ? name.substring(1, name.length() - 1) : name;
    }

    /**
     * A request's head as it has to be worded on this way: a proxy that is asked in the open wants whole addresses.
     *
     * @throws IllegalArgumentException when it holds what no head can
     */
    DefaultHttpRequest head(HttpRequest request) {
        var target = HttpMessages.target(request);
        if (proxy == null || host.tls()) {
            return HttpMessages.head(request, target);
        }
        var head = HttpMessages.head(request, host + target);
        if (!proxy.credentials().isEmpty()) {
            head.headers().set("Proxy-Authorization", authorization(proxy));
        }
        return head;
    }

    /** Why an answer is not the provider's; null when it is. */
    @Nullable
    UpstreamFailure refusal(HttpResponse answer) {
        return proxy != null && !host.tls() && answer.status().intValue() == 407
                ? unreachable("the proxy " + proxy + " wants other credentials (407)")
                : null;
    }

    /** Netty's handler tells in a sentence what the proxy said, or did not say. */
    private UpstreamFailure refusal(ProxyConnectException refused) {
        var text = String.valueOf(refused.getMessage());
        var said = PROXY_STATUS.matcher(text);
        if (said.matches()) {
            var status = said.group(1);
            return ofProxy(
                    UpstreamFailure.Kind.UNREACHABLE,
                    status.startsWith(UNREADABLE)
                            ? "answered with something that is not HTTP"
                            : "refused the connection: " + status.substring(0, Math.min(status.length(), MAX_QUOTED)));
        }
        if (text.endsWith("timeout")) {
            return ofProxy(
                    UpstreamFailure.Kind.TIMEOUT,
                    "opened no connection within " + clocks.connect().toSeconds() + " s");
        }
        return ofProxy(UpstreamFailure.Kind.UNREACHABLE, "closed the connection (" + why(refused) + ")");
    }

    private UpstreamFailure ofProxy(UpstreamFailure.Kind kind, String what) {
        return new UpstreamFailure(kind, host + " cannot be reached: the proxy " + proxy + " " + what);
    }

    private UpstreamFailure insecure(Throwable cause) {
        for (@Nullable Throwable each = cause; each != null; each = each.getCause()) {
            if (each instanceof ProxyConnectException refused) {
                return refusal(refused);
            }
        }
        if (cause instanceof io.netty.handler.ssl.SslHandshakeTimeoutException) {
            return timeout("no TLS connection within " + clocks.connect().toSeconds() + " s");
        }
        var distrust = tls == null ? null : tls.distrust();
        return unreachable(distrust == null ? "the TLS connection failed: " + why(cause) : distrust);
    }

    UpstreamFailure unreachable(Throwable cause) {
        return unreachable(why(cause));
    }

    /** What lies at the bottom of a failure. */
    static String why(Throwable cause) {
        var root = cause;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
    }

    /** The connection ended, and nothing tells why. */
    UpstreamFailure ended() {
        return unreachable("the connection ended before an answer came");
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
