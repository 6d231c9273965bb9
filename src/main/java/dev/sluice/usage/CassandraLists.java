package dev.sluice.usage;

import com.datastax.oss.driver.api.core.cql.Row;
import dev.sluice.cassandra.CassandraStore;
import dev.sluice.session.ExchangeRecorded;
import dev.sluice.usage.CassandraRollups.Since;
import dev.sluice.usage.Ledger.CallerRow;
import dev.sluice.usage.Ledger.SessionRow;
import dev.sluice.usage.Reports.LogFilter;
import dev.sluice.usage.Reports.LogRow;
import dev.sluice.usage.Reports.Page;
import dev.sluice.usage.Reports.Tokens;
import dev.sluice.usage.SliceStore.RowKey;
import dev.sluice.usage.SliceStore.Value;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Lists of exchanges, sessions and callers in Cassandra, page by page. */
final class CassandraLists {
    /** As of SQLite's: the rarest combination costs no more than any other, but more pages. */
    private static final int LOOKED_AT = 10_000;

    /** Of a scope, in a page: each is a request to each slice that has something in it. */
    private static final int HOURS = 400;

    /** Hours' slices that are read at a time; more than one hour's. */
    private static final int HOUR_ROWS = 64;

    private static final int LEAST = 16;
    private static final int MOST = 1000;

    /** Behind all names. */
    private static final String END = Character.toString(Character.MAX_CODE_POINT);

    private static final String ROW =
            "SELECT number, request, session, sequence, caller, model, provider, agent, status, outcome, stream, tokens,"
                    + " cost, millis, first_millis, calls, tools FROM ledger_exchange"
                    + " WHERE scope = ? AND hour = ? AND slice = ?";

    private final CassandraStore store;
    private final Turns turns;
    private final CassandraNames names;

    CassandraLists(CassandraStore store, Turns turns, CassandraNames names) {
        this.store = store;
        this.turns = turns;
        this.names = names;
    }

    private static long hourOf(long number) {
        return Math.floorDiv(number >> Projection.SEQUENCE_BITS, 3_600_000L);
    }

    private static long firstOf(long hour) {
        return Projection.number(hour * 3_600_000L, 0);
    }

    // --- hours

    private record Hour(long hour, List<Integer> slices) {}

    /** Hours of a scope in which there is anything, the latest first, some at a time. */
    private final class Hours {
        private final int scope;
        private final long first;
        private long last;
        private @Nullable List<Long> months;

        Hours(int scope, long first, long last) {
            this.scope = scope;
            this.first = first;
            this.last = last;
        }

        /** Empty at the end. */
        CompletionStage<List<Hour>> next() {
            if (months == null) {
                return store.read(
                                "SELECT month FROM ledger_month WHERE scope = ? AND month >= ? AND month <= ?",
                                scope,
                                Math.floorDiv(first, CassandraSlices.HOURS_A_MONTH),
                                Math.floorDiv(last, CassandraSlices.HOURS_A_MONTH))
                        .thenCompose(rows -> {
                            months = new ArrayList<>(
                                    rows.stream().map(row -> row.getLong(0)).toList());
                            return next();
                        });
            }
            var left = months;
            if (left.isEmpty()) {
                return CompletableFuture.completedStage(List.of());
            }
            return turns.all(store.rows(
                            "SELECT hour, slice FROM ledger_hour WHERE scope = ? AND month = ? AND hour >= ?"
                                    + " AND hour <= ? LIMIT ?",
                            scope,
                            left.getFirst(),
                            first,
                            last,
                            HOUR_ROWS))
                    .thenCompose(rows -> {
                        var hours = new TreeMap<Long, List<Integer>>(Comparator.reverseOrder());
                        rows.forEach(row -> hours.computeIfAbsent(row.getLong(0), _ -> new ArrayList<>())
                                .add(row.getInt(1)));
                        if (rows.size() == HOUR_ROWS) {
                            // Slices of the last one may be missing.
                            hours.pollLastEntry();
                        } else {
                            left.removeFirst();
                        }
                        if (hours.isEmpty()) {
                            return next();
                        }
                        last = hours.lastKey() - 1;
                        return CompletableFuture.completedStage(hours.entrySet().stream()
                                .map(it -> new Hour(it.getKey(), it.getValue()))
                                .toList());
                    });
        }
    }

