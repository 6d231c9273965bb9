package dev.sluice.hook;

import dev.sluice.hook.Hooks.DeadLetter;
import dev.sluice.hook.Letters.Changes;
import dev.sluice.hook.Letters.Dead;
import dev.sluice.hook.Letters.Left;
import dev.sluice.hook.Letters.Totals;
import dev.sluice.journal.Layout;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.Done;

/** The tables of {@code hooks.db}: what is to be delivered, what was given up, and how much there was of either. Each method is one piece of work on a connection. */
final class HookTables {
    /** "SluH". */
    private static final int APPLICATION_ID = 0x536c7548;

    /** Nobody reads more of them. */
    private static final int MOST_DEAD = 10_000;

    static final Layout LAYOUT = new Layout(
            "hooks",
            APPLICATION_ID,
            1,
            List.of(),
            List.of(
                    "CREATE TABLE delivery (id INTEGER PRIMARY KEY, message TEXT NOT NULL, hook TEXT NOT NULL,"
                            + " event TEXT NOT NULL, request TEXT NOT NULL, created INTEGER NOT NULL,"
                            + " attempts INTEGER NOT NULL, due INTEGER NOT NULL, body BLOB NOT NULL)",
                    "CREATE TABLE dead_letter (number INTEGER PRIMARY KEY AUTOINCREMENT, message TEXT NOT NULL,"
                            + " hook TEXT NOT NULL, request TEXT NOT NULL, created INTEGER NOT NULL,"
                            + " died INTEGER NOT NULL, attempts INTEGER NOT NULL, reason TEXT NOT NULL)",
                    "CREATE TABLE tally (hook TEXT PRIMARY KEY, delivered INTEGER NOT NULL, dead INTEGER NOT NULL)"
                            + " WITHOUT ROWID"));

    private HookTables() {}

    static Left left(Connection connection) throws SQLException {
        var letters = new ArrayList<Letter>();
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(
                        "SELECT id, message, hook, event, request, created, length(body), attempts, due FROM delivery ORDER BY id")) {
            while (rows.next()) {
                var letter = new Letter(
                        rows.getLong(1),
                        rows.getString(2),
                        rows.getString(3),
                        rows.getString(4),
                        rows.getString(5),
                        rows.getLong(6),
                        rows.getInt(7),
                        true,
                        null);
                letter.attempts = rows.getInt(8);
                letter.due = rows.getLong(9);
                letters.add(letter);
            }
        }
        var totals = new HashMap<String, Totals>();
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery("SELECT hook, delivered, dead FROM tally")) {
            while (rows.next()) {
                totals.put(rows.getString(1), new Totals(rows.getLong(2), rows.getLong(3)));
            }
        }
        return new Left(letters, totals);
    }

    /** May be run twice, as all work may. */
    static Done add(Connection connection, List<Letter> letters) throws SQLException {
        try (var insert = connection.prepareStatement("INSERT INTO delivery VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
            for (var letter : letters) {
                insert.setLong(1, letter.id);
                insert.setString(2, letter.message);
                insert.setString(3, letter.hook);
                insert.setString(4, letter.event);
                insert.setString(5, letter.requestId);
                insert.setLong(6, letter.created);
                insert.setInt(7, letter.attempts);
                insert.setLong(8, letter.due);
                insert.setBytes(9, letter.body());
                insert.executeUpdate();
            }
        }
        return Done.getInstance();
    }

    /** Empty when it is no longer there. */
    static Optional<byte[]> body(Connection connection, long id) throws SQLException {
        try (var select = connection.prepareStatement("SELECT body FROM delivery WHERE id = ?")) {
            select.setLong(1, id);
            try (var rows = select.executeQuery()) {
                return rows.next() ? Optional.of(rows.getBytes(1)) : Optional.empty();
            }
        }
    }

    /** They lie elsewhere now. */
    static Done remove(Connection connection, List<Letter> letters) throws SQLException {
        try (var delete = connection.prepareStatement("DELETE FROM delivery WHERE id = ?")) {
            for (var letter : letters) {
                delete(delete, letter);
            }
        }
        return Done.getInstance();
    }

    static Done apply(Connection connection, Changes changes) throws SQLException {
        try (var update = connection.prepareStatement("UPDATE delivery SET attempts = ?, due = ? WHERE id = ?")) {
            for (var letter : changes.later()) {
                update.setInt(1, letter.attempts);
                update.setLong(2, letter.due);
                update.setLong(3, letter.id);
                update.executeUpdate();
            }
        }
        try (var delete = connection.prepareStatement("DELETE FROM delivery WHERE id = ?")) {
            for (var letter : changes.delivered()) {
                delete(delete, letter);
            }
            for (var dead : changes.dead()) {
                delete(delete, dead.letter());
            }
        }
        bury(connection, changes.dead());
        count(connection, changes);
        return Done.getInstance();
    }

    private static void delete(PreparedStatement delete, Letter letter) throws SQLException {
        if (letter.stored) {
            delete.setLong(1, letter.id);
            delete.executeUpdate();
        }
    }

    private static void bury(Connection connection, List<Dead> all) throws SQLException {
        if (all.isEmpty()) {
            return;
        }
        try (var insert = connection.prepareStatement(
                "INSERT INTO dead_letter (message, hook, request, created, died, attempts, reason) VALUES (?, ?, ?, ?, ?, ?, ?)")) {
            for (var dead : all) {
                insert.setString(1, dead.letter().message);
                insert.setString(2, dead.letter().hook);
                insert.setString(3, dead.letter().requestId);
                insert.setLong(4, dead.letter().created);
                insert.setLong(5, dead.died());
                insert.setInt(6, dead.letter().attempts);
                insert.setString(7, dead.reason());
                insert.executeUpdate();
            }
        }
        try (var trim = connection.prepareStatement(
                "DELETE FROM dead_letter WHERE number <= (SELECT max(number) FROM dead_letter) - ?")) {
            trim.setInt(1, MOST_DEAD);
            trim.executeUpdate();
        }
    }

    private static void count(Connection connection, Changes changes) throws SQLException {
        var totals = new HashMap<String, Totals>();
        changes.delivered().forEach(letter -> totals.merge(letter.hook, new Totals(1, 0), Totals::plus));
        changes.dead().forEach(dead -> totals.merge(dead.letter().hook, new Totals(0, 1), Totals::plus));
        try (var upsert = connection.prepareStatement("INSERT INTO tally VALUES (?, ?, ?) ON CONFLICT (hook) DO UPDATE"
                + " SET delivered = delivered + excluded.delivered, dead = dead + excluded.dead")) {
            for (var total : totals.entrySet()) {
                upsert.setString(1, total.getKey());
                upsert.setLong(2, total.getValue().delivered());
                upsert.setLong(3, total.getValue().dead());
                upsert.executeUpdate();
            }
        }
    }

    static List<DeadLetter> dead(Connection connection, int most) throws SQLException {
        try (var select = connection.prepareStatement(
                "SELECT message, hook, request, created, died, attempts, reason FROM dead_letter ORDER BY number DESC LIMIT ?")) {
            select.setInt(1, most);
            try (var rows = select.executeQuery()) {
                var all = new ArrayList<DeadLetter>();
                while (rows.next()) {
                    all.add(new DeadLetter(
                            rows.getString(1),
                            rows.getString(2),
                            rows.getString(3),
                            Instant.ofEpochMilli(rows.getLong(4)),
                            Instant.ofEpochMilli(rows.getLong(5)),
                            rows.getInt(6),
                            rows.getString(7)));
                }
                return all;
            }
        }
    }
}
