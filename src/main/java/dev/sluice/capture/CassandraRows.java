package dev.sluice.capture;

import com.datastax.oss.driver.api.core.cql.Row;
import dev.sluice.capture.Capture.Said;
import dev.sluice.capture.Captures.Headed;
import dev.sluice.capture.Captures.Kept;
import dev.sluice.cassandra.CassandraStore;
import dev.sluice.config.DatabaseRule.Purge;
import dev.sluice.session.Exchange;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;

/**
 * Captures as rows in Cassandra. What leads to a capture is written before it and deleted after it, so that no crash leaves one that nobody
 * would find to delete; all of it may be done again.
 */
record CassandraRows(ActorSystem<?> system, CassandraStore store, Slices slices, CassandraBodies bodies) {
    static final int SAID = 0;
    static final int TOOLS = 1;
    static final int PARTS = 2;

    static final int SHARDS = 16;
    private static final int SECONDS_AN_HOUR = 3600;
    private static final int AT_ONCE = 8;

    CassandraRows(ActorSystem<?> system, CassandraStore store, CassandraBodies bodies) {
        this(system, store, new Slices(system, store), bodies);
    }

    /** A kind of what was kept of an exchange: where it is, and when it was kept. */
    record Item(SessionDay where, int kind, long number, String requestId, Instant kept) {
        int hour() {
            return CassandraRows.hour(kept);
        }

        int shard() {
            return CassandraRows.shard(requestId);
        }
    }

    static int hour(Instant instant) {
        return Math.toIntExact(instant.getEpochSecond() / SECONDS_AN_HOUR);
    }

    static int shard(String name) {
        return Math.floorMod(name.hashCode(), SHARDS);
    }

    /** Grows with time, is the same for the same exchange however often it is kept, and mostly differs from all others. */
    static long number(Exchange exchange) {
        var ended = exchange.started().plusMillis(exchange.durationMillis());
        return CassandraBodies.micros(ended) << 12 | (exchange.requestId().hashCode() & 0xfff);
    }

    // Keeping.

    CompletionStage<Done> keep(
            SessionDay where,
            Exchange exchange,
            byte[] said,
            byte @Nullable [] tools,
            Map<String, Set<String>> headers,
            Lifetime lifetime) {
        var number = number(exchange);
        var item = new Item(where, SAID, number, exchange.requestId(), lifetime.now());
        var done = ways(where, lifetime)
                .thenCompose(_ -> headers(exchange, headers, lifetime))
                .thenCompose(_ -> keep(item, exchange, said, headers, lifetime, Purge.CAPTURES));
        return tools == null
                ? done
                : done.thenCompose(_ -> keep(
                        new Item(where, TOOLS, number, exchange.requestId(), lifetime.now()),
                        exchange,
                        tools,
                        Map.of(),
                        lifetime,
                        Purge.TOOLS));
    }

    /** What leads to a session's day. */
    private CompletionStage<Done> ways(SessionDay where, Lifetime lifetime) {
        var ttl = lifetime.ttl(lifetime.ofWays(where.day()));
        return all(List.of(
                store.write(
                        "INSERT INTO capture_session_day (session, login, day) VALUES (?, ?, ?) USING TTL ?",
                        where.session(),
                        where.login(),
                        where.day(),
                        ttl),
                store.write(
                        "INSERT INTO capture_login_session (login, day, session) VALUES (?, ?, ?) USING TTL ?",
                        where.login(),
                        where.day(),
                        where.session(),
                        ttl),
                store.write(
                        "INSERT INTO capture_login_day (login, day) VALUES (?, ?) USING TTL ?",
                        where.login(),
                        where.day(),
                        ttl)));
    }

    /** Before the first parts of a session's day are stored, so that they are found when their time is over even if no capture ever needs them. */
    CompletionStage<Done> announceParts(SessionDay where, Lifetime lifetime) {
        var end = Lifetime.endOf(where.day()).minusSeconds(1);
        return ways(where, lifetime)
                .thenCompose(_ -> hour(
                        new Item(where, PARTS, 0, where.session(), end), lifetime.ttl(lifetime.ofParts(where.day()))));
    }

    private CompletionStage<Done> hour(Item item, int ttl) {
        return store.write(
                "INSERT INTO capture_hour (hour, kind, shard, number, item, session, login, day, kept)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) USING TTL ?",
                item.hour(),
                item.kind(),
                item.shard(),
                item.number(),
                item.requestId(),
                item.where().session(),
                item.where().login(),
                item.where().day(),
                item.kept(),
                ttl);
    }