    // --- exchanges

    /** An exchange's row, in numbers. */
    private record Numbered(
            long number,
            String request,
            String session,
            long sequence,
            Map<Dimension, Integer> names,
            int status,
            int outcome,
            boolean stream,
            List<Long> tokens,
            long cost,
            long millis,
            long firstMillis,
            int calls,
            Set<Integer> tools) {
        static final Comparator<Numbered> LATEST_FIRST = Comparator.comparingLong(Numbered::number)
                .reversed()
                .thenComparing(Numbered::request)
                .thenComparing(Numbered::session);

        static Numbered of(Row row) {
            var numbers = new EnumMap<Dimension, Integer>(Dimension.class);
            numbers.put(Dimension.USER, row.getInt(4));
            numbers.put(Dimension.MODEL, row.getInt(5));
            numbers.put(Dimension.PROVIDER, row.getInt(6));
            numbers.put(Dimension.AGENT, row.getInt(7));
            var tools = row.getSet(16, Integer.class);
            return new Numbered(
                    row.getLong(0),
                    CassandraNames.text(row, 1),
                    CassandraNames.text(row, 2),
                    row.getLong(3),
                    numbers,
                    row.getInt(8),
                    row.getInt(9),
                    row.getBoolean(10),
                    Objects.requireNonNullElse(row.getList(11, Long.class), List.of()),
                    row.getLong(12),
                    row.getLong(13),
                    row.getLong(14),
                    row.getInt(15),
                    tools == null ? Set.of() : tools);
        }
    }

    CompletionStage<Page<LogRow>> logs(LogFilter filter, int limit, @Nullable String before) {
        return names.numbers(filter.filter()).thenCompose(found -> {
            var session = filter.session();
            if (found.isEmpty()) {
                return nothing();
            }
            var numbers = found.get();
            var from = Projection.number(filter.span().from().toEpochMilli(), 0);
            var to = Projection.number(filter.span().to().toEpochMilli(), 0);
            if (before != null) {
                to = Math.min(to, Long.parseLong(before));
            }
            if (session == null) {
                return new Walk(scope(filter, numbers), null, matching(filter, numbers), limit, from).to(to);
            }
            return ofSession(filter, session, numbers, limit, from, to);
        });
    }

    private static CompletionStage<Page<LogRow>> nothing() {
        return CompletableFuture.completedStage(new Page<>(List.of(), null));
    }

    /** It is its caller's, and lies in one slice. */
    private CompletionStage<Page<LogRow>> ofSession(
            LogFilter filter, String session, Map<Dimension, Integer> numbers, int limit, long from, long to) {
        return sessionSums(session).thenCompose(found -> {
            var owner = found.map(it -> (int) it.sums()[Value.SESSION_CALLER]).orElse(0);
            if (found.isEmpty() || !numbers.getOrDefault(Dimension.USER, owner).equals(owner)) {
                return nothing();
            }
            var sums = found.get().sums();
            var first = Projection.number(LedgerTables.instant(sums[0]).toEpochMilli(), 0);
            var last = Projection.number(LedgerTables.instant(sums[1]).toEpochMilli() + 1, 0);
            return new Walk(
                            owner,
                            ExchangeRecorded.slice(session),
                            matching(filter, numbers),
                            limit,
                            Math.max(from, first))
                    .to(Math.min(to, last));
        });
    }

    private static int scope(LogFilter filter, Map<Dimension, Integer> numbers) {
        var user = numbers.get(Dimension.USER);
        if (user != null) {
            return user;
        }
        var status = filter.status();
        var outcome = filter.outcome();
        var isOfTroubled = (status != null && (status >= 400 || (status < 10 && status >= 4)))
                || (outcome != null && LedgerTables.number(outcome) > 0);
        return isOfTroubled ? CassandraSlices.TROUBLED : CassandraSlices.ALL;
    }

