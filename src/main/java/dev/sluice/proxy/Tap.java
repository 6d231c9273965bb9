package dev.sluice.proxy;

import dev.sluice.provider.UpstreamFailure;
import dev.sluice.session.Exchange.Outcome;
import dev.sluice.wire.AnswerReader;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.FlowShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * Passes an answer's bytes on and lets a reader look at them; tells once how the answer ended, however it ended.
 *
 * <p>An event stream that ends without its format's sign of completion is never passed off as complete: the client gets
 * the format's error event, then the connection is cut. An answer that is not a stream of events is cut only.
 */
final class Tap extends GraphStage<FlowShape<ByteString, ByteString>> {
    /** What the tap tells, and asks. */
    interface Listener {
        /** Somebody reads the answer now; false when that comes too late. */
        boolean begun();

        void firstByte();

        /** These bytes of the answer have come. */
        default void read(ByteString answered) {}

        /** Once. {@code bytes} went to the client. */
        void ended(Outcome outcome, long bytes);

        /** The event that tells this format's client what happened. */
        ByteString errorEvent(Throwable cause);
    }

    private final Inlet<ByteString> in = Inlet.create("answer");
    private final Outlet<ByteString> out = Outlet.create("same-answer");
    private final FlowShape<ByteString, ByteString> shape = FlowShape.of(in, out);
    private final AnswerReader reader;
    private final boolean events;
    private final Listener listener;

    /** @param events whether the answer is a stream of events that must say when it is complete */
    Tap(AnswerReader reader, boolean events, Listener listener) {
        this.reader = reader;
        this.events = events;
        this.listener = listener;
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
        /** Null until the provider ends the answer: then it is the client who ended it. */
        private @Nullable Outcome outcome;

        private long bytes;

        Logic() {
            super(shape);
            setHandler(in, new AbstractInHandler() {
                @Override
                public void onPush() {
                    pass(grab(in));
                }

                @Override
                public void onUpstreamFinish() {
                    finish();
                }

                @Override
                public void onUpstreamFailure(Throwable cause) {
                    breakOff(cause);
                }
            });
            setHandler(out, new AbstractOutHandler() {
                @Override
                public void onPull() {
                    if (!isClosed(in)) {
                        pull(in);
                    }
                }
            });
        }

        @Override
        public void preStart() {
            if (!listener.begun()) {
                completeStage();
            }
        }

        private void pass(ByteString read) {
            if (bytes == 0) {
                listener.firstByte();
            }
            listener.read(read);
            var sent = reader.read(read);
            if (sent.isEmpty()) {
                pull(in);
            } else {
                bytes += sent.size();
                push(out, sent);
            }
        }

        private void finish() {
            var rest = reader.end();
            var answer = reader.answer();
            if (answer.error() != null) {
                outcome = Outcome.UPSTREAM_ERROR;
            } else if (events && !answer.complete()) {
                breakOff(new Truncated());
                return;
            } else {
                outcome = Outcome.COMPLETED;
            }
            bytes += rest.size();
            if (!rest.isEmpty()) {
                emit(out, rest, this::completeStage);
            } else {
                completeStage();
            }
        }

        private void breakOff(Throwable cause) {
            var rest = reader.end();
            if (cause instanceof UpstreamFailure failure && failure.kind() == UpstreamFailure.Kind.ABANDONED) {
                // Who takes nothing takes no event either.
                outcome = hungUp();
                failStage(cause);
                return;
            }
            // An answer that had said it was complete was only slow to hang up.
            if (events && reader.answer().complete()) {
                outcome = Outcome.COMPLETED;
                emit(out, rest, this::completeStage);
                return;
            }
            outcome = reader.answer().error() != null ? Outcome.UPSTREAM_ERROR : Outcome.UPSTREAM_TRUNCATED;
            if (!events) {
                failStage(cause);
                return;
            }
            var last = rest.concat(reader.lastWords(listener.errorEvent(cause)));
            if (last.isEmpty()) {
                failStage(cause);
                return;
            }
            bytes += last.size();
            // Pushed before it fails, and the edge of the connection closes in place of an abort: the event arrives.
            emit(out, last, () -> failStage(cause));
        }

        @Override
        public void postStop() {
            listener.ended(outcome == null ? hungUp() : outcome, bytes);
        }

        /** A client that has all of an answer may close before the connection says so. */
        private Outcome hungUp() {
            return events && reader.answer().complete() ? Outcome.COMPLETED : Outcome.CLIENT_CANCELLED;
        }
    }

    /** The provider's stream ended before its answer did. */
    static final class Truncated extends RuntimeException {
        private static final long serialVersionUID = 1;

        Truncated() {
            super("the provider ended the stream before the answer was complete", null, false, false);
        }
    }
}
