package dev.sluice.usage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.session.Exchange;
import dev.sluice.session.ExchangeRecorded;
import dev.sluice.usage.SliceStore.Event;
import dev.sluice.usage.SliceStore.RowKey;
import dev.sluice.usage.SliceStore.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.pekko.Done;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One slice of the ledger under every fault that a store and its writers can have; sums must be exact to the last one. */
class SliceProjectionTest {
    private static final int SLICE = 3;
    private static final int STEPS = 60_000;

    private final Map<String, Integer> names = new HashMap<>();
    private final Map<String, List<Event>> journal = new LinkedHashMap<>();
    private final List<Event> events = new ArrayList<>();

    /** Session by session numbered, in the order of a tag. */
    private void fill(long seed) {
        for (var entry : ProjectionTest.entries(new Random(seed))) {
            var exchange = entry.exchange();
            if (ExchangeRecorded.slice(exchange.session()) < 4) {
                var own = journal.computeIfAbsent(exchange.session(), _ -> new ArrayList<>());
                var event = new Event(own.size() + 1L, exchange, Integer.toString(events.size() + 1));
                own.add(event);
                events.add(event);
            }
        }
    }

    /** A writer that follows the journal in batches, some of which come again, and some events of which do not come at all. */
    private final class Writer {
        private final FaultyStore.Way way;
        private final SliceProjection projection;
        private final Random random;
        private CompletableFuture<String> beginning;
        private @Nullable CompletableFuture<Done> running;
        private int next = -1;

        Writer(FaultyStore store, Random random) {
            this.random = random;
            way = store.new Way();
            projection = new SliceProjection(SLICE, way);
            beginning = projection.begin().toCompletableFuture();
        }

        boolean hasFailed() {
            var now = running;
            return beginning.isCompletedExceptionally() || (now != null && now.isCompletedExceptionally());
        }

        boolean isDone() {
            var now = running;
            return next == events.size() && now != null && now.isDone() && !hasFailed();
        }

        void goOn() {
            var now = running;
            if (!beginning.isDone() || hasFailed() || (now != null && !now.isDone()) || next == events.size()) {
                return;
            }
            if (next < 0) {
                var reached = beginning.resultNow();
                next = reached.isEmpty() ? 0 : Integer.parseInt(reached);
            }
            // Now and then from further back, as a tag's order may have it.
            var from = random.nextInt(4) == 0 ? Math.max(0, next - random.nextInt(30)) : next;
            var to = Math.min(events.size(), next + 1 + random.nextInt(40));
            var batch = new ArrayList<>(events.subList(from, to));
            if (batch.size() > 2 && to < events.size()) {
                // Its session's next event tells that it is missing.
                var late = batch.get(random.nextInt(batch.size() - 1));
                var isFollowed = events.subList(to, events.size()).stream()
                        .anyMatch(it ->
                                it.exchange().session().equals(late.exchange().session()));
                if (isFollowed) {
                    batch.remove(late);
                }
            }
            next = to;
            running = projection.add(batch).toCompletableFuture();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void countsEachExchangeOnceWhateverFails(long seed) {
        fill(seed);
        var random = new Random(seed);
        var store = new FaultyStore(random, names, journal);
        var writers = new ArrayList<Writer>();
        var lives = 0;
        var anew = seed % 2 == 0 ? 20_000 : -1;

        for (var step = 0; step < STEPS; step++) {
            // One as a rule, and two where one is moved while it still writes.
            if (writers.isEmpty() || (writers.size() < 2 && random.nextInt(1500) == 0)) {
                writers.add(new Writer(store, random));
                lives++;
            }
            for (var writer : List.copyOf(writers)) {
                writer.goOn();
                if (writer.hasFailed() || random.nextInt(2500) == 0) {
                    writer.way.die();
                    writers.remove(writer);
                }
            }
            if (step == anew) {
                store.buildAnew(SLICE);
            }
            if (!store.isIdle()) {
                store.step();
            }
        }
        writers.forEach(writer -> writer.way.die());
        finish(store, random);

        assertThat(lives).isGreaterThan(10);
        assertThat(differences(told(store), told(undisturbed()))).isEmpty();
        assertThat(total(store)).isEqualTo(expected());
        assertThat(store.listed()).hasSize(once().size());
    }

    /** A last writer comes to the end. */
    private void finish(FaultyStore store, Random random) {
        var last = new Writer(store, random);
        while (!last.isDone()) {
            if (last.hasFailed()) {
                last.way.die();
                last = new Writer(store, random);
            }
            last.goOn();
            if (!store.isIdle()) {
                store.step();
            }
            if (last.next == events.size() && last.running == null) {
                return;
            }
        }
        while (!store.isIdle()) {
            store.step();
        }
    }

    /** All at once, in a store of its own. */
    private FaultyStore undisturbed() {
        var store = new FaultyStore(new Random(0), names, journal);
        finish(store, new Random(0));
        return store;
    }

    private List<Exchange> once() {
        var once = new LinkedHashMap<String, Exchange>();
        events.forEach(it -> once.putIfAbsent(it.exchange().requestId(), it.exchange()));
        return List.copyOf(once.values());
    }

    private List<Long> expected() {
        var exchanges = once();
        return List.of(
                (long) exchanges.size(),
                exchanges.stream()
                        .mapToLong(it -> it.costNanos() == null ? 0 : it.costNanos())
                        .sum(),
                exchanges.stream().map(Exchange::session).distinct().count());
    }

    private static List<Long> total(FaultyStore store) {
        var callers = store.rows(SLICE).entrySet().stream()
                .filter(row -> row.getKey().kind() == RowKey.kind(Cube.CALLERS, Level.DAY))
                .map(row -> row.getValue().sums())
                .toList();
        return List.of(
                callers.stream().mapToLong(it -> it[0]).sum(),
                callers.stream().mapToLong(it -> it[6]).sum(),
                callers.stream().mapToLong(it -> it[Cube.SESSIONS]).sum());
    }

    private static Map<String, String> told(FaultyStore store) {
        return store.rows(SLICE).entrySet().stream()
                .collect(Collectors.toMap(
                        row -> row.getKey().toString(), row -> print(row.getValue()), (a, _) -> a, TreeMap::new));
    }

    private static List<String> differences(Map<String, String> is, Map<String, String> expected) {
        return Stream.concat(is.keySet().stream(), expected.keySet().stream())
                .distinct()
                .filter(key -> !Objects.equals(is.get(key), expected.get(key)))
                .map(key -> key + ": " + is.get(key) + " (expected: " + expected.get(key) + ")")
                .toList();
    }

    private static String print(Value value) {
        return Arrays.toString(value.sums()) + Arrays.toString(value.bits()) + value.format();
    }
}