    private static Predicate<Numbered> matching(LogFilter filter, Map<Dimension, Integer> numbers) {
        var tool = numbers.get(Dimension.TOOL);
        var status = filter.status();
        var outcome = filter.outcome();
        var stream = filter.stream();
        var cost = filter.minCostNanos();
        return row -> numbers.entrySet().stream()
                        .allMatch(it -> it.getKey() == Dimension.TOOL
                                || it.getValue().equals(row.names().get(it.getKey())))
                && (tool == null || row.tools().contains(tool))
                && (status == null || row.status() == status || (status < 10 && row.status() / 100 == status))
                && (outcome == null || row.outcome() == LedgerTables.number(outcome))
                && (filter.session() == null || filter.session().equals(row.session()))
                && (stream == null || row.stream() == stream)
                && (cost == null || (row.cost() != CassandraSlices.NO_COST && row.cost() >= cost))
                && (!filter.withTools() || row.calls() > 0);
    }

    /** A page of logs on its way: from the latest back, hour by hour, in each from all slices at once. */
    private final class Walk {
        private final int scope;
        private final @Nullable Integer slice;
        private final Predicate<Numbered> matching;
        private final int limit;
        private final long from;
        private final List<Numbered> found = new ArrayList<>();
        private int lookedAt;
        private int hours;

        Walk(int scope, @Nullable Integer slice, Predicate<Numbered> matching, int limit, long from) {
            this.scope = scope;
            this.slice = slice;
            this.matching = matching;
            this.limit = limit;
            this.from = from;
        }

        CompletionStage<Page<LogRow>> to(long to) {
            return from >= to ? nothing() : hours(new Hours(scope, hourOf(from), hourOf(to - 1)), to);
        }

        private CompletionStage<Page<LogRow>> hours(Hours left, long to) {
            return left.next()
                    .thenCompose(some -> some.isEmpty()
                            ? page(null)
                            : hours(some, to).thenCompose(end -> end.isPresent() ? page(end.get()) : hours(left, to)));
        }

        /** @return where the next page begins, if this one ends here */
        private CompletionStage<Optional<Long>> hours(List<Hour> some, long to) {
            CompletionStage<Optional<Long>> end = CompletableFuture.completedStage(Optional.empty());
            for (var hour : some) {
                var slices = slice == null
                        ? hour.slices()
                        : hour.slices().contains(slice) ? List.of(slice) : List.<Integer>of();
                var start = Math.max(from, firstOf(hour.hour()));
                var close = Math.min(to, firstOf(hour.hour() + 1));
                end = end.thenCompose(reached -> reached.isPresent() || slices.isEmpty()
                        ? CompletableFuture.completedStage(reached)
                        : hour(hour.hour(), slices, start, close, Math.clamp(limit / 8, LEAST, MOST)));
            }
            return end;
        }

        /** What of an hour lies in [start, close), in turns of so many rows a slice. */
        private CompletionStage<Optional<Long>> hour(
                long hour, List<Integer> slices, long start, long close, int chunk) {
            return turns.all(
                            slices,
                            it -> turns.all(store.rows(
                                    ROW + " AND number >= ? AND number < ? LIMIT ?",
                                    scope,
                                    hour,
                                    it,
                                    start,
                                    close,
                                    chunk)))
                    .thenCompose(pages -> {
                        // What lies above the last row of each slice that has more has all been read.
                        var floor = Long.MIN_VALUE;
                        for (var page : pages) {
                            if (page.size() == chunk) {
                                floor = Math.max(floor, page.getLast().getLong(0));
                            }
                        }
                        var complete = floor;
                        pages.stream()
                                .flatMap(List::stream)
                                .map(Numbered::of)
                                .filter(row -> row.number() > complete)
                                .sorted(Numbered.LATEST_FIRST)
                                .forEach(row -> {
                                    lookedAt++;
                                    if (matching.test(row)) {
                                        found.add(row);
                                    }
                                });
                        if (isFull()) {
                            return CompletableFuture.completedStage(
                                    Optional.of(found.get(limit - 1).number()));
                        }
                        if (complete == Long.MIN_VALUE) {
                            hours++;
                            return CompletableFuture.completedStage(isTired() ? Optional.of(start) : Optional.empty());
                        }
                        if (isTired()) {
                            return CompletableFuture.completedStage(Optional.of(complete + 1));
                        }
                        // More at a time, the less there was: and always more than share one number.
                        return hour(hour, slices, start, complete + 1, Math.min(MOST, 4 * chunk));
                    });
        }

