package dev.sluice.net;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ServerChannel;
import io.netty.channel.WriteBufferWaterMark;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.Done;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A port. Its connections go to the loops in turn, and stay there. */
public final class Acceptor {
    private static final Logger log = LoggerFactory.getLogger(Acceptor.class);

    /** A socket takes the next bytes when it has written the last. */
    public static final WriteBufferWaterMark WHEN_WRITTEN = new WriteBufferWaterMark(1, 1);

    /** When there are no file descriptors left, it is of no use to ask for one at once again. */
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(1);

    /** Gets what comes. */
    @FunctionalInterface
    public interface Visitors {
        /** On the connection's loop. It is not read before somebody asks for it. */
        void accepted(Loop loop, Channel channel);
    }

    private final Loops loops;
    private final Loop loop;
    private final ServerChannel listener;
    private final int most;
    private final Visitors visitors;
    private final CompletableFuture<Done> closed = new CompletableFuture<>();
    /** Touched on the acceptor's loop only. */
    private int open;

    private Acceptor(Loops loops, Loop loop, int most, Visitors visitors) {
        this.loops = loops;
        this.loop = loop;
        this.listener = loop.listeners().newChannel();
        this.most = most;
        this.visitors = visitors;
    }

    /**
     * Binds a port; fails when it cannot be had.
     *
     * @param backlog connections that may wait in the kernel
     * @param most    connections that may be open at one time, or a handful more; others wait to be accepted
     */
    public static CompletionStage<Acceptor> bind(
            Loops loops, InetSocketAddress address, int backlog, int most, Visitors visitors) {
        var loop = loops.next();
        var acceptor = new Acceptor(loops, loop, most, visitors);
        acceptor.listener.config().setOption(ChannelOption.SO_REUSEADDR, true);
        acceptor.listener.config().setOption(ChannelOption.SO_BACKLOG, backlog);
        acceptor.listener.pipeline().addLast(acceptor.new Door());
        var bound = new CompletableFuture<Acceptor>();
        loop.events().register(acceptor.listener).addListener(registered -> {
            if (!registered.isSuccess()) {
                bound.completeExceptionally(registered.cause());
                return;
            }
            acceptor.listener.bind(address).addListener(binding -> {
                if (binding.isSuccess()) {
                    bound.complete(acceptor);
                } else {
                    var _ = acceptor.listener.close();
                    bound.completeExceptionally(binding.cause());
                }
            });
        });
        return bound;
    }

    public InetSocketAddress address() {
        return (InetSocketAddress) listener.localAddress();
    }

    /** Accepts no more; completes when the port is free. */
    public CompletionStage<Done> close() {
        // A loop that has ended tells nobody anything, so who asks again is told what was heard the first time.
        if (listener.isOpen()) {
            listener.close().addListener(done -> closed.complete(Done.getInstance()));
        }
        return closed;
    }

    private void came(Channel channel) {
        open++;
        acceptMore();
        channel.closeFuture()
                .addListener(closed -> loop.run(() -> {
                    open--;
                    acceptMore();
                }));
        channel.pipeline().addLast(Closing.INSTANCE);
        channel.config().setAutoRead(false);
        channel.config().setWriteBufferWaterMark(WHEN_WRITTEN);
        channel.config().setOption(ChannelOption.TCP_NODELAY, true);
        channel.config().setOption(ChannelOption.SO_KEEPALIVE, true);
        var home = loops.next();
        home.events().register(channel).addListener(registered -> {
            if (registered.isSuccess()) {
                visitors.accepted(home, channel);
            } else {
                channel.unsafe().closeForcibly();
            }
        });
    }

    private void acceptMore() {
        listener.config().setAutoRead(open < most);
    }

    private final class Door extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object accepted) {
            came((Channel) accepted);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            log.atWarn().setCause(cause).log("a connection could not be accepted");
            listener.config().setAutoRead(false);
            var _ = loop.events().schedule(Acceptor.this::acceptMore, AFTER_FAILURE.toMillis(), TimeUnit.MILLISECONDS);
        }
    }
}