    private CompletionStage<Done> keep(
            Item item,
            Exchange exchange,
            byte[] frame,
            Map<String, Set<String>> headers,
            Lifetime lifetime,
            Purge kind) {
        var ttl = lifetime.ttl(lifetime.of(kind));
        var where = item.where();
        var listed = store.write(
                "INSERT INTO capture_by_session (session, login, day, kind, number, request_id, kept, bytes)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?, ?) USING TTL ?",
                where.session(),
                where.login(),
                where.day(),
                item.kind(),
                item.number(),
                item.requestId(),
                item.kept(),
                exchange.bytesIn(),
                ttl);
        return all(List.of(listed, hour(item, ttl)))
                .thenCompose(_ -> Slices.write(
                        frame,
                        (slice, of, bytes) -> store.write(
                                "INSERT INTO capture (request_id, kind, slice, session, login, day, number, kept, started,"
                                        + " headers, slices, frame) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) USING TTL ?",
                                item.requestId(),
                                item.kind(),
                                slice,
                                where.session(),
                                where.login(),
                                where.day(),
                                item.number(),
                                item.kept(),
                                nanos(exchange.started()),
                                slice == 0 ? lines(headers) : List.of(),
                                of,
                                bytes,
                                ttl)));
    }

    private static List<String> lines(Map<String, Set<String>> headers) {
        var lines = new ArrayList<String>();
        headers.forEach((name, values) -> values.forEach(value -> lines.add(name + '\0' + value)));
        return lines;
    }

    /** The hour comes after the header, so that whoever finds the hour's partition empty may delete the hour. */
    private CompletionStage<Done> headers(Exchange exchange, Map<String, Set<String>> headers, Lifetime lifetime) {
        var ttl = lifetime.ttl(lifetime.of(Purge.CAPTURES));
        var hour = hour(exchange.started());
        return each(
                keys(lines(headers), exchange.login()),
                key -> store.write(
                                "INSERT INTO capture_header (name, value, login, hour, started, request_id)"
                                        + " VALUES (?, ?, ?, ?, ?, ?) USING TTL ?",
                                key.name(),
                                key.value(),
                                key.login(),
                                hour,
                                nanos(exchange.started()),
                                exchange.requestId(),
                                ttl)
                        .thenCompose(_ -> store.write(
                                "INSERT INTO capture_header_hour (name, value, login, hour) VALUES (?, ?, ?, ?) USING TTL ?",
                                key.name(),
                                key.value(),
                                key.login(),
                                hour,
                                ttl == 0 ? 0 : ttl + SECONDS_AN_HOUR)));
    }

    private record HeaderKey(String name, String value, String login) {}

    private static List<HeaderKey> keys(List<String> lines, String login) {
        var keys = new ArrayList<HeaderKey>();
        for (var line : lines) {
            var end = line.indexOf('\0');
            keys.add(new HeaderKey(line.substring(0, end), line.substring(end + 1), ""));
            keys.add(new HeaderKey(line.substring(0, end), line.substring(end + 1), login));
        }
        return keys;
    }

    // Reading.

    CompletionStage<Optional<Capture>> find(String requestId) {
        return store.read(
                        "SELECT kind, session, login, day, kept, slices, frame FROM capture"
                                + " WHERE request_id = ? AND kind IN (0, 1) AND slice = 0",
                        requestId)
                .thenCompose(rows -> {
                    if (rows.isEmpty()) {
                        return CompletableFuture.completedStage(Optional.empty());
                    }
                    var first = rows.getFirst();
                    var where = where(first);
                    return frame(requestId, rows, SAID)
                            .thenCompose(frame -> said(where, frame))
                            .thenCombine(
                                    frame(requestId, rows, TOOLS),
                                    (said, tools) -> said.isEmpty() && tools.isEmpty()
                                            ? Optional.<Capture>empty()
                                            : Optional.of(new Capture(
                                                    requestId,
                                                    where.session(),
                                                    where.login(),
                                                    Objects.requireNonNull(first.getInstant("kept")),
                                                    said.orElse(null),
                                                    tools.map(it -> Contents.readTools(Frames.open(it)))
                                                            .orElse(List.of()))));
                });
    }