        private boolean isFull() {
            return found.size() > limit
                    && found.getLast().number() < found.get(limit - 1).number();
        }

        private boolean isTired() {
            return lookedAt >= LOOKED_AT || hours >= HOURS;
        }

        /** @param next null where nothing is left */
        private CompletionStage<Page<LogRow>> page(@Nullable Long next) {
            var rows = found.stream()
                    .filter(row -> next == null || row.number() >= next)
                    .toList();
            return told(rows).thenApply(all -> new Page<>(all, next == null || next <= from ? null : next.toString()));
        }
    }

    private CompletionStage<List<LogRow>> told(List<Numbered> rows) {
        CompletionStage<Map<Dimension, Map<Integer, String>>> all =
                CompletableFuture.completedStage(new EnumMap<>(Dimension.class));
        for (var dimension : List.of(Dimension.USER, Dimension.MODEL, Dimension.PROVIDER, Dimension.AGENT)) {
            var wanted = new HashSet<Integer>();
            rows.forEach(row -> wanted.add(row.names().getOrDefault(dimension, 0)));
            all = all.thenCombine(names.names(dimension, wanted), (known, some) -> {
                known.put(dimension, some);
                return known;
            });
        }
        return all.thenApply(known -> rows.stream().map(row -> told(row, known)).toList());
    }

    private static LogRow told(Numbered row, Map<Dimension, Map<Integer, String>> known) {
        Function<Dimension, String> name = dimension ->
                known.getOrDefault(dimension, Map.of()).getOrDefault(row.names().getOrDefault(dimension, 0), "");
        var tokens = row.tokens();
        return new LogRow(
                row.request(),
                Instant.ofEpochMilli(row.number() >> Projection.SEQUENCE_BITS),
                row.sequence(),
                row.session(),
                name.apply(Dimension.USER),
                name.apply(Dimension.MODEL),
                name.apply(Dimension.PROVIDER),
                name.apply(Dimension.AGENT),
                row.status(),
                LedgerTables.outcome(row.outcome()),
                row.stream(),
                tokens.isEmpty()
                        ? null
                        : new Tokens(tokens.get(0), tokens.get(1), tokens.get(2), tokens.get(3), tokens.get(4)),
                row.cost() == CassandraSlices.NO_COST ? null : row.cost(),
                row.millis(),
                row.firstMillis(),
                row.calls());
    }

    /** Where an exchange is. */
    record Place(String request, String session, long number, long sequence) {}

    /** Of a request; nearly always one, the first begun first. */
    CompletionStage<List<Place>> places(String requestId) {
        return store.read("SELECT session, number, sequence FROM ledger_request WHERE request = ?", requestId)
                .thenApply(rows -> rows.stream()
                        .map(row -> new Place(requestId, CassandraNames.text(row, 0), row.getLong(1), row.getLong(2)))
                        .sorted(Comparator.comparingLong(Place::number).thenComparing(Place::session))
                        .toList());
    }

    CompletionStage<List<LogRow>> logs(List<String> requestIds) {
        return turns.all(requestIds, this::places)
                .thenCompose(found -> turns.all(
                        found.stream().flatMap(List::stream).toList(),
                        place -> store.read(
                                ROW + " AND number = ? AND request = ? AND session = ?",
                                CassandraSlices.ALL,
                                hourOf(place.number()),
                                ExchangeRecorded.slice(place.session()),
                                place.number(),
                                place.request(),
                                place.session())))
                .thenCompose(rows -> told(
                        rows.stream().flatMap(List::stream).map(Numbered::of).toList()));
    }

    // --- sessions

    /** A session's own row, if it is one that counts and has an exchange. */
    CompletionStage<Optional<Value>> sessionSums(String session) {
        return CassandraRollups.since(store).thenCompose(since -> sessionSums(session, since));
    }

