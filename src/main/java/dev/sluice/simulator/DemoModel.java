package dev.sluice.simulator;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A model that a person who tries the demo meets; each has a manner of its own. Any other name works too and answers at once.
 *
 * @param scripts taken in turn, request by request
 */
record DemoModel(String id, Maker maker, String manner, List<Script> scripts) {
    enum Maker {
        OPENAI,
        ANTHROPIC,
        GOOGLE,
        AMAZON
    }

    static final List<DemoModel> ALL = List.of(
            openAi("sim-gpt", "answers at a usual pace", "events=40;interval=25ms;answer-delay=200ms"),
            openAi(
                    "sim-reasoner",
                    "thinks first; reports reasoning and cached tokens",
                    "events=40;interval=25ms;first-event-delay=1500ms;cached=1024;reasoning=256"),
            openAi(
                    "sim-slow",
                    "takes three seconds to begin and then says four words a second",
                    "events=30;interval=250ms;first-event-delay=3s"),
            openAi(
                    "sim-flaky",
                    "in turn: works, 429, works, 503, works, breaks off in mid-stream",
                    "events=20;interval=25ms",
                    "fault=429;retry-after=1",
                    "events=20;interval=25ms",
                    "fault=503",
                    "events=20;interval=25ms",
                    "events=20;interval=25ms;cut-after=8"),
            anthropic("sim-claude", "answers at a usual pace", "events=40;interval=25ms;answer-delay=200ms"),
            anthropic(
                    "sim-claude-thinker",
                    "thinks first; reports thinking, cache reads and cache writes",
                    "events=40;interval=25ms;first-event-delay=1500ms;cached=2048;cache-write=512;reasoning=256"),
            anthropic(
                    "sim-claude-flaky",
                    "in turn: works, overloaded (529), works, breaks off in mid-stream",
                    "events=20;interval=25ms",
                    "fault=529",
                    "events=20;interval=25ms",
                    "events=20;interval=25ms;cut-after=8"),
            google("sim-gemini", "answers at a usual pace", "events=40;interval=25ms;answer-delay=200ms"),
            amazon("sim-bedrock-claude", "answers at a usual pace", "events=40;interval=25ms;answer-delay=200ms"));

    private static DemoModel openAi(String id, String manner, String... scripts) {
        return new DemoModel(id, Maker.OPENAI, manner, parsed(scripts));
    }

    private static DemoModel anthropic(String id, String manner, String... scripts) {
        return new DemoModel(id, Maker.ANTHROPIC, manner, parsed(scripts));
    }

    private static DemoModel google(String id, String manner, String... scripts) {
        return new DemoModel(id, Maker.GOOGLE, manner, parsed(scripts));
    }

    private static DemoModel amazon(String id, String manner, String... scripts) {
        return new DemoModel(id, Maker.AMAZON, manner, parsed(scripts));
    }

    private static List<Script> parsed(String... scripts) {
        return Arrays.stream(scripts).map(Script::parse).toList();
    }

    static Optional<DemoModel> named(String id) {
        return ALL.stream().filter(model -> model.id.equals(id)).findFirst();
    }

    static List<DemoModel> of(Maker maker) {
        return ALL.stream().filter(model -> model.maker == maker).toList();
    }

    /** How the request of this number, counted from 0, is answered. */
    Script script(long number) {
        return scripts.get((int) (number % scripts.size()));
    }
}
