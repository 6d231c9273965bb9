package dev.sluice.capture;

import dev.sluice.capture.Bodies.Stored;
import dev.sluice.capture.Capture.Said;
import dev.sluice.capture.Captures.Headed;
import dev.sluice.capture.Captures.Kept;
import dev.sluice.config.DatabaseRule;
import dev.sluice.config.DatabaseRule.Purge;
import dev.sluice.session.Exchange;
import dev.sluice.wire.ToolCall;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What is done with the tables. What is not static is the writer's. */
final class CaptureTables {
    private static final int SECONDS_AN_HOUR = 3600;

    /** About a millisecond's work. */
    private static final int PIECE = 20;

    /** When so many in a row wait for their export, so do those behind them. */
    private static final int MOST_WAITING = 10_000;

    /** A few megabytes, which will soon be written to again. */
    private static final int FREE_PAGES = 128;

    private static final int VACUUMED_PAGES = 64;

    private record SessionKey(String name, String login) {}

    private record SessionIds(long session, long login) {}

    private final Frames frames = new Frames();
    private final Bodies bodies;
    private final Map<SessionKey, SessionIds> sessions = new HashMap<>();
    private static final int MOST_SESSIONS = 2_000;
    private long nextCapture;

    CaptureTables(Connection connection) throws SQLException {
        bodies = new Bodies(connection, frames);
        nextCapture = Sql.number(connection, "SELECT coalesce(max(id), 0) + 1 FROM capture");
    }

    /** Rows that were written are gone. */
    void forget() {
        bodies.forget();
        sessions.clear();
    }

    // Keeping.

    Stored store(Connection connection, String session, String login, byte[] body, Instant now) throws SQLException {
        var ids = ids(connection, session, login);
        return bodies.store(connection, ids.login(), ids.session(), hour(now), body);
    }

    /** All of a capture; what is there already is left alone. */
    void keep(
            Connection connection,
            Exchange exchange,
            Transcript transcript,
            List<ToolCall> tools,
            DatabaseRule rule,
            Instant now)
            throws SQLException {
        var ids = ids(connection, exchange.session(), exchange.login());
        var capture = nextCapture;
        if (!insert(connection, capture, exchange, ids.session(), now)) {
            return;
        }
        nextCapture++;
        var manifest = manifest(connection, ids, transcript, now);
        insert(
                connection,
                "INSERT INTO content (id, frame) VALUES (?, ?)",
                capture,
                Contents.write(exchange, transcript, manifest, rule));
        if (!tools.isEmpty()) {
            insert(connection, "INSERT INTO tool (id, frame) VALUES (?, ?)", capture, Contents.write(tools));
        }
        if (!rule.filterable().isEmpty()) {
            insertHeaders(connection, capture, exchange, transcript, rule);
        }
    }

    /** Stored already when the request was sent, or now. */
    private byte @Nullable [] manifest(Connection connection, SessionIds ids, Transcript transcript, Instant now)
            throws SQLException {
        // In this order: what is stored first and let go then is one or the other here.
        var body = transcript.request();
        var stored = transcript.stored() instanceof Stored earlier ? earlier : null;
        if (stored != null && bodies.needed(connection, stored, ids.session(), hour(now))) {
            return stored.manifest();
        }
        if (body.length == 0 && stored != null) {
            return null;
        }
        return bodies.store(connection, ids.login(), ids.session(), hour(now), body)
                .manifest();
    }

    private static boolean insert(Connection connection, long capture, Exchange exchange, long session, Instant now)
            throws SQLException {
        try (var insert = connection.prepareStatement("INSERT INTO capture (id, request_id, session, kept, bytes)"
                + " VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")) {
            insert.setLong(1, capture);
            insert.setString(2, exchange.requestId());
            insert.setLong(3, session);
            insert.setLong(4, now.getEpochSecond());
            insert.setLong(5, exchange.bytesIn());
            return insert.executeUpdate() == 1;
        }
    }