    private CompletionStage<Optional<byte[]>> frame(String requestId, List<Row> rows, int kind) {
        for (var row : rows) {
            var bytes = row.getByteBuffer("frame");
            if (row.getInt("kind") == kind && bytes != null) {
                return slices.read(
                        bytes,
                        row.getInt("slices"),
                        "SELECT frame FROM capture WHERE request_id = ? AND kind = ? AND slice = ?",
                        requestId,
                        kind);
            }
        }
        return CompletableFuture.completedStage(Optional.empty());
    }

    private CompletionStage<Optional<Said>> said(SessionDay where, Optional<byte[]> frame) {
        if (frame.isEmpty()) {
            return CompletableFuture.completedStage(Optional.empty());
        }
        var said = Contents.read(Frames.open(frame.get()));
        var request = said.request();
        var manifest = request.body();
        var body = manifest == null
                ? CompletableFuture.completedStage(Optional.<byte[]>empty())
                : bodies.read(where, manifest);
        return body.thenApply(bytes -> Optional.of(new Said(
                new Capture.Request(request.method(), request.path(), request.headers(), bytes.orElse(null)),
                said.answer())));
    }

    private static SessionDay where(Row row) {
        return new SessionDay(
                Objects.requireNonNull(row.getString("session")),
                Objects.requireNonNull(row.getString("login")),
                Objects.requireNonNull(row.getLocalDate("day")));
    }

    CompletionStage<List<Kept>> ofSession(String session, String login, int limit, long before) {
        return store.rows(
                        "SELECT session, login, day FROM capture_session_day WHERE session = ? AND login = ?",
                        session,
                        login)
                .map(CassandraRows::where)
                .flatMapConcat(where -> store.rows(
                        "SELECT number, request_id, bytes FROM capture_by_session"
                                + " WHERE session = ? AND login = ? AND day = ? AND kind = 0 AND number < ?",
                        where.session(),
                        where.login(),
                        where.day(),
                        before))
                .map(row -> new Kept(
                        row.getLong("number"),
                        Objects.requireNonNull(row.getString("request_id")),
                        row.getLong("bytes")))
                .take(limit)
                .runWith(Sink.seq(), system);
    }

    /** The latest first; all of one instant are on the same page. */
    CompletionStage<List<Headed>> withHeader(String name, String value, String login, int limit, Instant before) {
        var last = new AtomicReference<@Nullable Instant>();
        var room = new int[] {limit};
        return store.rows(
                        "SELECT hour FROM capture_header_hour WHERE name = ? AND value = ? AND login = ? AND hour <= ?",
                        name,
                        value,
                        login,
                        hour(before))
                .flatMapConcat(hour -> store.rows(
                        "SELECT started, request_id FROM capture_header"
                                + " WHERE name = ? AND value = ? AND login = ? AND hour = ? AND started < ?",
                        name,
                        value,
                        login,
                        hour.getInt(0),
                        nanos(before)))
                .map(row -> new Headed(
                        Objects.requireNonNull(row.getString("request_id")),
                        Instant.ofEpochSecond(0, row.getLong("started"))))
                .takeWhile(headed -> room[0]-- > 0 || headed.started().equals(last.get()))
                .map(headed -> {
                    last.set(headed.started());
                    return headed;
                })
                .runWith(Sink.seq(), system);
    }

    static long nanos(Instant instant) {
        return Math.addExact(Math.multiplyExact(instant.getEpochSecond(), 1_000_000_000L), instant.getNano());
    }

    // Deleting.

    /** The days of a session, whosever it is. */
    CompletionStage<List<SessionDay>> ofSession(String session) {
        return days(store.rows("SELECT session, login, day FROM capture_session_day WHERE session = ?", session));
    }

    CompletionStage<List<SessionDay>> ofLogin(String login) {
        return days(store.rows("SELECT day FROM capture_login_day WHERE login = ?", login)
                .flatMapConcat(day -> store.rows(
                        "SELECT session, login, day FROM capture_login_session WHERE login = ? AND day = ?",
                        login,
                        Objects.requireNonNull(day.getLocalDate(0)))));
    }

    private CompletionStage<List<SessionDay>> days(Source<Row, NotUsed> rows) {
        return rows.map(CassandraRows::where).runWith(Sink.seq(), system);
    }

    CompletionStage<Done> forgetLogin(String login) {
        return store.write("DELETE FROM capture_login_day WHERE login = ?", login);
    }

