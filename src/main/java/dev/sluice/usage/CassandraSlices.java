package dev.sluice.usage;

import static java.util.stream.Collectors.groupingBy;

import com.datastax.oss.driver.api.core.cql.Row;
import dev.sluice.cassandra.CassandraStore;
import dev.sluice.cassandra.CassandraStore.Write;
import dev.sluice.session.Exchange;
import dev.sluice.wire.Usage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.apache.pekko.Done;
import org.jspecify.annotations.Nullable;

/** A slice's tables in Cassandra, as {@code cluster/cassandra/ledger.cql} has them. Rows of sums have their batch as timestamp. */
final class CassandraSlices implements SliceStore {
    /** Of callers, by their numbers. */
    static final int BUCKETS = 16;

    /** Of everybody; callers' own scopes are their numbers. */
    static final int ALL = 0;

    /** Of those that were refused, failed or broke off. */
    static final int TROUBLED = -1;

    static final long NO_COST = -1;

    static final int HOURS_A_MONTH = 30 * 24;

    /** Rows of one partition in a write: some 12 kB. */
    private static final int TOGETHER = 40;

    private record Partition(int scope, long hour) {}

    private record Sums(int kind, long period, int bucket) {}

    private final CassandraStore store;
    private final Turns turns;
    private final CassandraNames names;
    private final SessionEvents journal;

    CassandraSlices(CassandraStore store, Turns turns, CassandraNames names, SessionEvents journal) {
        this.store = store;
        this.turns = turns;
        this.names = names;
        this.journal = journal;
    }

    static int bucket(int caller) {
        return caller % BUCKETS;
    }

    @Override
    public CompletionStage<Head> head(int slice) {
        return store.read("SELECT last_batch, since, reached, redo FROM ledger_slice WHERE slice = ?", slice)
                .thenApply(rows -> rows.stream()
                        .findFirst()
                        .map(row -> new Head(
                                row.getLong(0),
                                row.getLong(1),
                                CassandraNames.text(row, 2),
                                bytes(row.getByteBuffer(3))))
                        .orElse(Head.NONE));
    }

    @Override
    public CompletionStage<Boolean> commit(int slice, long batch, String reached, byte[] redo) {
        var bytes = ByteBuffer.wrap(redo);
        return batch == 1
                ? store.writeIf(
                        "INSERT INTO ledger_slice (slice, last_batch, since, reached, redo) VALUES (?, 1, 0, ?, ?) IF NOT EXISTS",
                        slice,
                        reached,
                        bytes)
                : store.writeIf(
                        "UPDATE ledger_slice SET last_batch = ?, reached = ?, redo = ? WHERE slice = ? IF last_batch = ?",
                        batch,
                        reached,
                        bytes,
                        slice,
                        batch - 1);
    }

    /** From now on no row counts that is there. False when its writer was quicker. */
    CompletionStage<Boolean> buildAnew(int slice, Head found) {
        return store.writeIf(
                "UPDATE ledger_slice SET last_batch = ?, since = ?, reached = '', redo = ? WHERE slice = ? IF last_batch = ?",
                found.batch() + 1,
                found.batch() + 1,
                ByteBuffer.allocate(0),
                slice,
                found.batch());
    }

    @Override
    public CompletionStage<Map<RowKey, Written>> rows(int slice, Collection<RowKey> keys) {
        var order = List.copyOf(keys);
        return turns.all(order, key -> row(slice, key)).thenApply(found -> {
            var rows = new HashMap<RowKey, Written>();
            for (var i = 0; i < order.size(); i++) {
                var key = order.get(i);
                found.get(i).ifPresent(row -> rows.put(key, row));
            }
            return rows;
        });
    }

    private CompletionStage<Optional<Written>> row(int slice, RowKey key) {
        var cell = key.cell();
        return key.kind() == RowKey.SESSION
                ? store.read(SESSION, key.session())
                        .thenApply(rows -> rows.stream().findFirst().map(CassandraSlices::session))
                : store.read(
                                "SELECT sums, bits, WRITETIME(sums) FROM ledger_sums WHERE kind = ? AND period = ?"
                                        + " AND bucket = ? AND caller = ? AND slice = ? AND tool = ? AND model = ?"
                                        + " AND provider = ? AND agent = ?",
                                key.kind(),
                                cell.period(),
                                bucket(cell.user()),
                                cell.user(),
                                slice,
                                cell.tool(),
                                cell.model(),
                                cell.provider(),
                                cell.agent())
                        .thenApply(rows -> rows.stream()
                                .findFirst()
                                .map(row -> new Written(
                                        new Value(longs(row, 0), bytes(row.getByteBuffer(1)), ""), row.getLong(2))));
    }