    private void insert(Connection connection, String sql, long capture, ByteWriter content) throws SQLException {
        try (var insert = connection.prepareStatement(sql)) {
            insert.setLong(1, capture);
            insert.setBytes(2, frames.close(content));
            insert.executeUpdate();
        }
    }

    private static void insertHeaders(
            Connection connection, long capture, Exchange exchange, Transcript transcript, DatabaseRule rule)
            throws SQLException {
        try (var insert =
                connection.prepareStatement("INSERT INTO header (name, value, started, capture) VALUES (?, ?, ?, ?)")) {
            for (var header : FoundBy.of(transcript, rule).entrySet()) {
                for (var value : header.getValue()) {
                    insert.setString(1, header.getKey());
                    insert.setString(2, value);
                    insert.setLong(3, nanos(exchange.started()));
                    insert.setLong(4, capture);
                    insert.executeUpdate();
                }
            }
        }
    }

    private SessionIds ids(Connection connection, String session, String login) throws SQLException {
        var key = new SessionKey(session, login);
        var known = sessions.get(key);
        if (known != null) {
            return known;
        }
        var loginId = id(connection, "login (name) VALUES (?)", "name = ?", login, null);
        var ids = new SessionIds(
                id(connection, "session (name, login) VALUES (?, ?)", "name = ? AND login = ?", session, loginId),
                loginId);
        if (sessions.size() == MOST_SESSIONS) {
            sessions.clear();
        }
        sessions.put(key, ids);
        return ids;
    }

    private static long id(Connection connection, String row, String same, String name, @Nullable Long login)
            throws SQLException {
        var table = row.substring(0, row.indexOf(' '));
        for (var sql : List.of("SELECT id FROM " + table + " WHERE " + same, "INSERT INTO " + row + " RETURNING id")) {
            try (var statement = connection.prepareStatement(sql)) {
                statement.setString(1, name);
                if (login != null) {
                    statement.setLong(2, login);
                }
                try (var rows = statement.executeQuery()) {
                    if (rows.next()) {
                        return rows.getLong(1);
                    }
                }
            }
        }
        throw new SQLException("no row in " + table);
    }

    // Reading: any thread's.

    static Optional<Capture> find(Connection connection, String requestId) throws SQLException {
        try (var select = connection.prepareStatement("SELECT c.id, s.name, s.login, l.name, c.kept,"
                + " (SELECT frame FROM content WHERE id = c.id), (SELECT frame FROM tool WHERE id = c.id)"
                + " FROM capture c JOIN session s ON s.id = c.session JOIN login l ON l.id = s.login"
                + " WHERE c.request_id = ?")) {
            select.setString(1, requestId);
            try (var rows = select.executeQuery()) {
                if (!rows.next()) {
                    return Optional.empty();
                }
                var content = rows.getBytes(6);
                var tools = rows.getBytes(7);
                return Optional.of(new Capture(
                        requestId,
                        rows.getString(2),
                        rows.getString(4),
                        Instant.ofEpochSecond(rows.getLong(5)),
                        content == null ? null : said(connection, rows.getLong(3), content),
                        tools == null ? List.of() : Contents.readTools(Frames.open(tools))));
            }
        }
    }

    private static Said said(Connection connection, long login, byte[] content) throws SQLException {
        var said = Contents.read(Frames.open(content));
        var request = said.request();
        var manifest = request.body();
        var body = manifest == null ? null : Bodies.read(connection, login, manifest);
        return new Said(new Capture.Request(request.method(), request.path(), request.headers(), body), said.answer());
    }

