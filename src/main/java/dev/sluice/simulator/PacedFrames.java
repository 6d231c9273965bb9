package dev.sluice.simulator;

import dev.sluice.simulator.Wire.Broken;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.SourceShape;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.TimerGraphStageLogic;
import org.apache.pekko.util.ByteString;

/**
 * Sends frames at a pace, never faster than they are taken, and ends as told.
 *
 * <p>A tick of the timer makes one more frame due. A reader that fell behind finds several due and gets them as fast as it takes them:
 * a model does not think slower because its reader does. No clock is read and nothing is buffered, so an open stream is one timer.
 */
final class PacedFrames extends GraphStage<SourceShape<ByteString>> {
    private static final int ALL = Integer.MAX_VALUE;

    private final Outlet<ByteString> out = Outlet.create("PacedFrames.out");
    private final SourceShape<ByteString> shape = SourceShape.of(out);
    private final Frames frames;
    private final Pace pace;
    private final AtomicInteger open;

    /**
     * @param open counts the streams that are being sent
     */
    PacedFrames(Frames frames, Pace pace, AtomicInteger open) {
        this.frames = frames;
        this.pace = pace;
        this.open = open;
    }

    @Override
    public SourceShape<ByteString> shape() {
        return shape;
    }

    @Override
    public GraphStageLogic createLogic(Attributes attributes) {
        return new Logic();
    }

    private final class Logic extends TimerGraphStageLogic {
        private int sent;
        private int due;

        Logic() {
            super(shape);
            setHandler(out, new AbstractOutHandler() {
                @Override
                public void onPull() {
                    send();
                }
            });
        }

        @Override
        public void preStart() {
            open.incrementAndGet();
            var paced = pace.interval().isPositive();
            if (pace.firstDelay().isZero()) {
                due = paced ? 1 : ALL;
            } else if (!paced) {
                scheduleOnce("first", pace.firstDelay());
            }
            if (paced) {
                var first = pace.firstDelay().isZero() ? pace.interval() : pace.firstDelay();
                scheduleAtFixedRate("tick", first, pace.interval());
            }
        }

        @Override
        public void onTimer(Object timer) {
            due = timer.equals("first") ? ALL : due + 1;
            if (isAvailable(out)) {
                send();
            }
        }

        private void send() {
            if (sent < pace.last() && sent < due) {
                push(out, frames.frame(sent++));
            }
            if (sent >= pace.last()) {
                end();
            }
        }

        private void end() {
            cancelTimer("tick");
            switch (pace.ending()) {
                case COMPLETE -> complete(out);
                case CUT -> fail(out, Broken.cut());
                case RESET -> fail(out, Broken.reset());
                case STALL -> {} // The reader waits for what never comes.
            }
        }

        @Override
        public void postStop() {
            open.decrementAndGet();
        }
    }
}
