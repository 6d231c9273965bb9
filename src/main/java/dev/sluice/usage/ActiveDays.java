package dev.sluice.usage;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/**
 * Who was there on which day, a bit a caller: a year of two thousand callers is a hundred kilobytes, and any question of how many came how
 * often is a few operations on bits.
 */
final class ActiveDays {
    static final String CREATE =
            "CREATE TABLE active_day (day INTEGER PRIMARY KEY, callers BLOB NOT NULL, sessions INTEGER NOT NULL)";

    private static final int REMEMBERED = 16;

    private static final class Day {
        private final BitSet callers;
        private long newSessions;

        Day(BitSet callers) {
            this.callers = callers;
        }
    }

    private final Map<Long, Day> days = new HashMap<>();
    private final Set<Long> changed = new HashSet<>();

    void add(Connection connection, long day, int caller, boolean beginsSession) throws SQLException {
        var known = days.get(day);
        var active = known == null ? new Day(read(connection, day)) : known;
        days.put(day, active);
        if (beginsSession) {
            active.newSessions++;
        }
        if (!active.callers.get(caller) || beginsSession) {
            active.callers.set(caller);
            changed.add(day);
        }
    }

    /** At the end of a batch. */
    void save(Connection connection) throws SQLException {
        try (var upsert = connection.prepareStatement("INSERT INTO active_day (day, callers, sessions) VALUES (?, ?, ?)"
                + " ON CONFLICT DO UPDATE SET callers = excluded.callers, sessions = sessions + excluded.sessions")) {
            for (var day : changed) {
                var active = days.get(day);
                if (active != null) {
                    upsert.setLong(1, day);
                    upsert.setBytes(2, active.callers.toByteArray());
                    upsert.setLong(3, active.newSessions);
                    upsert.executeUpdate();
                    active.newSessions = 0;
                }
            }
        }
        changed.clear();
        if (days.size() > REMEMBERED) {
            days.clear();
        }
    }

    private static BitSet read(Connection connection, long day) throws SQLException {
        var found = read(connection, day, day).get(day);
        return found == null ? new BitSet() : found.callers();
    }

    record Active(BitSet callers, long sessions) {}

    /** Days on which anybody was there. */
    static NavigableMap<Long, Active> read(Connection connection, long from, long to) throws SQLException {
        var days = new TreeMap<Long, Active>();
        try (var select = connection.prepareStatement(
                "SELECT day, callers, sessions FROM active_day WHERE day BETWEEN ? AND ?")) {
            select.setLong(1, from);
            select.setLong(2, to);
            try (var rows = select.executeQuery()) {
                while (rows.next()) {
                    days.put(rows.getLong(1), new Active(BitSet.valueOf(rows.getBytes(2)), rows.getLong(3)));
                }
            }
        }
        return days;
    }
}
