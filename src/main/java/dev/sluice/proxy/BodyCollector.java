package dev.sluice.proxy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.SinkShape;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.TimerGraphStageLogic;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * Collects a request's body. Past the limit it keeps nothing, but reads on, and answers when the client has sent all, or as much
 * again: a client that is still sending reads no answer, and the HTTP layer closes a connection that is answered early, so an
 * answer at once would reach most clients as a reset.
 */
final class BodyCollector extends GraphStage<SinkShape<ByteString>> {
    private static final String TICK = "tick";

    private final Inlet<ByteString> in = Inlet.create("body");
    private final SinkShape<ByteString> shape = SinkShape.of(in);
    private final long limit;
    private final long declared;
    private final Duration patience;
    private final BodyBudget budget;
    private final CompletableFuture<Body> result;

    /** @param declared the body's length as its head tells it; 0 when it does not */
    BodyCollector(long limit, long declared, Duration patience, BodyBudget budget, CompletableFuture<Body> result) {
        this.limit = limit;
        this.declared = declared;
        this.patience = patience;
        this.budget = budget;
        this.result = result;
    }

    @Override
    public SinkShape<ByteString> shape() {
        return shape;
    }

    @Override
    public GraphStageLogic createLogic(Attributes attributes) {
        return new Logic();
    }

    private final class Logic extends TimerGraphStageLogic {
        private final List<ByteString> parts = new ArrayList<>();
        private long size;
        private long received;
        private @Nullable Refusal refusal;
        private long lastProgress = System.nanoTime();

        Logic() {
            super(shape);
            setHandler(in, new AbstractInHandler() {
                @Override
                public void onPush() {
                    lastProgress = System.nanoTime();
                    take(grab(in));
                }

                @Override
                public void onUpstreamFinish() {
                    if (refusal == null) {
                        // Handed over with its share of the budget; postStop must not give that back.
                        var body = new Body(joined(), budget);
                        parts.clear();
                        size = 0;
                        if (!result.complete(body)) {
                            body.free();
                        }
                    }
                    completeStage();
                }

                @Override
                public void onUpstreamFailure(Throwable cause) {
                    refuse(new Refusal.BadBody("the request's body broke off after " + size + " bytes"));
                    completeStage();
                }
            });
        }

        @Override
        public void preStart() {
            scheduleWithFixedDelay(TICK, patience.dividedBy(4), patience.dividedBy(4));
            if (declared > limit) {
                refuse(new Refusal.TooLarge(limit));
            }
            pull(in);
        }

        private void take(ByteString bytes) {
            received += bytes.size();
            if (received > limit) {
                refuse(new Refusal.TooLarge(limit));
            } else if (refusal == null && !budget.take(bytes.size())) {
                refuse(new Refusal.Overloaded("too many request bodies at one time"));
            } else if (refusal == null) {
                parts.add(bytes);
                size += bytes.size();
            }
            if (received > 2 * limit) {
                completeStage();
            } else {
                pull(in);
            }
        }

        /** The first reason is told, when the stage stops. */
        private void refuse(Refusal why) {
            if (refusal == null) {
                refusal = why;
            }
            giveBack();
        }

        private byte[] joined() {
            var all = new byte[(int) size];
            var at = 0;
            for (var part : parts) {
                part.copyToArray(all, at, part.size());
                at += part.size();
            }
            return all;
        }

        private void giveBack() {
            budget.give(size);
            size = 0;
            parts.clear();
        }

        @Override
        public void onTimer(Object key) {
            if (System.nanoTime() - lastProgress > patience.toNanos()) {
                refuse(new Refusal.BadBody("the request's body made no progress for " + patience.toSeconds() + " s"));
                completeStage();
            }
        }

        @Override
        public void postStop() {
            giveBack();
            // Some endings reach no handler, such as that of the actor system.
            result.completeExceptionally(
                    new Refused(refusal == null ? new Refusal.BadBody("the request's body broke off") : refusal));
        }
    }
}
