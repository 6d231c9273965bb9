package dev.sluice.usage;

import com.datastax.oss.driver.api.core.cql.Row;
import dev.sluice.cassandra.CassandraStore;
import dev.sluice.usage.Reports.Filter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.apache.pekko.Done;

/**
 * Names and their numbers in Cassandra. A number is drawn first, its name written under it, and then it is given to the name unless another writer's
 * was sooner: so whoever sees a number finds its name, and a number that came too late is nobody's. Neither ever changes.
 */
final class CassandraNames {
    private static final int BUCKETS = 16;

    /** Others may draw at the same time. */
    private static final int DRAWS = 20;

    /** Beyond it they are looked up again. */
    private static final int REMEMBERED = 50_000;

    private record Name(Dimension dimension, String text) {}

    private record Coded(Dimension dimension, int value) {}

    private final CassandraStore store;
    private final Turns turns;
    private final Map<Name, Integer> numbers = new ConcurrentHashMap<>();
    private final Map<Coded, String> names = new ConcurrentHashMap<>();

    CassandraNames(CassandraStore store, Turns turns) {
        this.store = store;
        this.turns = turns;
    }

    private static int bucket(String name) {
        return Math.floorMod(name.hashCode(), BUCKETS);
    }

    /** It is on disk, so it is spelled out. */
    private static int number(Dimension dimension) {
        return switch (dimension) {
            case USER -> 0;
            case MODEL -> 1;
            case PROVIDER -> 2;
            case AGENT -> 3;
            case TOOL -> 4;
        };
    }

    private CompletionStage<Optional<Integer>> find(Dimension dimension, String name) {
        var key = new Name(dimension, name);
        var known = numbers.get(key);
        if (known != null) {
            return CompletableFuture.completedStage(Optional.of(known));
        }
        return store.read(
                        "SELECT number FROM ledger_name WHERE dimension = ? AND bucket = ? AND name = ?",
                        number(dimension),
                        bucket(name),
                        name)
                .thenApply(rows -> rows.stream().findFirst().map(row -> {
                    if (numbers.size() > REMEMBERED) {
                        numbers.clear();
                    }
                    numbers.put(key, row.getInt(0));
                    return row.getInt(0);
                }));
    }

    /** The numbers of those names that have one. */
    CompletionStage<Map<String, Integer>> find(Dimension dimension, Set<String> wanted) {
        var order = List.copyOf(wanted);
        return turns.all(order, name -> find(dimension, name)).thenApply(found -> {
            var known = new HashMap<String, Integer>();
            for (var i = 0; i < order.size(); i++) {
                var name = order.get(i);
                found.get(i).ifPresent(number -> known.put(name, number));
            }
            return known;
        });
    }

    /** Gives numbers to names that have none; the same one, whoever asks. */
    CompletionStage<Map<String, Integer>> number(Dimension dimension, Set<String> wanted) {
        return draw(dimension, wanted.size(), DRAWS)
                .thenCompose(first -> {
                    var order = List.copyOf(wanted);
                    var places = IntStream.range(0, order.size()).boxed().toList();
                    return turns.each(places, i -> give(dimension, order.get(i), first + i));
                })
                .thenCompose(_ -> find(dimension, wanted));
    }

    private CompletionStage<Done> give(Dimension dimension, String name, int number) {
        return store.write(
                        "INSERT INTO ledger_number (dimension, number, name) VALUES (?, ?, ?)",
                        number(dimension),
                        number,
                        name)
                .thenCompose(_ -> store.writeIf(
                        "INSERT INTO ledger_name (dimension, bucket, name, number) VALUES (?, ?, ?, ?) IF NOT EXISTS",
                        number(dimension),
                        bucket(name),
                        name,
                        number))
                .thenApply(_ -> Done.getInstance());
    }

