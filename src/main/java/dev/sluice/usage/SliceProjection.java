package dev.sluice.usage;

import dev.sluice.session.Exchange;
import dev.sluice.usage.SliceStore.Event;
import dev.sluice.usage.SliceStore.Head;
import dev.sluice.usage.SliceStore.InSession;
import dev.sluice.usage.SliceStore.Listed;
import dev.sluice.usage.SliceStore.RowKey;
import dev.sluice.usage.SliceStore.Value;
import dev.sluice.usage.SliceStore.Written;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.apache.pekko.Done;
import org.jspecify.annotations.Nullable;

/**
 * Adds the exchanges of one slice to sums in a store without transactions, each exactly once in effect.
 *
 * <p>A batch first writes what may be written twice, the exchanges as lists show them. Then it works out what its rows of sums will be, as
 * absolute values, and puts all of them into the slice's own row, together with the batch's number and how far the slice is: one write, on the
 * condition that the batch before is the slice's last one. That write is the moment in which the batch counts. Then the rows are written out.
 *
 * <p>So a writer that dies before that moment has changed no sum, and one that dies after it has its rows written out again by whoever takes
 * over, before anything else. Two that take themselves for the slice's writer cannot both make a batch of the same number; the one that comes
 * second gives up what it knows. And a row that the first one writes out late is older by its timestamp, the batch's number, than what the
 * second has written since, and changes nothing. No epoch is needed: the number of the batch is one.
 *
 * <p>Events may come again, and in any order among sessions: a session's row says up to which of its events it counts. If some of a session's
 * have not come, they are asked for.
 *
 * <p>One batch at a time, and after a failure there must be a new one of these.
 */
final class SliceProjection {
    /** Rows that are likely to be written again. */
    private static final int REMEMBERED = 50_000;

    /** Days with a set of names in memory, between batches. */
    private static final int DAYS = 16;

    private record Day(Dimension dimension, long day) {}

    private final int slice;
    private final SliceStore store;
    private final Map<RowKey, Value> remembered = new HashMap<>();
    private final Map<Day, Set<Integer>> seen = new HashMap<>();
    private Head head = Head.NONE;

    SliceProjection(int slice, SliceStore store) {
        this.slice = slice;
        this.store = store;
    }

    /** Finishes what the last writer began. Answers where to go on. */
    CompletionStage<String> begin() {
        return store.head(slice).thenCompose(found -> {
            head = found;
            return store.apply(slice, found.batch(), Redo.read(found.redo())).thenApply(_ -> found.reached());
        });
    }

    /** Fails when somebody else has moved the slice on since: another writer, or a rebuilding. */
    CompletionStage<Done> check() {
        return store.head(slice).thenApply(found -> {
            if (found.batch() != head.batch()) {
                throw new IllegalStateException("slice " + slice + " of the ledger: batch " + found.batch()
                        + " (expected: " + head.batch() + ", this writer's last)");
            }
            return Done.getInstance();
        });
    }

    CompletionStage<Done> add(List<Event> events) {
        var sessions = events.stream()
                .map(event -> RowKey.session(event.exchange().session()))
                .collect(Collectors.toSet());
        var batch = new Batch();
        return load(sessions)
                .thenCompose(_ -> withMissing(events))
                .thenCompose(all -> batch.begin(all, events.getLast().reached()))
                .thenApply(done -> {
                    if (remembered.size() > REMEMBERED) {
                        remembered.clear();
                    }
                    if (seen.size() > DAYS) {
                        seen.clear();
                    }
                    return done;
                });
    }

    /** Into memory: all that there are. */
    private CompletionStage<Done> load(Collection<RowKey> keys) {
        var wanted = keys.stream().filter(key -> !remembered.containsKey(key)).toList();
        if (wanted.isEmpty()) {
            return CompletableFuture.completedStage(Done.getInstance());
        }
        return store.rows(slice, wanted).thenApply(found -> {
            found.forEach((key, written) -> {
                if (counts(written)) {
                    remembered.put(key, written.value());
                }
            });
            return Done.getInstance();
        });
    }

    private boolean counts(Written row) {
        return row.batch() >= head.since();
    }

