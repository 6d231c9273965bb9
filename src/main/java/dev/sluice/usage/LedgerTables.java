package dev.sluice.usage;

import dev.sluice.session.Exchange;
import dev.sluice.usage.Ledger.CallerRow;
import dev.sluice.usage.Ledger.SessionRow;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The ledger's tables: an exchange a row, and what its session and its caller add up to.
 *
 * <p>Everything here can be made again from the journal. {@link #NAME} carries the version of the tables: when they change, the name does, and
 * the first start of the new version builds them anew.
 */
final class LedgerTables {
    static final String NAME = "ledger-3";

    private static final List<String> STATEMENTS = List.of(
            "DROP TABLE IF EXISTS exchange",
            "DROP TABLE IF EXISTS session",
            "DROP TABLE IF EXISTS caller",
            // An older version, should it come back, builds its own anew, too.
            "DELETE FROM projection_offset WHERE name LIKE 'ledger-%'",
            "CREATE TABLE session (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, login TEXT NOT NULL,"
                    + " format TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,"
                    + " exchanges INTEGER NOT NULL DEFAULT 0, input INTEGER NOT NULL DEFAULT 0,"
                    + " cached INTEGER NOT NULL DEFAULT 0, output INTEGER NOT NULL DEFAULT 0,"
                    + " cost INTEGER NOT NULL DEFAULT 0, unpriced INTEGER NOT NULL DEFAULT 0)",
            "CREATE INDEX session_by_last ON session (last)",
            "CREATE INDEX session_by_login ON session (login, last)",
            "CREATE TABLE caller (login TEXT PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL,"
                    + " sessions INTEGER NOT NULL, exchanges INTEGER NOT NULL, input INTEGER NOT NULL,"
                    + " cached INTEGER NOT NULL, output INTEGER NOT NULL, cost INTEGER NOT NULL,"
                    + " unpriced INTEGER NOT NULL) WITHOUT ROWID",
            "CREATE TABLE exchange (id INTEGER PRIMARY KEY, session INTEGER NOT NULL, request_id TEXT NOT NULL,"
                    + " started INTEGER NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL, outcome TEXT NOT NULL,"
                    + " input INTEGER, cached INTEGER, output INTEGER, cost INTEGER)",
            // Ids of requests begin with the time, so that this grows at its end, however many sessions there are.
            "CREATE UNIQUE INDEX exchange_once ON exchange (request_id, session)");

    /** An exchange and where the journal has it. */
    record Entry(long offset, Exchange exchange) {}

    private LedgerTables() {}

    /**
     * Makes the tables if there are none, or an older version's.
     *
     * @return the offset to go on from
     */
    static long prepare(Connection connection) throws SQLException {
        execute(
                connection,
                "CREATE TABLE IF NOT EXISTS projection_offset (name TEXT PRIMARY KEY, last INTEGER NOT NULL)");
        try (var select = connection.prepareStatement("SELECT last FROM projection_offset WHERE name = ?")) {
            select.setString(1, NAME);
            try (var rows = select.executeQuery()) {
                if (rows.next()) {
                    return rows.getLong(1);
                }
            }
        }
        for (var statement : STATEMENTS) {
            execute(connection, statement);
        }
        saveOffset(connection, 0);
        return 0;
    }

    /** Adds what is new and remembers how far it came; what is there already is left alone. */
    static void add(Connection connection, List<Entry> entries) throws SQLException {
        var sessions = new LinkedHashMap<String, SessionSum>();
        var callers = new TreeMap<String, Sum>();
        try (var insert = connection.prepareStatement("INSERT INTO exchange"
                + " (session, request_id, started, provider, model, outcome, input, cached, output, cost, id)"
                + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")) {
            for (var entry : entries) {
                var exchange = entry.exchange();
                var caller = callers.computeIfAbsent(exchange.login(), _ -> new Sum());
                var session = session(connection, sessions, exchange, caller);
                if (insert(insert, session.id(), entry)) {
                    session.sum().add(exchange);
                    caller.add(exchange);
                }
            }
        }
        saveSessions(connection, sessions.values());
        saveCallers(connection, callers);
        saveOffset(connection, entries.getLast().offset());
    }

    private static void saveSessions(Connection connection, Collection<SessionSum> sessions) throws SQLException {
        try (var update = connection.prepareStatement("UPDATE session SET first = min(first, ?), last = max(last, ?),"
                + " exchanges = exchanges + ?, input = input + ?, cached = cached + ?, output = output + ?,"
                + " cost = cost + ?, unpriced = unpriced + ? WHERE id = ?")) {
            for (var session : sessions) {
                if (!session.sum().isEmpty()) {
                    var id = session.sum().bind(update, 1);
                    update.setLong(id, session.id());
                    update.executeUpdate();
                }
            }
        }
    }

    private static void saveCallers(Connection connection, Map<String, Sum> callers) throws SQLException {
        try (var upsert = connection.prepareStatement("INSERT INTO caller"
                + " (login, sessions, first, last, exchanges, input, cached, output, cost, unpriced)"
                + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET sessions = sessions + excluded.sessions,"
                + " first = min(first, excluded.first), last = max(last, excluded.last),"
                + " exchanges = exchanges + excluded.exchanges, input = input + excluded.input,"
                + " cached = cached + excluded.cached, output = output + excluded.output, cost = cost + excluded.cost,"
                + " unpriced = unpriced + excluded.unpriced")) {
            for (var caller : callers.entrySet()) {
                if (!caller.getValue().isEmpty()) {
                    upsert.setString(1, caller.getKey());
                    upsert.setLong(2, caller.getValue().sessions);
                    caller.getValue().bind(upsert, 3);
                    upsert.executeUpdate();
                }
            }
        }
    }

    /** @param caller gets the session counted, if this is its first exchange */
    private static SessionSum session(
            Connection connection, Map<String, SessionSum> sessions, Exchange exchange, Sum caller)
            throws SQLException {
        var known = sessions.get(exchange.session());
        if (known != null) {
            return known;
        }
        var session = new SessionSum(sessionNumber(connection, exchange, caller), new Sum());
        sessions.put(exchange.session(), session);
        return session;
    }

    private static long sessionNumber(Connection connection, Exchange exchange, Sum caller) throws SQLException {
        try (var select = connection.prepareStatement("SELECT id FROM session WHERE name = ?")) {
            select.setString(1, exchange.session());
            try (var rows = select.executeQuery()) {
                if (rows.next()) {
                    return rows.getLong(1);
                }
            }
        }
        try (var insert = connection.prepareStatement(
                "INSERT INTO session (name, login, format, first, last) VALUES (?, ?, ?, ?, ?) RETURNING id")) {
            insert.setString(1, exchange.session());
            insert.setString(2, exchange.login());
            insert.setString(3, exchange.format());
            insert.setLong(4, nanos(exchange.started()));
            insert.setLong(5, nanos(exchange.started()));
            try (var rows = insert.executeQuery()) {
                rows.next();
                caller.sessions++;
                return rows.getLong(1);
            }
        }
    }

    private static boolean insert(PreparedStatement insert, long session, Entry entry) throws SQLException {
        var exchange = entry.exchange();
        var usage = exchange.usage();
        insert.setLong(1, session);
        insert.setString(2, exchange.requestId());
        insert.setLong(3, nanos(exchange.started()));
        insert.setString(4, exchange.provider());
        insert.setString(5, exchange.model());
        insert.setString(6, exchange.outcome().name());
        bind(insert, 7, usage == null ? null : usage.promptTokens() - usage.cachedInputTokens());
        bind(insert, 8, usage == null ? null : usage.cachedInputTokens());
        bind(insert, 9, usage == null ? null : usage.outputTokens());
        bind(insert, 10, exchange.costNanos());
        insert.setLong(11, entry.offset());
        return insert.executeUpdate() == 1;
    }

    private static void bind(PreparedStatement statement, int column, @Nullable Long value) throws SQLException {
        if (value == null) {
            statement.setNull(column, Types.INTEGER);
        } else {
            statement.setLong(column, value);
        }
    }

    private static void saveOffset(Connection connection, long offset) throws SQLException {
        try (var upsert = connection.prepareStatement(
                "INSERT INTO projection_offset (name, last) VALUES (?, ?) ON CONFLICT DO UPDATE SET last = excluded.last")) {
            upsert.setString(1, NAME);
            upsert.setLong(2, offset);
            upsert.executeUpdate();
        }
    }

    /** The last used first; all that share the last row's instant are on the same page. */
    static List<SessionRow> sessions(Connection connection, @Nullable String login, int limit, @Nullable Instant before)
            throws SQLException {
        var mine = login == null ? "" : " AND login = ?";
        // The instant of the page's last row, by the index alone; then everything down to it.
        var page = "SELECT last FROM session WHERE last < ?" + mine + " ORDER BY last DESC LIMIT ?";
        try (var select = connection.prepareStatement("SELECT * FROM session WHERE last < ?" + mine
                + " AND last >= (SELECT min(last) FROM (" + page + ")) ORDER BY last DESC, id DESC")) {
            var end = before == null ? Long.MAX_VALUE : nanos(before);
            var column = 1;
            for (var times = 0; times < 2; times++) {
                select.setLong(column++, end);
                if (login != null) {
                    select.setString(column++, login);
                }
            }
            select.setInt(column, limit);
            return sessions(select);
        }
    }

    static List<SessionRow> session(Connection connection, String name) throws SQLException {
        try (var select = connection.prepareStatement("SELECT * FROM session WHERE name = ?")) {
            select.setString(1, name);
            return sessions(select);
        }
    }

    /** By login, from behind {@code after} on; or one caller only. */
    static List<CallerRow> callers(Connection connection, @Nullable String login, int limit, @Nullable String after)
            throws SQLException {
        try (var select = connection.prepareStatement(
                "SELECT login, first, last, sessions, exchanges, input, cached, output, cost, unpriced FROM caller"
                        + " WHERE login > ?" + (login == null ? "" : " AND login = ?") + " ORDER BY login LIMIT ?")) {
            var column = 1;
            select.setString(column++, after == null ? "" : after);
            if (login != null) {
                select.setString(column++, login);
            }
            select.setInt(column, limit);
            var callers = new ArrayList<CallerRow>();
            try (var rows = select.executeQuery()) {
                while (rows.next()) {
                    callers.add(callerRow(rows));
                }
            }
            return callers;
        }
    }

    private static CallerRow callerRow(ResultSet row) throws SQLException {
        return new CallerRow(
                row.getString(1),
                instant(row.getLong(2)),
                instant(row.getLong(3)),
                row.getLong(4),
                row.getLong(5),
                row.getLong(6),
                row.getLong(7),
                row.getLong(8),
                row.getLong(9),
                row.getLong(10));
    }

    /** Where the journal has an exchange; of one that is in several sessions, the first; 0 when there is none. */
    static long offsetOf(Connection connection, String requestId) throws SQLException {
        try (var select =
                connection.prepareStatement("SELECT coalesce(min(id), 0) FROM exchange WHERE request_id = ?")) {
            select.setString(1, requestId);
            try (var rows = select.executeQuery()) {
                rows.next();
                return rows.getLong(1);
            }
        }
    }

    /** How far it came. */
    static long offset(Connection connection) throws SQLException {
        try (var select = connection.prepareStatement("SELECT last FROM projection_offset WHERE name = ?")) {
            select.setString(1, NAME);
            try (var rows = select.executeQuery()) {
                return rows.next() ? rows.getLong(1) : 0;
            }
        }
    }

    private static List<SessionRow> sessions(PreparedStatement select) throws SQLException {
        var sessions = new ArrayList<SessionRow>();
        try (var rows = select.executeQuery()) {
            while (rows.next()) {
                sessions.add(row(rows));
            }
        }
        return sessions;
    }

    private static SessionRow row(ResultSet row) throws SQLException {
        return new SessionRow(
                row.getString(2),
                row.getString(3),
                row.getString(4),
                instant(row.getLong(5)),
                instant(row.getLong(6)),
                row.getLong(7),
                row.getLong(8),
                row.getLong(9),
                row.getLong(10),
                row.getLong(11),
                row.getLong(12));
    }

    private static long nanos(Instant instant) {
        return Math.addExact(Math.multiplyExact(instant.getEpochSecond(), 1_000_000_000L), instant.getNano());
    }

    private static Instant instant(long nanos) {
        return Instant.ofEpochSecond(0, nanos);
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private record SessionSum(long id, Sum sum) {}

    /** What a batch adds to one session, or one caller: either has many exchanges in a row, and its row is written once. */
    private static final class Sum {
        private long sessions;
        private long first = Long.MAX_VALUE;
        private long last = Long.MIN_VALUE;
        private long exchanges;
        private long input;
        private long cached;
        private long output;
        private long cost;
        private long unpriced;

        void add(Exchange exchange) {
            var started = nanos(exchange.started());
            first = Math.min(first, started);
            last = Math.max(last, started);
            exchanges++;
            var usage = exchange.usage();
            if (usage != null) {
                input += usage.promptTokens() - usage.cachedInputTokens();
                cached += usage.cachedInputTokens();
                output += usage.outputTokens();
            }
            if (exchange.costNanos() != null) {
                cost += exchange.costNanos();
            } else if (usage != null) {
                unpriced++;
            }
        }

        boolean isEmpty() {
            return exchanges == 0;
        }

        /** Sets what it adds up to from a column on; returns the column behind. */
        int bind(PreparedStatement statement, int column) throws SQLException {
            var values = new long[] {first, last, exchanges, input, cached, output, cost, unpriced};
            for (var i = 0; i < values.length; i++) {
                statement.setLong(column + i, values[i]);
            }
            return column + values.length;
        }
    }
}
