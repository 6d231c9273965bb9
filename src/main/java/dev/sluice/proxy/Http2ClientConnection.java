package dev.sluice.proxy;

import dev.sluice.net.Loop;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.codec.http2.DefaultHttp2GoAwayFrame;
import io.netty.handler.codec.http2.DefaultHttp2PingFrame;
import io.netty.handler.codec.http2.DefaultHttp2WindowUpdateFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2GoAwayFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2PingFrame;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A client's connection of HTTP/2: many requests at one time, each on a stream of its own. Belongs to one loop. */
final class Http2ClientConnection extends ChannelInboundHandlerAdapter {
    /** An agent with many helpers has dozens under way; a browser is content with a hundred. */
    private static final int MAX_STREAMS = 250;

    /** What may wait here of one request's body that nobody reads. */
    private static final int STREAM_WINDOW = 256 * 1024;

    /** And of all bodies on a connection. They are read as they come, so they do not stall one another for long. */
    private static final int CONNECTION_WINDOW = 1024 * 1024;

    private static final int USUAL_WINDOW = 65_535;
    private static final int MAX_FRAME = 64 * 1024;

    /** Of one request, names and all: more than the longest header there may be. */
    private static final int MAX_HEADERS = 64 * 1024;

    /** All streams given up twice in half a minute is a strange client; more is an attack (CVE-2023-44487). */
    private static final int MAX_RESETS = 2 * MAX_STREAMS;

    private static final int RESETS_SECONDS = 30;

    /** Streams write for themselves; together they must not wait for each other's every piece. */
    private static final WriteBufferWaterMark SHARED = new WriteBufferWaterMark(32 * 1024, 64 * 1024);

    /** For a client to hear that it is to open no more streams, before those that it opens are ignored. */
    private static final Duration HEARING = Duration.ofSeconds(1);

    /** For a client to read its last answer and close: some throw away what they have not read when we are the first to close. */
    private static final Duration LINGER = Duration.ofSeconds(1);

    private final Http2Layer layer;
    private final Loop loop;
    private final Channel channel;
    private final Set<Http2ClientStream> streams = Collections.newSetFromMap(new IdentityHashMap<>());
    private final OpenConnections.Bell bell;
    private @Nullable Future<?> ticks;
    private boolean draining;
    private boolean closing;
    private boolean answered;
    private long since = System.nanoTime();

    private Http2ClientConnection(Http2Layer layer, Loop loop, Channel channel) {
        this.layer = layer;
        this.loop = loop;
        this.channel = channel;
        this.bell = new OpenConnections.Bell(() -> loop.run(this::drain));
    }

    /** Begins to speak HTTP/2. On the loop. */
    static void begin(Http2Layer layer, Loop loop, Channel channel) {
        var connection = new Http2ClientConnection(layer, loop, channel);
        var codec = Http2FrameCodecBuilder.forServer()
                .initialSettings(Http2Settings.defaultSettings()
                        .maxConcurrentStreams(MAX_STREAMS)
                        .initialWindowSize(STREAM_WINDOW)
                        .maxFrameSize(MAX_FRAME)
                        .maxHeaderListSize(MAX_HEADERS))
                .validateHeaders(true)
                .decoderEnforceMaxRstFramesPerWindow(MAX_RESETS, RESETS_SECONDS)
                // Whoever closes a connection means it so; who wants its streams to finish drains it.
                .decoupleCloseAndGoAway(true)
                .build();
        channel.config().setWriteBufferWaterMark(SHARED);
        channel.pipeline().addLast(codec, new Http2MultiplexHandler(connection.new Streams()), connection);
        var _ = channel.writeAndFlush(new DefaultHttp2WindowUpdateFrame(CONNECTION_WINDOW - USUAL_WINDOW));
        connection.start();
        channel.config().setAutoRead(true);
    }

    private void start() {
        var clocks = layer.settings().clocks();
        var shortest =
                clocks.nextRequest().compareTo(clocks.clientIdle()) < 0 ? clocks.nextRequest() : clocks.clientIdle();
        var tick = Math.max(1, shortest.toMillis() / 4);
        ticks = loop.events().scheduleWithFixedDelay(this::check, tick, tick, TimeUnit.MILLISECONDS);
        layer.open().add(bell);
    }

    private final class Streams extends ChannelInitializer<Channel> {
        @Override
        protected void initChannel(Channel stream) {
            stream.pipeline().addLast(new Http2ClientStream(layer, loop, Http2ClientConnection.this, stream));
        }
    }

    void opened(Http2ClientStream stream) {
        streams.add(stream);
    }

    void closed(Http2ClientStream stream) {
        if (streams.remove(stream)) {
            since = System.nanoTime();
            answered = true;
            closeWhenUnused();
        }
    }

    private void check() {
        var now = System.nanoTime();
        List.copyOf(streams).forEach(stream -> stream.check(now));
        if (streams.isEmpty()
                && now - since > layer.settings().clocks().nextRequest().toNanos()) {
            sayLast();
        }
    }

    /**
     * In two steps, or requests that are on their way would have to be sent again: first the client hears that it is to open no more
     * streams, and once it has, it is told which one was the last.
     */
    private void drain() {
        if (!draining && channel.isActive()) {
            draining = true;
            var _ = channel.write(
                    new DefaultHttp2GoAwayFrame(Http2Error.NO_ERROR).setExtraStreamIds(Integer.MAX_VALUE));
            var _ = channel.writeAndFlush(new DefaultHttp2PingFrame(0));
            var _ = loop.events().schedule(this::sayLast, HEARING.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void sayLast() {
        if (!closing && channel.isActive()) {
            closing = true;
            var _ = channel.writeAndFlush(new DefaultHttp2GoAwayFrame(Http2Error.NO_ERROR));
            closeWhenUnused();
        }
    }

    private void closeWhenUnused() {
        if (closing && streams.isEmpty()) {
            var left = answered ? LINGER.toNanos() - (System.nanoTime() - since) : 0;
            if (left <= 0) {
                var _ = channel.close();
            } else {
                var _ = loop.events().schedule(this::closeWhenUnused, left, TimeUnit.NANOSECONDS);
            }
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        try {
            if (message instanceof Http2PingFrame ping && ping.ack() && draining) {
                sayLast();
            } else if (message instanceof Http2GoAwayFrame) {
                closing = true;
                closeWhenUnused();
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        // A connection that breaks is the everyday; its end is told by what follows.
        var _ = context.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        closing = true;
        if (ticks != null) {
            ticks.cancel(false);
        }
        layer.open().remove(bell);
        List.copyOf(streams).forEach(Http2ClientStream::leave);
        context.fireChannelInactive();
    }
}
