package dev.sluice.export;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.config.ExportFormat;
import dev.sluice.config.S3Rule;
import dev.sluice.export.Exporter.Export;
import dev.sluice.journal.SqliteReadJournal;
import dev.sluice.journal.SqliteStore;
import dev.sluice.session.Exchange;
import dev.sluice.session.ExchangeRecorded;
import java.io.IOException;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.persistence.query.EventEnvelope;
import org.apache.pekko.persistence.query.Offset;
import org.apache.pekko.persistence.query.Sequence;
import org.apache.pekko.stream.ActorAttributes;
import org.apache.pekko.stream.javadsl.Sink;
import org.jspecify.annotations.Nullable;

/** Makes one object, has it uploaded and moves the offset: plan, upload, commit, each after the other is certain. */
final class Round {
    static final String DISPATCHER = "sluice.export-dispatcher";

    /** An object is held in memory: past this size no more records are added. */
    private static final long MOST_BYTES = 16L << 20;

    private static final int TOLD_AT_ONCE = 1000;

    /** Captures that are read ahead. */
    private static final int AHEAD = 2;

    private final ActorSystem<?> system;
    private final SqliteStore store;
    private final SqliteReadJournal journal;
    /** Nobody needs to know more exactly how far it is behind. */
    private static final int MOST_COUNTED = 1_000_000;

    private final Captured captured;
    private final InstantSource clock;
    private final long mostBytes;

    Round(ActorSystem<?> system, SqliteReadJournal journal, Captured captured, InstantSource clock) {
        this(system, journal, captured, clock, MOST_BYTES);
    }

    Round(ActorSystem<?> system, SqliteReadJournal journal, Captured captured, InstantSource clock, long mostBytes) {
        this.system = system;
        this.store = SqliteStore.get(system);
        this.journal = journal;
        this.captured = captured;
        this.clock = clock;
        this.mostBytes = mostBytes;
    }

    /**
     * What one round came to.
     *
     * @param export null when there was nothing
     * @param more   whether there may be more for another object at once
     */
    record Result(Progress progress, @Nullable Export export, boolean more) {}

    /** What is on disk, once those who keep what was said know of it. */
    CompletionStage<Progress> begin() {
        return store.write(ProgressTable::prepare).thenCompose(this::tell);
    }

    /** What somebody was not told because of a crash is told now. */
    private CompletionStage<Progress> tell(Progress progress) {
        return captured.exportedUpTo()
                .thenCompose(told -> told >= progress.offset()
                        ? CompletableFuture.completedStage(progress)
                        : journal.currentEventsByTag(ExchangeRecorded.TAG, Offset.sequence(told))
                                .map(Round::entry)
                                .takeWhile(entry -> entry.offset() <= progress.offset())
                                .grouped(TOLD_AT_ONCE)
                                .mapAsync(
                                        1,
                                        entries -> captured.exported(
                                                entries.stream()
                                                        .map(entry ->
                                                                entry.exchange().requestId())
                                                        .toList(),
                                                entries.getLast().offset()))
                                .runWith(
                                        Sink.<Done>ignore().addAttributes(ActorAttributes.dispatcher(DISPATCHER)),
                                        system)
                                .thenApply(_ -> progress));
    }

    /** Records that wait, counted to {@link #MOST_COUNTED}. */
    CompletionStage<Long> lag(long offset) {
        return journal.countAfter(ExchangeRecorded.TAG, offset, MOST_COUNTED);
    }

    /** Uploads one object: what was planned before, or else what there is now. */
    CompletionStage<Result> run(Progress progress, S3Rule rule, Bucket bucket) {
        var open = progress.plan();
        return open != null && open.isFor(rule) ? again(progress, open, bucket) : anew(progress, rule, bucket);
    }

