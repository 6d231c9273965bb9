package dev.sluice.simulator;

import dev.sluice.simulator.Script.Key;

/** The token counts that an answer reports, in disjoint classes but for reasoning, which is part of the output. */
record Tokens(long input, long cached, long write, long write1h, long output, long reasoning) {
    static Tokens scripted(Script script, long inputOtherwise, long outputOtherwise) {
        var reasoning = script.count(Key.REASONING, 0);
        return new Tokens(
                script.count(Key.INPUT, inputOtherwise),
                script.count(Key.CACHED, 0),
                script.count(Key.CACHE_WRITE, 0),
                script.count(Key.CACHE_WRITE_1H, 0),
                script.count(Key.OUTPUT, outputOtherwise + reasoning),
                reasoning);
    }

    long prompt() {
        return input + cached + write + write1h;
    }
}
