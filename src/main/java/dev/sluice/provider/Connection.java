package dev.sluice.provider;

import dev.sluice.config.Settings;
import dev.sluice.net.Incoming;
import dev.sluice.net.Loop;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.ResponseEntity;
import org.jspecify.annotations.Nullable;

/**
 * The end of a channel that carries calls, one after the other: a connection of HTTP/1.1, or one stream of HTTP/2, which carries one. Belongs
 * to one loop.
 */
final class Connection extends ChannelInboundHandlerAdapter implements Incoming.Channel {
    /** Given to the channel at one time. */
    private static final int PIECE = 64 * 1024;

    /** What a connection tells of itself. On its loop. */
    interface Keeper {
        /** The answer has ended as it should, and nothing else has happened: it can take another call. */
        void free(Connection connection);

        /** There will be no answer. */
        void failed(Call call, boolean reused, UpstreamFailure failure);

        /** It is closed. */
        void gone(Connection connection);
    }

    private final Loop loop;
    private final Way way;
    private final Channel channel;
    private final Keeper keeper;
    private @Nullable Call call;
    private @Nullable Call open;
    private @Nullable Incoming reply;
    private @Nullable HttpResponse head;
    private @Nullable Throwable cause;
    private byte[] body = new byte[0];
    private int written;
    private boolean writing;
    private boolean pushing;
    private boolean reused;
    private boolean keep = true;
    private boolean reading = true;
    private long since = System.nanoTime();
    private final long retiresAt;

    /** @param lifetime how long it takes calls */
    Connection(Loop loop, Way way, Channel channel, Duration lifetime, Keeper keeper) {
        this.retiresAt = since + lifetime.toNanos();
        this.loop = loop;
        this.way = way;
        this.channel = channel;
        this.keeper = keeper;
    }

    Channel channel() {
        return channel;
    }

    /** When it was last given something to do, or was done; by {@link System#nanoTime}. */
    long since() {
        return since;
    }

    /** One that is never closed would hold on to an address that its host has left long ago. */
    boolean isOld() {
        return System.nanoTime() - retiresAt > 0;
    }

    boolean takes() {
        return channel.isActive() && keep && !isOld();
    }

    // There.

    void send(Call next) {
        var request = next.request();
        if (request == null || next.answer.isDone()) {
            next.end();
            release();
            return;
        }
        call = next;
        next.sent();
        since = System.nanoTime();
        DefaultHttpRequest message;
        try {
            message = way.head(request);
        } catch (IllegalArgumentException e) {
            call = null;
            next.end();
            next.answer.completeExceptionally(e);
            release();
            return;
        }
        // For an answer that is given up while it is awaited; what was sent cannot be taken back, so the channel goes
        // with it.
        var _ = next.answer.whenComplete((answer, failure) -> {
            if (failure != null) {
                loop.run(() -> abandon(next));
            }
        });
        body = ((HttpEntity.Strict) request.entity()).getData().toArrayUnsafe();
        written = 0;
        if (body.length <= PIECE) {
            var _ = channel.writeAndFlush(
                    new DefaultFullHttpRequest(
                            message.protocolVersion(),
                            message.method(),
                            message.uri(),
                            Unpooled.wrappedBuffer(body),
                            message.headers(),
                            EmptyHttpHeaders.INSTANCE),
                    channel.voidPromise());
            body = new byte[0];
        } else {
            writing = true;
            var _ = channel.write(message, channel.voidPromise());
            writeOn();
        }
    }

    /** Not entered twice: what is written may leave at once, and the channel says so in the middle of it. */
    private void writeOn() {
        pushing = true;
        do {
            var size = Math.min(PIECE, body.length - written);
            var piece = new DefaultHttpContent(Unpooled.wrappedBuffer(body, written, size));
            written += size;
            var _ = channel.writeAndFlush(piece, channel.voidPromise());
        } while (written < body.length && channel.isWritable());
        pushing = false;
        if (written == body.length) {
            writing = false;
            body = new byte[0];
            since = System.nanoTime();
            var _ = channel.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT, channel.voidPromise());
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (writing && !pushing && channel.isWritable()) {
            writeOn();
        }
    }

    private void abandon(Call given) {
        if (given == call && reply == null) {
            call = null;
            given.end();
            var _ = channel.close();
        }
    }

