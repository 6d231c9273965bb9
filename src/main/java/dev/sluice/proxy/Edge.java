package dev.sluice.proxy;

import java.time.Duration;
import java.util.ArrayDeque;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.BidiShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.TimerGraphStageLogic;
import org.apache.pekko.util.ByteString;

/**
 * The last stage above a client's socket.
 *
 * <p>It reads ahead. Pekko's HTTP layer does not read from a connection while it answers, and a hang-up that nobody reads
 * goes unnoticed until something is written: a provider that thinks for minutes would think, and bill, for nobody.
 *
 * <p>It ends a failed answer with a close in place of an abort. Pekko's TCP stage aborts on failure, and an abort overtakes
 * the error event that was written just before it. The client sees a body that ends in the middle, either way. A client that does
 * not take what was written is aborted in the end, for a close would wait for it.
 */
final class Edge extends GraphStage<BidiShape<ByteString, ByteString, ByteString, ByteString>> {
    /** Kept of what a client sends while it is being answered; past it, it waits in the kernel. */
    private static final int MAX_AHEAD = 64 * 1024;

    /** For a client to take the end of an answer that broke off. */
    private static final Duration LINGER = Duration.ofSeconds(5);

    private final Inlet<ByteString> answers = Inlet.create("answers");
    private final Outlet<ByteString> toSocket = Outlet.create("to-socket");
    private final Inlet<ByteString> fromSocket = Inlet.create("from-socket");
    private final Outlet<ByteString> requests = Outlet.create("requests");
    private final BidiShape<ByteString, ByteString, ByteString, ByteString> shape =
            BidiShape.of(answers, toSocket, fromSocket, requests);

    private final OpenConnections open;

    Edge(OpenConnections open) {
        this.open = open;
    }

    @Override
    public BidiShape<ByteString, ByteString, ByteString, ByteString> shape() {
        return shape;
    }

    @Override
    public GraphStageLogic createLogic(Attributes attributes) {
        return new Logic();
    }

    private final class Logic extends TimerGraphStageLogic {
        private final ArrayDeque<ByteString> ahead = new ArrayDeque<>(2);
        private final OpenConnections.Bell cut = new OpenConnections.Bell(createAsyncCallback(done -> completeStage()));
        private int bytesAhead;
        private boolean discarding;

        Logic() {
            super(shape);
            setHandler(answers, new AbstractInHandler() {
                @Override
                public void onPush() {
                    push(toSocket, grab(answers));
                }

                @Override
                public void onUpstreamFailure(Throwable cause) {
                    complete(toSocket);
                    scheduleOnce(cause, LINGER);
                    discard();
                }
            });
            setHandler(toSocket, new AbstractOutHandler() {
                @Override
                public void onPull() {
                    pull(answers);
                }
            });
            setHandler(fromSocket, new AbstractInHandler() {
                @Override
                public void onPush() {
                    arrived(grab(fromSocket));
                }
            });
            setHandler(requests, new AbstractOutHandler() {
                @Override
                public void onPull() {
                    handOn();
                }

                @Override
                public void onDownstreamFinish(Throwable cause) {
                    // No more requests are wanted; the last answer may still be on its way, and its client may hang up.
                    discard();
                }
            });
        }

        private void discard() {
            discarding = true;
            ahead.clear();
            bytesAhead = 0;
            readOn();
        }

        @Override
        public void onTimer(Object failure) {
            failStage((Throwable) failure);
        }

        @Override
        public void preStart() {
            open.addEdge(cut);
            pull(fromSocket);
        }

        @Override
        public void postStop() {
            open.removeEdge(cut);
        }

        private void arrived(ByteString bytes) {
            if (isAvailable(requests)) {
                push(requests, bytes);
            } else if (!discarding) {
                ahead.add(bytes);
                bytesAhead += bytes.size();
            }
            readOn();
        }

        private void handOn() {
            var next = ahead.poll();
            if (next != null) {
                bytesAhead -= next.size();
                push(requests, next);
                readOn();
            }
        }

        private void readOn() {
            if (bytesAhead < MAX_AHEAD && !hasBeenPulled(fromSocket) && !isClosed(fromSocket)) {
                pull(fromSocket);
            }
        }
    }
}
