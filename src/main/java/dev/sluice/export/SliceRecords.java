package dev.sluice.export;

import com.datastax.oss.driver.api.core.cql.Row;
import dev.sluice.cassandra.CassandraStore;
import dev.sluice.config.ExportFormat;
import dev.sluice.export.Exporter.Export;
import dev.sluice.journal.TagHours;
import dev.sluice.session.ExchangeRecorded;
import dev.sluice.session.Sessions;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.persistence.cassandra.query.javadsl.CassandraReadJournal;
import org.apache.pekko.persistence.query.EventEnvelope;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;

/**
 * One slice of a journal in Cassandra, as {@code cluster/cassandra/export.cql} has it. An offset is a time, in milliseconds.
 *
 * <p>A slice's events have no order that stays: a tag's row may be written late, with an earlier time than what was read. So a time only says where to
 * look; what counts are sessions' own numbers, which have no gaps. A plan names its events by these, and each session has a row that says up
 * to where it is exported; what came late is found by looking back, or by the gap that it leaves.
 *
 * <p>Two that take themselves for the slice's exporter may both carry out a plan, which puts the same object under the same name twice. Neither
 * plans, nor ends a plan, unless the slice's row is as it knows it. Sessions' rows are written between upload and end, with the plan's
 * stamp: written again they are the same, and late ones change nothing.
 */
final class SliceRecords implements Records {
    /** A tag's row is late when its node was, or was not there any more. */
    private static final Duration OVERLAP = Duration.ofMinutes(10);

    /** While one object follows the other, nobody looks back each time. */
    private static final Duration BETWEEN_OVERLAPS = Duration.ofMinutes(1);

    /** Each is read to be counted, so this says that it is many. */
    private static final int MOST_COUNTED = 1000;

    /** Requests of one slice that Cassandra has at a time. */
    private static final int AT_ONCE = 16;

    /** Sessions whose row need not be read again. */
    private static final int REMEMBERED = 20_000;

    /** More than an object has records ({@link dev.sluice.config.S3Rule#MOST_RECORDS}). */
    private static final int PLACES = 4096;

    private static final byte[] NOTHING = {};

    static final String EXPORTED = "INSERT INTO export_session (session, sequence) VALUES (?, ?) USING TIMESTAMP ?";

    private final ActorSystem<?> system;
    private final int slice;
    private final CassandraStore store;
    private final CassandraReadJournal journal;
    private final Captured captured;
    private final InstantSource clock;
    private final Map<String, Long> remembered = new ConcurrentHashMap<>();
    private volatile @Nullable Instant lookedBack;

    SliceRecords(ActorSystem<?> system, int slice, Captured captured, InstantSource clock) {
        this.system = system;
        this.slice = slice;
        this.store = CassandraStore.get(system);
        this.journal = PersistenceQuery.get(system)
                .getReadJournalFor(CassandraReadJournal.class, CassandraReadJournal.Identifier());
        this.captured = captured;
        this.clock = clock;
    }

    // --- how far it is

    @Override
    public CompletionStage<Progress> begin() {
        remembered.clear();
        lookedBack = null;
        return store.tables("export")
                .thenCompose(_ -> store.read(
                        "SELECT reached, stamp, ended, exported, records, bytes, planned, first, last, object, endpoint,"
                                + " bucket, format FROM export_slice WHERE slice = ?",
                        slice))
                .thenApply(rows -> rows.isEmpty() ? Progress.NONE : progress(rows.getFirst()));
    }

    private static Progress progress(Row row) {
        var exported = row.getString("exported");
        var last = exported == null
                ? null
                : new Export(
                        Instant.ofEpochMilli(row.getLong("ended")),
                        exported,
                        row.getLong("records"),
                        row.getLong("bytes"));
        var stamp = row.getLong("stamp");
        var plan = row.getBoolean("planned")
                ? new Plan(
                        row.getLong("first"),
                        row.getLong("last"),
                        stamp,
                        text(row, "object"),
                        text(row, "endpoint"),
                        text(row, "bucket"),
                        ExportFormat.of(text(row, "format")).orElse(ExportFormat.CBOR_ZSTD))
                : null;
        return new Progress(row.getLong("reached"), stamp, last, plan);
    }