    static final String SESSION = "SELECT format, sums, WRITETIME(sums) FROM ledger_session WHERE session = ?";

    static Written session(Row row) {
        return new Written(new Value(longs(row, 1), Value.NO_BITS, CassandraNames.text(row, 0)), row.getLong(2));
    }

    @Override
    public CompletionStage<Done> apply(int slice, long batch, Map<RowKey, Value> rows) {
        var sums = rows.entrySet().stream()
                .filter(row -> row.getKey().kind() != RowKey.SESSION)
                .collect(groupingBy(row -> {
                    var key = row.getKey();
                    return new Sums(
                            key.kind(), key.cell().period(), bucket(key.cell().user()));
                }));
        var writes = new ArrayList<List<Write>>();
        sums.values()
                .forEach(partition -> writes.addAll(pieces(partition.stream()
                        .map(row -> sums(slice, batch, row.getKey(), row.getValue()))
                        .toList())));
        rows.forEach((key, value) -> {
            if (key.kind() == RowKey.SESSION) {
                writes.addAll(sessionWrites(slice, batch, key.session(), value));
            }
        });
        return turns.each(writes, store::writeTogether);
    }

    private static List<List<Write>> pieces(List<Write> writes) {
        return IntStream.iterate(0, from -> from < writes.size(), from -> from + TOGETHER)
                .mapToObj(from -> writes.subList(from, Math.min(writes.size(), from + TOGETHER)))
                .toList();
    }

    private static Write sums(int slice, long batch, RowKey key, Value value) {
        var cell = key.cell();
        return new Write(
                "INSERT INTO ledger_sums (kind, period, bucket, caller, slice, tool, model, provider, agent, sums, bits)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?",
                key.kind(),
                cell.period(),
                bucket(cell.user()),
                cell.user(),
                slice,
                cell.tool(),
                cell.model(),
                cell.provider(),
                cell.agent(),
                list(value.sums()),
                ByteBuffer.wrap(value.bits()),
                batch);
    }

    private static List<List<Write>> sessionWrites(int slice, long batch, String session, Value value) {
        var last = value.sums()[1];
        var hour = Level.HOUR.of(LedgerTables.instant(last));
        var writes = new ArrayList<List<Write>>();
        // Where it is listed, first: who finds it there looks at the row.
        for (var scope : List.of(ALL, (int) value.sums()[Value.SESSION_CALLER])) {
            writes.add(List.of(new Write(
                    "INSERT INTO ledger_session_used (scope, hour, slice, session, last) VALUES (?, ?, ?, ?, ?)"
                            + " USING TIMESTAMP ?",
                    scope,
                    hour,
                    slice,
                    session,
                    last,
                    batch)));
        }
        writes.add(List.of(new Write(
                "INSERT INTO ledger_session (session, format, sums) VALUES (?, ?, ?) USING TIMESTAMP ?",
                session,
                value.format(),
                list(value.sums()),
                batch)));
        return writes;
    }

    @Override
    public CompletionStage<Map<InSession, Long>> recorded(Collection<Event> events) {
        var keys = List.copyOf(new LinkedHashSet<>(events.stream()
                .map(it ->
                        new InSession(it.exchange().requestId(), it.exchange().session()))
                .toList()));
        return turns.all(
                        keys,
                        key -> store.read(
                                        "SELECT sequence FROM ledger_request WHERE request = ? AND session = ?",
                                        key.requestId(),
                                        key.session())
                                .thenApply(rows -> rows.stream().findFirst().map(row -> row.getLong(0))))
                .thenApply(found -> {
                    var recorded = new HashMap<InSession, Long>();
                    for (var i = 0; i < keys.size(); i++) {
                        var key = keys.get(i);
                        found.get(i).ifPresent(sequence -> recorded.put(key, sequence));
                    }
                    return recorded;
                });
    }

    /** By time first; a request's own bits make it a number of its own, which is the same whenever it is written again. */
    static long number(Exchange exchange) {
        var hash = (exchange.requestId() + ' ' + exchange.session()).hashCode();
        return Projection.number(exchange.started().toEpochMilli(), 0)
                + ((hash ^ (hash >>> 12)) & ((1 << Projection.SEQUENCE_BITS) - 1));
    }