    /** The first of so many numbers that nobody else gets. */
    private CompletionStage<Integer> draw(Dimension dimension, int many, int times) {
        var key = number(dimension);
        return store.read("SELECT next FROM ledger_next WHERE dimension = ?", key)
                .thenCompose(rows -> {
                    // Callers' numbers are bits, and 0 is nobody.
                    var next = rows.isEmpty() ? 1 : rows.getFirst().getInt(0);
                    var drawn = rows.isEmpty()
                            ? store.writeIf(
                                    "INSERT INTO ledger_next (dimension, next) VALUES (?, ?) IF NOT EXISTS",
                                    key,
                                    next + many)
                            : store.writeIf(
                                    "UPDATE ledger_next SET next = ? WHERE dimension = ? IF next = ?",
                                    next + many,
                                    key,
                                    next);
                    return drawn.thenCompose(isOurs -> {
                        if (isOurs) {
                            return CompletableFuture.completedStage(next);
                        }
                        return times > 1
                                ? draw(dimension, many, times - 1)
                                : CompletableFuture.failedStage(
                                        new IllegalStateException(dimension + ": no number was to be had"));
                    });
                });
    }

    CompletionStage<Optional<Map<Dimension, Integer>>> numbers(Filter filter) {
        CompletionStage<Optional<Map<Dimension, Integer>>> all =
                CompletableFuture.completedStage(Optional.of(new EnumMap<>(Dimension.class)));
        for (var dimension : Dimension.values()) {
            var name = CubeReader.name(filter, dimension);
            if (name != null) {
                all = all.thenCombine(
                        find(dimension, name),
                        (known, number) -> known.flatMap(it -> number.map(found -> {
                            it.put(dimension, found);
                            return it;
                        })));
            }
        }
        return all;
    }

    private CompletionStage<String> name(Dimension dimension, int number) {
        var key = new Coded(dimension, number);
        var known = names.get(key);
        if (known != null) {
            return CompletableFuture.completedStage(known);
        }
        return store.read(
                        "SELECT name FROM ledger_number WHERE dimension = ? AND number = ?", number(dimension), number)
                .thenApply(rows -> {
                    if (rows.isEmpty()) {
                        return "";
                    }
                    if (names.size() > REMEMBERED) {
                        names.clear();
                    }
                    var name = text(rows.getFirst(), 0);
                    names.put(key, name);
                    return name;
                });
    }

    CompletionStage<Map<Integer, String>> names(Dimension dimension, Collection<Integer> wanted) {
        var order = List.copyOf(Set.copyOf(wanted));
        return turns.all(order, number -> name(dimension, number)).thenApply(found -> {
            var known = new HashMap<Integer, String>();
            for (var i = 0; i < order.size(); i++) {
                known.put(order.get(i), found.get(i));
            }
            return known;
        });
    }

    /** A name and its number. */
    record Numbered(String name, int number) {}

    /** Those behind one, up to another, in the order of their bytes. */
    CompletionStage<List<Numbered>> between(Dimension dimension, String after, String before, int limit) {
        var buckets = IntStream.range(0, BUCKETS).boxed().toList();
        return turns.all(
                        buckets,
                        bucket -> turns.all(store.rows(
                                "SELECT name, number FROM ledger_name WHERE dimension = ? AND bucket = ?"
                                        + " AND name >= ? AND name < ? LIMIT ?",
                                number(dimension),
                                bucket,
                                after,
                                before,
                                limit)))
                .thenApply(pages -> {
                    var all = new ArrayList<Numbered>();
                    pages.forEach(page -> page.forEach(row -> all.add(new Numbered(text(row, 0), row.getInt(1)))));
                    all.sort((a, b) -> compare(a.name(), b.name()));
                    return all.subList(0, Math.min(limit, all.size()));
                });
    }

    /** By code points, as the bytes of UTF-8 are ordered; {@link String#compareTo} is not. */
    private static int compare(String a, String b) {
        return Arrays.compare(a.codePoints().toArray(), b.codePoints().toArray());
    }

    /** A column that is always there. */
    static String text(Row row, int column) {
        var text = row.getString(column);
        return text == null ? "" : text;
    }
}