    private CompletionStage<Optional<Value>> sessionSums(String session, Since since) {
        return store.read(CassandraSlices.SESSION, session)
                .thenApply(rows -> rows.stream()
                        .map(CassandraSlices::session)
                        .filter(it -> since.counts(ExchangeRecorded.slice(session), it.batch()))
                        .map(SliceStore.Written::value)
                        .filter(it -> it.sums()[2] > 0)
                        .findFirst());
    }

    private record Used(String session, long last) {}

    private record Found(String session, Value value) {}

    CompletionStage<List<SessionRow>> sessions(@Nullable String login, int limit, @Nullable Instant before) {
        var end = before == null ? Long.MAX_VALUE : LedgerTables.nanos(before);
        var user = login == null
                ? CompletableFuture.completedStage(Optional.of(CassandraSlices.ALL))
                : names.find(Dimension.USER, Set.of(login)).thenApply(it -> Optional.ofNullable(it.get(login)));
        return user.thenCompose(scope -> scope.isEmpty()
                        ? CompletableFuture.completedStage(List.<Found>of())
                        : CassandraRollups.since(store)
                                .thenCompose(since -> used(
                                        scope.get(),
                                        since,
                                        new Hours(
                                                scope.get(),
                                                Level.HOUR.of(LedgerTables.instant(Long.MIN_VALUE)),
                                                Level.HOUR.of(LedgerTables.instant(end))),
                                        limit,
                                        end,
                                        new ArrayList<>())))
                .thenCompose(this::sessionRows);
    }

    private CompletionStage<List<Found>> used(
            int scope, Since since, Hours hours, int limit, long end, List<Found> found) {
        return hours.next().thenCompose(some -> {
            CompletionStage<List<Found>> all = CompletableFuture.completedStage(found);
            for (var hour : some) {
                all = all.thenCompose(sofar -> sofar.size() >= limit
                        ? CompletableFuture.completedStage(sofar)
                        : usedIn(scope, hour, end)
                                .thenCompose(candidates -> verified(candidates, since, limit, sofar)));
            }
            return all.thenCompose(sofar -> some.isEmpty() || sofar.size() >= limit
                    ? CompletableFuture.completedStage(sofar)
                    : used(scope, since, hours, limit, end, sofar));
        });
    }

    /** The last used first. */
    private CompletionStage<List<Used>> usedIn(int scope, Hour hour, long end) {
        return turns.all(
                        hour.slices(),
                        slice -> turns.all(store.rows(
                                "SELECT session, last FROM ledger_session_used WHERE scope = ? AND hour = ? AND slice = ?",
                                scope,
                                hour.hour(),
                                slice)))
                .thenApply(pages -> pages.stream()
                        .flatMap(List::stream)
                        .map(row -> new Used(CassandraNames.text(row, 0), row.getLong(1)))
                        .filter(it -> it.last() < end)
                        .sorted(Comparator.comparingLong(Used::last).reversed().thenComparing(Used::session))
                        .toList());
    }

    /** Those of them that were not used again since, up to a page, and all of its last one's instant. */
    private CompletionStage<List<Found>> verified(List<Used> candidates, Since since, int limit, List<Found> found) {
        if (candidates.isEmpty()) {
            return CompletableFuture.completedStage(found);
        }
        var most = Math.min(candidates.size(), limit);
        var some = candidates.subList(0, most);
        return turns.all(some, it -> sessionSums(it.session(), since)).thenCompose(sums -> {
            for (var i = 0; i < some.size(); i++) {
                var candidate = some.get(i);
                var isNext = found.size() < limit || found.getLast().value().sums()[1] == candidate.last();
                if (isNext) {
                    sums.get(i)
                            .filter(it -> it.sums()[1] == candidate.last())
                            .ifPresent(it -> found.add(new Found(candidate.session(), it)));
                }
            }
            var rest = candidates.subList(most, candidates.size());
            var isDone = found.size() >= limit
                    && (rest.isEmpty()
                            || rest.getFirst().last() != found.getLast().value().sums()[1]);
            return isDone ? CompletableFuture.completedStage(found) : verified(rest, since, limit, found);
        });
    }

