package dev.sluice.usage;

import dev.sluice.journal.Layout;
import dev.sluice.session.Exchange;
import dev.sluice.session.Exchange.Outcome;
import dev.sluice.usage.Ledger.CallerRow;
import dev.sluice.usage.Ledger.SessionRow;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The ledger's tables: an exchange a row, and what its session and its caller add up to.
 *
 * <p>Everything here can be made again from the journal. {@link #NAME} carries the version of the tables: when they change, the name does, and
 * the first start of the new version builds them anew.
 */
final class LedgerTables {
    static final String NAME = "ledger-4";

    /** Roll-ups of a day or two, and where indexes grow. */
    private static final int CACHE_KIB = 64_000;

    /** Its tables are made by {@link #prepare}, which may have to make them anew. */
    static final Layout LAYOUT =
            new Layout("ledger", 0x536c4c65 /* "SlLe" */, 1, List.of(), List.of(), CACHE_KIB, true);

    private static final String EXCHANGE =
            "CREATE TABLE exchange (id INTEGER PRIMARY KEY, request BLOB NOT NULL, session INTEGER NOT NULL,"
                    + " at INTEGER NOT NULL, caller INTEGER NOT NULL, model INTEGER NOT NULL,"
                    + " provider INTEGER NOT NULL, agent INTEGER NOT NULL, status INTEGER NOT NULL,"
                    + " outcome INTEGER NOT NULL, stream INTEGER NOT NULL, input INTEGER, cached INTEGER,"
                    + " cache_write INTEGER, output INTEGER, reasoning INTEGER, cost INTEGER,"
                    + " millis INTEGER NOT NULL, first_millis INTEGER NOT NULL, tools INTEGER NOT NULL)";

    private static final List<String> STATEMENTS = List.of(
            "CREATE TABLE session (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, caller INTEGER NOT NULL,"
                    + " format TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,"
                    + " exchanges INTEGER NOT NULL DEFAULT 0, input INTEGER NOT NULL DEFAULT 0,"
                    + " cached INTEGER NOT NULL DEFAULT 0, output INTEGER NOT NULL DEFAULT 0,"
                    + " cost INTEGER NOT NULL DEFAULT 0, unpriced INTEGER NOT NULL DEFAULT 0)",
            "CREATE INDEX session_by_last ON session (last)",
            "CREATE INDEX session_by_caller ON session (caller, last)",
            "CREATE TABLE caller (id INTEGER PRIMARY KEY, login TEXT NOT NULL UNIQUE, first INTEGER NOT NULL,"
                    + " last INTEGER NOT NULL, sessions INTEGER NOT NULL, exchanges INTEGER NOT NULL,"
                    + " input INTEGER NOT NULL, cached INTEGER NOT NULL, output INTEGER NOT NULL,"
                    + " cost INTEGER NOT NULL, unpriced INTEGER NOT NULL)",
            "CREATE TABLE model (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
            "CREATE TABLE provider (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
            "CREATE TABLE agent (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
            "CREATE TABLE tool (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
            EXCHANGE,
            // Ids of requests begin with the time, so that this grows at its end, however many sessions there are.
            "CREATE UNIQUE INDEX exchange_once ON exchange (request, session)",
            // An index has the number of its row, which is by time: so these are by time, too.
            "CREATE INDEX exchange_by_caller ON exchange (caller)",
            "CREATE INDEX exchange_by_model ON exchange (model)",
            "CREATE INDEX exchange_by_provider ON exchange (provider)",
            "CREATE INDEX exchange_by_agent ON exchange (agent)",
            // Few are in trouble, and they are what people look for.
            "CREATE INDEX exchange_by_status ON exchange (status) WHERE status >= 400",
            "CREATE INDEX exchange_by_outcome ON exchange (outcome) WHERE outcome > 0",
            "CREATE TABLE tool_call (tool INTEGER NOT NULL, id INTEGER NOT NULL, calls INTEGER NOT NULL,"
                    + " PRIMARY KEY (tool, id)) WITHOUT ROWID",
            ActiveDays.CREATE);

    private static final String OFFSETS =
            "CREATE TABLE IF NOT EXISTS projection_offset (name TEXT PRIMARY KEY, last INTEGER NOT NULL, request BLOB)";

    /** An exchange and where the journal has it. */
    record Entry(long offset, Exchange exchange) {}

    /**
     * How far the ledger came.
     *
     * @param requestId of the exchange at this offset; empty at the beginning
     */
    record Reached(long offset, String requestId) {
        static final Reached NOTHING = new Reached(0, "");
    }

    private LedgerTables() {}

    /** Makes the tables if there are none, or an older version's. */
    static Reached prepare(Connection connection) throws SQLException {
        execute(connection, OFFSETS);
        var reached = reached(connection);
        if (reached != null) {
            return reached;
        }
        dropAll(connection);
        for (var statement : STATEMENTS) {
            execute(connection, statement);
        }
        for (var cube : Cube.EVERY) {
            for (var level : cube.levels()) {
                execute(connection, cube.create(level));
            }
        }
        try (var insert = connection.prepareStatement("INSERT INTO projection_offset (name, last) VALUES (?, 0)")) {
            insert.setString(1, NAME);
            insert.executeUpdate();
        }
        return Reached.NOTHING;
    }

    /** The next {@link #prepare} makes everything anew. */
    static void forget(Connection connection) throws SQLException {
        execute(connection, "DELETE FROM projection_offset");
    }

    private static void dropAll(Connection connection) throws SQLException {
        for (var table : tables(connection)) {
            execute(connection, "DROP TABLE " + table);
        }
        execute(connection, "DELETE FROM projection_offset");
    }

    private static List<String> tables(Connection connection) throws SQLException {
        try (var select = connection.createStatement();
                var rows = select.executeQuery("SELECT name FROM sqlite_schema"
                        + " WHERE type = 'table' AND name <> 'projection_offset' AND name NOT LIKE 'sqlite_%'")) {
            var tables = new ArrayList<String>();
            while (rows.next()) {
                tables.add(rows.getString(1));
            }
            return tables;
        }
    }

    /** Null before {@link #prepare}. */
    static @Nullable Reached reached(Connection connection) throws SQLException {
        try (var select = connection.prepareStatement("SELECT last, request FROM projection_offset WHERE name = ?")) {
            select.setString(1, NAME);
            try (var rows = select.executeQuery()) {
                if (!rows.next()) {
                    return null;
                }
                return rows.getLong(1) == 0 ? Reached.NOTHING : new Reached(rows.getLong(1), RequestKey.read(rows, 2));
            }
        }
    }

    static void saveOffset(Connection connection, Entry last) throws SQLException {
        try (var update =
                connection.prepareStatement("UPDATE projection_offset SET last = ?, request = ? WHERE name = ?")) {
            update.setLong(1, last.offset());
            RequestKey.bind(update, 2, last.exchange().requestId());
            update.setString(3, NAME);
            update.executeUpdate();
        }
    }

    /** 0 for a session that there is not. */
    static long sessionNumber(Connection connection, String name) throws SQLException {
        try (var select = connection.prepareStatement("SELECT id FROM session WHERE name = ?")) {
            select.setString(1, name);
            try (var rows = select.executeQuery()) {
                return rows.next() ? rows.getLong(1) : 0;
            }
        }
    }

    /** Numbers are on disk, so they are spelled out. */
    static int number(Outcome outcome) {
        return switch (outcome) {
            case COMPLETED -> 0;
            case CLIENT_CANCELLED -> 1;
            case UPSTREAM_TRUNCATED -> 2;
            case UPSTREAM_ERROR -> 3;
            case REFUSED -> 4;
            case LOST -> 5;
        };
    }

    static Outcome outcome(int number) {
        for (var outcome : Outcome.values()) {
            if (number(outcome) == number) {
                return outcome;
            }
        }
        throw new IllegalArgumentException("outcome " + number + " (expected: one of the ledger's own)");
    }

    private static final String SESSION = "SELECT s.name, c.login, s.format, s.first, s.last, s.exchanges, s.input,"
            + " s.cached, s.output, s.cost, s.unpriced FROM session s JOIN caller c ON c.id = s.caller";

    /** The last used first; all that share the last row's instant are on the same page. */
    static List<SessionRow> sessions(Connection connection, @Nullable String login, int limit, @Nullable Instant before)
            throws SQLException {
        var mine = login == null ? "" : " AND caller = (SELECT id FROM caller WHERE login = ?)";
        // The instant of the page's last row, by the index alone; then everything down to it.
        var page = "SELECT last FROM session WHERE last < ?" + mine + " ORDER BY last DESC LIMIT ?";
        try (var select = connection.prepareStatement(SESSION + " WHERE s.last < ?" + mine
                + " AND s.last >= (SELECT min(last) FROM (" + page + ")) ORDER BY s.last DESC, s.id DESC")) {
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
        try (var select = connection.prepareStatement(SESSION + " WHERE s.name = ?")) {
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
        try (var select = connection.prepareStatement("SELECT coalesce(min(at), 0) FROM exchange WHERE request = ?")) {
            RequestKey.bind(select, 1, requestId);
            try (var rows = select.executeQuery()) {
                rows.next();
                return rows.getLong(1);
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
                row.getString(1),
                row.getString(2),
                row.getString(3),
                instant(row.getLong(4)),
                instant(row.getLong(5)),
                row.getLong(6),
                row.getLong(7),
                row.getLong(8),
                row.getLong(9),
                row.getLong(10),
                row.getLong(11));
    }

    static long nanos(Instant instant) {
        return Math.addExact(Math.multiplyExact(instant.getEpochSecond(), 1_000_000_000L), instant.getNano());
    }

    static Instant instant(long nanos) {
        return Instant.ofEpochSecond(0, nanos);
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
