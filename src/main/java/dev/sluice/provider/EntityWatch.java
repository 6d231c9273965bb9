package dev.sluice.provider;

import dev.sluice.config.Settings;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.FlowShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractInOutHandler;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.TimerGraphStageLogic;
import org.apache.pekko.util.ByteString;

/**
 * Lets an answer's bytes pass and holds its two clocks, first event and idle. They run only while somebody waits for bytes:
 * a client that does not read is not the provider's silence, and has a clock of its own. Tells once how the answer ended: wholly, or not.
 */
final class EntityWatch extends GraphStage<FlowShape<ByteString, ByteString>> {
    private static final String TICK = "tick";
    private static final Duration FASTEST_TICK = Duration.ofMillis(50);
    private static final Duration SLOWEST_TICK = Duration.ofSeconds(15);

    /** Hears how an answer ended. */
    interface Ended {
        void ended(boolean wholly);
    }

    private final Inlet<ByteString> in = Inlet.create("bytes");
    private final Outlet<ByteString> out = Outlet.create("same-bytes");
    private final FlowShape<ByteString, ByteString> shape = FlowShape.of(in, out);
    private final Way way;
    private final Settings.Clocks clocks;
    private final Ended ended;

    EntityWatch(Way way, Settings.Clocks clocks, Ended ended) {
        this.way = way;
        this.clocks = clocks;
        this.ended = ended;
    }

    @Override
    public FlowShape<ByteString, ByteString> shape() {
        return shape;
    }

    @Override
    public GraphStageLogic createLogic(Attributes attributes) {
        return new Logic();
    }

    private Duration tick() {
        var tick = Collections.min(List.of(clocks.firstEvent(), clocks.idle(), clocks.clientIdle()))
                .dividedBy(8);
        return tick.compareTo(FASTEST_TICK) < 0 ? FASTEST_TICK : tick.compareTo(SLOWEST_TICK) > 0 ? SLOWEST_TICK : tick;
    }

    private final class Logic extends TimerGraphStageLogic {
        private boolean begun;
        private boolean wholly;
        private long waitingSince;
        private long handedOnAt = System.nanoTime();

        Logic() {
            super(shape);
            setHandlers(in, out, new AbstractInOutHandler() {
                @Override
                public void onPush() {
                    begun = true;
                    handedOnAt = System.nanoTime();
                    push(out, grab(in));
                }

                @Override
                public void onPull() {
                    waitingSince = System.nanoTime();
                    pull(in);
                }

                @Override
                public void onUpstreamFinish() {
                    wholly = true;
                    completeStage();
                }
            });
        }

        @Override
        public void preStart() {
            scheduleWithFixedDelay(TICK, tick(), tick());
        }

        @Override
        public void onTimer(Object key) {
            if (!hasBeenPulled(in)
                    && System.nanoTime() - handedOnAt > clocks.clientIdle().toNanos()) {
                failStage(new UpstreamFailure(
                        UpstreamFailure.Kind.ABANDONED,
                        "the client took nothing for " + clocks.clientIdle().toSeconds() + " s"));
                return;
            }
            var clock = begun ? clocks.idle() : clocks.firstEvent();
            if (hasBeenPulled(in) && System.nanoTime() - waitingSince > clock.toNanos()) {
                failStage(way.timeout(
                        (begun ? "silent in mid-answer for " : "no first event within ") + clock.toSeconds() + " s"));
            }
        }

        @Override
        public void postStop() {
            ended.ended(wholly);
        }
    }
}