    private static String text(Row row, String column) {
        return Objects.requireNonNullElse(row.getString(column), "");
    }

    @Override
    public CompletionStage<Long> lag(long offset) {
        return tagged(offset, offset + 1).take(MOST_COUNTED).runFold(0L, (count, _) -> count + 1, system);
    }

    /** All of the slice when nothing of it was read, or else from a moment on, in milliseconds. */
    private Source<EventEnvelope, NotUsed> tagged(long reached, long from) {
        var first = reached > 0
                ? CompletableFuture.completedStage(Instant.ofEpochMilli(from))
                : TagHours.beginning(system, clock);
        return Source.completionStageSource(first.thenApply(
                        it -> journal.currentEventsByTag(tag(), journal.timeBasedUUIDFrom(it.toEpochMilli()))))
                .mapMaterializedValue(_ -> NotUsed.notUsed());
    }

    private String tag() {
        return ExchangeRecorded.tag(slice);
    }

    // --- what there is

    @Override
    public Source<Entry, NotUsed> after(Progress progress, Instant settled) {
        if (remembered.size() > REMEMBERED) {
            remembered.clear();
        }
        var taken = new HashMap<String, Long>();
        return tagged(progress.offset(), from(progress.offset()))
                .takeWhile(envelope -> envelope.timestamp() <= settled.toEpochMilli())
                .mapAsync(AT_ONCE, envelope -> exported(session(envelope)).thenApply(last -> new Found(envelope, last)))
                .flatMapConcat(found -> fresh(found, taken));
    }

    private record Found(EventEnvelope envelope, long exported) {}

    private static String session(EventEnvelope envelope) {
        return ((ExchangeRecorded) envelope.event()).exchange().session();
    }

    private long from(long offset) {
        var now = clock.instant();
        var last = lookedBack;
        if (last != null && now.isBefore(last.plus(BETWEEN_OVERLAPS))) {
            return offset;
        }
        lookedBack = now;
        return Math.max(0, offset - OVERLAP.toMillis());
    }

    private CompletionStage<Long> exported(String session) {
        var known = remembered.get(session);
        return known != null
                ? CompletableFuture.completedStage(known)
                : store.read("SELECT sequence FROM export_session WHERE session = ?", session)
                        .thenApply(rows -> {
                            var last = rows.isEmpty() ? 0 : rows.getFirst().getLong(0);
                            remembered.put(session, last);
                            return last;
                        });
    }

    /** Nothing of what is exported, and with what is not all of its session's that should have come before. */
    private Source<Entry, NotUsed> fresh(Found found, Map<String, Long> taken) {
        var envelope = found.envelope();
        var session = session(envelope);
        var last = taken.getOrDefault(session, found.exported());
        if (envelope.sequenceNr() <= last) {
            return Source.empty();
        }
        taken.put(session, envelope.sequenceNr());
        return envelope.sequenceNr() == last + 1
                ? Source.single(Entry.of(envelope, envelope.timestamp()))
                : events(session, last + 1, envelope.sequenceNr(), envelope.timestamp());
    }

    private Source<Entry, NotUsed> events(String session, long from, long to, long offset) {
        return journal.currentEventsByPersistenceId(Sessions.persistenceId(session), from, to)
                .map(envelope -> Entry.of(envelope, offset));
    }

    @Override
    public Source<Entry, NotUsed> planned(Plan plan) {
        return Source.lazyCompletionStage(() -> runs(plan))
                .mapConcat(Runs::list)
                .flatMapConcat(run -> events(run.session(), run.from(), run.to(), plan.to()))
                .mapMaterializedValue(_ -> NotUsed.notUsed());
    }