    private long sequence(String session) {
        var known = remembered.get(RowKey.session(session));
        return known == null ? 0 : known.sums()[Value.SESSION_SEQUENCE];
    }

    /** What is new of these, each session's in its order and without a gap. */
    private CompletionStage<List<Event>> withMissing(List<Event> events) {
        var reached = new HashMap<String, Long>();
        CompletionStage<List<Event>> all = CompletableFuture.completedStage(new ArrayList<>());
        for (var event : events) {
            var session = event.exchange().session();
            var before = reached.computeIfAbsent(session, this::sequence);
            if (event.sequence() <= before) {
                continue;
            }
            reached.put(session, event.sequence());
            if (event.sequence() > before + 1) {
                all = all.thenCombine(store.missing(session, before + 1, event.sequence() - 1), (list, missing) -> {
                    list.addAll(missing);
                    return list;
                });
            }
            all = all.thenApply(list -> {
                list.add(event);
                return list;
            });
        }
        return all;
    }

    /** What is worked out of some events. */
    private final class Batch {
        private final Map<Day, Set<String>> newNames = new HashMap<>();
        private final Map<Dimension, Map<String, Integer>> numbers = new EnumMap<>(Dimension.class);
        private final Tally tally = new Tally();
        private final Map<String, Sum> sessions = new LinkedHashMap<>();
        private final Map<String, Event> latest = new HashMap<>();
        private final Map<String, Integer> owners = new HashMap<>();
        private final Map<Integer, Sum> callers = new HashMap<>();
        private final Map<Long, BitSet> there = new HashMap<>();
        private final Map<Long, Long> begun = new HashMap<>();

        CompletionStage<Done> begin(List<Event> events, String reached) {
            if (events.isEmpty()) {
                // Nothing to add: where it goes on comes with the next batch.
                return CompletableFuture.completedStage(Done.getInstance());
            }
            return store.recorded(events).thenCompose(recorded -> {
                var once = once(events, recorded);
                return seen(once).thenCompose(_ -> names(once)).thenCompose(_ -> {
                    var listed = once.stream().map(this::listed).toList();
                    // Those first: an exchange that counts is one that can be found.
                    return store.list(slice, listed).thenCompose(_ -> sums(events, listed, reached));
                });
            });
        }

        /** Of what was recorded twice in one session, the first. */
        private List<Event> once(List<Event> events, Map<InSession, Long> recorded) {
            var first = new HashMap<>(recorded);
            return events.stream()
                    .filter(event -> {
                        var key = new InSession(
                                event.exchange().requestId(), event.exchange().session());
                        return first.merge(key, event.sequence(), Math::min) == event.sequence();
                    })
                    .toList();
        }

        private CompletionStage<Done> seen(List<Event> events) {
            var days = events.stream()
                    .map(event -> day(event.exchange()))
                    .filter(day -> !seen.containsKey(new Day(Dimension.MODEL, day)))
                    .collect(Collectors.toSet());
            CompletionStage<Done> all = CompletableFuture.completedStage(Done.getInstance());
            for (var day : days) {
                all = all.thenCombine(store.day(slice, Cube.ALL, day), (_, rows) -> see(day, Cube.ALL, rows))
                        .thenCombine(store.day(slice, Cube.TOOLS, day), (_, rows) -> see(day, Cube.TOOLS, rows));
            }
            return all;
        }

        private Done see(long day, Cube cube, Map<Cell, Written> rows) {
            var dimensions = cube.equals(Cube.ALL) ? cube.dimensions() : List.of(Dimension.TOOL);
            for (var dimension : dimensions) {
                seen.put(
                        new Day(dimension, day),
                        rows.entrySet().stream()
                                .filter(row -> counts(row.getValue()))
                                .map(row -> row.getKey().at(dimension))
                                .collect(Collectors.toCollection(HashSet::new)));
            }
            return Done.getInstance();
        }

