package dev.sluice.simulator;

import dev.sluice.simulator.Script.Cue;
import java.time.Duration;
import java.util.Map;

/**
 * When the frames of an answer go out, and how they end.
 *
 * @param last frames sent before the ending
 */
record Pace(Duration firstDelay, Duration interval, Ending ending, int last) {
    private static final Map<Cue, Ending> ENDINGS = Map.of(
            Cue.RESET_AFTER, Ending.RESET,
            Cue.CUT_AFTER, Ending.CUT,
            Cue.END_AFTER, Ending.COMPLETE,
            Cue.STALL_AFTER, Ending.STALL);

    enum Ending {
        COMPLETE,
        CUT,
        RESET,
        STALL
    }

    static Pace of(Script script, int frames) {
        var first = script.duration(Cue.FIRST_EVENT_DELAY);
        var interval = script.duration(Cue.INTERVAL);
        for (var ending : ENDINGS.entrySet()) {
            if (script.has(ending.getKey())) {
                var last = (int) Math.min(frames, script.count(ending.getKey(), 0));
                return new Pace(first, interval, ending.getValue(), last);
            }
        }
        return new Pace(first, interval, Ending.COMPLETE, frames);
    }

    /** Whether an answer is anything but a whole one at once. */
    static boolean matters(Script script) {
        return script.has(Cue.FIRST_EVENT_DELAY) || ENDINGS.keySet().stream().anyMatch(script::has);
    }
}
