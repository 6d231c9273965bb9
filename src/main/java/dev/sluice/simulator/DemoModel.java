package dev.sluice.simulator;

import dev.sluice.simulator.Script.Key;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The models that a person who tries the demo meets; each has a manner of its own. Any other name works too and answers at once. */
enum DemoModel {
    SIM_GPT("sim-gpt", Maker.OPENAI, "answers at a usual pace", "events=40;interval=25ms;answer-delay=200ms"),
    SIM_REASONER(
            "sim-reasoner",
            Maker.OPENAI,
            "thinks first; reports reasoning and cached tokens",
            "events=40;interval=25ms;first-event-delay=1500ms;cached=1024;reasoning=256"),
    SIM_SLOW(
            "sim-slow",
            Maker.OPENAI,
            "takes three seconds to begin and four words a second after that",
            "events=30;interval=250ms;first-event-delay=3s"),
    SIM_FLAKY(
            "sim-flaky",
            Maker.OPENAI,
            "in turn: works, 429, works, 503, works, breaks off in mid-stream",
            "events=20;interval=25ms",
            "fault=429;retry-after=1",
            "events=20;interval=25ms",
            "fault=503",
            "events=20;interval=25ms",
            "events=20;interval=25ms;cut-after=8"),
    SIM_CLAUDE("sim-claude", Maker.ANTHROPIC, "answers at a usual pace", "events=40;interval=25ms;answer-delay=200ms"),
    SIM_CLAUDE_THINKER(
            "sim-claude-thinker",
            Maker.ANTHROPIC,
            "thinks first; reports thinking, cache reads and cache writes",
            "events=40;interval=25ms;first-event-delay=1500ms;cached=2048;cache-write=512;reasoning=256"),
    SIM_CLAUDE_FLAKY(
            "sim-claude-flaky",
            Maker.ANTHROPIC,
            "in turn: works, overloaded (529), works, breaks off in mid-stream",
            "events=20;interval=25ms",
            "fault=529",
            "events=20;interval=25ms",
            "events=20;interval=25ms;cut-after=8");

    private enum Maker {
        OPENAI,
        ANTHROPIC
    }

    private final String id;
    private final Maker maker;
    private final String manner;
    private final List<Script> scripts;

    DemoModel(String id, Maker maker, String manner, String... scripts) {
        this.id = id;
        this.maker = maker;
        this.manner = manner;
        this.scripts = Arrays.stream(scripts).map(Script::parse).toList();
    }

    static Optional<DemoModel> named(String id) {
        return Arrays.stream(values()).filter(model -> model.id.equals(id)).findFirst();
    }

    static List<DemoModel> ofAnthropic(boolean anthropic) {
        return Arrays.stream(values())
                .filter(model -> anthropic == (model.maker == Maker.ANTHROPIC))
                .toList();
    }

    String id() {
        return id;
    }

    String manner() {
        return manner;
    }

    /** How the request of this number, counted from 0, is answered. A pinned {@code id} is no part of a manner. */
    Script script(long number) {
        assert scripts.stream().noneMatch(script -> script.has(Key.ID)) : id;
        return scripts.get((int) (number % scripts.size()));
    }
}
