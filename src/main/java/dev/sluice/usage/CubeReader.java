package dev.sluice.usage;

import dev.sluice.usage.Reports.By;
import dev.sluice.usage.Reports.Filter;
import dev.sluice.usage.Rollups.Segment;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Takes sums from the smallest roll-up that will do; one question's. */
final class CubeReader {
    private final Rollups rollups;
    private final List<Cube> family;
    private final Map<Dimension, Integer> filter;

    private CubeReader(Rollups rollups, List<Cube> family, Map<Dimension, Integer> filter) {
        this.rollups = rollups;
        this.family = family;
        this.filter = filter;
    }

    /** Empty when it asks for a name that nobody has: then there is nothing. */
    static CompletionStage<Optional<CubeReader>> of(Rollups rollups, List<Cube> family, Filter filter) {
        return rollups.numbers(filter)
                .thenApply(numbers -> numbers.map(known -> new CubeReader(rollups, family, known)));
    }

    static @Nullable String name(Filter filter, Dimension dimension) {
        return switch (dimension) {
            case USER -> filter.user();
            case MODEL -> filter.model();
            case PROVIDER -> filter.provider();
            case AGENT -> filter.agent();
            case TOOL -> filter.tool();
        };
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
    CompletionStage<Map<Cell, long[]>> sums(Set<Dimension> out, long firstDay, long lastDay) {
        var cube = cube(out, Level.DAY);
        return rollups.sums(cube, segments(cube, firstDay, lastDay), out, filter);
    }

    /** The same, of one user only. */
    CompletionStage<Map<Cell, long[]>> sumsOf(int user, Set<Dimension> out, long firstDay, long lastDay) {
        var cube = cube(plus(out, Dimension.USER), Level.DAY);
        var wanted = Stream.concat(
                        filter.entrySet().stream().filter(it -> it.getKey() != Dimension.USER),
                        Stream.of(Map.entry(Dimension.USER, user)))
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));
        return rollups.sums(cube, segments(cube, firstDay, lastDay), out, wanted);
    }

    /** Over a range of hours. */
    CompletionStage<Optional<long[]>> hourTotals(long firstHour, long lastHour) {
        var segment = new Segment(Level.HOUR, firstHour, lastHour);
        return rollups.sums(cube(Set.of(), Level.HOUR), List.of(segment), Set.of(), filter)
                .thenApply(sums -> sums.values().stream().findFirst());
    }

    private static Set<Dimension> plus(Set<Dimension> some, Dimension another) {
        return Stream.concat(some.stream(), Stream.of(another)).collect(Collectors.toUnmodifiableSet());
    }

    /** Sums by period, in their order. */
    CompletionStage<NavigableMap<Cell, long[]>> series(
            Set<Dimension> out, Segment segment, @Nullable Cell after, long limit) {
        return rollups.series(cube(out, segment.level()), segment, out, filter, after, limit);
    }

    /** Rows of the whole cube behind a key, whatever they are about: so a page costs what a page costs. */
    CompletionStage<NavigableMap<Cell, long[]>> rawDays(long firstDay, long lastDay, @Nullable Cell after, int limit) {
        var segment = new Segment(Level.DAY, firstDay, lastDay);
        return rollups.series(Cube.WHOLE, segment, Set.copyOf(Cube.WHOLE.dimensions()), Map.of(), after, limit);
    }

    boolean matches(Cell cell) {
        return filter.entrySet().stream().allMatch(it -> cell.at(it.getKey()) == it.getValue());
    }

    int filtered(Dimension dimension) {
        return filter.getOrDefault(dimension, 0);
    }

    CompletionStage<Map<Integer, String>> names(Dimension dimension, Set<Integer> numbers) {
        return rollups.names(dimension, numbers);
    }
}