    @Override
    public CompletionStage<Done> list(int slice, List<Listed> exchanges) {
        var rows = new HashMap<Partition, List<Write>>();
        var requests = new ArrayList<Write>();
        var months = new LinkedHashSet<Partition>();
        for (var it : exchanges) {
            var exchange = it.event().exchange();
            var hour = it.cell().period();
            requests.add(new Write(
                    "INSERT INTO ledger_request (request, session, number, sequence) VALUES (?, ?, ?, ?)",
                    exchange.requestId(),
                    exchange.session(),
                    number(exchange),
                    it.event().sequence()));
            for (var scope : scopes(it)) {
                rows.computeIfAbsent(new Partition(scope, hour), _ -> new ArrayList<>())
                        .add(row(scope, slice, it));
                months.add(new Partition(scope, Math.floorDiv(hour, HOURS_A_MONTH)));
            }
        }
        var writes = new ArrayList<List<Write>>();
        rows.values().forEach(partition -> writes.addAll(pieces(partition)));
        rows.keySet()
                .forEach(it -> writes.add(List.of(new Write(
                        "INSERT INTO ledger_hour (scope, month, hour, slice) VALUES (?, ?, ?, ?)",
                        it.scope(),
                        Math.floorDiv(it.hour(), HOURS_A_MONTH),
                        it.hour(),
                        slice))));
        months.forEach(it -> writes.add(
                List.of(new Write("INSERT INTO ledger_month (scope, month) VALUES (?, ?)", it.scope(), it.hour()))));
        // Last: who finds a request finds its exchange.
        return turns.each(writes, store::writeTogether)
                .thenCompose(_ -> turns.each(requests, write -> store.write(write.cql(), write.values())));
    }

    private static Set<Integer> scopes(Listed listed) {
        var scopes = new LinkedHashSet<>(List.of(ALL, listed.cell().user()));
        var exchange = listed.event().exchange();
        if (exchange.status() >= 400 || LedgerTables.number(exchange.outcome()) > 0) {
            scopes.add(TROUBLED);
        }
        return scopes;
    }

    private static Write row(int scope, int slice, Listed listed) {
        var exchange = listed.event().exchange();
        var cell = listed.cell();
        var cost = exchange.costNanos();
        return new Write(
                "INSERT INTO ledger_exchange (scope, hour, slice, number, request, session, sequence, caller, model,"
                        + " provider, agent, status, outcome, stream, tokens, cost, millis, first_millis, calls, tools)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                scope,
                cell.period(),
                slice,
                number(exchange),
                exchange.requestId(),
                exchange.session(),
                listed.event().sequence(),
                cell.user(),
                cell.model(),
                cell.provider(),
                cell.agent(),
                exchange.status(),
                LedgerTables.number(exchange.outcome()),
                exchange.stream(),
                tokens(exchange.usage()),
                cost == null ? NO_COST : cost,
                exchange.durationMillis(),
                exchange.firstByteMillis(),
                exchange.tools().size(),
                listed.tools());
    }

    private static List<Long> tokens(@Nullable Usage usage) {
        return usage == null
                ? List.of()
                : List.of(
                        usage.inputTokens(),
                        usage.cachedInputTokens(),
                        usage.cacheWrite5mTokens() + usage.cacheWrite1hTokens(),
                        usage.outputTokens(),
                        usage.reasoningTokens());
    }

    @Override
    public CompletionStage<Map<String, Integer>> find(Dimension dimension, Set<String> wanted) {
        return names.find(dimension, wanted);
    }

    @Override
    public CompletionStage<Map<String, Integer>> number(Dimension dimension, Set<String> wanted) {
        return names.number(dimension, wanted);
    }

    @Override
    public CompletionStage<Map<Cell, Written>> day(int slice, Cube cube, long day) {
        return turns.all(store.rows(
                        "SELECT tool, model, provider, agent, sums, WRITETIME(sums) FROM ledger_sums WHERE kind = ?"
                                + " AND period = ? AND bucket = 0 AND caller = 0 AND slice = ?",
                        RowKey.kind(cube, Level.DAY),
                        day,
                        slice))
                .thenApply(rows -> {
                    var found = new HashMap<Cell, Written>();
                    rows.forEach(row -> found.put(
                            new Cell(day, 0, row.getInt(1), row.getInt(2), row.getInt(3), row.getInt(0)),
                            new Written(new Value(longs(row, 4), Value.NO_BITS, ""), row.getLong(5))));
                    return found;
                });
    }

    @Override
    public CompletionStage<List<Event>> missing(String session, long from, long to) {
        return journal.events(session, from, to);
    }

    static byte[] bytes(@Nullable ByteBuffer buffer) {
        if (buffer == null) {
            return new byte[0];
        }
        var bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    static long[] longs(Row row, int column) {
        var list = row.getList(column, Long.class);
        return list == null
                ? new long[0]
                : list.stream().mapToLong(Long::longValue).toArray();
    }

    private static List<Long> list(long[] values) {
        return Arrays.stream(values).boxed().toList();
    }
}
