package dev.sluice.usage;

import dev.sluice.usage.ActiveDays.Active;
import dev.sluice.usage.Reports.ActiveDay;
import dev.sluice.usage.Reports.ActiveSpan;
import dev.sluice.usage.Reports.Activity;
import dev.sluice.usage.Reports.Filter;
import dev.sluice.usage.Reports.Span;
import dev.sluice.usage.Rollups.Segment;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/** Counts who was there, and how often. */
final class ActivityQuery {
    private static final int WEEK = 7;
    private static final int OFTEN = 4;

    private ActivityQuery() {}

    static CompletionStage<Activity> answer(Rollups rollups, Span span, @Nullable String login) {
        var first = Level.DAY.of(span.from());
        var last = Level.DAY.of(span.to().minusNanos(1));
        var filter = login == null ? Filter.NONE : new Filter(login, null, null, null, null);
        return CubeReader.of(rollups, Cube.USAGE, filter).thenCompose(reader -> {
            if (reader.isEmpty() || last < first) {
                return CompletableFuture.completedStage(new Activity(0, List.of(), List.of(), List.of()));
            }
            // The first day's four of seven reach back.
            return rollups.active(first - WEEK + 1, last)
                    .thenCombine(
                            reader.get().series(Set.of(), new Segment(Level.DAY, first, last), null, Long.MAX_VALUE),
                            (active, sums) ->
                                    answer(first, last, login, reader.get().filtered(Dimension.USER), active, sums));
        });
    }

    private static Activity answer(
            long first,
            long last,
            @Nullable String login,
            int user,
            NavigableMap<Long, Active> active,
            Map<Cell, long[]> sums) {
        var callers = new TreeMap<Long, BitSet>();
        active.forEach((day, there) -> callers.put(day, only(there.callers(), user)));
        var days = new ArrayList<ActiveDay>();
        for (var day = first; day <= last; day++) {
            var there = callers.get(day);
            if (there == null) {
                there = new BitSet();
            }
            var own = sums.get(new Cell(day, 0, 0, 0, 0, 0));
            var whole = active.get(day);
            var sessions = login != null ? own == null ? 0 : own[Cube.SESSIONS] : whole == null ? 0 : whole.sessions();
            days.add(new ActiveDay(
                    Level.DAY.start(day),
                    there.cardinality(),
                    often(callers, day),
                    own == null ? 0 : own[0],
                    sessions));
        }
        var asked = callers.tailMap(first, true);
        return new Activity(
                union(asked).cardinality(),
                days,
                spans(asked, day -> Math.max(first, Level.firstDay(Level.weekOf(day)))),
                spans(
                        asked,
                        day -> Math.max(
                                first,
                                LocalDate.ofEpochDay(day).withDayOfMonth(1).toEpochDay())));
    }

    private static BitSet only(BitSet callers, int one) {
        if (one == 0) {
            return callers;
        }
        var only = new BitSet();
        only.set(one, callers.get(one));
        return only;
    }

    private static BitSet union(NavigableMap<Long, BitSet> days) {
        var union = new BitSet();
        days.values().forEach(union::or);
        return union;
    }

    /** How many were there on four of the seven days up to this one. */
    private static long often(NavigableMap<Long, BitSet> callers, long day) {
        // times[n]: who was there on n + 1 days at least, of those looked at so far.
        var times = new BitSet[OFTEN];
        for (var n = 0; n < OFTEN; n++) {
            times[n] = new BitSet();
        }
        for (var there : callers.subMap(day - WEEK + 1, true, day, true).values()) {
            for (var n = OFTEN - 1; n > 0; n--) {
                var again = (BitSet) times[n - 1].clone();
                again.and(there);
                times[n].or(again);
            }
            times[0].or(there);
        }
        return times[OFTEN - 1].cardinality();
    }

    private static List<ActiveSpan> spans(NavigableMap<Long, BitSet> days, LongUnaryOperator start) {
        var spans = new TreeMap<Long, BitSet>();
        days.forEach((day, there) ->
                spans.computeIfAbsent(start.applyAsLong(day), _ -> new BitSet()).or(there));
        return spans.entrySet().stream()
                .map(span -> new ActiveSpan(
                        LocalDate.ofEpochDay(span.getKey()).atStartOfDay().toInstant(ZoneOffset.UTC),
                        span.getValue().cardinality()))
                .toList();
    }
}