    /** The latest first. */
    static List<Kept> ofSession(Connection connection, String session, String login, int limit, long before)
            throws SQLException {
        try (var select = connection.prepareStatement("SELECT c.id, c.request_id, c.bytes FROM capture c"
                + " WHERE c.session = (SELECT s.id FROM session s JOIN login l ON l.id = s.login"
                + " WHERE s.name = ? AND l.name = ?)"
                + " AND c.id < ? AND EXISTS (SELECT 1 FROM content WHERE id = c.id) ORDER BY c.id DESC LIMIT ?")) {
            select.setString(1, session);
            select.setString(2, login);
            select.setLong(3, before);
            select.setInt(4, limit);
            try (var rows = select.executeQuery()) {
                var kept = new ArrayList<Kept>();
                while (rows.next()) {
                    kept.add(new Kept(rows.getLong(1), rows.getString(2), rows.getLong(3)));
                }
                return kept;
            }
        }
    }

    /** The latest first; all of one instant are on the same page. */
    static List<Headed> withHeader(
            Connection connection, String name, String value, @Nullable String login, int limit, Instant before)
            throws SQLException {
        var from = " FROM header h JOIN capture c ON c.id = h.capture"
                + (login == null ? "" : " JOIN session s ON s.id = c.session JOIN login l ON l.id = s.login")
                + " WHERE h.name = ? AND h.value = ? AND h.started < ?" + (login == null ? "" : " AND l.name = ?");
        var page = "SELECT h.started" + from + " ORDER BY h.started DESC LIMIT ?";
        try (var select = connection.prepareStatement("SELECT c.request_id, h.started" + from
                + " AND h.started >= (SELECT min(started) FROM (" + page + ")) ORDER BY h.started DESC, c.id DESC")) {
            var column = 1;
            for (var times = 0; times < 2; times++) {
                select.setString(column++, FoundBy.name(name));
                select.setString(column++, FoundBy.value(value));
                select.setLong(column++, nanos(before));
                if (login != null) {
                    select.setString(column++, login);
                }
            }
            select.setInt(column, limit);
            try (var rows = select.executeQuery()) {
                var headed = new ArrayList<Headed>();
                while (rows.next()) {
                    headed.add(new Headed(rows.getString(1), Instant.ofEpochSecond(0, rows.getLong(2))));
                }
                return headed;
            }
        }
    }

    // Export.

    static void exported(Connection connection, Collection<String> requestIds, long offset) throws SQLException {
        try (var update = connection.prepareStatement("UPDATE capture SET exported = 1 WHERE request_id = ?")) {
            for (var requestId : requestIds) {
                update.setString(1, requestId);
                update.executeUpdate();
            }
        }
        Marks.write(connection, "exported", Math.max(offset, Marks.read(connection, "exported")));
    }

    // Deleting, in pieces of about a millisecond.

    /** A session by its name, whosever it is; or all sessions of a login. */
    static List<Long> sessions(Connection connection, @Nullable String session, @Nullable String login)
            throws SQLException {
        try (var select = connection.prepareStatement(
                login == null
                        ? "SELECT id FROM session WHERE name = ?"
                        : "SELECT s.id FROM session s JOIN login l ON l.id = s.login WHERE l.name = ?")) {
            select.setString(1, login == null ? session : login);
            var ids = new ArrayList<Long>();
            try (var rows = select.executeQuery()) {
                while (rows.next()) {
                    ids.add(rows.getLong(1));
                }
            }
            return ids;
        }
    }

    /** One piece of a session's end; answers how many captures went, or -1 when nothing of it is left. */
    int deleteSome(Connection connection, long session) throws SQLException {
        var captures = Sql.pairs(connection, "SELECT id, 0 FROM capture WHERE session = ? LIMIT ?", session, PIECE);
        for (var capture : captures) {
            deleteContent(connection, capture[0]);
            Sql.update(connection, "DELETE FROM tool WHERE id = ?", capture[0]);
            Sql.update(connection, "DELETE FROM capture WHERE id = ?", capture[0]);
        }
        if (!captures.isEmpty()) {
            return captures.size();
        }
        return bodies.release(connection, session, PIECE) ? 0 : -1;
    }

    private static void deleteContent(Connection connection, long capture) throws SQLException {
        Sql.update(connection, "DELETE FROM content WHERE id = ?", capture);
        Sql.update(connection, "DELETE FROM header WHERE capture = ?", capture);
    }

