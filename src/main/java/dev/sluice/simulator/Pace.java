package dev.sluice.simulator;

import dev.sluice.simulator.Script.Key;
import java.time.Duration;
import java.util.Map;

/**
 * When the frames of an answer go out, and how they end.
 *
 * @param last frames sent before the ending
 */
record Pace(Duration firstDelay, Duration interval, Ending ending, int last) {
    private static final Map<Key, Ending> ENDINGS = Map.of(
            Key.RESET_AFTER, Ending.RESET,
            Key.CUT_AFTER, Ending.CUT,
            Key.END_AFTER, Ending.COMPLETE,
            Key.STALL_AFTER, Ending.STALL);

    enum Ending {
        COMPLETE,
        CUT,
        RESET,
        STALL
    }

    static Pace of(Script script, int frames) {
        var first = script.duration(Key.FIRST_EVENT_DELAY);
        var interval = script.duration(Key.INTERVAL);
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
        return script.has(Key.FIRST_EVENT_DELAY) || ENDINGS.keySet().stream().anyMatch(script::has);
    }
}
