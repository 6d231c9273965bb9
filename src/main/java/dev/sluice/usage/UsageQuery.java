package dev.sluice.usage;

import dev.sluice.usage.Reports.About;
import dev.sluice.usage.Reports.Asked;
import dev.sluice.usage.Reports.By;
import dev.sluice.usage.Reports.CallsRow;
import dev.sluice.usage.Reports.Page;
import dev.sluice.usage.Reports.Sums;
import dev.sluice.usage.Reports.UsageAnswer;
import dev.sluice.usage.Reports.UsageRow;
import dev.sluice.usage.Rollups.Segment;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Answers questions to the roll-ups, page by page. */
final class UsageQuery {
    private static final Page<Map.Entry<Cell, long[]>> NOTHING = new Page<>(List.of(), null);

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

    static CompletionStage<UsageAnswer> answer(Rollups rollups, Asked asked, int limit, @Nullable String after) {
        return CubeReader.of(rollups, Cube.USAGE, asked.filter())
                .thenCompose(reader -> reader.isEmpty()
                        ? CompletableFuture.completedStage(
                                new UsageAnswer(new Page<>(List.of(), null), sums(new long[Cube.SUMS.size()]), 0L))
                        : new UsageQuery(reader.get(), asked).answer(rollups, limit, after));
    }

    private CompletionStage<UsageAnswer> answer(Rollups rollups, int limit, @Nullable String after) {
        return page(limit, after, value())
                .thenCompose(page -> named(page, UsageRow::new, UsageQuery::sums))
                .thenCompose(page -> totals().thenCompose(totals -> activeUsers(rollups, totals[0])
                        .thenApply(users -> new UsageAnswer(page, sums(totals), users.orElse(null)))));
    }

    static CompletionStage<Page<CallsRow>> toolCalls(Rollups rollups, Asked asked, int limit, @Nullable String after) {
        return CubeReader.of(rollups, Cube.TOOL_CALLS, asked.filter()).thenCompose(reader -> {
            if (reader.isEmpty()) {
                return CompletableFuture.completedStage(new Page<>(List.of(), null));
            }
            var query = new UsageQuery(reader.get(), asked);
            return query.page(limit, after, sums -> sums[0])
                    .thenCompose(page -> query.named(page, CallsRow::new, sums -> sums[0]));
        });
    }

    /** One caller's are a seek a day; of everybody's, so many are looked at. */
    static CompletionStage<Page<UsageRow>> days(Rollups rollups, Asked asked, int limit, @Nullable String after) {
        return CubeReader.of(rollups, List.of(Cube.WHOLE), asked.filter())
                .thenCompose(reader -> reader.isEmpty()
                        ? CompletableFuture.completedStage(new Page<>(List.of(), null))
                        : new UsageQuery(reader.get(), asked).days(limit, after == null ? null : Cursor.of(after)));
    }

    private CompletionStage<Page<UsageRow>> days(int limit, @Nullable Cell after) {
        var rows = reader.hasFilter(Dimension.USER)
                ? series(limit, after)
                : reader.rawDays(first, last, after, limit).thenApply(found -> {
                    var next = found.size() < limit ? null : Cursor.print(found.lastKey());
                    return new Page<>(
                            found.entrySet().stream()
                                    .filter(row -> reader.matches(row.getKey()))
                                    .toList(),
                            next);
                });
        return rows.thenCompose(page -> named(page, UsageRow::new, UsageQuery::sums));
    }

    /** Rows as they are told: with names. */
    private <V, R> CompletionStage<Page<R>> named(
            Page<Map.Entry<Cell, long[]>> page, BiFunction<About, V, R> row, Function<long[], V> value) {
        CompletionStage<Map<Dimension, Map<Integer, String>>> names =
                CompletableFuture.completedStage(new EnumMap<>(Dimension.class));
        for (var dimension : out) {
            var numbers =
                    page.rows().stream().map(it -> it.getKey().at(dimension)).collect(Collectors.toSet());
            names = names.thenCombine(reader.names(dimension, numbers), (all, some) -> {
                all.put(dimension, some);
                return all;
            });
        }
        return names.thenApply(known -> new Page<>(
                page.rows().stream()
                        .map(it -> row.apply(key(it.getKey(), known), value.apply(it.getValue())))
                        .toList(),
                page.next()));
    }

    private Level level() {
        return asked.by().contains(By.HOUR) ? Level.HOUR : Level.DAY;
    }

    private boolean isByTime() {
        return asked.by().contains(By.HOUR) || asked.by().contains(By.DAY);
    }

    private CompletionStage<Page<Map.Entry<Cell, long[]>>> page(
            int limit, @Nullable String after, ToLongFunction<long[]> value) {
        var from = after == null ? null : Cursor.of(after);
        if (last < first) {
            return CompletableFuture.completedStage(NOTHING);
        }
        if (isByTime()) {
            return series(limit, from);
        }
        var isOfUsers = out.contains(Dimension.USER) && !reader.hasFilter(Dimension.USER);
        return isOfUsers && out.size() > 1 ? usersInParts(limit, from, value) : ranking(out, limit, from, value);
    }