    /** Where a purge is: what it looks at, from which capture on, and how many in a row it had to leave. */
    static final class Sweep {
        private final DatabaseRule rule;
        private final Instant now;
        private final long cutoff;
        private int stage;
        private long after;
        private int left;

        Sweep(DatabaseRule rule, Instant now) {
            this.rule = rule;
            this.now = now;
            var retention = rule.retention();
            this.cutoff =
                    retention == null ? Long.MIN_VALUE : now.minus(retention).getEpochSecond();
        }
    }

    /** One piece of a purge; answers whether there is more to do. */
    boolean purgeSome(Connection connection, Sweep sweep) throws SQLException {
        var goesOn = switch (sweep.stage) {
            case 0 -> sweep.rule.purge().contains(Purge.CAPTURES) && purge(connection, sweep, "content");
            case 1 -> sweep.rule.purge().contains(Purge.TOOLS) && purge(connection, sweep, "tool");
            case 2 -> bodies.releaseBefore(connection, oldestHour(connection, sweep) - 1, PIECE);
            default -> vacuumSome(connection);
        };
        if (!goesOn) {
            sweep.stage++;
            sweep.after = 0;
            sweep.left = 0;
        }
        return sweep.stage <= 3;
    }

    private static boolean purge(Connection connection, Sweep sweep, String table) throws SQLException {
        var rows = 0;
        try (var select = connection.prepareStatement("SELECT c.id, c.kept, c.exported FROM " + table
                + " x JOIN capture c ON c.id = x.id WHERE x.id > ? ORDER BY x.id LIMIT ?")) {
            select.setLong(1, sweep.after);
            select.setInt(2, PIECE);
            var old = new ArrayList<Long>();
            try (var captures = select.executeQuery()) {
                while (captures.next() && captures.getLong(2) <= sweep.cutoff) {
                    rows++;
                    sweep.after = captures.getLong(1);
                    if (sweep.rule.requireExport() && captures.getInt(3) == 0) {
                        sweep.left++;
                    } else {
                        sweep.left = 0;
                        old.add(captures.getLong(1));
                    }
                }
            }
            for (var capture : old) {
                if (table.equals("content")) {
                    deleteContent(connection, capture);
                } else {
                    Sql.update(connection, "DELETE FROM tool WHERE id = ?", capture);
                }
                Sql.update(
                        connection,
                        "DELETE FROM capture WHERE id = ? AND NOT EXISTS (SELECT 1 FROM content"
                                + " WHERE id = capture.id) AND NOT EXISTS (SELECT 1 FROM tool WHERE id = capture.id)",
                        capture);
            }
        }
        return rows == PIECE && sweep.left < MOST_WAITING;
    }

    /** The hour of the oldest capture that still has what was said; before it, no pack is needed. */
    private static int oldestHour(Connection connection, Sweep sweep) throws SQLException {
        var oldest = Sql.number(
                connection,
                "SELECT kept FROM capture WHERE id = (SELECT min(id) FROM content)",
                sweep.now.getEpochSecond(),
                new long[0]);
        return Math.toIntExact(oldest / SECONDS_AN_HOUR);
    }

    /** Gives some pages back; answers whether there is more to do. */
    static boolean vacuumSome(Connection connection) throws SQLException {
        if (Sql.number(connection, "PRAGMA freelist_count") <= FREE_PAGES) {
            return false;
        }
        // It takes a step a page, and this is how the driver takes all of them.
        try (var statement = connection.createStatement()) {
            statement.executeUpdate("PRAGMA incremental_vacuum(" + VACUUMED_PAGES + ")");
        }
        return true;
    }

    private static int hour(Instant now) {
        return Math.toIntExact(now.getEpochSecond() / SECONDS_AN_HOUR);
    }

    private static long nanos(Instant instant) {
        return Math.addExact(Math.multiplyExact(instant.getEpochSecond(), 1_000_000_000L), instant.getNano());
    }
}
