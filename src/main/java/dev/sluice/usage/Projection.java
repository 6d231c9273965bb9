package dev.sluice.usage;

import dev.sluice.session.Exchange;
import dev.sluice.usage.LedgerTables.Entry;
import dev.sluice.wire.Usage;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Adds exchanges to the ledger's tables, a batch a transaction; the writer's own. What it remembers between batches is true only as long as
 * all of them were committed: after a failure there must be a new one.
 *
 * <p>What it writes depends on the order of the events alone, and not on where batches were cut: so a ledger that is built anew equals, row
 * for row, the one that grew.
 */
final class Projection {
    /** Sessions that are likely to go on. */
    private static final int REMEMBERED = 20_000;

    /** Low bits of an exchange's number; those above are its time in milliseconds. */
    static final int SEQUENCE_BITS = 20;

    private static final long SEQUENCES = 1L << SEQUENCE_BITS;

    private final Names names = new Names();
    private final ActiveDays activeDays = new ActiveDays();
    private final Map<String, Long> sessionIds = new HashMap<>();

    private record Known(long id, boolean isNew) {}

    /** Adds what is new and remembers how far it came; what is there already is left alone. */
    void add(Connection connection, List<Entry> entries) throws SQLException {
        var sessions = new LinkedHashMap<Long, Sum>();
        var callers = new TreeMap<Integer, Sum>();
        var tally = new Tally();
        try (var insert = connection.prepareStatement("INSERT INTO exchange"
                + " (id, request, session, at, caller, model, provider, agent, status, outcome, stream, input, cached,"
                + " cache_write, output, reasoning, cost, millis, first_millis, tools)"
                + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")) {
            for (var entry : entries) {
                add(connection, insert, entry, sessions, callers, tally);
            }
        }
        saveSessions(connection, sessions);
        saveCallers(connection, callers);
        tally.save(connection);
        activeDays.save(connection);
        LedgerTables.saveOffset(connection, entries.getLast());
        names.trim();
        if (sessionIds.size() > REMEMBERED) {
            sessionIds.clear();
        }
    }

    private void add(
            Connection connection,
            PreparedStatement insert,
            Entry entry,
            Map<Long, Sum> sessions,
            Map<Integer, Sum> callers,
            Tally tally)
            throws SQLException {
        var exchange = entry.exchange();
        var hour = Level.HOUR.of(exchange.started());
        var day = Level.DAY.of(hour);
        var caller = names.caller(connection, exchange.login(), LedgerTables.nanos(exchange.started()));
        var session = session(connection, exchange, caller);
        var cell = new Cell(
                hour,
                caller,
                names.number(connection, Dimension.MODEL, day, exchange.model()),
                names.number(connection, Dimension.PROVIDER, day, exchange.provider()),
                names.number(connection, Dimension.AGENT, day, Agent.of(exchange.userAgent())),
                0);
        var id = insert(connection, insert, entry, session.id(), cell);
        if (id == 0) {
            return;
        }
        sessions.computeIfAbsent(session.id(), _ -> new Sum()).add(exchange);
        var own = callers.computeIfAbsent(caller, _ -> new Sum());
        own.add(exchange);
        own.sessions += session.isNew() ? 1 : 0;
        tally.add(cell, exchange, session.isNew());
        activeDays.add(connection, day, caller, session.isNew());
        addTools(connection, id, cell, day, exchange, tally);
    }

    private void addTools(Connection connection, long id, Cell cell, long day, Exchange exchange, Tally tally)
            throws SQLException {
        if (exchange.tools().isEmpty()) {
            return;
        }
        var calls = new TreeMap<Integer, Long>();
        for (var tool : exchange.tools()) {
            calls.merge(names.number(connection, Dimension.TOOL, day, tool.name()), 1L, Long::sum);
        }
        try (var insert = connection.prepareStatement("INSERT INTO tool_call (tool, id, calls) VALUES (?, ?, ?)")) {
            for (var tool : calls.entrySet()) {
                insert.setInt(1, tool.getKey());
                insert.setLong(2, id);
                insert.setLong(3, tool.getValue());
                insert.executeUpdate();
                tally.addCalls(
                        new Cell(cell.period(), cell.user(), cell.model(), 0, 0, tool.getKey()), tool.getValue());
            }
        }
    }

    private Known session(Connection connection, Exchange exchange, int caller) throws SQLException {
        var known = sessionIds.get(exchange.session());
        if (known != null) {
            return new Known(known, false);
        }
        var found = LedgerTables.sessionNumber(connection, exchange.session());
        var session = found == 0 ? insertSession(connection, exchange, caller) : new Known(found, false);
        sessionIds.put(exchange.session(), session.id());
        return session;
    }

    private static Known insertSession(Connection connection, Exchange exchange, int caller) throws SQLException {
        try (var insert = connection.prepareStatement(
                "INSERT INTO session (name, caller, format, first, last) VALUES (?, ?, ?, ?, ?) RETURNING id")) {
            insert.setString(1, exchange.session());
            insert.setInt(2, caller);
            insert.setString(3, exchange.format());
            insert.setLong(4, LedgerTables.nanos(exchange.started()));
            insert.setLong(5, LedgerTables.nanos(exchange.started()));
            try (var rows = insert.executeQuery()) {
                rows.next();
                return new Known(rows.getLong(1), true);
            }
        }
    }

    /** @return its number; 0 when it is there already */
    private static long insert(Connection connection, PreparedStatement insert, Entry entry, long session, Cell cell)
            throws SQLException {
        var exchange = entry.exchange();
        var id = number(exchange.started().toEpochMilli(), entry.offset());
        bind(insert, entry, session, cell);
        while (true) {
            insert.setLong(1, id);
            if (insert.executeUpdate() == 1) {
                return id;
            }
            if (isKnown(connection, exchange.requestId(), session)) {
                return 0;
            }
            // Two of one millisecond whose offsets are a multiple of a million apart.
            id++;
        }
    }

    /** By time first, so that what is new is written at the table's end, and a range of time is a range of the table. */
    static long number(long millis, long offset) {
        return millis * SEQUENCES + offset % SEQUENCES;
    }

    private static boolean isKnown(Connection connection, String requestId, long session) throws SQLException {
        try (var select = connection.prepareStatement("SELECT 1 FROM exchange WHERE request = ? AND session = ?")) {
            RequestKey.bind(select, 1, requestId);
            select.setLong(2, session);
            try (var rows = select.executeQuery()) {
                return rows.next();
            }
        }
    }

    private static void bind(PreparedStatement insert, Entry entry, long session, Cell cell) throws SQLException {
        var exchange = entry.exchange();
        RequestKey.bind(insert, 2, exchange.requestId());
        insert.setLong(3, session);
        insert.setLong(4, entry.offset());
        insert.setInt(5, cell.user());
        insert.setInt(6, cell.model());
        insert.setInt(7, cell.provider());
        insert.setInt(8, cell.agent());
        insert.setInt(9, exchange.status());
        insert.setInt(10, LedgerTables.number(exchange.outcome()));
        insert.setInt(11, exchange.stream() ? 1 : 0);
        bind(insert, exchange.usage());
        var cost = exchange.costNanos();
        if (cost == null) {
            insert.setNull(17, Types.INTEGER);
        } else {
            insert.setLong(17, cost);
        }
        insert.setLong(18, exchange.durationMillis());
        insert.setLong(19, exchange.firstByteMillis());
        insert.setInt(20, exchange.tools().size());
    }

    private static void bind(PreparedStatement insert, @Nullable Usage usage) throws SQLException {
        if (usage == null) {
            for (var column = 12; column <= 16; column++) {
                insert.setNull(column, Types.INTEGER);
            }
            return;
        }
        insert.setLong(12, usage.inputTokens());
        insert.setLong(13, usage.cachedInputTokens());
        insert.setLong(14, usage.cacheWrite5mTokens() + usage.cacheWrite1hTokens());
        insert.setLong(15, usage.outputTokens());
        insert.setLong(16, usage.reasoningTokens());
    }

    private static void saveSessions(Connection connection, Map<Long, Sum> sessions) throws SQLException {
        try (var update = connection.prepareStatement("UPDATE session SET first = min(first, ?), last = max(last, ?),"
                + " exchanges = exchanges + ?, input = input + ?, cached = cached + ?, output = output + ?,"
                + " cost = cost + ?, unpriced = unpriced + ? WHERE id = ?")) {
            for (var session : sessions.entrySet()) {
                update.setLong(session.getValue().bind(update, 1), session.getKey());
                update.executeUpdate();
            }
        }
    }

    private static void saveCallers(Connection connection, Map<Integer, Sum> callers) throws SQLException {
        try (var update = connection.prepareStatement("UPDATE caller SET first = min(first, ?), last = max(last, ?),"
                + " exchanges = exchanges + ?, input = input + ?, cached = cached + ?, output = output + ?,"
                + " cost = cost + ?, unpriced = unpriced + ?, sessions = sessions + ? WHERE id = ?")) {
            for (var caller : callers.entrySet()) {
                var column = caller.getValue().bind(update, 1);
                update.setLong(column, caller.getValue().sessions);
                update.setInt(column + 1, caller.getKey());
                update.executeUpdate();
            }
        }
    }
}