    private CompletionStage<Page<Map.Entry<Cell, long[]>>> series(int limit, @Nullable Cell after) {
        return reader.series(out, new Segment(level(), first, last), after, limit + 1L)
                .thenApply(found -> {
                    var rows = found.entrySet().stream().limit(limit).toList();
                    return new Page<>(
                            rows,
                            found.size() > limit ? Cursor.print(rows.getLast().getKey()) : null);
                });
    }

    /** The highest first, and then in the order of their numbers; a cursor is a row's value and numbers. */
    private CompletionStage<Page<Map.Entry<Cell, long[]>>> ranking(
            Set<Dimension> by, int limit, @Nullable Cell after, ToLongFunction<long[]> value) {
        var numbers = Rollups.order(Rollups.ordered(by));
        var order = Comparator.<Map.Entry<Cell, long[]>>comparingLong(row -> value.applyAsLong(row.getValue()))
                .reversed()
                .thenComparing(Map.Entry::getKey, numbers);
        return reader.sums(by, first, last).thenApply(sums -> {
            var rows = sums.entrySet().stream()
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
                    rows.subList(0, limit),
                    Cursor.print(Cursor.valued(end.getKey(), value.applyAsLong(end.getValue()))));
        });
    }

    /** A page of users, each with all of their parts: to rank all parts of all users would read all there is. */
    private CompletionStage<Page<Map.Entry<Cell, long[]>>> usersInParts(
            int limit, @Nullable Cell after, ToLongFunction<long[]> value) {
        var parts = EnumSet.copyOf(out);
        var order = Comparator.<Map.Entry<Cell, long[]>>comparingLong(row -> value.applyAsLong(row.getValue()))
                .reversed()
                .thenComparing(Map.Entry::getKey, Cell.BY_PERIOD);
        return ranking(Set.of(Dimension.USER), limit, after, value).thenCompose(users -> {
            CompletionStage<List<Map.Entry<Cell, long[]>>> rows = CompletableFuture.completedStage(new ArrayList<>());
            for (var user : users.rows()) {
                rows = rows.thenCompose(all -> reader.sumsOf(user.getKey().user(), parts, first, last)
                        .thenApply(own -> {
                            own.entrySet().stream().sorted(order).forEach(all::add);
                            return all;
                        }));
            }
            return rows.thenApply(all -> new Page<>(all, users.next()));
        });
    }

    private CompletionStage<long[]> totals() {
        var nothing = new long[Cube.SUMS.size()];
        if (last < first) {
            return CompletableFuture.completedStage(nothing);
        }
        var sums = asked.by().contains(By.HOUR)
                ? reader.hourTotals(first, last)
                : reader.sums(Set.of(), first, last)
                        .thenApply(found -> found.values().stream().findFirst());
        return sums.thenApply(found -> found.orElse(nothing));
    }

    private CompletionStage<Optional<Long>> activeUsers(Rollups rollups, long requests) {
        if (reader.hasFilter(Dimension.USER)) {
            return CompletableFuture.completedStage(Optional.of(requests > 0 ? 1L : 0L));
        }
        if (asked.by().contains(By.HOUR)
                || reader.hasFilter(Dimension.MODEL)
                || reader.hasFilter(Dimension.PROVIDER)
                || reader.hasFilter(Dimension.AGENT)) {
            return CompletableFuture.completedStage(Optional.empty());
        }
        return rollups.active(first, last).thenApply(days -> {
            var all = new BitSet();
            days.values().forEach(day -> all.or(day.callers()));
            return Optional.of((long) all.cardinality());
        });
    }

    private ToLongFunction<long[]> value() {
        return switch (asked.order()) {
            case COST -> sums -> sums[6];
            case REQUESTS -> sums -> sums[0];
            case TOKENS -> sums -> sums(sums).tokens();
        };
    }

    private About key(Cell cell, Map<Dimension, Map<Integer, String>> names) {
        return new About(
                isByTime() ? level().start(cell.period()) : null,
                name(Dimension.USER, cell, names),
                name(Dimension.MODEL, cell, names),
                name(Dimension.PROVIDER, cell, names),
                name(Dimension.AGENT, cell, names),
                name(Dimension.TOOL, cell, names));
    }

    private @Nullable String name(Dimension dimension, Cell cell, Map<Dimension, Map<Integer, String>> names) {
        return out.contains(dimension)
                ? names.getOrDefault(dimension, Map.of()).getOrDefault(cell.at(dimension), "")
                : null;
    }

    static Sums sums(long[] sums) {
        return new Sums(sums[0], sums[1], sums[2], sums[3], sums[4], sums[5], sums[6], sums[7], sums[8]);
    }
}