    /** All of a session's day; answers how many exchanges there were. */
    CompletionStage<Long> erase(SessionDay where) {
        return store.rows(
                        "SELECT kind, number, request_id, kept FROM capture_by_session"
                                + " WHERE session = ? AND login = ? AND day = ?",
                        where.session(),
                        where.login(),
                        where.day())
                .map(row -> new Item(
                        where,
                        row.getInt("kind"),
                        row.getLong("number"),
                        Objects.requireNonNull(row.getString("request_id")),
                        Objects.requireNonNull(row.getInstant("kept"))))
                .mapAsync(AT_ONCE, item -> erase(item).thenApply(_ -> item.requestId()))
                .runFold(
                        new java.util.HashSet<String>(),
                        (ids, id) -> {
                            ids.add(id);
                            return ids;
                        },
                        system)
                .thenCompose(ids ->
                        bodies.erase(where).thenCompose(_ -> forget(where)).thenApply(_ -> (long) ids.size()));
    }

    /** A kind of what was kept of an exchange. */
    CompletionStage<Done> erase(Item item) {
        var where = item.where();
        return headersGone(item)
                .thenCompose(_ -> store.write(
                        "DELETE FROM capture WHERE request_id = ? AND kind = ?", item.requestId(), item.kind()))
                .thenCompose(_ -> store.write(
                        "DELETE FROM capture_by_session WHERE session = ? AND login = ? AND day = ? AND kind = ?"
                                + " AND number = ? AND request_id = ?",
                        where.session(),
                        where.login(),
                        where.day(),
                        item.kind(),
                        item.number(),
                        item.requestId()))
                .thenCompose(_ -> leaveHour(item));
    }

    private CompletionStage<Done> leaveHour(Item item) {
        return store.write(
                "DELETE FROM capture_hour WHERE hour = ? AND kind = ? AND shard = ? AND number = ? AND item = ?",
                item.hour(),
                item.kind(),
                item.shard(),
                item.number(),
                item.requestId());
    }

    private CompletionStage<Done> headersGone(Item item) {
        if (item.kind() != SAID) {
            return CompletableFuture.completedStage(Done.getInstance());
        }
        return store.read(
                        "SELECT started, headers FROM capture WHERE request_id = ? AND kind = 0 AND slice = 0",
                        item.requestId())
                .thenCompose(rows -> {
                    var lines = rows.isEmpty() ? null : rows.getFirst().getList("headers", String.class);
                    if (lines == null || lines.isEmpty()) {
                        return CompletableFuture.completedStage(Done.getInstance());
                    }
                    var started = rows.getFirst().getLong("started");
                    var hour = hour(Instant.ofEpochSecond(0, started));
                    return each(
                            keys(lines, item.where().login()),
                            key -> store.write(
                                            "DELETE FROM capture_header WHERE name = ? AND value = ? AND login = ?"
                                                    + " AND hour = ? AND started = ? AND request_id = ?",
                                            key.name(),
                                            key.value(),
                                            key.login(),
                                            hour,
                                            started,
                                            item.requestId())
                                    .thenCompose(_ -> hourGone(key, hour)));
                });
    }

    /** A value must not outlive what it was said with, not even as the name of an hour. */
    private CompletionStage<Done> hourGone(HeaderKey key, int hour) {
        return store.read(
                        "SELECT started FROM capture_header WHERE name = ? AND value = ? AND login = ? AND hour = ? LIMIT 1",
                        key.name(),
                        key.value(),
                        key.login(),
                        hour)
                .thenCompose(rows -> rows.isEmpty()
                        ? store.write(
                                "DELETE FROM capture_header_hour WHERE name = ? AND value = ? AND login = ? AND hour = ?",
                                key.name(),
                                key.value(),
                                key.login(),
                                hour)
                        : CompletableFuture.completedStage(Done.getInstance()));
    }

    private CompletionStage<Done> forget(SessionDay where) {
        return store.write(
                        "DELETE FROM capture_login_session WHERE login = ? AND day = ? AND session = ?",
                        where.login(),
                        where.day(),
                        where.session())
                .thenCompose(_ -> leaveHour(partsOf(where)))
                .thenCompose(_ -> store.write(
                        "DELETE FROM capture_session_day WHERE session = ? AND login = ? AND day = ?",
                        where.session(),
                        where.login(),
                        where.day()));
    }

    private static Item partsOf(SessionDay where) {
        return new Item(
                where, PARTS, 0, where.session(), Lifetime.endOf(where.day()).minusSeconds(1));
    }

