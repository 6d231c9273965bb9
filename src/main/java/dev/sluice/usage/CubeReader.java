package dev.sluice.usage;

import static java.util.stream.Collectors.joining;

import dev.sluice.usage.Reports.By;
import dev.sluice.usage.Reports.Filter;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads sums out of roll-ups, the smallest that will do; one question's, on one connection. */
final class CubeReader {

    /** A part of a range. */
    record Segment(Level level, long from, long to) {}

    private final Connection connection;
    private final List<Cube> family;
    private final Map<Dimension, Integer> filter;
    private final Map<Dimension, Map<Integer, String>> names = new EnumMap<>(Dimension.class);

    private CubeReader(Connection connection, List<Cube> family, Map<Dimension, Integer> filter) {
        this.connection = connection;
        this.family = family;
        this.filter = filter;
    }

    /** Null when it asks for a name that nobody has: then there is nothing. */
    static @Nullable CubeReader of(Connection connection, List<Cube> family, Filter filter) throws SQLException {
        var numbers = numbers(connection, filter);
        return numbers == null ? null : new CubeReader(connection, family, numbers);
    }

    static @Nullable Map<Dimension, Integer> numbers(Connection connection, Filter filter) throws SQLException {
        var numbers = new EnumMap<Dimension, Integer>(Dimension.class);
        for (var dimension : Dimension.values()) {
            var name = name(filter, dimension);
            if (name != null) {
                var number = Names.lookUp(connection, dimension, name);
                if (number == 0) {
                    return null;
                }
                numbers.put(dimension, number);
            }
        }
        return numbers;
    }

    private static @Nullable String name(Filter filter, Dimension dimension) {
        return switch (dimension) {
            case USER -> filter.user();
            case MODEL -> filter.model();
            case PROVIDER -> filter.provider();
            case AGENT -> filter.agent();
            case TOOL -> filter.tool();
        };
    }

    static List<String> names(Connection connection, By by, String prefix, int limit) throws SQLException {
        var dimension = dimension(by);
        if (dimension == null) {
            return List.of();
        }
        var column = dimension == Dimension.USER ? "login" : "name";
        try (var select = connection.prepareStatement("SELECT " + column + " FROM " + dimension.table() + " WHERE "
                + column + " >= ? AND " + column + " < ? ORDER BY " + column + " LIMIT ?")) {
            select.setString(1, prefix);
            select.setString(2, prefix + Character.MAX_VALUE);
            select.setInt(3, limit);
            var names = new ArrayList<String>();
            try (var rows = select.executeQuery()) {
                while (rows.next()) {
                    names.add(rows.getString(1));
                }
            }
            return names;
        }
    }

    static @Nullable Dimension dimension(By by) {
        return switch (by) {
            case HOUR, DAY -> null;
            case USER -> Dimension.USER;
            case MODEL -> Dimension.MODEL;
            case PROVIDER -> Dimension.PROVIDER;
            case AGENT -> Dimension.AGENT;
            case TOOL -> Dimension.TOOL;
        };
    }

    boolean hasFilter(Dimension dimension) {
        return filter.containsKey(dimension);
    }

    /** Days as weeks with what is left at either end, where the roll-up has weeks; else as they are. */
    static List<Segment> segments(Cube cube, long firstDay, long lastDay) {
        var firstWeek = Level.weekOf(firstDay + 6);
        var lastWeek = Level.weekOf(lastDay + 1) - 1;
        if (!cube.levels().contains(Level.WEEK) || firstWeek > lastWeek) {
            return List.of(new Segment(Level.DAY, firstDay, lastDay));
        }
        return Stream.of(
                        new Segment(Level.DAY, firstDay, Level.firstDay(firstWeek) - 1),
                        new Segment(Level.WEEK, firstWeek, lastWeek),
                        new Segment(Level.DAY, Level.firstDay(lastWeek + 1), lastDay))
                .filter(it -> it.from() <= it.to())
                .toList();
    }