    private CompletionStage<List<SessionRow>> sessionRows(List<Found> found) {
        return names.names(
                        Dimension.USER,
                        found.stream()
                                .map(it -> (int) it.value().sums()[Value.SESSION_CALLER])
                                .toList())
                .thenApply(logins -> found.stream()
                        .map(it -> row(
                                it.session(),
                                it.value(),
                                logins.getOrDefault((int) it.value().sums()[Value.SESSION_CALLER], "")))
                        .toList());
    }

    private static SessionRow row(String session, Value value, String login) {
        var sums = value.sums();
        return new SessionRow(
                session,
                login,
                value.format(),
                LedgerTables.instant(sums[0]),
                LedgerTables.instant(sums[1]),
                sums[2],
                sums[3],
                sums[4],
                sums[5],
                sums[6],
                sums[7]);
    }

    CompletionStage<Optional<SessionRow>> session(String session, Value value) {
        return sessionRows(List.of(new Found(session, value)))
                .thenApply(rows -> rows.stream().findFirst());
    }

    // --- callers

    CompletionStage<List<CallerRow>> callers(@Nullable String login, int limit, @Nullable String after) {
        var from = after == null ? "" : after + '\0';
        return CassandraRollups.since(store)
                .thenCompose(since -> login == null
                        ? callers(since, from, limit, new ArrayList<>())
                        : login.compareTo(from) < 0
                                ? CompletableFuture.completedStage(List.of())
                                : names.find(Dimension.USER, Set.of(login))
                                        .thenCompose(found -> rows(
                                                since,
                                                found.entrySet().stream()
                                                        .map(it ->
                                                                new CassandraNames.Numbered(it.getKey(), it.getValue()))
                                                        .toList())));
    }

    /** A name may have a number and nothing else yet. */
    private CompletionStage<List<CallerRow>> callers(Since since, String from, int limit, List<CallerRow> found) {
        return names.between(Dimension.USER, from, END, limit)
                .thenCompose(page -> rows(since, page).thenCompose(rows -> {
                    found.addAll(rows);
                    if (found.size() >= limit || page.size() < limit) {
                        return CompletableFuture.completedStage(found.subList(0, Math.min(limit, found.size())));
                    }
                    return callers(since, page.getLast().name() + '\0', limit, found);
                }));
    }

    private CompletionStage<List<CallerRow>> rows(Since since, List<CassandraNames.Numbered> callers) {
        return turns.all(callers, caller -> caller(since, caller))
                .thenApply(rows -> rows.stream().flatMap(Optional::stream).toList());
    }

    private CompletionStage<Optional<CallerRow>> caller(Since since, CassandraNames.Numbered caller) {
        return store.read(
                        "SELECT slice, sums, WRITETIME(sums) FROM ledger_sums WHERE kind = ? AND period = 0"
                                + " AND bucket = ? AND caller = ?",
                        RowKey.CALLER,
                        CassandraSlices.bucket(caller.number()),
                        caller.number())
                .thenApply(rows -> {
                    var sums = new long[Sum.VALUES + 1];
                    for (var row : rows) {
                        if (since.counts(row.getInt(0), row.getLong(2))) {
                            var more = CassandraSlices.longs(row, 1);
                            Sum.add(sums, more);
                            sums[Value.CALLER_SESSIONS] += more[Value.CALLER_SESSIONS];
                        }
                    }
                    return sums[2] == 0
                            ? Optional.empty()
                            : Optional.of(new CallerRow(
                                    caller.name(),
                                    LedgerTables.instant(sums[0]),
                                    LedgerTables.instant(sums[1]),
                                    sums[Value.CALLER_SESSIONS],
                                    sums[2],
                                    sums[3],
                                    sums[4],
                                    sums[5],
                                    sums[6],
                                    sums[7]));
                });
    }

    CompletionStage<List<String>> names(Dimension dimension, String prefix, int limit) {
        return names.between(dimension, prefix, prefix + END, limit)
                .thenApply(found ->
                        found.stream().map(CassandraNames.Numbered::name).toList());
    }
}