    /**
     * Parts of a session's day that nothing needs any more; answers whether they are gone.
     *
     * @param cutoff what was stored later may belong to a request that is under way
     */
    CompletionStage<Boolean> release(SessionDay where, Instant cutoff) {
        return isEmpty(where, SAID)
                .thenCombine(
                        bodies.newest(where),
                        (empty, newest) -> empty && newest.orElse(Long.MIN_VALUE) <= CassandraBodies.micros(cutoff))
                .thenCompose(over -> over
                        ? bodies.erase(where)
                                .thenCompose(_ -> isEmpty(where, TOOLS))
                                .thenCompose(nothing -> nothing ? forget(where) : leaveHour(partsOf(where)))
                                .thenApply(_ -> true)
                        : CompletableFuture.completedStage(false));
    }

    private CompletionStage<Boolean> isEmpty(SessionDay where, int kind) {
        return store.read(
                        "SELECT number FROM capture_by_session WHERE session = ? AND login = ? AND day = ? AND kind = ? LIMIT 1",
                        where.session(),
                        where.login(),
                        where.day(),
                        kind)
                .thenApply(List::isEmpty);
    }

    // By the hour.

    /** What was kept in an hour, and whether it was exported. */
    record Due(Item item, boolean exported) {}

    Source<Due, NotUsed> ofHour(int hour, int kind) {
        return Source.range(0, SHARDS - 1)
                .flatMapConcat(shard -> store.rows(
                        "SELECT number, item, session, login, day, kept, exported FROM capture_hour"
                                + " WHERE hour = ? AND kind = ? AND shard = ?",
                        hour,
                        kind,
                        shard))
                // A mark of an export that came when its capture had just gone.
                .filter(row -> row.getString("session") != null)
                .map(row -> new Due(
                        new Item(
                                where(row),
                                kind,
                                row.getLong("number"),
                                Objects.requireNonNull(row.getString("item")),
                                Objects.requireNonNull(row.getInstant("kept"))),
                        row.getBoolean("exported")));
    }

    /** Nothing for what was never kept. */
    CompletionStage<Done> exported(String requestId) {
        return store.read(
                        "SELECT kind, number, kept, TTL(frame) AS ttl FROM capture"
                                + " WHERE request_id = ? AND kind IN (0, 1) AND slice = 0",
                        requestId)
                .thenCompose(rows -> each(
                        rows,
                        row -> store.write(
                                "UPDATE capture_hour USING TTL ? SET exported = true"
                                        + " WHERE hour = ? AND kind = ? AND shard = ? AND number = ? AND item = ?",
                                row.getInt("ttl"),
                                hour(Objects.requireNonNull(row.getInstant("kept"))),
                                row.getInt("kind"),
                                shard(requestId),
                                row.getLong("number"),
                                requestId)));
    }

    // Marks.

    CompletionStage<Long> mark(String name) {
        return store.read("SELECT value FROM capture_mark WHERE name = ?", name)
                .thenApply(rows -> rows.isEmpty() ? 0 : rows.getFirst().getLong(0));
    }

    CompletionStage<Done> mark(String name, long value) {
        return store.write("UPDATE capture_mark SET value = ? WHERE name = ?", value, name);
    }

    /** Unless somebody has. */
    CompletionStage<Boolean> firstMark(String name, long value) {
        return store.writeIf("INSERT INTO capture_mark (name, value) VALUES (?, ?) IF NOT EXISTS", name, value);
    }

    /** Whether it is this node's turn to do something that one does for all. */
    CompletionStage<Boolean> claim(String name, String node, Duration turn) {
        return store.writeIf(
                "INSERT INTO capture_mark (name, holder) VALUES (?, ?) IF NOT EXISTS USING TTL ?", name, node, (int)
                        turn.toSeconds());
    }

    <T> CompletionStage<Done> each(List<T> all, java.util.function.Function<T, CompletionStage<Done>> work) {
        return Source.from(all).mapAsync(AT_ONCE, work::apply).runWith(Sink.ignore(), system);
    }

    private static CompletionStage<Done> all(List<CompletionStage<Done>> stages) {
        return CompletableFuture.allOf(stages.stream()
                        .map(CompletionStage::toCompletableFuture)
                        .toArray(CompletableFuture[]::new))
                .thenApply(_ -> Done.getInstance());
    }
}