        private CompletionStage<Done> names(List<Event> events) {
            CompletionStage<Done> all = CompletableFuture.completedStage(Done.getInstance());
            for (var dimension : Dimension.values()) {
                var names = events.stream()
                        .flatMap(event -> namesOf(dimension, event.exchange()).stream())
                        .collect(Collectors.toSet());
                names.add(Dimension.OTHER);
                all = all.thenCombine(numbers(dimension, names, events), (done, _) -> done);
            }
            return all;
        }

        private CompletionStage<Done> numbers(Dimension dimension, Set<String> names, List<Event> events) {
            return store.find(dimension, names)
                    .thenCompose(known -> {
                        numbers.put(dimension, new HashMap<>(known));
                        var used = new TreeSet<String>();
                        for (var event : events) {
                            for (var name : namesOf(dimension, event.exchange())) {
                                used.add(capped(dimension, day(event.exchange()), name));
                            }
                        }
                        used.removeAll(known.keySet());
                        return used.isEmpty()
                                ? CompletableFuture.completedStage(Map.<String, Integer>of())
                                : store.number(dimension, used);
                    })
                    .thenApply(given -> {
                        known(dimension).putAll(given);
                        return Done.getInstance();
                    });
        }

        private Map<String, Integer> known(Dimension dimension) {
            return numbers.computeIfAbsent(dimension, _ -> new HashMap<>());
        }

        /** The name, or that of all beyond as many new ones as a day may have in a slice. */
        private String capped(Dimension dimension, long day, String name) {
            if (dimension == Dimension.USER) {
                return name;
            }
            var key = new Day(dimension, day);
            var old = seen.getOrDefault(key, Set.of());
            var fresh = newNames.computeIfAbsent(key, _ -> new HashSet<>());
            var number = known(dimension).get(name);
            if ((number != null && old.contains(number)) || fresh.contains(name)) {
                return name;
            }
            if (old.size() + fresh.size() >= dimension.cap()) {
                return Dimension.OTHER;
            }
            fresh.add(name);
            return name;
        }

        private int number(Dimension dimension, long day, String name) {
            var number = known(dimension).get(capped(dimension, day, name));
            if (number == null) {
                throw new IllegalStateException(dimension + ": a name without a number");
            }
            return number;
        }

        private Listed listed(Event event) {
            var exchange = event.exchange();
            var day = day(exchange);
            var cell = new Cell(
                    Level.HOUR.of(exchange.started()),
                    number(Dimension.USER, day, exchange.login()),
                    number(Dimension.MODEL, day, Dimension.cut(exchange.model())),
                    number(Dimension.PROVIDER, day, Dimension.cut(exchange.provider())),
                    number(Dimension.AGENT, day, Agent.of(exchange.userAgent())),
                    0);
            var tools = exchange.tools().stream()
                    .map(tool -> number(Dimension.TOOL, day, Dimension.cut(tool.name())))
                    .collect(Collectors.toCollection(TreeSet::new));
            return new Listed(event, cell, tools);
        }

        /** @param events those that count for nothing, too: they are behind us */
        private CompletionStage<Done> sums(List<Event> events, List<Listed> listed, String reached) {
            events.forEach(event -> latest.put(event.exchange().session(), event));
            listed.forEach(this::add);
            var more = changes();
            return load(more.keySet()).thenCompose(_ -> {
                var rows = new LinkedHashMap<RowKey, Value>();
                more.forEach((key, change) -> rows.put(key, sum(key, remembered.get(key), change)));
                return commit(rows, reached);
            });
        }

        private void add(Listed listed) {
            var exchange = listed.event().exchange();
            var cell = listed.cell();
            var day = day(exchange);
            var isNew = sequence(exchange.session()) == 0 && !sessions.containsKey(exchange.session());
            sessions.computeIfAbsent(exchange.session(), _ -> new Sum()).add(exchange);
            owners.putIfAbsent(exchange.session(), cell.user());
            var own = callers.computeIfAbsent(cell.user(), _ -> new Sum());
            own.add(exchange);
            own.sessions += isNew ? 1 : 0;
            tally.add(cell, exchange, isNew);
            there.computeIfAbsent(day, _ -> new BitSet()).set(cell.user());
            begun.merge(day, isNew ? 1L : 0L, Long::sum);
            var calls = new HashMap<Integer, Long>();
            for (var tool : exchange.tools()) {
                calls.merge(number(Dimension.TOOL, day, Dimension.cut(tool.name())), 1L, Long::sum);
            }
            calls.forEach((tool, times) ->
                    tally.addCalls(new Cell(cell.period(), cell.user(), cell.model(), 0, 0, tool), times));
        }

