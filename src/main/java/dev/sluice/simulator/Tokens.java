package dev.sluice.simulator;

import dev.sluice.simulator.Script.Cue;

/** The token counts that an answer reports, in disjoint classes but for reasoning, which is part of the output. */
record Tokens(long input, long cached, long write, long write1h, long output, long reasoning) {
    static Tokens scripted(Script script, long inputOtherwise, long outputOtherwise) {
        var reasoning = script.count(Cue.REASONING, 0);
        return new Tokens(
                script.count(Cue.INPUT, inputOtherwise),
                script.count(Cue.CACHED, 0),
                script.count(Cue.CACHE_WRITE, 0),
                script.count(Cue.CACHE_WRITE_1H, 0),
                script.count(Cue.OUTPUT, outputOtherwise + reasoning),
                reasoning);
    }

    long prompt() {
        return input + cached + write + write1h;
    }
}
