package dev.sluice.proxy;

import dev.sluice.net.Acceptor;
import dev.sluice.net.Bytes;
import dev.sluice.net.Incoming;
import dev.sluice.net.Loop;
import dev.sluice.provider.Providers;
import dev.sluice.proxy.Http2Heads.Bad;
import dev.sluice.proxy.Http2Heads.Good;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.Done;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.RequestEntity;
import org.apache.pekko.http.javadsl.model.ResponseEntity;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/** One stream of HTTP/2: a client's request, and its answer. Belongs to its connection's loop. */
final class Http2ClientStream extends ChannelInboundHandlerAdapter implements Incoming.Channel {
    private final Http2Layer layer;
    private final Loop loop;
    private final Http2ClientConnection connection;
    private final Channel channel;
    private final Incoming body;
    private final CompletableFuture<Done> gone = new CompletableFuture<>();
    private @Nullable Http2Headers head;
    private boolean counted;
    private boolean asked;
    private boolean expects;
    private boolean isHead;
    private boolean whole;
    private boolean unwanted;
    private boolean answered;
    private boolean left;
    private long since = System.nanoTime();

    Http2ClientStream(Http2Layer layer, Loop loop, Http2ClientConnection connection, Channel channel) {
        this.layer = layer;
        this.loop = loop;
        this.connection = connection;
        this.channel = channel;
        this.body = new Incoming(loop, this);
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        channel.config().setWriteBufferWaterMark(Acceptor.WHEN_WRITTEN);
        connection.opened(this);
        counted = layer.open().addStream(layer.settings().limits().connections());
        if (!counted) {
            // May be sent again: nothing has been done about it.
            context.executor().execute(() -> reset(Http2Error.REFUSED_STREAM));
        }
    }

    // The request.

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        try {
            if (!counted) {
                return;
            }
            switch (message) {
                case Http2HeadersFrame frame -> {
                    // Those after the body say nothing that anybody here would read.
                    if (head == null) {
                        head = frame.headers();
                        body.expect(head.getLong(HttpHeaderNames.CONTENT_LENGTH, -1));
                    }
                    if (frame.isEndStream()) {
                        end();
                    }
                }
                case Http2DataFrame frame -> {
                    body.add(frame.content());
                    if (frame.isEndStream()) {
                        end();
                    }
                }
                default -> {}
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (head != null && !asked) {
            ask(head);
        }
        body.pause();
        context.fireChannelReadComplete();
    }

    private void end() {
        whole = true;
        if (head != null && !asked) {
            ask(head);
        } else {
            body.end();
        }
    }

    private void ask(Http2Headers told) {
        asked = true;
        switch (layer.heads().read(told)) {
            case Good(var request) -> {
                isHead = request.method().equals(HttpMethods.HEAD);
                expects = told.contains(HttpHeaderNames.EXPECT, HttpHeaderValues.CONTINUE, true);
                ask(request.withEntity(entity(told)).addAttribute(Providers.ABANDONED, gone));
            }
            case Bad(var refusal) -> {
                giveUp();
                answer(refusal);
            }
        }
    }

    private void ask(HttpRequest request) {
        var answer = layer.handler().apply((InetSocketAddress) channel.remoteAddress(), request);
        if (answer instanceof CompletableFuture<HttpResponse> known
                && known.state() == CompletableFuture.State.SUCCESS) {
            answer(known.resultNow());
            return;
        }
        var _ = answer.whenComplete((response, failure) ->
                loop.run(() -> answer(response == null ? HttpResponse.create().withStatus(500) : response)));
    }

    private RequestEntity entity(Http2Headers told) {
        var type = Http2Heads.type(told);
        if (whole) {
            return HttpEntities.create(type, body.whole());
        }
        var length = told.getLong(HttpHeaderNames.CONTENT_LENGTH, -1);
        var entity = length > 0
                ? HttpEntities.create(type, length, body.source())
                : HttpEntities.createChunked(type, body.source());
        // Bounds what is read and thrown away; who wants the body sets a limit of its own.
        return (RequestEntity) entity.withSizeLimit(layer.heads().limits().getMaxContentLength());
    }

    @Override
    public void readOn(boolean on) {
        if (on && expects && !answered) {
            var _ = channel.writeAndFlush(new DefaultHttp2HeadersFrame(Http2Heads.goOn()), channel.voidPromise());
        }
        expects = false;
        channel.config().setAutoRead(on);
    }

    @Override
    public void over() {
        // How a request ends is told by its frames.
    }

    @Override
    public void giveUp() {
        // What comes still waits for the answer, which tells the client to send no more.
        unwanted = true;
        readOn(false);
        resetWhenUnwanted();
    }

    // The answer.

    private void answer(HttpResponse answer) {
        if (left || answered) {
            return;
        }
        expects = false;
        var entity = answer.entity();
        var bare = isHead || !answer.status().allowsEntity() || isEmpty(entity);
        var _ = channel.writeAndFlush(
                new DefaultHttp2HeadersFrame(layer.heads().of(answer), bare), channel.voidPromise());
        if (bare) {
            answered();
            if (!(entity instanceof HttpEntity.Strict)) {
                run(entity, Sink.cancelled());
            }
        } else if (entity instanceof HttpEntity.Strict strict
                && strict.getData().size() <= Http2Answer.PIECE) {
            var bytes = Bytes.buffer(channel.alloc(), strict.getData());
            var _ = channel.writeAndFlush(new DefaultHttp2DataFrame(bytes, true), channel.voidPromise());
            answered();
        } else {
            run(
                    entity,
                    Sink.fromGraph(
                            new Http2Answer(channel, layer.settings().clocks().clientIdle(), this::answered)));
        }
    }

    private static boolean isEmpty(ResponseEntity entity) {
        return entity instanceof HttpEntity.Strict strict && strict.getData().isEmpty();
    }

    private void run(ResponseEntity entity, Sink<ByteString, ?> sink) {
        entity.getDataBytes().to(sink).addAttributes(loop.attributes()).run(layer.materializer());
    }

    /** All of it has been handed to the channel. */
    private void answered() {
        answered = true;
        since = System.nanoTime();
        resetWhenUnwanted();
    }

    /** An answer that is told while its request is still being sent is followed by word that the rest is of no use (RFC 9113, 8.1). */
    private void resetWhenUnwanted() {
        if (answered && unwanted && !whole) {
            reset(Http2Error.NO_ERROR);
        }
    }

    // Ends.

    /** Looks at the clock: a client that takes neither the rest of its answer nor ends its request. */
    void check(long now) {
        if (answered && now - since > layer.settings().clocks().clientIdle().toNanos()) {
            reset(Http2Error.CANCEL);
        }
    }

    private void reset(Http2Error why) {
        var _ = channel.writeAndFlush(new DefaultHttp2ResetFrame(why), channel.voidPromise());
        var _ = channel.close();
    }

    /** The client has gone, or has its answer. */
    void leave() {
        if (left) {
            return;
        }
        left = true;
        if (!answered) {
            gone.complete(Done.getInstance());
        }
        if (!whole) {
            body.fail(new IOException("the client has gone"));
        }
        if (counted) {
            layer.open().removeStream();
        }
        var _ = channel.close();
        connection.closed(this);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof Http2ResetFrame) {
            // Even when bytes of it wait that nobody reads; the channel itself would wait with them.
            leave();
        }
        context.fireUserEventTriggered(event);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        var _ = context.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        leave();
        context.fireChannelInactive();
    }
}
