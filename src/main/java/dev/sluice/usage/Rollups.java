package dev.sluice.usage;

import dev.sluice.usage.ActiveDays.Active;
import dev.sluice.usage.Reports.Filter;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Where sums lie. What questions make of them is the same wherever that is. */
interface Rollups {

    /** Periods of one level, the last one included. */
    record Segment(Level level, long from, long to) {}

    /** The numbers of the names that a filter asks for; empty when there is one that nobody has: then there is nothing. */
    CompletionStage<Optional<Map<Dimension, Integer>>> numbers(Filter filter);

    CompletionStage<Map<Integer, String>> names(Dimension dimension, Collection<Integer> numbers);

    /** Sums over all of the segments, by the dimensions given; their period is 0. */
    CompletionStage<Map<Cell, long[]>> sums(
            Cube cube, List<Segment> segments, Set<Dimension> out, Map<Dimension, Integer> filter);

    /** Sums by period, in their order, from behind a row on: reads little more than the rows that are wanted. */
    CompletionStage<NavigableMap<Cell, long[]>> series(
            Cube cube,
            Segment segment,
            Set<Dimension> out,
            Map<Dimension, Integer> filter,
            @Nullable Cell after,
            long limit);

    /** Days on which anybody was there. */
    CompletionStage<NavigableMap<Long, Active>> active(long from, long to);

    /** By period, then by the dimensions' numbers: the order of the tables, as far as they have these. */
    static Comparator<Cell> order(Collection<Dimension> out) {
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

    /** As many measures as there are on the left. */
    static void add(long[] sums, long[] more) {
        for (var i = 0; i < Math.min(sums.length, more.length); i++) {
            sums[i] += more[i];
        }
    }
}
