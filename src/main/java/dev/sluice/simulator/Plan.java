package dev.sluice.simulator;

import dev.sluice.simulator.Script.Cue;
import java.util.List;
import java.util.Locale;

/**
 * What one answer will say, before it is put into a provider's shape.
 *
 * @param number the answer's own number; identifiers are made of it
 */
record Plan(Asked asked, Script script, long number, Prose prose, List<Call> calls, Tokens tokens, Finish finish) {
    private static final int USUAL_PIECES = 12;
    private static final int BIG_PIECE = 16 * 1024;

    enum Finish {
        STOP,
        LENGTH,
        TOOLS
    }

    /** One call of a client's tool; the arguments are JSON. */
    record Call(String id, String name, String arguments) {}

    static Plan of(Asked asked, Script script, long number) {
        var calls = calls(asked, script, number);
        var wanted = pieces(script, calls.isEmpty() ? USUAL_PIECES : 0);
        var pieces = (int) Math.min(wanted, script.has(Cue.BIG) ? wanted : asked.outputLimit());
        var characters = script.has(Cue.BIG) ? script.count(Cue.BIG, 0) : script.count(Cue.TEXT, -1);
        var prose = new Prose(script.count(Cue.SEED, asked.seed()), pieces, pieces == 0 ? -1 : characters);
        var spoken = calls.stream()
                .mapToLong(call -> 8 + call.arguments().length() / 4)
                .sum();
        var tokens = Tokens.scripted(script, asked.promptTokens(), pieces + spoken);
        var finish = pieces < wanted ? Finish.LENGTH : calls.isEmpty() ? Finish.STOP : Finish.TOOLS;
        return new Plan(asked, script, number, prose, calls, tokens, finish);
    }

    Plan withoutFaults() {
        return new Plan(asked, script.withoutFaults(), number, prose, calls, tokens, finish);
    }

    String id(String prefix) {
        return prefix + "sim" + String.format(Locale.ROOT, "%016x", number);
    }

    boolean has(Cue key) {
        return script.has(key);
    }

    private static long pieces(Script script, int otherwise) {
        if (script.has(Cue.BIG)) {
            return Math.max(1, (script.count(Cue.BIG, 0) + BIG_PIECE - 1) / BIG_PIECE);
        }
        var usual = script.has(Cue.TEXT) ? Math.max(1, Math.min(USUAL_PIECES, script.count(Cue.TEXT, 0))) : otherwise;
        return script.count(Cue.EVENTS, usual);
    }

    private static List<Call> calls(Asked asked, Script script, long number) {
        var tools = asked.tools();
        var count = script.count(Cue.TOOLS, tools.stream().anyMatch(Asked.Tool::wanted) ? 1 : 0);
        return java.util.stream.IntStream.range(0, (int) count)
                .mapToObj(index -> {
                    var tool = Asked.Tool.chosen(tools, index);
                    return new Call("sim%x_%d".formatted(number, index), tool.name(), tool.arguments());
                })
                .toList();
    }
}
