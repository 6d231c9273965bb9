package dev.sluice.usage;

import com.datastax.oss.driver.api.core.cql.Row;
import dev.sluice.cassandra.CassandraStore;
import dev.sluice.session.ExchangeRecorded;
import dev.sluice.usage.ActiveDays.Active;
import dev.sluice.usage.Reports.Filter;
import dev.sluice.usage.SliceStore.RowKey;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;

/** Roll-ups in Cassandra; one question's. A row is a slice's, and what slices have is added up here. */
final class CassandraRollups implements Rollups {
    /** Partitions that are read at the same time. */
    private static final int AT_ONCE = 16;

    /** Periods of a series, so that a page of a long one reads little more than a page. */
    private static final int CHUNK = 8;

    private static final String SUMS =
            "SELECT slice, caller, tool, model, provider, agent, sums, WRITETIME(sums) FROM ledger_sums"
                    + " WHERE kind = ? AND period = ? AND bucket = ?";

    private static final List<Integer> BUCKETS =
            IntStream.range(0, CassandraSlices.BUCKETS).boxed().toList();

    private final CassandraStore store;
    private final Turns turns;
    private final CassandraNames names;
    private final Since since;
    private final long firstHour;
    private final long lastHour;

    private CassandraRollups(
            CassandraStore store, Turns turns, CassandraNames names, Since since, long firstHour, long lastHour) {
        this.store = store;
        this.turns = turns;
        this.names = names;
        this.since = since;
        this.firstHour = firstHour;
        this.lastHour = lastHour;
    }

    /** From which batch on rows count, a slice. */
    record Since(Map<Integer, Long> batches) {
        boolean counts(int slice, long batch) {
            return batch >= batches.getOrDefault(slice, 0L);
        }
    }

    static CompletionStage<Since> since(CassandraStore store) {
        var slices = IntStream.range(0, ExchangeRecorded.SLICES)
                .mapToObj(Integer::toString)
                .collect(Collectors.joining(", "));
        return store.read("SELECT slice, since FROM ledger_slice WHERE slice IN (" + slices + ")")
                .thenApply(rows -> new Since(
                        rows.stream().collect(Collectors.toMap(row -> row.getInt(0), row -> row.getLong(1)))));
    }

    static CompletionStage<Rollups> of(CassandraStore store, Turns turns, CassandraNames names) {
        return since(store)
                .thenCombine(
                        // Years in which there is nothing are partitions to ask, too.
                        store.read(
                                "SELECT max(month), min(month) FROM ledger_month WHERE scope = ?", CassandraSlices.ALL),
                        (since, rows) -> {
                            var isEmpty = rows.isEmpty() || rows.getFirst().isNull(0);
                            var month = CassandraSlices.HOURS_A_MONTH;
                            return new CassandraRollups(
                                    store,
                                    turns,
                                    names,
                                    since,
                                    isEmpty ? 0 : rows.getFirst().getLong(1) * month,
                                    isEmpty ? -1 : (rows.getFirst().getLong(0) + 1) * month - 1);
                        });
    }

    @Override
    public CompletionStage<Optional<Map<Dimension, Integer>>> numbers(Filter filter) {
        return names.numbers(filter);
    }

    @Override
    public CompletionStage<Map<Integer, String>> names(Dimension dimension, Collection<Integer> numbers) {
        return names.names(dimension, numbers);
    }

    private List<Long> periods(Segment segment) {
        var level = segment.level();
        return lastHour < firstHour
                ? List.of()
                : LongStream.rangeClosed(
                                Math.max(segment.from(), level.of(firstHour)),
                                Math.min(segment.to(), level.of(lastHour)))
                        .boxed()
                        .toList();
    }

    /** @param fromCaller the first whose rows are wanted, where they come by callers */
    private Source<Map.Entry<Cell, long[]>, NotUsed> rows(
            Cube cube, Level level, long period, Map<Dimension, Integer> filter, int fromCaller) {
        var kind = RowKey.kind(cube, level);
        var user = filter.get(Dimension.USER);
        Source<Row, NotUsed> rows;
        if (!cube.dimensions().contains(Dimension.USER)) {
            rows = store.rows(SUMS, kind, period, 0);
        } else if (user != null) {
            rows = store.rows(SUMS + " AND caller = ?", kind, period, CassandraSlices.bucket(user), user);
        } else {
            rows = Source.from(BUCKETS)
                    .flatMapMerge(
                            AT_ONCE, bucket -> store.rows(SUMS + " AND caller >= ?", kind, period, bucket, fromCaller));
        }
        return rows.filter(row -> since.counts(row.getInt(0), row.getLong(7)))
                .map(row -> Map.entry(
                        new Cell(period, row.getInt(1), row.getInt(3), row.getInt(4), row.getInt(5), row.getInt(2)),
                        CassandraSlices.longs(row, 6)))
                .filter(row ->
                        filter.entrySet().stream().allMatch(it -> row.getKey().at(it.getKey()) == it.getValue()));
    }

