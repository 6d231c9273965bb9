package dev.sluice.identity;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpVersion;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** What tailscaled tells on its socket. A connection a question: they are few, and none is left over when the daemon goes. */
final class LocalApi {
    private static final int MAX_ANSWER_BYTES = 1024 * 1024;

    private final Supplier<Bootstrap> daemon;
    private final Duration patience;

    /** @param body empty unless the status is 200 */
    @SuppressWarnings("ArrayRecordComponent") // Read once, compared by nobody.
    record Reply(int status, byte[] body) {}

    /**
     * One daemon.
     *
     * @param daemon   for a connection to its socket; its event loop does the work
     * @param patience how long one answer may take, to its end
     */
    LocalApi(Supplier<Bootstrap> daemon, Duration patience) {
        this.daemon = daemon;
        this.patience = patience;
    }

    /**
     * Who is at an address.
     *
     * @param address {@code 100.64.0.1}, {@code 127.0.0.1:4711} or {@code [::1]:4711}
     * @return a stage that fails when nobody answers, or not in time, or too much, or what is no HTTP
     */
    CompletionStage<Reply> whoIs(String address) {
        // Of TCP only: else a daemon that knows no such peer looks, and waits, for one of UDP as well.
        return ask("/localapi/v0/whois?proto=tcp&addr="
                + address.replace("[", "%5B").replace("]", "%5D"));
    }

    /** How the daemon itself is, its tailnet included; as {@link #whoIs}. */
    CompletionStage<Reply> status() {
        return ask("/localapi/v0/status?peers=false");
    }

    private CompletionStage<Reply> ask(String query) {
        var reply = new CompletableFuture<Reply>();
        var opening = daemon.get()
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(
                                        new HttpClientCodec(),
                                        new HttpObjectAggregator(MAX_ANSWER_BYTES),
                                        new Question(query, reply));
                    }
                })
                .connect();
        var channel = opening.channel();
        var _ = opening.addListener(opened -> {
            if (!opened.isSuccess()) {
                reply.completeExceptionally(opened.cause());
            }
        });
        var _ = channel.eventLoop()
                .schedule(
                        () -> {
                            if (reply.completeExceptionally(
                                    new IOException("no answer in " + patience.toMillis() + " ms"))) {
                                var _ = channel.close();
                            }
                        },
                        patience.toMillis(),
                        TimeUnit.MILLISECONDS);
        return reply;
    }

    private static final class Question extends SimpleChannelInboundHandler<FullHttpResponse> {
        private final String query;
        private final CompletableFuture<Reply> reply;

        Question(String query, CompletableFuture<Reply> reply) {
            this.query = query;
            this.reply = reply;
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            var request = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, query);
            // The daemon answers to no other name, so that no web page can ask it.
            request.headers()
                    .set(HttpHeaderNames.HOST, "local-tailscaled.sock")
                    .set(HttpHeaderNames.CONNECTION, "close");
            var _ = context.writeAndFlush(request).addListener(written -> {
                if (!written.isSuccess()) {
                    fail(context, written.cause());
                }
            });
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, FullHttpResponse response) {
            if (response.decoderResult().isFailure()) {
                fail(context, new IOException("what is no HTTP"));
                return;
            }
            var status = response.status().code();
            reply.complete(new Reply(status, status == 200 ? ByteBufUtil.getBytes(response.content()) : new byte[0]));
            var _ = context.close();
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            reply.completeExceptionally(new IOException("closed without a whole answer"));
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            fail(context, cause);
        }

        private void fail(ChannelHandlerContext context, Throwable cause) {
            reply.completeExceptionally(cause);
            var _ = context.close();
        }
    }
}
