package dev.sluice.hook;

import com.datastax.oss.driver.api.core.cql.Row;
import com.datastax.oss.driver.api.core.uuid.Uuids;
import dev.sluice.cassandra.CassandraStore;
import dev.sluice.cassandra.CassandraStore.Write;
import dev.sluice.hook.Hooks.DeadLetter;
import dev.sluice.hook.Letters.Totals;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;

/** Queues in Cassandra: {@code cluster/cassandra/hooks.cql}. */
final class CassandraQueues implements Queues {
    /** Never to be changed, as {@link Buckets#SIZE}. */
    private static final int SLICES = 16;

    /** Cassandra warns of rows of more than some megabytes, and refuses those of 16. */
    private static final int BODY_SLICE = 512 << 10;

    private static final int AT_ONCE = 16;
    private static final int SLICES_AT_ONCE = 4;

    /** Cassandra warns of batches of more than 5 kB, and refuses those of 50. */
    private static final int BATCH_BYTES = 20_000;

    private static final int ROW_OVERHEAD = 120;
    private static final Duration DEAD_KEPT = Duration.ofDays(30);
    private static final Duration TALLY_KEPT = Duration.ofDays(365);
    private static final int MOST_REASON = 500;

    /** Cassandra takes none that is longer than 20 years. */
    private static final Duration LONGEST = Duration.ofDays(3650);

    private static final Comparator<DeadLetter> LATEST =
            Comparator.comparing(DeadLetter::died).thenComparing(DeadLetter::message);

    private final ActorSystem<?> system;
    private final CassandraStore store;
    private final InstantSource clock;
    private final String node;
    private final String life;

    /**
     * As one process sees them.
     *
     * @param node has totals that outlive a process
     * @param life no other process has it
     */
    CassandraQueues(ActorSystem<?> system, CassandraStore store, InstantSource clock, String node, String life) {
        this.system = system;
        this.store = store;
        this.clock = clock;
        this.node = node;
        this.life = life;
    }

    // Queues.

    @Override
    public CompletionStage<Boolean> make(UUID queue, Duration lease, Duration kept) {
        return store.writeIf(
                        "UPDATE hook_queue USING TTL ? SET holder = ? WHERE slice = ? AND queue = ? IF holder = null",
                        ttl(lease),
                        life,
                        slice(queue),
                        queue)
                .thenCompose(held -> held
                        ? store.writeIf(
                                "UPDATE hook_queue USING TTL ? SET oldest = 0, newest = 0 WHERE slice = ? AND queue = ? IF holder = ?",
                                ttl(kept),
                                slice(queue),
                                queue,
                                life)
                        : CompletableFuture.completedStage(false));
    }

    @Override
    public CompletionStage<List<Listed>> list() {
        return Source.range(0, SLICES - 1)
                .flatMapConcat(slice ->
                        store.rows("SELECT queue, holder, oldest, newest FROM hook_queue WHERE slice = ?", slice))
                // One that was being made when its maker died.
                .filter(row -> !row.isNull("newest"))
                .map(row -> new Listed(
                        Objects.requireNonNull(row.getUuid("queue")),
                        row.getString("holder"),
                        row.getInt("oldest"),
                        row.getInt("newest")))
                .runWith(Sink.seq(), system)
                .thenApply(all -> all.stream()
                        .sorted(Comparator.<Listed>comparingLong(it -> Uuids.unixTimestamp(it.queue()))
                                .thenComparing(Listed::queue))
                        .toList());
    }

    @Override
    public CompletionStage<Boolean> claim(Listed queue, Duration lease) {
        // What has been deleted since has no newest bucket.
        return store.writeIf(
                "UPDATE hook_queue USING TTL ? SET holder = ? WHERE slice = ? AND queue = ? IF holder = null AND newest = ?",
                ttl(lease),
                life,
                slice(queue.queue()),
                queue.queue(),
                queue.newest());
    }

