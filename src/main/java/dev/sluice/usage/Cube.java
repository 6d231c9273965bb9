package dev.sluice.usage;

import static java.util.stream.Collectors.joining;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A roll-up: sums by period and some dimensions, a table a level. Its key begins with the period, so that writing goes on at its end, and
 * one caller's part of a range is a seek a period.
 *
 * <p>There are several, because a sum over all callers must not read a row a caller, and one by caller not a row a model: on ten million
 * exchanges the whole cube has a million rows a quarter. Those that are by caller have weeks, which a long range is made of but for
 * its ends.
 */
record Cube(String name, List<Dimension> dimensions, List<Level> levels, List<String> measures) {
    /** In the order of {@link Ledger.Sums}. */
    static final List<String> SUMS =
            List.of("requests", "input", "cached", "cache_write", "output", "reasoning", "cost", "unpriced", "errors");

    static final int SESSIONS = SUMS.size();

    static final Cube ALL = new Cube(
            "usage",
            List.of(Dimension.MODEL, Dimension.PROVIDER, Dimension.AGENT),
            List.of(Level.HOUR, Level.DAY),
            SUMS);
    static final Cube CALLERS = new Cube(
            "usage_by_caller",
            List.of(Dimension.USER),
            List.of(Level.DAY, Level.WEEK),
            Stream.concat(SUMS.stream(), Stream.of("sessions")).toList());
    static final Cube WHOLE = new Cube(
            "usage_whole",
            List.of(Dimension.USER, Dimension.MODEL, Dimension.PROVIDER, Dimension.AGENT),
            List.of(Level.HOUR, Level.DAY, Level.WEEK),
            SUMS);
    static final Cube TOOLS = new Cube(
            "tools", List.of(Dimension.TOOL, Dimension.MODEL), List.of(Level.HOUR, Level.DAY), List.of("calls"));
    static final Cube TOOLS_CALLERS =
            new Cube("tools_by_caller", List.of(Dimension.USER), List.of(Level.DAY, Level.WEEK), List.of("calls"));
    static final Cube TOOLS_WHOLE = new Cube(
            "tools_whole",
            List.of(Dimension.USER, Dimension.TOOL, Dimension.MODEL),
            List.of(Level.DAY, Level.WEEK),
            List.of("calls"));

    /** The smallest first: the first that knows what is asked for is the one to ask. */
    static final List<Cube> USAGE = List.of(ALL, CALLERS, WHOLE);

    static final List<Cube> TOOL_CALLS = List.of(TOOLS, TOOLS_CALLERS, TOOLS_WHOLE);

    static final List<Cube> EVERY = List.of(ALL, CALLERS, WHOLE, TOOLS, TOOLS_CALLERS, TOOLS_WHOLE);

    String table(Level level) {
        return switch (level) {
            case HOUR -> name + "_hour";
            case DAY -> name + "_day";
            case WEEK -> name + "_week";
        };
    }

    String create(Level level) {
        return "CREATE TABLE " + table(level) + " (period INTEGER NOT NULL, "
                + columns(" INTEGER NOT NULL, ") + " INTEGER NOT NULL, "
                + measures.stream().map(it -> it + " INTEGER NOT NULL").collect(joining(", "))
                + ", PRIMARY KEY (period, " + columns(", ") + ")) WITHOUT ROWID";
    }

    /** Binds the period, the dimensions' numbers and the measures. */
    String upsert(Level level) {
        var values = 1 + dimensions.size() + measures.size();
        return "INSERT INTO " + table(level) + " VALUES ("
                + IntStream.range(0, values).mapToObj(_ -> "?").collect(joining(", "))
                + ") ON CONFLICT DO UPDATE SET "
                + measures.stream()
                        .map(it -> it + " = " + it + " + excluded." + it)
                        .collect(joining(", "));
    }

    private String columns(String between) {
        return dimensions.stream().map(Dimension::table).collect(joining(between));
    }
}
