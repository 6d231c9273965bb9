package dev.sluice.simulator;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.BidiShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.AsyncCallback;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.TimerGraphStageLogic;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * The last stage above TCP: ends a connection as real ones end.
 *
 * <p>An answer that fails with a {@link Broken#cut} becomes a FIN, as if the provider's process had closed its socket; any other failure
 * becomes a reset. Pekko's own TCP stage resets on every failure, and its HTTP layer answers 500 to a handler that fails, so neither a FIN
 * in the middle of an answer nor a reset in place of one can be had without this stage.
 *
 * <p>It also reads ahead. Pekko's HTTP layer does not read from a connection while it answers, and a FIN that nobody reads goes unnoticed
 * until something is written: a client that leaves while its answer stalls would be served for ever.
 */
final class Wire extends GraphStage<BidiShape<ByteString, ByteString, ByteString, ByteString>> {
    /** A reset throws away what the kernel has not sent yet; the events before it are to arrive. */
    private static final Duration UNTIL_SENT = Duration.ofMillis(50);

    private final Inlet<ByteString> answers = Inlet.create("Wire.answers");
    private final Outlet<ByteString> toSocket = Outlet.create("Wire.toSocket");
    private final Inlet<ByteString> fromSocket = Inlet.create("Wire.fromSocket");
    private final Outlet<ByteString> requests = Outlet.create("Wire.requests");
    private final BidiShape<ByteString, ByteString, ByteString, ByteString> shape =
            BidiShape.of(answers, toSocket, fromSocket, requests);
    private final Line line;

    Wire(Line line) {
        this.line = line;
    }

    /** A way to break the connection from outside of its streams. */
    static final class Line {
        private final AtomicReference<Runnable> breaking = new AtomicReference<>(() -> {});

        void reset() {
            breaking.get().run();
        }
    }

    /** An answer that breaks off: with a FIN, or with a reset. */
    static final class Broken extends RuntimeException {
        private final boolean cleanly;

        private Broken(String message, boolean cleanly) {
            // Without a stack trace: this is no mistake, and it happens often.
            super(message, null, false, false);
            this.cleanly = cleanly;
        }

        static Broken cut() {
            return new Broken("cut", true);
        }

        static Broken reset() {
            return new Broken("reset", false);
        }
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
        /** Read before anybody wants it. */
        private @Nullable ByteString early;

        Logic() {
            super(shape);
            setHandler(answers, new AbstractInHandler() {
                @Override
                public void onPush() {
                    push(toSocket, grab(answers));
                }

                @Override
                public void onUpstreamFinish() {
                    complete(toSocket);
                }

                @Override
                public void onUpstreamFailure(Throwable failure) {
                    if (failure instanceof Broken broken && broken.cleanly) {
                        completeStage();
                    } else {
                        scheduleOnce("reset", UNTIL_SENT);
                    }
                }
            });
            setHandler(toSocket, new AbstractOutHandler() {
                @Override
                public void onPull() {
                    if (!hasBeenPulled(answers) && !isClosed(answers)) {
                        pull(answers);
                    }
                }
            });
            setHandler(fromSocket, new AbstractInHandler() {
                @Override
                public void onPush() {
                    early = grab(fromSocket);
                    passOn();
                }

                @Override
                public void onUpstreamFinish() {
                    // Who closes has gone: no client of these formats closes one half and reads on.
                    completeStage();
                }
            });
            setHandler(requests, new AbstractOutHandler() {
                @Override
                public void onPull() {
                    passOn();
                }

                @Override
                public void onDownstreamFinish(Throwable cause) {
                    cancel(fromSocket, cause);
                }
            });
        }

        private void passOn() {
            if (early != null && isAvailable(requests)) {
                push(requests, early);
                early = null;
            }
            if (early == null && !hasBeenPulled(fromSocket)) {
                pull(fromSocket);
            }
        }

        @Override
        public void preStart() {
            AsyncCallback<Broken> callback = createAsyncCallback(this::failStage);
            pull(fromSocket);
            line.breaking.set(() -> callback.invoke(Broken.reset()));
        }

        @Override
        public void onTimer(Object timer) {
            failStage(Broken.reset());
        }
    }
}
