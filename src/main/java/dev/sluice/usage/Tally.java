package dev.sluice.usage;

import dev.sluice.session.Exchange;
import dev.sluice.session.Exchange.Outcome;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;

/** What a batch adds to the roll-ups. Summed by the hour here, and then once for each of them, so that many exchanges of one caller are few writes. */
final class Tally {
    private final Map<Cell, long[]> usage = new HashMap<>();
    private final Map<Cell, long[]> toolCalls = new HashMap<>();

    void add(Cell cell, Exchange exchange, boolean beginsSession) {
        var sums = usage.computeIfAbsent(cell, _ -> new long[Cube.SESSIONS + 1]);
        var tokens = exchange.usage();
        sums[0]++;
        if (tokens != null) {
            sums[1] += tokens.inputTokens();
            sums[2] += tokens.cachedInputTokens();
            sums[3] += tokens.cacheWrite5mTokens() + tokens.cacheWrite1hTokens();
            sums[4] += tokens.outputTokens();
            sums[5] += tokens.reasoningTokens();
        }
        if (exchange.costNanos() != null) {
            sums[6] += exchange.costNanos();
        } else if (tokens != null) {
            sums[7]++;
        }
        if (isError(exchange)) {
            sums[8]++;
        }
        if (beginsSession) {
            sums[Cube.SESSIONS]++;
        }
    }

    void addCalls(Cell cell, long calls) {
        toolCalls.computeIfAbsent(cell, _ -> new long[1])[0] += calls;
    }

    /** Whoever went away got what they asked for, as far as they wanted it. */
    static boolean isError(Exchange exchange) {
        return exchange.status() >= 400
                || (exchange.outcome() != Outcome.COMPLETED && exchange.outcome() != Outcome.CLIENT_CANCELLED);
    }

    void save(Connection connection) throws SQLException {
        for (var cube : Cube.EVERY) {
            for (var level : cube.levels()) {
                save(connection, cube, level, Cube.TOOL_CALLS.contains(cube) ? toolCalls : usage);
            }
        }
    }

    private static void save(Connection connection, Cube cube, Level level, Map<Cell, long[]> byHour)
            throws SQLException {
        if (byHour.isEmpty()) {
            return;
        }
        var cells = cells(cube, level, byHour);
        try (var upsert = connection.prepareStatement(cube.upsert(level))) {
            // In the order of the table, so that neighbours are written together.
            for (var cell : cells.keySet().stream().sorted(Cell.BY_PERIOD).toList()) {
                var column = 1;
                upsert.setLong(column++, cell.period());
                for (var dimension : cube.dimensions()) {
                    upsert.setInt(column++, cell.at(dimension));
                }
                for (var value : cells.getOrDefault(cell, new long[0])) {
                    upsert.setLong(column++, value);
                }
                upsert.executeUpdate();
            }
        }
    }

    /** What it adds to a roll-up. */
    Map<Cell, long[]> cells(Cube cube, Level level) {
        return cells(cube, level, Cube.TOOL_CALLS.contains(cube) ? toolCalls : usage);
    }

    private static Map<Cell, long[]> cells(Cube cube, Level level, Map<Cell, long[]> byHour) {
        var cells = new HashMap<Cell, long[]>();
        byHour.forEach((cell, sums) -> Rollups.add(
                cells.computeIfAbsent(
                        cell.in(cube, level), _ -> new long[cube.measures().size()]),
                sums));
        return cells;
    }
}
