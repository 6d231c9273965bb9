package dev.sluice.simulator;

import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * How one request is to be answered, as written in the header {@code x-simulate} or behind a {@code ?} in the model's name.
 *
 * <p>{@code events=20; interval=50ms; cut-after=7} in the header, {@code sim-gpt?events=20&interval=50ms} in a model's name.
 */
final class Script {
    static final Script NONE = new Script(Map.of());

    private static final Pattern NUMBER = Pattern.compile("(\\d{1,15})([a-z]{0,2})");
    private final Map<Cue, Long> values;

    private Script(Map<Cue, Long> values) {
        this.values = values;
    }

    private enum Kind {
        COUNT,
        DURATION,
        SIZE,
        FLAG
    }

    /** Everything that can be asked for. A stream's events are counted from its very first one. */
    enum Cue {
        EVENTS(Kind.COUNT, "text events of a stream"),
        INTERVAL(Kind.DURATION, "time between two events"),
        ANSWER_DELAY(Kind.DURATION, "time before the answer's head"),
        FIRST_EVENT_DELAY(Kind.DURATION, "time between the head and the first event or byte"),
        TEXT(Kind.COUNT, "characters of text in all"),
        SEED(Kind.COUNT, "chooses the text"),
        ID(Kind.COUNT, "pins the identifiers of the answer"),
        INPUT(Kind.COUNT, "fresh prompt tokens to report"),
        CACHED(Kind.COUNT, "prompt tokens read from a cache to report"),
        CACHE_WRITE(Kind.COUNT, "prompt tokens written to a cache (short life) to report"),
        CACHE_WRITE_1H(Kind.COUNT, "prompt tokens written to a cache (long life) to report"),
        OUTPUT(Kind.COUNT, "output tokens to report, reasoning included"),
        REASONING(Kind.COUNT, "reasoning tokens to report"),
        TOOLS(Kind.COUNT, "tool calls to make"),
        FAULT(Kind.COUNT, "status of an error answer, 400 to 599"),
        RETRY_AFTER(Kind.COUNT, "seconds in the error answer's retry-after"),
        TIMES(Kind.COUNT, "faults hit only the first so many requests with this script and prompt"),
        RESET(Kind.FLAG, "TCP reset instead of an answer"),
        HANG(Kind.FLAG, "no answer at all"),
        RESET_AFTER(Kind.COUNT, "TCP reset after so many events"),
        CUT_AFTER(Kind.COUNT, "TCP FIN after so many events, without the end of the chunked body"),
        END_AFTER(Kind.COUNT, "proper end of the HTTP body after so many events"),
        STALL_AFTER(Kind.COUNT, "nothing more after so many events, the connection stays open"),
        MALFORMED_AT(Kind.COUNT, "this event, counted from 1, is broken JSON"),
        ERROR_EVENT_AT(Kind.COUNT, "this event, counted from 1, is the format's error event, and the last one"),
        NO_DONE(Kind.FLAG, "a chat stream without [DONE]"),
        NO_TERMINAL(Kind.FLAG, "a stream without finish_reason, message_stop or response.completed"),
        NO_USAGE(Kind.FLAG, "an answer without usage"),
        GZIP(Kind.FLAG, "a compressed answer, flushed at every event"),
        ENDLESS(Kind.FLAG, "a line that never ends"),
        BIG(Kind.SIZE, "an answer of so many bytes (k, m and g are understood)"),
        CHUNKING(Kind.COUNT, "pieces of so many bytes, whatever the borders of events; 7 if not told");

        private final Kind kind;
        private final String help;

        Cue(Kind kind, String help) {
            this.kind = kind;
            this.help = help;
        }

        String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** A script nobody can read; the message says what was expected. */
    static final class BadScript extends RuntimeException {
        BadScript(String message) {
            super(message);
        }
    }

    static Script parse(String text) {
        var values = new EnumMap<Cue, Long>(Cue.class);
        for (var part : text.split("[;&]", -1)) {
            if (!part.isBlank()) {
                var entry = part.strip().split("\\s*=\\s*", 2);
                var cue = cue(entry[0]);
                values.put(cue, entry.length == 1 ? bare(cue) : value(cue, entry[1]));
            }
        }
        return new Script(values);
    }

    /** A list of all cues, for people. */
    static String help() {
        return Arrays.stream(Cue.values())
                .map(cue -> "  %-18s %s%n".formatted(cue.word(), cue.help))
                .collect(Collectors.joining());
    }

    /** This script with everything that the other one says laid over it. */
    Script overlaid(Script other) {
        var merged = new EnumMap<Cue, Long>(Cue.class);
        merged.putAll(values);
        merged.putAll(other.values);
        return new Script(merged);
    }

    /** This script without the faults that keep a request from being answered in full. */
    Script withoutFaults() {
        var kept = new EnumMap<Cue, Long>(Cue.class);
        values.forEach((cue, value) -> {
            if (cue.compareTo(Cue.FAULT) < 0 || cue.compareTo(Cue.NO_DONE) >= 0) {
                kept.put(cue, value);
            }
        });
        return new Script(kept);
    }

    boolean has(Cue cue) {
        return values.containsKey(cue);
    }

    long count(Cue cue, long otherwise) {
        return values.getOrDefault(cue, otherwise);
    }

    Duration duration(Cue cue) {
        return Duration.ofNanos(values.getOrDefault(cue, 0L));
    }

    @Override
    public String toString() {
        return values.toString();
    }

    private static Cue cue(String word) {
        for (var cue : Cue.values()) {
            if (cue.word().equals(word)) {
                return cue;
            }
        }
        throw new BadScript("x-simulate: no cue \"" + word + "\"; known are:\n" + help());
    }

    private static long bare(Cue cue) {
        if (cue.kind == Kind.FLAG) {
            return 1;
        }
        if (cue == Cue.CHUNKING) {
            return 7;
        }
        throw new BadScript("x-simulate: " + cue.word() + " needs a value");
    }

    private static long value(Cue cue, String text) {
        var match = NUMBER.matcher(text.toLowerCase(Locale.ROOT));
        if (!match.matches()) {
            throw new BadScript("x-simulate: " + cue.word() + "=" + text + " (expected: a number)");
        }
        return Long.parseLong(match.group(1)) * factor(cue, match.group(2));
    }

    private static long factor(Cue cue, String unit) {
        return switch (cue.kind.name() + unit) {
            case "COUNT", "SIZE", "FLAG" -> 1;
            case "SIZEk", "SIZEkb" -> 1L << 10;
            case "SIZEm", "SIZEmb" -> 1L << 20;
            case "SIZEg", "SIZEgb" -> 1L << 30;
            case "DURATIONus" -> 1_000;
            case "DURATIONms" -> 1_000_000;
            case "DURATIONs" -> 1_000_000_000;
            case "DURATIONm" -> 60_000_000_000L;
            default ->
                throw new BadScript("x-simulate: " + cue.word() + " has no unit \"" + unit
                        + "\" (durations: us, ms, s, m; sizes: k, m, g; else none)");
        };
    }
}