        private Map<RowKey, Value> changes() {
            var changes = new LinkedHashMap<RowKey, Value>();
            for (var cube : Cube.EVERY) {
                for (var level : cube.levels()) {
                    tally.cells(cube, level)
                            .forEach((cell, sums) ->
                                    changes.put(RowKey.of(cube, level, cell), new Value(sums, Value.NO_BITS, "")));
                }
            }
            callers.forEach((number, sum) -> {
                var sums = Arrays.copyOf(sum.values(), Sum.VALUES + 1);
                sums[Value.CALLER_SESSIONS] = sum.sessions;
                changes.put(RowKey.caller(number), new Value(sums, Value.NO_BITS, ""));
            });
            there.forEach((day, bits) -> changes.put(
                    RowKey.day(day), new Value(new long[] {begun.getOrDefault(day, 0L)}, bits.toByteArray(), "")));
            latest.forEach((session, event) -> {
                var sum = sessions.get(session);
                var sums = new long[Sum.VALUES + 2];
                if (sum != null) {
                    System.arraycopy(sum.values(), 0, sums, 0, Sum.VALUES);
                }
                sums[Value.SESSION_CALLER] = owners.getOrDefault(session, 0);
                sums[Value.SESSION_SEQUENCE] = event.sequence();
                changes.put(
                        RowKey.session(session),
                        new Value(sums, Value.NO_BITS, event.exchange().format()));
            });
            return changes;
        }

        private static Value sum(RowKey key, @Nullable Value before, Value change) {
            if (before == null) {
                return change;
            }
            var sums = before.sums().clone();
            var more = change.sums();
            switch (key.kind()) {
                case RowKey.SESSION -> {
                    if (more[2] > 0) {
                        Sum.add(sums, more);
                    }
                    sums[Value.SESSION_SEQUENCE] = more[Value.SESSION_SEQUENCE];
                }
                case RowKey.CALLER -> {
                    Sum.add(sums, more);
                    sums[Value.CALLER_SESSIONS] += more[Value.CALLER_SESSIONS];
                }
                default -> Rollups.add(sums, more);
            }
            var bits = BitSet.valueOf(before.bits());
            bits.or(BitSet.valueOf(change.bits()));
            return new Value(sums, bits.toByteArray(), before.format());
        }

        private CompletionStage<Done> commit(Map<RowKey, Value> rows, String reached) {
            var number = head.batch() + 1;
            return store.commit(slice, number, reached, Redo.print(rows)).thenCompose(isOurs -> {
                if (!isOurs) {
                    throw new IllegalStateException("slice " + slice + " of the ledger: batch " + number
                            + " is another writer's (expected: one writer)");
                }
                head = new Head(number, head.since(), reached, new byte[0]);
                remembered.putAll(rows);
                newNames.forEach((day, names) -> names.forEach(name -> {
                    var given = known(day.dimension()).get(name);
                    if (given != null) {
                        seen.computeIfAbsent(day, _ -> new HashSet<>()).add(given);
                    }
                }));
                return store.apply(slice, number, rows);
            });
        }
    }

    private static long day(Exchange exchange) {
        return Level.DAY.of(Level.HOUR.of(exchange.started()));
    }

    private static Set<String> namesOf(Dimension dimension, Exchange exchange) {
        return switch (dimension) {
            case USER -> Set.of(exchange.login());
            case MODEL -> Set.of(Dimension.cut(exchange.model()));
            case PROVIDER -> Set.of(Dimension.cut(exchange.provider()));
            case AGENT -> Set.of(Agent.of(exchange.userAgent()));
            case TOOL ->
                exchange.tools().stream()
                        .map(tool -> Dimension.cut(tool.name()))
                        .collect(Collectors.toSet());
        };
    }
}
