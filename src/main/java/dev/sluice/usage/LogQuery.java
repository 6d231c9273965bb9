package dev.sluice.usage;

import dev.sluice.usage.Reports.LogFilter;
import dev.sluice.usage.Reports.LogRow;
import dev.sluice.usage.Reports.Page;
import dev.sluice.usage.Reports.Tokens;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Lists exchanges, the latest begun first, by their numbers, which are by time.
 *
 * <p>One condition, the one that most likely leaves least, is answered by an index; the others are looked at row by row, in no more than
 * {@link #LOOKED_AT} rows a page. So the rarest combination costs no more than any other, but more pages.
 */
final class LogQuery {
    private static final int LOOKED_AT = 10_000;

    /** What an index leads to lies anywhere in the table: each is a page of the file, and perhaps of the disk. */
    private static final int LED_TO = 2_000;

    private static final String ROW = "SELECT e.id, e.request, s.name, e.at, c.login, m.name, p.name, a.name,"
            + " e.status, e.outcome, e.stream, e.input, e.cached, e.cache_write, e.output, e.reasoning, e.cost,"
            + " e.millis, e.first_millis, e.tools";
    private static final String NAMES = " JOIN session s ON s.id = e.session JOIN caller c ON c.id = e.caller"
            + " JOIN model m ON m.id = e.model JOIN provider p ON p.id = e.provider JOIN agent a ON a.id = e.agent";

    /** A table in whose order the exchanges are found, and what must be asked of it. */
    private record Way(String from, String id, String condition, List<Long> values) {}

    private record Condition(String sql, long value) {}

    private LogQuery() {}

    static Page<LogRow> page(Connection connection, LogFilter filter, int limit, @Nullable String before)
            throws SQLException {
        var numbers = SqliteRollups.numbers(connection, filter.filter());
        if (numbers == null) {
            return new Page<>(List.of(), null);
        }
        var from = Projection.number(filter.span().from().toEpochMilli(), 0);
        var to = Projection.number(filter.span().to().toEpochMilli(), 0);
        if (before != null) {
            to = Math.min(to, Long.parseLong(before));
        }
        var session = filter.session();
        if (session != null) {
            var bounds = session(connection, session);
            var owner = bounds == null ? 0 : Math.toIntExact(bounds[1]);
            if (bounds == null || numbers.getOrDefault(Dimension.USER, owner) != owner) {
                return new Page<>(List.of(), null);
            }
            // It is its caller's, so their index leads to it.
            numbers.put(Dimension.USER, owner);
            from = Math.max(from, bounds[2]);
            to = Math.min(to, bounds[3]);
        }
        var rest = conditions(filter, session == null ? 0 : LedgerTables.sessionNumber(connection, session));
        var way = way(filter, numbers);
        numbers.forEach((dimension, number) -> {
            if (dimension != Dimension.TOOL) {
                rest.add(new Condition("e." + dimension.table() + " = ?", number));
            }
        });
        var floor = floor(connection, way, from, to);
        var rows = rows(connection, way, rest, Math.max(from, floor), to, limit + 1);
        if (rows.size() > limit) {
            return new Page<>(
                    rows.subList(0, limit).stream().map(Numbered::row).toList(),
                    Long.toString(rows.get(limit - 1).number()));
        }
        return new Page<>(rows.stream().map(Numbered::row).toList(), floor > from ? Long.toString(floor) : null);
    }

    private static Way way(LogFilter filter, Map<Dimension, Integer> numbers) {
        var tool = numbers.get(Dimension.TOOL);
        if (tool != null) {
            return new Way("tool_call t CROSS JOIN exchange e ON e.id = t.id", "t.id", "t.tool = ? AND ", List.of((long)
                    tool));
        }
        var status = filter.status();
        if (status != null && status >= 400) {
            return by("exchange_by_status", "e.status >= 400 AND e.status = ? AND ", status);
        }
        var outcome = filter.outcome();
        if (outcome != null && LedgerTables.number(outcome) > 0) {
            return by("exchange_by_outcome", "e.outcome > 0 AND e.outcome = ? AND ", LedgerTables.number(outcome));
        }
        for (var dimension : List.of(Dimension.USER, Dimension.AGENT, Dimension.MODEL, Dimension.PROVIDER)) {
            var number = numbers.get(dimension);
            if (number != null) {
                return by("exchange_by_" + dimension.table(), "e." + dimension.table() + " = ? AND ", number);
            }
        }
        return new Way("exchange e", "e.id", "", List.of());
    }

    private static Way by(String index, String condition, int value) {
        return new Way("exchange e INDEXED BY " + index, "e.id", condition, List.of((long) value));
    }

    private static List<Condition> conditions(LogFilter filter, long session) {
        var conditions = new ArrayList<Condition>();
        var status = filter.status();
        if (status != null && status < 10) {
            conditions.add(new Condition("e.status / 100 = ?", status));
        } else if (status != null) {
            conditions.add(new Condition("e.status = ?", status));
        }
        if (filter.outcome() != null) {
            conditions.add(new Condition("e.outcome = ?", LedgerTables.number(filter.outcome())));
        }
        if (session != 0) {
            conditions.add(new Condition("e.session = ?", session));
        }
        if (filter.stream() != null) {
            conditions.add(new Condition("e.stream = ?", filter.stream() ? 1 : 0));
        }
        if (filter.minCostNanos() != null) {
            conditions.add(new Condition("e.cost >= ?", filter.minCostNanos()));
        }
        if (filter.withTools()) {
            conditions.add(new Condition("e.tools > ?", 0));
        }
        return conditions;
    }

    /** Its number, its caller's, and between which exchanges it lies; null if there is none. */
    private static long @Nullable [] session(Connection connection, String name) throws SQLException {
        try (var select = connection.prepareStatement("SELECT id, caller, first, last FROM session WHERE name = ?")) {
            select.setString(1, name);
            try (var rows = select.executeQuery()) {
                return rows.next()
                        ? new long[] {
                            rows.getLong(1),
                            rows.getLong(2),
                            Projection.number(
                                    LedgerTables.instant(rows.getLong(3)).toEpochMilli(), 0),
                            Projection.number(
                                    LedgerTables.instant(rows.getLong(4)).toEpochMilli() + 1, 0)
                        }
                        : null;
            }
        }
    }

    /** The last exchange that a page may look at; 0 when it may look at all. */
    private static long floor(Connection connection, Way way, long from, long to) throws SQLException {
        // By the index alone: a table is joined only to be read.
        var table = way.from().replace(" CROSS JOIN exchange e ON e.id = t.id", "");
        try (var select = connection.prepareStatement("SELECT " + way.id() + " FROM " + table + " WHERE "
                + way.condition() + way.id() + " >= ? AND " + way.id() + " < ? ORDER BY " + way.id()
                + " DESC LIMIT 1 OFFSET " + ((way.values().isEmpty() ? LOOKED_AT : LED_TO) - 1))) {
            var column = bind(select, 1, way);
            select.setLong(column++, from);
            select.setLong(column, to);
            try (var rows = select.executeQuery()) {
                return rows.next() ? rows.getLong(1) : 0;
            }
        }
    }

    private static int bind(PreparedStatement select, int first, Way way) throws SQLException {
        var column = first;
        for (var value : way.values()) {
            select.setLong(column++, value);
        }
        return column;
    }

    private record Numbered(long number, LogRow row) {}

    private static List<Numbered> rows(
            Connection connection, Way way, List<Condition> rest, long from, long to, int limit) throws SQLException {
        var sql = new StringBuilder(ROW + " FROM " + way.from());
        // The names last, and of what is on the page alone.
        sql.append(NAMES.replace(" JOIN ", " CROSS JOIN ")).append(" WHERE ").append(way.condition());
        sql.append(way.id()).append(" >= ? AND ").append(way.id()).append(" < ?");
        rest.forEach(condition -> sql.append(" AND ").append(condition.sql()));
        sql.append(" ORDER BY ").append(way.id()).append(" DESC LIMIT ?");
        try (var select = connection.prepareStatement(sql.toString())) {
            var column = bind(select, 1, way);
            select.setLong(column++, from);
            select.setLong(column++, to);
            for (var condition : rest) {
                select.setLong(column++, condition.value());
            }
            select.setInt(column, limit);
            return read(select);
        }
    }

    private static List<Numbered> read(PreparedStatement select) throws SQLException {
        var found = new ArrayList<Numbered>();
        try (var rows = select.executeQuery()) {
            while (rows.next()) {
                found.add(new Numbered(rows.getLong(1), row(rows)));
            }
        }
        return found;
    }

    private static LogRow row(ResultSet row) throws SQLException {
        row.getLong(12);
        var hasTokens = !row.wasNull();
        var cost = row.getLong(17);
        var hasCost = !row.wasNull();
        return new LogRow(
                RequestKey.read(row, 2),
                Instant.ofEpochMilli(row.getLong(1) >> Projection.SEQUENCE_BITS),
                row.getLong(4),
                row.getString(3),
                row.getString(5),
                row.getString(6),
                row.getString(7),
                row.getString(8),
                row.getInt(9),
                LedgerTables.outcome(row.getInt(10)),
                row.getInt(11) == 1,
                hasTokens
                        ? new Tokens(
                                row.getLong(12), row.getLong(13), row.getLong(14), row.getLong(15), row.getLong(16))
                        : null,
                hasCost ? cost : null,
                row.getLong(18),
                row.getLong(19),
                row.getLong(20));
    }

    static List<LogRow> of(Connection connection, List<String> requestIds) throws SQLException {
        var found = new ArrayList<LogRow>();
        for (var requestId : requestIds) {
            try (var select = connection.prepareStatement(ROW + " FROM exchange e" + NAMES + " WHERE e.request = ?")) {
                RequestKey.bind(select, 1, requestId);
                read(select).forEach(it -> found.add(it.row()));
            }
        }
        return found;
    }
}