    @Override
    public CompletionStage<Boolean> renew(UUID queue, Duration lease) {
        return store.writeIf(
                "UPDATE hook_queue USING TTL ? SET holder = ? WHERE slice = ? AND queue = ? IF holder = ?",
                ttl(lease),
                life,
                slice(queue),
                queue,
                life);
    }

    @Override
    public CompletionStage<Boolean> release(UUID queue) {
        return store.writeIf(
                "UPDATE hook_queue SET holder = null WHERE slice = ? AND queue = ? IF holder = ?",
                slice(queue),
                queue,
                life);
    }

    @Override
    public CompletionStage<Boolean> delete(UUID queue) {
        return store.writeIf(
                "DELETE FROM hook_queue WHERE slice = ? AND queue = ? IF holder = ?", slice(queue), queue, life);
    }

    @Override
    public CompletionStage<Boolean> markOldest(UUID queue, int oldest, Duration kept) {
        return store.writeIf(
                "UPDATE hook_queue USING TTL ? SET oldest = ? WHERE slice = ? AND queue = ? IF holder = ?",
                ttl(kept),
                oldest,
                slice(queue),
                queue,
                life);
    }

    @Override
    public CompletionStage<Boolean> mark(UUID queue, int oldest, int newest, Duration kept) {
        return store.writeIf(
                "UPDATE hook_queue USING TTL ? SET oldest = ?, newest = ? WHERE slice = ? AND queue = ? IF holder = ? AND newest <= ?",
                ttl(kept),
                oldest,
                newest,
                slice(queue),
                queue,
                life,
                newest);
    }

    private static int slice(UUID queue) {
        return (int) Math.floorMod(Uuids.unixTimestamp(queue), (long) SLICES);
    }

    private static int ttl(Duration kept) {
        return (int) Math.max(
                1,
                (kept.compareTo(LONGEST) > 0 ? LONGEST : kept).plusMillis(999).toSeconds());
    }

    // Letters.

    @Override
    public CompletionStage<Done> add(List<Entry> entries, Duration body) {
        return each(entries, entry -> write(entry, body)).thenCompose(_ -> copy(entries));
    }

    private CompletionStage<Done> write(Entry entry, Duration kept) {
        var bytes = entry.letter().body();
        if (bytes == null) {
            return CompletableFuture.failedStage(new IllegalStateException("a letter without its body"));
        }
        var slices = Math.max(1, Math.ceilDiv(bytes.length, BODY_SLICE));
        CompletionStage<Done> done = CompletableFuture.completedStage(Done.getInstance());
        for (var slice = 0; slice < slices; slice++) {
            var nth = slice;
            var from = slice * BODY_SLICE;
            done = done.thenCompose(_ -> store.write(
                    "INSERT INTO hook_body (queue, number, slice, slices, body) VALUES (?, ?, ?, ?, ?) USING TTL ?",
                    entry.queue(),
                    entry.body(),
                    nth,
                    slices,
                    ByteBuffer.wrap(bytes, from, Math.min(BODY_SLICE, bytes.length - from)),
                    ttl(kept)));
        }
        return done;
    }

