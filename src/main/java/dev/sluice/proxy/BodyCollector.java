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

/**
 * Collects a request's body. Past the limit it answers at once and reads on for a while without keeping anything: a client
 * that is still sending reads no answer, and a connection closed under it would turn the 413 into a reset.
 */
final class BodyCollector extends GraphStage<SinkShape<ByteString>> {
    private static final String TICK = "tick";

    private final Inlet<ByteString> in = Inlet.create("body");
    private final SinkShape<ByteString> shape = SinkShape.of(in);
    private final long limit;
    private final Duration patience;
    private final BodyBudget budget;
    private final CompletableFuture<Body> result;

    BodyCollector(long limit, Duration patience, BodyBudget budget, CompletableFuture<Body> result) {
        this.limit = limit;
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
        private long dropped;
        private boolean refused;
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
                    if (!refused) {
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
            pull(in);
        }

        private void take(ByteString bytes) {
            if (refused) {
                dropped += bytes.size();
            } else if (size + bytes.size() > limit) {
                refuse(new Refusal.TooLarge(limit));
            } else if (!budget.take(bytes.size())) {
                refuse(new Refusal.Overloaded("too many request bodies at one time"));
            } else {
                parts.add(bytes);
                size += bytes.size();
            }
            if (dropped > limit) {
                completeStage();
            } else {
                pull(in);
            }
        }

        private void refuse(Refusal refusal) {
            refused = true;
            giveBack();
            result.completeExceptionally(new Refused(refusal));
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
            // For endings that reach no handler, such as an actor system that stops.
            result.completeExceptionally(new Refused(new Refusal.BadBody("the request's body broke off")));
        }
    }
}
