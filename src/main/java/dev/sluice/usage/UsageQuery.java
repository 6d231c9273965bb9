package dev.sluice.usage;

import dev.sluice.usage.CubeReader.Segment;
import dev.sluice.usage.Reports.About;
import dev.sluice.usage.Reports.Asked;
import dev.sluice.usage.Reports.By;
import dev.sluice.usage.Reports.CallsRow;
import dev.sluice.usage.Reports.Page;
import dev.sluice.usage.Reports.Sums;
import dev.sluice.usage.Reports.UsageAnswer;
import dev.sluice.usage.Reports.UsageRow;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** Answers questions to the roll-ups, page by page. */
final class UsageQuery {
    private static final Page<Map.Entry<Cell, long[]>> NOTHING = new Page<>(List.of(), null);

    /** Periods read at a time, so that a page of a long series reads little more than a page. */
    private static final int CHUNK = 16;

    private final CubeReader reader;
    private final Asked asked;
    private final Set<Dimension> out;
    private final long first;
    private final long last;

    private UsageQuery(CubeReader reader, Asked asked) {
        this.reader = reader;
        this.asked = asked;
        out = EnumSet.noneOf(Dimension.class);
        asked.by().stream().map(CubeReader::dimension).filter(Objects::nonNull).forEach(out::add);
        first = level().of(asked.span().from());
        last = level().of(asked.span().to().minusNanos(1));
    }

    static UsageAnswer answer(Connection connection, Asked asked, int limit, @Nullable String after)
            throws SQLException {
        var reader = CubeReader.of(connection, Cube.USAGE, asked.filter());
        if (reader == null) {
            return new UsageAnswer(new Page<>(List.of(), null), sums(new long[Cube.SUMS.size()]), 0L);
        }
        var query = new UsageQuery(reader, asked);
        var page = query.page(limit, after, query.value());
        var rows = new ArrayList<UsageRow>();
        for (var row : page.rows()) {
            rows.add(new UsageRow(query.key(row.getKey()), sums(row.getValue())));
        }
        var totals = query.totals();
        return new UsageAnswer(new Page<>(rows, page.next()), sums(totals), query.activeUsers(connection, totals[0]));
    }

    static Page<CallsRow> toolCalls(Connection connection, Asked asked, int limit, @Nullable String after)
            throws SQLException {
        var reader = CubeReader.of(connection, Cube.TOOL_CALLS, asked.filter());
        if (reader == null) {
            return new Page<>(List.of(), null);
        }
        var query = new UsageQuery(reader, asked);
        var page = query.page(limit, after, sums -> sums[0]);
        var rows = new ArrayList<CallsRow>();
        for (var row : page.rows()) {
            rows.add(new CallsRow(query.key(row.getKey()), row.getValue()[0]));
        }
        return new Page<>(rows, page.next());
    }

    /** One caller's are a seek a day; of everybody's, so many are looked at. */
    static Page<UsageRow> days(Connection connection, Asked asked, int limit, @Nullable String after)
            throws SQLException {
        var reader = CubeReader.of(connection, List.of(Cube.WHOLE), asked.filter());
        if (reader == null) {
            return new Page<>(List.of(), null);
        }
        var query = new UsageQuery(reader, asked);
        if (reader.hasFilter(Dimension.USER)) {
            var page = query.series(limit, after == null ? null : Cursor.of(after));
            return query.rows(page.rows(), page.next());
        }
        var page = reader.rawDays(query.first, query.last, after == null ? null : Cursor.of(after), limit);
        var next = page.size() < limit ? null : Cursor.print(page.getLast().getKey());
        return query.rows(
                page.stream().filter(row -> reader.matches(row.getKey())).toList(), next);
    }

    private Page<UsageRow> rows(List<Map.Entry<Cell, long[]>> page, @Nullable String next) throws SQLException {
        var rows = new ArrayList<UsageRow>();
        for (var row : page) {
            rows.add(new UsageRow(key(row.getKey()), sums(row.getValue())));
        }
        return new Page<>(rows, next);
    }

    private Level level() {
        return asked.by().contains(By.HOUR) ? Level.HOUR : Level.DAY;
    }

    private boolean isByTime() {
        return asked.by().contains(By.HOUR) || asked.by().contains(By.DAY);
    }

    private Page<Map.Entry<Cell, long[]>> page(int limit, @Nullable String after, ToLongFunction<long[]> value)
            throws SQLException {
        var from = after == null ? null : Cursor.of(after);
        if (last < first) {
            return NOTHING;
        }
        if (isByTime()) {
            return series(limit, from);
        }
        var isOfUsers = out.contains(Dimension.USER) && !reader.hasFilter(Dimension.USER);
        return isOfUsers && out.size() > 1 ? usersInParts(limit, from, value) : ranking(out, limit, from, value);
    }