    private static Cell only(Cell cell, List<Dimension> out, long period) {
        var only = new Cell(period, 0, 0, 0, 0, 0);
        for (var dimension : out) {
            only = only.with(dimension, cell.at(dimension));
        }
        return only;
    }

    private static <M extends Map<Cell, long[]>> M add(M into, Cell cell, long[] sums, int measures) {
        Rollups.add(into.computeIfAbsent(cell, _ -> new long[measures]), sums);
        return into;
    }

    @Override
    public CompletionStage<Map<Cell, long[]>> sums(
            Cube cube, List<Segment> segments, Set<Dimension> outSet, Map<Dimension, Integer> filter) {
        var out = Rollups.ordered(outSet);
        var measures = cube.measures().size();
        return Source.from(segments)
                .mapConcat(segment -> periods(segment).stream()
                        .map(period -> new Segment(segment.level(), period, period))
                        .toList())
                .flatMapMerge(AT_ONCE, it -> rows(cube, it.level(), it.from(), filter, 0))
                .<Map<Cell, long[]>>runFold(
                        new HashMap<>(),
                        (all, row) -> add(all, only(row.getKey(), out, 0), row.getValue(), measures),
                        turns.system());
    }

    @Override
    public CompletionStage<NavigableMap<Cell, long[]>> series(
            Cube cube,
            Segment segment,
            Set<Dimension> outSet,
            Map<Dimension, Integer> filter,
            @Nullable Cell after,
            long limit) {
        var out = Rollups.ordered(outSet);
        var first = after == null ? segment.from() : Math.max(segment.from(), after.period());
        var periods = periods(new Segment(segment.level(), first, segment.to()));
        var series = new Series(cube, segment.level(), out, filter, after, limit);
        return series.read(periods, new TreeMap<>(Rollups.order(out)));
    }

    private final class Series {
        private final Cube cube;
        private final Level level;
        private final List<Dimension> out;
        private final Map<Dimension, Integer> filter;
        private final @Nullable Cell after;
        private final long limit;

        Series(
                Cube cube,
                Level level,
                List<Dimension> out,
                Map<Dimension, Integer> filter,
                @Nullable Cell after,
                long limit) {
            this.cube = cube;
            this.level = level;
            this.out = out;
            this.filter = filter;
            this.after = after;
            this.limit = limit;
        }

        CompletionStage<NavigableMap<Cell, long[]>> read(List<Long> periods, NavigableMap<Cell, long[]> found) {
            if (periods.isEmpty() || found.size() >= limit) {
                while (found.size() > limit) {
                    found.pollLastEntry();
                }
                return CompletableFuture.completedStage(found);
            }
            // By callers a day may be many rows; all of one's days are few.
            var isLarge = out.contains(Dimension.USER) && !filter.containsKey(Dimension.USER);
            var chunk = Math.min(periods.size(), isLarge ? 1 : limit > Integer.MAX_VALUE ? 4 * AT_ONCE : CHUNK);
            return Source.from(periods.subList(0, chunk))
                    .flatMapMerge(AT_ONCE, period -> rows(cube, level, period, filter, caller(period, isLarge)))
                    .runFold(
                            found,
                            (all, row) -> {
                                var cell = only(row.getKey(), out, row.getKey().period());
                                return after == null || Rollups.order(out).compare(cell, after) > 0
                                        ? add(
                                                all,
                                                cell,
                                                row.getValue(),
                                                cube.measures().size())
                                        : all;
                            },
                            turns.system())
                    .thenCompose(all -> read(periods.subList(chunk, periods.size()), all));
        }

        private int caller(long period, boolean isLarge) {
            return isLarge && after != null && after.period() == period ? after.user() : 0;
        }
    }

    @Override
    public CompletionStage<NavigableMap<Long, Active>> active(long from, long to) {
        return Source.from(periods(new Segment(Level.DAY, from, to)))
                .flatMapMerge(
                        AT_ONCE,
                        day -> store.rows(
                                        "SELECT slice, bits, sums, WRITETIME(sums) FROM ledger_sums"
                                                + " WHERE kind = ? AND period = ? AND bucket = 0",
                                        RowKey.ACTIVE_DAY,
                                        day)
                                .filter(row -> since.counts(row.getInt(0), row.getLong(3)))
                                .map(row -> Map.entry(
                                        day,
                                        new Active(
                                                BitSet.valueOf(CassandraSlices.bytes(row.getByteBuffer(1))),
                                                CassandraSlices.longs(row, 2)[0]))))
                .<NavigableMap<Long, Active>>runFold(
                        new TreeMap<>(),
                        (days, part) -> {
                            days.merge(part.getKey(), part.getValue(), (a, b) -> {
                                a.callers().or(b.callers());
                                return new Active(a.callers(), a.sessions() + b.sessions());
                            });
                            return days;
                        },
                        turns.system());
    }
}
