package dev.sluice.usage;

import static java.util.stream.Collectors.joining;

import dev.sluice.usage.ActiveDays.Active;
import dev.sluice.usage.Reports.By;
import dev.sluice.usage.Reports.Filter;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Roll-ups in SQLite; one question's, on one connection, so every answer is there when it is returned. */
record SqliteRollups(Connection connection) implements Rollups {
    /** Periods read at a time, so that a page of a long series reads little more than a page. */
    private static final int CHUNK = 16;

    // Whoever reads runs what follows on the same thread, which owns the connection.
    private static <T> CompletionStage<T> now(Callable<T> read) {
        try {
            return CompletableFuture.completedStage(read.call());
        } catch (Exception e) {
            return CompletableFuture.failedStage(e);
        }
    }

    @Override
    public CompletionStage<Optional<Map<Dimension, Integer>>> numbers(Filter filter) {
        return now(() -> Optional.ofNullable(numbers(connection, filter)));
    }

    @Override
    public CompletionStage<Map<Integer, String>> names(Dimension dimension, Collection<Integer> numbers) {
        return now(() -> {
            var names = new HashMap<Integer, String>();
            for (var number : numbers) {
                names.put(number, name(connection, dimension, number));
            }
            return names;
        });
    }

    @Override
    public CompletionStage<Map<Cell, long[]>> sums(
            Cube cube, List<Segment> segments, Set<Dimension> out, Map<Dimension, Integer> filter) {
        return now(() -> {
            var sums = new HashMap<Cell, long[]>();
            for (var segment : segments) {
                read(cube, segment, out, filter, false, null, Long.MAX_VALUE, sums);
            }
            return sums;
        });
    }

    @Override
    public CompletionStage<NavigableMap<Cell, long[]>> series(
            Cube cube,
            Segment segment,
            Set<Dimension> out,
            Map<Dimension, Integer> filter,
            @Nullable Cell after,
            long limit) {
        return now(() -> {
            var found = new TreeMap<Cell, long[]>(Rollups.order(Rollups.ordered(out)));
            var first = after == null ? segment.from() : Math.max(segment.from(), after.period());
            var chunk = chunk(cube, segment, out, filter, limit);
            for (var start = first; start <= segment.to() && found.size() < limit; start += chunk) {
                var part = new Segment(segment.level(), start, Math.min(segment.to(), start + chunk - 1));
                var isFirst = after != null && after.period() >= start;
                read(cube, part, out, filter, true, isFirst ? after : null, limit - found.size(), found);
            }
            return found;
        });
    }

    private static long chunk(
            Cube cube, Segment segment, Set<Dimension> out, Map<Dimension, Integer> filter, long limit) {
        // One caller's are few, and all of them one walk; whole rows come in the order of the table, as many as are
        // wanted.
        if (limit == Long.MAX_VALUE
                || filter.containsKey(Dimension.USER)
                || (filter.isEmpty() && out.containsAll(cube.dimensions()))) {
            return segment.to() - segment.from() + 1;
        }
        return out.contains(Dimension.USER) ? 1 : CHUNK;
    }

    @Override
    public CompletionStage<NavigableMap<Long, Active>> active(long from, long to) {
        return now(() -> ActiveDays.read(connection, from, to));
    }

    static @Nullable Map<Dimension, Integer> numbers(Connection connection, Filter filter) throws SQLException {
        var numbers = new EnumMap<Dimension, Integer>(Dimension.class);
        for (var dimension : Dimension.values()) {
            var name = CubeReader.name(filter, dimension);
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

    static List<String> names(Connection connection, By by, String prefix, int limit) throws SQLException {
        var dimension = CubeReader.dimension(by);
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

    private void read(
            Cube cube,
            Segment segment,
            Set<Dimension> outSet,
            Map<Dimension, Integer> wanted,
            boolean byPeriod,
            @Nullable Cell after,
            long limit,
            Map<Cell, long[]> into)
            throws SQLException {
        var out = Rollups.ordered(outSet);
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

    private static String name(Connection connection, Dimension dimension, int number) throws SQLException {
        try (var select = connection.prepareStatement(dimension.nameOf())) {
            select.setInt(1, number);
            try (var rows = select.executeQuery()) {
                return rows.next() ? rows.getString(1) : "";
            }
        }
    }
}