    @Override
    public CompletionStage<Done> copy(List<Entry> entries) {
        return together(
                entries,
                entry -> new Write(
                        "INSERT INTO hook_letter (queue, bucket, number, body, message, hook, event, request, created, size, attempts, due)"
                                + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) USING TTL ?",
                        entry.queue(),
                        entry.bucket(),
                        entry.number(),
                        entry.body(),
                        entry.letter().message,
                        entry.letter().hook,
                        entry.letter().event,
                        entry.letter().requestId,
                        entry.letter().created,
                        entry.letter().size,
                        entry.attempts(),
                        entry.due(),
                        ttl(entry.kept())));
    }

    @Override
    public CompletionStage<List<Found>> bucket(UUID queue, int bucket) {
        return store.rows(
                        "SELECT number, body, message, hook, event, request, created, size, attempts, due FROM hook_letter"
                                + " WHERE queue = ? AND bucket = ?",
                        queue,
                        bucket)
                // Its end was written by one node, and then by another that it was tried.
                .filter(row -> !row.isNull("message"))
                .map(CassandraQueues::found)
                .runWith(Sink.seq(), system);
    }

    private static Found found(Row row) {
        var created = row.getLong("created");
        return new Found(
                row.getInt("number"),
                row.getInt("body"),
                text(row, "message"),
                text(row, "hook"),
                text(row, "event"),
                text(row, "request"),
                created,
                row.getInt("size"),
                row.getInt("attempts"),
                row.isNull("due") ? created : row.getLong("due"));
    }

    private static String text(Row row, String column) {
        return Objects.requireNonNullElse(row.getString(column), "");
    }

    @Override
    public CompletionStage<Optional<byte[]>> body(UUID queue, int body) {
        return slice(queue, body, 0).thenCompose(first -> {
            var count = first.isEmpty() ? 0 : first.getFirst().getInt("slices");
            return Source.from(IntStream.range(1, count).boxed().toList())
                    .mapAsync(SLICES_AT_ONCE, nth -> slice(queue, body, nth))
                    .prepend(Source.single(first))
                    .runWith(Sink.seq(), system)
                    .thenApply(CassandraQueues::joined);
        });
    }

    private CompletionStage<List<Row>> slice(UUID queue, int body, int nth) {
        return store.read(
                "SELECT slices, body FROM hook_body WHERE queue = ? AND number = ? AND slice = ?", queue, body, nth);
    }

    private static Optional<byte[]> joined(List<List<Row>> slices) {
        var bytes = new ByteArrayOutputStream();
        for (var rows : slices) {
            var part = rows.isEmpty() ? null : rows.getFirst().getByteBuffer("body");
            if (part == null) {
                return Optional.empty();
            }
            var copy = new byte[part.remaining()];
            part.get(copy);
            bytes.writeBytes(copy);
        }
        return Optional.of(bytes.toByteArray());
    }

    @Override
    public CompletionStage<Done> postpone(List<Entry> entries) {
        return together(
                entries,
                entry -> new Write(
                        "UPDATE hook_letter USING TTL ? SET attempts = ?, due = ? WHERE queue = ? AND bucket = ? AND number = ?",
                        ttl(entry.kept()),
                        entry.attempts(),
                        entry.due(),
                        entry.queue(),
                        entry.bucket(),
                        entry.number()));
    }

    @Override
    public CompletionStage<Done> remove(List<Entry> entries, boolean bodies) {
        return together(
                        entries,
                        entry -> new Write(
                                "DELETE FROM hook_letter WHERE queue = ? AND bucket = ? AND number = ?",
                                entry.queue(),
                                entry.bucket(),
                                entry.number()))
                .thenCompose(done -> bodies
                        ? each(
                                entries,
                                entry -> store.write(
                                        "DELETE FROM hook_body WHERE queue = ? AND number = ?",
                                        entry.queue(),
                                        entry.body()))
                        : CompletableFuture.completedStage(done));
    }

    /** Rows of one bucket go together, as many as Cassandra likes. */
    private CompletionStage<Done> together(List<Entry> entries, Function<Entry, Write> write) {
        record Partition(UUID queue, int bucket) {}
        var batches = new ArrayList<List<Write>>();
        entries.stream()
                .collect(Collectors.groupingBy(
                        entry -> new Partition(entry.queue(), entry.bucket()), LinkedHashMap::new, Collectors.toList()))
                .values()
                .forEach(partition -> batches.addAll(batches(partition, write, CassandraQueues::bytes)));
        return each(batches, store::writeTogether);
    }

    static <T, W> List<List<W>> batches(List<T> all, Function<T, W> write, ToIntFunction<T> bytes) {
        var batches = new ArrayList<List<W>>();
        var batch = new ArrayList<W>();
        var held = 0L;
        for (var each : all) {
            var size = bytes.applyAsInt(each);
            if (!batch.isEmpty() && (held + size > BATCH_BYTES || batch.size() == CassandraStore.MOST_TOGETHER)) {
                batches.add(batch);
                batch = new ArrayList<>();
                held = 0;
            }
            batch.add(write.apply(each));
            held += size;
        }
        if (!batch.isEmpty()) {
            batches.add(batch);
        }
        return batches;
    }

    private static int bytes(Entry entry) {
        var letter = entry.letter();
        // Names of hooks may be written in any alphabet.
        return ROW_OVERHEAD
                + letter.message.length()
                + letter.requestId.length()
                + letter.event.length()
                + 3 * letter.hook.length();
    }

    private <T> CompletionStage<Done> each(List<T> all, Function<T, CompletionStage<Done>> work) {
        return all.isEmpty()
                ? CompletableFuture.completedStage(Done.getInstance())
                : Source.from(all).mapAsync(AT_ONCE, work::apply).runWith(Sink.ignore(), system);
    }

    // What is left of them.

    @Override
    public CompletionStage<Done> bury(List<Grave> graves) {
        return each(
                graves,
                grave -> store.write(
                        "INSERT INTO hook_dead (day, life, slot, message, hook, request, created, died, attempts, reason)"
                                + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) USING TTL ?",
                        day(grave.dead().died()),
                        life,
                        grave.slot(),
                        grave.dead().letter().message,
                        grave.dead().letter().hook,
                        grave.dead().letter().requestId,
                        grave.dead().letter().created,
                        grave.dead().died(),
                        grave.dead().letter().attempts,
                        cut(grave.dead().reason()),
                        ttl(DEAD_KEPT)));
    }

    private static String cut(String reason) {
        return reason.length() > MOST_REASON ? reason.substring(0, MOST_REASON) : reason;
    }

    private static LocalDate day(long millis) {
        return LocalDate.ofInstant(Instant.ofEpochMilli(millis), ZoneOffset.UTC);
    }

    @Override
    public CompletionStage<List<DeadLetter>> dead(int most) {
        var today = day(clock.millis());
        return Source.from(IntStream.rangeClosed(0, (int) DEAD_KEPT.toDays())
                        .mapToObj(today::minusDays)
                        .toList())
                .mapAsync(1, day -> ofDay(day, most))
                .mapConcat(letters -> letters)
                .take(most)
                .runWith(Sink.seq(), system);
    }

    private CompletionStage<List<DeadLetter>> ofDay(LocalDate day, int most) {
        return store.rows(
                        "SELECT message, hook, request, created, died, attempts, reason FROM hook_dead WHERE day = ?",
                        day)
                .map(CassandraQueues::deadLetter)
                .runFold(
                        new PriorityQueue<>(LATEST),
                        (latest, letter) -> {
                            latest.add(letter);
                            if (latest.size() > most) {
                                latest.remove();
                            }
                            return latest;
                        },
                        system)
                .thenApply(latest -> latest.stream().sorted(LATEST.reversed()).toList());
    }

    private static DeadLetter deadLetter(Row row) {
        return new DeadLetter(
                text(row, "message"),
                text(row, "hook"),
                text(row, "request"),
                Instant.ofEpochMilli(row.getLong("created")),
                Instant.ofEpochMilli(row.getLong("died")),
                row.getInt("attempts"),
                text(row, "reason"));
    }

    @Override
    public CompletionStage<Done> count(Map<String, Totals> totals) {
        return each(
                List.copyOf(totals.entrySet()),
                total -> store.write(
                        "INSERT INTO hook_tally (node, hook, delivered, dead) VALUES (?, ?, ?, ?) USING TTL ?",
                        node,
                        total.getKey(),
                        total.getValue().delivered(),
                        total.getValue().dead(),
                        ttl(TALLY_KEPT)));
    }

    @Override
    public CompletionStage<Map<String, Totals>> totals() {
        return store.tables("hooks")
                .thenCompose(_ -> store.rows("SELECT hook, delivered, dead FROM hook_tally WHERE node = ?", node)
                        .runWith(Sink.seq(), system))
                .thenApply(rows -> rows.stream()
                        .collect(Collectors.toMap(
                                row -> text(row, "hook"),
                                row -> new Totals(row.getLong("delivered"), row.getLong("dead")))));
    }
}