    /** The first that has what is told apart and what is asked for, at this level. */
    Cube cube(Set<Dimension> out, Level level) {
        return family.stream()
                .filter(it -> it.levels().contains(level)
                        && it.dimensions().containsAll(out)
                        && it.dimensions().containsAll(filter.keySet()))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no roll-up by " + out + " at " + level));
    }

    /** Sums over a range of days, by the dimensions given; their period is 0. */
    Map<Cell, long[]> sums(Set<Dimension> out, long firstDay, long lastDay) throws SQLException {
        return sums(out, firstDay, lastDay, 0);
    }

    /** @param user only this one, by number; 0 for what the filter says */
    Map<Cell, long[]> sums(Set<Dimension> out, long firstDay, long lastDay, int user) throws SQLException {
        var all = user == 0 ? out : plus(out, Dimension.USER);
        var cube = cube(all, Level.DAY);
        var sums = new HashMap<Cell, long[]>();
        for (var segment : segments(cube, firstDay, lastDay)) {
            read(cube, segment, out, false, user, null, Long.MAX_VALUE, sums);
        }
        return sums;
    }

    /** Over a range of hours. */
    Optional<long[]> hourTotals(long firstHour, long lastHour) throws SQLException {
        var cube = cube(Set.of(), Level.HOUR);
        var sums = new HashMap<Cell, long[]>();
        var segment = new Segment(Level.HOUR, firstHour, lastHour);
        read(cube, segment, Set.of(), false, 0, null, Long.MAX_VALUE, sums);
        return sums.values().stream().findFirst();
    }

    private static Set<Dimension> plus(Set<Dimension> some, Dimension another) {
        return Stream.concat(some.stream(), Stream.of(another)).collect(Collectors.toUnmodifiableSet());
    }

    /** Sums by period, in their order. */
    NavigableMap<Cell, long[]> series(Set<Dimension> out, Segment segment, @Nullable Cell after, long limit)
            throws SQLException {
        var sums = new TreeMap<Cell, long[]>(order(ordered(out)));
        read(cube(out, segment.level()), segment, out, true, 0, after, limit, sums);
        return sums;
    }

    /** By period, then by the dimensions' numbers: the order of the tables, as far as they have these. */
    static Comparator<Cell> order(List<Dimension> out) {
        var order = Comparator.comparingLong(Cell::period);
        for (var dimension : out) {
            order = order.thenComparingInt(cell -> cell.at(dimension));
        }
        return order;
    }

    static List<Dimension> ordered(Set<Dimension> out) {
        return Stream.of(Dimension.USER, Dimension.TOOL, Dimension.MODEL, Dimension.PROVIDER, Dimension.AGENT)
                .filter(out::contains)
                .toList();
    }

    private void read(
            Cube cube,
            Segment segment,
            Set<Dimension> outSet,
            boolean byPeriod,
            int user,
            @Nullable Cell after,
            long limit,
            Map<Cell, long[]> into)
            throws SQLException {
        var out = ordered(outSet);
        var wanted = new EnumMap<>(filter);
        if (user != 0) {
            wanted.put(Dimension.USER, user);
        }
        var filters = cube.dimensions().stream().filter(wanted::containsKey).toList();
        // A seek a period where the key goes on with what is asked for; else one walk.
        var seeks =
                !filters.isEmpty() && filters.getFirst() == cube.dimensions().getFirst();
        var keys = Stream.concat(
                        byPeriod ? Stream.of("period") : Stream.of(),
                        out.stream().map(Dimension::table))
                .toList();
        var sql = (seeks ? "WITH RECURSIVE p(n) AS (VALUES(?) UNION ALL SELECT n + 1 FROM p WHERE n < ?) " : "")
                + "SELECT "
                + Stream.concat(keys.stream(), cube.measures().stream().map(it -> "sum(" + it + ")"))
                        .collect(joining(", "))
                + (seeks
                        ? " FROM p CROSS JOIN " + cube.table(segment.level()) + " ON period = n WHERE 1"
                        : " FROM " + cube.table(segment.level()) + " WHERE period BETWEEN ? AND ?")
                + filters.stream().map(it -> " AND " + it.table() + " = ?").collect(joining())
                + (after == null
                        ? ""
                        : " AND (" + String.join(", ", keys) + ") > ("
                                + keys.stream().map(_ -> "?").collect(joining(", ")) + ")")
                + (keys.isEmpty() ? "" : " GROUP BY " + String.join(", ", keys))
                + (limit == Long.MAX_VALUE ? "" : " ORDER BY " + String.join(", ", keys) + " LIMIT ?");
        try (var select = connection.prepareStatement(sql)) {
            select.setLong(1, segment.from());
            select.setLong(2, segment.to());
            var column = 3;
            for (var dimension : filters) {
                select.setInt(column++, wanted.getOrDefault(dimension, 0));
            }
            if (after != null) {
                if (byPeriod) {
                    select.setLong(column++, after.period());
                }
                for (var dimension : out) {
                    select.setInt(column++, after.at(dimension));
                }
            }
            if (limit != Long.MAX_VALUE) {
                select.setLong(column, limit);
            }
            rows(select, out, byPeriod, cube.measures().size(), into);
        }
    }

