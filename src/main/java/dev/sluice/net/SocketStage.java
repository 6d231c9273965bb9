package dev.sluice.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import java.time.Duration;
import java.util.ArrayDeque;
import org.apache.pekko.Done;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.FlowShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.AsyncCallback;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.TimerGraphStageLogic;
import org.apache.pekko.util.ByteString;

/**
 * An accepted socket as a stream: what goes in is written, what is read comes out. Runs on the socket's own loop.
 *
 * <p>It reads ahead. Pekko's HTTP layer does not read from a connection while it answers, and a hang-up that nobody reads
 * goes unnoticed until something is written: a provider that thinks for minutes would think, and bill, for nobody.
 *
 * <p>It ends with a close, also after a failure: an abort would overtake what was written just before it, which is what tells the client that
 * its answer broke off. Who does not take what was written is aborted in the end.
 */
public final class SocketStage extends GraphStage<FlowShape<ByteString, ByteString>> {
    /** Kept of what a client sends while it is being answered; past it, it waits in the kernel. */
    private static final int MAX_AHEAD = 64 * 1024;

    /** Handed to the kernel at one time, so that a large piece is not copied whole. */
    private static final int MAX_WRITE = 64 * 1024;

    /** For a client to take the end of an answer that broke off. */
    private static final Duration LINGER = Duration.ofSeconds(5);

    private static final String STALLED = "stalled";
    private static final String LINGERED = "lingered";

    private final Inlet<ByteString> in = Inlet.create("to-socket");
    private final Outlet<ByteString> out = Outlet.create("from-socket");
    private final FlowShape<ByteString, ByteString> shape = FlowShape.of(in, out);
    private final Channel channel;
    private final Duration patience;

    /**
     * Once for a socket.
     *
     * @param patience for the other end to take what was written; then the socket is aborted
     */
    public SocketStage(Channel channel, Duration patience) {
        this.channel = channel;
        this.patience = patience;
    }

    @Override
    public FlowShape<ByteString, ByteString> shape() {
        return shape;
    }

    @Override
    public GraphStageLogic createLogic(Attributes attributes) {
        return new Logic();
    }

    /** Hears from the socket on its loop, which is also the thread of the stage: both may look at what the other has. */
    private final class Logic extends TimerGraphStageLogic {
        private final AsyncCallback<Done> arrived = createAsyncCallback(done -> handOn());
        private final AsyncCallback<Done> taken = createAsyncCallback(done -> writeOn());
        private final AsyncCallback<Done> closed = createAsyncCallback(done -> completeStage());
        private final ArrayDeque<ByteString> ahead = new ArrayDeque<>(2);
        private int bytesAhead;
        private boolean reading;
        private boolean wanted;
        private boolean discarding;
        private ByteString unwritten = ByteString.emptyByteString();
        private boolean stalled;
        private boolean timing;
        private boolean ending;
        private long stalledSince;

        Logic() {
            super(shape);
            setHandler(in, new AbstractInHandler() {
                @Override
                public void onPush() {
                    unwritten = grab(in);
                    writeOn();
                }

                @Override
                public void onUpstreamFinish() {
                    end(patience);
                }

                @Override
                public void onUpstreamFailure(Throwable cause) {
                    end(LINGER);
                }
            });
            setHandler(out, new AbstractOutHandler() {
                @Override
                public void onPull() {
                    if (ahead.isEmpty()) {
                        wanted = true;
                    } else {
                        handOn();
                    }
                }

                @Override
                public void onDownstreamFinish(Throwable cause) {
                    // No more requests are wanted; the last answer may still be on its way, and its client may hang up.
                    discard();
                }
            });
        }

        @Override
        public void preStart() {
            // When neither side wants anything more, the last bytes may still have to wait for the other end.
            setKeepGoing(true);
            channel.pipeline().addLast(new Events());
            readOn(true);
            pull(in);
            if (!channel.isActive()) {
                completeStage();
            }
        }

        private void read(ByteBuf bytes) {
            if (discarding) {
                return;
            }
            ahead.add(Bytes.copied(bytes));
            bytesAhead += bytes.readableBytes();
            readOn(bytesAhead < MAX_AHEAD);
            if (wanted) {
                wanted = false;
                arrived.invoke(Done.getInstance());
            }
        }

        private void handOn() {
            var next = ahead.poll();
            if (next != null && !isClosed(out)) {
                bytesAhead -= next.size();
                readOn(bytesAhead < MAX_AHEAD);
                push(out, next);
            }
        }

        private void readOn(boolean on) {
            if (reading != on) {
                reading = on;
                channel.config().setAutoRead(on);
            }
        }

        private void discard() {
            discarding = true;
            ahead.clear();
            bytesAhead = 0;
            readOn(true);
        }

        private void writeOn() {
            while (!unwritten.isEmpty() && channel.isWritable()) {
                var piece = unwritten.size() <= MAX_WRITE ? unwritten : unwritten.take(MAX_WRITE);
                unwritten = unwritten.drop(piece.size());
                var _ = channel.writeAndFlush(Bytes.buffer(channel.alloc(), piece), channel.voidPromise());
            }
            if (!channel.isWritable()) {
                stall();
            } else if (ending) {
                var _ = channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
            } else if (!hasBeenPulled(in) && !isClosed(in)) {
                pull(in);
            }
        }

        private void stall() {
            stalled = true;
            stalledSince = System.nanoTime();
            if (!timing) {
                timing = true;
                scheduleOnce(STALLED, patience);
            }
        }

        private void end(Duration linger) {
            ending = true;
            discard();
            scheduleOnce(LINGERED, linger);
            writeOn();
        }

        @Override
        public void onTimer(Object key) {
            if (key.equals(LINGERED)) {
                abort();
                return;
            }
            timing = false;
            if (stalled) {
                var left = patience.toNanos() - (System.nanoTime() - stalledSince);
                if (left <= 0) {
                    abort();
                } else {
                    timing = true;
                    scheduleOnce(STALLED, Duration.ofNanos(left));
                }
            }
        }

        private void abort() {
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
            completeStage();
        }

        @Override
        public void postStop() {
            ahead.clear();
            var _ = channel.close();
        }

        private final class Events extends ChannelInboundHandlerAdapter {
            @Override
            public void channelRead(ChannelHandlerContext context, Object message) {
                var bytes = (ByteBuf) message;
                try {
                    read(bytes);
                } finally {
                    bytes.release();
                }
            }

            @Override
            public void channelWritabilityChanged(ChannelHandlerContext context) {
                if (stalled && channel.isWritable()) {
                    stalled = false;
                    taken.invoke(Done.getInstance());
                }
            }

            @Override
            public void channelInactive(ChannelHandlerContext context) {
                closed.invoke(Done.getInstance());
            }
        }
    }
}