    // And back.

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        try {
            if (message instanceof HttpObject part && part.decoderResult().isFailure()) {
                broken(part.decoderResult().cause());
            } else if (call == null && reply == null) {
                // An answer nobody asked for.
                var _ = channel.close();
            } else {
                take(message);
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void take(Object message) {
        if (message instanceof HttpResponse response) {
            onHead(response);
        }
        if (message instanceof HttpContent content && head != null) {
            var answering = reply;
            if (answering != null) {
                answering.add(content.content());
            }
            if (content instanceof LastHttpContent) {
                onEnd();
            }
        }
    }

    private void onHead(HttpResponse response) {
        if (response.status().codeClass() == io.netty.handler.codec.http.HttpStatusClass.INFORMATIONAL) {
            return;
        }
        head = response;
        keep &= HttpUtil.isKeepAlive(response);
        var incoming = new Incoming(loop, this);
        incoming.expect(HttpUtil.getContentLength(response, -1L));
        reply = incoming;
    }

    private void onEnd() {
        var ended = reply;
        if (head == null || ended == null) {
            return;
        }
        var asked = call;
        if (asked != null) {
            // All of it has come at once.
            answer(asked, ended, true);
        } else {
            ended.end();
        }
        head = null;
        reply = null;
        release();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        var asked = call;
        var answering = reply;
        if (answering != null) {
            if (asked != null) {
                answer(asked, answering, false);
            }
            answering.pause();
        }
        context.fireChannelReadComplete();
    }

    private void answer(Call asked, Incoming answering, boolean whole) {
        call = null;
        var answered = java.util.Objects.requireNonNull(head);
        var told = HttpMessages.answer(answered);
        var refusal = way.refusal(told);
        if (refusal != null) {
            keep = false;
            keeper.failed(asked, reused, refusal);
            var _ = channel.close();
            return;
        }
        asked.answered();
        if (whole) {
            asked.end();
        } else {
            open = asked;
        }
        if (!asked.answer.complete(told.withEntity(entity(answered, answering, whole)))) {
            asked.end();
            var _ = channel.close();
        }
    }

    private static ResponseEntity entity(HttpResponse head, Incoming reply, boolean whole) {
        var type = HttpMessages.type(head);
        if (whole) {
            return HttpEntities.create(type, reply.whole());
        }
        var bytes = reply.source();
        var length = HttpUtil.getContentLength(head, -1L);
        return length > 0 ? HttpEntities.create(type, length, bytes) : HttpEntities.createCloseDelimited(type, bytes);
    }

    /** Takes the next call, if it can. */
    private void release() {
        reused = true;
        since = System.nanoTime();
        readOn(true);
        if (takes() && !writing) {
            keeper.free(this);
        } else {
            var _ = channel.close();
        }
    }

    @Override
    public void readOn(boolean on) {
        if (reading != on) {
            reading = on;
            channel.config().setAutoRead(on);
        }
    }

    @Override
    public void over() {
        if (open != null) {
            open.end();
            open = null;
        }
    }

    @Override
    public void giveUp() {
        var _ = channel.close();
    }

    // Ends.

    /** Looks at the clocks. */
    void check(Settings.Clocks clocks, long now) {
        var answering = reply;
        if (call != null
                && answering == null
                && now - since > clocks.responseHeaders().toNanos()) {
            fail(way.timeout("no answer within " + clocks.responseHeaders().toSeconds() + " s"));
        } else if (answering != null) {
            var limit = answering.begun() ? clocks.idle() : clocks.firstEvent();
            if (answering.waited(now) > limit.toNanos()) {
                fail(way.timeout((answering.begun() ? "silent in mid-answer for " : "no first event within ")
                        + limit.toSeconds()
                        + " s"));
            } else if (answering.unread(now) > clocks.clientIdle().toNanos()) {
                fail(new UpstreamFailure(
                        UpstreamFailure.Kind.ABANDONED,
                        "the client took nothing for " + clocks.clientIdle().toSeconds() + " s"));
            }
        }
    }

    private void broken(Throwable why) {
        fail(way.broken("the answer is not HTTP: " + why.getMessage()));
    }

    private void fail(UpstreamFailure failure) {
        keep = false;
        var asked = call;
        var answering = reply;
        call = null;
        reply = null;
        head = null;
        if (asked != null) {
            keeper.failed(asked, reused, failure);
        }
        if (answering != null) {
            answering.fail(failure);
        }
        var _ = channel.close();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof Http2ResetFrame reset) {
            var error = Http2Error.valueOf(reset.errorCode());
            // Said of requests that nobody has looked at.
            reused |= error == Http2Error.REFUSED_STREAM;
            cause = new IllegalStateException(
                    "the provider reset the stream (" + (error == null ? reset.errorCode() : error.name()) + ")");
        }
        context.fireUserEventTriggered(event);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable why) {
        cause = why;
        var _ = context.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (reply != null) {
            fail(
                    cause == null
                            ? way.broken("the connection ended in the middle of the answer")
                            : way.broken("the answer broke off: " + Way.why(cause)));
        } else if (call != null) {
            fail(cause == null ? way.ended() : way.unreachable(cause));
        }
        keeper.gone(this);
    }
}
