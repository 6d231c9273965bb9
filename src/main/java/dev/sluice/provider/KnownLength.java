package dev.sluice.provider;

import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.FlowShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractInOutHandler;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * Lets an answer of known length pass, and keeps its last bytes until its end has come too: a client that has its whole answer leaves, and
 * would else seem to have left an answer that was still going on. One that ends early fails.
 */
final class KnownLength extends GraphStage<FlowShape<ByteString, ByteString>> {
    private final Inlet<ByteString> in = Inlet.create("bytes");
    private final Outlet<ByteString> out = Outlet.create("same-bytes");
    private final FlowShape<ByteString, ByteString> shape = FlowShape.of(in, out);
    private final Way way;
    private final long length;

    KnownLength(Way way, long length) {
        this.way = way;
        this.length = length;
    }

    @Override
    public FlowShape<ByteString, ByteString> shape() {
        return shape;
    }

    @Override
    public GraphStageLogic createLogic(Attributes attributes) {
        return new Logic();
    }

    private final class Logic extends GraphStageLogic {
        private long left = length;
        private @Nullable ByteString last;

        Logic() {
            super(shape);
            setHandlers(in, out, new AbstractInOutHandler() {
                @Override
                public void onPush() {
                    var bytes = grab(in);
                    left -= bytes.size();
                    if (left > 0) {
                        push(out, bytes);
                    } else if (left == 0) {
                        last = bytes;
                        pull(in);
                    } else {
                        failStage(way.broken("the answer is longer than it said"));
                    }
                }

                @Override
                public void onPull() {
                    pull(in);
                }

                @Override
                public void onUpstreamFinish() {
                    if (left > 0) {
                        failStage(way.broken("the answer is shorter than it said"));
                    } else if (last == null) {
                        completeStage();
                    } else {
                        emit(out, last, Logic.this::completeStage);
                    }
                }
            });
        }
    }
}
