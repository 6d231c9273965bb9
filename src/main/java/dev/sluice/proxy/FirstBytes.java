package dev.sluice.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out what a client speaks: where there is TLS both sides have agreed, else a client that knows that we speak HTTP/2 says so with its first bytes.
 * What has come until then goes to whoever takes the connection, as soon as that one asks for it.
 */
final class FirstBytes extends ChannelDuplexHandler {
    private static final Logger log = LoggerFactory.getLogger(FirstBytes.class);

    private static final ByteBuf PREFACE = Unpooled.unreleasableBuffer(Http2CodecUtil.connectionPrefaceBuf());

    private final boolean agreed;
    private final Duration patience;
    private final Runnable http1;
    private final Runnable http2;
    private final OpenConnections open;
    private @Nullable ByteBuf held;
    private OpenConnections.@Nullable Bell bell;
    private @Nullable Future<?> clock;
    private boolean known;

    /**
     * For one connection.
     *
     * @param agreed   whether there is TLS before it
     * @param patience how long it may stand open in silence
     * @param http1    takes it
     * @param http2    takes it
     */
    FirstBytes(boolean agreed, Duration patience, Runnable http1, Runnable http2, OpenConnections open) {
        this.agreed = agreed;
        this.patience = patience;
        this.http1 = http1;
        this.http2 = http2;
        this.open = open;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        clock = context.executor().schedule(() -> close(context), patience.toMillis(), TimeUnit.MILLISECONDS);
        bell = new OpenConnections.Bell(() -> close(context));
        open.add(bell);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        var bytes = (ByteBuf) message;
        held = held == null ? bytes : Unpooled.wrappedBuffer(held, bytes);
        if (!agreed && !known) {
            look(context, held);
        }
    }

    private void look(ChannelHandlerContext context, ByteBuf bytes) {
        var length = Math.min(bytes.readableBytes(), PREFACE.readableBytes());
        if (!ByteBufUtil.equals(bytes, bytes.readerIndex(), PREFACE, 0, length)) {
            hand(context, http1);
        } else if (length == PREFACE.readableBytes()) {
            hand(context, http2);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof SslHandshakeCompletionEvent shaken) {
            if (shaken.isSuccess()) {
                var tls = context.pipeline().get(SslHandler.class);
                // A client that says goodbye has hung up, whether or not it closes its socket.
                var _ = tls.sslCloseFuture().addListener(said -> close(context));
                hand(context, ApplicationProtocolNames.HTTP_2.equals(tls.applicationProtocol()) ? http2 : http1);
            } else {
                fail(context, shaken.cause());
            }
        }
        context.fireUserEventTriggered(event);
    }

    private void hand(ChannelHandlerContext context, Runnable taker) {
        known = true;
        settle();
        context.channel().config().setAutoRead(false);
        taker.run();
    }

    private void settle() {
        if (clock != null) {
            clock.cancel(false);
            clock = null;
        }
        if (bell != null) {
            open.remove(bell);
            bell = null;
        }
    }

    /** Whoever asks once the connection is theirs gets what was held. */
    @Override
    public void read(ChannelHandlerContext context) {
        if (known) {
            var bytes = held;
            held = null;
            context.pipeline().remove(this);
            if (bytes != null) {
                context.fireChannelRead(bytes);
                context.fireChannelReadComplete();
            }
        }
        context.read();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        settle();
        if (held != null) {
            held.release();
            held = null;
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        fail(context, cause);
    }

    private static void close(ChannelHandlerContext context) {
        var _ = context.channel().close();
    }

    /** Strangers knock on ports all day; nobody wants to read about it. */
    private static void fail(ChannelHandlerContext context, Throwable cause) {
        log.atDebug()
                .addKeyValue("peer", context.channel().remoteAddress())
                .setCause(cause)
                .log("a connection ended before its first request");
        var _ = context.close();
    }
}