    /** Of a plan for another bucket nothing is left but its range, which begins where this one does. */
    private CompletionStage<Result> anew(Progress progress, S3Rule rule, Bucket bucket) {
        var load = new Load(rule.format(), mostBytes);
        return fill(load, progress.offset(), Long.MAX_VALUE, rule.limit()).thenCompose(_ -> {
            if (load.isEmpty()) {
                return CompletableFuture.completedStage(new Result(progress, null, false));
            }
            var stamp = Math.max(clock.instant().getEpochSecond(), progress.stamp() + 1);
            var plan = Plan.of(rule, progress.offset(), load.to(), stamp);
            return store.write(connection -> {
                        ProgressTable.plan(connection, plan);
                        return plan;
                    })
                    .thenCompose(_ -> upload(progress.with(plan), plan, load, load.isCut(rule.limit()), bucket));
        });
    }

    private CompletionStage<Result> again(Progress progress, Plan plan, Bucket bucket) {
        var load = new Load(plan.format(), Long.MAX_VALUE);
        return fill(load, plan.from(), plan.to(), Long.MAX_VALUE)
                .thenCompose(_ -> upload(progress, plan, load, true, bucket));
    }

    private CompletionStage<Done> fill(Load load, long from, long to, long limit) {
        var settled = clock.instant().minus(captured.delay()).toEpochMilli();
        return journal.currentEventsByTag(ExchangeRecorded.TAG, Offset.sequence(from))
                // A plan's range is as it is; what is new waits until all is there that belongs to it.
                .takeWhile(envelope -> to < Long.MAX_VALUE || envelope.timestamp() <= settled)
                .map(Round::entry)
                .takeWhile(entry -> entry.offset() <= to)
                .take(limit)
                .mapAsync(
                        AHEAD,
                        entry -> captured.find(entry.exchange().requestId())
                                .thenApply(capture -> entry.with(capture.orElse(null))))
                .takeWhile(_ -> !load.isFull())
                .runWith(Sink.<Entry>foreach(load::add).addAttributes(ActorAttributes.dispatcher(DISPATCHER)), system);
    }

    private static Entry entry(EventEnvelope envelope) {
        return new Entry(
                ((Sequence) envelope.offset()).value(), ((ExchangeRecorded) envelope.event()).exchange(), null);
    }

    private CompletionStage<Result> upload(Progress progress, Plan plan, Load load, boolean more, Bucket bucket) {
        byte[] bytes;
        try {
            bytes = load.archive.finish();
        } catch (IOException e) {
            return CompletableFuture.failedStage(e);
        }
        return bucket.put(plan.object(), bytes, load.archive.contentType())
                .thenCompose(_ -> commit(
                        progress,
                        plan,
                        more,
                        new Export(
                                clock.instant().truncatedTo(ChronoUnit.MILLIS),
                                plan.object(),
                                load.records(),
                                bytes.length)));
    }

    private CompletionStage<Result> commit(Progress progress, Plan plan, boolean more, Export export) {
        var done = progress.done(plan, export);
        return store.write(connection -> {
                    ProgressTable.done(connection, plan, export);
                    return done;
                })
                .thenCompose(this::tell)
                .thenApply(_ -> new Result(done, export, more));
    }

    /** An exchange, where the journal has it, and what was said in it, if that is known. */
    private record Entry(
            long offset, Exchange exchange, @Nullable ObjectNode capture) {
        Entry with(@Nullable ObjectNode found) {
            return new Entry(offset, exchange, found);
        }
    }

    /** What goes into one object. */
    private static final class Load {
        private final Archive archive;
        private final long most;
        // A session may have recorded one twice, when thousands of others lay between; of those the first counts.
        private final Set<String> requests = new HashSet<>();
        private long added;
        private long to;

        Load(ExportFormat format, long most) {
            this.archive = Archive.of(format);
            this.most = most;
        }

        void add(Entry entry) throws IOException {
            if (requests.add(entry.exchange().requestId())) {
                archive.add(entry.offset(), entry.exchange(), entry.capture());
            }
            added++;
            to = entry.offset();
        }

        boolean isFull() {
            return archive.size() >= most;
        }

        /** Whether there was more than fitted in. */
        boolean isCut(long limit) {
            return isFull() || added >= limit;
        }

        boolean isEmpty() {
            return requests.isEmpty();
        }

        int records() {
            return requests.size();
        }

        long to() {
            return to;
        }
    }
}
