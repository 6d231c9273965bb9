package dev.sluice.provider;

import dev.sluice.config.Settings;
import dev.sluice.net.Acceptor;
import dev.sluice.net.Loop;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.http2.DefaultHttp2WindowUpdateFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2GoAwayFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2SettingsFrame;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/** A connection of HTTP/2: many calls at one time, each on a stream of its own. Belongs to one loop. */
final class Http2Connection extends ChannelInboundHandlerAdapter implements Connection.Keeper {
    /** What a provider may send of one answer that nobody takes. A second of a fast model is a hundredth of it. */
    private static final int STREAM_WINDOW = 256 * 1024;

    /**
     * All that can wait on a connection: more than its streams' windows together, for a reader that stalls its stream must not stall the
     * others.
     */
    private static final int CONNECTION_WINDOW = 1 << 30;

    private static final int USUAL_WINDOW = 65_535;
    private static final int MAX_FRAME = 64 * 1024;
    private static final int MAX_HEADERS = 128 * 1024;

    /** Until the other end has said how many streams it takes: what RFC 9113 says that nobody should take less than. */
    private static final int USUAL_STREAMS = 100;

    /** A stream lives as long as its call. */
    private static final Duration FOREVER = Duration.ofDays(10_000);

    /** What a connection tells of itself. On its loop. */
    interface Keeper {
        void failed(Call call, boolean reused, UpstreamFailure failure);

        /** It takes no more calls; those that it has go on. */
        void gone(Http2Connection connection);
    }

    private final Loop loop;
    private final Way way;
    private final Channel channel;
    private final Keeper keeper;
    private final Set<Connection> streams = Collections.newSetFromMap(new IdentityHashMap<>());
    private long most = USUAL_STREAMS;
    private int open;
    private boolean worked;
    private boolean retired;
    private long since = System.nanoTime();

    private final long retiresAt;

    private Http2Connection(Loop loop, Way way, Channel channel, Duration lifetime, Keeper keeper) {
        this.retiresAt = since + lifetime.toNanos();
        this.loop = loop;
        this.way = way;
        this.channel = channel;
        this.keeper = keeper;
    }

    /**
     * Begins to speak HTTP/2.
     *
     * @param lifetime how long the connection takes calls
     */
    static Http2Connection on(Loop loop, Way way, Channel channel, Duration lifetime, Keeper keeper) {
        var connection = new Http2Connection(loop, way, channel, lifetime, keeper);
        var codec = Http2FrameCodecBuilder.forClient()
                .initialSettings(Http2Settings.defaultSettings()
                        .pushEnabled(false)
                        .initialWindowSize(STREAM_WINDOW)
                        .maxFrameSize(MAX_FRAME)
                        .maxHeaderListSize(MAX_HEADERS))
                .validateHeaders(true)
                .build();
        channel.pipeline().addLast(codec, new Http2MultiplexHandler(new Unasked()), connection);
        var _ = channel.writeAndFlush(new DefaultHttp2WindowUpdateFrame(CONNECTION_WINDOW - USUAL_WINDOW));
        return connection;
    }

    /** Streams that the other end opens: nobody here expects an answer to a question that was not asked. */
    @ChannelHandler.Sharable
    private static final class Unasked extends ChannelInboundHandlerAdapter {
        @Override
        public void channelActive(ChannelHandlerContext context) {
            var _ = context.close();
        }
    }

    boolean takes() {
        return !retired && open < most && channel.isActive() && System.nanoTime() - retiresAt <= 0;
    }

    /** Looks at the clocks. */
    void check(Settings.Clocks clocks, long now) {
        List.copyOf(streams).forEach(stream -> stream.check(clocks, now));
        if (now - retiresAt > 0
                || (open == 0 && now - since > clocks.keepAlive().toNanos())) {
            retire();
        }
    }

    /** Takes no more calls, and closes after the last. */
    private void retire() {
        retired = true;
        closeWhenUnused();
    }

    private void closeWhenUnused() {
        if (retired && open == 0) {
            var _ = channel.close();
        }
    }

    void send(Call call) {
        open++;
        since = System.nanoTime();
        new Http2StreamChannelBootstrap(channel)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel stream) {
                        stream.pipeline().addLast(new Http2StreamFrameToHttpObjectCodec(false, true));
                    }
                })
                .open()
                .addListener((Future<Http2StreamChannel> opened) -> {
                    if (!opened.isSuccess()) {
                        freed();
                        keeper.failed(call, true, way.unreachable(opened.cause()));
                        return;
                    }
                    var stream = opened.getNow();
                    var connection = new Connection(loop, way, stream, FOREVER, this);
                    streams.add(connection);
                    stream.pipeline().addLast(connection);
                    stream.config().setWriteBufferWaterMark(Acceptor.WHEN_WRITTEN);
                    connection.send(call);
                });
    }

    private void freed() {
        open--;
        since = System.nanoTime();
        closeWhenUnused();
    }

    @Override
    public void free(Connection stream) {
        // A stream carries one call.
        worked = true;
        var _ = stream.channel().close();
    }

    @Override
    public void failed(Call call, boolean reused, UpstreamFailure failure) {
        keeper.failed(call, worked || reused, failure);
    }

    @Override
    public void gone(Connection stream) {
        if (streams.remove(stream)) {
            freed();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        try {
            if (message instanceof Http2SettingsFrame told) {
                var streamsTaken = told.settings().maxConcurrentStreams();
                if (streamsTaken != null) {
                    most = streamsTaken;
                }
            } else if (message instanceof Http2GoAwayFrame) {
                retire();
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        var _ = context.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        retired = true;
        keeper.gone(this);
        context.fireChannelInactive();
    }
}
