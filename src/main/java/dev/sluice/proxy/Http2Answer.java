package dev.sluice.proxy;

import dev.sluice.net.Bytes;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2Error;
import java.time.Duration;
import org.apache.pekko.Done;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.SinkShape;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AsyncCallback;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.TimerGraphStageLogic;
import org.apache.pekko.util.ByteString;

/**
 * The bytes of an answer into a stream of HTTP/2: the next ones when the last have left this process. Runs on the stream's own loop.
 *
 * <p>An answer that breaks off is reset when what came before has been taken: a reset overtakes bytes, and the last ones tell the client what happened.
 */
final class Http2Answer extends GraphStage<SinkShape<ByteString>> {
    /** Given to the channel at one time: what a client takes in one frame at least. */
    static final int PIECE = 16 * 1024;

    /** For a client to take the end of an answer that broke off. */
    private static final Duration LINGER = Duration.ofSeconds(5);

    private static final String STALLED = "stalled";
    private static final String LINGERED = "lingered";

    private final Inlet<ByteString> in = Inlet.create("to-stream");
    private final SinkShape<ByteString> shape = SinkShape.of(in);
    private final Channel channel;
    private final Duration patience;
    private final Runnable answered;

    /**
     * Once for a stream.
     *
     * @param patience for the client to take what was written; then the stream is reset
     * @param answered told when the last bytes were written
     */
    Http2Answer(Channel channel, Duration patience, Runnable answered) {
        this.channel = channel;
        this.patience = patience;
        this.answered = answered;
    }

    @Override
    public SinkShape<ByteString> shape() {
        return shape;
    }

    @Override
    public GraphStageLogic createLogic(Attributes attributes) {
        return new Logic();
    }

    /** Hears from the channel on its loop, which is also the thread of the stage: both may look at what the other has. */
    private final class Logic extends TimerGraphStageLogic {
        private final AsyncCallback<Done> taken = createAsyncCallback(done -> writeOn());
        private final AsyncCallback<Done> closed = createAsyncCallback(done -> completeStage());
        private ByteString unwritten = ByteString.emptyByteString();
        private boolean stalled;
        private boolean timing;
        private boolean broken;
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
                    writeOn();
                }

                @Override
                public void onUpstreamFailure(Throwable cause) {
                    broken = true;
                    scheduleOnce(LINGERED, LINGER);
                    writeOn();
                }
            });
        }

        @Override
        public void preStart() {
            // Its last bytes may have to wait for the client.
            setKeepGoing(true);
            channel.pipeline().addLast(new Events());
            pull(in);
            if (!channel.isActive()) {
                completeStage();
            }
        }

        private void writeOn() {
            while (!unwritten.isEmpty() && channel.isWritable()) {
                var piece = unwritten.size() <= PIECE ? unwritten : unwritten.take(PIECE);
                unwritten = unwritten.drop(piece.size());
                var _ = channel.writeAndFlush(
                        new DefaultHttp2DataFrame(Bytes.buffer(channel.alloc(), piece)), channel.voidPromise());
            }
            if (!channel.isWritable()) {
                stall();
            } else if (broken) {
                reset(Http2Error.INTERNAL_ERROR);
            } else if (isClosed(in)) {
                var _ = channel.writeAndFlush(new DefaultHttp2DataFrame(true), channel.voidPromise());
                answered.run();
                completeStage();
            } else if (!hasBeenPulled(in)) {
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

        @Override
        public void onTimer(Object key) {
            if (key.equals(LINGERED)) {
                reset(Http2Error.INTERNAL_ERROR);
                return;
            }
            timing = false;
            if (stalled) {
                var left = patience.toNanos() - (System.nanoTime() - stalledSince);
                if (left <= 0) {
                    reset(Http2Error.CANCEL);
                } else {
                    timing = true;
                    scheduleOnce(STALLED, Duration.ofNanos(left));
                }
            }
        }

        private void reset(Http2Error why) {
            var _ = channel.writeAndFlush(new DefaultHttp2ResetFrame(why), channel.voidPromise());
            var _ = channel.close();
            completeStage();
        }

        private final class Events extends ChannelInboundHandlerAdapter {
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