    /** Never those of another plan: under this one's name they would take the place of what is there. */
    private CompletionStage<Runs> runs(Plan plan) {
        return store.read("SELECT stamp, planned, runs FROM export_slice WHERE slice = ?", slice)
                .thenApply(rows -> {
                    var row = rows.getFirst();
                    if (row.getLong(0) != plan.stamp() || !row.getBoolean(1)) {
                        throw movedOn();
                    }
                    return Runs.read(bytes(row.getByteBuffer(2)));
                });
    }

    private Bucket.NotStored movedOn() {
        return new Bucket.NotStored("slice " + slice
                + ": another node has moved on (expected only when the cluster has just given it to that one)");
    }

    private static byte[] bytes(@Nullable ByteBuffer buffer) {
        if (buffer == null) {
            return NOTHING;
        }
        var bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    // --- what is done

    /** Each slice has every sixteenth second for its own. */
    @Override
    public long stamp(long second, Progress progress) {
        return stamp(slice, second, progress.stamp());
    }

    static long stamp(int slice, long second, long last) {
        var own = second - Math.floorMod(second - slice, ExchangeRecorded.SLICES);
        return Math.max(own, last + ExchangeRecorded.SLICES);
    }

    /** The first of a slice's own that follows one which was not. */
    static long stampAfter(int slice, long stamp) {
        return stamp + 1 + Math.floorMod(slice - stamp - 1, ExchangeRecorded.SLICES);
    }

    @Override
    public long id(Entry entry, long stamp, int place) {
        return stamp * PLACES + place;
    }

    @Override
    public CompletionStage<Done> plan(Progress before, Plan plan, Runs taken) {
        var runs = ByteBuffer.wrap(taken.print());
        return ours(
                before.isNone()
                        ? store.writeIf(
                                "INSERT INTO export_slice (slice, stamp, planned, first, last, object, endpoint, bucket,"
                                        + " format, runs) VALUES (?, ?, true, ?, ?, ?, ?, ?, ?, ?) IF NOT EXISTS",
                                slice,
                                plan.stamp(),
                                plan.from(),
                                plan.to(),
                                plan.object(),
                                plan.endpoint(),
                                plan.bucket(),
                                plan.format().suffix(),
                                runs)
                        : store.writeIf(
                                "UPDATE export_slice SET stamp = ?, planned = true, first = ?, last = ?, object = ?,"
                                        + " endpoint = ?, bucket = ?, format = ?, runs = ?"
                                        + " WHERE slice = ? IF stamp = ? AND planned = ?",
                                plan.stamp(),
                                plan.from(),
                                plan.to(),
                                plan.object(),
                                plan.endpoint(),
                                plan.bucket(),
                                plan.format().suffix(),
                                runs,
                                slice,
                                before.stamp(),
                                before.plan() != null));
    }

    @Override
    public CompletionStage<Done> done(
            Progress after, Plan plan, Export export, Runs taken, Collection<String> requests) {
        return captured.exported(requests, plan.to())
                .thenCompose(_ -> sessions(plan, taken))
                .thenCompose(_ -> ours(store.writeIf(
                        "UPDATE export_slice SET planned = false, runs = ?, reached = ?, ended = ?, exported = ?,"
                                + " records = ?, bytes = ? WHERE slice = ? IF stamp = ? AND planned = true",
                        ByteBuffer.wrap(NOTHING),
                        plan.to(),
                        export.at().toEpochMilli(),
                        export.object(),
                        export.records(),
                        export.bytes(),
                        slice,
                        plan.stamp())));
    }

    private CompletionStage<Done> sessions(Plan plan, Runs taken) {
        return Source.from(taken.ends().entrySet())
                .mapAsyncUnordered(
                        AT_ONCE,
                        end -> store.write(EXPORTED, end.getKey(), end.getValue(), plan.stamp())
                                .thenApply(_ -> remembered.merge(end.getKey(), end.getValue(), Math::max)))
                .runWith(Sink.ignore(), system);
    }

    private CompletionStage<Done> ours(CompletionStage<Boolean> written) {
        return written.thenApply(isOurs -> {
            if (!isOurs) {
                throw movedOn();
            }
            return Done.getInstance();
        });
    }
}