    private static void rows(
            PreparedStatement select, List<Dimension> out, boolean byPeriod, int measures, Map<Cell, long[]> into)
            throws SQLException {
        try (var rows = select.executeQuery()) {
            while (rows.next()) {
                var column = 1;
                var period = byPeriod ? rows.getLong(column++) : 0;
                var cell = new Cell(period, 0, 0, 0, 0, 0);
                for (var dimension : out) {
                    cell = cell.with(dimension, rows.getInt(column++));
                }
                var sums = into.computeIfAbsent(cell, _ -> new long[measures]);
                for (var i = 0; i < Math.min(measures, sums.length); i++) {
                    sums[i] += rows.getLong(column + i);
                }
            }
        }
    }

    /** Rows of the whole cube behind a key, whatever they are about: so a page costs what a page costs. */
    List<Map.Entry<Cell, long[]>> rawDays(long firstDay, long lastDay, @Nullable Cell after, int limit)
            throws SQLException {
        var cube = Cube.WHOLE;
        var keys = "period, caller, model, provider, agent";
        try (var select = connection.prepareStatement("SELECT " + keys + ", " + String.join(", ", cube.measures())
                + " FROM " + cube.table(Level.DAY) + " WHERE (" + keys + ") > (?, ?, ?, ?, ?) AND period <= ? ORDER BY "
                + keys + " LIMIT ?")) {
            select.setLong(1, after == null ? firstDay : after.period());
            select.setInt(2, after == null ? 0 : after.user());
            select.setInt(3, after == null ? 0 : after.model());
            select.setInt(4, after == null ? 0 : after.provider());
            select.setInt(5, after == null ? 0 : after.agent());
            select.setLong(6, lastDay);
            select.setInt(7, limit);
            var page = new ArrayList<Map.Entry<Cell, long[]>>();
            try (var rows = select.executeQuery()) {
                while (rows.next()) {
                    var sums = new long[cube.measures().size()];
                    for (var i = 0; i < sums.length; i++) {
                        sums[i] = rows.getLong(6 + i);
                    }
                    page.add(Map.entry(
                            new Cell(
                                    rows.getLong(1), rows.getInt(2), rows.getInt(3), rows.getInt(4), rows.getInt(5), 0),
                            sums));
                }
            }
            return page;
        }
    }

    boolean matches(Cell cell) {
        return filter.entrySet().stream().allMatch(it -> cell.at(it.getKey()) == it.getValue());
    }

    int filtered(Dimension dimension) {
        return filter.getOrDefault(dimension, 0);
    }

    String name(Dimension dimension, int number) throws SQLException {
        var known = names.computeIfAbsent(dimension, _ -> new HashMap<>());
        var name = known.get(number);
        if (name == null) {
            name = name(connection, dimension, number);
            known.put(number, name);
        }
        return name;
    }

    private static String name(Connection connection, Dimension dimension, int number) throws SQLException {
        try (var select = connection.prepareStatement(dimension.nameOf())) {
            select.setInt(1, number);
            try (var rows = select.executeQuery()) {
                return rows.next() ? rows.getString(1) : "";
            }
        }
    }
}