    private Page<Map.Entry<Cell, long[]>> series(int limit, @Nullable Cell after) throws SQLException {
        var page = new ArrayList<Map.Entry<Cell, long[]>>();
        var isLarge = out.contains(Dimension.USER) && !reader.hasFilter(Dimension.USER);
        // One caller's are few, and all of them one walk.
        var chunk = reader.hasFilter(Dimension.USER) ? last - first + 1 : isLarge ? 1 : CHUNK;
        for (var start = after == null ? first : Math.max(first, after.period()); start <= last; start += chunk) {
            var segment = new Segment(level(), start, Math.min(last, start + chunk - 1));
            var isFirst = after != null && after.period() >= start;
            page.addAll(reader.series(out, segment, isFirst ? after : null, limit + 1L - page.size())
                    .entrySet());
            if (page.size() > limit) {
                var rows = List.copyOf(page.subList(0, limit));
                return new Page<>(rows, Cursor.print(rows.getLast().getKey()));
            }
        }
        return new Page<>(page, null);
    }

    /** The highest first, and then in the order of their numbers; a cursor is a row's value and numbers. */
    private Page<Map.Entry<Cell, long[]>> ranking(
            Set<Dimension> by, int limit, @Nullable Cell after, ToLongFunction<long[]> value) throws SQLException {
        var numbers = CubeReader.order(CubeReader.ordered(by));
        var order = Comparator.<Map.Entry<Cell, long[]>>comparingLong(row -> value.applyAsLong(row.getValue()))
                .reversed()
                .thenComparing(Map.Entry::getKey, numbers);
        var rows = reader.sums(by, first, last).entrySet().stream()
                .filter(row -> row.getValue()[0] > 0)
                .filter(row -> after == null
                        || value.applyAsLong(row.getValue()) < after.period()
                        || (value.applyAsLong(row.getValue()) == after.period()
                                && numbers.compare(row.getKey(), Cursor.unvalued(after)) > 0))
                .sorted(order)
                .limit(limit + 1L)
                .toList();
        if (rows.size() <= limit) {
            return new Page<>(rows, null);
        }
        var end = rows.get(limit - 1);
        return new Page<>(
                rows.subList(0, limit), Cursor.print(Cursor.valued(end.getKey(), value.applyAsLong(end.getValue()))));
    }

    /** A page of users, each with all of their parts: to rank all parts of all users would read all there is. */
    private Page<Map.Entry<Cell, long[]>> usersInParts(int limit, @Nullable Cell after, ToLongFunction<long[]> value)
            throws SQLException {
        var users = ranking(Set.of(Dimension.USER), limit, after, value);
        var parts = EnumSet.copyOf(out);
        var rows = new ArrayList<Map.Entry<Cell, long[]>>();
        for (var user : users.rows()) {
            reader.sums(parts, first, last, user.getKey().user()).entrySet().stream()
                    .sorted(Comparator.<Map.Entry<Cell, long[]>>comparingLong(row -> value.applyAsLong(row.getValue()))
                            .reversed()
                            .thenComparing(Map.Entry::getKey, Cell.BY_PERIOD))
                    .forEach(rows::add);
        }
        return new Page<>(rows, users.next());
    }

    private long[] totals() throws SQLException {
        var nothing = new long[Cube.SUMS.size()];
        if (last < first) {
            return nothing;
        }
        var sums = asked.by().contains(By.HOUR)
                ? reader.hourTotals(first, last)
                : reader.sums(Set.of(), first, last).values().stream().findFirst();
        return sums.orElse(nothing);
    }

    private @Nullable Long activeUsers(Connection connection, long requests) throws SQLException {
        if (reader.hasFilter(Dimension.USER)) {
            return requests > 0 ? 1L : 0L;
        }
        if (asked.by().contains(By.HOUR)
                || reader.hasFilter(Dimension.MODEL)
                || reader.hasFilter(Dimension.PROVIDER)
                || reader.hasFilter(Dimension.AGENT)) {
            return null;
        }
        var all = new BitSet();
        ActiveDays.read(connection, first, last).values().forEach(day -> all.or(day.callers()));
        return (long) all.cardinality();
    }

    private ToLongFunction<long[]> value() {
        return switch (asked.order()) {
            case COST -> sums -> sums[6];
            case REQUESTS -> sums -> sums[0];
            case TOKENS -> sums -> sums(sums).tokens();
        };
    }

    private About key(Cell cell) throws SQLException {
        return new About(
                isByTime() ? start(cell) : null,
                name(Dimension.USER, cell),
                name(Dimension.MODEL, cell),
                name(Dimension.PROVIDER, cell),
                name(Dimension.AGENT, cell),
                name(Dimension.TOOL, cell));
    }

    private Instant start(Cell cell) {
        return level().start(cell.period());
    }

    private @Nullable String name(Dimension dimension, Cell cell) throws SQLException {
        return out.contains(dimension) ? reader.name(dimension, cell.at(dimension)) : null;
    }

    static Sums sums(long[] sums) {
        return new Sums(sums[0], sums[1], sums[2], sums[3], sums[4], sums[5], sums[6], sums[7], sums[8]);
    }
}
