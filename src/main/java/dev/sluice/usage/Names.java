package dev.sluice.usage;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Gives names their numbers, in the order in which the journal has them, so that a ledger that is built anew has the same ones. Belongs to
 * the writer; after a failure there must be a new one.
 */
final class Names {
    /** More than a day's callers; beyond it they are looked up again. */
    private static final int REMEMBERED = 20_000;

    /** Days with a set of names in memory, between batches. */
    private static final int DAYS = 16;

    private record Day(Dimension dimension, long day) {}

    private final Map<Dimension, Map<String, Integer>> numbers = new EnumMap<>(Dimension.class);
    private final Map<Day, Set<Integer>> seen = new HashMap<>();

    Names() {
        for (var dimension : Dimension.values()) {
            numbers.put(dimension, new HashMap<>());
        }
    }

    /** A caller's number; a new one's row has sums of nothing. */
    int caller(Connection connection, String login, long started) throws SQLException {
        var known = find(connection, Dimension.USER, login);
        if (known != 0) {
            return known;
        }
        try (var insert = connection.prepareStatement("INSERT INTO caller"
                + " (login, first, last, sessions, exchanges, input, cached, output, cost, unpriced)"
                + " VALUES (?, ?, ?, 0, 0, 0, 0, 0, 0, 0) RETURNING id")) {
            insert.setString(1, login);
            insert.setLong(2, started);
            insert.setLong(3, started);
            try (var rows = insert.executeQuery()) {
                rows.next();
                return remember(Dimension.USER, login, rows.getInt(1));
            }
        }
    }

    /** A name's number on a day; that of {@link Dimension#OTHER} when the day has seen too many. */
    int number(Connection connection, Dimension dimension, long day, String longName) throws SQLException {
        var name = Dimension.cut(longName);
        var names = seen(connection, dimension, day);
        var known = find(connection, dimension, name);
        if (known != 0 && names.contains(known)) {
            return known;
        }
        var isFull = names.size() >= dimension.cap();
        var number = isFull ? orNew(connection, dimension, Dimension.OTHER) : orNew(connection, dimension, name);
        names.add(number);
        return number;
    }

    /** Between two batches: what is not in the tables yet must not be forgotten. */
    void trim() {
        if (seen.size() > DAYS) {
            seen.clear();
        }
        numbers.values().stream().filter(it -> it.size() > REMEMBERED).forEach(Map::clear);
    }

    private Set<Integer> seen(Connection connection, Dimension dimension, long day) throws SQLException {
        var key = new Day(dimension, day);
        var known = seen.get(key);
        if (known != null) {
            return known;
        }
        var names = new HashSet<Integer>();
        var table = (dimension == Dimension.TOOL ? Cube.TOOLS : Cube.ALL).table(Level.DAY);
        try (var select = connection.prepareStatement(
                "SELECT DISTINCT " + dimension.table() + " FROM " + table + " WHERE period = ?")) {
            select.setLong(1, day);
            try (var rows = select.executeQuery()) {
                while (rows.next()) {
                    names.add(rows.getInt(1));
                }
            }
        }
        seen.put(key, names);
        return names;
    }

    private int orNew(Connection connection, Dimension dimension, String name) throws SQLException {
        var known = find(connection, dimension, name);
        if (known != 0) {
            return known;
        }
        try (var insert =
                connection.prepareStatement("INSERT INTO " + dimension.table() + " (name) VALUES (?) RETURNING id")) {
            insert.setString(1, name);
            try (var rows = insert.executeQuery()) {
                rows.next();
                return remember(dimension, name, rows.getInt(1));
            }
        }
    }

    /** 0 for a name that has no number yet. */
    private int find(Connection connection, Dimension dimension, String name) throws SQLException {
        var known = of(dimension).get(name);
        if (known != null) {
            return known;
        }
        var number = find(connection, dimension.select(), name);
        return number == 0 ? 0 : remember(dimension, name, number);
    }

    /** For whoever only reads: 0 for a name that there is not. */
    static int lookUp(Connection connection, Dimension dimension, String name) throws SQLException {
        return find(connection, dimension.select(), name);
    }

    private static int find(Connection connection, String sql, String name) throws SQLException {
        try (var select = connection.prepareStatement(sql)) {
            select.setString(1, name);
            try (var rows = select.executeQuery()) {
                return rows.next() ? rows.getInt(1) : 0;
            }
        }
    }

    private int remember(Dimension dimension, String name, int number) {
        of(dimension).put(name, number);
        return number;
    }

    private Map<String, Integer> of(Dimension dimension) {
        return numbers.computeIfAbsent(dimension, _ -> new HashMap<>());
    }
}
